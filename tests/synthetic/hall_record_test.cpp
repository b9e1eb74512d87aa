// SPDX-License-Identifier: Apache-2.0
#include "ecram/synthetic/hall_record.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/signal/spectrum.h"

namespace ecram::synthetic {
namespace {

// Worked out by hand for the paper's film: 23 kilohm at 0.6 T, a Hall voltage of 0.1 mV, an offset of 1.7 mV a
// micrometre.
TEST(HallScene, HasThePapersSizeOfSignal) {
  HallScene scene;
  scene.misalignment = 1e-6;
  const HallTruth t = truth(scene);
  EXPECT_NEAR(t.hall_slope * 0.6, -23.1e3, 100);
  EXPECT_NEAR(std::abs(t.hall_slope * 0.6 * t.current), 0.1e-3, 0.001e-3);
  EXPECT_NEAR(t.sheet_resistance * 1e-6 / 20e-6 * t.current, 1.67e-3, 0.01e-3);
  const auto record = hall_record(scene);
  ASSERT_EQ(record.time.size(), 1200u);
  EXPECT_NEAR(record.voltage_xy[0], 1.667e-3 - 0.1e-3, 1e-6);
}

// The response of a first-order lag to a sine is known: amplitude 1/sqrt(1 + (omega tau)^2), phase -atan(omega tau).
TEST(HallRecord, LagIsFirstOrder) {
  HallScene scene;
  scene.rc_time = 5;
  const auto lagging = hall_record(scene);
  scene.rc_time = 0;
  const auto prompt = hall_record(scene);
  const auto line = [](const std::vector<double>& v) {
    return signal::fourier_amplitude(std::vector<double>(v.begin() + 400, v.end()), 1, 0.0125);
  };
  const auto ratio = line(lagging.voltage_xy) / line(prompt.voltage_xy);
  const double x = 2 * std::numbers::pi * 0.0125 * 5;
  EXPECT_NEAR(std::abs(ratio), 1 / std::sqrt(1 + x * x), 1e-3);
  EXPECT_NEAR(std::arg(ratio), -std::atan(x), 1e-3);
}

// The record begins in the steady state: from the first reading on the closed form of the lag, of ten radians too. What
// drifts linearly lags by its slope times the RC time.
TEST(HallRecord, LagHasSettledBeforeTheRecord) {
  for (const double radians : {0.1, 1.0, 5.0, 10.0}) {
    HallScene scene;
    scene.misalignment = 1e-6;
    scene.drift = {0.2};
    scene.phase = 0.8;
    const double omega = 2 * std::numbers::pi * scene.rotation_frequency;
    scene.rc_time = radians / omega;
    const auto t = truth(scene);
    const double offset = t.sheet_resistance * scene.misalignment / scene.bar.width;
    const auto record = hall_record(scene);
    for (std::size_t i = 0; i < record.time.size(); i += i < 10 ? 1 : 100) {
      const double time = record.time[i];
      const double hall =
          t.hall_slope * 0.6 * std::cos(omega * time + 0.8 - std::atan(radians)) / std::hypot(1, radians);
      const double steady = offset * (1 + 0.2 * (time - scene.rc_time) / scene.duration);
      EXPECT_NEAR(record.voltage_xy[i], t.current * (steady + hall), 1e-6 * std::abs(t.current * t.hall_slope))
          << radians << ", " << i;
    }
  }
}

// Drawn noise has the density that was asked for: averaged over many records, octave by octave.
TEST(NoiseWithDensity, HasTheDensity) {
  std::vector<double> sum;
  std::vector<double> frequency;
  constexpr int trials = 300;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(5, "noise", trial);
    const auto s = signal::spectrum(noise_with_density(
                                        1024, 1, [](double f) { return 3 / f; }, random),
                                    1);
    frequency = s.frequency;
    sum.resize(s.density.size());
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += s.density[k] / trials;
  }
  for (double f = 0.01; f < 0.2; f *= 2) {
    double ratio = 0, count = 0;
    for (std::size_t k = 0; k < sum.size(); ++k)
      if (frequency[k] >= f && frequency[k] < 2 * f) ratio += sum[k] * frequency[k] / 3, count += 1;
    EXPECT_NEAR(ratio / count, 1, 0.06) << f;
  }
}

// The film's drift is one and the same in V_xx and in the offset, and leaves the mean over the readings where it was,
// also of readings at uneven times and of a duration that is no whole number of intervals.
TEST(HallRecord, ResistanceDriftIsInBothVoltages) {
  for (const auto& [duration, jitter] : {std::pair{1200.0, 0.0}, {1200.0, 0.4}, {101.7, 0.0}}) {
    HallScene s;
    s.misalignment = 1e-6;
    s.field_amplitude = 1e-12;
    s.resistance_drift = {0.2, 0.1};
    s.duration = duration;
    s.time_jitter = jitter;
    const auto record = hall_record(s);
    const auto t = truth(s);
    const double level = t.current * t.sheet_resistance * 3, readings = std::floor(duration);
    ASSERT_EQ(double(record.time.size()), readings);
    // Sums of i and i^2 from 0 to N - 1.
    if (jitter == 0) {
      EXPECT_NEAR(record.voltage_xx.front() / level,
                  1 - 0.2 * (readings - 1) / (2 * duration) -
                      0.1 * (readings - 1) * (2 * readings - 1) / (6 * duration * duration),
                  1e-12);
    }
    double mean = 0;
    for (std::size_t i = 0; i < record.time.size(); ++i) {
      mean += record.voltage_xx[i] / level / readings;
      EXPECT_NEAR(record.voltage_xy[i] / record.voltage_xx[i], 1.0 / 60, 1e-9);
    }
    EXPECT_NEAR(mean, 1, 1e-12);
  }
}

// A sine of any phase has the mean square A^2/2; the mean over an aperture takes |sin x / x| of it, x = pi f aperture:
// at 55 Hz and 20 ms 0.0908.
TEST(HallRecord, MainsWanderAndGoThroughTheAperture) {
  HallScene scene;
  const auto quiet = hall_record(scene);
  scene.mains_amplitude = 1e-3;
  scene.mains_wander = 0.02;
  const auto mean_square = [&](double frequency, double aperture) {
    scene.mains_frequency = frequency;
    scene.aperture = aperture;
    double sum = 0;
    for (scene.index = 0; scene.index < 40; ++scene.index) {
      const auto record = hall_record(scene);
      for (std::size_t i = 0; i < record.time.size(); ++i)
        sum += std::pow(record.voltage_xy[i] - quiet.voltage_xy[i], 2) / double(record.time.size()) / 40;
    }
    return sum;
  };
  // 50 Hz read every second: folded down, not away.
  EXPECT_NEAR(mean_square(50, 0), 0.5e-6, 0.05e-6);
  EXPECT_NEAR(std::sqrt(mean_square(55, 0.02) / 0.5e-6), 0.0908, 0.005);
  EXPECT_LT(mean_square(50, 0.02), 1e-5 * 0.5e-6);
}

// Without a wander they would be read at the same phase each time.
TEST(HallRecord, MainsThatWouldDoNothingAreRefused) {
  HallScene scene;
  scene.mains_amplitude = 1e-3;
  EXPECT_THROW(hall_record(scene), InvalidInput);
  scene.mains_frequency = 50.03;
  EXPECT_NO_THROW(hall_record(scene));
}

TEST(HallRecord, SameSeedSameBytesOtherIndexOtherNoise) {
  HallScene scene;
  scene.white_noise = 1e-5;
  const auto a = hall_record(scene), b = hall_record(scene);
  EXPECT_EQ(a.voltage_xy, b.voltage_xy);
  scene.index = 1;
  EXPECT_NE(hall_record(scene).voltage_xy, a.voltage_xy);
}

TEST(HallRecord, RefusesWhatCannotBe) {
  HallScene scene;
  scene.density = -1;
  EXPECT_THROW(hall_record(scene), InvalidInput);
  scene = {};
  scene.time_jitter = 1;
  EXPECT_THROW(hall_record(scene), InvalidInput);
}

TEST(HallRecord, BarsThatCannotBeAreRefused) {
  const auto refused = [](auto&& change) {
    HallScene scene;
    change(scene);
    EXPECT_THROW(hall_record(scene), InvalidInput);
  };
  refused([](HallScene& s) { s.bar.total_length = 59e-6; });
  refused([](HallScene& s) { s.bar.total_length = -60e-6; });
  refused([](HallScene& s) { s.bar.arm_width = 20e-6; });
  refused([](HallScene& s) { s.bar.length = 60; });
  refused([](HallScene& s) { s.rotation_frequency = 1e6; });
  refused([](HallScene& s) { s.misalignment = 1; });
  refused([](HallScene& s) { s.misalignment = -60e-6; });
  refused([](HallScene& s) { s.bar = {1e-6, 20e-6, 4.5e-9, 19e-6, 1e-6, false}; });
  HallScene scene;
  scene.bar.total_length = 160e-6;
  scene.bar.arm_width = 4e-6;
  scene.misalignment = -1e-6;
  EXPECT_NO_THROW(hall_record(scene));
}

}  // namespace
}  // namespace ecram::synthetic
