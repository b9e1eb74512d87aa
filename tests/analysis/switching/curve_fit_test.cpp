// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/curve_fit.h"

#include <cmath>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "analysis/switching/simulated_curve.h"
#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/core/errors.h"

namespace ecram::analysis {
namespace {

TEST(CurveFit, ExactCurvesGiveTheirLabelToAPartInAMillion) {
  for (const double a : {0.0228, 0.1, 0.5, 1.25165, 10.0, 126.269, -0.0228, -0.4, -126.269})
    for (const double sign : {1.0, -1.0}) {  // rising and falling
      std::vector<double> g;
      for (int i = 0; i < 100; ++i) g.push_back(1.3e-6 + sign * 9e-7 * law(i / 99.0, 1 / a));
      const auto fit = fit_curve(pulse_numbers(100), g);
      EXPECT_NEAR(nonlinearity_label(fit.curvature.value) / nonlinearity_label(1 / a), 1, 1e-6) << a;
      EXPECT_NEAR(fit.start, 1.3e-6, 1e-14);
      EXPECT_NEAR(fit.change, sign * 9e-7, 1e-14);
      EXPECT_FALSE(fit.contradicted());
    }
}

TEST(CurveFit, PulsesNeedNotBeEvenlySpaced) {
  std::vector<double> pulse, g;
  for (int i = 0; i < 60; ++i) pulse.push_back(3 + i + 0.01 * i * i);
  for (const double p : pulse) g.push_back(5 - 2 * law((p - 3) / (pulse.back() - 3), 1.7));
  const auto fit = fit_curve(pulse, g);
  EXPECT_NEAR(fit.curvature.value, 1.7, 1e-8);
  EXPECT_NEAR(fit.change, -2, 1e-9);
}

/// Covariance of the state at two pulses, variance 1 added by each pulse: a random walk has the smaller of the two
/// numbers; what fades is (exp(-|a-b|/f) - exp(-(a+b)/f)) / (1 - exp(-2/f)), zero at pulse 0.
double step_covariance(double a, double b, double fading) {
  if (std::isinf(fading)) return std::min(a, b);
  return (std::exp(-std::abs(a - b) / fading) - std::exp(-(a + b) / fading)) / (1 - std::exp(-2 / fading));
}

// Whitening against its definition: with covariance V, the whitened series must have the inner products a^T V^-1 b,
// and the innovations' variances must multiply to det V. V is written down and inverted directly here.
TEST(Whitening, IsTheInverseRootOfTheCovariance) {
  const std::vector<double> pulse{0, 1, 2, 4, 4.5, 9};
  const auto n = static_cast<Eigen::Index>(pulse.size());
  for (const auto& [share, fading] : std::vector<std::pair<double, double>>{
           {0.0, INFINITY}, {0.2, INFINITY}, {0.9, INFINITY}, {0.3, 2.0}, {0.8, 0.7}}) {
    Eigen::MatrixXd v(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        v(i, j) =
            share * step_covariance(pulse[static_cast<std::size_t>(i)], pulse[static_cast<std::size_t>(j)], fading) +
            (i == j ? 1 - share : 0);
    const Whitening whitening(pulse, {share, fading});
    const std::vector<double> a{1, -2, 0.5, 3, 0, 1}, b{0.3, 1, 1, -1, 2, 5};
    std::vector<double> wa(6), wb(6);
    whitening.apply(a, wa);
    whitening.apply(b, wb);
    const auto vector = [](const std::vector<double>& x) { return Eigen::Map<const Eigen::VectorXd>(x.data(), 6); };
    EXPECT_NEAR(vector(wa).dot(vector(wb)), vector(a).dot(v.inverse() * vector(b)), 1e-10);
    EXPECT_NEAR(whitening.log_variance(), std::log(v.determinant()), 1e-10);
  }
}

TEST(Whitening, StepNoiseAloneIsWhitenedByDifferences) {
  const std::vector<double> pulse{0, 1, 5}, series{7, 8, 12};
  const Whitening whitening(pulse, {1});
  ASSERT_EQ(whitening.size(), 2U);
  std::vector<double> white(3);
  whitening.apply(series, white);
  EXPECT_DOUBLE_EQ(white[0], 1);
  EXPECT_DOUBLE_EQ(white[1], 4 / std::sqrt(4.0));
}

TEST(CurveFit, TheNoiseThatIsThereIsTheNoiseThatIsFound) {
  int reading = 0, step = 0, both = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    RandomStream random(3, "kind", i);
    reading +=
        fit_curve(pulse_numbers(100), simulated_curve(100, 1, 0.01, 0, random)).noise_model == NoiseModel::reading;
    step += fit_curve(pulse_numbers(100), simulated_curve(100, 1, 0, 0.01, random)).noise_model == NoiseModel::step;
    const auto mixed = fit_curve(pulse_numbers(300), simulated_curve(300, 1, 0.01, 0.003, random));
    both += mixed.noise_model == NoiseModel::both;
    EXPECT_NEAR(mixed.reading_noise, 0.01, 0.003);
    EXPECT_NEAR(mixed.step_noise, 0.003, 0.002);
  }
  EXPECT_GE(reading, 18);
  EXPECT_GE(step, 15);
  EXPECT_GE(both, 19);
}

// A fluctuation that lasts some ten pulses, as random telegraph noise does, on a curve of a thousand.
TEST(CurveFit, NoiseThatFadesIsToldFromNoiseThatStays) {
  int found = 0;
  for (std::uint64_t i = 0; i < 5; ++i) {
    RandomStream random(8, "fading", i);
    std::vector<double> g;
    double wander = 0;
    for (int k = 0; k < 1000; ++k) {
      wander = wander * std::exp(-1 / 10.0) + 0.03 * random.normal();
      g.push_back(law(k / 999.0, 2) + wander + 0.05 * random.normal());
    }
    const auto fit = fit_curve(pulse_numbers(1000), g);
    found += fit.noise_model == NoiseModel::fading;
    EXPECT_NEAR(fit.noise.fading, 10, 6);
    EXPECT_NEAR(fit.curvature.value, 2, 0.6);
  }
  EXPECT_EQ(found, 5);
}

// Curves that no exponential law describes must not yield a label.
TEST(CurveFit, AShapeThatIsNotTheLawIsRefused) {
  std::vector<double> sigmoid, stairs;
  RandomStream random(4, "shape");
  for (int i = 0; i < 100; ++i) {
    sigmoid.push_back(1 / (1 + std::exp(-(i - 50) / 8.0)) + 0.002 * random.normal());
    stairs.push_back((i / 25) * 0.25 + 0.001 * random.normal());
  }
  EXPECT_TRUE(fit_curve(pulse_numbers(100), sigmoid).contradicted());
  EXPECT_TRUE(fit_curve(pulse_numbers(100), stairs, NoiseModel::reading).contradicted());
}

TEST(CurveFit, DrawnCurvesHaveTheNoiseOfTheFit) {
  CurveFit fit;
  fit.start = 2;
  fit.change = 1;
  fit.curvature.value = 1;
  fit.reading_noise = 0.02;
  fit.step_noise = 0.01;
  const auto pulse = pulse_numbers(50);
  double end = 0, end_square = 0;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const double x = draw_curve(fit, pulse, 9, i).back() - 3;
    end += x / 4000;
    end_square += x * x / 4000;
  }
  EXPECT_NEAR(end, 0, 5 * std::sqrt(0.0053 / 4000));
  EXPECT_NEAR(end_square, 49 * 1e-4 + 4e-4, 5 * 0.0053 * std::sqrt(2.0 / 4000));
}

TEST(CurveFit, RefusesWhatIsNoCurve) {
  const auto pulse = pulse_numbers(6);
  EXPECT_THROW(fit_curve(pulse_numbers(4), std::vector<double>{1, 2, 3, 4}), InvalidInput);
  EXPECT_THROW(fit_curve(pulse, std::vector<double>(6, 1.0)), InvalidInput);
  EXPECT_THROW(fit_curve(std::vector<double>{0, 1, 1, 2, 3}, std::vector<double>{0, 1, 2, 3, 4}), InvalidInput);
}

}  // namespace
}  // namespace ecram::analysis
