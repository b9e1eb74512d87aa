// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/device/parameters.h"

namespace ecram::device {

/// The channel's electrons at one temperature: the material's constants in units of k T. Made once, used at every point
/// of a film.
struct ElectronLaw {
  double thermal_energy = 0;  ///< k T, J
  double band_density = 0;    ///< N_c, 1/m^3
  double donor_depth = 0;     ///< in k T
  double inverse_degeneracy = 0;
  double donor_weight = 0;  ///< exp(-depth) over the degeneracy: states are half full where exp(level) is this
  double deep_density = 0;  ///< 1/m^3
  double deep_depth = 0;    ///< in k T
  double deep_weight = 0;   ///< exp(-depth)
  double band_offset = 0;   ///< in k T
  double hopping_prefactor = 0, mott_ratio = 0, reference_density = 0, mott_power = 0, band_mobility = 0;
};

/// @param temperature  K, above 0
ElectronLaw electron_law(const MaterialConstants& constants, double temperature);

/// Electrons at one point of the film.
struct Electrons {
  double band = 0, donors = 0, deep = 0;  ///< 1/m^3

  /// Those that can hop.
  double mobile() const { return band + donors; }
};

/// @param vacancies  1/m^3
/// @param level      Fermi level above the band's edge, in k T
///
/// The band's integral is that of Bednarczyk and Bednarczyk, Phys. Lett. A 64, 409 (1978): within 0.4 %.
Electrons electrons(const ElectronLaw& law, double vacancies, double level);

/// Net charge density over q of vacancies and electrons, and its derivatives.
struct ChannelCharge {
  double density = 0;       ///< 1/m^3
  double by_level = 0;      ///< 1/m^3 for each k T; never positive
  double by_vacancies = 0;  ///< 2 (1 - occupation of the donor states)
};
ChannelCharge channel_charge(const ElectronLaw& law, double vacancies, double level);

/// The level at which the film is neutral.
double neutral_level(const ElectronLaw& law, double vacancies);

/// Conductivity by Mott hopping, S/m, of `mobile` electrons (1/m^3).
double conductivity(const ElectronLaw& law, double mobile);

/// The density that a Hall measurement sees, n_b + sigma/(q mu_b), 1/m^3.
double hall_density(const ElectronLaw& law, double band, double conductivity);

}  // namespace ecram::device
