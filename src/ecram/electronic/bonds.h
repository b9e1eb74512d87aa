// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

/// For each atom its bonded neighbours, nearest first. Two atoms are bonded if they are closer than 1.2 times the sum
/// of their covalent radii (W-O: 2.74 angstrom); two metal atoms are not if the crystal also holds non-metals, nor two
/// non-metals if it also holds metals: their radii overlap in every oxide.
std::vector<std::vector<Neighbour>> bonded_neighbours(const Crystal& crystal);

/// Angle (radian) at the atom between two of its neighbours.
double bond_angle(const Neighbour& one, const Neighbour& other);

/// A place an oxygen (or another bridging non-metal) can be taken from, with the name of the paper's Fig. 5a.
struct BridgeSite {
  std::size_t atom;  ///< index of the bridging atom
  char axis;         ///< 'x', 'y', 'z': the lattice vector that the line between its two metals is closest to
  std::string name;  ///< "s_z1": axis, and the number of its class of symmetry-equivalent sites with that axis
  double short_bond, long_bond;  ///< m
  double angle;                  ///< metal - bridge - metal, radian
};

/// All non-metal atoms that bridge two metals, in the order of the atoms. In monoclinic WO3: s_x, s_y and s_z, each in
/// two classes that symmetry does not connect.
///
/// @param equivalent_to  as in `Symmetry`
std::vector<BridgeSite> bridge_sites(const Crystal& crystal, const std::vector<std::size_t>& equivalent_to);

}  // namespace ecram::electronic
