// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/electrons.h"

#include <cmath>

#include "ecram/physics/conduction.h"

namespace ecram::device {
namespace {

/// F_1/2 of Bednarczyk and Bednarczyk with its derivative.
struct FermiIntegral {
  double value, slope;
};

/// @param inverse_boltzmann  exp(-x)
FermiIntegral fermi_half(double x, double inverse_boltzmann) {
  if (x < -30) {
    const double boltzmann = std::exp(x);
    return {boltzmann, boltzmann};
  }
  const double bell = 0.68 * std::exp(-0.17 * (x + 1) * (x + 1));
  const double a = x * x * x * x + 33.6 * x * (1 - bell) + 50;
  const double a_slope = 4 * x * x * x + 33.6 * (1 - bell) + 33.6 * x * bell * 0.34 * (x + 1);
  const double root = std::sqrt(std::sqrt(std::sqrt(a)));      // pow would take a tenth of a run's time
  const double b = 1.3293403881791370 / (root * root * root);  // 3 sqrt(pi)/4 a^(-3/8)
  const double value = 1 / (inverse_boltzmann + b);
  return {value, (inverse_boltzmann + 0.375 * b * a_slope / a) * value * value};
}

/// Shares of states that are taken.
struct Occupation {
  double donors, deep;
};

Occupation occupation(const ElectronLaw& law, double level, double inverse_boltzmann) {
  constexpr double far = 300;  // exponentials of this and their products neither overflow nor vanish
  if (std::abs(level) < far && law.deep_depth < far && law.donor_depth < far)
    return {1 / (1 + law.donor_weight * inverse_boltzmann), 1 / (1 + law.deep_weight * inverse_boltzmann)};
  return {1 / (1 + law.inverse_degeneracy * std::exp(-level - law.donor_depth)),
          1 / (1 + std::exp(-level - law.deep_depth))};
}

}  // namespace

ElectronLaw electron_law(const MaterialConstants& c, double temperature) {
  const double kT = constants::boltzmann * temperature;
  return {.thermal_energy = kT,
          .band_density = physics::band_density_of_states(c.effective_mass, temperature),
          .donor_depth = c.donor_depth / kT,
          .inverse_degeneracy = 1 / c.donor_degeneracy,
          .donor_weight = std::exp(-c.donor_depth / kT) / c.donor_degeneracy,
          .deep_density = c.deep_density,
          .deep_depth = c.deep_depth / kT,
          .deep_weight = std::exp(-c.deep_depth / kT),
          .band_offset = c.band_offset / kT,
          .hopping_prefactor = c.hopping_prefactor,
          .mott_ratio = c.t0 / temperature,
          .reference_density = c.reference_density,
          .mott_power = c.t0_exponent / 4,
          .band_mobility = c.band_mobility};
}

Electrons electrons(const ElectronLaw& law, double vacancies, double level) {
  const double inverse_boltzmann = std::exp(-level);
  const Occupation taken = occupation(law, level, inverse_boltzmann);
  return {.band = law.band_density * fermi_half(level, inverse_boltzmann).value,
          .donors = vacancy_charge * vacancies * taken.donors,
          .deep = law.deep_density * taken.deep};
}

ChannelCharge channel_charge(const ElectronLaw& law, double vacancies, double level) {
  const double inverse_boltzmann = std::exp(-level);
  const FermiIntegral band = fermi_half(level, inverse_boltzmann);
  const auto [donor, deep] = occupation(law, level, inverse_boltzmann);
  const double states = vacancy_charge * vacancies;
  return {
      .density = states * (1 - donor) - law.band_density * band.value - law.deep_density * deep,
      .by_level = -law.band_density * band.slope - states * donor * (1 - donor) - law.deep_density * deep * (1 - deep),
      .by_vacancies = vacancy_charge * (1 - donor)};
}

double neutral_level(const ElectronLaw& law, double vacancies) {
  // The charge falls with the level: bisect, then polish.
  double low = -law.deep_depth - 60, high = 60;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (channel_charge(law, vacancies, middle).density > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

double conductivity(const ElectronLaw& law, double mobile) {
  const double mott = std::pow(law.mott_ratio, 0.25) * std::pow(law.reference_density / mobile, law.mott_power);
  return law.hopping_prefactor * std::exp(-mott);
}

double hall_density(const ElectronLaw& law, double band, double conductivity) {
  return band + conductivity / (constants::elementary_charge * law.band_mobility);
}

}  // namespace ecram::device
