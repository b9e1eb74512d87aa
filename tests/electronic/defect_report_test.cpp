// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/defect_report.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/electronic/ewald.h"
#include "ecram/electronic/vacancy.h"

namespace ecram::electronic {
namespace {

using constants::electron_volt;
using constants::elementary_charge;

/// WO3 with one state a band at Gamma: `filled` valence bands at 0 eV and conduction bands (eV) with their weights on
/// the atoms given by a function of (band, atom).
template <class Weight>
Result cell(const Crystal& crystal, std::size_t filled, const std::vector<double>& empty, Weight weight) {
  Result r;
  r.crystal = crystal;
  Spectrum& s = r.spectrum;
  s.spins = 1;
  s.kpoints = {Eigen::Vector3d::Zero()};
  s.weights = {1};
  s.bands = filled + empty.size();
  for (std::size_t n = 0; n < s.bands; ++n) {
    s.energies.push_back(n < filled ? 0.0 : empty[n - filled] * electron_volt);
    s.occupations.push_back(n < filled ? 1 : 0);
    for (std::size_t a = 0; a < crystal.atoms.size(); ++a) {
      s.projections.push_back(0);
      s.projections.push_back(0);
      s.projections.push_back(n < filled ? 1.0 : weight(n - filled, a));
    }
  }
  r.site_potentials.assign(crystal.atoms.size(), 0.0);
  return r;
}

const Crystal& wo3() {
  static const Crystal crystal = supercell(monoclinic_wo3(), {1, 1, 2});
  return crystal;
}
constexpr std::size_t gone = 20;  // an oxygen

Crystal with_vacancy() {
  Crystal c = without_atoms(wo3(), std::vector<std::size_t>{gone});
  for (std::size_t i = 0; i < c.atoms.size(); ++i)  // as if relaxed, and out of order across the cell's faces
    c.atoms[i].position += Eigen::Vector3d(0.01 * std::sin(3.0 * static_cast<double>(i)), 1, 0);
  return c;
}

TEST(MatchAtoms, FindsTheVacancyWhateverRelaxed) {
  Crystal moved = with_vacancy();
  std::swap(moved.atoms[0], moved.atoms[5]);
  const Matching m = match_atoms(wo3(), moved);
  EXPECT_THAT(m.vacancies, testing::ElementsAre(gone));
  EXPECT_EQ(m.partner[0], 5U);
  EXPECT_EQ(m.partner[5], 0U);
  EXPECT_EQ(m.partner[30], 31U);
  moved.lattice *= 1.02;
  EXPECT_THROW(match_atoms(wo3(), moved), InvalidInput);
  Crystal lost = with_vacancy();
  lost.atoms[3].position += Eigen::Vector3d(0.25, 0.25, 0.1);
  EXPECT_THROW(match_atoms(wo3(), lost), InvalidInput);
}

// An empty state on one tungsten beside the vacancy, 0.3 eV below six even ones: gap 2.2 with it, 2.5 without.
TEST(DefectGap, TellsTheDefectsStateFromTheBand) {
  const Result bulk = cell(wo3(), 4, {2.6, 2.7, 2.8, 2.9}, [](std::size_t, std::size_t) { return 1.0; });
  const Crystal c = with_vacancy();
  std::size_t nearest = 0;
  double least = 1;
  for (std::size_t i = 0; i < 16; ++i) {
    const double d = nearest_image(c.lattice, wo3().atoms[gone].position, c.atoms[i].position).norm();
    if (d < least) least = d, nearest = i;
  }
  Result defect = cell(c, 4, {2.2, 2.5, 2.6, 2.7, 2.8, 2.9},
                       [&](std::size_t n, std::size_t a) { return n == 0 ? (a == nearest ? 9.0 : 1.0 / 62) : 1.0; });
  defect.charge = 2;
  const DefectGap g = defect_gap(bulk, defect, 3);
  EXPECT_EQ(g.formula, "WO2.938");
  EXPECT_NEAR(g.gap / electron_volt, 2.2, 1e-12);
  EXPECT_NEAR(g.conduction_gap / electron_volt, 2.5, 1e-12);
  EXPECT_NEAR(g.bulk_gap / electron_volt, 2.6, 1e-12);
  ASSERT_EQ(g.states.size(), 1U);
  EXPECT_NEAR(g.states[0].state.below_conduction_band / electron_volt, 0.3, 1e-12);
  EXPECT_GT(g.states[0].at_vacancy, 0.9);
  EXPECT_NEAR(g.states[0].by_distance[0].second, 0.9, 1e-12);
  EXPECT_FALSE(g.states[0].state.filled);

  // Neutral: two electrons more, which fill the defect's state; the valence band is still the crystal's four bands.
  defect.charge = 0;
  defect.spectrum.occupations[4] = 1;
  const DefectGap neutral = defect_gap(bulk, defect, 3);
  ASSERT_EQ(neutral.states.size(), 1U);
  EXPECT_TRUE(neutral.states[0].state.filled);
  EXPECT_NEAR(neutral.gap / electron_volt, 0.3, 1e-12);

  EXPECT_THROW(defect_gap(bulk, bulk, 3), InvalidInput);
}

// Energies made for formation energies 1.0, 1.9 and 3.2 eV at the valence band's top, the engine's potentials those of
// the point charge and an arbitrary zero: the report must take correction and zero out again.
TEST(FormationReport, GivesBackWhatWasPutIn) {
  const double oxygen = -4.9 * electron_volt, top = 0;
  Result bulk = cell(wo3(), 4, {2.6}, [](std::size_t, std::size_t) { return 1.0; });
  bulk.energy = -300 * electron_volt;
  const Eigen::Matrix3d dielectric = Eigen::Vector3d(20, 18, 25).asDiagonal();
  const Eigen::Vector3d place = wo3().atoms[gone].position;
  std::vector<Result> defects;
  const std::array<double, 3> wanted{3.2, 1.9, 1.0};
  for (int q = 0; q <= 2; ++q) {
    Result d = cell(with_vacancy(), 4, {2.6}, [](std::size_t, std::size_t) { return 1.0; });
    d.charge = q;
    const PointCharges point{d.crystal.lattice, {place}, {q * elementary_charge}, dielectric};
    const double zero = 0.2;  // V
    for (std::size_t i = 0; i < d.crystal.atoms.size(); ++i)
      d.site_potentials[i] = zero + ewald_potential(point, d.crystal.atoms[i].position);
    // What a periodic calculation would give: the isolated charge's energy, plus E_PC, plus q times the zero.
    d.energy = bulk.energy + wanted[static_cast<std::size_t>(q)] * electron_volt - oxygen - q * top +
               (q == 0 ? 0 : ewald_energy(point)) + q * zero * electron_volt;
    defects.push_back(d);
  }
  const FormationReport r = formation_report(bulk, defects, {oxygen, -2.6 * electron_volt, dielectric});
  ASSERT_EQ(r.charges.size(), 3U);
  for (std::size_t q = 0; q < 3; ++q) EXPECT_NEAR(r.charges[q].rich.at_valence_band / electron_volt, wanted[q], 1e-9);
  ASSERT_EQ(r.levels.size(), 2U);
  EXPECT_NEAR(r.levels[0].level / electron_volt, 0.9, 1e-9);
  EXPECT_NEAR(r.levels[1].level / electron_volt, 1.3, 1e-9);
  ASSERT_TRUE(r.donor_level);
  EXPECT_NEAR(*r.donor_level / electron_volt, 2.6 - 1.3, 1e-9);
  defects[1].charge = 2;
  EXPECT_THROW(formation_report(bulk, defects, {oxygen, 0, dielectric}), InvalidInput);
  EXPECT_THROW(formation_report(bulk, {defects[0]}, {oxygen, 0.5 * electron_volt, dielectric}), InvalidInput);
}

}  // namespace
}  // namespace ecram::electronic
