// SPDX-License-Identifier: Apache-2.0
// Statistics over thousands of simulated records against the Cramer-Rao bound and the truth.
#include <cmath>
#include <tuple>
#include <vector>

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

/// Root mean square and coverage of R_xy, its error from V_xx in the fit: the offset of 4.8e5 ohm has 1 % noise of the
/// film, which V_xx shows too.
Statistics film_noise(double share_of_corner, double meter_noise) {
  auto scene = paper_scene(1000);
  scene.misalignment = 4.8e5 / synthetic::truth(scene).sheet_resistance * scene.bar.width;
  scene.film_noise = 0.01;
  scene.film_flicker_corner = share_of_corner * scene.rotation_frequency;
  scene.longitudinal_noise = meter_noise;
  return statistics(scene, 500);
}

// 500 records: the coverage has a standard error of 1 %. The bound is that of the noise that is not the film's.
TEST(AcHallStatistics, NoiseThatVxxShares) {
  const double own_error = std::abs(synthetic::truth(paper_scene(1000)).hall_slope) * 0.6 / 1000;
  for (const double corner : {0.0, 1.0}) {
    const Statistics s = film_noise(corner, 1e-7);
    EXPECT_GT(s.coverage, 0.92) << corner;
    EXPECT_LT(s.coverage, 0.98) << corner;
    EXPECT_LT(s.root_mean_square, 1.3 * own_error) << corner;
    EXPECT_LT(std::abs(s.bias_over_error), 0.15) << corner;
  }
  // V_xx that is as noisy itself helps less and costs no honesty.
  const Statistics noisy = film_noise(1.0, 1e-3);
  EXPECT_GT(noisy.coverage, 0.92);
  EXPECT_LT(noisy.coverage, 0.98);
}

/// Cramer-Rao bound on the standard error of the sheet resistance; unknown beside it: V_xx's part in step with the
/// field, in quadrature and with its square.
double sheet_resistance_bound(synthetic::HallScene s) {
  s.white_noise = s.longitudinal_noise;
  s.flicker_corner = s.longitudinal_flicker_corner;
  const auto covariance = noise_covariance(s);
  const auto n = static_cast<Eigen::Index>(covariance.size());
  Eigen::MatrixXd k(n, n), x(n, 4);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) k(i, j) = covariance[static_cast<std::size_t>(std::abs(i - j))];
    const double angle = 2 * std::numbers::pi * s.rotation_frequency * double(i) * s.interval;
    x.row(i) << 1, std::cos(angle), std::sin(angle), std::cos(2 * angle);
  }
  const double error = std::sqrt((x.transpose() * k.llt().solve(x)).inverse()(0, 0));
  return error / std::abs(synthetic::truth(s).current) * s.bar.width / s.bar.length;
}

// 1000 records, the coverage has a standard error of 0.7 %: it was 98 % in white noise, the errors 3.8 times the bound
// in the mean. At a corner of eight rotations there are 25 % too many, for the ladder of relaxations has some of its
// power below the lowest frequency that is drawn here, a quarter of the record's own.
TEST(AcHallStatistics, SheetResistance) {
  for (const auto& [corner, most_coverage, most_error] :
       {std::tuple{0.0, 0.97, 1.3}, {0.0125, 0.985, 1.5}, {0.1, 0.995, 1.5}}) {
    auto scene = paper_scene(100);
    scene.longitudinal_noise = 1e-4;
    scene.longitudinal_flicker_corner = corner;
    const double truth = synthetic::truth(scene).sheet_resistance, bound = sheet_resistance_bound(scene);
    std::vector<Estimate> found(1000);
    ThreadPool pool;
    pool.for_each(found.size(), [&](std::size_t i) {
      auto own = scene;
      own.index = i;
      found[i] = analyse_hall(synthetic::hall_record(own), scene.bar).sheet_resistance;
    });
    double covered = 0, square = 0, error = 0;
    for (const Estimate& r : found) {
      covered += r.low <= truth && truth <= r.high ? 1e-3 : 0;
      square += (r.value - truth) * (r.value - truth) * 1e-3;
      error += r.standard_error * 1e-3;
    }
    EXPECT_GT(covered, 0.93) << corner;
    EXPECT_LT(covered, most_coverage) << corner;
    EXPECT_LT(std::sqrt(square), 1.1 * bound) << corner;
    EXPECT_LT(error, most_error * bound) << corner;
  }
}

// V_xy ends at 80 uV of 92 uV above the offset, or earlier: 400 records, the coverage has a standard error of 1.1 %.
TEST(AcHallStatistics, EndOfTheRange) {
  for (const auto& [noise, level] : {std::pair{10e-6, 80e-6}, {1e-6, 80e-6}, {10e-6, 50e-6}, {30e-6, 80e-6}}) {
    auto scene = paper_scene(100);
    scene.white_noise = noise;
    const auto t = synthetic::truth(scene);
    scene.range = t.sheet_resistance * scene.misalignment / scene.bar.width * t.current + level;
    const Statistics s = statistics(scene, 400);
    EXPECT_GT(s.coverage, 0.92) << noise << ", " << level;
    EXPECT_LT(s.coverage, 0.98) << noise << ", " << level;
    EXPECT_LT(std::abs(s.bias_over_error), 0.2) << noise << ", " << level;
  }
}

// Each record has noise of its own: the quiet one at zero current must not make the other look quiet. 400 records.
TEST(AcHallStatistics, ZeroCurrentRecordWithOtherNoise) {
  auto scene = paper_scene(100);
  scene.drift = {0.5};
  scene.flicker_corner = scene.rotation_frequency;
  auto off = scene;
  off.source_voltage = 0;
  off.white_noise *= 0.1;
  off.flicker_corner = 0;
  const double resistance = synthetic::truth(scene).hall_slope * scene.field_amplitude;
  double covered = 0;
  for (scene.index = 0; scene.index < 400; ++scene.index) {
    off.index = 1000 + scene.index;
    const HallRecord zero = synthetic::hall_record(off);
    HallOptions options;
    options.zero_current = &zero;
    const Estimate r = analyse_hall(synthetic::hall_record(scene), scene.bar, options).hall_resistance;
    covered += r.low <= resistance && resistance <= r.high ? 1.0 / 400 : 0;
  }
  EXPECT_GT(covered, 0.92);
  EXPECT_LT(covered, 0.98);
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
    // Of the carrier type it is that of an estimate five standard errors off, which no record of 10,000 has.
    EXPECT_EQ(s.wrong_sign, 0);
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

// Two periods of six readings without a signal, 1000 records: the share has a standard error of 0.8 %.
TEST(AcHallStatistics, FewReadings) {
  auto scene = paper_scene(1e-3);
  scene.duration = 174;
  scene.interval = 13.33;
  EXPECT_LT(statistics(scene, 1000).detected, 0.075);
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
