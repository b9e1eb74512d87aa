// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include "ecram/analysis/switching/switching.h"
#include "ecram/analysis/variation/device_to_device.h"
#include "ecram/record/device_card.h"

namespace ecram::analysis {

/// The device card of an analysis.
/// @param switching  of one device or of several: the numbers are of the first
/// @param devices    spread over all of them, where there are enough
record::DeviceCard card_of(std::span<const Switching> switching, const std::optional<DeviceToDevice>& devices,
                           const std::string& device_name);

}  // namespace ecram::analysis
