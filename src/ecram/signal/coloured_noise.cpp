// SPDX-License-Identifier: Apache-2.0
#include "ecram/signal/coloured_noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "ecram/core/errors.h"

namespace ecram::signal {
namespace {

constexpr std::size_t most_relaxations = 10;

}  // namespace

std::vector<double> relaxation_rates(double duration, double interval) {
  const double slowest = 0.5 * std::numbers::pi / duration, fastest = std::numbers::pi / interval;
  const int steps = std::clamp(static_cast<int>(std::ceil(std::log(fastest / slowest) / std::log(6.0))), 1,
                               static_cast<int>(most_relaxations) - 1);
  std::vector<double> rates;
  for (int k = 0; k <= steps; ++k) rates.push_back(slowest * std::pow(fastest / slowest, double(k) / steps));
  return rates;
}

double whiten(const Relaxations& noise, std::span<const double> interval, std::span<const double> weight,
              std::span<double> values, std::size_t columns) {
  const std::size_t terms = noise.rate.size(), samples = weight.size();
  if (terms > most_relaxations) throw InvalidInput("{} relaxations; at most {} are possible", terms, most_relaxations);
  // The factor is K = L D L^T with L_ij = sum_k power_k exp(-rate_k (t_i - t_j)) w_jk below the diagonal. `covariance`
  // carries sum_j D_j w_jk w_jl, decayed to the present sample; `carried` the same sums over w_jk z_j for each column.
  std::array<std::array<double, most_relaxations>, most_relaxations> covariance{};
  std::array<double, most_relaxations> decay{}, w{};
  std::vector<double> carried(terms * columns, 0.0);
  double total = 0, log_determinant = 0, last_interval = -1;
  for (double power : noise.power) total += power;

  for (std::size_t i = 0; i < samples; ++i) {
    double* row = values.data() + i * columns;
    if (i > 0) {
      if (interval[i] != last_interval) {
        for (std::size_t k = 0; k < terms; ++k) decay[k] = std::exp(-noise.rate[k] * interval[i]);
        last_interval = interval[i];
      }
      for (std::size_t k = 0; k < terms; ++k)
        for (std::size_t l = 0; l <= k; ++l) covariance[k][l] *= decay[k] * decay[l];
      for (std::size_t k = 0; k < terms; ++k) {
        const double power = noise.power[k], fade = decay[k];
        double* sum = carried.data() + k * columns;
        for (std::size_t c = 0; c < columns; ++c) {
          sum[c] *= fade;
          row[c] -= power * sum[c];
        }
      }
    }
    std::array<double, most_relaxations> predicted{};
    for (std::size_t k = 0; k < terms; ++k) {
      for (std::size_t l = 0; l < k; ++l) {
        predicted[k] += covariance[k][l] * noise.power[l];
        predicted[l] += covariance[k][l] * noise.power[k];
      }
      predicted[k] += covariance[k][k] * noise.power[k];
    }
    double d = total + 1 / weight[i];
    for (std::size_t k = 0; k < terms; ++k) d -= noise.power[k] * predicted[k];
    log_determinant += std::log(d);
    for (std::size_t k = 0; k < terms; ++k) w[k] = (1 - predicted[k]) / d;
    for (std::size_t k = 0; k < terms; ++k)
      for (std::size_t l = 0; l <= k; ++l) covariance[k][l] += d * w[k] * w[l];
    for (std::size_t k = 0; k < terms; ++k) {
      double* sum = carried.data() + k * columns;
      for (std::size_t c = 0; c < columns; ++c) sum[c] += w[k] * row[c];
    }
    const double scale = 1 / std::sqrt(d);
    for (std::size_t c = 0; c < columns; ++c) row[c] *= scale;
  }
  return log_determinant;
}

}  // namespace ecram::signal
