// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <span>
#include <vector>

namespace ecram::analysis {

/// The random part of a curve of conductance against pulse, a sum of two:
///
///  - reading noise: independent from reading to reading, variance (1 - step_share) sigma^2;
///  - step noise: every pulse moves the state a little more or less than the law says, and the next pulse starts from
///    there, so it accumulates: variance step_share sigma^2 for each pulse.
///
/// What a pulse added fades as exp(-pulses/fading): a random walk about the law where it never does, a fluctuation that
/// comes and goes (random telegraph noise, relaxation) where it does. On devices whose step depends on the state, the
/// law itself slowly pulls step noise back. A hundred pulses do not tell that from a random walk; intervals made for
/// the walk are then on the safe side (they cover 94-99 % in place of 95 %), those made for the pull are not (67 % on a
/// walk at c = 8).
struct CurveNoise {
  double step_share = 0;                                    ///< 0: reading noise alone; 1: step noise alone
  double fading = std::numeric_limits<double>::infinity();  ///< pulses after which step noise has faded to 1/e

  /// What is left of step noise `pulses` later.
  double kept(double pulses) const;
  /// Variance that step noise of variance 1 a pulse has gathered `pulses` later.
  double gathered(double pulses) const;
};

/// The linear filter that turns a series with this noise into independent numbers of variance sigma^2 (the innovations
/// of a Kalman filter). Curves that are linear in some parameters stay so: whiten data and regressors alike.
///
/// With step noise alone the first reading is the state exactly; it is taken out of the data (every series is measured
/// from its own first value) and the result is one shorter than the series.
class Whitening {
 public:
  /// @param pulse  pulse numbers, strictly increasing, at least 2
  Whitening(std::span<const double> pulse, const CurveNoise& noise);

  /// @param series    as long as `pulse`
  /// @param whitened  `size()` values
  void apply(std::span<const double> series, std::span<double> whitened) const;

  std::size_t size() const { return weight_.size(); }

  /// ln of the product of the innovations' variances, in units of sigma^2.
  double log_variance() const { return log_variance_; }

  /// Is the first value taken for exact?
  bool starts_exactly() const { return exact_start_; }

 private:
  std::vector<double> kept_, gain_, weight_;
  double log_variance_ = 0;
  bool exact_start_;
};

}  // namespace ecram::analysis
