// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace ecram::signal {

/// sum over j of values[j] exp(-+2 pi i j k / n), k = 0 ... n - 1; `inverse` takes + and does not divide by n.
/// Fast for lengths without large prime factors (`fast_length`).
std::vector<std::complex<double>> fourier_transform(std::span<const std::complex<double>> values, bool inverse = false);

/// The smallest length of at least `samples` that has only the factors 2, 3 and 5.
std::size_t fast_length(std::size_t samples);

/// A one-sided spectrum.
struct Spectrum {
  std::vector<double> frequency;  ///< Hz
  std::vector<double> amplitude;  ///< of a sine at that frequency, in the unit of the values
  std::vector<double> density;    ///< power spectral density, in that unit squared per hertz
};

/// Spectrum of evenly spaced values under a Hann window (so that a slow drift does not leak over all frequencies).
/// The mean is taken away first. @throws InvalidInput  for fewer than 8 values or an interval that is not positive
Spectrum spectrum(std::span<const double> values, double interval);

/// The complex amplitude at one frequency, of values under the same window: a sine a cos(2 pi f t) + b sin(2 pi f t)
/// gives a - i b.
std::complex<double> fourier_amplitude(std::span<const double> values, double interval, double frequency);

}  // namespace ecram::signal
