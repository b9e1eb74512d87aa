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

namespace {

/// 1 + ratio + ... + ratio^(count - 1)
double geometric_sum(double ratio, double count) {
  return std::abs(1 - ratio) < 1e-9 ? count : (1 - std::pow(ratio, count)) / (1 - ratio);
}

/// d ln G / dN at the model's state.
double slope_of_log_conductance(FullModel& model) {
  const Reading here = model.read();
  const double step = 1e-4 * here.channel_vacancies;
  model.move_into_channel(step);
  const double there = model.read().conductance;
  model.move_into_channel(-step);
  return std::log(there / here.conductance) / step;
}

}  // namespace

CycleAverage averaged_cycles(FullModel& model, std::span<const GatePulse> cycle, std::size_t cycles, double kelvin,
                             double tolerance) {
  if (cycles == 0 || cycle.empty()) throw InvalidInput("{} cycles of {} pulses, expected some", cycles, cycle.size());
  CycleAverage result;
  // One cycle; what it moved.
  const auto integrate = [&](std::size_t number) {
    const double before = model.read().channel_vacancies;
    result.conductance.push_back(pulse_train(model, cycle, kelvin));
    result.cycle.push_back(number);
    result.pulses += cycle.size();
    return model.read().channel_vacancies - before;
  };
  double jumped = 0, foreseen = 0, weight = 0;  // cycles left out, what the next one should move, sum of their powers
  double longest = 1, correction = 0;
  try {
    for (std::size_t number = 0;; ++number) {
      const double first = integrate(number);
      if (jumped > 0) {
        // Linear between the two ends of the jump: half of what the second differs from the foreseen.
        correction = weight / 2 * (first - foreseen);
        const double error = std::abs(correction * slope_of_log_conductance(model));
        result.error += error;
        longest = std::max(1.0, jumped * std::clamp(0.9 * std::sqrt(tolerance / std::max(error, 1e-12)), 0.2, 5.0));
      }
      if (++number >= cycles) return result;
      const double second = integrate(number);
      if (number + 1 >= cycles) return result;

      // A cycle's map keeps the order of states: what it leaves of a difference is not negative. Growth is not trusted
      // for long.
      const double ratio = std::clamp(second / first, 0.0, 1.01);
      const double left = static_cast<double>(cycles - number - 1);
      const double content = model.read().channel_vacancies;
      double move = 0;
      jumped = std::min(std::floor(longest), left - 1);
      for (; jumped > 0; jumped = std::floor(jumped / 2)) {
        weight = geometric_sum(ratio, jumped);
        move = second * ratio * weight + correction * std::pow(ratio, jumped + 2);
        if (std::abs(move) < 0.3 * content) break;
      }
      if (jumped == 0) continue;
      foreseen = second * std::pow(ratio, jumped + 1);
      result.error *= std::min(1.0, std::pow(ratio, jumped + 2));  // a cycle's map leaves that of earlier errors
      model.move_into_channel(move);
      correction = 0;
      number += static_cast<std::size_t>(jumped);
    }
  } catch (const Interrupted&) {
    result.interrupted = true;
    return result;
  }
}

}  // namespace ecram::device
