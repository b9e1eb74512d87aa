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
  double error = 0;  // of N, in what is being integrated
  // One cycle; what it moved.
  const auto integrate = [&](std::size_t number) {
    const double before = model.read().channel_vacancies;
    auto conductance = pulse_train(model, cycle, kelvin);
    // What the cycle leaves of it is not counted: it may be more.
    if (error > 0) result.error = std::max(result.error, error * std::abs(slope_of_log_conductance(model)));
    result.conductance.push_back(std::move(conductance));
    result.cycle.push_back(number);
    result.pulses += cycle.size();
    return model.read().channel_vacancies - before;
  };
  // Advances N by `move`, integrates a cycle. @return what it moved, and the steepest d ln G/dN on the way
  const auto probe = [&](double move, std::vector<double>& conductance) {
    model.move_into_channel(move);
    const double before = model.read().channel_vacancies, slope = std::abs(slope_of_log_conductance(model));
    conductance = pulse_train(model, cycle, kelvin);
    result.pulses += cycle.size();
    return std::pair{model.read().channel_vacancies - before,
                     std::max(slope, std::abs(slope_of_log_conductance(model)))};
  };
  try {
    integrate(0);  // charges the double layer and is like no other
    if (cycles == 1) return result;
    double first = integrate(1), longest = 1, correction = 0;
    for (std::size_t number = 1; number + 1 < cycles;) {
      const double second = integrate(++number);
      // A cycle's map keeps the order of states: what it leaves of a difference is not negative. Growth is not trusted
      // for long.
      const double ratio = std::clamp(second / first, 0.0, 1.01);
      const std::vector<double> state = model.vacancies();
      const double content = model.read().channel_vacancies;
      first = second;
      // Shorter until the cycle after the jump moves what was foreseen; the last cycle is always integrated.
      for (double jump = std::min(std::floor(longest), static_cast<double>(cycles - number) - 2); jump >= 1;
           jump = std::floor(jump / 4)) {
        longest = 1;
        const double weight = geometric_sum(ratio, jump);
        const double move = second * ratio * weight + correction * std::pow(ratio, jump + 2);
        if (std::abs(move) > 0.3 * content) continue;
        std::vector<double> conductance;
        const auto [moved, slope] = probe(move, conductance);
        // Linear between the two ends of the jump: half of what the second differs from the foreseen.
        const double off = weight / 2 * (moved - second * std::pow(ratio, jump + 1));
        if (std::abs(off) * slope > 2 * tolerance) {
          model.set_vacancies(state);
          continue;
        }
        // Not half of it for the stated error: while the ratio still changes, as after a first jump of one cycle, what
        // was not foreseen is there from the jump's beginning on.
        error = error * std::pow(ratio, jump + 1) + 2 * std::abs(off);
        result.error = std::max(result.error, error * slope);
        result.conductance.push_back(std::move(conductance));
        number += static_cast<std::size_t>(jump) + 1;
        result.cycle.push_back(number);
        first = moved;
        correction = off;
        longest = std::max(
            1.0, jump * std::clamp(0.9 * std::sqrt(tolerance / std::max(std::abs(off) * slope, 1e-12)), 0.2, 5.0));
        break;
      }
    }
  } catch (const Interrupted&) {
    result.interrupted = true;
  }
  return result;
}

}  // namespace ecram::device
