// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/defect.h"

#include <cmath>
#include <numbers>

#include <Eigen/Geometry>
#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/random.h"
#include "ecram/electronic/ewald.h"

namespace ecram::electronic {
namespace {

using constants::electron_volt;
using constants::elementary_charge;
constexpr double coulomb =
    elementary_charge * elementary_charge / (4 * std::numbers::pi * constants::vacuum_permittivity);

PointCharges cube(double a) { return {Eigen::Matrix3d::Identity() * a, {}, {}, Eigen::Matrix3d::Identity()}; }

// Madelung constants: rock salt 1.747564594633, caesium chloride 1.762674773070, fluorite 5.038784 (per formula unit,
// nearest distance): energies are -M e^2 / (4 pi eps0 d).
TEST(Ewald, MadelungConstantsOfSalts) {
  const double a = 4e-10;
  PointCharges salt = cube(a);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j)
      for (int k = 0; k < 2; ++k) {
        salt.positions.emplace_back(0.5 * i, 0.5 * j, 0.5 * k);
        salt.charges.push_back((i + j + k) % 2 == 0 ? elementary_charge : -elementary_charge);
      }
  EXPECT_NEAR(ewald_energy(salt) / 4 / (coulomb / (a / 2)), -1.747564594633182, 1e-12);
  PointCharges caesium = cube(a);
  caesium.positions = {{0, 0, 0}, {.5, .5, .5}};
  caesium.charges = {elementary_charge, -elementary_charge};
  EXPECT_NEAR(ewald_energy(caesium) / (coulomb / (a * std::sqrt(3.0) / 2)), -1.762674773070988, 1e-12);
  PointCharges fluorite = cube(a);
  for (const Eigen::Vector3d& f :
       {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(0, .5, .5), Eigen::Vector3d(.5, 0, .5), Eigen::Vector3d(.5, .5, 0)}) {
    fluorite.positions.push_back(f);
    fluorite.charges.push_back(2 * elementary_charge);
    for (const double s : {0.25, -0.25}) {
      fluorite.positions.emplace_back(f + Eigen::Vector3d::Constant(s));
      fluorite.charges.push_back(-elementary_charge);
    }
  }
  EXPECT_NEAR(ewald_energy(fluorite) / 4 / (coulomb / (a * std::sqrt(3.0) / 4)), -5.038784879, 1e-8);
}

// A single charge in its background: alpha = 2.837297479 for a simple cubic lattice (Leslie and Gillan 1985),
// E = -alpha q^2 / (2 eps L).
TEST(Ewald, SingleChargeInItsBackground) {
  const double length = 10e-10;
  PointCharges one = cube(length);
  one.positions = {{0.3, 0.1, 0.7}};
  one.charges = {2 * elementary_charge};
  EXPECT_NEAR(ewald_energy(one) / (4 * coulomb / (2 * length)), -2.837297479480620, 1e-12);
  one.dielectric *= 7.5;
  EXPECT_NEAR(ewald_energy(one) / (4 * coulomb / (2 * length)), -2.837297479480620 / 7.5, 1e-12);
}

// The same crystal in another cell has the same energy per charge; and an anisotropic medium is an isotropic one in
// stretched coordinates: with eps = diag(s^2, 1, 1) and the cell stretched by s along x the energy is 1/s that of the
// cube in vacuum (det eps^1/2 = s).
TEST(Ewald, DoesNotDependOnTheCellAndStretchesWithTheMedium) {
  const double length = 6e-10;
  PointCharges one = cube(length);
  one.positions = {{0, 0, 0}};
  one.charges = {elementary_charge};
  const double energy = ewald_energy(one);
  PointCharges oblique = one;
  oblique.lattice.row(1) += 2 * oblique.lattice.row(0) - oblique.lattice.row(2);
  EXPECT_NEAR(ewald_energy(oblique), energy, 1e-12 * std::abs(energy));
  const double s = 1.7;
  PointCharges stretched = one;
  stretched.lattice(0, 0) *= s;
  stretched.dielectric(0, 0) = s * s;
  EXPECT_NEAR(ewald_energy(stretched), energy / s, 1e-12 * std::abs(energy));
  // Turning medium and lattice together changes nothing.
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(0.7, Eigen::Vector3d(1, 2, 3).normalized()).toRotationMatrix();
  PointCharges turned = stretched;
  turned.lattice = stretched.lattice * turn.transpose();
  turned.dielectric = turn * stretched.dielectric * turn.transpose();
  EXPECT_NEAR(ewald_energy(turned), energy / s, 1e-12 * std::abs(energy));
}

// The potential solves Poisson's equation: its Laplacian away from charges is that of the background, q / (eps0 V),
// and its mean over the cell is zero.
TEST(Ewald, ThePotentialSolvesPoissonsEquation) {
  const double a = 5e-10, h = 0.002;
  PointCharges one = cube(a);
  one.positions = {{0, 0, 0}};
  one.charges = {elementary_charge};
  const Eigen::Vector3d place(0.31, 0.42, 0.23);
  double laplacian = 0;
  for (int i = 0; i < 3; ++i) {
    const Eigen::Vector3d step = Eigen::Vector3d::Unit(i) * h;
    laplacian +=
        (ewald_potential(one, place + step) + ewald_potential(one, place - step) - 2 * ewald_potential(one, place)) /
        (h * h * a * a);
  }
  EXPECT_NEAR(laplacian * constants::vacuum_permittivity * a * a * a / elementary_charge, 1, 1e-3);
  one.dielectric(0, 1) = 0.3;
  EXPECT_THROW(ewald_energy(one), InvalidInput);
  one.dielectric = -Eigen::Matrix3d::Identity();
  EXPECT_THROW(ewald_energy(one), InvalidInput);
}

/// A cubic cell of atoms in a medium where the engine's potentials are exactly those of a point charge, shifted.
struct Toy {
  Result bulk, defect;
  std::vector<std::size_t> partner;
  Eigen::Vector3d place{0, 0, 0};
  Eigen::Matrix3d dielectric = Eigen::Vector3d(6, 5, 4).asDiagonal();
};

Toy toy(int charge, double shift) {
  Toy t;
  t.bulk.crystal = supercell({"", Eigen::Matrix3d::Identity() * 4e-10, {{"Na", Eigen::Vector3d::Zero()}}}, {3, 3, 3});
  t.bulk.site_potentials.assign(27, -1.0);
  const std::vector<std::size_t> gone{0};
  t.defect.crystal = without_atoms(t.bulk.crystal, gone);
  t.defect.charge = charge;
  const PointCharges point{t.defect.crystal.lattice, {t.place}, {charge * elementary_charge}, t.dielectric};
  for (std::size_t i = 1; i < 27; ++i) {
    t.partner.push_back(i);
    t.defect.site_potentials.push_back(-1.0 + shift + ewald_potential(point, t.bulk.crystal.atoms[i].position));
  }
  return t;
}

// A point charge in a medium is what the scheme corrects exactly: the correction is minus the Ewald energy, and the
// potential's arbitrary zero is found.
TEST(ChargeCorrection, IsExactForAPointCharge) {
  const Toy t = toy(2, 0.13);
  const ChargeCorrection c = charge_correction(t.defect, t.bulk, t.partner, t.place, t.dielectric);
  EXPECT_NEAR(c.alignment / electron_volt, -2 * 0.13, 1e-9);
  EXPECT_LT(c.spread, 1e-9);
  const PointCharges point{t.defect.crystal.lattice, {t.place}, {2 * elementary_charge}, t.dielectric};
  EXPECT_NEAR(c.point_charge, -ewald_energy(point), 1e-12 * std::abs(ewald_energy(point)));
  EXPECT_GT(c.point_charge, 0);
  EXPECT_LT(c.sites, 27U);
  EXPECT_GT(c.sites, 0U);
  Toy without = toy(2, 0);
  without.defect.site_potentials.clear();
  EXPECT_THROW(charge_correction(without.defect, without.bulk, without.partner, without.place, without.dielectric),
               InvalidInput);
}

// Lines of slope q: +2 at 1, +1 at 1.8, 0 at 3 (eV). +2 -> +1 at 0.8, +1 -> 0 at 1.2. With +1 raised to 2.4 it is never
// stable (negative U) and +2 -> 0 is at 1.0.
TEST(TransitionLevels, CornersOfTheEnvelope) {
  std::vector<ChargeState> states{{0, 3 * electron_volt}, {1, 1.8 * electron_volt}, {2, 1 * electron_volt}};
  auto levels = transition_levels(states, 2.6 * electron_volt);
  ASSERT_EQ(levels.size(), 2U);
  EXPECT_EQ(levels[0].from, 2);
  EXPECT_EQ(levels[0].to, 1);
  EXPECT_NEAR(levels[0].level / electron_volt, 0.8, 1e-12);
  EXPECT_NEAR(levels[1].level / electron_volt, 1.2, 1e-12);
  states[1].at_valence_band = 2.4 * electron_volt;
  levels = transition_levels(states, 2.6 * electron_volt);
  ASSERT_EQ(levels.size(), 1U);
  EXPECT_EQ(levels[0].to, 0);
  EXPECT_NEAR(levels[0].level / electron_volt, 1.0, 1e-12);
  EXPECT_TRUE(transition_levels(states, 0.9 * electron_volt).empty());
  // At a corner both charges cost the same.
  EXPECT_NEAR(states[2].at_valence_band + 2 * levels[0].level, states[0].at_valence_band, 1e-12 * electron_volt);
  EXPECT_EQ(most_stable(states, 0.5 * electron_volt).first, 2);
  EXPECT_EQ(most_stable(states, 1.5 * electron_volt).first, 0);
}

// Random lines: at every Fermi level the charge that the list of transitions gives is the one of lowest energy.
TEST(TransitionLevels, AgreeWithTheLowestLineEverywhere) {
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    RandomStream random(5, "lines", trial);
    std::vector<ChargeState> states;
    for (int q = -2; q <= 3; ++q) states.push_back({q, (2 + 3 * random.uniform()) * electron_volt});
    const auto levels = transition_levels(states, 3 * electron_volt);
    for (double f = 0.005; f < 3; f += 0.01) {
      int charge = most_stable(states, 0).first;
      for (const Transition& t : levels)
        if (t.level < f * electron_volt) charge = t.to;
      EXPECT_EQ(charge, most_stable(states, f * electron_volt).first) << trial << " " << f;
    }
  }
}

TEST(Formation, TakesEveryTermOnce) {
  Result bulk, defect;
  bulk.energy = -100 * electron_volt;
  defect.energy = -92 * electron_volt;
  defect.charge = 2;
  const std::vector<std::pair<int, double>> removed{{1, -5 * electron_volt}};
  const ChargeState state = formation(defect, bulk, removed, 1.5 * electron_volt, 0.25 * electron_volt);
  EXPECT_NEAR(state.at_valence_band / electron_volt, 8 - 5 + 3 + 0.25, 1e-12);
  EXPECT_NEAR(lowest_oxygen_potential(-37 * electron_volt, -26 * electron_volt, -16 * electron_volt) / electron_volt,
              -3, 1e-12);
}

// Four atoms, four empty bands: one on a single atom below three even ones.
TEST(DefectStates, TheLocalisedOneIsFound) {
  Result r;
  r.crystal = supercell({"", Eigen::Matrix3d::Identity() * 3e-10, {{"Na", Eigen::Vector3d::Zero()}}}, {2, 2, 1});
  Spectrum& s = r.spectrum;
  s.spins = 1;
  s.bands = 5;
  s.kpoints = {Eigen::Vector3d::Zero()};
  s.weights = {1};
  s.energies = {0, 2.0 * electron_volt, 2.3 * electron_volt, 2.5 * electron_volt, 2.7 * electron_volt};
  s.occupations = {1, 0, 0, 0, 0};
  for (int n = 0; n < 5; ++n)
    for (int a = 0; a < 4; ++a) {
      s.projections.push_back(n == 1 ? (a == 2 ? 0.9 : 0.03) : 0.25);
      s.projections.push_back(0);
      s.projections.push_back(0);
    }
  const auto states = defect_states(r, 1, 3);
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].band, 1U);
  EXPECT_NEAR(states[0].below_conduction_band / electron_volt, 0.3, 1e-12);
  EXPECT_FALSE(states[0].filled);
  const auto weights = weight_by_distance(r, 1, r.crystal.atoms[2].position, "Na");
  ASSERT_EQ(weights.size(), 4U);
  EXPECT_EQ(weights[0].first, 0);
  EXPECT_NEAR(weights[0].second, 0.9 / 0.99, 1e-12);
  EXPECT_THROW(defect_states(r, 5, 1), InvalidInput);
}

}  // namespace
}  // namespace ecram::electronic
