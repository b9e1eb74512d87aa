// SPDX-License-Identifier: Apache-2.0
// Statistics over thousands of simulated records against the Cramer-Rao bound and the truth.
#include <cmath>

#include <gtest/gtest.h>

#include "analysis/hall/hall_statistics.h"

namespace ecram::analysis {
namespace {

constexpr int records = 2000;

TEST(AcHallStatistics, WhiteNoise) {
  auto scene = paper_scene(100);
  scene.drift = {0.5};
  const double bound = cramer_rao(scene, 1);
  const Statistics s = statistics(scene, records);
  EXPECT_LT(s.root_mean_square, 1.05 * bound);
  EXPECT_GT(s.coverage, 0.93);
  EXPECT_LT(s.coverage, 0.97);
  EXPECT_LT(std::abs(s.bias_over_error), 0.1);
}

TEST(AcHallStatistics, WhiteAndFlickerNoiseWithLinearDrift) {
  auto scene = paper_scene(100);
  scene.drift = {0.5};
  scene.flicker_corner = scene.rotation_frequency;
  const double bound = cramer_rao(scene, 1);
  const Statistics s = statistics(scene, records);
  EXPECT_LT(s.root_mean_square, 1.20 * bound);
  EXPECT_GT(s.coverage, 0.93);
  EXPECT_LT(s.coverage, 0.97);
  EXPECT_LT(std::abs(s.bias_over_error), 0.1);
}

// Drift a hundred times the Hall amplitude, offset twenty times, spikes of fifty times in 2 % of the readings.
TEST(AcHallStatistics, HardCase) {
  auto scene = paper_scene(100);
  const auto t = synthetic::truth(scene);
  const double amplitude = std::abs(t.hall_slope * scene.field_amplitude);
  scene.misalignment = 20 * amplitude / t.sheet_resistance * scene.bar.width;
  scene.drift = {2, -6, 9};  // of the offset: five times it at the end, and cubic
  scene.spike_share = 0.02;
  scene.spike_size = 50 * amplitude * t.current;
  EXPECT_GE(statistics(scene, 1000).within, 0.95);
}

// Theory: a normal estimate three standard errors high has the wrong sign in 1.35 of 1000 records. 20,000 of them, one
// half of each carrier.
TEST(AcHallStatistics, CarrierSign) {
  double wrong = 0;
  for (bool holes : {false, true}) {
    auto scene = paper_scene(3);
    scene.holes = holes;
    const Statistics s = statistics(scene, 10000);
    EXPECT_LE(s.wrong_sign, s.wrong_estimate_sign);
    wrong += s.wrong_estimate_sign / 2;
  }
  EXPECT_LT(wrong, 0.0025);
  EXPECT_GT(wrong, 0.0005);
}

TEST(AcHallStatistics, NoSignalIsNotDetected) {
  const Statistics s = statistics(paper_scene(1e-3), records);
  EXPECT_GT(1 - s.detected, 0.94);
  EXPECT_LT(1 - s.detected, 0.97);
}

TEST(AcHallStatistics, FewPeriodsAndJitter) {
  auto few = paper_scene(100);
  few.duration = 240;
  few.drift = {0.5};
  const Statistics three = statistics(few, 1000);
  EXPECT_GT(three.coverage, 0.92);
  EXPECT_LT(three.root_mean_square, 1.10 * cramer_rao(few, 1));

  auto jitter = paper_scene(100);
  jitter.drift = {0.5};
  jitter.flicker_corner = jitter.rotation_frequency;
  jitter.speed_jitter = 0.02;
  jitter.time_jitter = 0.3;
  const Statistics s = statistics(jitter, 1000);
  EXPECT_GT(s.coverage, 0.93);
  EXPECT_LT(s.coverage, 0.97);
}

}  // namespace
}  // namespace ecram::analysis
