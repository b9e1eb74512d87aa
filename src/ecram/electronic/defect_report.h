// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ecram/electronic/defect.h"

namespace ecram::electronic {

/// A state of a defect, and where it is.
struct PlacedState {
  DefectState state;
  double at_vacancy = 0;  ///< its weight on the metal atoms that were bonded to the vacancies
  std::vector<std::pair<double, double>> by_distance;  ///< `weight_by_distance` on the metal, from the first vacancy
};

/// What one cell with vacancies has in and near its gap, beside the crystal without them.
struct DefectGap {
  std::string formula;
  int charge = 0;
  std::vector<std::size_t> vacancies;  ///< atoms of the bulk cell
  double gap = 0;                      ///< J, lowest empty minus highest filled state, defect states included
  double conduction_gap = 0;           ///< J, lowest state that is not a defect's minus highest filled state
  double bulk_gap = 0;                 ///< J
  std::vector<PlacedState> states;     ///< lowest first
};

/// Gap and defect states of a cell against the same cell without vacancies. Looks at the `search` lowest bands above
/// the valence band, which holds as many bands as the electrons of `defect` fill if it is charged so that the vacancy's
/// own states are empty: q = 2 for each missing oxygen, else two electrons fewer are taken to be the crystal's.
///
/// @throws InvalidInput  if the cells do not belong together, one of them has no gap or no projections
DefectGap defect_gap(const Result& bulk, const Result& defect, std::size_t search, double most_spread = 0.6);

/// Where the oxygen goes, and how the crystal screens.
struct FormationSettings {
  double oxygen = 0;                                         ///< J, of an atom in the reservoir (rich limit)
  double poorest = 0;                                        ///< J, <= 0: the poor limit below the rich one
  Eigen::Matrix3d dielectric = Eigen::Matrix3d::Identity();  ///< relative permittivity, ions included
};

struct ChargedVacancy {
  ChargeState rich;             ///< at oxygen-rich conditions
  ChargeCorrection correction;  ///< already in it; zeros for a neutral cell
};

struct FormationReport {
  double gap = 0;  ///< J, of the bulk, at the level of the energies (semi-local for hybrids on fixed orbitals)
  std::vector<ChargedVacancy> charges;
  double poorest = 0;  ///< J, to be added to each formation energy at the poor limit
  std::vector<Transition> levels;
  /// J below the conduction band: what a Hall measurement would find as the donor's level (slope of ln n over 1/kT when
  /// compensated, half of it when not), the uppermost transition out of charge 0; nothing if it is not in the gap.
  std::optional<double> donor_level;
};

/// Formation energies of one vacancy in several charge states.
/// @throws InvalidInput  if the cells do not belong together, hold more than one vacancy, or have a charge twice
FormationReport formation_report(const Result& bulk, const std::vector<Result>& defects,
                                 const FormationSettings& settings);

}  // namespace ecram::electronic
