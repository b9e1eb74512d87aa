// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/longitudinal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "ecram/core/interrupt.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {
namespace {

/// The least difference between readings that differ, in whatever order they came: a current that is reversed from one
/// to the next has large steps between neighbours. 0 if none do.
double least_step(std::span<const double> readings) {
  std::vector<double> sorted(readings.begin(), readings.end());
  std::sort(sorted.begin(), sorted.end());
  double least = 0;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const double step = sorted[i] - sorted[i - 1];
    if (step > 0 && (least == 0 || step < least)) least = step;
  }
  return least;
}

/// Generalised least squares in noise of its own colour, with the drift that the data want beside that noise: more of
/// it would hide what is slow in the noise, and that is what the error of the mean resistance is made of. Whether there
/// is slow noise a short record does not tell for sure: the covariance is the mean over the likely colours, by their
/// weights, with the scatter of their coefficients (Burnham and Anderson, section 4.3).
///
/// @param shifts    other voltages
/// @param response  of the coefficients to each of them
signal::Regression fit_in_own_colour(const HallModel& model, int most_order, double span,
                                     const std::vector<Eigen::VectorXd>& shifts,
                                     std::vector<Eigen::VectorXd>& response) {
  const auto rates = signal::relaxation_rates(span, span / double(model.y.size()));
  const HallModel part = excerpt(model);
  const auto columns = model.columns(drift_order_in_any_colour(part, rates, most_order));
  signal::Regression best;
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(Eigen::Index(columns.size()), Eigen::Index(columns.size()));
  for (const auto& [colour, weight] :
       signal::likely_colours({part.interval, part.weight, part.x(Eigen::all, columns), part.y}, rates)) {
    stop_if_interrupted();
    const auto fit = signal::WhitenedModel(model.linear(), rates, colour).fit(columns);
    if (best.coefficient.size() == 0) {
      best = fit;
      for (const Eigen::VectorXd& shift : shifts)
        response.push_back(signal::WhitenedModel({model.interval, model.weight, model.x, shift}, rates, colour)
                               .fit(columns)
                               .coefficient);
    }
    const Eigen::VectorXd apart = fit.coefficient - best.coefficient;
    covariance += weight * (fit.covariance + apart * apart.transpose());
  }
  best.covariance = covariance;
  return best;
}

/// What an error of each of the current's levels adds to the current of the bins.
std::vector<Eigen::VectorXd> level_shifts(const Block& block) {
  std::vector<Eigen::VectorXd> shifts(block.level_errors.size(),
                                      Eigen::VectorXd::Zero(static_cast<Eigen::Index>(block.current.size())));
  for (std::size_t i = 0; i < block.current.size() && !shifts.empty(); ++i) {
    const auto level = std::upper_bound(block.level_limits.begin(), block.level_limits.end(), block.current[i]) -
                       block.level_limits.begin();
    shifts[static_cast<std::size_t>(level)][static_cast<Eigen::Index>(i)] =
        block.level_errors[static_cast<std::size_t>(level)];
  }
  return shifts;
}

/// I^3 averaged over each bin: of two currents of opposite sign it is not the cube of their mean.
Eigen::VectorXd current_cubed(const Block& block) {
  const auto n = static_cast<Eigen::Index>(block.current.size());
  if (block.modulated) return Eigen::Map<const Eigen::VectorXd>(block.bins.current_cubed.data(), n);
  return Eigen::Map<const Eigen::ArrayXd>(block.current.data(), n).cube();
}

/// Has the current enough levels for I^3 beside I and a constant? Two have not, and from zero and one of either sign
/// I^3 is no more than a multiple of I.
bool tells_bend(const Block& block, const Eigen::VectorXd& cube, double scale) {
  if (!block.modulated || block.levels == 2) return false;
  Eigen::MatrixXd x(cube.size(), 2);
  x.col(0).setOnes();
  x.col(1) = Eigen::Map<const Eigen::VectorXd>(block.current.data(), cube.size());
  const double left = signal::least_squares(x, cube).residual.norm() / cube.norm();
  // Noise of the current bends I^3, too: I^3 (1 + 3 d) against I (1 + d).
  return left > 0.05 && left > 8 * block.current_noise / scale && left > 16 * block.current_error;
}

}  // namespace

Longitudinal longitudinal(const Block& block, std::span<const double> readings) {
  const auto n = static_cast<Eigen::Index>(block.bins.time.size());
  const auto vector = [](const std::vector<double>& v) {
    return Eigen::Map<const Eigen::ArrayXd>(v.data(), static_cast<Eigen::Index>(v.size()));
  };
  // Without a current V_xx's own drift, field and rate are voltages.
  const std::vector<double> ones(block.current.size(), 1.0);
  const auto current = vector(block.no_current ? ones : block.current), field = vector(block.field),
             field2 = vector(block.field2);
  const double scale = block.no_current ? 1 : mean_magnitude(block.current);
  const Eigen::VectorXd cube = current_cubed(block) / (scale * scale);
  const bool several = tells_bend(block, cube, scale);

  // Columns as in the model of V_xy: the Hall term, induction, the even term, then what goes beside the drift, and the
  // drift last.
  const Eigen::Index beside = several ? 2 : block.modulated ? 1 : 0, orders = block.polynomials.cols();
  HallModel model;
  model.interval = block.bins.interval;
  model.weight = block.bins.weight;
  model.x.resize(n, 3 + beside + orders);
  model.y = vector(block.bins.voltage_xx);
  model.x.col(HallModel::hall) = current * field;
  model.x.col(HallModel::rate) = vector(block.reference.rate);
  model.x.col(HallModel::even) = current * (field2 - block.mean_field2);
  if (block.modulated) model.x.col(3).setOnes();
  if (several) model.x.col(4) = cube;
  model.thermal = {{}};
  model.lines = {{}};
  model.drift = {{}};
  for (Eigen::Index k = 0; k < beside; ++k) model.thermal[0].push_back(3 + k);
  for (Eigen::Index k = 0; k < orders; ++k) {
    model.drift[0].push_back(3 + beside + k);
    model.x.col(3 + beside + k) = current * block.polynomials.col(k).array();
  }
  const Eigen::MatrixXd& x = model.x;
  const Eigen::Index mean_resistance = model.drift[0][0];
  const auto plain = signal::least_squares(x, model.y);

  Longitudinal l;
  constexpr double known = std::numeric_limits<double>::infinity();  // degrees of freedom
  const double rounding = least_step(readings) / std::sqrt(12.0) / scale;
  // Below the ninth digit it is not scatter that an instrument shows.
  const bool seen = plain.residual.norm() / std::sqrt(double(n)) > 1e-9 * model.y.cwiseAbs().maxCoeff();
  if (!seen) {
    const auto exact = [&](Eigen::Index k) {
      return normal_estimate(plain.coefficient[k], std::numeric_limits<double>::quiet_NaN());
    };
    (block.no_current ? l.zero : l.resistance) = exact(mean_resistance);
    if (block.modulated) l.zero = exact(3);
    return l;
  }
  Eigen::VectorXd coefficient = plain.coefficient, error;
  double freedom = std::max<double>(1, double(n - plain.rank));
  // Where two levels tell R_xx by their difference their errors weigh more than in their mean.
  const auto shifts = level_shifts(block);
  std::vector<Eigen::VectorXd> response;
  if (plain.rank == x.cols() && n >= x.cols() + 10) {
    const auto fit = fit_in_own_colour(model, static_cast<int>(orders) - 1,
                                       block.bins.time.back() - block.bins.time.front(), shifts, response);
    // The coefficients of the drift that was not wanted stand last.
    coefficient.head(fit.coefficient.size()) = fit.coefficient;
    error = fit.covariance.diagonal().cwiseSqrt();
    freedom = double(fit.degrees_of_freedom);
  } else {
    error = (plain.residual.squaredNorm() / freedom * plain.inverse.diagonal()).cwiseSqrt();
    for (const Eigen::VectorXd& shift : shifts) response.push_back(signal::least_squares(x, shift).coefficient);
  }
  const auto over_error = [&](Eigen::Index k) { return error[k] > 0 ? std::abs(coefficient[k]) / error[k] : 0; };
  const double r = coefficient[mean_resistance];
  double by_levels = 0;
  for (const Eigen::VectorXd& change : response) by_levels += change[mean_resistance] * change[mean_resistance];
  const double current_error = std::max(block.current_error, std::sqrt(by_levels));
  const fit::ErrorPart scatter{error[mean_resistance], freedom}, steps{rounding, known},
      by_current{current_error * r, known};
  l.resistance = fit::student_estimate(r, std::hypot(scatter.error, steps.error, by_current.error),
                                       fit::freedom_of_sum({scatter, steps, by_current}));
  l.own_error = std::hypot(scatter.error, steps.error);
  l.freedom = fit::freedom_of_sum({scatter, steps});
  if (block.no_current) l.zero = std::exchange(l.resistance, Estimate{});
  if (block.modulated) l.zero = fit::student_estimate(coefficient[3], error[3], freedom);
  l.odd = coefficient[HallModel::hall];
  l.odd_over_error = over_error(HallModel::hall);
  if (several) {
    l.bend = coefficient[4] / r;
    l.bend_over_error = over_error(4);
  }
  return l;
}

Longitudinal without_zero_error(const Longitudinal& along, const Block& block, const Longitudinal& second,
                                const Block& second_block) {
  const double infinite = std::numeric_limits<double>::infinity(), one = mean(block.current);
  // A record that tells its own zero error stands for one at no current, or at what is left of it.
  const bool reversed = !second.zero.known();
  const double other = reversed                  ? mean(second_block.current)
                       : second_block.no_current ? mean(second_block.bins.current)
                                                 : 0;
  const double other_voltage = reversed ? second.resistance.value * other : second.zero.value;
  const double difference = one - other;
  Longitudinal l = along;
  const double r = (along.resistance.value * one - other_voltage) / difference;
  double current_noise = 0;
  if (second_block.no_current)
    for (const double i : second_block.bins.current) current_noise += (i - other) * (i - other);
  current_noise = std::sqrt(current_noise) / double(second_block.bins.current.size());
  // A second record whose readings hardly differ is exact to its digits.
  const double other_error = std::isfinite(second.own_error) ? second.own_error * (reversed ? std::abs(other) : 1) : 0;
  const fit::ErrorPart first{along.own_error * std::abs(one / difference), along.freedom},
      last{other_error / std::abs(difference), second.freedom},
      current{std::abs(r * current_noise / difference), infinite};
  l.own_error = std::hypot(first.error, last.error, current.error);
  l.freedom = fit::freedom_of_sum({first, last, current});
  const double by_current = std::abs(block.current_error * r);
  l.resistance = fit::student_estimate(r, std::hypot(l.own_error, by_current),
                                       fit::freedom_of_sum({{l.own_error, l.freedom}, {by_current, infinite}}));
  return l;
}

}  // namespace ecram::analysis
