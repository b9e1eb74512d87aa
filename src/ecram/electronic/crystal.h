// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <Eigen/Core>

namespace ecram::electronic {

inline constexpr double angstrom = 1e-10;  ///< m

struct Atom {
  std::string element;       ///< "W"
  Eigen::Vector3d position;  ///< in units of the lattice vectors; 0 <= x < 1 after `wrapped`
};

/// A periodic arrangement of atoms.
struct Crystal {
  std::string name;         ///< one line for people
  Eigen::Matrix3d lattice;  ///< row i is lattice vector i, in metres
  std::vector<Atom> atoms;
};

/// Lengths (m) and angles (radian; alpha between b and c, and so on) of a cell.
struct CellParameters {
  double a, b, c, alpha, beta, gamma;
};

/// The lattice with these parameters: a along x, b in the xy plane.
/// @throws InvalidInput  if a length is not positive or the angles close no cell
Eigen::Matrix3d lattice_of(const CellParameters& parameters);

CellParameters cell_parameters(const Eigen::Matrix3d& lattice);

/// Volume of the cell, m^3.
double volume(const Crystal& crystal);

/// Rows are the reciprocal lattice vectors b_j with a_i . b_j = 2 pi delta_ij, 1/m.
Eigen::Matrix3d reciprocal_lattice(const Eigen::Matrix3d& lattice);

/// Position of an atom in metres.
Eigen::Vector3d cartesian(const Crystal& crystal, std::size_t atom);

/// Element symbols in the order of their first atom, with their numbers: {{"W", 8}, {"O", 24}}.
std::vector<std::pair<std::string, std::size_t>> composition(const Crystal& crystal);

/// "WO3", "WO2.938": the counts divided by that of the first element, three decimals at most.
std::string formula(const Crystal& crystal);

/// Monoclinic WO3 at room temperature, P2_1/n, 32 atoms.
///
/// Source: Loopstra and Rietveld, Acta Cryst. B 25, 1420 (1969): a 7.306, b 7.540, c 7.692 angstrom, beta 90.881 deg.
Crystal monoclinic_wo3();

/// An atom seen from another one.
struct Neighbour {
  std::size_t atom;            ///< index of the neighbour in the cell
  std::array<int, 3> cell;     ///< the cell that it is in, in lattice vectors
  Eigen::Vector3d separation;  ///< from the atom to its neighbour, m
  double distance;             ///< m
};

/// All atoms, in whatever cell, within `radius` of an atom, itself left out, nearest first.
std::vector<Neighbour> neighbours(const Crystal& crystal, std::size_t atom, double radius);

/// Shortest separation (m) from fractional position `from` to any image of `to`.
Eigen::Vector3d nearest_image(const Eigen::Matrix3d& lattice, const Eigen::Vector3d& from, const Eigen::Vector3d& to);

/// The crystal with every fractional position brought into [0, 1).
Crystal wrapped(Crystal crystal);

/// The cell repeated. Atoms keep the order of their elements: all copies of an atom stand together, cells counted
/// with the last lattice vector fastest.
/// @throws InvalidInput  if a repetition is not 1 or more
Crystal supercell(const Crystal& crystal, const std::array<int, 3>& repeat);

/// The crystal without these atoms (indices from 0).
/// @throws InvalidInput  naming an index that is not there, or given twice
Crystal without_atoms(const Crystal& crystal, std::span<const std::size_t> atoms);

/// Sorts atoms by element, elements in the order of their first atom; atoms of one element keep their order.
Crystal grouped_by_element(const Crystal& crystal);

/// Looks for what no engine should be started with: no atoms, a cell without volume, an unknown element, a position
/// that is no number, two atoms closer than half the sum of their covalent radii.
/// @throws InvalidInput  naming the atoms (counted from 1)
void check_crystal(const Crystal& crystal);

}  // namespace ecram::electronic
