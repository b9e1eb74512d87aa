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

FermiIntegral fermi_half(double x) {
  const double boltzmann = std::exp(x);
  if (x < -30) return {boltzmann, boltzmann};
  const double bell = 0.68 * std::exp(-0.17 * (x + 1) * (x + 1));
  const double a = x * x * x * x + 33.6 * x * (1 - bell) + 50;
  const double a_slope = 4 * x * x * x + 33.6 * (1 - bell) + 33.6 * x * bell * 0.34 * (x + 1);
  const double root = std::sqrt(std::sqrt(std::sqrt(a)));      // pow would take a tenth of a run's time
  const double b = 1.3293403881791370 / (root * root * root);  // 3 sqrt(pi)/4 a^(-3/8)
  const double denominator = 1 / boltzmann + b;
  const double slope = (1 / boltzmann + 0.375 * b * a_slope / a) / (denominator * denominator);
  return {1 / denominator, slope};
}

/// Occupation 1/(1 + w exp(-y)), without overflow.
double occupation(double y, double weight) {
  if (y > 0) return 1 / (1 + weight * std::exp(-y));
  const double e = std::exp(y);
  return e / (e + weight);
}

}  // namespace

ElectronLaw electron_law(const MaterialConstants& c, double temperature) {
  const double kT = constants::boltzmann * temperature;
  return {.thermal_energy = kT,
          .band_density = physics::band_density_of_states(c.effective_mass, temperature),
          .donor_depth = c.donor_depth / kT,
          .inverse_degeneracy = 1 / c.donor_degeneracy,
          .deep_density = c.deep_density,
          .deep_depth = c.deep_depth / kT,
          .band_offset = c.band_offset / kT,
          .hopping_prefactor = c.hopping_prefactor,
          .mott_ratio = c.t0 / temperature,
          .reference_density = c.reference_density,
          .mott_power = c.t0_exponent / 4,
          .band_mobility = c.band_mobility};
}

Electrons electrons(const ElectronLaw& law, double vacancies, double level) {
  return {.band = law.band_density * fermi_half(level).value,
          .donors = vacancy_charge * vacancies * occupation(level + law.donor_depth, law.inverse_degeneracy),
          .deep = law.deep_density * occupation(level + law.deep_depth, 1)};
}

ChannelCharge channel_charge(const ElectronLaw& law, double vacancies, double level) {
  const FermiIntegral band = fermi_half(level);
  const double donor = occupation(level + law.donor_depth, law.inverse_degeneracy);
  const double deep = occupation(level + law.deep_depth, 1);
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
