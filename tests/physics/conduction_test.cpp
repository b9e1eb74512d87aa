// SPDX-License-Identifier: Apache-2.0
#include "ecram/physics/conduction.h"

#include <cmath>

#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::physics {
namespace {

constexpr double k = constants::boltzmann, meV = 1e-3 * constants::elementary_charge;

// Worked out by hand: exp[-(T0/T)^(1/4)] has the local activation energy (k T/4) (T0/T)^(1/4).
TEST(ConductionLaw, MottsLocalActivationEnergy) {
  const auto energy = [](double t) { return activation_energy(ConductionLaw::mott_3d, 3.083e7, t) / meV; };
  EXPECT_NEAR(energy(300), 116, 0.5);
  EXPECT_NEAR(energy(250), 101, 0.5);
  EXPECT_NEAR(energy(200), 85, 0.5);
}

// The resistivity rises 2.5e4 times from 300 K to 50 K by Mott, 2e8 times by one level of 98.9 meV.
TEST(ConductionLaw, RiseOfTheResistivity) {
  const auto rise = [](ConductionLaw law, double c) {
    return std::exp(log_resistivity(law, c, 50) - log_resistivity(law, c, 300));
  };
  EXPECT_NEAR(rise(ConductionLaw::mott_3d, 3.083e7) / 2.5e4, 1, 0.05);
  EXPECT_NEAR(rise(ConductionLaw::nearest_neighbour, 98.9 * meV) / 2e8, 1, 0.2);
}

// The oracle is the numerical derivative of the law in 1/T.
TEST(ConductionLaw, ActivationEnergyIsTheSlope) {
  for (ConductionLaw law : conduction_laws) {
    const double c = has_characteristic_temperature(law) ? 1e6 : 100 * meV;
    const double t = 230, h = 1e-9;
    const double slope =
        (log_resistivity(law, c, 1 / (1 / t + h)) - log_resistivity(law, c, 1 / (1 / t - h))) / (2 * h);
    EXPECT_NEAR(activation_energy(law, c, t), k * slope, 1e-5 * k * slope) << name(law);
  }
}

// rho(300 K)/rho(200 K) for an energy of 0.1 eV, by hand: exp(1160.452 K (1/300 K - 1/200 K)) = 0.144556, times the
// powers of 3/2 that the literature has: none for nearest neighbours (Miller and Abrahams, 1960), T for adiabatic and
// T^(3/2) for nonadiabatic small polarons (Emin and Holstein, 1969), T^(-3/4) for a frozen donor (Sze and Ng).
TEST(ConductionLaw, PowersOfTemperature) {
  const auto ratio = [](ConductionLaw law) {
    return std::exp(log_resistivity(law, 100 * meV, 300) - log_resistivity(law, 100 * meV, 200));
  };
  EXPECT_NEAR(ratio(ConductionLaw::nearest_neighbour), 0.144556, 2e-6);
  EXPECT_NEAR(ratio(ConductionLaw::small_polaron_adiabatic), 0.216834, 2e-6);
  EXPECT_NEAR(ratio(ConductionLaw::small_polaron_nonadiabatic), 0.265567, 2e-6);
  EXPECT_NEAR(ratio(ConductionLaw::band_donor), 0.106652, 2e-6);
}

// kT at 300 K is 25.852 meV: rho = rho0 T^s exp(E/kT) has the local energy E - s kT.
TEST(ConductionLaw, LocalEnergyOfThePrefactors) {
  const auto energy = [](ConductionLaw law) { return activation_energy(law, 100 * meV, 300) / meV; };
  EXPECT_NEAR(energy(ConductionLaw::nearest_neighbour), 100, 1e-9);
  EXPECT_NEAR(energy(ConductionLaw::small_polaron_adiabatic), 74.148, 1e-3);
  EXPECT_NEAR(energy(ConductionLaw::small_polaron_nonadiabatic), 61.222, 1e-3);
  EXPECT_NEAR(energy(ConductionLaw::band_donor), 119.389, 1e-3);
}

// From the jump itself. A small polaron jumps by a at the rate nu exp(-W/kT); adiabatic: nu a lattice frequency;
// nonadiabatic: nu = (J^2/hbar) sqrt(pi/(4 W kT)) (Holstein, Ann. Phys. 8, 343 (1959)). Einstein: mu = e D/kT.
TEST(ConductionLaw, SmallPolaronsFromTheirJumps) {
  const double w = 80 * meV, a = 0.38e-9, n = 1e26, e = constants::elementary_charge, hbar = 1.054571817e-34;
  const auto resistivity = [&](double t, double frequency) {
    const double diffusion = a * a * frequency * std::exp(-w / (k * t));
    return 1 / (n * e * e * diffusion / (k * t));
  };
  const auto nonadiabatic = [&](double t) {
    const double j = 1 * meV;
    return resistivity(t, j * j / hbar * std::sqrt(3.14159265358979 / (4 * w * k * t)));
  };
  for (double t : {120.0, 400.0}) {
    EXPECT_NEAR(std::log(resistivity(t, 1e13) / resistivity(250, 1e13)),
                log_resistivity(ConductionLaw::small_polaron_adiabatic, w, t) -
                    log_resistivity(ConductionLaw::small_polaron_adiabatic, w, 250),
                1e-9);
    EXPECT_NEAR(std::log(nonadiabatic(t) / nonadiabatic(250)),
                log_resistivity(ConductionLaw::small_polaron_nonadiabatic, w, t) -
                    log_resistivity(ConductionLaw::small_polaron_nonadiabatic, w, 250),
                1e-9);
  }
}

// A donor 2 E deep without acceptors, n^2/(N_D - n) = N_c/g exp(-2E/kT), solved here by halving.
TEST(ConductionLaw, BandDonorFromChargeNeutrality) {
  const double depth = 200 * meV, donors = 1e24;
  const auto density = [&](double t) {
    const double right = 2.5e25 * std::pow(t / 300, 1.5) / 2 * std::exp(-depth / (k * t));
    double low = 0, high = donors;
    for (int i = 0; i < 200; ++i) {
      const double n = 0.5 * (low + high);
      (n * n < right * (donors - n) ? low : high) = n;
    }
    return 0.5 * (low + high);
  };
  for (double t : {60.0, 90.0})
    EXPECT_NEAR(std::log(density(75) / density(t)),
                log_resistivity(ConductionLaw::band_donor, depth / 2, t) -
                    log_resistivity(ConductionLaw::band_donor, depth / 2, 75),
                1e-4);
}

// Mott's argument itself: of all jumps the one with the least 2 R/xi + W/kT, where a sphere (a circle) of radius R
// holds one state within W. Its least value is (T0/T)^p, and the hop is its R and W. By golden section.
TEST(MottHopping, IsMottsOptimum) {
  const double xi = 1e-9, t = 300;
  for (ConductionLaw law : {ConductionLaw::mott_3d, ConductionLaw::mott_2d}) {
    const bool three = law == ConductionLaw::mott_3d;
    const double g = three ? 1e26 / constants::elementary_charge : 1e17 / constants::elementary_charge;
    const auto energy = [&](double r) {
      return three ? 3 / (4 * 3.14159265358979 * r * r * r * g) : 1 / (3.14159265358979 * r * r * g);
    };
    const auto effort = [&](double r) { return 2 * r / xi + energy(r) / (k * t); };
    double a = 0.1e-9, b = 100e-9;
    for (int i = 0; i < 200; ++i) {
      const double left = b - 0.6180339887 * (b - a), right = a + 0.6180339887 * (b - a);
      (effort(left) < effort(right) ? b : a) = effort(left) < effort(right) ? right : left;
    }
    const double r = 0.5 * (a + b), t0 = t * std::pow(effort(r), three ? 4 : 3);
    // Mott's constants: 512/(9 pi) = 18.1 and 27/pi = 8.6; those of percolation, which the program uses, are larger.
    EXPECT_NEAR(t0 * k * g * std::pow(xi, three ? 3 : 2), three ? 18.108 : 8.594, 1e-3);
    const Hopping hop = mott_hopping_of_length(law, t0, xi, t);
    EXPECT_NEAR(hop.distance, r, 1e-6 * r);
    EXPECT_NEAR(hop.energy, energy(r), 1e-5 * energy(r));
  }
}

// Shklovskii and Efros (1984): T0 = 21.2/(k g xi^3) and 13.8/(k g xi^2). With 1e20 per cm^3 and eV and 0.3 nm (an
// amorphous semiconductor) that is 9.11e7 K by hand; with 1e14 per cm^2 and eV and 1 nm, 1.601e5 K.
TEST(MottHopping, PercolationConstants) {
  const double ev = constants::elementary_charge;
  EXPECT_NEAR(mott_hopping(ConductionLaw::mott_3d, 9.112e7, 1e26 / ev, 300).localisation_length, 0.3e-9, 1e-13);
  EXPECT_NEAR(mott_hopping(ConductionLaw::mott_2d, 1.6014e5, 1e18 / ev, 300).localisation_length, 1e-9, 1e-13);
}

// p (T0/T)^p kT for each law with a T0: (T0/T)^p = 10 at 300 K gives kT times 2.5, 3.333 and 5.
TEST(ConductionLaw, LocalEnergyOfHopping) {
  const double kt = 25.852;
  EXPECT_NEAR(activation_energy(ConductionLaw::mott_3d, 300e4, 300) / meV, 2.5 * kt, 2e-3);
  EXPECT_NEAR(activation_energy(ConductionLaw::mott_2d, 300e3, 300) / meV, 10.0 / 3 * kt, 3e-3);
  EXPECT_NEAR(activation_energy(ConductionLaw::efros_shklovskii, 300e2, 300) / meV, 5 * kt, 4e-3);
}

// Hop of 3.4 to 6.7 nm at 300 K for localisation lengths of 0.5 to 1 nm.
TEST(MottHopping, HasThePapersHop) {
  EXPECT_NEAR(mott_hopping_of_length(ConductionLaw::mott_3d, 3.083e7, 0.5e-9, 300).distance, 3.4e-9, 0.05e-9);
  const Hopping hop = mott_hopping_of_length(ConductionLaw::mott_3d, 3.083e7, 1e-9, 300);
  EXPECT_NEAR(hop.distance, 6.7e-9, 0.05e-9);
  EXPECT_NEAR(hop.energy / meV, 116, 0.5);
  const Hopping back = mott_hopping(ConductionLaw::mott_3d, 3.083e7, hop.density_of_states, 300);
  EXPECT_NEAR(back.localisation_length, 1e-9, 1e-18);
  EXPECT_THROW(mott_hopping(ConductionLaw::nearest_neighbour, 1, 1, 1), InvalidInput);
}

// Charge neutrality itself is the oracle: n + N_A = ionised donors.
TEST(FreezeOut, IsNeutral) {
  for (double compensation : {0.0, 1e-3, 0.3, 0.9})
    for (double t : {20.0, 100.0, 300.0, 1000.0}) {
      const Donor donor{1e24, 100 * meV, compensation, 1, 2};
      const double n = freeze_out_density(donor, t);
      const double n1 = band_density_of_states(1, t) / 2 * std::exp(-donor.depth / (k * t));
      const double ionised = donor.density * n1 / (n1 + n);
      EXPECT_NEAR(n + compensation * donor.density, ionised, 1e-9 * ionised);
    }
}

// Uncompensated, ln(n/T^(3/4)) falls with half the donor's depth; compensated, ln(n/T^(3/2)) with the whole.
TEST(FreezeOut, SlopeIsHalfOrTheWholeDepth) {
  const auto slope = [](const Donor& donor, double power) {
    const auto y = [&](double t) { return std::log(freeze_out_density(donor, t)) - power * std::log(t); };
    return -k * (y(40) - y(42)) / (1 / 40.0 - 1 / 42.0) / meV;
  };
  EXPECT_NEAR(slope({1e24, 100 * meV, 0, 1, 2}, 0.75), 50, 0.01);
  EXPECT_NEAR(slope({1e24, 100 * meV, 0.2, 1, 2}, 1.5), 100, 0.01);
}

// N_c of free electrons at 300 K is 2.51e25 per cubic metre (Sze and Ng).
TEST(FreezeOut, BandDensityOfStates) { EXPECT_NEAR(band_density_of_states(1, 300), 2.51e25, 0.01e25); }

}  // namespace
}  // namespace ecram::physics
