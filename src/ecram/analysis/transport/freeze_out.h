// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/analysis/transport/transport.h"

namespace ecram::analysis {

/// Boltzmann's statistics of a band, which charge neutrality is written with, end at N_c.
bool degenerate(const TemperatureSeries& n, double effective_mass);

/// Donor density, depth and compensation by least squares of ln(n) on charge neutrality, of the least chi2 over all
/// compensations. Intervals are profile likelihood's: the reach of a parameter where chi2 is at most
/// chi2_min (1 + t^2/nu), t Student's quantile with nu = points - 3 (Bates and Watts, Nonlinear Regression, 1988, ch.
/// 6).
FreezeOut fit_freeze_out(const TemperatureSeries& n, const TransportOptions& o);

}  // namespace ecram::analysis
