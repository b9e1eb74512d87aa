// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/electrons.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "ecram/device/full_model.h"
#include "ecram/physics/conduction.h"

namespace ecram::device {
namespace {

/// Fermi's integral of order 1/2 by the midpoint rule in sqrt(energy), normalised to e^x far below the edge.
double fermi_integral(double x) {
  double sum = 0;
  const double h = 1e-3;
  for (double u = h / 2; u < 12; u += h) sum += 2 * u * u / (1 + std::exp(u * u - x)) * h;
  return 2 / std::sqrt(std::numbers::pi) * sum;
}

TEST(Electrons, BandFollowsFermisIntegral) {
  const ElectronLaw law = electron_law({}, 300);
  for (const double x : {-20.0, -5.0, -1.0, 0.0, 2.0, 10.0, 30.0})
    EXPECT_NEAR(electrons(law, 0, x).band / law.band_density / fermi_integral(x), 1, 4e-3) << x;
}

// The neutral film of donors and compensation is `physics::freeze_out_density`, worked out on another way.
TEST(Electrons, NeutralFilmIsTheFreezeOutOfACompensatedDonor) {
  MaterialConstants c;
  c.deep_depth = 1.0 * electron_volt;  // full at every temperature here: acceptors
  const double vacancies = 4.8e25;
  for (const double t : {150.0, 200.0, 300.0}) {
    const ElectronLaw law = electron_law(c, t);
    const double level = neutral_level(law, vacancies);
    const physics::Donor donor{.density = vacancy_charge * vacancies,
                               .depth = c.donor_depth,
                               .compensation = c.deep_density / (vacancy_charge * vacancies),
                               .effective_mass = c.effective_mass,
                               .degeneracy = c.donor_degeneracy};
    const double expected = physics::freeze_out_density(donor, t);
    EXPECT_NEAR(electrons(law, vacancies, level).band / expected, 1, 5e-3) << t;
  }
}

TEST(Electrons, DerivativesAreThoseOfTheCharge) {
  const ElectronLaw law = electron_law({}, 260);
  for (const double level : {-25.0, -12.0, -6.0, -1.0, 0.5, 8.0}) {
    const double c = 6e25, h = 1e-4, dc = 1e20;
    const auto charge = channel_charge(law, c, level);
    const double by_level =
        (channel_charge(law, c, level + h).density - channel_charge(law, c, level - h).density) / (2 * h);
    const double by_vacancies =
        (channel_charge(law, c + dc, level).density - channel_charge(law, c - dc, level).density) / (2 * dc);
    EXPECT_NEAR(charge.by_level, by_level, 1e-5 * std::abs(by_level));
    EXPECT_NEAR(charge.by_vacancies, by_vacancies, 1e-4);
  }
}

// Mott's law as room `physics` has it.
TEST(Electrons, ConductivityIsMottHopping) {
  const MaterialConstants c;
  for (const double t : {200.0, 300.0}) {
    const ElectronLaw law = electron_law(c, t);
    EXPECT_NEAR(std::log(c.hopping_prefactor / conductivity(law, c.reference_density)),
                physics::log_resistivity(physics::ConductionLaw::mott_3d, c.t0, t), 1e-10);
    const double twice = c.t0 * std::pow(2.0, -c.t0_exponent);
    EXPECT_NEAR(std::log(c.hopping_prefactor / conductivity(law, 2 * c.reference_density)),
                physics::log_resistivity(physics::ConductionLaw::mott_3d, twice, t), 1e-10);
  }
}

// What the constants were chosen for: with the gate grounded, Fig. 2c's slope of ln n against 1/T between 200 and 300
// K, and a mobility near 50 cm^2/(V s) at both ends.
TEST(Electrons, HallBarFreezesOutAsInFig2) {
  FullModel m({}, shipped_device("fig4"));
  m.hold(0, 10, 300);
  const Reading warm = m.read();
  m.hold(0, 10, 200);
  const Reading cold = m.read();
  const double slope = std::log(warm.hall_density / cold.hall_density) / (1 / 200.0 - 1 / 300.0) * constants::boltzmann;
  EXPECT_NEAR(slope / electron_volt, 0.0989, 0.010);
  EXPECT_NEAR(warm.hall_mobility, 50e-4, 10e-4);
  EXPECT_NEAR(cold.hall_mobility, 50e-4, 15e-4);
  EXPECT_NEAR(warm.conductance, 43.2e-9, 0.05 * 43.2e-9);
}

}  // namespace
}  // namespace ecram::device
