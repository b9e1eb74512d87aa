// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ecram/analysis/transport/transport.h"

namespace ecram::analysis {

/// ln(rho) = a + b (T/250 K)^(-p) with p free.
struct FreeExponent {
  Estimate exponent;
  double slope = 0;    ///< b
  double noise = 0;    ///< standard deviation of ln(rho) of a point of weight 1
  double freedom = 0;  ///< of the noise
};

/// p by least squares, the interval by the profile: where chi2 exceeds its minimum by t^2 s^2.
FreeExponent free_exponent(const TemperatureSeries& s);

/// The reduced activation energy w = -d ln(rho) / d ln(T) against T (Zabrodskii and Zinoveva, 1984).
struct ZabrodskiiPlot {
  std::vector<ReducedActivation> points;
  Estimate exponent;
  double straight = 1;  ///< probability of a plot bent as much or more if it is straight
};

/// w = A T^-p fitted to the windows' slopes themselves, not to their logarithms: those are biased by noise and not
/// there for a w below zero.
ZabrodskiiPlot zabrodskii(const TemperatureSeries& s, const FreeExponent& law);

}  // namespace ecram::analysis
