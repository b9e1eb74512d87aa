// SPDX-License-Identifier: Apache-2.0
#include "ecram/signal/spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/random.h"
#include "ecram/signal/spikes.h"

namespace ecram::signal {
namespace {

using std::numbers::pi;

// The sum that a Fourier transform stands for, done term by term.
TEST(FourierTransform, IsItsOwnSum) {
  RandomStream random(1, "values");
  std::vector<std::complex<double>> values(30);
  for (auto& v : values) v = {random.normal(), random.normal()};
  const auto transform = fourier_transform(values);
  for (int k = 0; k < 30; ++k) {
    std::complex<double> sum = 0;
    for (int j = 0; j < 30; ++j) sum += values[j] * std::polar(1.0, -2 * pi * j * k / 30);
    EXPECT_LT(std::abs(transform[k] - sum), 1e-12);
  }
  const auto back = fourier_transform(transform, true);
  for (int k = 0; k < 30; ++k) EXPECT_LT(std::abs(back[k] / 30.0 - values[k]), 1e-13);
}

TEST(FastLength, HasSmallFactorsOnly) {
  EXPECT_EQ(fast_length(1), 1u);
  EXPECT_EQ(fast_length(7), 8u);
  EXPECT_EQ(fast_length(1201), 1215u);
}

TEST(Spectrum, AmplitudeOfASine) {
  std::vector<double> values;
  for (int i = 0; i < 1200; ++i) values.push_back(5 + 0.3 * std::cos(2 * pi * 0.0125 * i - 0.4));
  const auto s = spectrum(values, 1);
  double most = 0, at = 0;
  for (std::size_t k = 0; k < s.frequency.size(); ++k)
    if (s.amplitude[k] > most) most = s.amplitude[k], at = s.frequency[k];
  EXPECT_NEAR(at, 0.0125, 1e-9);
  EXPECT_NEAR(most, 0.3, 1e-3);
  const auto line = fourier_amplitude(values, 1, 0.0125);
  EXPECT_NEAR(std::abs(line), 0.3, 1e-3);
  EXPECT_NEAR(std::arg(line), -0.4, 1e-3);
  EXPECT_THROW(spectrum(std::vector<double>(3), 1), InvalidInput);
}

// Parseval: the density's integral is the variance.
TEST(Spectrum, DensityIntegratesToTheVariance) {
  RandomStream random(2, "noise");
  std::vector<double> values(100000);
  for (double& v : values) v = 2 * random.normal();
  const auto s = spectrum(values, 0.5);
  double sum = 0;
  for (double d : s.density) sum += d * s.frequency[0];
  EXPECT_NEAR(sum, 4, 0.1);
}

TEST(Spikes, AreFoundAndNothingElseIs) {
  RandomStream random(3, "noise");
  std::vector<double> values(5000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = random.normal() + 0.01 * double(i);
  values[100] += 20;
  values[2000] -= 20;
  values[2001] -= 25;
  const auto found = spikes(values, 4, 7);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(found[i] != 0, i == 100 || i == 2000 || i == 2001) << i;
}

// The definition, by sorting each window.
TEST(RunningMedian, IsTheMedianOfEachWindow) {
  RandomStream random(4, "values");
  std::vector<double> values(3000);
  for (double& v : values) v = random.below(40);
  for (int reach : {3, 4}) {
    const auto medians = running_median(values, reach);
    for (int i = 0; i < 3000; ++i) {
      std::vector<double> window(values.begin() + std::max(0, i - reach),
                                 values.begin() + std::min(3000, i + reach + 1));
      std::sort(window.begin(), window.end());
      const std::size_t m = window.size() / 2;
      EXPECT_EQ(medians[i], window.size() % 2 == 1 ? window[m] : 0.5 * (window[m - 1] + window[m]))
          << reach << " " << i;
    }
  }
  EXPECT_EQ(running_median(std::vector<double>{2, 1}, 3)[0], 1.5);
}

}  // namespace
}  // namespace ecram::signal
