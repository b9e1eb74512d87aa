// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ecram/core/estimate.h"

namespace ecram::analysis {

/// Spread between devices, as in the paper's Fig. 3g: each device's mean cycle is normalised to its own window and
/// drawn against the share of the cycle; the worst section is where the devices differ most.
struct DeviceToDevice {
  std::size_t devices = 0;
  double worst_place = 0;  ///< in [0, 1] of the cycle: potentiation is the first half, depression the second
  Estimate worst_mean;     ///< mean of the normalised conductance there
  Estimate worst_spread;   ///< standard deviation between devices there
  Estimate spread_over_mean;
  std::vector<double> place, mean, spread;  ///< along the cycle
};

/// One device's mean curves in order of time; one of them may be empty.
struct DeviceCycle {
  std::vector<double> potentiation, depression;
};

/// @param devices  at least 3, all with the same directions, each with a window that is not zero
/// @throws InvalidInput  otherwise
DeviceToDevice device_to_device(std::span<const DeviceCycle> devices);

/// Can the device be compared with others that have these directions?
bool comparable(const DeviceCycle& device, bool potentiation, bool depression);

}  // namespace ecram::analysis
