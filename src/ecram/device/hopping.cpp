// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/hopping.h"

#include <algorithm>
#include <cmath>

namespace ecram::device {
namespace {

constexpr double edge = 1e-3;  // share of the sites over which a full place goes over into an overfull one

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

/// sinh(w)/w, which is even, and its derivative; beyond |w| = most it stays, without a barrier at 1.
Bernoulli sinh_ratio(double w, double most) {
  if (std::abs(w) > most) return {most > 0 ? std::sinh(most) / most : 1, 0};
  if (std::abs(w) < 1e-3) return {1 + w * w / 6, w / 3};
  const double x = std::abs(w);
  const double up = std::expm1(x), down = up / (up + 1);  // e^x - 1 and 1 - e^-x: sinh without cancellation
  const double value = (up + down) / (2 * x);
  return {value, (1 + (up - down) / 2 - value) / w};
}

}  // namespace

Free free_sites(double density, double sites) {
  if (density <= 0 || std::isinf(sites)) return {1, 0, 0, 0};
  const double free = 1 - density / sites, x = free / edge;
  if (x > 30) return {free, -1 / sites, 0, 0};
  const double e = std::exp(-std::abs(x));
  const double share = edge * (std::max(x, 0.0) + std::log1p(e)), below = x > 0 ? 1 / (1 + e) : e / (1 + e);
  return {share, -below / sites, (share - free) * sites, 1 - below};
}

Flux flux(const Barriers& b, double left, double right, double drop) {
  const Bernoulli reverse = bernoulli(drop);
  const double forward = reverse.value + drop, forward_slope = reverse.slope + 1;
  const Bernoulli field = sinh_ratio(drop / (2 * b.number), b.height);
  const Free to_right = free_sites(right, b.right_sites), to_left = free_sites(left, b.left_sites);
  const double scale = b.rate / b.number;
  const double rate_right = forward * to_right.share, rate_left = reverse.value * to_left.share * b.step;
  const double net = left * rate_right - right * rate_left;
  Flux f{.value = scale * field.value * net,
         .by_left = scale * field.value * (rate_right - right * reverse.value * b.step * to_left.slope),
         .by_right = scale * field.value * (left * forward * to_right.slope - rate_left),
         .by_drop = scale * (field.slope / (2 * b.number) * net +
                             field.value * (left * to_right.share * forward_slope -
                                            right * to_left.share * b.step * reverse.slope))};
  const double excess = to_left.excess - to_right.excess;
  if (excess != 0) {
    const double both = forward + reverse.value;
    f.value += scale * field.value * both * excess;
    f.by_left += scale * field.value * both * to_left.excess_slope;
    f.by_right -= scale * field.value * both * to_right.excess_slope;
    f.by_drop += scale * excess * (field.slope / (2 * b.number) * both + field.value * (forward_slope + reverse.slope));
  }
  return f;
}

}  // namespace ecram::device
