// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/variation/cycle_to_cycle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace ecram::analysis {
namespace {

/// Mean and standard deviation over the runs of what `at` takes from each. Two passes: spreads are small beside means.
template <class At>
std::pair<double, double> over_runs(std::span<const PulseTrain* const> runs, At at) {
  const auto n = static_cast<double>(runs.size());
  double mean = 0, square = 0;
  for (const PulseTrain* run : runs) mean += at(*run) / n;
  for (const PulseTrain* run : runs) square += (at(*run) - mean) * (at(*run) - mean);
  return {mean, std::sqrt(square / (n - 1))};
}

/// Sums over the deviations of steps from what they should be.
struct DeviationSums {
  double square = 0, product = 0;    ///< of deviations, and of neighbours
  double squares = 0, products = 0;  ///< how many were added, less the degrees of freedom used up
  double distance = 1;               ///< mean number of pulses between readings

  StepSpread spread() const {
    const double variance = square / squares, covariance = product / products;
    StepSpread result;
    // The variance of a sample variance, with neighbours correlated by rho: 2/n (1 + 2 rho^2).
    const double raw = std::sqrt(variance), rho = variance > 0 ? std::clamp(covariance / variance, -0.5, 0.5) : 0;
    result.raw = normal_estimate(raw, raw * std::sqrt((1 + 2 * rho * rho) / (2 * squares)));
    const double reading = std::clamp(-covariance, 0.0, variance / 2);
    result.reading_noise = std::sqrt(reading);
    // variance + 2 covariance has the error sqrt(6/n) variance: 2/n from the variance, 4/n from twice the covariance,
    // for deviations that are nearly white.
    // A step between readings gathers the noise of all pulses in between.
    const double noise = std::max(0.0, variance - 2 * reading) / distance,
                 error = std::sqrt(6 / squares) * variance / distance;
    const double low = std::max(0.0, noise - 1.96 * error), high = noise + 1.96 * error;
    const double step = std::sqrt(noise);
    result.step_noise = {step, step > 0 ? error / (2 * step) : std::numeric_limits<double>::quiet_NaN(), std::sqrt(low),
                         std::sqrt(high)};
    return result;
  }
};

}  // namespace

StepSpread step_spread(std::span<const PulseTrain* const> runs, std::span<const double> pulse) {
  const std::size_t n = runs[0]->conductance.size();
  const auto count = static_cast<double>(runs.size());
  std::vector<double> mean_step(n - 1);
  for (const PulseTrain* run : runs)
    for (std::size_t i = 0; i + 1 < n; ++i) mean_step[i] += (run->conductance[i + 1] - run->conductance[i]) / count;
  DeviationSums sums;
  for (const PulseTrain* run : runs) {
    double before = 0;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const double deviation = run->conductance[i + 1] - run->conductance[i] - mean_step[i];
      sums.square += deviation * deviation;
      if (i > 0) sums.product += deviation * before;
      before = deviation;
    }
  }
  // A mean taken from the runs themselves costs one degree of freedom at each pulse.
  sums.squares = (count - 1) * static_cast<double>(n - 1);
  sums.products = (count - 1) * static_cast<double>(n - 2);
  sums.distance = (pulse.back() - pulse.front()) / static_cast<double>(n - 1);
  return sums.spread();
}

StepSpread step_spread(const PulseTrain& run, std::span<const double> law, std::span<const double> pulse) {
  DeviationSums sums;
  double before = 0;
  for (std::size_t i = 0; i + 1 < law.size(); ++i) {
    const double deviation = run.conductance[i + 1] - run.conductance[i] - (law[i + 1] - law[i]);
    sums.square += deviation * deviation;
    if (i > 0) sums.product += deviation * before;
    before = deviation;
  }
  // The law's steps have two parameters: its size and its curvature.
  sums.squares = static_cast<double>(law.size()) - 3;
  sums.products = static_cast<double>(law.size()) - 4;
  sums.distance = (pulse.back() - pulse.front()) / static_cast<double>(law.size() - 1);
  return sums.spread();
}

StepSpread pooled(const StepSpread& a, const StepSpread& b) {
  const auto mean_square = [](double x, double y) { return std::sqrt((x * x + y * y) / 2); };
  const auto estimate = [&](const Estimate& x, const Estimate& y) {
    const double value = mean_square(x.value, y.value);
    // A spread that was found to be zero has no standard error, but a bound above it.
    const auto error_of = [](const Estimate& e) {
      return e.value > 0 ? e.value * e.standard_error : e.high * e.high / 4;
    };
    const double error = value > 0 ? std::hypot(error_of(x), error_of(y)) / (2 * value) : x.standard_error;
    return Estimate{value, error, mean_square(x.low, y.low), mean_square(x.high, y.high)};
  };
  return {estimate(a.raw, b.raw), estimate(a.step_noise, b.step_noise), mean_square(a.reading_noise, b.reading_noise)};
}

std::optional<WorstPulse> worst_pulse(std::span<const PulseTrain* const> potentiation,
                                      std::span<const PulseTrain* const> depression) {
  std::optional<WorstPulse> worst;
  std::size_t before = 0;
  for (const auto runs : {potentiation, depression}) {
    if (runs.empty()) continue;
    const std::size_t n = runs[0]->conductance.size();
    if (runs.size() >= 3)
      for (std::size_t i = 0; i < n; ++i) {
        const auto [mean, spread] = over_runs(runs, [i](const PulseTrain& run) { return run.conductance[i]; });
        if (!worst || spread > worst->spread) worst = {before + i + 1, mean, spread};
      }
    before += n;
  }
  return worst;
}

}  // namespace ecram::analysis
