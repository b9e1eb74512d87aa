// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "ecram/device/run.h"
#include "ecram/report/figure.h"

namespace ecram::report {

/// What a figure, a page or a program needs to know of a run besides its result.
struct DeviceRun {
  device::Protocol protocol;
  std::string device, ambient, model;  ///< "compact", "full"
  device::RunResult result;
  std::vector<device::CycleShare> shares;  ///< of the spread from cycle to cycle; empty where there are none
};

/// A panel for each kind of step: conductance against pulses (all that were given; cycles that were not recorded are a
/// gap), gate voltage, time or temperature.
Figure run_figure(const DeviceRun& run);

/// docs/device-run.md is its contract.
nlohmann::ordered_json run_json(const DeviceRun& run);

/// A few lines for people.
std::string run_text(const DeviceRun& run);

}  // namespace ecram::report
