// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/defect.h"

#include <algorithm>
#include <cmath>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/electronic/ewald.h"

namespace ecram::electronic {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

std::vector<DefectState> defect_states(const Result& defect, std::size_t bulk_filled_bands, std::size_t search,
                                       double most_spread) {
  const Spectrum& s = defect.spectrum;
  const std::size_t atoms = defect.crystal.atoms.size();
  if (bulk_filled_bands >= s.bands)
    throw InvalidInput("{} bands, all of them filled in the bulk: no state above to look at", s.bands);
  std::vector<DefectState> found;
  double conduction = INFINITY;
  for (std::size_t spin = 0; spin < s.spins; ++spin)
    for (std::size_t k = 0; k < s.kpoints.size(); ++k) {
      std::vector<double> ratios;
      for (std::size_t n = bulk_filled_bands; n < s.bands; ++n)
        ratios.push_back(participation_ratio(atom_weights(s, atoms, s.state(spin, k, n))));
      const double limit = most_spread * median(ratios);
      for (std::size_t i = 0; i < ratios.size(); ++i) {
        const std::size_t band = bulk_filled_bands + i, state = s.state(spin, k, band);
        if (i < search && ratios[i] < limit)
          found.push_back({spin, k, band, s.energies[state], 0, ratios[i], s.occupations[state] > 0.5});
        else
          conduction = std::min(conduction, s.energies[state]);
      }
    }
  for (DefectState& state : found) state.below_conduction_band = conduction - state.energy;
  return found;
}

std::vector<std::pair<double, double>> weight_by_distance(const Result& result, std::size_t state,
                                                          const Eigen::Vector3d& place, const std::string& element) {
  const auto weights = atom_weights(result.spectrum, result.crystal.atoms.size(), state);
  double sum = 0;
  for (const double w : weights) sum += w;
  std::vector<std::pair<double, double>> pairs;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (result.crystal.atoms[i].element == element)
      pairs.emplace_back(nearest_image(result.crystal.lattice, place, result.crystal.atoms[i].position).norm(),
                         weights[i] / sum);
  std::ranges::sort(pairs);
  return pairs;
}

double inner_sphere_radius(const Eigen::Matrix3d& lattice) {
  double shortest = INFINITY;
  for (int i = -2; i <= 2; ++i)
    for (int j = -2; j <= 2; ++j)
      for (int k = -2; k <= 2; ++k)
        if (i != 0 || j != 0 || k != 0)
          shortest = std::min(shortest, (lattice.transpose() * Eigen::Vector3d(i, j, k)).norm());
  return shortest / 2;
}

ChargeCorrection charge_correction(const Result& defect, const Result& bulk, std::span<const std::size_t> partner,
                                   const Eigen::Vector3d& place, const Eigen::Matrix3d& dielectric) {
  const std::size_t atoms = defect.crystal.atoms.size();
  if (defect.site_potentials.size() != atoms || bulk.site_potentials.size() != bulk.crystal.atoms.size())
    throw InvalidInput("the alignment needs the electrostatic potential at each atom of both cells");
  if (partner.size() != atoms) throw InvalidInput("{} atoms of the defect cell but {} partners", atoms, partner.size());
  const double charge = defect.charge * constants::elementary_charge;
  const PointCharges point{defect.crystal.lattice, {place}, {charge}, dielectric};
  const double radius = inner_sphere_radius(defect.crystal.lattice);
  std::vector<double> differences;
  for (std::size_t i = 0; i < atoms; ++i) {
    if (nearest_image(defect.crystal.lattice, place, defect.crystal.atoms[i].position).norm() < radius) continue;
    const double shift = defect.site_potentials[i] - bulk.site_potentials.at(partner[i]);
    differences.push_back(shift - ewald_potential(point, defect.crystal.atoms[i].position));
  }
  if (differences.empty())
    throw InvalidInput("no atom is farther than {:.2f} angstrom from the defect; the cell is too small",
                       radius / angstrom);
  ChargeCorrection correction;
  correction.sites = differences.size();
  double mean = 0;
  for (const double d : differences) mean += d / static_cast<double>(differences.size());
  for (const double d : differences) correction.spread += (d - mean) * (d - mean);
  correction.spread =
      std::sqrt(correction.spread / static_cast<double>(std::max<std::size_t>(1, differences.size() - 1)));
  correction.point_charge = -ewald_energy(point);
  correction.alignment = -charge * mean;
  return correction;
}

ChargeState formation(const Result& defect, const Result& bulk, std::span<const std::pair<int, double>> removed,
                      double valence_band_top, double correction) {
  double energy = defect.energy - bulk.energy + defect.charge * valence_band_top + correction;
  for (const auto& [count, potential] : removed) energy += count * potential;
  return {defect.charge, energy};
}

std::pair<int, double> most_stable(std::span<const ChargeState> states, double fermi_level) {
  if (states.empty()) throw InvalidInput("no charge states");
  std::pair<int, double> best{0, INFINITY};
  for (const ChargeState& state : states) {
    const double energy = state.at_valence_band + state.charge * fermi_level;
    if (energy < best.second) best = {state.charge, energy};
  }
  return best;
}

std::vector<Transition> transition_levels(std::span<const ChargeState> states, double gap) {
  std::vector<Transition> levels;
  double at = 0;
  int charge = most_stable(states, 0).first;
  for (;;) {
    // The next line that undercuts the present one: only a smaller charge falls behind more slowly as E_F rises.
    const auto own = std::ranges::find(states, charge, &ChargeState::charge);
    Transition next{charge, charge, INFINITY};
    for (const ChargeState& other : states) {
      if (other.charge >= charge) continue;
      const double crossing = (other.at_valence_band - own->at_valence_band) / (charge - other.charge);
      if (crossing < at) continue;
      if (crossing < next.level || (crossing == next.level && other.charge < next.to))
        next = {charge, other.charge, crossing};
    }
    if (!(next.level <= gap)) return levels;
    levels.push_back(next);
    charge = next.to;
    at = next.level;
  }
}

double lowest_oxygen_potential(double wo3, double wo2, double o2) { return wo3 - wo2 - o2 / 2; }

}  // namespace ecram::electronic
