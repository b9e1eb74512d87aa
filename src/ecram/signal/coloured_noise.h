// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ecram::signal {

/// Gaussian noise made of a white part and of relaxations, each with the covariance power * exp(-rate |t - t'|).
///
/// A ladder of relaxations of equal power, their rates evenly spaced on a log scale, is 1/f noise between the ladder's
/// ends; a single slow one is 1/f^2 noise above its own rate.
struct Relaxations {
  std::vector<double> rate;   ///< 1/s, positive
  std::vector<double> power;  ///< variance of each, in units of the white part's variance of a sample of weight 1
};

/// A ladder of rates that covers noise between the frequencies of a record of the given duration and sampling.
std::vector<double> relaxation_rates(double duration, double interval);

/// Multiplies columns of numbers by K^(-1/2), so that noise with covariance K becomes white with variance 1:
///
///     K_ij = delta_ij / weight_i + sum over k of power_k exp(-rate_k |t_i - t_j|).
///
/// Work grows as samples * relaxations * (relaxations + columns), for any sampling.
///
/// @param interval  s, time since the sample before (the first is not used); infinity starts a record of its own
/// @param weight    of each sample: how many readings were averaged in it
/// @param values    row-major, one row of `columns` numbers a sample; replaced
/// @return ln det K
///
/// Source: the semiseparable Cholesky factor of Foreman-Mackey, Agol, Ambikasaran and Angus, Astron. J. 154, 220
/// (2017), for real exponents.
double whiten(const Relaxations& noise, std::span<const double> interval, std::span<const double> weight,
              std::span<double> values, std::size_t columns);

}  // namespace ecram::signal
