// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

/// Bands on a set of k-points, of any engine. State (spin s, k-point k, band n) has index (s * kpoints + k) * bands +
/// n.
struct Spectrum {
  static constexpr std::size_t momenta = 3;  ///< s, p, d

  std::size_t spins = 0, bands = 0;
  std::vector<Eigen::Vector3d> kpoints;  ///< in units of the reciprocal lattice vectors
  std::vector<double> weights;           ///< of the k-points; they sum to 1
  std::vector<double> energies;          ///< J
  std::vector<double> occupations;       ///< 0 to 1 for each state of each spin
  double fermi_level = 0;                ///< J
  /// |projection|^2 on each atom and angular momentum: index (state * atoms + atom) * momenta + l; empty where
  /// the engine did not say.
  std::vector<double> projections;

  std::size_t state(std::size_t spin, std::size_t k, std::size_t band) const {
    return (spin * kpoints.size() + k) * bands + band;
  }
};

/// What an engine found.
struct Result {
  std::string engine, version;  ///< "gpaw", "22.8.0"
  std::string kind;             ///< "relax", "hybrid", ...
  std::string functional;       ///< "PBEsol", "HSE06 with 28 % exact exchange"
  Crystal crystal;
  int charge = 0;                       ///< e
  double energy = 0;                    ///< J, of the cell
  std::vector<Eigen::Vector3d> forces;  ///< N; may be empty
  std::vector<double> site_potentials;  ///< V, electrostatic, at each atom; may be empty
  Spectrum spectrum;
  std::size_t first_band =
      0;                      ///< number of bands below those of `spectrum`: a hybrid may be computed near the gap only
  double exact_exchange = 0;  ///< share of screened exact exchange in the spectrum; 0: not a hybrid
  std::vector<double>
      base_energies;     ///< J, like `spectrum.energies`: of the orbitals that a hybrid stands on, or empty
  double wall_time = 0;  ///< s
};

/// Reads result.json of a step.
/// @throws InvalidInput  for what is damaged, foreign, or says that it did not converge
Result parse_result(std::string_view json, const std::string& source);
Result read_result(const std::filesystem::path& path);

/// The text of a kept result: the engine's, without what is large and no figure needs (projections of whatever is not a
/// hybrid or a ground state), projections to three decimals.
/// @throws InvalidInput  as `parse_result`
std::string kept_text(std::string_view json, const std::string& source);

/// Whether a kept result answers a calculation.json. @throws InvalidInput  if either is damaged
bool same_task(std::string_view result, std::string_view calculation);

/// The spectrum that a hybrid with another share of exact exchange has on the same orbitals: its operator is linear in
/// the share, E(a) = E_base + (a / a0) (E(a0) - E_base) in first order, which is what is computed.
/// @throws InvalidInput  if the result is no hybrid on fixed orbitals, or the share is not within 0 and 1
Spectrum with_exact_exchange(const Result& result, double share);

}  // namespace ecram::electronic
