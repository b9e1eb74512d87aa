// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "ecram/device/protocol.h"
#include "ecram/device/run.h"
#include "ecram/device/train.h"

namespace ecram::device {

/// What can be done to a model of devices: the protocol's steps come down to these.
struct Operations {
  std::function<void()> begin_train;  ///< what `pulses` gives from now on are the first ones of a train
  std::function<void(const PulseTrainStep& train, std::size_t pulses)> pulses;
  std::function<void(double from, double to, double seconds)> ramp;  ///< the gate from one voltage to another
  std::function<void(double volts, double seconds)> hold;
  std::function<void(double kelvin)> temperature;
  std::function<void(RunReading& reading)> read;                  ///< fills in the conductances
  std::function<CycleAverage(const EnduranceStep& step)> cycles;  ///< all of them, few integrated; may be empty
};

/// Walks through the protocol. Stops early where the user asks for it.
/// @param result  readings and counts are put here
void walk(const Protocol& protocol, const Operations& operations, std::size_t devices, RunResult& result);

}  // namespace ecram::device
