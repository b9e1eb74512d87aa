// SPDX-License-Identifier: Apache-2.0
#include "ecram/signal/spectrum.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include <kissfft.hh>

#include "ecram/core/errors.h"

namespace ecram::signal {
namespace {

using std::numbers::pi;

double hann(std::size_t i, std::size_t n) { return 0.5 - 0.5 * std::cos(2 * pi * (double(i) + 0.5) / double(n)); }

}  // namespace

std::vector<std::complex<double>> fourier_transform(std::span<const std::complex<double>> values, bool inverse) {
  std::vector<std::complex<double>> result(values.size());
  if (!values.empty()) kissfft<double>(values.size(), inverse).transform(values.data(), result.data());
  return result;
}

std::size_t fast_length(std::size_t samples) {
  for (std::size_t n = samples;; ++n) {
    std::size_t rest = n;
    for (std::size_t factor : {2, 3, 5})
      while (rest > 1 && rest % factor == 0) rest /= factor;
    if (rest <= 1) return n;
  }
}

Spectrum spectrum(std::span<const double> values, double interval) {
  const std::size_t n = values.size();
  if (n < 8) throw InvalidInput("{} values; a spectrum needs at least 8", n);
  if (!(interval > 0)) throw InvalidInput("interval {} s; expected a positive one", interval);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / double(n);
  std::vector<std::complex<double>> windowed(fast_length(n));
  for (std::size_t i = 0; i < n; ++i) windowed[i] = (values[i] - mean) * hann(i, n);
  const auto transform = fourier_transform(windowed);
  const double length = double(windowed.size());
  Spectrum s;
  for (std::size_t k = 1; k <= windowed.size() / 2; ++k) {
    s.frequency.push_back(double(k) / (length * interval));
    s.amplitude.push_back(2 * std::abs(transform[k]) / (0.5 * double(n)));
    s.density.push_back(2 * std::norm(transform[k]) * interval / (0.375 * double(n)));
  }
  return s;
}

std::complex<double> fourier_amplitude(std::span<const double> values, double interval, double frequency) {
  const std::size_t n = values.size();
  // Both phases step by a constant factor; its rounding adds up to some n * 1e-16.
  const std::complex<double> turn = std::polar(1.0, -2 * pi * frequency * interval),
                             bell_turn = std::polar(1.0, 2 * pi / double(n));
  std::complex<double> sum = 0, phase = 1, bell = std::polar(1.0, pi / double(n));
  for (std::size_t i = 0; i < n; ++i, phase *= turn, bell *= bell_turn)
    sum += values[i] * (0.5 - 0.5 * bell.real()) * phase;
  return 2.0 * sum / (0.5 * double(n));
}

}  // namespace ecram::signal
