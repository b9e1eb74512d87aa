// SPDX-License-Identifier: Apache-2.0
// Known parameters, simulated readings: does the fit find them, and are its intervals worth their name?
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ecram/calibration/device_fit.h"
#include "ecram/core/random.h"

namespace ecram::calibration {
namespace {

TEST(DeviceFit, RecoversSimulatedTruthWithItsIntervals) {
  ThreadPool threads(0);
  device::Protocol protocol;
  protocol.source = "simulated";
  protocol.noise = false;
  protocol.steps = {{device::PulseTrainStep{1.7, 0.5, 0.5, 60, 1, {}, {}}, 1, ""},
                    {device::PulseTrainStep{-0.9, 0.5, 0.5, 60, 1, {}, {}}, 1, ""}};
  device::RunOptions truth;
  truth.device = device::shipped_device("fig3b");
  truth.constants.transfer_rate *= 1.3;
  truth.device.gated_vacancy_density *= 1.03;
  const auto readings = device::run_compact(protocol, truth, threads).readings;

  constexpr int trials = 8;
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(5, "readings of a fit", static_cast<std::uint64_t>(trial));
    Measurement m;
    m.protocol = protocol;
    for (const auto& r : readings) m.conductance.push_back(r.conductance * (1 + 0.003 * random.normal()));
    const DeviceFit fit = fit_device(std::span(&m, 1), {"fig3b", {"transfer_rate", "gated_vacancy_density"}}, threads);
    EXPECT_TRUE(fit.converged);
    EXPECT_NEAR(fit.scatter, 0.003, 0.0008);
    EXPECT_TRUE(fit.open.empty());
    const double wanted[] = {truth.constants.transfer_rate, truth.device.gated_vacancy_density};
    for (int i = 0; i < 2; ++i) {
      const auto& p = fit.parameters[static_cast<std::size_t>(i)];
      EXPECT_NEAR(p.value.value / wanted[i], 1, 0.05) << p.name;
      covered += p.value.low <= wanted[i] && wanted[i] <= p.value.high;
    }
  }
  fmt::print("{} of {} intervals cover\n", covered, 2 * trials);
  EXPECT_GE(covered, 13);  // of 16 at 95 %: fewer than that once in a hundred
}

TEST(DeviceFit, IntervalsOfFewReadingsHoldWhatTheySay) {
  // Two readings for one parameter: the scatter is of one degree of freedom, and now and then by chance tiny.
  ThreadPool threads(0);
  device::Protocol protocol;
  protocol.source = "simulated";
  protocol.noise = false;
  protocol.steps = {{device::PulseTrainStep{1.7, 0.5, 0.5, 2, 1, {}, {}}, 1, ""}};
  device::RunOptions truth;
  truth.device = device::shipped_device("fig3b");
  const auto readings = device::run_compact(protocol, truth, threads).readings;
  ASSERT_EQ(readings.size(), 2U);
  constexpr int trials = 60;
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(7, "readings of a small fit", static_cast<std::uint64_t>(trial));
    Measurement m;
    m.protocol = protocol;
    for (const auto& r : readings) m.conductance.push_back(r.conductance * std::exp(0.0035 * random.normal()));
    const DeviceFit fit = fit_device(std::span(&m, 1), {"fig3b", {"hopping_prefactor"}}, threads);
    const Estimate& e = fit.parameters[0].value;
    covered += e.low <= truth.constants.hopping_prefactor && truth.constants.hopping_prefactor <= e.high;
  }
  fmt::print("{} of {} intervals cover\n", covered, trials);
  // At 95 % fewer than 51 once in a thousand; 1.96 standard errors would cover 42 (70 %).
  EXPECT_GE(covered, 51);
}

TEST(DeviceFit, SaysWhatTheDataLeaveOpen) {
  // At one temperature a rate and its energy are one number: k exp(-E/kT).
  ThreadPool threads(0);
  Measurement m;
  m.protocol.source = "simulated";
  m.protocol.noise = false;
  m.protocol.steps = {{device::PulseTrainStep{1.7, 0.5, 0.5, 60, 1, {}, {}}, 1, ""}};
  device::RunOptions truth;
  truth.device = device::shipped_device("fig3b");
  RandomStream random(6, "readings of a fit");
  for (const auto& r : device::run_compact(m.protocol, truth, threads).readings)
    m.conductance.push_back(r.conductance * (1 + 0.003 * random.normal()));
  const DeviceFit fit = fit_device(std::span(&m, 1), {"fig3b", {"transfer_rate", "transfer_energy"}}, threads);
  ASSERT_EQ(fit.open.size(), 1U);
  EXPECT_TRUE(std::isnan(fit.parameters[0].value.standard_error));
  EXPECT_TRUE(std::isnan(fit.parameters[1].value.standard_error));
  // Along the open direction ln k rises as E/kT does: 0.1 eV is 3.87 of it.
  EXPECT_NEAR(fit.open[0].weights[0] / fit.open[0].weights[1], 0.1 / 0.025852, 0.3);
  EXPECT_EQ(fit.open[0].reach, 1);  // that line is straight
}

}  // namespace
}  // namespace ecram::calibration
