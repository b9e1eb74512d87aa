// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/chance.h"

namespace ecram::device {

std::vector<Parameter> parameters(Chance& c) {
  using enum Provenance;
  return {
      {"temperature_drift", "K", 1, &c.temperature_drift, 0, 10, assumed, "a stage's, standard deviation"},
      {"drift_time", "s", 1, &c.drift_time, 1e-3, 1e9, assumed, "a stage's, correlation (Ornstein and Uhlenbeck)"},
      {"reading_noise", "", 1, &c.reading_noise, 0, 0.5, fitted, "Fig. 3f, deviation over mean"},
      {"thickness_spread", "", 1, &c.thickness_spread, 0, 0.5, assumed, "of the channel, relative: sputtering"},
      {"area_spread", "", 1, &c.area_spread, 0, 0.5, assumed, "of the gate's width, relative: lithography"},
      {"barrier_spread", "eV", electron_volt, &c.barrier_spread, 0, 0.2, fitted, "Fig. 3g, deviation"},
      {"strong_voltage", "V", 1, &c.strong_voltage, 0, 100, assumed, "pulses of less do not wear"},
      {"wear_onset", "1", 1, &c.wear_onset, 0, 1e15, fitted, "Fig. 3d: strong pulses until degradation shows"},
      {"wear_onset_spread", "", 1, &c.wear_onset_spread, 0, 2, assumed, "from device to device, relative"},
      {"wear_scale", "1", 1, &c.wear_scale, 1, 1e15, assumed, "strong pulses beyond, to a speed of 1/e"},
  };
}

}  // namespace ecram::device
