// SPDX-License-Identifier: Apache-2.0
// Every parameter at either end of what is called physical.
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/thread_pool.h"
#include "ecram/device/run.h"

namespace ecram::device {
namespace {

/// A short pulse and its rest at the options' constants: finite numbers, or what was expected instead.
void give_a_pulse(const RunOptions& options, const std::string& where) {
  // A film of a micrometre takes the pulses that the compact model has followed minutes.
  const bool thick = options.device.channel_thickness > 100e-9;
  PulseTrainStep pulse;
  pulse.voltage = 1, pulse.width = 1e-3, pulse.rest = 1e-3, pulse.count = 2;
  Protocol p;
  p.source = "test";
  p.noise = false;
  p.steps = {{pulse, 0, ""}};
  ThreadPool threads(1);
  for (const bool full : {true, false}) {
    if (thick && !full) continue;
    try {
      const RunResult run = full ? run_full(p, options) : run_compact(p, options, threads);
      ASSERT_EQ(run.readings.size(), 2U) << where;
      for (const RunReading& r : run.readings) {
        EXPECT_TRUE(std::isfinite(r.conductance) && r.conductance > 0) << where << (full ? " full " : " compact ");
        EXPECT_TRUE(std::isfinite(r.gate_current)) << where;
      }
    } catch (const InvalidInput& e) {
      EXPECT_NE(std::string(e.what()).find("expected"), std::string::npos) << where;
    }
  }
}

TEST(Extremes, EveryParameterAtBothEnds) {
  RunOptions options;
  options.device = shipped_device("fig3b");
  const auto both_ends = [&](const Parameter& p) {
    const double shipped = *p.value;
    for (const double end : {p.low, p.high}) {
      *p.value = end * p.scale;
      give_a_pulse(options, fmt::format("{} = {:g} {}", p.name, end, p.unit));
    }
    *p.value = shipped;
  };
  for (const Parameter& p : parameters(options.constants)) both_ends(p);
  for (const Parameter& p : parameters(options.device)) both_ends(p);
}

}  // namespace
}  // namespace ecram::device
