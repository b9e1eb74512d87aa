// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/exponential_law.h"

#include <cmath>
#include <numbers>

#include "ecram/core/errors.h"

namespace ecram::analysis {
namespace {

constexpr double label_unit = 0.07 * std::numbers::sqrt2;

}  // namespace

double exponential_law(double p, double curvature) {
  const double c = curvature;
  if (c < 0) return 1 - exponential_law(1 - p, -c);  // the law's own symmetry; keeps the exponentials small
  if (c < 1e-5) return p * (1 + c * (1 - p) / 2 * (1 + c * (1 - 2 * p) / 6));
  return std::expm1(-c * p) / std::expm1(-c);
}

double exponential_law_derivative(double p, double curvature) {
  const double c = curvature;
  if (c < 0) return exponential_law_derivative(1 - p, -c);
  if (c < 1e-3) {
    // Taylor series: the closed form loses its digits here. The next term is of order c^3.
    const double q = p * (1 - p);
    return q * (1.0 / 2 + c * (1 - 2 * p) / 6 - c * c * q / 8);
  }
  return (p * std::exp(-c * p) - exponential_law(p, c) * std::exp(-c)) / -std::expm1(-c);
}

double nonlinearity_label(double curvature) {
  const double c = curvature;
  if (c < 0) return -nonlinearity_label(-c);
  if (c < 0.01) return c * (1 - c * c / 72) / 8 / label_unit;
  const double b_minus_a = -1 / std::expm1(-c) - 1 / c;
  return (b_minus_a - std::log1p(c * b_minus_a) / c) / label_unit;
}

double nonlinearity_label_derivative(double curvature) {
  const double c = std::abs(curvature);  // the label is odd, so its slope is even
  if (c < 0.01) return (1 - c * c / 24) / 8 / label_unit;
  // At the maximum over p the curve's own change is all there is (the envelope theorem).
  const double p = std::log1p(c * (-1 / std::expm1(-c) - 1 / c)) / c;
  return exponential_law_derivative(p, c) / label_unit;
}

double curvature_of_label(double label) {
  if (!(std::abs(label) * label_unit < 1))
    throw InvalidInput("no exponential curve has the nonlinearity label {}; they lie between -10.1 and 10.1", label);
  if (label == 0) return 0;
  const double wanted = std::abs(label);
  double low = 0, high = 1;
  while (nonlinearity_label(high) < wanted) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
    const double middle = (low + high) / 2;
    (nonlinearity_label(middle) < wanted ? low : high) = middle;
  }
  return std::copysign((low + high) / 2, label);
}

}  // namespace ecram::analysis
