// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "ecram/electronic/result.h"

namespace ecram::electronic {

/// A cell's result as its supercell would have it: atoms, charge and energy repeated, and the bands of all k-points
/// that are one k-point of the supercell (K_i = n_i k_i, up to a reciprocal lattice vector) together, lowest first.
///
/// @param repeat  n_i
/// @return the k-points K for which the cell has all n_1 n_2 n_3 k-points; a projection is shared by the atom's copies
/// @throws InvalidInput  if there is none
Result folded(const Result& cell, const std::array<int, 3>& repeat);

/// How often a lattice has to be repeated to be another one. @throws InvalidInput  if it cannot (0.1 % are allowed)
std::array<int, 3> repetition(const Eigen::Matrix3d& cell, const Eigen::Matrix3d& supercell);

}  // namespace ecram::electronic
