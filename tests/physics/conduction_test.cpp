// SPDX-License-Identifier: Apache-2.0
#include "ecram/physics/conduction.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::physics {
namespace {

constexpr double k = constants::boltzmann, meV = 1e-3 * constants::elementary_charge;

std::vector<double> temperatures(double from, double to, int count) {
  std::vector<double> t(count);
  for (int i = 0; i < count; ++i) t[i] = from + (to - from) * i / (count - 1);
  return t;
}

std::vector<double> hopping(const std::vector<double>& temperature, double t0, double p) {
  std::vector<double> rho;
  for (double t : temperature) rho.push_back(0.035 * std::exp(std::pow(t0 / t, p)));
  return rho;
}

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

// The oracle is the derivative of the law, done by hand: w = p (T0/T)^p.
TEST(ReducedActivationEnergy, IsTheLawsDerivative) {
  const auto t = temperatures(200, 300, 101);
  for (double p : {0.25, 1.0 / 3, 0.5, 1.0}) {
    const double t0 = std::pow(18.0, 1 / p) * 250;  // so that (T0/T)^p is 18 at 250 K for every law
    const auto w = reduced_activation_energy(t, hopping(t, t0, p));
    for (std::size_t i = 0; i < t.size(); ++i)
      EXPECT_NEAR(w[i], p * std::pow(t0 / t[i], p), 2e-4 * w[i]) << "p = " << p << ", T = " << t[i];
  }
}

// Halving the spacing must quarter the error: second order, as the header promises.
TEST(ReducedActivationEnergy, ConvergesAtSecondOrder) {
  const auto error = [](int count) {
    const auto t = temperatures(200, 300, count);
    const double t0 = 3.083e7;
    return std::abs(reduced_activation_energy(t, hopping(t, t0, 0.25))[0] - 0.25 * std::pow(t0 / 200, 0.25));
  };
  EXPECT_NEAR(error(11) / error(21), 4, 0.5);
}

// A film of another thickness is a resistivity times a constant: w must not see it.
TEST(ReducedActivationEnergy, DoesNotDependOnTheScaleOfResistivity) {
  const auto t = temperatures(50, 300, 26);
  auto rho = hopping(t, 3.083e7, 0.25);
  const auto w = reduced_activation_energy(t, rho);
  for (double& r : rho) r *= 1e6;
  const auto scaled = reduced_activation_energy(t, rho);
  for (std::size_t i = 0; i < t.size(); ++i) EXPECT_NEAR(scaled[i], w[i], 1e-10 * w[i]);
}

TEST(ReducedActivationEnergy, NamesTheFirstBadPoint) {
  const std::vector<double> t{200, 210, 210, 220}, rho{3, 2, 2, 1};
  try {
    reduced_activation_energy(t, rho);
    FAIL() << "accepted a repeated temperature";
  } catch (const InvalidInput& e) {
    EXPECT_STREQ(e.what(), "temperature 2 (210 K) does not rise above the one before");
  }
  EXPECT_THROW(reduced_activation_energy(std::vector<double>{1, 2}, std::vector<double>{1, 2}), InvalidInput);
  EXPECT_THROW(reduced_activation_energy(t, std::vector<double>{1, 2, 3}), InvalidInput);
  EXPECT_THROW(reduced_activation_energy(std::vector<double>{1, 2, 3}, std::vector<double>{1, NAN, 1}), InvalidInput);
}

}  // namespace
}  // namespace ecram::physics
