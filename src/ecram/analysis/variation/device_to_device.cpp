// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/variation/device_to_device.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ecram/core/errors.h"

namespace ecram::analysis {
namespace {

/// The curve at a share of its length, between readings on the straight line.
double at(const std::vector<double>& curve, double share) {
  const double position = share * static_cast<double>(curve.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(position), curve.size() - 1);
  const std::size_t next = std::min(i + 1, curve.size() - 1);
  return curve[i] + (curve[next] - curve[i]) * (position - static_cast<double>(i));
}

struct Window {
  double low, high;
};

Window window(const DeviceCycle& device) {
  Window w{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const auto* curve : {&device.potentiation, &device.depression})
    for (const double g : *curve) w = {std::min(w.low, g), std::max(w.high, g)};
  return w;
}

}  // namespace

bool comparable(const DeviceCycle& device, bool potentiation, bool depression) {
  const Window w = window(device);
  return device.potentiation.empty() != potentiation && device.depression.empty() != depression && w.high > w.low;
}

DeviceToDevice device_to_device(std::span<const DeviceCycle> devices) {
  if (devices.size() < 3) throw InvalidInput("{} devices; their spread needs at least 3", devices.size());
  const bool up = !devices[0].potentiation.empty(), down = !devices[0].depression.empty();
  std::size_t points = 0;
  for (const DeviceCycle& device : devices) {
    if (!comparable(device, up, down))
      throw InvalidInput("a device has other directions of pulses than the rest, or no window");
    points = std::max({points, device.potentiation.size(), device.depression.size()});
  }

  DeviceToDevice result;
  result.devices = devices.size();
  const auto n = static_cast<double>(devices.size());
  const auto add_section = [&](bool depression, double share, double place) {
    std::vector<double> normalised;
    for (const DeviceCycle& device : devices) {
      const Window w = window(device);
      normalised.push_back((at(depression ? device.depression : device.potentiation, share) - w.low) /
                           (w.high - w.low));
    }
    double mean = 0, square = 0;
    for (const double g : normalised) mean += g / n;
    for (const double g : normalised) square += (g - mean) * (g - mean);
    result.place.push_back(place);
    result.mean.push_back(mean);
    result.spread.push_back(std::sqrt(square / (n - 1)));
  };
  const auto share = [&](std::size_t i) { return static_cast<double>(i) / static_cast<double>(points - 1); };
  for (std::size_t i = 0; up && i < points; ++i) add_section(false, share(i), down ? share(i) / 2 : share(i));
  for (std::size_t i = 0; down && i < points; ++i) add_section(true, share(i), up ? 0.5 + share(i) / 2 : share(i));

  const auto worst = static_cast<std::size_t>(std::ranges::max_element(result.spread) - result.spread.begin());
  const double mean = result.mean[worst], spread = result.spread[worst];
  // Normal theory: a mean of n has error s/sqrt(n), a standard deviation s/sqrt(2(n - 1)).
  const double mean_error = spread / std::sqrt(n), spread_error = spread / std::sqrt(2 * (n - 1));
  result.worst_place = result.place[worst];
  result.worst_mean = normal_estimate(mean, mean_error);
  result.worst_spread = normal_estimate(spread, spread_error);
  if (mean > 0)
    result.spread_over_mean =
        normal_estimate(spread / mean, std::hypot(spread_error / mean, spread * mean_error / (mean * mean)));
  return result;
}

}  // namespace ecram::analysis
