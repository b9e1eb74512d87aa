// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/thinning.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ecram::report {
namespace {

constexpr std::size_t few = 2000;         // points that are drawn as they are
constexpr std::size_t most_line = 20000;  // vertices of a line: 300 kB of SVG
constexpr std::size_t most_points = 6000;

/// Indices of the first, last, lowest and highest (in y and, where wanted, in x) of begin ... end - 1, rising.
void keep_extremes(std::span<const double> x, std::span<const double> y, std::span<const std::size_t> run, bool also_x,
                   std::vector<std::size_t>& kept) {
  const auto by = [&](std::span<const double> values) {
    return std::minmax_element(run.begin(), run.end(),
                               [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  };
  const auto [lowest, highest] = by(y);
  std::vector<std::size_t> chosen{run.front(), run.back(), *lowest, *highest};
  if (also_x) {
    const auto [left, right] = by(x);
    chosen.insert(chosen.end(), {*left, *right});
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  kept.insert(kept.end(), chosen.begin(), chosen.end());
}

bool gap(std::span<const double> x, std::span<const double> y, std::size_t i) {
  return std::isnan(x[i]) || std::isnan(y[i]);
}

/// Cuts `indices` into runs, `same_run(first, i)` saying whether i still belongs to the run that begins at `first`, and
/// keeps the extremes of each. Gaps end runs; of neighbouring gaps one is kept.
template <class SameRun>
std::vector<std::size_t> keep_extremes_of_runs(std::span<const double> x, std::span<const double> y,
                                               std::span<const std::size_t> indices, bool also_x, SameRun&& same_run) {
  std::vector<std::size_t> kept;
  for (std::size_t from = 0; from < indices.size();) {
    if (gap(x, y, indices[from])) {
      if (kept.empty() || !gap(x, y, kept.back())) kept.push_back(indices[from]);
      ++from;
      continue;
    }
    std::size_t to = from + 1;
    while (to < indices.size() && !gap(x, y, indices[to]) && same_run(from, to)) ++to;
    keep_extremes(x, y, indices.subspan(from, to - from), also_x, kept);
    from = to;
  }
  return kept;
}

}  // namespace

std::vector<std::size_t> thin_line(std::span<const double> x, std::span<const double> y) {
  std::vector<std::size_t> all(x.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  if (all.size() <= few) return all;

  auto kept = keep_extremes_of_runs(x, y, all, false, [&](std::size_t from, std::size_t i) {
    return std::floor(x[all[from]]) == std::floor(x[all[i]]);
  });
  if (kept.size() <= most_line) return kept;
  const std::size_t length = 6 * kept.size() / most_line + 1;
  return keep_extremes_of_runs(x, y, kept, true, [&](std::size_t from, std::size_t i) { return i - from < length; });
}

std::vector<std::size_t> thin_points(std::span<const double> x, std::span<const double> y, double width,
                                     double height) {
  const auto inside = [&](std::size_t i) { return x[i] >= 0 && x[i] <= width && y[i] >= 0 && y[i] <= height; };
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < x.size() && kept.size() <= few; ++i)
    if (inside(i)) kept.push_back(i);
  if (kept.size() <= few) return kept;

  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  for (double cell = 1.5;; cell *= 1.5) {
    const auto columns = static_cast<std::size_t>(width / cell) + 1, rows = static_cast<std::size_t>(height / cell) + 1;
    std::vector<bool> taken(columns * rows);
    std::vector<std::size_t> lowest(columns, none), highest(columns, none);
    kept.clear();
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!inside(i)) continue;
      const auto column = static_cast<std::size_t>(x[i] / cell), row = static_cast<std::size_t>(y[i] / cell);
      if (lowest[column] == none || y[i] < y[lowest[column]]) lowest[column] = i;
      if (highest[column] == none || y[i] > y[highest[column]]) highest[column] = i;
      if (taken[row * columns + column]) continue;
      taken[row * columns + column] = true;
      kept.push_back(i);
    }
    if (kept.size() > most_points && cell < 12) continue;
    for (const auto& extremes : {lowest, highest})
      std::copy_if(extremes.begin(), extremes.end(), std::back_inserter(kept), [](std::size_t i) { return i != none; });
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    return kept;
  }
}

}  // namespace ecram::report
