// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/random.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace ecram {
namespace {

TEST(RandomStream, SameKeySameNumbers) {
  RandomStream a(7, "noise", 3), b(7, "noise", 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.bits(), b.bits());
}

TEST(RandomStream, EveryPartOfTheKeyMatters) {
  const std::uint32_t first = RandomStream(7, "noise", 3).bits();
  EXPECT_NE(first, RandomStream(8, "noise", 3).bits());
  EXPECT_NE(first, RandomStream(7, "bootstrap", 3).bits());
  EXPECT_NE(first, RandomStream(7, "noise", 4).bits());
  EXPECT_NE(first, RandomStream(7 + (1ULL << 32), "noise", 3).bits());
}

// Moments against their exact values, each within five standard errors of its own sampling distribution.
TEST(RandomStream, NormalNumbersHaveTheNormalMoments) {
  RandomStream stream(1, "moments");
  constexpr int n = 200000;
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  for (int i = 0; i < n; ++i) {
    const double x = stream.normal();
    m1 += x;
    m2 += x * x;
    m3 += x * x * x;
    m4 += x * x * x * x;
  }
  EXPECT_NEAR(m1 / n, 0, 5 * std::sqrt(1.0 / n));
  EXPECT_NEAR(m2 / n, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(m3 / n, 0, 5 * std::sqrt(15.0 / n));
  EXPECT_NEAR(m4 / n, 3, 5 * std::sqrt(96.0 / n));
}

// Chi-square over bins; 99 degrees of freedom, the 1e-6 quantile is below 180.
TEST(RandomStream, BelowIsUniform) {
  RandomStream stream(2, "bins");
  std::vector<int> count(100);
  for (int i = 0; i < 100000; ++i) ++count[stream.below(100)];
  double chi2 = 0;
  for (const int c : count) chi2 += (c - 1000.0) * (c - 1000.0) / 1000;
  EXPECT_LT(chi2, 180);
  EXPECT_GT(chi2, 45);
}

TEST(RandomStream, UniformNeverTouchesItsEnds) {
  RandomStream stream(3, "ends");
  for (int i = 0; i < 100000; ++i) {
    const double u = stream.uniform();
    EXPECT_GT(u, 0);
    EXPECT_LT(u, 1);
  }
}

}  // namespace
}  // namespace ecram
