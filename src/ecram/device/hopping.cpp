// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/hopping.h"

#include <cmath>

namespace ecram::device {
namespace {

/// Bernoulli's function x/(e^x - 1) and its derivative.
struct Bernoulli {
  double value, slope;
};

Bernoulli bernoulli(double x) {
  if (std::abs(x) < 1e-3) return {1 - x / 2 + x * x / 12, -0.5 + x / 6};
  if (x > 700) return {0, 0};
  const double e = std::expm1(x);
  const double value = x / e;
  return {value, (1 - value * (e + 1)) / e};
}

/// sinh(w)/w and its derivative.
Bernoulli sinh_ratio(double w) {
  if (std::abs(w) < 1e-3) return {1 + w * w / 6, w / 3};
  const double value = std::sinh(w) / w;
  return {value, (std::cosh(w) - value) / w};
}

}  // namespace

Flux flux(const Barriers& b, double left, double right, double drop) {
  const Bernoulli reverse = bernoulli(drop);
  const double forward = reverse.value + drop, forward_slope = reverse.slope + 1;
  const Bernoulli field = sinh_ratio(drop / (2 * b.number));
  const double from_left = left * (1 - right / b.right_sites);
  const double from_right = right * (1 - left / b.left_sites) * b.step;
  const double scale = b.rate / b.number;
  const double net = from_left * forward - from_right * reverse.value;
  return {.value = scale * field.value * net,
          .by_left = scale * field.value *
                     ((1 - right / b.right_sites) * forward + right / b.left_sites * b.step * reverse.value),
          .by_right = -scale * field.value *
                      (left / b.right_sites * forward + (1 - left / b.left_sites) * b.step * reverse.value),
          .by_drop = scale * (field.slope / (2 * b.number) * net +
                              field.value * (from_left * forward_slope - from_right * reverse.slope))};
}

}  // namespace ecram::device
