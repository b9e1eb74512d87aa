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

TEST(Run, TheCompactModelRefusesTheCold) {
  RunOptions options;
  options.device = shipped_device("fig4");
  ThreadPool threads;
  EXPECT_THROW(run_compact(of_steps({{TemperatureStep{120, 0}, 0, ""}}), options, threads), InvalidInput);
}

// What averaging says of its error holds, and most cycles are left out.
TEST(Run, AveragedCyclesEndWhereAllOfThemDo) {
  RunOptions options;
  options.device = shipped_device("fig3b");
  Protocol p = weak_cycles(40);
  auto& endurance = std::get<EnduranceStep>(p.steps[0].what);
  endurance.up.count = endurance.down.count = 3;
  const RunResult every = run_full(p, options);
  options.average = true;
  const RunResult some = run_full(p, options);
  EXPECT_LT(some.readings.size(), every.readings.size() / 2);
  EXPECT_EQ(some.device_pulses, every.device_pulses);
  EXPECT_NEAR(some.readings.back().time, every.readings.back().time, 1e-9 * every.readings.back().time);
  EXPECT_LT(std::abs(std::log(some.readings.back().conductance / every.readings.back().conductance)),
            some.averaging_error + 1e-5);
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
