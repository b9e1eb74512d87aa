// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/device_run.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ecram::report {
namespace {

using testing::HasSubstr;

device::RunReading reading(std::size_t step, std::size_t cycle, bool down, std::size_t pulse, double kelvin = 300) {
  device::RunReading r;
  r.step = step, r.cycle = cycle, r.down = down, r.pulse = pulse, r.temperature = kelvin;
  r.conductance = 1e-6, r.gate = down ? -1 : 2, r.energy = down ? 2e-15 : 5e-15;
  return r;
}

TEST(DeviceRunFigure, CountsAllPulsesAndLeavesCyclesOutThatWereNotRecorded) {
  DeviceRun run;
  device::EnduranceStep cycles;
  cycles.up.count = 3, cycles.down.count = 2;
  cycles.cycles = 11, cycles.record_every = 10;
  run.protocol.steps = {{device::PulseTrainStep{2, 1, 0, 4, 4, {}, {}}, 0, ""}, {cycles, 0, ""}};
  run.result.readings = {reading(0, 0, false, 4), reading(1, 0, false, 3), reading(1, 0, true, 2),
                         reading(1, 10, false, 3), reading(1, 10, true, 2)};
  const Figure figure = run_figure(run);
  ASSERT_EQ(figure.panels.size(), 1u);
  const auto& series = figure.panels[0].series;
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].draw, Draw::points);  // one reading is a point
  const auto& x = series[1].x;
  // 4 pulses, then cycles of 5: the first ends at 9, the eleventh begins at 54.
  ASSERT_EQ(x.size(), 5u);
  EXPECT_EQ(x[0], 7);
  EXPECT_EQ(x[1], 9);
  EXPECT_TRUE(std::isnan(x[2]) && std::isnan(series[1].y[2]));
  EXPECT_EQ(x[3], 57);
  EXPECT_EQ(x[4], 59);
  const auto directions = run_json(run)["steps"][1]["directions"];
  EXPECT_EQ(directions["up"]["energy_per_pulse_J"], 5e-15);
  EXPECT_EQ(directions["down"]["energy_per_pulse_J"], 2e-15);
}

TEST(DeviceRunFigure, TemperatureStepsAreShownBesideOthers) {
  DeviceRun run;
  run.protocol.steps = {{device::TemperatureStep{280, 1}, 0, ""},
                        {device::PulseTrainStep{2, 1, 0, 1, 1, {}, {}}, 0, ""},
                        {device::TemperatureStep{260, 1}, 0, ""}};
  run.result.readings = {reading(0, 0, false, 1, 280), reading(1, 0, false, 1, 280), reading(2, 0, false, 1, 260)};
  const Figure figure = run_figure(run);
  ASSERT_EQ(figure.panels.size(), 2u);
  EXPECT_EQ(figure.panels[1].series.at(0).x, (std::vector<double>{280, 260}));
}

TEST(DeviceRunText, SaysThatATrainDidNotReachItsLevel) {
  DeviceRun run;
  run.protocol.steps = {{device::PulseTrainStep{2, 1, 0, 4, 4, 2e-6, {}}, 0, "up"}};
  run.result.readings = {reading(0, 0, false, 4)};
  EXPECT_THAT(run_text(run), HasSubstr("did not reach"));
  EXPECT_EQ(run_json(run)["steps"][0]["reached"], false);
  run.result.readings.back().conductance = 2.1e-6;
  EXPECT_THAT(run_text(run), testing::Not(HasSubstr("did not reach")));
  EXPECT_FALSE(run_json(run)["steps"][0].contains("reached"));
}

}  // namespace
}  // namespace ecram::report
