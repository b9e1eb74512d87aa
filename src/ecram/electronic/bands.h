// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ecram/electronic/result.h"

namespace ecram::electronic {

/// A state at a band edge.
struct BandEdge {
  double energy = 0;  ///< J
  std::size_t spin = 0, kpoint = 0, band = 0;
};

struct BandGap {
  BandEdge valence, conduction;  ///< highest filled and lowest empty state
  double gap = 0;                ///< J, conduction minus valence
  double direct_gap = 0;         ///< J, the smallest at one k-point and spin
  std::size_t direct_kpoint = 0;
  bool direct = false;  ///< both edges at one k-point
};

/// The gap between filled and empty states of the k-points at hand: the crystal's own can only be smaller. A state is
/// filled if its occupation is above one half.
///
/// @return nothing for a metal: some band is filled at one k-point and empty at another, or occupations are partial
/// @throws InvalidInput  if no state is empty: too few bands
std::optional<BandGap> band_gap(const Spectrum& spectrum);

/// Density of states on an energy axis, broadened by Gaussians.
///
/// @param energies  J, where it is wanted
/// @param width     J, standard deviation of the Gaussians
/// @return 1/J for the whole cell, both spins together; its integral over all energies is the number of states
std::vector<double> density_of_states(const Spectrum& spectrum, std::span<const double> energies, double width);

/// The part of the density of states on some atoms, in one angular momentum (0 s, 1 p, 2 d) or all (-1).
///
/// @throws InvalidInput  if the spectrum has no projections
std::vector<double> projected_density_of_states(const Spectrum& spectrum, std::span<const std::size_t> atoms,
                                                std::size_t all_atoms, int angular_momentum,
                                                std::span<const double> energies, double width);

/// How far a state spreads over the atoms: P = (sum w_i)^2 / (n sum w_i^2) over the weights of n atoms: 1 for an even
/// spread, 1/n for a state on one atom.
///
/// Source: Bell and Dean, Discuss. Faraday Soc. 50, 55 (1970).
double participation_ratio(std::span<const double> weights);

/// Weight of a state on each atom, all angular momenta. @throws InvalidInput  if the spectrum has no projections
std::vector<double> atom_weights(const Spectrum& spectrum, std::size_t atoms, std::size_t state);

/// Inverse effective-mass tensor at a band's extremum from energies along lines, by least squares:
/// E(k) = E0 + (hbar^2 / 2) k^T (1/m) k.
///
/// @param offsets   k minus the extremum, 1/m; at least 7 that determine a quadratic form
/// @param energies  J
/// @return masses (kg; negative for holes' bands) along the principal axes, largest curvature first, and the axes as
///         rows
/// @throws InvalidInput  if the points determine no tensor
struct EffectiveMass {
  Eigen::Vector3d masses;
  Eigen::Matrix3d axes;
  double residual = 0;  ///< J, root mean square deviation: large where the band is no parabola
};
EffectiveMass effective_mass(std::span<const Eigen::Vector3d> offsets, std::span<const double> energies);

/// A band around one of its extrema: offsets (1/m, nearest image) and energies of all k-points within `radius`.
struct BandNeighbourhood {
  std::vector<Eigen::Vector3d> offsets;
  std::vector<double> energies;
};
BandNeighbourhood around(const Spectrum& spectrum, const Eigen::Matrix3d& lattice, const BandEdge& edge, double radius);

}  // namespace ecram::electronic
