// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/pulse_trend.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "ecram/signal/spikes.h"

namespace ecram::analysis {
namespace {

/// Correlation of the values with 0, 1, 2, ...
double correlation_with_order(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / count;
  const double middle = (count - 1) / 2;
  double covariance = 0, variance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    covariance += (static_cast<double>(i) - middle) * (values[i] - mean);
    variance += (values[i] - mean) * (values[i] - mean);
  }
  const double order_variance = count * (count * count - 1) / 12;
  return variance > 0 ? covariance / std::sqrt(variance * order_variance) : 0;
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Standard deviation of one reading if readings are independent: a step has twice the variance. 1.4826 turns the
/// median absolute deviation of a normal quantity into its standard deviation.
double reading_noise(std::span<const double> values) {
  std::vector<double> steps(values.size() - 1);
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = values[i + 1] - values[i];
  const double usual = signal::median(steps);
  for (double& step : steps) step = std::abs(step - usual);
  return 1.4826 * signal::median(std::move(steps)) / std::sqrt(2.0);
}

}  // namespace

int clear_trend(std::span<const double> conductance) {
  if (conductance.size() < 2) return 0;
  const double correlation = correlation_with_order(conductance);
  const std::size_t ends = std::max<std::size_t>(1, conductance.size() / 20);
  const double change = mean_of(conductance.last(ends)) - mean_of(conductance.first(ends));
  if (correlation * change <= 0) return 0;
  const double error = reading_noise(conductance) * std::sqrt(2.0 / static_cast<double>(ends));
  const bool clear = std::abs(correlation) > 0.5 || std::abs(change) > 4 * error;
  return !clear ? 0 : (change > 0 ? 1 : -1);
}

}  // namespace ecram::analysis
