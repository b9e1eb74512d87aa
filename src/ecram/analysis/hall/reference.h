// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

#include "ecram/analysis/hall/bins.h"

namespace ecram::analysis {

/// The field of the bins as a regressor: its rate of change, a smooth version of it, and the noise of its sensor.
struct Reference {
  std::vector<double> smooth;  ///< T
  std::vector<double> rate;    ///< T/s
  double noise = 0;            ///< T, of one bin's field
  double left_noise = 0;       ///< T, of `smooth`; 0 where the sensor is quiet and `smooth` is not needed
  /// Relative error of the bins' amplitude that the sensor's noise makes, that is of a slope over them; 0 where bins
  /// are so few that the noise cannot be told from changes of speed.
  double scale_error = 0;
};

/// The rate comes from a cubic through seven neighbouring bins where there are at least 24 bins a period, and from one
/// sine over the whole record where there are fewer; with a noisy sensor, from a sine through each period.
Reference reference(std::span<const double> time, std::span<const double> field, const Rotation& turn);

/// What a first-order lag makes of u(t), tau x' + x = u, in the steady state: exactly of its mean and its first two
/// harmonics of the rotation, and beside them of parabolas between the samples, from nothing at the first one on. What
/// is wrong with that, and with the samples that a gap lacks, dies as exp(-t/tau) from the record's beginning, or the
/// gap's end, on: see `lag_restarts`.
std::vector<double> lagged(std::span<const double> time, std::span<const double> u, double tau, const Rotation& turn);

/// Where the state of a lag is not known from the samples before: the first time, and the first ones after gaps of
/// three tenths of a turn or more (of five usual intervals, where these are longer; the eight longest gaps). The
/// voltage there is one unknown number, whatever made it, and fades with the lag's time.
std::vector<double> lag_restarts(std::span<const double> time, const Rotation& turn);

/// Values between the samples, by straight lines, at even times from the first one on.
std::vector<double> on_grid(std::span<const double> time, std::span<const double> values, std::size_t samples,
                            double interval);

/// Legendre polynomials of the time, -1 at its first and 1 at its last value: a row a time, column k holds P_k.
Eigen::MatrixXd legendre(std::span<const double> time, int order);

}  // namespace ecram::analysis
