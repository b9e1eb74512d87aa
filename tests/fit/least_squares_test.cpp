// SPDX-License-Identifier: Apache-2.0
#include "ecram/fit/least_squares.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"

namespace ecram::fit {
namespace {

// NIST Statistical Reference Datasets, nonlinear regression, "Misra1a": y = b1 (1 - exp(-b2 x)), with certified values.
constexpr std::array misra_y{10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
                             44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
constexpr std::array misra_x{77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                             378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};

LeastSquaresProblem misra() {
  LeastSquaresProblem problem;
  problem.residuals = misra_y.size();
  problem.residual = [](std::span<const double> b, std::span<double> r) {
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = misra_y[i] - b[0] * (1 - std::exp(-b[1] * misra_x[i]));
  };
  return problem;
}

void expect_certified(const LeastSquaresFit& fit) {
  EXPECT_TRUE(fit.converged);
  EXPECT_NEAR(fit.parameters[0] / 2.3894212918E+02, 1, 1e-6);
  EXPECT_NEAR(fit.parameters[1] / 5.5015643181E-04, 1, 1e-6);
  EXPECT_NEAR(fit.chi2 / 1.2455138894E-01, 1, 1e-9);
  EXPECT_NEAR(fit.standard_error(0) / 2.7070075241E+00, 1, 1e-5);
  EXPECT_NEAR(fit.standard_error(1) / 7.2668688436E-06, 1, 1e-5);
}

TEST(LeastSquares, CertifiedValuesWithoutAJacobian) {
  expect_certified(least_squares(misra(), std::array{250.0, 5e-4}));
}

TEST(LeastSquares, CertifiedValuesWithAJacobianFromTheHardStart) {
  auto problem = misra();
  problem.jacobian = [](std::span<const double> b, Eigen::Ref<Eigen::MatrixXd> j) {
    for (Eigen::Index i = 0; i < j.rows(); ++i) {
      const double x = misra_x[static_cast<std::size_t>(i)], e = std::exp(-b[1] * x);
      j(i, 0) = -(1 - e);
      j(i, 1) = -b[0] * x * e;
    }
  };
  expect_certified(least_squares(problem, std::array{500.0, 1e-4}));
}

// Bounds that do not bind change nothing: neither the minimum nor its errors.
TEST(LeastSquares, LooseBoundsLeaveTheMinimumAlone) {
  auto problem = misra();
  problem.bounds = {{100, 1000}, {0, 1}};
  expect_certified(least_squares(problem, std::array{250.0, 5e-4}));
  problem.bounds = {{100, std::numeric_limits<double>::infinity()}, {-std::numeric_limits<double>::infinity(), 1}};
  expect_certified(least_squares(problem, std::array{250.0, 5e-4}));
}

// A bound that binds: the minimum of a parabola outside the allowed range is the bound itself.
TEST(LeastSquares, ABindingBoundIsReachedAndSaid) {
  LeastSquaresProblem problem;
  problem.residuals = 2;
  problem.residual = [](std::span<const double> p, std::span<double> r) {
    r[0] = p[0] - 5;
    r[1] = p[1] - 1;
  };
  problem.bounds = {{0, 3}, {-10, 10}};
  const auto fit = least_squares(problem, std::array{1.0, 0.0});
  EXPECT_NEAR(fit.parameters[0], 3, 1e-6);
  EXPECT_NEAR(fit.parameters[1], 1, 1e-6);
  EXPECT_TRUE(fit.at_bound[0]);
  EXPECT_FALSE(fit.at_bound[1]);
  EXPECT_TRUE(std::isnan(fit.standard_error(0)));
}

// Straight line with the covariance of the textbook: var(slope) = s^2 / Sxx.
TEST(LeastSquares, CovarianceOfAStraightLine) {
  const std::array x{0.0, 1.0, 2.0, 3.0, 4.0}, y{0.1, 0.9, 2.2, 2.8, 4.1};
  LeastSquaresProblem problem;
  problem.residuals = 5;
  problem.residual = [&](std::span<const double> p, std::span<double> r) {
    for (std::size_t i = 0; i < 5; ++i) r[i] = y[i] - p[0] - p[1] * x[i];
  };
  const auto fit = least_squares(problem, std::array{0.0, 0.0});
  double sxy = 0;
  for (std::size_t i = 0; i < 5; ++i) sxy += (x[i] - 2) * y[i];
  const double slope = sxy / 10, mean = 10.1 / 5;
  double rss = 0;
  for (std::size_t i = 0; i < 5; ++i) rss += std::pow(y[i] - mean - slope * (x[i] - 2), 2);
  EXPECT_NEAR(fit.parameters[1], slope, 1e-10);
  EXPECT_NEAR(fit.covariance(1, 1), rss / 3 / 10, 1e-9);
  EXPECT_NEAR(fit.covariance(0, 1), -2 * rss / 3 / 10, 1e-9);
}

TEST(LeastSquares, RefusesWhatCannotBeFitted) {
  auto problem = misra();
  problem.residuals = 1;
  EXPECT_THROW(least_squares(problem, std::array{1.0, 1.0}), InvalidInput);
  problem = misra();
  problem.bounds = {{0, 1}, {0, 1}};
  EXPECT_THROW(least_squares(problem, std::array{250.0, 5e-4}), InvalidInput);
  EXPECT_THROW(least_squares(misra(), std::array{250.0, std::nan("")}), InvalidInput);
}

}  // namespace
}  // namespace ecram::fit
