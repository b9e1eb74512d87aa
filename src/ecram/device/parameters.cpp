// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/parameters.h"

#include <array>
#include <cmath>
#include <utility>

#include "ecram/core/errors.h"
#include "ecram/core/nearest.h"

namespace ecram::device {
namespace {

using enum Provenance;
constexpr double nm = 1e-9, um = 1e-6;
constexpr std::string_view energy_unit = "eV";

template <class Owner>
void check(const Owner& owner, std::string_view prefix) {
  Owner copy = owner;
  for (const Parameter& p : parameters(copy)) {
    const double value = *p.value / p.scale;
    const double slack = 1e-12 * (std::abs(p.low) + std::abs(p.high));
    if (!(value >= p.low - slack && value <= p.high + slack))
      throw InvalidInput("{}{} is {:.6g} {}, expected {:.6g} to {:.6g} {}", prefix, p.name, value, p.unit, p.low,
                         p.high, p.unit);
  }
}

/// The Hall bar of Fig. 2 and 4: 60 x 20 um^2 under the gate, 260 um patterned.
Device hall_bar(std::string name) {
  Device d;
  d.name = std::move(name);
  return d;
}

/// The 4 x 25 um^2 device of Supplementary Fig. 12, whose ungated length is not stated: fitted to Fig. 3b. Its film is
/// richer and its interphase has not been optimised for retention.
Device small_device(std::string name) {
  Device d = hall_bar(std::move(name));
  d.gate_length = 25 * um, d.gate_width = 4 * um, d.ungated_length = 4.6 * um;
  d.vacancy_density = 1.1e26, d.gated_vacancy_density = 1.09e26;
  d.transfer_energy_shift = -0.11 * electron_volt;
  d.ambient = Ambient::air;
  return d;
}

std::array<Device, 7> make_shipped() {
  Device fig1d = hall_bar("fig1d");
  fig1d.ambient = Ambient::air;
  fig1d.ungated_length = 200 * um;
  fig1d.vacancy_density = 1.59e26, fig1d.gated_vacancy_density = 0.75e26;
  fig1d.transfer_energy_shift = 0.30 * electron_volt;
  Device fig3a = small_device("fig3a");
  fig3a.transfer_energy_shift = 0.05 * electron_volt;
  Device fig3c = small_device("fig3c");
  fig3c.transfer_energy_shift = -0.15 * electron_volt;
  Device fig3e = small_device("fig3e");
  fig3e.transfer_energy_shift = 0.22 * electron_volt;
  Device fig3h = fig1d;
  fig3h.name = "fig3h";
  fig3h.transfer_energy_shift = 0;
  return {fig1d, fig3a, small_device("fig3b"), fig3c, fig3e, fig3h, hall_bar("fig4")};
}

}  // namespace

std::string_view name(Provenance provenance) {
  switch (provenance) {
    case geometry:
      return "geometry";
    case literature:
      return "literature";
    case fitted:
      return "fitted";
    case assumed:
      return "assumed";
  }
  return "";
}

std::string_view name(Ambient ambient) { return ambient == Ambient::air ? "air" : "vacuum"; }

std::vector<Parameter> parameters(MaterialConstants& c) {
  constexpr double eV = electron_volt;
  return {
      {"attempt_frequency", "1/s", 1, &c.attempt_frequency, 1e11, 1e14, literature,
       "optical phonons; Mott and Gurney, Electronic Processes in Ionic Crystals (1948)"},
      {"hop_distance", "nm", nm, &c.hop_distance, 0.1, 1, assumed,
       "about the distance of neighbouring oxygen sites, 0.27 nm along an octahedron's edge of WO3"},
      {"electrolyte_hop_energy", energy_unit, eV, &c.electrolyte_hop_energy, 0.05, 2, fitted,
       "Fig. 3h: the double layer forms within 3 us"},
      {"channel_hop_energy", energy_unit, eV, &c.channel_hop_energy, 0.05, 2, assumed,
       "never the slow step: a channel of 4.5 nm levels in microseconds"},
      {"electrolyte_vacancy_density", "1/m^3", 1, &c.electrolyte_vacancy_density, 1e22, 5e27, assumed,
       "0.2 % of the oxygen sites of sputtered HfO2"},
      {"electrolyte_site_density", "1/m^3", 1, &c.electrolyte_site_density, 1e25, 1e29, assumed,
       "one in ten of HfO2's oxygen sites: with more it is another phase"},
      {"channel_site_density", "1/m^3", 1, &c.channel_site_density, 1e25, 1e29, literature,
       "WO2.9, where another phase begins; Salje and Guettler, Philos. Mag. B 50, 607 (1984)"},
      {"interphase_thickness", "nm", nm, &c.interphase_thickness, 0.3, 5, fitted,
       "Fig. 4b and 3b: it divides the drive"},
      {"interphase_permittivity", "", 1, &c.interphase_permittivity, 1, 100, assumed, "between those of mixed oxides"},
      {"transfer_rate", "1/s", 1, &c.transfer_rate, 1, 1e16, fitted, "Fig. 4b, 300 K"},
      {"transfer_energy", energy_unit, eV, &c.transfer_energy, 0.1, 3, fitted, "Fig. 4b, 260 K"},
      {"partition_energy", energy_unit, eV, &c.partition_energy, -1, 1, fitted, "Fig. 3b: both nonlinearities"},
      {"gate_exchange", "1/(m^2 s)", 1, &c.gate_exchange, 1e15, 1e33, assumed, "never the slow step"},
      {"gate_energy", energy_unit, eV, &c.gate_energy, 0, 2, assumed, "never the slow step"},
      {"reservoir_density", "1/m^2", 1, &c.reservoir_density, 1e17, 1e23, assumed, "2 nm of oxide at the gate"},
      {"electrolyte_permittivity", "", 1, &c.electrolyte_permittivity, 1, 200, literature,
       "HfO2; Robertson, Eur. Phys. J. Appl. Phys. 28, 265 (2004)"},
      {"channel_permittivity", "", 1, &c.channel_permittivity, 1, 1000, literature,
       "amorphous WO3, 20 to 40; Deb, Sol. Energy Mater. Sol. Cells 92, 245 (2008)"},
      {"effective_mass", "", 1, &c.effective_mass, 0.05, 20, fitted, "Fig. 2: 50 cm^2/(V s), with the densities below"},
      {"donor_depth", energy_unit, eV, &c.donor_depth, 0.001, 1, fitted,
       "Fig. 2c: ln n falls by 98.9 meV, of which the band's T^(3/2) and the grounded gate make 40"},
      {"donor_degeneracy", "", 1, &c.donor_degeneracy, 1, 10, literature, "spin"},
      {"deep_density", "1/m^3", 1, &c.deep_density, 0, 1e28, fitted,
       "Fig. 4: 43.2 nS; compensation, without which freeze-out has half the donor level for its slope"},
      {"deep_depth", energy_unit, eV, &c.deep_depth, 0.01, 2, assumed,
       "within the 0.1 to 0.5 eV reported for vacancies"},
      {"band_offset", energy_unit, eV, &c.band_offset, -2, 2, fitted,
       "Fig. 4b: the film holds its state at zero volts"},
      {"hopping_prefactor", "S/m", 1, &c.hopping_prefactor, 1, 1e15, fitted, "Fig. 4: 43.2 nS"},
      {"t0", "K", 1, &c.t0, 1e3, 1e10, fitted, "Fig. 2b and 2c: 98.9 meV between 200 and 300 K"},
      {"reference_density", "1/m^3", 1, &c.reference_density, 1e22, 1e28, fitted, "Fig. 2: 50 cm^2/(V s)"},
      {"t0_exponent", "", 1, &c.t0_exponent, 0, 3, fitted, "Fig. 4d, Hall coefficient at 300 and 280 K"},
      {"band_mobility", "cm^2/(V s)", 1e-4, &c.band_mobility, 0.1, 1e4, assumed, "above the 50 of Fig. 2b"},
      {"leakage_prefactor", "S/m", 1, &c.leakage_prefactor, 0, 1e6, fitted, "Fig. 3h, energies of both pulses"},
      {"leakage_energy", energy_unit, eV, &c.leakage_energy, 0, 3, literature,
       "traps of HfO2, 0.5 to 1.5 eV; Robertson, Eur. Phys. J. Appl. Phys. 28, 265 (2004)"},
      {"leakage_permittivity", "", 1, &c.leakage_permittivity, 1, 100, literature, "HfO2, refractive index 2"},
      {"breakdown_field", "V/m", 1, &c.breakdown_field, 1e6, 1e10, literature,
       "thin HfO2, 4 to 5 MV/cm; McPherson et al., Appl. Phys. Lett. 82, 2121 (2003)"},
  };
}

std::vector<Parameter> parameters(Device& d) {
  return {
      {"channel_thickness", "nm", nm, &d.channel_thickness, 0.5, 1000, geometry, "Methods"},
      {"electrolyte_thickness", "nm", nm, &d.electrolyte_thickness, 1, 1000, geometry, "Methods"},
      {"gate_length", "um", um, &d.gate_length, 1e-3, 1e5, geometry, "Fig. 2; Supplementary Fig. 12"},
      {"gate_width", "um", um, &d.gate_width, 1e-3, 1e5, geometry, "Fig. 2; Supplementary Fig. 12"},
      {"ungated_length", "um", um, &d.ungated_length, 0, 1e5, geometry,
       "Methods: 260 um patterned; of the small device (Fig. 3a to 3g) fitted to Fig. 3b"},
      {"vacancy_density", "1/m^3", 1, &d.vacancy_density, 1e20, 2e28, fitted,
       "Fig. 4: 43.2 nS; Fig. 3b and 3h: labels; assumed for Fig. 1d"},
      {"gated_vacancy_density", "1/m^3", 1, &d.gated_vacancy_density, 1e20, 2e28, fitted,
       "as above; of Fig. 3b, the floor of its cycles once they repeat"},
      {"transfer_energy_shift", energy_unit, electron_volt, &d.transfer_energy_shift, -1, 1, fitted,
       "the device's retention optimisation; assumed where the paper has no number (Fig. 1d, 3a)"},
  };
}

std::span<const Device> shipped_devices() {
  static const std::array<Device, 7> devices = make_shipped();
  return devices;
}

const Device& shipped_device(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Device& d : shipped_devices()) {
    if (d.name == name) return d;
    known.push_back(d.name);
  }
  throw InvalidInput("no device '{}'{}", name, did_you_mean(name, known));
}

void validate(const MaterialConstants& constants) {
  check(constants, "");
  if (constants.interphase_thickness < constants.hop_distance)
    throw InvalidInput("interphase_thickness is {:.6g} nm, expected at least hop_distance, {:.6g} nm",
                       constants.interphase_thickness / nm, constants.hop_distance / nm);
}

void validate(const Device& device) { check(device, ""); }

void validate(const MaterialConstants& constants, const Device& device) {
  validate(constants);
  validate(device);
  // Beyond these it is another phase, which the model does not have.
  const auto room = [](std::string_view name, double density, double share, std::string_view of, double sites) {
    if (!(density <= share * sites))
      throw InvalidInput("{} is {:.4g} 1/m^3, expected at most {:.4g}: {:g} of {}", name, density, share * sites, share,
                         of);
  };
  room("electrolyte_vacancy_density", constants.electrolyte_vacancy_density, 0.5, "electrolyte_site_density",
       constants.electrolyte_site_density);
  room("gated_vacancy_density", device.gated_vacancy_density, 0.9, "channel_site_density",
       constants.channel_site_density);
}

double breakdown_voltage(const MaterialConstants& constants, const Device& device) {
  return constants.breakdown_field * device.electrolyte_thickness;
}

void check_gate_voltage(const MaterialConstants& constants, const Device& device, double volts) {
  const double limit = breakdown_voltage(constants, device);
  if (!(std::abs(volts) <= limit))
    throw InvalidInput("gate voltage is {:.6g} V, expected within -{:.6g} to {:.6g} V: breakdown of {:.6g} nm", volts,
                       limit, limit, device.electrolyte_thickness / nm);
}

}  // namespace ecram::device
