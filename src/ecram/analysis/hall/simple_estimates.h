// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/analysis/hall/bins.h"

namespace ecram::analysis {

/// R_xy of each bin, with the field, the mean of its square, and its rate.
struct BinnedResistance {
  std::vector<double> time, field, field2, rate, resistance;
};

/// Lock-in over whole periods: in each, least squares on offset, slope, field and its quadrature; the mean over the
/// periods, its error from their scatter (Student's t). In four periods or more a term in B^2 and a drift that bends
/// (of the given order, 2 at the least and half the periods at the most) are taken away first.
LockIn lock_in(const BinnedResistance& record, const Rotation& turn, double amplitude, int order);

/// The line of the rotation in the Fourier transform of R_xy over that of B, on an even grid over whole periods, after
/// a polynomial of the given order is taken away; the error from the density beside the line, its interval
/// Student's with the degrees of freedom of the lines there.
FourierHall fourier_hall(const BinnedResistance& r, const Rotation& turn, double amplitude, int order);

}  // namespace ecram::analysis
