// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/defect_report.h"

#include <algorithm>
#include <cmath>

#include "ecram/core/errors.h"
#include "ecram/electronic/bonds.h"
#include "ecram/electronic/vacancy.h"

namespace ecram::electronic {
namespace {

std::size_t filled_bands(const Result& result) {
  const Spectrum& s = result.spectrum;
  std::size_t filled = 0;
  for (std::size_t n = 0; n < s.bands; ++n) filled += s.occupations[s.state(0, 0, n)] > 0.5 ? 1 : 0;
  return filled;
}

BandGap gap_of(const Result& result, const Spectrum& spectrum) {
  const auto gap = band_gap(spectrum);
  if (!gap) throw InvalidInput("{} with charge {:+d} has no gap", formula(result.crystal), result.charge);
  return *gap;
}

/// Metal atoms of the defect cell that a vacancy of the bulk was bonded to.
std::vector<std::size_t> metals_at(const Result& bulk, const Matching& matching) {
  const auto bonds = bonded_neighbours(bulk.crystal);
  std::vector<std::size_t> metals;
  for (const std::size_t vacancy : matching.vacancies)
    for (const Neighbour& neighbour : bonds[vacancy]) {
      const auto at = std::ranges::find(matching.partner, neighbour.atom);
      if (at != matching.partner.end()) metals.push_back(static_cast<std::size_t>(at - matching.partner.begin()));
    }
  std::ranges::sort(metals);
  metals.erase(std::unique(metals.begin(), metals.end()), metals.end());
  return metals;
}

}  // namespace

DefectGap defect_gap(const Result& bulk, const Result& defect, std::size_t search, double most_spread) {
  const Matching matching = match_atoms(bulk.crystal, defect.crystal);
  if (matching.vacancies.empty()) throw InvalidInput("no atom of the bulk cell is missing: there is no vacancy");
  DefectGap found;
  found.formula = formula(defect.crystal);
  found.charge = defect.charge;
  found.vacancies = matching.vacancies;
  found.bulk_gap = gap_of(bulk, bulk.spectrum).gap;
  const BandGap gap = gap_of(defect, defect.spectrum);
  found.gap = gap.gap;

  // Electrons that a vacancy is left with fill its own states first: those are not the valence band's.
  const auto own = 2 * static_cast<int>(matching.vacancies.size()) - defect.charge;
  const std::size_t filled = filled_bands(defect), of_vacancy = own > 0 ? (static_cast<std::size_t>(own) + 1) / 2 : 0;
  if (of_vacancy >= filled) throw InvalidInput("the bands at hand do not reach the valence band");
  const std::size_t valence = filled - of_vacancy;
  const std::string metal = bulk.crystal.atoms.front().element;
  const std::vector<std::size_t> near = metals_at(bulk, matching);
  const Eigen::Vector3d place = bulk.crystal.atoms[matching.vacancies.front()].position;
  double conduction = INFINITY;
  const Spectrum& s = defect.spectrum;
  for (const DefectState& state : defect_states(defect, valence, search, most_spread)) {
    const std::size_t index = s.state(state.spin, state.kpoint, state.band);
    const auto weights = atom_weights(s, defect.crystal.atoms.size(), index);
    double sum = 0, at = 0;
    for (const double w : weights) sum += w;
    for (const std::size_t atom : near) at += weights[atom];
    found.states.push_back({state, at / sum, weight_by_distance(defect, index, place, metal)});
    conduction = state.energy + state.below_conduction_band;
  }
  std::ranges::sort(found.states, {}, [](const PlacedState& p) { return p.state.energy; });
  found.conduction_gap = found.states.empty() ? gap.gap : conduction - gap.valence.energy;
  return found;
}

FormationReport formation_report(const Result& bulk, const std::vector<Result>& defects,
                                 const FormationSettings& settings) {
  if (settings.poorest > 0)
    throw InvalidInput("the poor limit of the oxygen potential is above the rich one; expected a negative number");
  // Total energies on fixed orbitals are the semi-local functional's, and so must be the levels that go with them.
  const BandGap gap = gap_of(bulk, bulk.base_energies.empty() ? bulk.spectrum : with_exact_exchange(bulk, 0));
  FormationReport report;
  report.gap = gap.gap;
  report.poorest = settings.poorest;
  std::vector<ChargeState> states;
  for (const Result& defect : defects) {
    const Matching matching = match_atoms(bulk.crystal, defect.crystal);
    if (matching.vacancies.size() != 1)
      throw InvalidInput("{} has {} vacancies; the correction is for one", formula(defect.crystal),
                         matching.vacancies.size());
    for (const ChargeState& other : states)
      if (other.charge == defect.charge) throw InvalidInput("charge {:+d} is given twice", defect.charge);
    ChargedVacancy vacancy;
    if (defect.charge != 0)
      vacancy.correction = charge_correction(
          defect, bulk, matching.partner, bulk.crystal.atoms[matching.vacancies.front()].position, settings.dielectric);
    const std::vector<std::pair<int, double>> removed{{1, settings.oxygen}};
    vacancy.rich = formation(defect, bulk, removed, gap.valence.energy, vacancy.correction.total());
    states.push_back(vacancy.rich);
    report.charges.push_back(vacancy);
  }
  report.levels = transition_levels(states, gap.gap);
  for (const Transition& level : report.levels)
    if (level.to == 0) report.donor_level = gap.gap - level.level;
  return report;
}

}  // namespace ecram::electronic
