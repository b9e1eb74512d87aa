// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/card_trains.h"

#include "ecram/calibration/device_fit.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/device/run.h"

namespace ecram::calibration {

CardTrains card_trains(const record::DeviceCard& card, double temperature, std::size_t pulses, std::size_t cycles,
                       ThreadPool& threads) {
  device::RunOptions options;
  compact_of(card, options.constants, options.device);
  if (!card.writing)
    throw InvalidInput("the card does not say how the device was written ([writing]), which the export needs");
  const record::CardWriting& w = *card.writing;
  if (!(w.up_voltage > 0) || !(w.down_voltage < 0))
    throw InvalidInput("the card's pulses ([writing]) are of {:g} V up and {:g} V down, expected above 0 and below 0 V",
                       w.up_voltage, w.down_voltage);
  device::Protocol protocol;
  protocol.source = "export";
  protocol.noise = false;
  protocol.temperature = temperature;
  device::EnduranceStep step;
  step.up = {w.up_voltage, w.up_width, w.rest, pulses, 1, {}, {}};
  step.down = {w.down_voltage, w.down_width, w.rest, pulses, 1, {}, {}};
  step.cycles = cycles;
  protocol.steps = {{step, 0, ""}};
  const auto run = device::run_compact(protocol, options, threads);
  if (run.interrupted) throw Interrupted();

  CardTrains trains;
  trains.content_low = run.content_low, trains.content_high = run.content_high;
  for (const device::RunReading& r : run.readings) {
    if (r.cycle + 2 == cycles && r.down && r.pulse == pulses) trains.up.push_back(r.conductance);
    if (r.cycle + 1 != cycles) continue;
    if (!r.down) trains.up.push_back(r.conductance);
    if (r.down || r.pulse == pulses) trains.down.push_back(r.conductance);
  }
  return trains;
}

}  // namespace ecram::calibration
