// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/residual_lines.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Core>

#include "ecram/analysis/hall/reference.h"
#include "ecram/signal/regression.h"
#include "ecram/signal/spectrum.h"
#include "ecram/signal/spikes.h"

namespace ecram::analysis {

Eigen::MatrixXd sine_columns(std::span<const double> time, double frequency) {
  Eigen::MatrixXd x(static_cast<Eigen::Index>(time.size()), 2);
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const double angle = 2 * std::numbers::pi * frequency * time[static_cast<std::size_t>(i)];
    x(i, 0) = std::cos(angle);
    x(i, 1) = std::sin(angle);
  }
  return x;
}

std::vector<double> residual_lines(std::span<const double> time, std::span<const double> residual, double rotation) {
  constexpr std::size_t most_lines = 3, least = 64;
  constexpr double excess = 30;
  constexpr int nearby = 12;
  std::vector<double> found;
  if (time.size() < least) return found;
  const double duration = time.back() - time.front(), interval = duration / double(time.size() - 1);
  Eigen::VectorXd rest = Eigen::Map<const Eigen::VectorXd>(residual.data(), static_cast<Eigen::Index>(residual.size()));
  while (found.size() < most_lines) {
    const auto s = signal::spectrum(on_grid(time, {rest.data(), time.size()}, time.size(), interval), interval);
    const auto median = signal::running_median(s.density, nearby);
    std::size_t best = s.density.size();
    for (std::size_t k = 0; k < s.density.size(); ++k) {
      bool own = s.frequency[k] * duration < 2;
      for (int harmonic = 1; harmonic <= 3; ++harmonic)
        own = own || std::abs(s.frequency[k] - harmonic * rotation) * duration < 3;
      if (own || !(s.density[k] > excess * median[k])) continue;
      if (best == s.density.size() || s.density[k] > s.density[best]) best = k;
    }
    if (best == s.density.size()) break;
    // The frequency to a small part of the spectrum's step, on the readings' own times.
    double low = s.frequency[best] - 0.7 / duration, high = s.frequency[best] + 0.7 / duration;
    const auto left = [&](double f) {
      return signal::least_squares(sine_columns(time, f), rest).residual.squaredNorm();
    };
    constexpr double golden = 0.6180339887498949;
    for (int step = 0; step < 16; ++step) {
      const double a = high - golden * (high - low), b = low + golden * (high - low);
      (left(a) < left(b) ? high : low) = left(a) < left(b) ? b : a;
    }
    const double frequency = 0.5 * (low + high);
    // A neighbour of a line already there is what the window left of it: their columns would hardly differ.
    if (std::any_of(found.begin(), found.end(), [&](double f) { return std::abs(f - frequency) * duration < 1; }))
      break;
    found.push_back(frequency);
    rest = signal::least_squares(sine_columns(time, found.back()), rest).residual;
  }
  return found;
}

}  // namespace ecram::analysis
