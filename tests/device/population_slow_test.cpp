// SPDX-License-Identifier: Apache-2.0
// What differs between devices, and a drifting stage, in the compact model against full models made like that.
#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/random.h"
#include "ecram/core/thread_pool.h"
#include "ecram/device/run.h"

namespace ecram::device {
namespace {

Protocol quiet_trains(std::vector<PulseTrainStep> trains) {
  Protocol p;
  p.source = "test";
  p.noise = false;
  for (const PulseTrainStep& s : trains) p.steps.push_back({s, 0, ""});
  return p;
}

PulseTrainStep equal_pulses(double voltage, double width, double rest, std::size_t count) {
  PulseTrainStep s;
  s.voltage = voltage, s.width = width, s.rest = rest, s.count = count;
  return s;
}

/// What each device of a population differs by: the numbers that its seed gives it.
struct Drawn {
  double thickness, area, barrier;  ///< in standard deviations
};
Drawn drawn_of(const Protocol& p, std::size_t device) {
  RandomStream random(p.seed, "device", device);
  Drawn d{};
  d.thickness = random.normal(), d.area = random.normal(), d.barrier = random.normal();
  return d;
}

/// ln of each device's conductance against the average one's, by the compact model's population and by the full model
/// of a device that is made like it, at every reading.
/// @return the greatest difference of the two over the greatest of the full model
double population_off_by(Protocol p, const RunOptions& options, double thickness_spread, double barrier_spread) {
  const RunResult average = run_full(p, options);
  p.population.devices = 4;
  p.population.thickness_spread = thickness_spread;
  p.population.barrier_spread = barrier_spread;
  p.population.area_spread = 0;
  ThreadPool threads;
  const RunResult compact = run_compact(p, options, threads);
  p.population = {};
  const RunResult compact_average = run_compact(p, options, threads);
  double off = 0, greatest = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Drawn d = drawn_of(p, i);
    RunOptions own = options;
    own.device.channel_thickness *= std::exp(thickness_spread * d.thickness);
    own.device.transfer_energy_shift += barrier_spread * d.barrier;
    const RunResult full = run_full(p, own);
    for (std::size_t k = 0; k < full.readings.size(); ++k) {
      const double truth = std::log(full.readings[k].conductance / average.readings[k].conductance);
      const double found = std::log(compact.readings[k].each[i] / compact_average.readings[k].conductance);
      off = std::max(off, std::abs(found - truth));
      greatest = std::max(greatest, std::abs(truth));
    }
  }
  return off / greatest;
}

// A film thinner than a Debye length holds other densities and potentials where it is thicker: it is emptied further,
// not less, and conducts less.
TEST(Population, ThicknessActsAsInTheFullModel) {
  RunOptions options;
  options.device = shipped_device("fig4");
  Protocol p = quiet_trains({equal_pulses(-2, 2, 1, 20), equal_pulses(2, 2, 1, 20)});
  EXPECT_LT(population_off_by(p, options, 0.02, 0), 0.03);
  options.device = shipped_device("fig3b");
  p = quiet_trains({equal_pulses(1.5, 0.5, 0.5, 100), equal_pulses(-0.8, 0.5, 0.5, 100)});
  EXPECT_LT(population_off_by(p, options, 0.02, 0), 0.03);
}

// A field that has taken the whole of a barrier leaves nothing of what it differs by; a weaker one all of it.
TEST(Population, BarriersActAsInTheFullModel) {
  RunOptions options;
  options.device = shipped_device("fig3h");
  const double spread = 0.021 * electron_volt;
  EXPECT_LT(population_off_by(quiet_trains({equal_pulses(4.1, 3e-6, 1e-3, 200)}), options, 0, spread), 0.12);
  options.device = shipped_device("fig3b");
  EXPECT_LT(population_off_by(quiet_trains({equal_pulses(1.5, 0.5, 0.5, 100)}), options, 0, spread), 0.03);
}

// A stage that stays warmer by its drift, against the full model that warm.
TEST(Population, DriftActsAsInTheFullModel) {
  RunOptions options;
  options.device = shipped_device("fig3b");
  Protocol p = quiet_trains({equal_pulses(2.5, 1e-3, 1e-3, 100)});
  ThreadPool threads;
  const RunResult full = run_full(p, options), compact = run_compact(p, options, threads);
  options.chance.counting = false;
  options.chance.reading_noise = 0;
  options.chance.temperature_drift = 1;
  options.chance.drift_time = 1e9;
  p.noise = true;
  const RunResult drifting = run_compact(p, options, threads);
  Protocol warm = p;
  warm.temperature += RandomStream(p.seed, "temperature").normal();
  const RunResult full_warm = run_full(warm, options);
  const auto moved = [](const RunResult& run) {
    return std::log(run.readings.back().conductance / run.readings.front().conductance);
  };
  const double truth = moved(full_warm) / moved(full) - 1;
  EXPECT_NEAR((moved(drifting) / moved(compact) - 1) / truth, 1, 0.05);
}

}  // namespace
}  // namespace ecram::device
