// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/walk.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ecram/core/interrupt.h"
#include "ecram/core/progress.h"

namespace ecram::device {
namespace {

constexpr std::size_t pulses_in_a_part = 20'000'000;  // over all devices

struct Walk {
  const Operations& operations;
  RunResult& result;
  Progress& progress;
  std::size_t devices = 1, step = 0;
  double time = 0, temperature = 0, gate = 0;

  bool stopped() {
    if (interrupt_requested()) result.interrupted = true;
    return result.interrupted;
  }

  void read(std::size_t cycle, bool down, std::size_t pulse) {
    RunReading reading;
    reading.step = step, reading.cycle = cycle, reading.down = down, reading.pulse = pulse;
    reading.time = time, reading.gate = gate, reading.temperature = temperature;
    operations.read(reading);
    result.readings.push_back(std::move(reading));
  }

  void train(const PulseTrainStep& s, std::size_t cycle, bool down, bool recorded) {
    gate = s.voltage;
    operations.begin_train();
    const bool to_a_level = s.until_above || s.until_below;
    const std::size_t stride = recorded || to_a_level ? s.read_every : s.count;
    for (std::size_t given = 0; given < s.count && !stopped();) {
      // In parts, so that Ctrl-C is heard within a second.
      for (std::size_t left = std::min(stride, s.count - given); left > 0 && !stopped();) {
        const std::size_t now = std::min(left, std::max<std::size_t>(pulses_in_a_part / devices, 1));
        operations.pulses(s, now);
        left -= now, given += now;
        time += static_cast<double>(now) * (s.width + s.rest);
        result.device_pulses += static_cast<double>(now) * static_cast<double>(devices);
        progress.update(static_cast<std::size_t>(result.device_pulses / static_cast<double>(devices)));
      }
      if (stopped()) return;
      if (recorded || to_a_level) read(cycle, down, given);
      if (s.until_above && result.readings.back().conductance >= *s.until_above) break;
      if (s.until_below && result.readings.back().conductance <= *s.until_below) break;
    }
  }

  void operator()(const PulseTrainStep& s) { train(s, 0, s.voltage < 0, true); }

  /// Readings of the cycles that were integrated.
  void averaged(const EnduranceStep& s) {
    const CycleAverage some = operations.cycles(s);
    const double begin = time;
    const double cycle_time = static_cast<double>(s.up.count) * (s.up.width + s.up.rest) +
                              static_cast<double>(s.down.count) * (s.down.width + s.down.rest);
    for (std::size_t k = 0; k < some.cycle.size(); ++k) {
      time = begin + static_cast<double>(some.cycle[k]) * cycle_time;
      for (std::size_t i = 1; i < some.conductance[k].size(); ++i) {
        const bool down = i > s.up.count;
        const PulseTrainStep& train = down ? s.down : s.up;
        const std::size_t pulse = down ? i - s.up.count : i;
        time += train.width + train.rest;
        if (pulse % train.read_every != 0 && pulse != train.count) continue;
        RunReading r;
        r.step = step, r.cycle = some.cycle[k], r.down = down, r.pulse = pulse;
        r.time = time, r.gate = train.voltage, r.temperature = temperature;
        r.conductance = r.low = r.high = std::max(some.conductance[k][i], least_conductance);
        r.hall_density = r.hall_mobility = std::numeric_limits<double>::quiet_NaN();
        result.readings.push_back(std::move(r));
      }
    }
    result.averaging_error = std::max(result.averaging_error, some.error);
    result.interrupted = some.interrupted;
    const std::size_t cycles = some.interrupted ? (some.cycle.empty() ? 0 : some.cycle.back() + 1) : s.cycles;
    result.device_pulses += static_cast<double>(cycles) * static_cast<double>(s.up.count + s.down.count);
  }

  void operator()(const EnduranceStep& s) {
    if (operations.cycles) return averaged(s);
    for (std::size_t cycle = 0; cycle < s.cycles && !stopped(); ++cycle) {
      const bool recorded = cycle % s.record_every == 0 || cycle + 1 == s.cycles;
      train(s.up, cycle, false, recorded);
      train(s.down, cycle, true, recorded);
    }
  }

  void operator()(const SweepStep& s) {
    std::size_t number = 0;
    gate = s.corners.front();
    for (std::size_t i = 1; i < s.corners.size(); ++i) {
      const double from = s.corners[i - 1], way = s.corners[i] - from;
      const auto parts = static_cast<std::size_t>(std::max(1.0, std::round(std::abs(way) / s.reading_step)));
      for (std::size_t k = 0; k < parts && !stopped(); ++k) {
        const double next = from + way * static_cast<double>(k + 1) / static_cast<double>(parts);
        const double seconds = std::abs(way) / s.rate / static_cast<double>(parts);
        operations.ramp(gate, next, seconds);
        gate = next;
        time += seconds;
        read(0, false, ++number);
      }
    }
    gate = 0;
  }

  void operator()(const RetentionStep& s) {
    const double begin = time;
    gate = s.voltage;
    for (std::size_t k = 0; k < s.readings && !stopped(); ++k) {
      const double share = s.readings == 1 ? 1 : static_cast<double>(k) / static_cast<double>(s.readings - 1);
      const double at = begin + s.first_reading * std::pow(s.duration / s.first_reading, share);
      if (at > time) operations.hold(s.voltage, at - time);
      time = at;
      read(0, false, k + 1);
    }
    gate = 0;
  }

  void operator()(const TemperatureStep& s) {
    temperature = s.temperature;
    gate = 0;
    operations.temperature(s.temperature);
    if (s.duration > 0) operations.hold(0, s.duration);
    time += s.duration;
    read(0, false, 1);
  }
};

}  // namespace

void walk(const Protocol& protocol, const Operations& operations, std::size_t devices, RunResult& result) {
  Progress progress("running", static_cast<std::size_t>(length(protocol).pulses));
  Walk w{operations, result, progress, devices};
  w.temperature = protocol.temperature;
  operations.temperature(protocol.temperature);
  for (w.step = 0; w.step < protocol.steps.size() && !w.stopped(); ++w.step)
    std::visit([&](const auto& step) { w(step); }, protocol.steps[w.step].what);
}

}  // namespace ecram::device
