// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

/// A symmetry operation in fractional coordinates: x -> rotation x + translation.
struct SymmetryOperation {
  std::array<std::array<int, 3>, 3> rotation;
  Eigen::Vector3d translation;
};

struct Symmetry {
  int number;               ///< of the space group in the International Tables
  std::string symbol;       ///< "P 1 21/n 1": in the setting of this cell where the tables list it, else
                            ///< that of the standard setting
  std::string point_group;  ///< "2/m"
  std::vector<SymmetryOperation> operations;
  std::vector<std::size_t> equivalent_to;  ///< for each atom the first one that symmetry carries into it
  std::vector<std::string> wyckoff;        ///< for each atom, multiplicity and letter in the standard setting: "4e"
};

/// Space group and equivalent atoms, found by spglib (Togo and Tanaka, arXiv:1808.01590).
///
/// @param tolerance  how far an atom may be from where symmetry puts it, m
/// @throws InvalidInput  if no space group is found, which a tolerance that is too large for the distances also causes
Symmetry find_symmetry(const Crystal& crystal, double tolerance = 1e-3 * angstrom);

}  // namespace ecram::electronic
