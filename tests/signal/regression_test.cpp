// SPDX-License-Identifier: Apache-2.0
#include "ecram/signal/regression.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/random.h"

namespace ecram::signal {
namespace {

struct Sampling {
  std::vector<double> time, interval, weight;
};

Sampling irregular(int samples, std::uint64_t seed) {
  RandomStream random(seed, "sampling");
  Sampling s;
  double t = 0;
  for (int i = 0; i < samples; ++i) {
    const double step = 0.5 + random.uniform() + (i == samples / 2 ? 20 : 0);
    t += step;
    s.time.push_back(t);
    s.interval.push_back(step);
    s.weight.push_back(1 + random.below(3));
  }
  return s;
}

Eigen::MatrixXd dense_covariance(const Relaxations& noise, const Sampling& s) {
  const auto n = static_cast<Eigen::Index>(s.time.size());
  Eigen::MatrixXd k(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      k(i, j) = i == j ? 1 / s.weight[i] : 0;
      for (std::size_t r = 0; r < noise.rate.size(); ++r)
        k(i, j) += noise.power[r] * std::exp(-noise.rate[r] * std::abs(s.time[i] - s.time[j]));
    }
  return k;
}

// The oracle is the covariance matrix written out, factored by a dense Cholesky decomposition.
TEST(Whitening, IsTheDenseFactorsInverse) {
  const Sampling s = irregular(40, 1);
  const Relaxations noise{{0.01, 0.1, 1, 5}, {3, 1, 0.5, 2}};
  const Eigen::MatrixXd k = dense_covariance(noise, s);
  const Eigen::LLT<Eigen::MatrixXd> factor(k);
  RandomStream random(2, "columns");
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> y(40, 3);
  for (Eigen::Index i = 0; i < y.size(); ++i) y.data()[i] = random.normal();
  const Eigen::MatrixXd expected = factor.matrixL().solve(Eigen::MatrixXd(y));
  const double log_determinant = whiten(noise, s.interval, s.weight, {y.data(), 120}, 3);
  EXPECT_LT((y - expected).cwiseAbs().maxCoeff(), 1e-11);
  EXPECT_NEAR(log_determinant, std::log(k.determinant()), 1e-10);
}

TEST(Whitening, AnInfiniteIntervalStartsARecordOfItsOwn) {
  const Relaxations noise{{0.1}, {2}};
  const std::vector<double> interval{0, 1, std::numeric_limits<double>::infinity(), 1}, weight(4, 1.0);
  std::vector<double> values{0.3, -1, 0.3, -1};
  whiten(noise, interval, weight, values, 1);
  EXPECT_EQ(values[0], values[2]);
  EXPECT_EQ(values[1], values[3]);
}

// The sum of the relaxations' Lorentzians must go as 1/f.
TEST(RelaxationLadder, HasTheColourItClaims) {
  const double duration = 1200, interval = 1;
  const auto rates = relaxation_rates(duration, interval);
  double least = 1e300, most = 0;
  for (double f = 3 / duration; f < 0.1 / interval; f *= 1.05) {
    const double omega = 2 * std::numbers::pi * f;
    double density = 0;
    for (double rate : rates) density += 2 * rate / (rate * rate + omega * omega);
    least = std::min(least, density * f);
    most = std::max(most, density * f);
  }
  EXPECT_LT(most / least, 1.25);
}

struct SineModel {
  const Sampling& sampling;
  Eigen::MatrixXd x;
  Eigen::VectorXd y;

  LinearModel linear() const { return {sampling.interval, sampling.weight, x, y}; }
};

SineModel sine_model(const Sampling& s) {
  const auto n = static_cast<Eigen::Index>(s.time.size());
  SineModel model{s, Eigen::MatrixXd(n, 3), Eigen::VectorXd(n)};
  for (Eigen::Index i = 0; i < n; ++i) {
    model.x(i, 0) = 1;
    model.x(i, 1) = std::cos(0.3 * s.time[i]);
    model.x(i, 2) = s.time[i];
  }
  return model;
}

// Dense generalised least squares by the textbook's formula.
TEST(GeneralisedLeastSquares, IsTheTextbooksFormula) {
  const Sampling s = irregular(60, 3);
  SineModel model = sine_model(s);
  RandomStream random(4, "noise");
  for (Eigen::Index i = 0; i < 60; ++i) model.y[i] = 1 + 2 * model.x(i, 1) + random.normal();
  const auto rates = relaxation_rates(80, 1);
  const NoiseColour colour{0.4, 1.5};
  const Regression fit = generalised_least_squares(model.linear(), rates, colour);

  Relaxations noise{rates, std::vector<double>(rates.size(), colour.flicker)};
  noise.power[0] += colour.brown;
  const Eigen::MatrixXd inverse = dense_covariance(noise, s).inverse();
  const Eigen::MatrixXd normal = model.x.transpose() * inverse * model.x;
  const Eigen::VectorXd expected = normal.inverse() * model.x.transpose() * inverse * model.y;
  const Eigen::VectorXd residual = model.y - model.x * expected;
  const double variance = residual.dot(inverse * residual) / 57;
  EXPECT_LT((fit.coefficient - expected).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_LT((fit.covariance - variance * normal.inverse()).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_NEAR(fit.white_variance, variance, 1e-9);
}

// A choice of columns, in any order, is the fit of a model that has only those.
TEST(WhitenedModel, FitsAnyChoiceOfColumns) {
  const Sampling s = irregular(60, 3);
  SineModel model = sine_model(s);
  RandomStream random(9, "noise");
  for (double& y : model.y) y = random.normal();
  const auto rates = relaxation_rates(80, 1);
  const std::vector<Eigen::Index> chosen{2, 0};
  const Regression part = WhitenedModel(model.linear(), rates, {0.4, 1.5}).fit(chosen);
  SineModel small = model;
  small.x = model.x(Eigen::all, chosen);
  const Regression alone = generalised_least_squares(small.linear(), rates, {0.4, 1.5});
  EXPECT_LT((part.coefficient - alone.coefficient).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT((part.covariance - alone.covariance).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_NEAR(part.white_variance, alone.white_variance, 1e-12);
}

// The sum of squares falls by `explained` with each column entered.
TEST(WhitenedModel, ExplainedIsTheFallOfTheSumOfSquares) {
  const Sampling s = irregular(60, 3);
  SineModel model = sine_model(s);
  RandomStream random(10, "noise");
  for (double& y : model.y) y = random.normal();
  const WhitenedModel whitened(model.linear(), relaxation_rates(80, 1), {0.4, 1.5});
  const auto square = [&](const std::vector<Eigen::Index>& columns) {
    const Regression fit = whitened.fit(columns);
    return fit.white_variance * double(fit.degrees_of_freedom);
  };
  const Regression all = whitened.fit(std::vector<Eigen::Index>{0, 1, 2});
  EXPECT_NEAR(square({0, 1}) - square({0, 1, 2}), all.explained[2], 1e-10);
  EXPECT_NEAR(square({0}) - square({0, 1}), all.explained[1], 1e-10);
}

// Straight line through (0, 1), (1, 3), (2, 5), (3, 8): slope 2.3, level 0.8 by hand.
TEST(LeastSquares, OfAStraightLine) {
  Eigen::MatrixXd x(4, 2);
  x << 1, 0, 1, 1, 1, 2, 1, 3;
  const Eigen::Vector4d y(1, 3, 5, 8);
  const LeastSquares fit = least_squares(x, y);
  EXPECT_NEAR(fit.coefficient[0], 0.8, 1e-12);
  EXPECT_NEAR(fit.coefficient[1], 2.3, 1e-12);
  EXPECT_NEAR(fit.inverse(1, 1), 1 / 5.0, 1e-12);  // one over the spread of x about its mean
  EXPECT_NEAR(fit.residual.sum(), 0, 1e-12);
  EXPECT_EQ(fit.rank, 2);
  // A weight of 2 is a point that stands there twice.
  Eigen::MatrixXd twice(5, 2);
  twice << x, 1, 3;
  Eigen::VectorXd again(5);
  again << y, 8;
  const LeastSquares weighted = least_squares(x, y, Eigen::Vector4d(1, 1, 1, 2)),
                     repeated = least_squares(twice, again);
  EXPECT_LT((weighted.coefficient - repeated.coefficient).cwiseAbs().maxCoeff(), 1e-12);
  // A column of zeros and one of another's multiples do no harm.
  Eigen::MatrixXd dependent(4, 4);
  dependent << x, Eigen::Vector4d::Zero(), 1e6 * x.col(1);
  const LeastSquares same = least_squares(dependent, y);
  EXPECT_EQ(same.rank, 2);
  EXPECT_EQ(same.coefficient[2], 0);
  EXPECT_LT((same.residual - fit.residual).cwiseAbs().maxCoeff(), 1e-9);
}

TEST(GeneralisedLeastSquares, RefusesColumnsThatDependOnEachOther) {
  const Sampling s = irregular(60, 3);
  SineModel model = sine_model(s);
  model.x.col(2) = 3 * model.x.col(0) - model.x.col(1);
  model.y.setOnes();
  EXPECT_THROW(generalised_least_squares(model.linear(), relaxation_rates(80, 1), {}), InvalidInput);
}

// Noise is drawn with a known colour by the dense factor; the estimate must find it.
TEST(NoiseColour, IsFoundFromTheNoise) {
  const Sampling s = irregular(600, 5);
  const auto rates = relaxation_rates(s.time.back(), 1);
  Relaxations noise{rates, std::vector<double>(rates.size(), 0.5)};
  const Eigen::MatrixXd l = dense_covariance(noise, s).llt().matrixL();
  double log_sum = 0;
  constexpr int trials = 8;
  for (int trial = 0; trial < trials; ++trial) {
    SineModel model = sine_model(s);
    RandomStream random(6, "noise", trial);
    Eigen::VectorXd white(600);
    for (double& z : white) z = random.normal();
    model.y = l * white;
    const NoiseColour colour = estimate_colour(model.linear(), rates);
    log_sum += std::log(colour.flicker);
  }
  EXPECT_NEAR(log_sum / trials, std::log(0.5), 0.25);
}

TEST(NoiseColour, OfWhiteNoiseIsNearlyNone) {
  const Sampling s = irregular(600, 7);
  SineModel model = sine_model(s);
  RandomStream random(8, "noise");
  for (Eigen::Index i = 0; i < 600; ++i) model.y[i] = random.normal() / std::sqrt(s.weight[i]);
  const NoiseColour colour = estimate_colour(model.linear(), relaxation_rates(s.time.back(), 1));
  EXPECT_LT(colour.flicker, 0.05);
}

// In white noise a part is preferred as often as twice its likelihood ratio, a square of a standard normal number in
// every second record and 0 in the others, exceeds its cost of 2: in 8 % for flicker. 1/f noise of the size of the
// white noise is never missed.
TEST(NoiseColour, PartsHaveTheWeightOfTheirEvidence) {
  const Sampling s = irregular(300, 9);
  const auto rates = relaxation_rates(s.time.back(), 1);
  const auto most_likely = [&](const Relaxations& noise, int trial) {
    const Eigen::MatrixXd l = dense_covariance(noise, s).llt().matrixL();
    SineModel model = sine_model(s);
    RandomStream random(10, "noise", trial);
    Eigen::VectorXd white(300);
    for (double& z : white) z = random.normal();
    model.y = l * white;
    const auto all = likely_colours(model.linear(), rates);
    double sum = 0;
    for (const auto& c : all) {
      sum += c.weight;
      EXPECT_LE(c.weight, all[0].weight);
    }
    EXPECT_NEAR(sum, 1, 1e-12);
    return all[0].colour;
  };
  int coloured = 0, flicker = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const NoiseColour white = most_likely({rates, std::vector<double>(rates.size(), 0.0)}, trial);
    coloured += white.flicker + white.brown > 0 ? 1 : 0;
    flicker += most_likely({rates, std::vector<double>(rates.size(), 0.5)}, trial).flicker > 0 ? 1 : 0;
  }
  EXPECT_LE(coloured, 18);
  EXPECT_GE(flicker, 98);
}

}  // namespace
}  // namespace ecram::signal
