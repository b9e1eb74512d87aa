// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "ecram/analysis/transport/straight_line.h"
#include "ecram/analysis/transport/transport.h"
#include "ecram/core/constants.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {

using constants::boltzmann;

Estimate arrhenius_energy(const TemperatureSeries& s, double power) {
  check_points(s, 3, "an Arrhenius plot");
  std::vector<double> x, y = logarithms(s.value);
  for (std::size_t i = 0; i < y.size(); ++i) {
    x.push_back(-1 / (boltzmann * s.temperature[i]));
    y[i] -= power * std::log(s.temperature[i]);
  }
  const StraightLine line = LineFitter(std::move(x), weights(s)).fit(y);
  return fit::student_estimate(line.b, line.b_error, line.freedom);
}

namespace {

/// Sums over some points about their own means: two such sets join without loss of digits (Chan, Golub and LeVeque, Am.
/// Stat. 37, 242 (1983)), which sums over all powers do not.
struct WeightedMoments {
  double weight = 0, x = 0, y = 0;  ///< sum of the weights, and the means
  double xx = 0, xy = 0, yy = 0;

  void join(const WeightedMoments& other) {
    const double all = weight + other.weight, dx = other.x - x, dy = other.y - y;
    const double share = other.weight / all, cross = weight * share;
    xx += other.xx + dx * dx * cross;
    xy += other.xy + dx * dy * cross;
    yy += other.yy + dy * dy * cross;
    x += dx * share;
    y += dy * share;
    weight = all;
  }
};

}  // namespace

std::vector<ArrheniusWindow> arrhenius_windows(const TemperatureSeries& s, std::size_t least) {
  least = std::max<std::size_t>(least, 3);
  const std::size_t points = s.value.size();
  const std::size_t blocks = std::min(points, most_window_edges - 1);
  std::vector<std::size_t> edge;
  for (std::size_t k = 0; k <= blocks; ++k) edge.push_back(blocks == 0 ? 0 : (k * points + blocks / 2) / blocks);
  const auto y = logarithms(s.value);
  const auto w = weights(s);
  std::vector<WeightedMoments> block(blocks);
  for (std::size_t k = 0; k < blocks; ++k)
    for (std::size_t i = edge[k]; i < edge[k + 1]; ++i)
      block[k].join({w[i], -1 / (boltzmann * s.temperature[i]), y[i], 0, 0, 0});

  std::vector<ArrheniusWindow> windows;
  for (std::size_t from = 0; from < blocks; ++from) {
    WeightedMoments sum;
    for (std::size_t to = from + 1; to <= blocks; ++to) {
      sum.join(block[to - 1]);
      const std::size_t count = edge[to] - edge[from];
      if (count < least) continue;
      const double slope = sum.xy / sum.xx, freedom = double(count) - 2;
      const double chi2 = std::max(0.0, sum.yy - slope * sum.xy);
      windows.push_back({s.temperature[edge[from]], s.temperature[edge[to] - 1], count,
                         fit::student_estimate(slope, std::sqrt(chi2 / freedom / sum.xx), freedom)});
    }
  }
  return windows;
}

}  // namespace ecram::analysis
