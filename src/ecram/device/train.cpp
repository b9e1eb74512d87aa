// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/train.h"

#include <algorithm>
#include <cmath>

#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"

namespace ecram::device {

std::vector<GatePulse> pulse_cycle(std::size_t up, const GatePulse& potentiation, std::size_t down,
                                   const GatePulse& depression) {
  std::vector<GatePulse> cycle(up, potentiation);
  cycle.insert(cycle.end(), down, depression);
  return cycle;
}

std::vector<double> pulse_train(FullModel& model, std::span<const GatePulse> pulses, double kelvin) {
  std::vector<double> conductance{model.read().conductance};
  for (const GatePulse& p : pulses) {
    stop_if_interrupted();
    model.hold(p.volts, p.width, kelvin);
    if (p.rest > 0) model.hold(0, p.rest, kelvin);
    conductance.push_back(model.read().conductance);
  }
  return conductance;
}

TransferCurve transfer_sweep(FullModel& model, std::span<const double> corners, double rate, double step,
                             double kelvin) {
  if (!(rate > 0) || !(step > 0))
    throw InvalidInput("a sweep at {} V/s in steps of {} V, expected both positive", rate, step);
  TransferCurve curve;
  for (std::size_t leg = 1; leg < corners.size(); ++leg) {
    const double from = corners[leg - 1], change = corners[leg] - from;
    const auto steps = std::max(1.0, std::round(std::abs(change) / step));
    for (double i = leg == 1 ? 0 : 1; i <= steps; ++i) {
      stop_if_interrupted();
      const double volts = from + change * i / steps;
      model.hold(volts, std::abs(change) / steps / rate, kelvin);
      curve.volts.push_back(volts);
      curve.conductance.push_back(model.read().conductance);
    }
  }
  return curve;
}

CycleAverage averaged_cycles(FullModel& model, std::span<const GatePulse> cycle, std::size_t cycles, double kelvin,
                             double tolerance) {
  if (cycles == 0 || cycle.empty()) throw InvalidInput("{} cycles of {} pulses, expected some", cycles, cycle.size());
  CycleAverage result;
  double moved_before = 0;  // dN of the cycle before the jump
  double jumped = 0;        // cycles left out before the present one
  double longest = 1;
  for (std::size_t number = 0;;) {
    const Reading start = model.read();
    try {
      result.conductance.push_back(pulse_train(model, cycle, kelvin));
    } catch (const Interrupted&) {
      result.interrupted = true;
      return result;
    }
    result.cycle.push_back(number);
    result.pulses += cycle.size();
    const Reading end = model.read();
    const double moved = end.channel_vacancies - start.channel_vacancies;

    if (jumped > 0) {
      const double difference = jumped / 2 * (moved - moved_before);
      model.move_into_channel(difference);
      const double error = std::abs(std::log(model.read().conductance / end.conductance));
      result.error += error;
      longest = std::max(1.0, jumped * std::clamp(0.9 * std::sqrt(tolerance / std::max(error, 1e-12)), 0.2, 3.0));
    }
    if (number + 1 >= cycles) return result;
    const double left = static_cast<double>(cycles - number - 1);  // after this one
    jumped = result.cycle.size() < 2 ? 0 : std::min(std::floor(longest), left - 1);
    model.move_into_channel(jumped * moved);
    moved_before = moved;
    number += static_cast<std::size_t>(jumped) + 1;
  }
}

}  // namespace ecram::device
