// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/ac_hall.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include <Eigen/LU>
#include <Eigen/QR>
#include <fmt/format.h>

#include "ecram/analysis/hall/bins.h"
#include "ecram/analysis/hall/film.h"
#include "ecram/analysis/hall/reference.h"
#include "ecram/analysis/hall/simple_estimates.h"
#include "ecram/core/errors.h"
#include "ecram/fit/model_choice.h"
#include "ecram/signal/spikes.h"

namespace ecram::analysis {
namespace {

using std::numbers::pi;
constexpr double infinite = std::numeric_limits<double>::infinity();

/// Binned readings of one record with everything the model's columns are made of.
struct Block {
  Bins bins;
  Reference reference;
  std::vector<double> field;    ///< T: what enters the Hall term, smooth if the sensor is noisy, and lagged
  std::vector<double> current;  ///< A: smooth where the source did not change it
  bool modulated = false;       ///< the current was reversed or switched within the record
  bool no_current = false;
  double mean_field2 = 0;
};

/// Which columns the model has, and where.
struct Layout {
  int drift_order = 0;
  bool separated = false;  ///< pick-up and the lagging part of the Hall signal have columns of their own
  bool longitudinal = false;
  bool cubic = false;  ///< a term in B^3, to test linearity
  static constexpr Eigen::Index hall = 0, rate = 1, even = 2, pickup = 3, lag = 4;
  Eigen::Index first_drift() const { return separated ? 5 : 3; }
};

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

double mean_magnitude(std::span<const double> values) {
  double sum = 0;
  for (double v : values) sum += std::abs(v);
  return sum / double(values.size());
}

/// The part of `values` that Legendre polynomials in time describe, once more without what stands out.
std::vector<double> polynomial_part(std::span<const double> time, std::span<const double> values, int order) {
  const auto n = static_cast<Eigen::Index>(values.size());
  Eigen::MatrixXd x(n, order + 1);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto p = legendre(time[i], time.front(), time.back(), order);
    for (int k = 0; k <= order; ++k) x(i, k) = p[k];
  }
  const Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(values.data(), n);
  Eigen::VectorXd weight = Eigen::VectorXd::Ones(n), fitted;
  for (int pass = 0; pass < 3; ++pass) {
    const Eigen::MatrixXd weighted = weight.asDiagonal() * x;
    fitted = x * (weighted.transpose() * x).ldlt().solve(weighted.transpose() * y);
    std::vector<double> residual(values.size());
    for (Eigen::Index i = 0; i < n; ++i) residual[i] = y[i] - fitted[i];
    const double limit = 5 * signal::robust_scale(residual);
    for (Eigen::Index i = 0; i < n; ++i) weight[i] = std::abs(residual[i]) > limit ? 1e-9 : 1;
  }
  return {fitted.data(), fitted.data() + n};
}

int most_drift_order(const Rotation& turn, int wanted) {
  return std::clamp(static_cast<int>(turn.periods) - 1, 1, std::max(1, wanted));
}

Block make_block(Bins bins, const Rotation& turn, const HallOptions& options, double current_scale) {
  Block block;
  block.reference = reference(bins.time, bins.field, turn);
  const bool noisy = block.reference.left_noise > 0;
  block.field = lagged(bins.time, noisy ? block.reference.smooth : bins.field, options.rc_time);

  double positive = 0, total = 0;
  for (double i : bins.current) positive += i > 0 ? 1 : 0, total += 1;
  const double magnitude = mean_magnitude(bins.current);
  if (magnitude <= 0.02 * current_scale) {
    block.no_current = true;
    block.current.assign(bins.time.size(), 0.0);
  } else {
    block.current = polynomial_part(bins.time, bins.current, std::min(4, most_drift_order(turn, 4)));
    std::vector<double> deviation(bins.current);
    for (std::size_t i = 0; i < deviation.size(); ++i) deviation[i] -= block.current[i];
    block.modulated =
        (positive > 0.05 * total && positive < 0.95 * total) || signal::robust_scale(deviation) > 0.2 * magnitude;
    if (block.modulated) block.current = bins.current;
  }
  double sum = 0;
  for (double b : bins.field) sum += b * b;
  block.mean_field2 = sum / double(bins.field.size());
  block.bins = std::move(bins);
  return block;
}

/// Everything of the blocks' longitudinal voltage that neither drifts nor goes with the field: what V_xx can tell of
/// the offset beyond the polynomials, without taking the Hall signal along.
std::vector<double> longitudinal_part(const Block& block, int order) {
  const auto n = static_cast<Eigen::Index>(block.bins.time.size());
  Eigen::MatrixXd x(n, order + 4);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto p = legendre(block.bins.time[i], block.bins.time.front(), block.bins.time.back(), order);
    for (int k = 0; k <= order; ++k) x(i, k) = p[k];
    x(i, order + 1) = block.field[i];
    x(i, order + 2) = block.reference.rate[i];
    x(i, order + 3) = block.bins.field[i] * block.bins.field[i];
  }
  const Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(block.bins.voltage_xx.data(), n);
  const Eigen::VectorXd rest = y - x * x.colPivHouseholderQr().solve(y);
  return {rest.data(), rest.data() + n};
}

struct Design {
  std::vector<double> interval, weight;
  Eigen::MatrixXd x;
  Eigen::VectorXd y;

  signal::LinearModel model() const { return {interval, weight, x, y}; }
};

Design design(const std::vector<Block>& blocks, const Layout& layout) {
  Eigen::Index rows = 0, columns = layout.first_drift();
  for (const Block& b : blocks) {
    rows += static_cast<Eigen::Index>(b.bins.time.size());
    columns += layout.drift_order + 1 + (b.modulated ? 2 : 0);
  }
  const Eigen::Index longitudinal = columns, cubic = columns + (layout.longitudinal ? 1 : 0);
  Design d;
  d.x.setZero(rows, cubic + (layout.cubic ? 1 : 0));
  d.y.resize(rows);
  Eigen::Index row = 0, drift = layout.first_drift();
  for (const Block& block : blocks) {
    const Bins& bins = block.bins;
    std::vector<double> along;
    if (layout.longitudinal && !bins.voltage_xx.empty() && !block.no_current)
      along = longitudinal_part(block, layout.drift_order);
    const double current_scale = block.no_current ? 1 : mean_magnitude(block.current);
    for (std::size_t i = 0; i < bins.time.size(); ++i, ++row) {
      const double current = block.current[i], field = block.field[i];
      d.interval.push_back(i == 0 ? infinite : bins.interval[i]);
      d.weight.push_back(bins.weight[i]);
      d.y[row] = bins.voltage_xy[i];
      d.x(row, Layout::hall) = block.modulated ? bins.current_field[i] : current * field;
      d.x(row, Layout::rate) = block.reference.rate[i];
      d.x(row, Layout::even) =
          (block.modulated ? bins.current_field2[i] : current * field * field) - current * block.mean_field2;
      if (layout.separated) {
        d.x(row, Layout::pickup) = field;
        d.x(row, Layout::lag) = current * block.reference.rate[i];
      }
      const auto p = legendre(bins.time[i], bins.time.front(), bins.time.back(), layout.drift_order);
      const double size = block.no_current ? 1 : current / current_scale;
      for (int k = 0; k <= layout.drift_order; ++k) d.x(row, drift + k) = size * p[k];
      if (block.modulated) {
        // A thermal voltage does not turn round with the current.
        d.x(row, drift + layout.drift_order + 1) = 1;
        d.x(row, drift + layout.drift_order + 2) = p[1];
      }
      if (!along.empty()) d.x(row, longitudinal) = along[i];
      if (layout.cubic) d.x(row, cubic) = current * field * field * field;
    }
    drift += layout.drift_order + 1 + (block.modulated ? 2 : 0);
  }
  return d;
}

/// Akaike's criterion, for noise of a colour that is the same for all candidates.
double criterion(double residual_square, std::size_t columns, std::size_t samples) {
  return fit::aicc(double(samples) * std::log(residual_square / double(samples)), columns + 1, samples);
}

double residual_square(const signal::Regression& fit) { return fit.white_variance * double(fit.degrees_of_freedom); }

double criterion(const signal::Regression& fit) {
  const auto p = static_cast<std::size_t>(fit.coefficient.size());
  return criterion(residual_square(fit), p, fit.degrees_of_freedom + p);
}

/// Evenly spread stretches of a long design, enough to see the noise's colour.
Design excerpt(const Design& d) {
  constexpr Eigen::Index stretches = 4, length = 1024;
  if (d.x.rows() <= 2 * stretches * length) return d;
  Design part;
  part.x.resize(stretches * length, d.x.cols());
  part.y.resize(stretches * length);
  for (Eigen::Index s = 0; s < stretches; ++s) {
    const Eigen::Index from = s * (d.x.rows() - length) / (stretches - 1);
    part.x.middleRows(s * length, length) = d.x.middleRows(from, length);
    part.y.segment(s * length, length) = d.y.segment(from, length);
    for (Eigen::Index i = 0; i < length; ++i) {
      part.interval.push_back(i == 0 ? infinite : d.interval[static_cast<std::size_t>(from + i)]);
      part.weight.push_back(d.weight[static_cast<std::size_t>(from + i)]);
    }
  }
  return part;
}

/// The order of the drift that AICc prefers. One record's drift columns stand last, so that a single fit holds the
/// sums of squares of all lower orders; several records are fitted order by order.
int best_drift_order(const std::vector<Block>& blocks, Layout layout, const std::vector<double>& rates,
                     signal::NoiseColour colour) {
  const int most = layout.drift_order;
  int order = most;
  double best = infinite;
  if (blocks.size() == 1 && !blocks[0].modulated) {
    const auto full = signal::generalised_least_squares(design(blocks, layout).model(), rates, colour);
    const auto columns = static_cast<std::size_t>(full.coefficient.size());
    double square = residual_square(full);
    for (int k = most; k >= 0; --k) {
      const std::size_t left = columns - static_cast<std::size_t>(most - k);
      if (const double a = criterion(square, left, full.degrees_of_freedom + columns); a < best) best = a, order = k;
      square += full.explained[left - 1];
    }
    return order;
  }
  for (int k = 0; k <= most; ++k) {
    layout.drift_order = k;
    if (const double a = criterion(signal::generalised_least_squares(design(blocks, layout).model(), rates, colour));
        a < best)
      best = a, order = k;
  }
  return order;
}

/// Fits without the offset's own drift first, to see spikes that stand on it, and marks them in the readings.
void mark_spikes(Readings& r, const Rotation& turn, const HallOptions& options, double per_period) {
  constexpr int reach = 4;
  constexpr double limit = 7;
  std::vector<char> longitudinal(r.time.size());
  if (!r.voltage_xx.empty()) longitudinal = signal::spikes(r.voltage_xx, reach, 10);
  r.rejected = signal::spikes(r.voltage_xy, reach, limit);
  for (int pass = 0; pass < 2; ++pass) {
    const std::vector<char> before = r.rejected;
    const Block block = make_block(bin(r, turn, per_period), turn, options, 0);
    Layout layout;
    layout.drift_order = most_drift_order(turn, options.most_drift_order);
    const Design d = design({block}, layout);
    if (d.x.rows() < d.x.cols() + 2) break;
    const Eigen::VectorXd weight = Eigen::Map<const Eigen::VectorXd>(d.weight.data(), d.x.rows());
    const Eigen::MatrixXd weighted = weight.asDiagonal() * d.x;
    // Columns of very different size: scale before the normal equations.
    const Eigen::VectorXd scale = d.x.colwise().norm().cwiseMax(1e-300).cwiseInverse();
    const Eigen::MatrixXd normal = scale.asDiagonal() * (weighted.transpose() * d.x) * scale.asDiagonal();
    const Eigen::VectorXd c = scale.cwiseProduct(normal.ldlt().solve(scale.cwiseProduct(weighted.transpose() * d.y)));
    Eigen::VectorXd background = d.x * c - d.x.col(Layout::hall) * c[Layout::hall];
    // The background is smooth enough for straight lines between bins; the Hall term follows each reading's field.
    std::vector<double> residual(r.time.size());
    std::size_t b = 0;
    const std::size_t last = block.bins.time.size() - 1;
    for (std::size_t i = 0; i < r.time.size(); ++i) {
      while (b + 1 < last && block.bins.time[b + 1] < r.time[i]) ++b;
      const double share =
          last == 0 ? 0 : (r.time[i] - block.bins.time[b]) / (block.bins.time[b + 1] - block.bins.time[b]);
      const auto between = [&](double from, double to) { return from + share * (to - from); };
      const auto at = static_cast<Eigen::Index>(b);
      const double smooth = last == 0 ? background[0] : between(background[at], background[at + 1]);
      const double current =
          block.modulated || last == 0 ? r.current[i] : between(block.current[b], block.current[b + 1]);
      residual[i] = r.voltage_xy[i] - smooth - c[Layout::hall] * current * r.field[i];
    }
    r.rejected = signal::spikes(residual, reach, limit);
    if (r.rejected == before) break;
  }
  for (std::size_t i = 0; i < r.rejected.size(); ++i)
    if (longitudinal[i] != 0) r.rejected[i] = 1;
}

/// Takes the bins out of the blocks whose whitened residual stands out. Returns how many.
std::size_t drop_outliers(std::vector<Block>& blocks, const std::vector<double>& residual) {
  std::size_t dropped = 0, row = 0;
  for (Block& block : blocks) {
    std::vector<char> keep;
    for (std::size_t i = 0; i < block.bins.time.size(); ++i) keep.push_back(std::abs(residual[row++]) <= 5 ? 1 : 0);
    const auto out = static_cast<std::size_t>(std::count(keep.begin(), keep.end(), 0));
    if (out == 0 || out > keep.size() / 10) continue;
    dropped += out;
    Bins& b = block.bins;
    for (auto* column :
         {&b.time, &b.interval, &b.weight, &b.field, &b.current, &b.current_field, &b.current_field2, &b.voltage_xy,
          &b.voltage_xx, &block.field, &block.current, &block.reference.smooth, &block.reference.rate}) {
      if (column->empty()) continue;
      std::size_t to = 0;
      for (std::size_t i = 0; i < keep.size(); ++i)
        if (keep[i] != 0) (*column)[to++] = (*column)[i];
      column->resize(to);
    }
    for (std::size_t i = 1; i < b.time.size(); ++i) b.interval[i] = b.time[i] - b.time[i - 1];
  }
  return dropped;
}

/// Mean R_xx with its error, and the part of V_xx that goes with the field.
struct Longitudinal {
  Estimate resistance;
  double odd = 0, odd_over_error = 0;  // ohm/T
};

Longitudinal longitudinal(const Block& block, int order) {
  const auto n = static_cast<Eigen::Index>(block.bins.time.size());
  Eigen::MatrixXd x(n, order + 4);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto p = legendre(block.bins.time[i], block.bins.time.front(), block.bins.time.back(), order);
    for (int k = 0; k <= order; ++k) x(i, k) = block.current[i] * p[k];
    x(i, order + 1) = block.current[i] * block.field[i];
    x(i, order + 2) = block.current[i] * (block.bins.field[i] * block.bins.field[i] - block.mean_field2);
    x(i, order + 3) = block.reference.rate[i];
  }
  const Eigen::VectorXd scale = x.colwise().norm().cwiseInverse();
  const Eigen::MatrixXd scaled = x * scale.asDiagonal();
  const Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(block.bins.voltage_xx.data(), n);
  const Eigen::MatrixXd inverse = (scaled.transpose() * scaled).inverse();
  const Eigen::VectorXd c = inverse * (scaled.transpose() * y);
  const Eigen::VectorXd rest = y - scaled * c;
  // Neighbouring residuals go together in slow noise: the number of independent ones is smaller.
  double lag = 0;
  for (Eigen::Index i = 1; i < n; ++i) lag += rest[i] * rest[i - 1];
  const double square = rest.squaredNorm();
  const double correlation = square > 0 ? std::clamp(lag / square, 0.0, 0.95) : 0;
  const double variance = square / double(n - order - 4) * (1 + correlation) / (1 - correlation);
  const auto error = [&](Eigen::Index k) { return std::sqrt(variance * inverse(k, k)) * scale[k]; };
  Longitudinal l;
  l.resistance = normal_estimate(c[0] * scale[0], error(0));
  l.odd = c[order + 1] * scale[order + 1];
  l.odd_over_error = error(order + 1) > 0 ? std::abs(l.odd) / error(order + 1) : 0;
  return l;
}

/// Frequency at which the coloured part of the noise is as strong as the white part.
double corner(const signal::NoiseColour& colour, const std::vector<double>& rates, double reading_interval) {
  if (colour.flicker <= 0 && colour.brown <= 0) return 0;
  const auto excess = [&](double f) {
    const double omega = 2 * pi * f;
    double density = -2 * reading_interval;
    for (std::size_t k = 0; k < rates.size(); ++k)
      density += (colour.flicker + (k == 0 ? colour.brown : 0)) * 4 * rates[k] / (rates[k] * rates[k] + omega * omega);
    return density;
  };
  double low = rates.front() / (2 * pi) * 1e-3, high = rates.back() / (2 * pi) * 1e3;
  if (excess(low) < 0) return 0;
  for (int i = 0; i < 60; ++i) {
    const double middle = std::sqrt(low * high);
    (excess(middle) > 0 ? low : high) = middle;
  }
  return low;
}

void fuse_temperature(const HallRecord& record, HallResult& result) {
  result.temperature = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> means;
  for (const auto& sensor : record.temperature) {
    double sum = 0, count = 0;
    for (double t : sensor)
      if (std::isfinite(t)) sum += t, count += 1;
    if (count > 0) means.push_back(sum / count);
  }
  if (means.empty()) return;
  std::sort(means.begin(), means.end());
  const std::size_t m = means.size() / 2;
  result.temperature = means.size() % 2 == 1 ? means[m] : 0.5 * (means[m - 1] + means[m]);
  result.temperature_spread = means.back() - means.front();
  if (means.front() <= 0)
    throw InvalidInput("a temperature sensor reads {:.4g} K on average; expected kelvins above 0 (Celsius?)",
                       means.front());
  if (result.temperature_spread > std::max(1.0, 0.01 * result.temperature))
    result.warnings.push_back({"temperature_disagreement", 0,
                               fmt::format("the temperature sensors differ by {:.3g} K; their median {:.4g} K is used",
                                           result.temperature_spread, result.temperature)});
}

void check_current(const Block& block, const HallOptions& options) {
  const double magnitude = mean_magnitude(block.bins.current);
  if (!(magnitude > 0)) throw InvalidInput("the current is zero throughout; expected the current of the Hall bar");
  if (magnitude < options.current_floor)
    throw InvalidInput("the mean current {:.3g} A is below the instrument's floor of {:.3g} A", magnitude,
                       options.current_floor);
}

/// Says what the residuals, the other estimates and V_xx have against the assumptions.
void look_for_trouble(HallResult& r, const Longitudinal* along, const std::vector<double>& residual) {
  const auto warn = [&](const char* code, std::string text) { r.warnings.push_back({code, 0, std::move(text)}); };
  const double share = double(r.rejected) / double(r.readings);
  if (share > 0.1)
    warn("many_rejected", fmt::format("{:.0f} % of the readings stand out and were left out", 100 * share));
  const std::size_t third = residual.size() / 3;
  double first = 0, last = 0;
  for (std::size_t i = 0; i < third; ++i) {
    first += residual[i] * residual[i];
    last += residual[residual.size() - 1 - i] * residual[residual.size() - 1 - i];
  }
  if (third >= 30 && std::max(first, last) > 2.5 * std::min(first, last))
    warn("noise_changes",
         "the noise differs between the record's beginning and end: the interval holds for its mean only");
  if (along != nullptr && along->odd_over_error > 5)
    warn("longitudinal_hall",
         fmt::format(
             "V_xx has a part in step with the field ({:.3g} ohm/T): its arms are not opposite, or the film is uneven",
             along->odd));
  const auto compare = [&](const Estimate& other, const char* name, const char* reason) {
    if (!other.known() || !(other.standard_error > 0)) return;
    const double own = r.hall_resistance.standard_error, theirs = other.standard_error;
    const double apart = std::sqrt(std::max(theirs * theirs - own * own, 0.25 * theirs * theirs));
    if (std::abs(other.value - r.hall_resistance.value) > 4 * apart)
      warn("estimates_disagree", fmt::format("{} gives {:.4g} ohm and the fit {:.4g} ohm: {}", name, other.value,
                                             r.hall_resistance.value, reason));
  };
  compare(r.lock_in.mean.in_phase, "the lock-in",
          "the offset moves within a period in a way that one of them does not follow");
  compare(r.fourier.amplitude.in_phase, "the Fourier transform",
          "the rotation is not steady, the record has gaps, or drift leaks into the line");
}

}  // namespace

HallResult analyse_hall(const HallRecord& record, const HallBar& bar, const HallOptions& options) {
  check(bar);
  HallResult result;
  result.name = record.name;
  fuse_temperature(record, result);

  Readings readings = usable_readings(record);
  const Rotation turn = rotation(readings.time, readings.field);
  if (options.expected_frequency > 0 && std::abs(std::log(turn.frequency / options.expected_frequency)) > std::log(1.5))
    throw InvalidInput("the field turns at {:.4g} Hz but the magnet at {:.4g} Hz: is the time in another unit?",
                       turn.frequency, options.expected_frequency);
  result.field_amplitude = turn.amplitude;
  result.frequency = turn.frequency;
  result.periods = turn.periods;
  result.readings = readings.time.size();

  const double per_period = turn.periods * 40 <= 65536 ? 40 : 16;
  mark_spikes(readings, turn, options, per_period);
  result.rejected = static_cast<std::size_t>(std::count(readings.rejected.begin(), readings.rejected.end(), 1)) +
                    record.time.size() - readings.time.size();
  result.warnings.insert(result.warnings.end(), readings.warnings.begin(), readings.warnings.end());

  std::vector<Block> blocks;
  blocks.push_back(make_block(bin(readings, turn, per_period), turn, options, 0));
  check_current(blocks[0], options);
  result.current = mean_magnitude(blocks[0].current);
  Layout layout;
  layout.drift_order = most_drift_order(turn, options.most_drift_order);
  layout.separated = blocks[0].modulated;
  if (options.zero_current != nullptr) {
    Readings other = usable_readings(*options.zero_current);
    const Rotation other_turn = rotation(other.time, other.field);
    mark_spikes(other, other_turn, options, per_period);
    blocks.push_back(make_block(bin(other, other_turn, per_period), other_turn, options, result.current));
    layout.separated = true;
    layout.drift_order = std::min(layout.drift_order, most_drift_order(other_turn, options.most_drift_order));
  }
  result.pickup_separated = layout.separated;

  const auto rates = [&] {
    const Bins& b = blocks[0].bins;
    return signal::relaxation_rates(b.time.back() - b.time.front(),
                                    (b.time.back() - b.time.front()) / double(b.time.size()));
  }();

  // The colour of the noise with every drift term in the model; then the order of the drift in noise of that colour.
  signal::Regression fit;
  const int most_order = layout.drift_order;
  for (int pass = 0; pass < 3; ++pass) {
    layout.drift_order = most_order;
    layout.longitudinal = false;
    result.colour = signal::estimate_colour(excerpt(design(blocks, layout)).model(), rates);
    layout.drift_order = best_drift_order(blocks, layout, rates, result.colour);
    fit = signal::generalised_least_squares(design(blocks, layout).model(), rates, result.colour);
    if (!blocks[0].bins.voltage_xx.empty() && !blocks[0].modulated) {
      Layout candidate = layout;
      candidate.longitudinal = true;
      const Design d = design(blocks, candidate);
      const auto column = d.x.col(d.x.cols() - 1);
      if (column.norm() > 1e-9 * mean_magnitude(blocks[0].bins.voltage_xx)) {
        const auto tried = signal::generalised_least_squares(d.model(), rates, result.colour);
        if (criterion(tried) < criterion(fit)) fit = tried, layout = candidate;
      }
    }
    if (pass == 2 || drop_outliers(blocks, fit.whitened_residual) == 0) break;
  }
  result.drift_order = layout.drift_order;
  result.longitudinal_regressor = layout.longitudinal;
  const Block& block = blocks[0];
  result.white_noise = std::sqrt(fit.white_variance);
  const double reading_interval = (readings.time.back() - readings.time.front()) / double(readings.time.size() - 1);
  result.corner_frequency = corner(result.colour, rates, reading_interval);

  const auto error = [&](Eigen::Index k) { return std::sqrt(fit.covariance(k, k)); };
  // Noise of the field's sensor that the smoothing left makes the slope too small by its share in the variance.
  double unbias = 1;
  if (block.reference.left_noise > 0) {
    const double left = block.reference.left_noise * block.reference.left_noise;
    double variance = 0;
    const double centre = mean(block.field);
    for (double b : block.field) variance += (b - centre) * (b - centre);
    unbias = 1 / (1 - std::min(0.5, left / (variance / double(block.field.size()))));
    result.warnings.push_back(
        {"noisy_field", 0,
         fmt::format("the field's sensor has noise of {:.2g} T; it was smoothed", block.reference.noise)});
  }
  const double sign = bar.arms_swapped ? -1 : 1;
  const double amplitude = unbias * [&] {
    // Crests of a noisy sensor exaggerate; the smooth field's root mean square does not.
    if (unbias == 1) return turn.amplitude;
    double sum = 0;
    const double centre = mean(block.reference.smooth);
    for (double b : block.reference.smooth) sum += (b - centre) * (b - centre);
    return std::sqrt(2 * sum / double(block.reference.smooth.size())) / unbias;
  }();
  result.field_amplitude = amplitude;
  const double slope = unbias * sign * fit.coefficient[Layout::hall], slope_error = unbias * error(Layout::hall);
  const Estimate measured_slope = normal_estimate(slope, slope_error);
  result.hall_slope = scaled(measured_slope, 1 / contact_factor(bar));
  result.hall_resistance = scaled(measured_slope, amplitude);
  result.signal_to_noise = std::abs(slope) / slope_error;
  result.carrier_confidence = 0.5 * std::erfc(-result.signal_to_noise / std::numbers::sqrt2);
  const double omega = 2 * pi * turn.frequency;
  const double induced = fit.coefficient[Layout::rate] * omega * amplitude;
  result.induced = normal_estimate(induced, error(Layout::rate) * omega * amplitude);
  result.even = normal_estimate(fit.coefficient[Layout::even], error(Layout::even));
  const double current_scale = mean_magnitude(block.current);
  const Eigen::Index drift = layout.first_drift();
  result.offset =
      scaled(normal_estimate(fit.coefficient[drift], error(drift)), (mean(block.current) < 0 ? -1 : 1) / current_scale);
  if (layout.separated) {
    result.pickup = normal_estimate(fit.coefficient[Layout::pickup] * amplitude, error(Layout::pickup) * amplitude);
  } else {
    result.warnings.push_back({"pickup_not_separable", 0,
                               "pick-up in step with the motor cannot be told from the Hall signal without a record at "
                               "zero or reversed current"});
  }
  // The lag of the Hall signal itself where it has a column, of everything in step with the magnet where not.
  const double in_phase = std::abs(slope) * amplitude * current_scale;
  const double behind = layout.separated ? -fit.coefficient[Layout::lag] * omega * amplitude * current_scale : -induced;
  const double behind_error =
      layout.separated ? error(Layout::lag) * omega * amplitude * current_scale : result.induced.standard_error;
  const double orientation = layout.separated ? (fit.coefficient[Layout::hall] < 0 ? -1 : 1)
                                              : (fit.coefficient[Layout::hall] * mean(block.current) < 0 ? -1 : 1);
  const double size = std::hypot(in_phase, behind);
  result.phase = normal_estimate(
      std::atan2(orientation * behind, in_phase),
      std::hypot(behind * slope_error * amplitude * current_scale, in_phase * behind_error) / (size * size));

  const bool with_xx = !block.bins.voltage_xx.empty();
  Longitudinal along;
  if (with_xx) {
    along = longitudinal(block, layout.drift_order);
    // Which of the two carries the Hall signal, and which the large resistive offset?
    if (std::abs(result.offset.value) > std::abs(along.resistance.value) && along.odd_over_error > 5 &&
        along.odd_over_error > 3 * result.signal_to_noise)
      throw InvalidInput(
          "V_xx and V_xy look swapped: the signal in step with the field is in V_xx ({:.3g} ohm/T, {:.0f} standard "
          "errors); "
          "try naming them the other way round",
          along.odd, along.odd_over_error);
  }

  Layout cubic = layout;
  cubic.cubic = true;
  if (const Design d = excerpt(design(blocks, cubic)); d.x.rows() > d.x.cols() + 10) {
    const auto curved = signal::generalised_least_squares(d.model(), rates, result.colour);
    const Eigen::Index last = curved.coefficient.size() - 1;
    if (std::abs(curved.coefficient[last]) > 5 * std::sqrt(curved.covariance(last, last)))
      result.warnings.push_back({"nonlinear_hall", 0, "R_xy is not linear in the field: a term in B^3 is significant"});
  }

  if (!block.modulated) {
    const BinnedResistance resistance{block.bins.time, block.field, block.reference.rate, [&] {
                                        std::vector<double> r(block.bins.voltage_xy);
                                        for (std::size_t i = 0; i < r.size(); ++i) r[i] *= sign / block.current[i];
                                        return r;
                                      }()};
    result.lock_in = lock_in(resistance, turn, amplitude);
    result.fourier = fourier_hall(resistance, turn, amplitude, layout.drift_order);
  }

  const bool above_floor = std::abs(slope) * amplitude * current_scale >= options.voltage_floor;
  if (!above_floor)
    result.warnings.push_back({"below_floor", 0,
                               fmt::format("the Hall voltage of {:.3g} V is below the instrument's floor of {:.3g} V",
                                           std::abs(slope) * amplitude * current_scale, options.voltage_floor)});
  const bool detected = result.signal_to_noise > 1.959964 && above_floor;
  if (detected) result.carrier = slope < 0 ? Carrier::electrons : Carrier::holes;
  // A signal under the floor may be anything up to the floor.
  const double floor_slope =
      above_floor ? 0 : options.voltage_floor / (amplitude * current_scale * contact_factor(bar));
  fill_film(result, bar, options.hall_factor, with_xx ? &along.resistance : nullptr, floor_slope);

  const Design d = design(blocks, layout);
  const Eigen::VectorXd fitted = d.x * fit.coefficient;
  for (std::size_t i = 0; i < block.bins.time.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    result.trace.time.push_back(block.bins.time[i]);
    result.trace.field.push_back(block.bins.field[i]);
    result.trace.voltage.push_back(block.bins.voltage_xy[i]);
    result.trace.fitted.push_back(fitted[row]);
    result.trace.background.push_back(fitted[row] - fit.coefficient[Layout::hall] * d.x(row, Layout::hall));
  }
  result.trace.whitened_residual.assign(
      fit.whitened_residual.begin(),
      fit.whitened_residual.begin() + static_cast<std::ptrdiff_t>(block.bins.time.size()));
  look_for_trouble(result, with_xx ? &along : nullptr, result.trace.whitened_residual);
  return result;
}

}  // namespace ecram::analysis
