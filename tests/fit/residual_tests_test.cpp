// SPDX-License-Identifier: Apache-2.0
#include "ecram/fit/residual_tests.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/random.h"
#include "ecram/fit/model_choice.h"

namespace ecram::fit {
namespace {

std::vector<double> noise(int n, double memory, std::uint64_t index) {
  RandomStream random(11, "residuals", index);
  std::vector<double> x{random.normal()};
  while (static_cast<int>(x.size()) < n) x.push_back(memory * x.back() + random.normal());
  return x;
}

// On white noise a test at 5 % rejects 5 % of the time: 400 trials, binomial deviation 1.1 %.
TEST(LjungBox, RejectsWhiteNoiseAtItsLevelAndColouredNoiseAlways) {
  int white = 0, coloured = 0;
  for (std::uint64_t i = 0; i < 400; ++i) {
    white += ljung_box(noise(200, 0, i), 10).p_value < 0.05;
    coloured += ljung_box(noise(200, 0.5, i), 10).p_value < 0.05;
  }
  EXPECT_NEAR(white / 400.0, 0.05, 0.035);
  EXPECT_EQ(coloured, 400);
}

TEST(Autocorrelation, OfASignThatAlternates) {
  std::vector<double> x;
  for (int i = 0; i < 1000; ++i) x.push_back(i % 2 ? 1 : -1);
  EXPECT_NEAR(autocorrelation(x, 1), -0.999, 1e-12);
  EXPECT_NEAR(autocorrelation(x, 2), 0.998, 1e-12);
}

// F(1, nu) is the square of t(nu): the two tables must agree.
TEST(FTest, AgreesWithStudentsT) {
  const double t = student_t_quantile(0.975, 7);
  EXPECT_NEAR(t, 2.3646, 5e-5);  // printed table
  EXPECT_NEAR(f_test(1 + t * t / 7, 1, 1, 7).p_value, 0.05, 1e-12);
  EXPECT_EQ(f_test(1, 1, 2, 10).p_value, 1);
}

// Hurvich and Tsai's correction vanishes for many data; weights are a partition of one.
TEST(Aicc, LimitAndWeights) {
  EXPECT_NEAR(aicc(10, 3, 1000000), 16, 1e-4);
  EXPECT_NEAR(aicc(10, 3, 10), 10 + 6 + 24.0 / 6, 1e-12);
  EXPECT_TRUE(std::isinf(aicc(10, 3, 4)));
  const auto w = akaike_weights(std::array{100.0, 102.0, 100.0});
  EXPECT_NEAR(w[0] + w[1] + w[2], 1, 1e-15);
  EXPECT_NEAR(w[1] / w[0], std::exp(-1), 1e-15);
}

// The freedom is that of the chi-square whose mean and variance the sum of the squared errors has: alone a part keeps
// its own, m equal ones have m times as many, and a known error makes the sum the better known.
TEST(StudentsT, FreedomOfASum) {
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_DOUBLE_EQ(freedom_of_sum({{0.3, 7}, {0, 1}}), 7);
  EXPECT_DOUBLE_EQ(freedom_of_sum({{0.3, 7}, {0.3, 7}, {0.3, 7}}), 21);
  EXPECT_DOUBLE_EQ(freedom_of_sum({{1, 7}, {1, infinite}}), 28);
  EXPECT_EQ(freedom_of_sum({{1, infinite}}), infinite);
  EXPECT_NEAR(student_estimate(0, 1, infinite).high, 1.959964, 1e-6);
}

}  // namespace
}  // namespace ecram::fit
