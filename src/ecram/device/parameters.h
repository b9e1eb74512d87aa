// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/core/constants.h"

/// The ECRAM: a gate with a reservoir of oxygen vacancies | electrolyte | interphase | channel. Vacancies are doubly
/// charged and move; electrons follow at once. docs/device.md has the equations.
namespace ecram::device {

using constants::electron_volt;

/// Charge number of a vacancy, and the number of donor states it makes.
inline constexpr double vacancy_charge = 2;

/// What is the same in every device: energies, hopping distance, site densities, donor level. The defaults are those of
/// W / HfO2 / WO3-x; `parameters` says where each comes from.
struct MaterialConstants {
  // Vacancies in the electrolyte and the channel: hopping over a barrier that the field tilts.
  double attempt_frequency = 1e13;                       ///< 1/s
  double hop_distance = 0.3e-9;                          ///< m
  double electrolyte_hop_energy = 0.33 * electron_volt;  ///< J
  double channel_hop_energy = 0.40 * electron_volt;      ///< J
  double electrolyte_vacancy_density = 1e26;             ///< 1/m^3 at rest; an equal fixed charge makes it neutral
  double electrolyte_site_density = 5e27;                ///< 1/m^3: more of them and it is another phase
  double channel_site_density = 2e27;                    ///< 1/m^3, likewise

  // The interphase between electrolyte and channel: the slow step. Its barriers stand hop_distance apart, so it has
  // interphase_thickness / hop_distance of them.
  double interphase_thickness = 1.2e-9;           ///< m
  double interphase_permittivity = 10;            ///< relative
  double transfer_rate = 205;                     ///< 1/s, of a single barrier at infinite temperature
  double transfer_energy = 0.65 * electron_volt;  ///< J
  double partition_energy =
      0.093 * electron_volt;  ///< J: a vacancy's energy in the channel less that in the electrolyte

  // The gate's reservoir: oxygen that the metal takes and gives, so quick that it is never the slow step.
  double gate_exchange = 1e28;                ///< 1/(m^2 s) at infinite temperature
  double gate_energy = 0.40 * electron_volt;  ///< J
  double reservoir_density = 1e20;            ///< 1/m^2, vacancies it holds at rest

  // Electrons in the channel.
  double electrolyte_permittivity = 25;        ///< relative
  double channel_permittivity = 30;            ///< relative
  double effective_mass = 0.32;                ///< of the conduction band, in electron masses
  double donor_depth = 0.060 * electron_volt;  ///< J below the band's edge
  double donor_degeneracy = 2;
  double deep_density = 8.5e25;               ///< 1/m^3: states that take the donors' electrons first
  double deep_depth = 0.35 * electron_volt;   ///< J below the band's edge
  double band_offset = 0.13 * electron_volt;  ///< J: the band's edge above the Fermi level at the gate's potential

  // Conduction: Mott hopping with T0 = t0 (reference_density / m)^t0_exponent, m the electrons outside deep states.
  double hopping_prefactor = 4.1e6;    ///< S/m
  double t0 = 6e6;                     ///< K
  double reference_density = 1.05e25;  ///< 1/m^3
  double t0_exponent = 1.15;
  double band_mobility = 200e-4;  ///< m^2/(V s): bounds the Hall mobility from above

  // Leakage through the electrolyte: Poole-Frenkel, J = s E exp(-(U - b sqrt(E))/(k T)).
  double leakage_prefactor = 9.2e-7;            ///< S/m
  double leakage_energy = 0.6 * electron_volt;  ///< J
  double leakage_permittivity = 4;              ///< relative, at optical frequencies: it sets b
  double breakdown_field = 4.5e8;               ///< V/m across the electrolyte
};

enum class Ambient { air, vacuum };

/// What fabrication changes from device to device, and what is around it.
struct Device {
  std::string name = "paper";
  double channel_thickness = 4.5e-9;       ///< m
  double electrolyte_thickness = 28e-9;    ///< m
  double gate_length = 60e-6;              ///< m, along the channel's current
  double gate_width = 20e-6;               ///< m
  double ungated_length = 0;               ///< m, of both ends of the channel together, as wide as the gate
  double vacancy_density = 4.77e25;        ///< 1/m^3 in the channel as deposited; the ungated ends keep it
  double gated_vacancy_density = 4.77e25;  ///< 1/m^3 under the gate at the beginning of a protocol
  double transfer_energy_shift = 0;        ///< J added to transfer_energy: the retention optimisation
  Ambient ambient = Ambient::vacuum;
};

/// Where a number comes from.
enum class Provenance { geometry, literature, fitted, assumed };
std::string_view name(Provenance provenance);
std::string_view name(Ambient ambient);

/// One number of a struct above, with all that a table, a file's reader or a fit needs of it.
struct Parameter {
  std::string_view name;     ///< the member's
  std::string_view unit;     ///< as people read it, "eV"
  double scale = 1;          ///< SI value of one such unit
  double* value = nullptr;   ///< SI
  double low = 0, high = 0;  ///< what is physical, in that unit, ends included
  Provenance provenance = Provenance::assumed;
  std::string_view source;  ///< reference, figure, or the reason for an assumption
};

/// Every number of a struct, in the order in which it stands there. The pointers are into the argument.
std::vector<Parameter> parameters(MaterialConstants& constants);
std::vector<Parameter> parameters(Device& device);

/// The devices of the paper's figures: "fig1d", "fig3a", "fig3b" (also Fig. 3f and 3g), "fig3c", "fig3e", "fig3h",
/// "fig4".
std::span<const Device> shipped_devices();

/// @throws InvalidInput  naming the nearest, if there is none of that name
const Device& shipped_device(std::string_view name);

/// @throws InvalidInput  "NAME is VALUE UNIT, expected LOW to HIGH" for the first number that is not physical
void validate(const MaterialConstants& constants);
void validate(const Device& device);

/// Both, and that the device's layers have sites for the vacancies in them.
void validate(const MaterialConstants& constants, const Device& device);

/// The gate voltage at which the electrolyte's field is the breakdown field, V.
double breakdown_voltage(const MaterialConstants& constants, const Device& device);

/// @throws InvalidInput  for a voltage beyond breakdown in either direction
void check_gate_voltage(const MaterialConstants& constants, const Device& device, double volts);

}  // namespace ecram::device
