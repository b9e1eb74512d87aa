// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/estimate.h"

#include <cmath>
#include <utility>

namespace ecram {

Estimate normal_estimate(double value, double standard_error) {
  const double half_width = 1.959963984540054 * standard_error;  // 97.5 % quantile of the normal distribution
  return {value, standard_error, value - half_width, value + half_width};
}

Estimate scaled(const Estimate& estimate, double factor) {
  Estimate result{estimate.value * factor, estimate.standard_error * std::abs(factor), estimate.low * factor,
                  estimate.high * factor};
  if (factor < 0) std::swap(result.low, result.high);
  return result;
}

}  // namespace ecram
