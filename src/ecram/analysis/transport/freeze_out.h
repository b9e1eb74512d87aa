// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/analysis/transport/transport.h"

namespace ecram::analysis {

/// Boltzmann's statistics of a band, which charge neutrality is written with, end at N_c.
bool degenerate(const TemperatureSeries& n, double effective_mass);

/// Donor density, depth and compensation by least squares of ln(n) on charge neutrality.
FreezeOut fit_freeze_out(const TemperatureSeries& n, const TransportOptions& o);

}  // namespace ecram::analysis
