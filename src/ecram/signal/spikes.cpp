// SPDX-License-Identifier: Apache-2.0
#include "ecram/signal/spikes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace ecram::signal {
namespace {

inline void sort_pair(double& a, double& b) {
  const double low = a < b ? a : b, high = a < b ? b : a;
  a = low;
  b = high;
}

/// Median of nine by a sorting network (Paeth, in Graphics Gems, 1990): no branches, so that the compiler does several
/// windows at once.
inline double median_of_nine(const double* v) {
  double p[9] = {v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]};
  sort_pair(p[1], p[2]), sort_pair(p[4], p[5]), sort_pair(p[7], p[8]);
  sort_pair(p[0], p[1]), sort_pair(p[3], p[4]), sort_pair(p[6], p[7]);
  sort_pair(p[1], p[2]), sort_pair(p[4], p[5]), sort_pair(p[7], p[8]);
  sort_pair(p[0], p[3]), sort_pair(p[5], p[8]), sort_pair(p[4], p[7]);
  sort_pair(p[3], p[6]), sort_pair(p[1], p[4]), sort_pair(p[2], p[5]);
  sort_pair(p[4], p[7]), sort_pair(p[4], p[2]), sort_pair(p[6], p[4]);
  sort_pair(p[4], p[2]);
  return p[4];
}

}  // namespace

std::vector<double> running_median(std::span<const double> values, int reach) {
  const auto n = static_cast<std::ptrdiff_t>(values.size());
  std::vector<double> medians(values.size()), window;
  if (reach == 4 && n > 100) {
    for (std::ptrdiff_t i = 4; i < n - 4; ++i) medians[i] = median_of_nine(values.data() + i - 4);
    const auto head = running_median(values.first(9), 4), tail = running_median(values.last(9), 4);
    for (std::ptrdiff_t i = 0; i < 4; ++i) {
      medians[i] = head[i];
      medians[n - 1 - i] = tail[8 - i];
    }
    return medians;
  }
  const auto insert = [&](double v) { window.insert(std::upper_bound(window.begin(), window.end(), v), v); };
  const auto remove = [&](double v) { window.erase(std::lower_bound(window.begin(), window.end(), v)); };
  for (std::ptrdiff_t i = 0; i < std::min<std::ptrdiff_t>(reach, n); ++i) insert(values[i]);
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    if (i + reach < n) insert(values[i + reach]);
    if (i - reach - 1 >= 0) remove(values[i - reach - 1]);
    const std::size_t middle = window.size() / 2;
    medians[i] = window.size() % 2 == 1 ? window[middle] : 0.5 * (window[middle - 1] + window[middle]);
  }
  return medians;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double robust_scale(std::vector<double> values) {
  if (values.empty()) return 0;
  for (double& v : values) v = std::abs(v);
  return 1.4826 * median(std::move(values));
}

std::vector<char> spikes(std::span<const double> values, int reach, double limit) {
  std::vector<double> distance = running_median(values, reach);
  for (std::size_t i = 0; i < values.size(); ++i) distance[i] = values[i] - distance[i];
  // In a long record a sample of the distances is enough for the scale.
  std::vector<double> sample;
  const std::size_t stride = std::max<std::size_t>(1, values.size() / 20000);
  for (std::size_t i = 0; i < distance.size(); i += stride) sample.push_back(distance[i]);
  // On a drift steeper than the noise the running median is the reading itself: second differences still show the
  // noise.
  std::vector<double> curvature;
  for (std::size_t i = 1; i + 1 < values.size(); i += stride)
    curvature.push_back((values[i - 1] - 2 * values[i] + values[i + 1]) / std::sqrt(6.0));
  const double scale = std::max(robust_scale(std::move(sample)), robust_scale(std::move(curvature)));
  std::vector<char> found(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) found[i] = std::abs(distance[i]) > limit * scale && scale > 0 ? 1 : 0;
  return found;
}

}  // namespace ecram::signal
