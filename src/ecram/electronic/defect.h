// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecram/electronic/bands.h"
#include "ecram/electronic/result.h"

namespace ecram::electronic {

/// A state that belongs to a defect rather than to the crystal's bands.
struct DefectState {
  std::size_t spin = 0, kpoint = 0, band = 0;
  double energy = 0;                 ///< J
  double below_conduction_band = 0;  ///< J, positive: below the lowest state of the conduction band proper
  double participation_ratio = 0;    ///< over the atoms: 1 evenly spread, 1/n on one
  bool filled = false;
};

/// States of a defect cell that are localised and lie near the conduction band: those among the `search` lowest states
/// above the bulk valence band, at each k-point, whose participation ratio is below `most_spread` times the median of
/// the empty states at that k-point. The conduction band proper begins at the lowest state that is not.
///
/// @throws InvalidInput  if the spectrum has no projections, or no empty states
std::vector<DefectState> defect_states(const Result& defect, std::size_t bulk_filled_bands, std::size_t search,
                                       double most_spread = 0.6);

/// Weight of a state on the atoms of an element against distance from a place (a vacancy): pairs of distance (m) and
/// weight, nearest first; weights of all atoms sum to 1.
std::vector<std::pair<double, double>> weight_by_distance(const Result& result, std::size_t state,
                                                          const Eigen::Vector3d& place, const std::string& element);

/// Finite-size correction of a charged defect's energy, by Kumagai and Oba's extension of the scheme of Freysoldt,
/// Neugebauer and Van de Walle to anisotropic media, with potentials at atomic sites:
///
///     E_corr = -E_PC(q) - q * dV,
///
/// E_PC: Ewald energy of the point charge in the medium (`ewald_energy`, negative); dV: mean over the atoms farthest
/// from the defect (outside the sphere that touches the cell's faces) of [V_defect - V_bulk] - V_PC, the electrostatic
/// potentials at the sites as the engine gives them (a positive charge's own potential is positive).
///
/// @param bulk  the same supercell without the defect, atoms where `partner` says
/// @param partner  for each atom of the defect cell the atom of the bulk cell that it was
/// @param place    fractional position of the defect
/// @throws InvalidInput  without site potentials, or if no atom is far enough
///
/// Source: Kumagai and Oba, Phys. Rev. B 89, 195205 (2014), eqs. 8-14.
struct ChargeCorrection {
  double point_charge = 0;  ///< J, -E_PC, positive
  double alignment = 0;     ///< J, -q dV
  double spread = 0;        ///< V, standard deviation of dV over the sites: how well the charge is localised
  std::size_t sites = 0;    ///< that the alignment is averaged over
  double total() const { return point_charge + alignment; }
};
ChargeCorrection charge_correction(const Result& defect, const Result& bulk, std::span<const std::size_t> partner,
                                   const Eigen::Vector3d& place, const Eigen::Matrix3d& dielectric);

/// Radius (m) of the largest sphere in the Wigner-Seitz cell: half the shortest lattice vector.
double inner_sphere_radius(const Eigen::Matrix3d& lattice);

/// A charge state's formation energy as a line over the Fermi level: E(E_F) = at_valence_band + charge * E_F.
struct ChargeState {
  int charge = 0;
  double at_valence_band = 0;  ///< J, formation energy with the Fermi level at the valence band's top
};

/// E_f(q) at the valence band's top: E_defect - E_bulk + sum of n_i mu_i + q E_VBM + E_corr, n_i atoms of kind i taken
/// out and put into a reservoir with chemical potential mu_i.
///
/// @param removed  number of atoms and their chemical potential (J, total energy of the reservoir's atom included)
ChargeState formation(const Result& defect, const Result& bulk, std::span<const std::pair<int, double>> removed,
                      double valence_band_top, double correction);

/// Lowest formation energy and its charge at a Fermi level (J above the valence band's top).
std::pair<int, double> most_stable(std::span<const ChargeState> states, double fermi_level);

/// A Fermi level at which the most stable charge changes.
struct Transition {
  int from = 0, to = 0;  ///< charges below and above the level
  double level = 0;      ///< J above the valence band's top
};

/// The thermodynamic transition levels between 0 and the gap, lowest first: the corners of the lower envelope of the
/// lines. A direct step from +2 to 0 (negative U) comes out as one.
std::vector<Transition> transition_levels(std::span<const ChargeState> states, double gap);

/// Limits of the oxygen chemical potential in WO3 against O2 (J an atom; 0 is oxygen-rich): from below by the
/// reduction WO3 -> WO2 + O, mu_O = E(WO3) - E(WO2) - E(O2)/2.
///
/// @param wo3, wo2  energies a formula unit; @param o2  energy a molecule, with whatever correction is used
double lowest_oxygen_potential(double wo3, double wo2, double o2);

}  // namespace ecram::electronic
