// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "analysis/switching/simulated_curve.h"
#include "ecram/analysis/switching/curve_fit.h"
#include "ecram/core/thread_pool.h"

namespace ecram::analysis {
namespace {

/// Share of trials in which the 95 % interval holds the true curvature (the label is a monotonic function of it, so
/// its interval does too), and the number of trials in which the fit was refused.
struct Coverage {
  double share = 0;
  int refused = 0;
};

Coverage coverage(int trials, double c, std::uint64_t seed,
                  const std::function<std::vector<double>(RandomStream&)>& curve) {
  static ThreadPool pool;
  std::vector<char> covered(static_cast<std::size_t>(trials)), refused(covered);
  pool.for_each(covered.size(), [&](std::size_t i) {
    RandomStream random(seed, "coverage", i);
    const auto g = curve(random);
    const auto fit = fit_curve(pulse_numbers(static_cast<int>(g.size())), g);
    covered[i] = fit.curvature.low <= c && c <= fit.curvature.high;
    refused[i] = fit.contradicted();
  });
  Coverage result;
  for (std::size_t i = 0; i < covered.size(); ++i) {
    result.share += covered[i] / static_cast<double>(trials);
    result.refused += refused[i];
  }
  return result;
}

class Interval : public testing::TestWithParam<double> {};

// 1 % reading noise on 100 pulses, 1,000 trials, the noise model chosen by the data each time.
TEST_P(Interval, CoversTheTruthUnderReadingNoise) {
  const double c = GetParam();
  const auto found =
      coverage(1000, c, 21, [&](RandomStream& random) { return simulated_curve(100, c, 0.01, 0, random); });
  RecordProperty("coverage", std::to_string(found.share));
  EXPECT_GE(found.share, 0.93);
  EXPECT_LE(found.share, 0.97);
  EXPECT_LE(found.refused, 5);
}

// Steps that each add 1 % of the window at random.
TEST_P(Interval, CoversTheTruthUnderStepNoise) {
  const double c = GetParam();
  const auto found =
      coverage(1000, c, 22, [&](RandomStream& random) { return simulated_curve(100, c, 0, 0.01, random); });
  RecordProperty("coverage", std::to_string(found.share));
  EXPECT_GE(found.share, 0.90);
  EXPECT_LE(found.refused, 10);
}

// The same where the step depends on the state: the interval may only be too wide.
TEST_P(Interval, CoversTheTruthWhereTheStateDrivesTheStep) {
  const double c = GetParam();
  const auto found =
      coverage(500, c, 23, [&](RandomStream& random) { return state_driven_curve(100, c, 0.01, random); });
  RecordProperty("coverage", std::to_string(found.share));
  EXPECT_GE(found.share, 0.90);
}

INSTANTIATE_TEST_SUITE_P(Curvature, Interval, testing::Values(0.0, 0.1, 0.8, 3.0, 10.0, 43.86));

// The parametric bootstrap agrees with the profile likelihood where that is exact, and covers under step noise.
TEST(Bootstrap, AgreesWithTheProfileIntervalForReadingNoise) {
  RandomStream random(5, "bootstrap");
  const auto g = simulated_curve(100, 0.9, 0.01, 0, random);
  const auto fit = fit_curve(pulse_numbers(100), g, NoiseModel::reading);
  ThreadPool pool;
  const auto bootstrap = bootstrap_curvature(fit, pulse_numbers(100), 2000, 1, pool);
  const double width = fit.curvature.high - fit.curvature.low;
  EXPECT_NEAR(bootstrap.low, fit.curvature.low, 0.06 * width);
  EXPECT_NEAR(bootstrap.high, fit.curvature.high, 0.06 * width);
}

}  // namespace
}  // namespace ecram::analysis
