// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/curve_noise.h"

#include <cmath>

namespace ecram::analysis {

double CurveNoise::kept(double pulses) const { return std::exp(-pulses / fading); }

double CurveNoise::gathered(double pulses) const {
  // The geometric series of the kept variances; one pulse gathers 1 whatever the fading.
  return std::isinf(fading) ? pulses : std::expm1(-2 * pulses / fading) / std::expm1(-2 / fading);
}

Whitening::Whitening(std::span<const double> pulse, const CurveNoise& noise) : exact_start_(noise.step_share >= 1) {
  const std::size_t n = pulse.size();
  gain_.reserve(n);
  weight_.reserve(n);
  const double reading = 1 - noise.step_share;
  kept_.reserve(n);
  double variance = 0;  // of the state, before the reading
  // Readings are mostly one pulse apart: what depends on the distance alone is computed when it changes.
  double distance = 0, kept = 1, gathered = 0;
  double product = 1;  // of the innovations' variances: one logarithm now and then in place of one each
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0) {
      if (pulse[i] - pulse[i - 1] != distance) {
        distance = pulse[i] - pulse[i - 1];
        kept = noise.kept(distance);
        gathered = noise.step_share * noise.gathered(distance);
      }
      variance = kept * kept * variance + gathered;
    }
    kept_.push_back(kept);
    const double innovation = variance + reading;
    gain_.push_back(i == 0 && exact_start_ ? 1 : variance / innovation);
    if (i > 0 || !exact_start_) {
      weight_.push_back(1 / std::sqrt(innovation));
      product *= innovation;
      if (product < 1e-200 || product > 1e200) {
        log_variance_ += std::log(product);
        product = 1;
      }
    }
    variance *= 1 - gain_[i];
  }
  log_variance_ += std::log(product);
}

void Whitening::apply(std::span<const double> series, std::span<double> whitened) const {
  const std::size_t skipped = exact_start_ ? 1 : 0;
  const double origin = exact_start_ ? series[0] : 0;
  double state = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    state *= kept_[i];
    const double innovation = series[i] - origin - state;
    if (i >= skipped) whitened[i - skipped] = innovation * weight_[i - skipped];
    state += gain_[i] * innovation;
  }
}

}  // namespace ecram::analysis
