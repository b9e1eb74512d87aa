// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/card_trains.h"

#include <algorithm>
#include <cmath>

#include "ecram/calibration/device_fit.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/device/run.h"

namespace ecram::calibration {
namespace {

constexpr std::size_t most_cycles = 60;
constexpr std::size_t pulses_of_none = 100;  // of a direction whose measured train the card does not have
constexpr double repeated = 0.01;            // of the cycle's window

/// The device as it begins, and then cycles of two trains, read after each pulse.
device::RunResult cycled(const device::RunOptions& options, double temperature, const device::PulseTrainStep& first,
                         const device::PulseTrainStep& second, std::size_t cycles, ThreadPool& threads) {
  device::Protocol protocol;
  protocol.source = "export";
  protocol.noise = false;
  protocol.temperature = temperature;
  device::EnduranceStep step;
  step.up = first;
  step.down = second;
  step.cycles = cycles;
  protocol.steps = {{device::TemperatureStep{temperature, 0}, 0, ""}, {step, 0, ""}};
  auto run = device::run_compact(protocol, options, threads);
  if (run.interrupted) throw Interrupted();
  return run;
}

/// The first cycle, from 1, that is the one before again; 0 where none is.
std::size_t first_repeated(const std::vector<device::RunReading>& readings, std::size_t pulses) {
  for (std::size_t cycle = 1; (cycle + 1) * pulses < readings.size(); ++cycle) {
    double low = readings[cycle * pulses].conductance, high = low, off = 0;
    for (std::size_t i = cycle * pulses + 1; i <= (cycle + 1) * pulses; ++i) {
      const double g = readings[i].conductance;
      low = std::min(low, g), high = std::max(high, g);
      off = std::max(off, std::abs(g - readings[i - pulses].conductance));
    }
    if (low <= device::least_conductance) return 0;  // emptied: alike are only the readings
    if (off <= repeated * (high - low)) return cycle + 1;
  }
  return 0;
}

}  // namespace

CardTrains card_trains(const record::DeviceCard& card, double temperature, ThreadPool& threads) {
  device::RunOptions options;
  compact_of(card, options.constants, options.device);
  if (!card.writing)
    throw InvalidInput("the card does not say how the device was written ([writing]), which the export needs");
  const record::CardWriting& w = *card.writing;
  if (!(w.up_voltage > 0) || !(w.down_voltage < 0))
    throw InvalidInput("the card's pulses ([writing]) are of {:g} V up and {:g} V down, expected above 0 and below 0 V",
                       w.up_voltage, w.down_voltage);
  CardTrains trains;
  trains.up_pulses = card.potentiation ? card.potentiation->pulses : pulses_of_none;
  trains.down_pulses = card.depression ? card.depression->pulses : pulses_of_none;
  const std::size_t pulses = trains.up_pulses + trains.down_pulses;
  const device::PulseTrainStep up{w.up_voltage, w.up_width, w.rest, trains.up_pulses, 1, {}, {}};
  const device::PulseTrainStep down{
      w.down_voltage, w.down_width, w.down_rest.value_or(w.rest), trains.down_pulses, 1, {}, {}};

  std::size_t measured = 1;
  for (const auto* direction : {&card.potentiation, &card.depression})
    if (*direction) measured = std::max(measured, (*direction)->runs);
  const std::size_t closed =
      first_repeated(cycled(options, temperature, up, down, std::max(measured, most_cycles), threads).readings, pulses);
  trains.repeats = closed > 0;
  trains.cycles = std::max(measured, closed);
  // Once more without what came after, of which the tables would have been made, too. The card does not say which
  // direction was measured first: what either order reaches belongs to its pulses.
  const auto run = cycled(options, temperature, up, down, trains.cycles, threads);
  const auto turned = cycled(options, temperature, down, up, trains.cycles, threads);
  trains.content_low = std::min(run.content_low, turned.content_low);
  trains.content_high = std::max(run.content_high, turned.content_high);
  const std::size_t begin = (trains.cycles - 1) * pulses, turn = begin + trains.up_pulses;
  for (std::size_t i = begin; i <= begin + pulses; ++i) {
    const double g = run.readings[i].conductance;
    if (i <= turn) trains.up.push_back(g);
    if (i >= turn) trains.down.push_back(g);
  }
  return trains;
}

}  // namespace ecram::calibration
