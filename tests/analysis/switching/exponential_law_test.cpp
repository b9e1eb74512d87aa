// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/exponential_law.h"

#include <cmath>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"

namespace ecram::analysis {
namespace {

// The table of nonlinearity against normalised A that comes with NeuroSim (rows 0.01, 1.00, 2.40, 4.88, 9.00).
TEST(NonlinearityLabel, TheTableThatNeuroSimComesWith) {
  for (const auto& [label, a] :
       std::vector<std::pair<double, double>>{{0.01, 126.269}, {1.00, 1.25165}, {9.00, 0.0228}}) {
    EXPECT_NEAR(nonlinearity_label(1 / a), label, 0.0005) << a;
    EXPECT_NEAR(1 / curvature_of_label(label) / a, 1, 1e-3) << label;
  }
}

// The definition itself: the largest distance to the straight line, found by looking at every point.
TEST(NonlinearityLabel, IsTheLargestDistanceToTheStraightLine) {
  for (const double c : {-44.0, -3.0, -0.2, 1e-4, 5e-3, 0.02, 0.8, 2.0, 9.0, 43.9}) {
    double furthest = 0;
    for (int i = 1; i < 200000; ++i) {
      const double p = i / 200000.0;
      const long double s = std::expm1(-static_cast<long double>(c) * p) / std::expm1(-static_cast<long double>(c));
      const double distance = static_cast<double>(s - p);
      if (std::abs(distance) > std::abs(furthest)) furthest = distance;
    }
    EXPECT_NEAR(nonlinearity_label(c) / (furthest / (0.07 * std::sqrt(2.0))), 1, 1e-7) << c;
  }
}

TEST(NonlinearityLabel, IsOddAndPassesSmoothlyThroughTheStraightLine) {
  EXPECT_EQ(nonlinearity_label(0), 0);
  for (const double c : {1e-9, 1e-3, 0.0099999, 0.0100001, 1.0, 40.0}) {
    EXPECT_DOUBLE_EQ(nonlinearity_label(-c), -nonlinearity_label(c));
    const double h = 1e-5 * (1 + c);
    const double slope = (nonlinearity_label(c + h) - nonlinearity_label(c - h)) / (2 * h);
    EXPECT_NEAR(nonlinearity_label_derivative(c), slope, 1e-6 * slope) << c;
  }
  // Both sides of the place where the series hands over to the closed form.
  EXPECT_NEAR(nonlinearity_label(0.01 - 1e-13) / nonlinearity_label(0.01 + 1e-13), 1, 1e-10);
}

TEST(ExponentialLaw, RunsFromZeroToOneAndSolvesItsEquation) {
  for (const double c : {-800.0, -5.0, -1e-3, 0.0, 2e-4, 1.0, 30.0, 800.0}) {
    EXPECT_NEAR(exponential_law(0, c), 0, 1e-15);
    EXPECT_NEAR(exponential_law(1, c), 1, 1e-15);
  }
  // dS/dp falls by exp(-c dp) over dp, whatever p: the law is dG/dp = constant - c G.
  for (const double c : {-3.0, 0.5, 4.0}) {
    const double h = 1e-4;
    const auto slope = [&](double p) { return (exponential_law(p + h, c) - exponential_law(p - h, c)) / (2 * h); };
    EXPECT_NEAR(std::log(slope(0.2) / slope(0.7)), 0.5 * c, 1e-6);
  }
}

TEST(ExponentialLaw, DerivativeByTheCurvature) {
  for (const double c : {-30.0, -1.0, -1e-4, 0.0, 1e-6, 9.99e-4, 1.001e-3, 0.3, 12.0})
    for (const double p : {0.0, 0.1, 0.5, 0.9, 1.0}) {
      const double h = 1e-4;
      const double numeric = (exponential_law(p, c + h) - exponential_law(p, c - h)) / (2 * h);
      EXPECT_NEAR(exponential_law_derivative(p, c), numeric, 1e-8) << "p " << p << ", c " << c;
    }
}

TEST(CurvatureOfLabel, IsTheInverse) {
  for (const double label : {-9.0, -0.2, 1e-6, 0.122, 5.0, 9.5})
    EXPECT_NEAR(nonlinearity_label(curvature_of_label(label)), label, 1e-12 * std::abs(label));
  EXPECT_EQ(curvature_of_label(0), 0);
  EXPECT_THROW(curvature_of_label(10.2), InvalidInput);
  EXPECT_THROW(curvature_of_label(std::nan("")), InvalidInput);
}

}  // namespace
}  // namespace ecram::analysis
