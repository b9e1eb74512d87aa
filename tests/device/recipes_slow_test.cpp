// SPDX-License-Identifier: Apache-2.0
// The shipped protocols, run as they are, against the figures whose conditions they are.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/thread_pool.h"
#include "ecram/device/run.h"

namespace ecram::device {
namespace {

struct Done {
  Protocol protocol;
  RunResult result;

  /// Readings of the step with this label.
  std::vector<RunReading> of(const std::string& label) const {
    std::vector<RunReading> found;
    for (const RunReading& r : result.readings)
      if (protocol.steps[r.step].label == label) found.push_back(r);
    return found;
  }
};

Done run_recipe(const char* name, bool noise) {
  ThreadPool threads(0);
  Done done{read_protocol(std::filesystem::path(std::getenv("ECRAM_SOURCE")) / "recipes" / name), {}};
  done.protocol.noise = noise;
  RunOptions options;
  options.device = shipped_device(done.protocol.device);
  done.result = run_compact(done.protocol, options, threads);
  for (const RunReading& r : done.result.readings) EXPECT_GT(r.conductance, 0) << name;
  return done;
}

double largest_change(const std::vector<RunReading>& readings) {
  const auto [low, high] = std::ranges::minmax(readings, {}, [](const RunReading& r) { return r.conductance; });
  return high.conductance / low.conductance - 1;
}

TEST(Recipes, Fig3aTurnsCounterclockwise) {
  const Done d = run_recipe("fig3a.toml", false);
  std::map<int, std::vector<double>> at;  // hundredths of a volt: conductances in the order of the sweep
  for (const RunReading& r : d.result.readings)
    if (d.protocol.steps[r.step].what.index() == 1)
      at[static_cast<int>(std::lround(100 * r.gate))].push_back(r.conductance);
  ASSERT_EQ(at[100].size(), 2U);
  EXPECT_GT(at[100][1], at[100][0]);  // coming down from +3 V the film conducts more than going up
  ASSERT_EQ(at[-100].size(), 2U);
  EXPECT_GT(at[-100][0], at[-100][1]);  // and less after -3 V
}

/// Windows of the recorded cycles of an endurance, over the first.
std::map<std::size_t, double> windows(const Done& d) {
  std::map<std::size_t, std::pair<double, double>> ends;
  for (const RunReading& r : d.result.readings) {
    auto [at, first] = ends.try_emplace(r.cycle, r.conductance, r.conductance);
    at->second = {std::min(at->second.first, r.conductance), std::max(at->second.second, r.conductance)};
  }
  std::map<std::size_t, double> found;
  const auto [low, high] = ends.at(0);
  for (const auto& [cycle, end] : ends) found[cycle] = (end.second - end.first) / (high - low);
  return found;
}

TEST(Recipes, Fig3cdIsSteadyAndThenWears) {
  for (const bool noise : {false, true}) {
    const auto window = windows(run_recipe("fig3cd.toml", noise));
    for (const auto& [cycle, over_first] : window)
      if ((cycle + 1) * 200 <= 200000) {
        EXPECT_NEAR(over_first, 1, noise ? 0.08 : 0.05) << cycle;  // 5 %, and what noise adds to the ends of a window
      }
    EXPECT_LT(window.at(1249), 0.85);  // 250,000 pulses
  }
}

TEST(Recipes, Fig3eKeepsFourStates) {
  const Done d = run_recipe("fig3e.toml", false);
  double before = 0;
  for (const char* label : {"state 1", "state 2", "state 3", "state 4"}) {
    auto kept = d.of(label);
    kept.erase(kept.begin());  // the reading after programming
    EXPECT_LT(largest_change(kept), 0.02) << label;
    EXPECT_GT(kept.front().conductance, 1.05 * before) << label;
    before = kept.front().conductance;
  }
}

TEST(Recipes, Fig3fHasHalfAPercentOfSpread) {
  const Done d = run_recipe("fig3f.toml", true);
  const CycleSpread worst = cycle_spread(d.protocol, d.result);
  EXPECT_EQ(worst.cycles, 20U);
  EXPECT_NEAR(worst.deviation / worst.mean, 0.005, 0.0015);
}

TEST(Recipes, Fig4bWindowsAndFig4cRetention) {
  const Done b = run_recipe("fig4b.toml", false);
  const auto window = [&](const std::string& kelvin) {
    return std::log(b.of("up at " + kelvin).back().conductance / b.of("down at " + kelvin).back().conductance);
  };
  EXPECT_NEAR(window("300 K"), std::log(90), 0.3);
  EXPECT_NEAR(window("260 K"), std::log(2.54), 0.15);
  EXPECT_GT(window("240 K"), 0.18);
  EXPECT_LT(window("240 K"), 0.36);
  EXPECT_LT(window("208 K"), 0.10);

  const Done c = run_recipe("fig4c.toml", false);
  EXPECT_NEAR(c.of("programming").back().conductance, 40e-9, 1e-9);
  EXPECT_LT(largest_change(c.of("208 K")), 1e-4);
  EXPECT_LT(largest_change(c.of("300 K")), 0.02);
}

TEST(Recipes, Fig4dHallCoefficients) {
  const Done d = run_recipe("fig4d.toml", false);
  const auto ratio = [&](const std::string& kelvin) {
    const RunReading on = d.of("on at " + kelvin).back(), off = d.of("off at " + kelvin).back();
    EXPECT_NEAR(on.hall_density * on.hall_mobility / (off.hall_density * off.hall_mobility),
                on.conductance / off.conductance, 0.02 * on.conductance / off.conductance);
    return off.hall_density / on.hall_density;  // of the Hall coefficients
  };
  EXPECT_NEAR(ratio("300 K") * 2.5, 1, 0.3);
  EXPECT_NEAR(ratio("280 K") * 1.7, 1, 0.3);
  EXPECT_LT(ratio("260 K"), 1);  // the paper's 1/0.66 is not explained
}

}  // namespace
}  // namespace ecram::device
