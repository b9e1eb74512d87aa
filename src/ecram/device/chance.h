// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ecram/device/parameters.h"

namespace ecram::device {

/// What is left to chance in a compact device, and how much of it. Counting statistics of ions have no number of their
/// own: area and content give it. `parameters` says where each of the others comes from.
struct Chance {
  bool counting = true;             ///< each pulse moves a Poisson number of ions
  double temperature_drift = 0.05;  ///< K, standard deviation of the stage
  double drift_time = 600;          ///< s, its correlation time (Ornstein and Uhlenbeck)
  double reading_noise = 0.0035;    ///< relative standard deviation of a reading; fitted: Fig. 3f

  double thickness_spread = 0.02;                 ///< of the channel, relative, from device to device
  double area_spread = 0.03;                      ///< of the gate's width, relative
  double barrier_spread = 0.021 * electron_volt;  ///< J, of the transfer energy; fitted: Fig. 3g

  // Wear: from an onset on, strong pulses make the interphase slower, speed = exp(-(pulses - onset)/scale).
  double strong_voltage = 1.2;     ///< V: pulses of less do not count
  double wear_onset = 221000;      ///< strong pulses; Fig. 3d, where degradation begins to show
  double wear_onset_spread = 0.1;  ///< relative, from device to device
  double wear_scale = 200000;      ///< strong pulses
};

/// Every number of it, as for the constants.
std::vector<Parameter> parameters(Chance& chance);

/// The same without any: what the model says on average.
inline Chance no_chance() {
  Chance c;
  c.counting = false;
  c.temperature_drift = c.reading_noise = c.thickness_spread = c.area_spread = c.barrier_spread = 0;
  c.wear_onset_spread = 0;
  return c;
}

}  // namespace ecram::device
