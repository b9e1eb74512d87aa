// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/pulse_kernel.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"

namespace ecram::device {
namespace {

/// Even nodes of v(u) = a - b u, with as much activity as asked for.
TransferField linear_field(double a, double b, double activity, int cells = 64) {
  TransferField field;
  for (int i = 0; i <= cells; ++i) {
    const double v = a - b * i / cells;
    field.velocity.push_back(static_cast<float>(v));
    field.activity.push_back(static_cast<float>(std::max(std::abs(v), activity)));
  }
  return field;
}

TEST(PulseKernel, RelaxesExponentiallyInALinearField) {
  // u -> a/b with the rate b: u(t) = u_inf + (u0 - u_inf) exp(-b t).
  const double a = 0.006, b = 0.01;
  constexpr float pulse = 0.5F;
  const TransferField field = linear_field(a, b, 0);
  std::vector<float> u{0.05F, 0.3F, 0.9F}, time{pulse, 2 * pulse, pulse};
  give_pulses(u, time, field, parts_of_pulse(field, 1), 200, {});
  const auto expected = [&](double u0, double t) { return a / b + (u0 - a / b) * std::exp(-b * t); };
  EXPECT_NEAR(u[0], expected(0.05, 100), 2e-5);
  EXPECT_NEAR(u[1], expected(0.3, 200), 2e-5);
  EXPECT_NEAR(u[2], expected(0.9, 100), 2e-5);
}

TEST(PulseKernel, LongPulsesCrossManyCells) {
  const double a = 0.6, b = 1;
  const TransferField field = linear_field(a, b, 0);
  for (const double seconds : {0.1, 1.0, 5.0, 1e3, 1e9}) {
    const Crossing after = cross_cells(field, 0.1, seconds);
    EXPECT_NEAR(after.content, 0.6 + (0.1 - 0.6) * std::exp(-seconds), 1e-6) << seconds;
  }
  // A field whose logarithm is linear, v = exp(-c u)/s: exp(c u) grows evenly in time.
  TransferField falling;
  const double c = 8, s = 0.01;
  for (int i = 0; i <= 2048; ++i) falling.velocity.push_back(static_cast<float>(std::exp(-c * i / 2048.0) / s));
  falling.activity = falling.velocity;
  for (const double seconds : {1e-3, 0.1, 1.0})
    EXPECT_NEAR(cross_cells(falling, 0, seconds).content, std::min(1.0, std::log1p(c * seconds / s) / c), 2e-5)
        << seconds;
  // The kernel takes the same way in one pulse as in two.
  std::vector<float> once{0.05F}, twice{0.05F};
  const std::vector<float> whole{0.2F}, half{0.1F};
  give_pulses(once, whole, falling, parts_of_pulse(falling, 0.2), 1, {});
  give_pulses(twice, half, falling, parts_of_pulse(falling, 0.1), 2, {});
  EXPECT_NEAR(once[0], twice[0], 1e-6);
}

TEST(PulseKernel, CountingNoiseHasPoissonsVariance) {
  // Driven: N pulses that each move a mean of du add N du / ions to the variance, whatever the speed.
  constexpr std::size_t devices = 20000, pulses = 50;
  const double ions = 1e5, velocity = 0.004;
  const TransferField field = linear_field(velocity, 0, 0);
  std::vector<float> u(devices, 0.2F);
  const std::vector<float> time(devices, 1.0F);
  CountingNoise noise;
  noise.ions = ions;
  give_pulses(u, time, field, parts_of_pulse(field, 1), pulses, noise);
  const double mean = std::accumulate(u.begin(), u.end(), 0.0) / devices;
  double variance = 0;
  for (const float x : u) variance += (x - mean) * (x - mean) / (devices - 1);
  const double moved = pulses * velocity, expected = moved / ions;
  EXPECT_NEAR(mean, 0.2 + moved, 4 * std::sqrt(expected / devices));
  EXPECT_NEAR(variance / expected, 1, 4 * std::sqrt(2.0 / devices));
}

TEST(PulseKernel, BalancedFluxesStillMakeNoise) {
  // No net motion, but passages to and fro: an Ornstein-Uhlenbeck process, whose variance ends at activity/(2 b ions).
  constexpr std::size_t devices = 20000;
  const double ions = 1e5, b = 0.02, activity = 0.02;
  const TransferField field = linear_field(b / 2, b, activity);
  std::vector<float> u(devices, 0.5F);
  const std::vector<float> time(devices, 1.0F);
  CountingNoise noise;
  noise.ions = ions;
  give_pulses(u, time, field, parts_of_pulse(field, 1), 300, noise);
  double variance = 0;
  for (const float x : u) variance += (x - 0.5) * (x - 0.5) / devices;
  EXPECT_NEAR(variance / (activity / (2 * b * ions)), 1, 4 * std::sqrt(2.0 / devices) + b);
  // The cell-crossing way has that variance in one stroke.
  EXPECT_NEAR(cross_cells(field, 0.5, 1e4).variance / (activity / (2 * b)), 1, 1e-6);
}

TEST(PulseKernel, NormalNumbersAreNormal) {
  std::vector<double> x;
  for (std::uint64_t stream = 0; stream < 500; ++stream)
    for (const float v : counting_normals(7, stream, 100)) x.push_back(static_cast<double>(v));
  const auto n = static_cast<double>(x.size());  // 200,000
  std::ranges::sort(x);
  double moments[5] = {};
  for (const double v : x)
    for (int k = 1; k < 5; ++k) moments[k] += std::pow(v, k) / n;
  EXPECT_NEAR(moments[1], 0, 4 / std::sqrt(n));
  EXPECT_NEAR(moments[2], 1, 4 * std::sqrt(2 / n));
  EXPECT_NEAR(moments[3], 0, 4 * std::sqrt(15 / n));
  EXPECT_NEAR(moments[4], 3, 4 * std::sqrt(96 / n));
  double distance = 0;  // Kolmogorov and Smirnov
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double normal = std::erfc(-x[i] / std::sqrt(2.0)) / 2;
    distance = std::max({distance, normal - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - normal});
  }
  EXPECT_LT(distance * std::sqrt(n), 1.95);  // exceeded once in a thousand
}

TEST(PulseKernel, ADevicesNoiseDoesNotDependOnTheSplit) {
  constexpr std::size_t devices = 1000;
  const TransferField field = linear_field(0.01, 0.005, 0.02);
  const auto parts = parts_of_pulse(field, 1);
  CountingNoise noise;
  noise.ions = 1e4;
  noise.seed = 99;
  const std::vector<float> time(devices, 1.0F);
  std::vector<float> whole(devices, 0.3F), split = whole;
  give_pulses(whole, time, field, parts, 23, noise);
  for (const auto& [first, count] : {std::pair{0U, 192U}, {192U, 640U}, {832U, 168U}})
    for (std::uint64_t pulse = 0; pulse < 23; ++pulse) {
      CountingNoise part = noise;
      part.first_device = first;
      part.first_pulse = pulse;
      give_pulses({split.data() + first, count}, {time.data() + first, count}, field, parts, 1, part);
    }
  EXPECT_EQ(whole, split);
  noise.first_device = 10;
  EXPECT_THROW(give_pulses(whole, time, field, parts, 1, noise), InvalidInput);
}

TEST(PulseKernel, FollowsPlainCode) {
  const TransferField field = linear_field(0.02, 0.018, 0);
  std::vector<float> u(100), time(100);
  for (std::size_t i = 0; i < u.size(); ++i) {
    u[i] = 0.009F * static_cast<float>(i);
    time[i] = 0.5F + 0.01F * static_cast<float>(i);
  }
  std::vector<float> plain = u;
  const auto parts = parts_of_pulse(field, 1.5);
  give_pulses(u, time, field, parts, 40, {});
  give_pulses_plainly(plain, time, field, parts, 40, {});
  for (std::size_t i = 0; i < u.size(); ++i) EXPECT_NEAR(u[i], plain[i], 1e-5) << i;
}

}  // namespace
}  // namespace ecram::device
