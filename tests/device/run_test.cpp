// SPDX-License-Identifier: Apache-2.0
// What a run makes of a population: who differs, who wears, that threads do not matter.
#include "ecram/device/run.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/thread_pool.h"

namespace ecram::device {
namespace {

Protocol weak_cycles(std::size_t cycles) {
  Protocol p;
  p.source = "cycles";
  p.noise = false;
  PulseTrainStep up, down;
  up.voltage = 1.5, up.width = up.rest = 0.01, up.count = 50;
  down = up;
  down.voltage = -1.3;
  p.steps.push_back({EnduranceStep{up, down, cycles, 1}, 1, ""});
  return p;
}

/// Change of ln G over the down pulses of one cycle.
double fall(const RunResult& run, std::size_t cycle) {
  double first = NAN, last = NAN;
  for (const RunReading& r : run.readings)
    if (r.cycle == cycle && r.down) {
      if (std::isnan(first)) first = r.conductance;
      last = r.conductance;
    }
  return std::log(last / first);
}

// A worn interphase is slower and nothing else: time runs exp(-pulses beyond the onset/scale) as fast, so small steps
// are that much smaller.
TEST(Run, WearSlowsFromItsOnset) {
  ThreadPool threads(2);
  RunOptions options;
  options.device = shipped_device("fig3b");
  options.chance.wear_onset = 1000;
  options.chance.wear_scale = 200;
  const RunResult worn = run_compact(weak_cycles(11), options, threads);
  options.chance.wear_onset = 1e9;
  const RunResult fresh = run_compact(weak_cycles(11), options, threads);
  for (std::size_t cycle = 0; cycle < 10; ++cycle)
    EXPECT_NEAR(fall(worn, cycle) / fall(fresh, cycle), 1, 2e-3) << cycle;
  // The state has hardly had the time to become another: pulses 1051 to 1100, beyond the onset by 75 on average.
  EXPECT_NEAR(fall(worn, 10) / fall(fresh, 10), std::exp(-75 / 200.0), 0.01);
}

// Without noise the devices of a population differ all the same.
TEST(Run, DevicesDifferWithoutNoise) {
  ThreadPool threads(1);
  RunOptions options;
  options.device = shipped_device("fig3b");
  Protocol p = weak_cycles(1);
  p.population.devices = 400;
  p.population.thickness_spread = 0;
  p.population.barrier_spread = 0;
  p.population.area_spread = 0.1;
  const RunReading r = run_compact(p, options, threads).readings.front();
  EXPECT_NEAR(r.spread / r.conductance, 0.1, 0.1 * 4 / std::sqrt(800.0));  // four standard errors
  p.population.area_spread = 0;
  EXPECT_LT(run_compact(p, options, threads).readings.front().spread / r.conductance, 1e-7);
}

Protocol of_steps(std::vector<ProtocolStep> steps) {
  Protocol p;
  p.source = "test";
  p.noise = false;
  p.steps = std::move(steps);
  return p;
}

// Colder, the film conducts less at once, whether or not time passes after the step.
TEST(Run, ATemperatureStepShowsAtOnce) {
  RunOptions options;
  options.device = shipped_device("fig4");
  RetentionStep rest;
  rest.voltage = 0, rest.duration = rest.first_reading = 10, rest.readings = 1;
  const Protocol p = of_steps({{rest, 0, ""}, {TemperatureStep{260, 0}, 0, ""}, {TemperatureStep{300, 0}, 0, ""}});
  const RunResult full = run_full(p, options);
  FullModel model({}, options.device);
  model.hold(0, 10, 300);
  const double warm = model.read().conductance;
  model.hold(0, 1e-9, 260);
  const double cold = model.read().conductance;
  ASSERT_EQ(full.readings.size(), 3U);
  EXPECT_LT(cold, 0.8 * warm);
  EXPECT_NEAR(full.readings[1].conductance / cold, 1, 1e-3);
  EXPECT_NEAR(full.readings[2].conductance / warm, 1, 1e-6);
}

// A film that is held at its fullest and then emptied: the double layer's profile is brought to contents that leave no
// cell beyond its sites. Both models end alike.
TEST(Run, AFilmHeldFullCanBeEmptied) {
  RunOptions options;
  options.device = shipped_device("fig3b");
  RetentionStep up, down;
  up.voltage = 2.5, down.voltage = -1;
  up.duration = down.duration = 10;
  up.readings = down.readings = 2;
  up.first_reading = down.first_reading = 1;
  Protocol p = of_steps({{up, 0, ""}, {down, 0, ""}});
  ThreadPool threads;
  const RunResult compact = run_compact(p, options, threads);
  const RunResult full = run_full(p, options);
  EXPECT_TRUE(compact.beyond_tables);
  EXPECT_NEAR(std::log(compact.readings.back().conductance / full.readings.back().conductance), 0, 0.15);
}

PulseTrainStep train_of(double voltage, double width, double rest, std::size_t count) {
  PulseTrainStep s;
  s.voltage = voltage, s.width = width, s.rest = rest, s.count = count;
  return s;
}

/// Greatest difference of the compact model from the full one, in windows of the full one.
double off_by(const Protocol& p, const RunOptions& options) {
  ThreadPool threads;
  const RunResult full = run_full(p, options), compact = run_compact(p, options, threads);
  EXPECT_EQ(full.readings.size(), compact.readings.size());
  if (full.readings.size() != compact.readings.size()) return NAN;
  double low = INFINITY, high = 0, off = 0;
  for (std::size_t k = 0; k < full.readings.size(); ++k) {
    low = std::min(low, full.readings[k].conductance), high = std::max(high, full.readings[k].conductance);
    off = std::max(off, std::abs(compact.readings[k].conductance - full.readings[k].conductance));
  }
  return off / (high - low);
}

// A train that ends at a level is over, and the double layer is where the pulses have left it that were given: the next
// train of the same pulses goes on as if one train had been given.
TEST(Run, ATrainAfterOneThatEndedEarlyIsAnother) {
  RunOptions options;
  options.device = shipped_device("fig3h");
  ThreadPool threads;
  PulseTrainStep first = train_of(4.1, 3e-6, 3e-6, 10);
  first.until_above = 1e-12;  // after one pulse
  const RunResult whole = run_compact(of_steps({{train_of(4.1, 3e-6, 3e-6, 21), 0, ""}}), options, threads);
  const double window = whole.readings.back().conductance - whole.readings.front().conductance;
  for (const std::size_t count : {8U, 20U}) {
    const auto second = train_of(4.1, 3e-6, 3e-6, count);
    const RunResult parts = run_compact(of_steps({{first, 0, ""}, {second, 0, ""}}), options, threads);
    ASSERT_EQ(parts.readings.size(), count + 1);
    for (std::size_t k = 0; k <= count; ++k)
      EXPECT_NEAR(parts.readings[k].conductance, whole.readings[k].conductance, 2e-3 * window) << count << " " << k;
  }
}

// One pulse has not charged the double layer as many do.
TEST(Run, ALongTrainAfterAShortOneOfTheSamePulses) {
  RunOptions options;
  options.device = shipped_device("fig3h");
  RetentionStep rest;
  rest.duration = 1000, rest.readings = 1;
  const auto one = train_of(4.1, 3e-7, 3e-7, 1), many = train_of(4.1, 3e-7, 3e-7, 300);
  EXPECT_LT(off_by(of_steps({{one, 0, ""}, {rest, 0, ""}, {many, 0, ""}}), options), 0.03);
}

// Nothing is moving at the beginning, in either model: the double layer has settled.
TEST(Run, BothModelsBeginAtRest) {
  RunOptions options;
  options.device = shipped_device("fig3b");
  RetentionStep rest;
  rest.duration = 0.1, rest.first_reading = 1e-9, rest.readings = 5;
  for (const double kelvin : {300.0, 240.0}) {
    Protocol p = of_steps({{rest, 0, ""}});
    p.temperature = kelvin;
    ThreadPool threads;
    const RunResult full = run_full(p, options), compact = run_compact(p, options, threads);
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_NEAR(full.readings[k].conductance / compact.readings[k].conductance, 1, 3e-3) << kelvin << " " << k;
  }
}

TEST(Run, TheCompactModelRefusesTheCold) {
  RunOptions options;
  options.device = shipped_device("fig4");
  ThreadPool threads;
  EXPECT_THROW(run_compact(of_steps({{TemperatureStep{120, 0}, 0, ""}}), options, threads), InvalidInput);
  // Nor has an electrolyte that hardly conducts a double layer at rest between pulses.
  options.constants.electrolyte_hop_energy = 1.2 * electron_volt;
  EXPECT_THROW(run_compact(of_steps({{TemperatureStep{300, 0}, 0, ""}}), options, threads), InvalidInput);
}

/// Of `--average` against every cycle integrated: the greatest error of ln G over its readings, the stated one, and the
/// share of the cycles that were integrated.
struct Averaging {
  double truth = 0, stated = 0, share = 0;
};
Averaging averaging(const Protocol& p, RunOptions options) {
  const RunResult every = run_full(p, options);
  options.average = true;
  const RunResult some = run_full(p, options);
  EXPECT_EQ(some.device_pulses, every.device_pulses);
  EXPECT_NEAR(some.readings.back().time, every.readings.back().time, 1e-9 * every.readings.back().time);
  Averaging a;
  a.stated = some.averaging_error;
  a.share = static_cast<double>(some.readings.size()) / static_cast<double>(every.readings.size());
  for (const RunReading& r : some.readings)
    for (const RunReading& e : every.readings)
      if (r.cycle == e.cycle && r.down == e.down && r.pulse == e.pulse)
        a.truth = std::max(a.truth, std::abs(std::log(r.conductance / e.conductance)));
  return a;
}

// What averaging says of its error holds, and most cycles are left out.
TEST(Run, AveragedCyclesEndWhereAllOfThemDo) {
  RunOptions options;
  options.device = shipped_device("fig3b");
  Protocol p = weak_cycles(40);
  auto& endurance = std::get<EnduranceStep>(p.steps[0].what);
  endurance.up.count = endurance.down.count = 3;
  const Averaging a = averaging(p, options);
  EXPECT_LT(a.share, 0.5);
  EXPECT_LT(a.truth, a.stated + 1e-5);
}

// The first jump comes while what a cycle moves still changes unevenly.
TEST(Run, AveragedCyclesStateTheErrorOfTheirFirstJumps) {
  struct Case {
    const char* device;
    double kelvin, up, down, width, rest;
  };
  for (const Case& c : {Case{"fig3h", 260, 3.55, -1.18, 0.048, 0.5}, Case{"fig3h", 240, 3.55, -1.18, 0.048, 0.5}}) {
    RunOptions options;
    options.device = shipped_device(c.device);
    const auto up = train_of(c.up, c.width, c.rest, 1), down = train_of(c.down, c.width, c.rest, 1);
    Protocol p = of_steps({{EnduranceStep{up, down, 40, 1}, 0, ""}});
    p.temperature = c.kelvin;
    const Averaging a = averaging(p, options);
    EXPECT_LT(a.truth, a.stated + 1e-5) << c.device << " " << c.kelvin;
  }
}

// More devices than one block of the kernel has.
TEST(Run, SameForAnyNumberOfThreads) {
  RunOptions options;
  options.device = shipped_device("fig3b");
  Protocol p = weak_cycles(1);
  p.noise = true;
  p.population.devices = 9000;
  ThreadPool one(1), three(3);
  const RunResult a = run_compact(p, options, one), b = run_compact(p, options, three);
  ASSERT_EQ(a.readings.size(), b.readings.size());
  for (std::size_t i = 0; i < a.readings.size(); ++i) {
    EXPECT_EQ(a.readings[i].conductance, b.readings[i].conductance);
    EXPECT_EQ(a.readings[i].spread, b.readings[i].spread);
  }
}

}  // namespace
}  // namespace ecram::device
