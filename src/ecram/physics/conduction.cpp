// SPDX-License-Identifier: Apache-2.0
#include "ecram/physics/conduction.h"

#include <cmath>
#include <numbers>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::physics {
namespace {

using constants::boltzmann;

/// Power of T in front of the exponential.
double prefactor_power(ConductionLaw law) {
  switch (law) {
    case ConductionLaw::small_polaron_adiabatic:
      return 1;
    case ConductionLaw::small_polaron_nonadiabatic:
      return 1.5;
    case ConductionLaw::band_donor:
      return -0.75;
    default:
      return 0;
  }
}

void check_mott(ConductionLaw law, double t0, double other, double temperature) {
  if (law != ConductionLaw::mott_3d && law != ConductionLaw::mott_2d)
    throw InvalidInput("{} is not Mott's law; a hop has a length in mott_3d and mott_2d", name(law));
  if (!(t0 > 0 && other > 0 && temperature > 0))
    throw InvalidInput("T0 {} K, temperature {} K: expected positive numbers", t0, temperature);
}

}  // namespace

std::string_view name(ConductionLaw law) {
  switch (law) {
    case ConductionLaw::mott_3d:
      return "mott_3d";
    case ConductionLaw::mott_2d:
      return "mott_2d";
    case ConductionLaw::efros_shklovskii:
      return "efros_shklovskii";
    case ConductionLaw::nearest_neighbour:
      return "nearest_neighbour";
    case ConductionLaw::small_polaron_adiabatic:
      return "small_polaron_adiabatic";
    case ConductionLaw::small_polaron_nonadiabatic:
      return "small_polaron_nonadiabatic";
    case ConductionLaw::band_donor:
      return "band_donor";
  }
  return {};
}

bool has_characteristic_temperature(ConductionLaw law) {
  return law == ConductionLaw::mott_3d || law == ConductionLaw::mott_2d || law == ConductionLaw::efros_shklovskii;
}

double exponent(ConductionLaw law) {
  switch (law) {
    case ConductionLaw::mott_3d:
      return 1.0 / 4;
    case ConductionLaw::mott_2d:
      return 1.0 / 3;
    case ConductionLaw::efros_shklovskii:
      return 1.0 / 2;
    default:
      return 1;
  }
}

double log_resistivity(ConductionLaw law, double characteristic, double temperature) {
  if (has_characteristic_temperature(law)) return std::pow(characteristic / temperature, exponent(law));
  return prefactor_power(law) * std::log(temperature) + characteristic / (boltzmann * temperature);
}

double activation_energy(ConductionLaw law, double characteristic, double temperature) {
  const double kt = boltzmann * temperature;
  if (has_characteristic_temperature(law))
    return exponent(law) * kt * std::pow(characteristic / temperature, exponent(law));
  return characteristic - prefactor_power(law) * kt;
}

Hopping mott_hopping_of_length(ConductionLaw law, double t0, double localisation_length, double temperature) {
  check_mott(law, t0, localisation_length, temperature);
  const bool three = law == ConductionLaw::mott_3d;
  const double p = exponent(law), reduced = std::pow(t0 / temperature, p), xi = localisation_length;
  return {xi, three ? 21.2 / (boltzmann * t0 * xi * xi * xi) : 13.8 / (boltzmann * t0 * xi * xi),
          (three ? 3.0 / 8 : 1.0 / 3) * xi * reduced, p * boltzmann * temperature * reduced};
}

Hopping mott_hopping(ConductionLaw law, double t0, double density_of_states, double temperature) {
  check_mott(law, t0, density_of_states, temperature);
  const double xi = law == ConductionLaw::mott_3d ? std::cbrt(21.2 / (boltzmann * t0 * density_of_states))
                                                  : std::sqrt(13.8 / (boltzmann * t0 * density_of_states));
  return mott_hopping_of_length(law, t0, xi, temperature);
}

double band_density_of_states(double effective_mass, double temperature) {
  const double m = effective_mass * constants::electron_mass;
  return 2 *
         std::pow(2 * std::numbers::pi * m * boltzmann * temperature / (constants::planck * constants::planck), 1.5);
}

double freeze_out_density(const Donor& donor, double temperature) {
  if (!(temperature > 0)) throw InvalidInput("temperature {} K; expected a positive one", temperature);
  if (!(donor.density > 0)) throw InvalidInput("donor density {} 1/m^3; expected a positive one", donor.density);
  if (!(donor.compensation >= 0 && donor.compensation < 1))
    throw InvalidInput("compensation {}; expected 0 to below 1", donor.compensation);
  const double n1 = band_density_of_states(donor.effective_mass, temperature) / donor.degeneracy *
                    std::exp(-donor.depth / (boltzmann * temperature));
  const double acceptors = donor.compensation * donor.density;
  // n^2 + b n - c = 0, by the root that does not cancel.
  const double b = acceptors + n1, c = n1 * (donor.density - acceptors);
  return 2 * c / (b + std::sqrt(b * b + 4 * c));
}

}  // namespace ecram::physics
