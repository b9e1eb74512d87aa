// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/ac_hall.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "ecram/analysis/hall/bins.h"
#include "ecram/analysis/hall/film.h"
#include "ecram/analysis/hall/hall_model.h"
#include "ecram/analysis/hall/longitudinal.h"
#include "ecram/analysis/hall/residual_lines.h"
#include "ecram/analysis/hall/simple_estimates.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {
namespace {

using constants::infinity;
using std::numbers::pi;

/// The main fit, with the columns it chose.
struct HallFit {
  HallModel model;
  std::vector<Eigen::Index> columns;
  signal::Regression regression;
  int drift_order = 0;
  bool longitudinal = false;    ///< V_xx is among the columns
  double cubic_over_error = 0;  ///< of a term in B^3 added to them
  std::vector<double> rates;    ///< 1/s, of the noise's relaxations
  bool exact = false;           ///< it leaves less than the ninth digit of V_xy

  double coefficient(Eigen::Index k) const { return regression.coefficient[k]; }
  double error(Eigen::Index k) const { return std::sqrt(regression.covariance(k, k)); }
};

/// Is a line one that the Hall term itself has? A current that changes puts it beside the current's own frequencies,
/// and what else is wrong with the current there as well: a sine of that frequency would stand for the signal.
bool is_hall_signal(const HallModel& model, const Block& block, Eigen::Index row, double line) {
  const Eigen::VectorXd hall = model.x.col(HallModel::hall).segment(row, Eigen::Index(block.bins.time.size()));
  return hall.norm() - signal::least_squares(sine_columns(block.bins.time, line), hall).residual.norm() >
         0.02 * hall.norm();
}

/// Looks for lines in what the fit leaves of each block. Has any?
bool find_lines(std::vector<Block>& blocks, const HallFit& f, double rotation) {
  const Eigen::VectorXd rest = f.model.y - f.model.x(Eigen::all, f.columns) * f.regression.coefficient;
  const double* from = rest.data();
  bool any = false;
  for (Block& block : blocks) {
    block.lines = residual_lines(block.bins.time, {from, block.bins.time.size()}, rotation);
    if (block.modulated)
      std::erase_if(block.lines, [&](double line) { return is_hall_signal(f.model, block, from - rest.data(), line); });
    any = any || !block.lines.empty();
    from += block.bins.time.size();
  }
  return any;
}

/// The model whitened with the colour that its noise has with every drift term in it; each of several records with its
/// own colour and strength.
signal::WhitenedModel whitened_model(const HallFit& f, const std::vector<Block>& blocks, int most_order,
                                     bool longitudinal) {
  const auto everything = f.model.columns(most_order, longitudinal);
  const auto enough = [&](const Block& block) { return block.bins.time.size() > everything.size() + 20; };
  if (blocks.size() > 1 && std::all_of(blocks.begin(), blocks.end(), enough)) {
    std::vector<signal::NoiseColour> colours;
    std::vector<double> variances;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      HallModel own = of_block(f.model, blocks, b, most_order);
      if (longitudinal && b == 0) {
        own.x.conservativeResize(Eigen::NoChange, own.x.cols() + 1);
        own.x.rightCols(1) = f.model.x.col(f.model.longitudinal).head(own.x.rows());
      }
      std::vector<Eigen::Index> own_columns(static_cast<std::size_t>(own.x.cols()));
      std::iota(own_columns.begin(), own_columns.end(), Eigen::Index{0});
      const HallModel part = excerpt(own);
      colours.push_back(signal::estimate_colour(
          {part.interval, part.weight, part.x(Eigen::all, not_empty(part, own_columns)), part.y}, f.rates));
      variances.push_back(signal::generalised_least_squares(own.linear(), f.rates, colours.back()).white_variance);
    }
    if (std::all_of(variances.begin(), variances.end(), [](double v) { return v > 0; }))
      return {f.model.linear(), f.rates, colours, variances};
  }
  const HallModel part = excerpt(f.model);
  const auto colour = signal::estimate_colour(
      {part.interval, part.weight, part.x(Eigen::all, not_empty(part, everything)), part.y}, f.rates);
  return {f.model.linear(), f.rates, colour};
}

/// Fits with V_xx or without, the order of the drift chosen in noise of its colour. Returns the whitened model.
signal::WhitenedModel fit_in_colour(HallFit& f, const std::vector<Block>& blocks, int most_order, bool longitudinal) {
  signal::WhitenedModel whitened = whitened_model(f, blocks, most_order, longitudinal);
  f.drift_order = best_drift_order(f.model, whitened, most_order, longitudinal);
  f.columns = f.model.columns(f.drift_order, longitudinal);
  f.regression = whitened.fit(f.columns);
  f.longitudinal = longitudinal;
  return whitened;
}

/// Is a column more than a sum of some others? With four or five readings a period B^3 is not: its third harmonic is
/// sampled as the first or the second.
bool has_a_say(const HallModel& model, const std::vector<Eigen::Index>& others, Eigen::Index column) {
  const Eigen::VectorXd values = model.x.col(column);
  return signal::least_squares(model.x(Eigen::all, others), values).residual.norm() > 1e-4 * values.norm();
}

/// HallReadings that fit to this part of themselves have been made up, or have no more digits: what is left is no
/// noise.
constexpr double ninth_digit = 1e-9;

bool fits_exactly(const HallFit& f) {
  const Eigen::VectorXd rest = f.model.y - f.model.x(Eigen::all, f.columns) * f.regression.coefficient;
  return rest.norm() <= ninth_digit * std::sqrt(double(rest.size())) * f.model.y.cwiseAbs().maxCoeff();
}

/// The fit in noise of its own colour, V_xx in it if AICc wants it and `longitudinal` allows it; then once more with
/// the lines, and without the bins, that stand out of the residual.
HallFit fit_model(std::vector<Block>& blocks, int most_order, bool separated, bool longitudinal, double rotation) {
  HallFit f;
  const auto& time = blocks[0].bins.time;
  f.rates = signal::relaxation_rates(time.back() - time.front(), (time.back() - time.front()) / double(time.size()));
  for (int pass = 0; pass < 4; ++pass) {
    stop_if_interrupted();
    f.model = hall_model(blocks, most_order, separated, true);
    auto whitened = fit_in_colour(f, blocks, most_order, false);
    if (longitudinal && f.model.longitudinal >= 0 &&
        criterion(whitened.fit(f.model.columns(f.drift_order, true))) < criterion(f.regression))
      whitened = fit_in_colour(f, blocks, most_order, true);  // slow noise that V_xx shows is noise no more
    f.exact = fits_exactly(f);
    if (f.exact) break;
    if (f.model.cubic >= 0 && f.model.x.rows() > static_cast<Eigen::Index>(f.columns.size()) + 10 &&
        has_a_say(f.model, f.columns, f.model.cubic)) {
      auto columns = f.columns;
      columns.push_back(f.model.cubic);
      const auto curved = whitened.fit(columns);
      const Eigen::Index last = curved.coefficient.size() - 1;
      f.cubic_over_error = std::abs(curved.coefficient[last]) / std::sqrt(curved.covariance(last, last));
    }
    if (pass == 0 && find_lines(blocks, f, rotation)) continue;
    if (pass == 3 || drop_outliers(blocks, f.regression.whitened_residual) == 0) break;
  }
  return f;
}

/// Frequency at which the coloured part of the noise is as strong as the white part; NaN where that is beyond what
/// readings so far apart show.
double corner(const signal::NoiseColour& colour, const std::vector<double>& rates, double reading_interval) {
  if (colour.flicker <= 0 && colour.brown <= 0) return 0;
  const auto excess = [&](double f) {
    const double omega = 2 * pi * f;
    double density = -2 * reading_interval;
    for (std::size_t k = 0; k < rates.size(); ++k)
      density += (colour.flicker + (k == 0 ? colour.brown : 0)) * 4 * rates[k] / (rates[k] * rates[k] + omega * omega);
    return density;
  };
  double low = rates.front() / (2 * pi) * 1e-3, high = 0.5 / reading_interval;
  if (excess(low) < 0) return 0;
  if (excess(high) > 0) return std::numeric_limits<double>::quiet_NaN();
  for (int i = 0; i < 60; ++i) {
    const double middle = std::sqrt(low * high);
    (excess(middle) > 0 ? low : high) = middle;
  }
  return low;
}

void check_current(const Block& block, const HallOptions& options) {
  const double magnitude = mean_magnitude(block.bins.current);
  if (!(magnitude > 0)) throw InvalidInput("the current is zero throughout; expected the current of the Hall bar");
  if (magnitude < options.current_floor)
    throw InvalidInput("the mean current {:.3g} A is below the instrument's floor of {:.3g} A", magnitude,
                       options.current_floor);
}

/// Says what the residuals, the other estimates and V_xx have against the assumptions.
void look_for_trouble(HallResult& r, const Longitudinal* along, const HallFit& fit) {
  const std::vector<double>& residual = r.trace.whitened_residual;
  const auto warn = [&](const char* code, std::string text) { r.warnings.push_back({code, 0, std::move(text)}); };
  const std::size_t third = residual.size() / 3;
  double first = 0, last = 0;
  for (std::size_t i = 0; i < third; ++i) {
    first += residual[i] * residual[i];
    last += residual[residual.size() - 1 - i] * residual[residual.size() - 1 - i];
  }
  if (third >= 30 && !fit.exact && std::max(first, last) > 2.5 * std::min(first, last))
    warn("noise_changes",
         "the noise differs between the record's beginning and end: the interval holds for its mean only");
  if (fit.cubic_over_error > 5) warn("nonlinear_hall", "R_xy is not linear in the field: a term in B^3 is significant");
  if (along != nullptr && !std::isfinite(along->resistance.standard_error))
    warn("longitudinal_error_unknown",
         "the readings of V_xx hardly differ: the error of the resistivity cannot be told from them, and that of the "
         "mobility is the Hall slope's alone");
  if (along != nullptr && along->bend_over_error > 5 && std::abs(along->bend) > 0.01)
    warn("nonlinear_current",
         fmt::format("V_xx is not proportional to the current: R_xx changes by {:.2g} % with it", 100 * along->bend));
  if (along != nullptr && along->odd_over_error > 5)
    warn("longitudinal_hall",
         fmt::format(
             "V_xx has a part in step with the field ({:.3g} ohm/T): its arms are not opposite, or the film is uneven",
             along->odd));
  const auto compare = [&](const SimpleHallEstimate& simple, const char* name, const char* reason) {
    const Estimate& other = simple.in_phase;
    if (!other.known() || !(other.standard_error > 0) || !(simple.freedom > 0)) return;
    const double own = r.in_phase.standard_error, theirs = other.standard_error;
    const double apart = std::sqrt(std::max(theirs * theirs - own * own, 0.25 * theirs * theirs));
    // As unlikely as four standard deviations of a normal distribution, however few made the error.
    static const double four = 0.5 * std::erfc(-4 / std::numbers::sqrt2);
    if (std::abs(other.value - r.in_phase.value) > fit::student_t_quantile(four, simple.freedom) * apart)
      warn("estimates_disagree",
           fmt::format("{} gives {:.4g} ohm and the fit {:.4g} ohm: {}", name, other.value, r.in_phase.value, reason));
  };
  compare(r.lock_in.mean, "the lock-in", "the offset moves within a period in a way that one of them does not follow");
  compare(r.fourier.amplitude, "the Fourier transform",
          "the rotation is not steady, the record has gaps, or drift leaks into the line");
}

/// What the source's voltage leaves for contacts and leads beside the film.
void find_contacts(HallResult& r, const HallBar& bar, const HallOptions& options, const Longitudinal& along) {
  if (!(options.source_voltage > 0)) return;
  const double total = options.source_voltage / r.current;
  const Estimate film = scaled(along.resistance, std::max(bar.length, bar.total_length) / bar.length);
  r.contact_resistance =
      normal_estimate(total - film.value, std::isfinite(film.standard_error) ? film.standard_error : infinity);
  const double share = r.contact_resistance.value / total, error = film.standard_error / total;
  const bool certain = !(std::abs(share) < 4 * error);
  if (share > 0.1 && certain)
    r.warnings.push_back(
        {"contact_resistance", 0,
         fmt::format("contacts and leads take {:.0f} % of the source's voltage{}", 100 * share,
                     bar.total_length > 0 ? "" : " (with the channel beyond the arms: no total length is given)")});
  if (share < -0.05 && certain)
    r.warnings.push_back({"contact_resistance", 0,
                          fmt::format("the film alone needs {:.3g} V at this current, more than the source gives: are "
                                      "the lengths and the source's voltage right?",
                                      film.value * r.current)});
}

/// Turns so fast, or so slow, are rather a column of time in another unit.
void check_frequency(double frequency, double expected) {
  if (expected > 0) {
    if (std::abs(std::log(frequency / expected)) > std::log(1.5))
      throw InvalidInput("the field turns at {:.4g} Hz but the magnet at {:.4g} Hz: is the time in another unit?",
                         frequency, expected);
  } else if (frequency > 5 || frequency < 5e-5) {
    throw InvalidInput(
        "the field turns at {:.4g} Hz, hardly a turned magnet: is the time in another unit? (if not, state the speed)",
        frequency);
  }
}

[[noreturn]] void refuse_as_swapped(const Longitudinal& along) {
  throw InvalidInput(
      "V_xx and V_xy look swapped: the signal in step with the field is in V_xx ({:.3g} ohm/T, {:.0f} standard "
      "errors); "
      "try naming them the other way round",
      along.odd, along.odd_over_error);
}

/// What V_xy's converter adds to the errors of what goes in step with the field, or in quadrature. The residual holds
/// its step^2/12 as scatter, if enough steps are crossed, but rounding repeats itself from turn to turn: of
///
///     round(x) - x = sum_k (-1)^k q / (pi k) sin(2 pi k x / q),   x = c + A cos(wt) + noise of standard deviation s,
///
/// (2 q / pi) cos(2 pi c / q) J_1(2 pi A / q) exp(-2 (pi s / q)^2) is in step. Its root mean square over c is the
/// error, with J_1's envelope (its maximum for signals that may hide in a step), and less by q / (pi d) where c drifts
/// by d. Where the residual has less scatter than the step makes, what is missing is added.
void add_rounding(HallFit& f, const Block& block, const Rotation& turn, std::size_t readings, double step,
                  double current) {
  if (!(step > 0)) return;
  const double white = f.regression.white_variance, rounding = step * step / 12;
  const double noise2 = std::max(0.0, white - rounding);
  const double x = 2 * pi * std::abs(f.coefficient(HallModel::hall)) * turn.amplitude * current / step;
  // Less white scatter than rounding makes: the fit, or slow noise in it, has followed the steps.
  const bool followed = white < 0.5 * rounding;
  const double bessel = followed ? 0.582 : std::min(0.582, 1 / std::sqrt(pi * x));
  // The drift's columns are a factor of the current's sign and size, which does not matter for how far they go.
  Eigen::VectorXd offset = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(block.bins.time.size()));
  for (std::size_t k = 0; k < f.columns.size(); ++k)
    if (std::ranges::count(f.model.drift[0], f.columns[k]) > 0)
      offset += f.coefficient(static_cast<Eigen::Index>(k)) * f.model.x.col(f.columns[k]).head(offset.size());
  const double drift = followed ? 0 : pi * (offset.maxCoeff() - offset.minCoeff()) / step;
  const double in_step =
      std::numbers::sqrt2 * step / pi * bessel * std::exp(-2 * pi * pi * noise2 / (step * step)) / std::hypot(1, drift);
  const double scatter = std::sqrt(2 * std::max(0.0, rounding - white) / double(readings));
  const double error = std::hypot(in_step, scatter);
  const double omega = 2 * pi * turn.frequency;
  const auto add = [&](Eigen::Index k, double of_one) {
    f.regression.covariance(k, k) += std::pow(error / (of_one * turn.amplitude), 2);
  };
  add(HallModel::hall, current);
  add(HallModel::rate, omega);
  if (f.model.separated) add(HallModel::lag, omega * current);
}

/// Behind a lag of many turns the field looks like its own rate, and the Hall signal like induction.
void check_lag(double rc_time, double frequency) {
  constexpr double most = 10;
  if (const double lag = 2 * pi * frequency * rc_time; lag > most)
    throw InvalidInput(
        "an RC time of {:.4g} s leaves {:.2g} % of the Hall voltage of a field at {:.4g} Hz, which then looks like an "
        "induced one; expected {:.3g} s at most, or a slower magnet",
        rc_time, 100 / std::hypot(1, lag), frequency, most / (2 * pi * frequency));
}

/// An estimate of the fit, its 95 % interval by Student's t: readings may be few.
Estimate estimate(const HallFit& f, double value, double error) {
  const double t = fit::student_t_quantile(0.975, double(f.regression.degrees_of_freedom));
  return {value, error, value - t * error, value + t * error};
}

/// With an independent error besides, which is normal.
Estimate with_error(const Estimate& e, double error) {
  if (!e.known() || !(e.standard_error > 0)) return e;
  const double normal = normal_estimate(0, error).high;
  return {e.value, std::hypot(e.standard_error, error), e.value - std::hypot(e.value - e.low, normal),
          e.value + std::hypot(e.high - e.value, normal)};
}

/// R_xy in step with the field as it would be without the lag that its quadrature tells: a first-order lag of phase phi
/// leaves cos^2(phi) of it in step.
Estimate without_lag(HallResult& r, const HallFit& f, double unbias) {
  const Estimate as_it_is = scaled(r.in_phase, 1 / r.field_amplitude);
  if (!r.pickup_separated) return as_it_is;  // the model has no column of the lag
  const double omega = 2 * pi * r.frequency, b = f.coefficient(HallModel::hall), l = f.coefficient(HallModel::lag);
  const auto covariance = [&](Eigen::Index i, Eigen::Index j) { return f.regression.covariance(i, j); };
  const double tangent = omega * l / b, lag_error = omega * f.error(HallModel::lag) / std::abs(b);
  if (!(-tangent > 2 * lag_error)) return as_it_is;
  // The square of a noisy tangent is too large by its variance; the last term is the scatter of that square.
  const double factor = 1 + tangent * tangent - lag_error * lag_error;
  const double by_slope = 1 - tangent * tangent, by_lag = 2 * omega * tangent;
  const double variance = by_slope * by_slope * covariance(HallModel::hall, HallModel::hall) +
                          by_lag * by_lag * covariance(HallModel::lag, HallModel::lag) +
                          2 * by_slope * by_lag * covariance(HallModel::hall, HallModel::lag) +
                          2 * std::pow(lag_error, 4) * b * b;
  if (factor > 1.002)
    r.warnings.push_back(
        {"lag_corrected", 0,
         fmt::format("the Hall voltage lags by {:.3g} degrees: taken for one RC time of {:.3g} s, the slope was "
                     "multiplied by {:.4g} (a mere delay would need {:.4g})",
                     std::atan(-tangent) * 180 / pi, -tangent / omega, factor, std::sqrt(factor))});
  return normal_estimate(factor * r.in_phase.value / r.field_amplitude, unbias * std::sqrt(variance));
}

/// R_xy without field. A thermal voltage or the meter's zero error is in V_xy whichever way the current flows: a second
/// record, at zero or reversed current, or one that tells it by itself, takes it out; a single steady current leaves it
/// in.
Estimate offset_resistance(const HallFit& f, const std::vector<Block>& blocks) {
  const auto place = [&](Eigen::Index column) { return std::ranges::find(f.columns, column) - f.columns.begin(); };
  const auto first = place(f.model.drift[0][0]);
  // The drift's columns have the current's sign.
  const auto sign = [](const Block& block) { return mean(block.current) < 0 ? -1.0 : 1.0; };
  if (blocks.size() == 1 || blocks[0].modulated)
    return scaled(normal_estimate(f.coefficient(first), f.error(first)), 1 / mean_magnitude(blocks[0].current));
  const Block& other = blocks[1];
  const auto second = place(other.modulated ? f.model.thermal[1][0] : f.model.drift[1][0]);
  const double s1 = sign(blocks[0]), s2 = other.modulated ? 1 : sign(other);
  const double left = other.modulated ? 0 : mean(other.no_current ? other.bins.current : other.current);
  const auto& covariance = f.regression.covariance;
  const double variance =
      covariance(first, first) + covariance(second, second) - 2 * s1 * s2 * covariance(first, second);
  return scaled(normal_estimate(s1 * f.coefficient(first) - s2 * f.coefficient(second), std::sqrt(variance)),
                1 / (mean(blocks[0].current) - left));
}

/// The fit's coefficients as physical quantities.
///
/// @param amplitude_error  relative, of the field's amplitude: in the resistance at the amplitude, not in the slope.
/// What
///                         the sensor's noise makes of it is in both the other way round, and cancels.
void fill_from_fit(HallResult& r, const HallFit& f, const std::vector<Block>& blocks, double unbias, double sign,
                   double amplitude_error) {
  const Block& block = blocks[0];
  const double amplitude = r.field_amplitude, omega = 2 * pi * r.frequency;
  const double in_step = unbias * sign * f.coefficient(HallModel::hall),
               in_step_error = unbias * f.error(HallModel::hall);
  r.in_phase = scaled(estimate(f, in_step, in_step_error), amplitude);
  const Estimate slope = without_lag(r, f, unbias);
  r.signal_to_noise = std::abs(in_step) / in_step_error;
  r.carrier_confidence = 0.5 * std::erfc(-r.signal_to_noise / std::numbers::sqrt2);
  const double scale_error = block.reference.scale_error,
               own_amplitude_error =
                   std::sqrt(std::max(0.0, amplitude_error * amplitude_error - scale_error * scale_error));
  const auto with = [&](double relative_error) {
    return estimate(f, slope.value,
                    std::hypot(slope.standard_error, slope.value * block.current_error, slope.value * relative_error));
  };
  r.hall_slope = with(scale_error);
  r.hall_resistance = scaled(with(own_amplitude_error), amplitude);
  r.induced = scaled(normal_estimate(f.coefficient(HallModel::rate), f.error(HallModel::rate)), omega * amplitude);
  r.even = normal_estimate(f.coefficient(HallModel::even), f.error(HallModel::even));
  r.offset = offset_resistance(f, blocks);
  if (r.pickup_separated)
    r.pickup = scaled(normal_estimate(f.coefficient(HallModel::pickup), f.error(HallModel::pickup)), amplitude);

  // The lag of the Hall signal itself where it has a column, of everything in step with the magnet where not.
  const double in_phase = std::abs(in_step) * amplitude * r.current;
  const Estimate behind = r.pickup_separated
                              ? scaled(normal_estimate(f.coefficient(HallModel::lag), f.error(HallModel::lag)),
                                       -omega * amplitude * r.current)
                              : scaled(r.induced, -1);
  const double current_sign = mean(block.current) < 0 ? -1 : 1;
  const double orientation = (f.coefficient(HallModel::hall) < 0 ? -1 : 1) * (r.pickup_separated ? 1 : current_sign);
  const double size = std::hypot(in_phase, behind.value);
  r.phase = normal_estimate(
      std::atan2(orientation * behind.value, in_phase),
      std::hypot(behind.value * in_step_error * amplitude * r.current, in_phase * behind.standard_error) /
          (size * size));
  const double tangent = std::tan(r.phase.value);
  if (!r.pickup_separated && r.phase.low > 0 && r.phase.value > 4 * r.phase.standard_error &&
      tangent * tangent > std::max(0.002, 0.5 / r.signal_to_noise))
    r.warnings.push_back(
        {"lag_or_induction", 0,
         fmt::format("V_xy lags by {:.3g} degrees: if that is an RC time and not induction, the Hall slope is {:.4g} "
                     "times what is reported; --zero-current tells, --rc-time corrects",
                     r.phase.value * 180 / pi, 1 + tangent * tangent)});
}

/// What the digits leave is no error: it is not known, but where the current's error, or the amplitude's, is larger.
///
/// @param digit  V: the last that counts of V_xy's
void forget_errors(HallResult& r, double digit) {
  const auto forget = [](Estimate& e) { e.standard_error = e.low = e.high = std::numeric_limits<double>::quiet_NaN(); };
  for (Estimate* e : {&r.in_phase, &r.induced, &r.even, &r.offset, &r.pickup, &r.phase, &r.lock_in.mean.in_phase,
                      &r.lock_in.mean.quadrature, &r.fourier.amplitude.in_phase, &r.fourier.amplitude.quadrature})
    forget(*e);
  r.signal_to_noise = std::numeric_limits<double>::quiet_NaN();
  if (r.hall_resistance.standard_error <= digit / r.current) forget(r.hall_resistance);
  if (r.hall_slope.standard_error <= digit / (r.current * r.field_amplitude)) forget(r.hall_slope);
  if (std::isnan(r.hall_slope.standard_error))
    r.warnings.push_back({"error_unknown", 0,
                          "the readings of V_xy fit to their ninth digit: the error of the Hall slope cannot be told "
                          "from them"});
}

void fill_trace(HallResult& r, const HallFit& f, const Block& block) {
  const auto rows = static_cast<Eigen::Index>(block.bins.time.size());
  const Eigen::VectorXd fitted = f.model.x.topRows(rows)(Eigen::all, f.columns) * f.regression.coefficient;
  const Eigen::VectorXd background =
      fitted - f.coefficient(HallModel::hall) * f.model.x.col(HallModel::hall).head(rows);
  r.trace.time = block.bins.time;
  r.trace.field = block.bins.field;
  r.trace.voltage = block.bins.voltage_xy;
  r.trace.fitted.assign(fitted.begin(), fitted.end());
  r.trace.background.assign(background.begin(), background.end());
  r.trace.whitened_residual.assign(f.regression.whitened_residual.begin(),
                                   f.regression.whitened_residual.begin() + rows);
}

/// A record with all that the fit needs of it.
struct Prepared {
  HallResult result;
  HallReadings readings;
  Rotation turn;
  double bins_per_period = 0;
  std::vector<Block> blocks;
  int most_order = 0;
  std::optional<Longitudinal> second;  ///< what V_xx of the record at zero or reversed current says, if it has one
};

Prepared prepare(const HallRecord& record, const HallOptions& options) {
  Prepared p;
  HallResult& result = p.result;
  result.name = record.name;
  fuse_temperature(record.temperature, result);

  HallReadings& readings = p.readings = usable_readings(record);
  const Rotation& turn = p.turn = rotation(readings.time, readings.field);
  check_frequency(turn.frequency, options.expected_frequency);
  result.frequency = turn.frequency;
  result.periods = turn.periods;
  result.readings = record.time.size();
  check_lag(options.rc_time, turn.frequency);

  p.bins_per_period = std::clamp(65536 / turn.periods, 8.0, 40.0);
  p.blocks.push_back(despiked_block(readings, turn, options, p.bins_per_period, 0));
  const auto rejected = static_cast<std::size_t>(std::count(readings.rejected.begin(), readings.rejected.end(), 1));
  const std::size_t standing_out = rejected - readings.cut_off;
  result.rejected = rejected + record.time.size() - readings.time.size();
  if (10 * standing_out > readings.time.size())
    result.warnings.push_back({"many_rejected", 0,
                               fmt::format("{:.0f} % of the readings stand out and were left out",
                                           100 * double(standing_out) / double(readings.time.size()))});
  result.warnings.insert(result.warnings.end(), readings.warnings.begin(), readings.warnings.end());
  check_current(p.blocks[0], options);
  result.current = mean_magnitude(p.blocks[0].current);
  if (const Block& block = p.blocks[0]; block.modulated && block.levels == 1 && block.current_error > 1e-3)
    result.warnings.push_back(
        {"noisy_current", 0,
         fmt::format("the current changes all the time and its readings have noise of {:.2g} A: Hall slope and "
                     "resistance are too small by some {:.2g} %",
                     block.current_noise, 100 * block.current_error)});
  p.most_order = most_drift_order(turn, options.most_drift_order);
  result.pickup_separated = p.blocks[0].modulated || options.zero_current != nullptr;
  return p;
}

void add_zero_current(Prepared& p, const HallRecord& record, const HallOptions& options) {
  HallReadings readings = usable_readings(record);
  const Rotation turn = rotation(readings.time, readings.field);
  check_frequency(turn.frequency, options.expected_frequency);
  Block block = despiked_block(readings, turn, options, p.bins_per_period, p.result.current);
  const double share = mean(block.current) / mean(p.blocks[0].current);
  if (!block.no_current && !block.modulated && !p.blocks[0].modulated && share > 0.5)
    throw InvalidInput("{:.3g} of the other record's current flows; expected a record at zero or reversed current",
                       share);
  for (Warning& w : readings.warnings) {
    w.text = "in the record at zero current, " + w.text;
    p.result.warnings.push_back(std::move(w));
  }
  if (!block.bins.voltage_xx.empty()) p.second = longitudinal(block, readings.voltage_xx);
  p.blocks.push_back(std::move(block));
  p.most_order = std::min(p.most_order, most_drift_order(turn, options.most_drift_order));
}

HallResult finish(Prepared p, const HallBar& bar, const HallOptions& options) {
  HallResult& result = p.result;
  const HallReadings& readings = p.readings;
  const Rotation& turn = p.turn;
  std::vector<Block>& blocks = p.blocks;
  const bool with_xx = !blocks[0].bins.voltage_xx.empty();
  Longitudinal along;
  if (with_xx) along = longitudinal(blocks[0], readings.voltage_xx);
  const bool zero_known = blocks[0].modulated || blocks.size() > 1, zero_xx_known = blocks[0].modulated || p.second;
  if (with_xx && !blocks[0].modulated && p.second) along = without_zero_error(along, blocks[0], *p.second, blocks[1]);
  if (!zero_known || (with_xx && !zero_xx_known))
    result.warnings.push_back(
        {"current_not_reversed", 0,
         fmt::format("thermal voltages and the voltmeters' zero errors cannot be told from {}{}{}",
                     with_xx ? "R_xx" : "", with_xx && !zero_known ? " and " : "", zero_known ? "" : "the offset") +
             (zero_known ? ": the record at zero or reversed current has no V_xx"
                         : " without a record at zero or reversed current")});
  const auto [low, high] = std::minmax_element(readings.voltage_xy.begin(), readings.voltage_xy.end());
  if (*low == *high && along.odd_over_error > 5) refuse_as_swapped(along);
  if (*low == *high)
    throw InvalidInput(
        "V_xy does not change ({:.4g} V throughout): it stands at the end of its range, or its steps are coarser than "
        "the signal; expected a wider range or finer steps",
        *low);
  // V_xx stands for the offset only where it holds nothing of the Hall signal: noise along the field is then in both.
  const bool offset_alone = with_xx && !(along.odd_over_error > 4);
  HallFit fit = [&] {
    try {
      return fit_model(blocks, p.most_order, result.pickup_separated, offset_alone, turn.frequency);
    } catch (const InvalidInput&) {  // in the regression's words, of columns and samples
      throw InvalidInput(
          "the readings ({} in {:.3g} periods of the field) do not tell the Hall signal from offset, drift and induced "
          "voltage; expected more readings, or spread over the period",
          readings.time.size(), turn.periods);
    }
  }();
  const Block& block = blocks[0];
  result.drift_order = fit.drift_order;
  for (const double line : block.lines)
    result.warnings.push_back({"line_in_noise", 0,
                               fmt::format("a disturbance at {:.5g} Hz (mains folded down by the sampling?) was fitted "
                                           "beside the Hall signal",
                                           line)});
  result.longitudinal_regressor = fit.longitudinal;
  result.colour = fit.regression.colour;
  result.white_noise = std::sqrt(fit.regression.white_variance);
  std::vector<double> kept;  // the range's end need be no multiple of the steps
  for (std::size_t i = 0; i < readings.voltage_xy.size(); ++i)
    if (readings.rejected[i] == 0) kept.push_back(readings.voltage_xy[i]);
  const double step = fit.exact ? 0 : converter_step(kept);
  if (step > 2 * result.white_noise && readings.cut_off > 0)
    throw InvalidInput(
        "V_xy stands at the end of its range ({} readings) and comes in steps of {:.3g} V, more than twice its noise "
        "of {:.3g} V: what is left does not tell the rest; expected a wider range or finer steps",
        readings.cut_off, step, result.white_noise);
  add_rounding(fit, block, turn, kept.size(), step, result.current);
  if (step > 2 * result.white_noise)
    result.warnings.push_back(
        {"coarse_resolution", 0,
         fmt::format("V_xy comes in steps of {:.3g} V, more than twice its noise of {:.3g} V: rounding then goes with "
                     "the signal, and averages out only as far as the errors say",
                     step, result.white_noise)});
  const double reading_interval = (readings.time.back() - readings.time.front()) / double(readings.time.size() - 1);
  result.corner_frequency = corner(result.colour, fit.rates, reading_interval);

  const auto variance = [](const std::vector<double>& values) {
    const double centre = mean(values);
    double sum = 0;
    for (double v : values) sum += (v - centre) * (v - centre);
    return sum / double(values.size());
  };
  result.field_amplitude = turn.amplitude;
  if (turn.amplitude > largest_field)
    throw InvalidInput("a field of {:.4g} T; expected {} T at most: is the column in gauss?", turn.amplitude,
                       largest_field);
  double unbias = 1;
  if (block.reference.left_noise > 0) {
    // Noise of the field's sensor that the smoothing left makes the slope too small by its share in the variance.
    const double left = block.reference.left_noise * block.reference.left_noise;
    unbias = 1 / (1 - std::min(0.5, left / variance(block.reference.smooth)));
    result.warnings.push_back(
        {"noisy_field", 0,
         fmt::format("the field's sensor has noise of {:.2g} T; it was smoothed", block.reference.noise)});
  }
  const double sign = bar.arms_swapped ? -1 : 1;
  fill_from_fit(result, fit, blocks, unbias, sign, turn.amplitude_error / turn.amplitude);
  const double hall_voltage = std::abs(result.hall_resistance.value) * result.current;
  result.hall_slope = scaled(result.hall_slope, 1 / contact_factor(bar));
  if (!result.pickup_separated)
    result.warnings.push_back({"pickup_not_separable", 0,
                               "pick-up in step with the motor cannot be told from the Hall signal without a record at "
                               "zero or reversed current"});

  if (with_xx) {
    // Which of the two carries the Hall signal, and which the large resistive offset?
    if (std::abs(result.offset.value) > std::abs(along.resistance.value) && along.odd_over_error > 5 &&
        along.odd_over_error > 3 * result.signal_to_noise)
      refuse_as_swapped(along);
    find_contacts(result, bar, options, along);
  }

  if (!block.modulated) {
    const auto rows = static_cast<Eigen::Index>(block.bins.time.size());
    BinnedResistance resistance{block.bins.time, block.field, block.field2, block.rate, block.bins.voltage_xy};
    // Nor is what fades with the lag.
    for (std::size_t k = 0; k < fit.columns.size(); ++k)
      if (std::ranges::count(fit.model.fading[0], fit.columns[k]) > 0)
        Eigen::Map<Eigen::VectorXd>(resistance.resistance.data(), rows) -=
            fit.coefficient(static_cast<Eigen::Index>(k)) * fit.model.x.col(fit.columns[k]).head(rows);
    for (std::size_t i = 0; i < resistance.resistance.size(); ++i) {
      // What the record at zero current showed to go with the motor is none of the Hall signal.
      if (result.pickup_separated)
        resistance.resistance[i] -=
            fit.coefficient(HallModel::pickup) * block.field[i] + fit.coefficient(HallModel::rate) * block.rate[i];
      resistance.resistance[i] *= sign / block.current[i];
    }
    result.lock_in = lock_in(resistance, turn, result.field_amplitude, fit.drift_order);
    result.fourier = fourier_hall(resistance, turn, result.field_amplitude, fit.drift_order);
    if (result.pickup_separated) {
      // What was taken away was not known exactly.
      const double in_phase = fit.error(HallModel::pickup) * result.field_amplitude / result.current,
                   quadrature =
                       fit.error(HallModel::rate) * 2 * pi * turn.frequency * result.field_amplitude / result.current;
      for (SimpleHallEstimate* simple : {&result.lock_in.mean, &result.fourier.amplitude}) {
        simple->in_phase = with_error(simple->in_phase, in_phase);
        simple->quadrature = with_error(simple->quadrature, quadrature);
      }
    }
  }

  bool detected = !(result.in_phase.low <= 0 && result.in_phase.high >= 0);
  if (fit.exact) {
    const double digit = ninth_digit * std::max(std::abs(*low), std::abs(*high));
    forget_errors(result, digit);
    detected = hall_voltage > digit;
  }
  const bool above_floor = hall_voltage >= options.voltage_floor;
  if (!above_floor)
    result.warnings.push_back({"below_floor", 0,
                               fmt::format("the Hall voltage of {:.3g} V is below the instrument's floor of {:.3g} V",
                                           hall_voltage, options.voltage_floor)});
  if (detected && above_floor) result.carrier = result.hall_slope.value < 0 ? Carrier::electrons : Carrier::holes;
  // A signal under the floor may be anything up to the floor.
  const double floor_slope =
      above_floor ? 0 : options.voltage_floor / (result.field_amplitude * result.current * contact_factor(bar));
  fill_film(result, bar, options.hall_factor, with_xx ? &along.resistance : nullptr,
            {double(fit.regression.degrees_of_freedom), along.freedom}, floor_slope, block.current_error);

  fill_trace(result, fit, block);
  look_for_trouble(result, with_xx ? &along : nullptr, fit);
  return std::move(p.result);
}

}  // namespace

HallResult analyse_hall(const HallRecord& record, const HallBar& bar, const HallOptions& options) {
  check(bar);
  const auto named = [](const std::string& name, auto&& work) {
    return name.empty() ? work() : naming(name, std::forward<decltype(work)>(work));
  };
  Prepared p = named(record.name, [&] { return prepare(record, options); });
  if (options.zero_current != nullptr)
    named(options.zero_current->name, [&] { add_zero_current(p, *options.zero_current, options); });
  return named(record.name, [&] { return finish(std::move(p), bar, options); });
}

}  // namespace ecram::analysis
