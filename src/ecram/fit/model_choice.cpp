// SPDX-License-Identifier: Apache-2.0
#include "ecram/fit/model_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ecram::fit {

double aicc(double deviance, std::size_t parameters, std::size_t data) {
  const auto k = static_cast<double>(parameters), n = static_cast<double>(data);
  if (n <= k + 1) return std::numeric_limits<double>::infinity();
  return deviance + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

std::vector<double> akaike_weights(std::span<const double> criterion) {
  std::vector<double> weights(criterion.size());
  if (criterion.empty()) return weights;
  const double best = *std::ranges::min_element(criterion);
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] = std::exp(-(criterion[i] - best) / 2);
  for (double& w : weights) w /= sum;
  return weights;
}

}  // namespace ecram::fit
