// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/longitudinal.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ecram::analysis {
namespace {

/// The least difference between neighbouring readings that differ; 0 if none do.
double least_step(std::span<const double> readings) {
  double least = 0;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const double step = std::abs(readings[i] - readings[i - 1]);
    if (step > 0 && (least == 0 || step < least)) least = step;
  }
  return least;
}

}  // namespace

Longitudinal longitudinal(const Block& block, std::span<const double> readings) {
  const auto n = static_cast<Eigen::Index>(block.bins.time.size());
  const auto vector = [](const std::vector<double>& v) {
    return Eigen::Map<const Eigen::ArrayXd>(v.data(), static_cast<Eigen::Index>(v.size()));
  };
  const auto current = vector(block.current), field = vector(block.field), magnetic = vector(block.bins.field);
  const double scale = mean_magnitude(block.current);
  const double magnitude_spread = std::sqrt((current.abs() - scale).square().mean());
  const bool several = block.modulated && magnitude_spread > 0.1 * scale;

  const Eigen::Index odd = block.polynomials.cols(), even = odd + 1, rate = even + 1, thermal = rate + 1,
                     bend = thermal + 1;
  Eigen::MatrixXd x(n, several ? bend + 1 : block.modulated ? thermal + 1 : rate + 1);
  for (Eigen::Index k = 0; k < odd; ++k) x.col(k) = current * block.polynomials.col(k).array();
  x.col(odd) = current * field;
  x.col(even) = current * (magnetic.square() - block.mean_field2);
  x.col(rate) = vector(block.reference.rate);
  if (block.modulated) x.col(thermal).setOnes();
  if (several) x.col(bend) = current.cube() / (scale * scale);
  const Eigen::VectorXd y = vector(block.bins.voltage_xx);
  const auto plain = signal::least_squares(x, y);

  Longitudinal l;
  const double rounding = least_step(readings) / std::sqrt(12.0) / scale;
  // Below the ninth digit it is not scatter that an instrument shows.
  const bool seen = plain.residual.norm() / std::sqrt(double(n)) > 1e-9 * y.cwiseAbs().maxCoeff();
  if (!seen) {
    l.resistance = normal_estimate(plain.coefficient[0], std::numeric_limits<double>::quiet_NaN());
    return l;
  }
  Eigen::VectorXd coefficient = plain.coefficient, error;
  if (plain.rank == x.cols() && n >= x.cols() + 10) {
    // Slow noise of the film or the meter: the same generalised least squares as on V_xy.
    HallModel model;
    model.interval = block.bins.interval;
    model.weight = block.bins.weight;
    model.x = x;
    model.y = y;
    const HallModel part = excerpt(model);
    const double span = block.bins.time.back() - block.bins.time.front();
    const auto rates = signal::relaxation_rates(span, span / double(n));
    const auto fit =
        signal::generalised_least_squares(model.linear(), rates, signal::estimate_colour(part.linear(), rates));
    coefficient = fit.coefficient;
    error = fit.covariance.diagonal().cwiseSqrt();
  } else {
    const double freedom = std::max<double>(1, double(n - plain.rank));
    error = (plain.residual.squaredNorm() / freedom * plain.inverse.diagonal()).cwiseSqrt();
  }
  const auto over_error = [&](Eigen::Index k) { return error[k] > 0 ? std::abs(coefficient[k]) / error[k] : 0; };
  const double r = coefficient[0];
  l.resistance = normal_estimate(r, std::hypot(error[0], rounding, block.current_error * r));
  l.odd = coefficient[odd];
  l.odd_over_error = over_error(odd);
  if (several) {
    l.bend = coefficient[bend] / r;
    l.bend_over_error = over_error(bend);
  }
  return l;
}

}  // namespace ecram::analysis
