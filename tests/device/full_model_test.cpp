// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/full_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/device/hopping.h"
#include "ecram/device/stack.h"
#include "ecram/device/train.h"

namespace ecram::device {
namespace {

constexpr double q = constants::elementary_charge;
constexpr double epsilon0 = constants::vacuum_permittivity;

/// Layers that conduct no ions, so that only electrostatics is left.
std::vector<double> at_rest(const MaterialConstants& c, const Stack& s, double channel) {
  std::vector<double> v(s.cells(), channel);
  std::fill_n(v.begin(), s.electrolyte_cells, c.electrolyte_vacancy_density);
  return v;
}

/// Charge on the gate for a voltage, C/m^2.
double gate_charge(const MaterialConstants& c, const Device& d, double volts, int refinement = 1) {
  const Stack s = make_stack(c, d, refinement);
  Electrostatics e(c, s);
  e.set_temperature(300);
  std::vector<double> phi(s.cells());
  const auto v = at_rest(c, s, d.gated_vacancy_density);
  e.solve(v, volts, phi);
  return e.gate_charge(volts, phi);
}

// A film so rich that it screens within a fraction of a nanometre is a metal plate: C = 1/(d_e/eps_e + d_i/eps_i).
TEST(Electrostatics, MetallicChannelIsAParallelPlateCapacitor) {
  MaterialConstants c;
  c.deep_density = 0;
  c.donor_depth = 0.001 * electron_volt;
  c.effective_mass = 20;
  Device d = shipped_device("fig4");
  d.gated_vacancy_density = 1e28;
  const double slope = (gate_charge(c, d, 0.6) - gate_charge(c, d, 0.4)) / 0.2;
  const double plates = epsilon0 / (d.electrolyte_thickness / c.electrolyte_permittivity +
                                    c.interphase_thickness / c.interphase_permittivity);
  EXPECT_NEAR(slope / plates, 1, 0.01);
}

// Without electrons in reach the channel cannot charge and the gate holds what the fixed donors send: Gauss's law.
TEST(Electrostatics, DepletedChannelShowsAllItsDonors) {
  MaterialConstants c;
  c.deep_density = 0;
  Device d = shipped_device("fig4");
  d.gated_vacancy_density = 1e24;
  const double donors = vacancy_charge * q * d.gated_vacancy_density * d.channel_thickness;
  EXPECT_NEAR(gate_charge(c, d, -6) / -donors, 1, 1e-6);
}

// Weak fields in a film much thicker than the Debye length decay as exp(-z/L): here only bands, far below degeneracy.
TEST(Electrostatics, FieldDecaysOverTheDebyeLength) {
  MaterialConstants c;
  c.deep_density = 0;
  c.donor_depth = 0.001 * electron_volt;
  c.donor_degeneracy = 1;
  c.band_offset = 0;
  Device d = shipped_device("fig4");
  d.gated_vacancy_density = 5e22;
  d.channel_thickness = 150e-9;
  const ElectronLaw law = electron_law(c, 300);
  const double level = neutral_level(law, d.gated_vacancy_density);
  c.band_offset = -level * law.thermal_energy;  // flat bands at zero volts
  const Stack s = make_stack(c, d, 2);
  Electrostatics e(c, s);
  e.set_temperature(300);
  std::vector<double> phi(s.cells());
  e.solve(at_rest(c, s, d.gated_vacancy_density), 0.02, phi);
  const double n = vacancy_charge * d.gated_vacancy_density;
  const double debye = std::sqrt(epsilon0 * c.channel_permittivity * law.thermal_energy / (q * q * n));
  double z = 0, first = 0, first_phi = 0;
  for (std::size_t i = s.electrolyte_cells; i < s.cells(); ++i) {
    z += s.width[i] / 2;
    if (first == 0 && z > 0.3 * debye) first = z, first_phi = phi[i];
    if (first > 0 && z > first + 2 * debye) {
      EXPECT_NEAR(std::log(first_phi / phi[i]) * debye / (z - first), 1, 0.03);
      return;
    }
    z += s.width[i] / 2;
  }
  FAIL() << "the film is too thin";
}

// Gauss: the gate's charge, the electrolyte's and the channel's sum to nothing, at any voltage.
TEST(Electrostatics, ChargesBalance) {
  const MaterialConstants c;
  const Device d = shipped_device("fig4");
  const Stack s = make_stack(c, d);
  Electrostatics e(c, s);
  for (const double kelvin : {208.0, 300.0})
    for (const double volts : {-5.0, -2.0, -0.1, 0.0, 0.5, 2.0, 5.0}) {
      e.set_temperature(kelvin);
      std::vector<double> phi(s.cells(), 3.0);  // a bad place to begin
      auto v = at_rest(c, s, d.gated_vacancy_density);
      v[s.electrolyte_cells - 1] *= 3;
      e.solve(v, volts, phi);
      double charge = e.gate_charge(volts, phi);
      for (std::size_t i = 0; i < s.cells(); ++i)
        charge +=
            q * s.width[i] *
            (i < s.electrolyte_cells
                 ? vacancy_charge * (v[i] - c.electrolyte_vacancy_density)
                 : channel_charge(e.law(), v[i], phi[i] * q / e.law().thermal_energy - e.law().band_offset).density);
      EXPECT_NEAR(charge, 0, 1e-9) << volts;
    }
}

TEST(FullModel, VacanciesAreConserved) {
  FullModel m({}, shipped_device("fig3b"));
  const auto total = [&] {
    const auto v = m.vacancies();
    return std::accumulate(v.begin(), v.end(), 0.0);
  };
  const double before = total();
  const double channel = m.read().channel_vacancies;
  const auto cycle = pulse_cycle(5, {1.5, 0.5, 0.5}, 5, {-0.8, 0.5, 0.5});
  pulse_train(m, cycle, 300);
  EXPECT_NEAR(total() / before, 1, 1e-13);
  EXPECT_LT(std::abs(total() - before), 1e-10 * channel);
}

// With an interphase as open as the rest, everything comes to rest: no flux anywhere, i.e. Boltzmann's law in each
// layer, whatever the starting point.
TEST(FullModel, RestIsBoltzmannsEquilibrium) {
  MaterialConstants c;
  c.transfer_energy = c.electrolyte_hop_energy;
  c.transfer_rate = c.attempt_frequency;
  FullModel m(c, shipped_device("fig4"));
  for (const double volts : {0.0, 0.3}) {
    m.hold(volts, 10, 300);
    const auto phi = m.potential();
    const auto v = m.vacancies();
    const Stack s = make_stack(c, shipped_device("fig4"));
    const double kT = constants::boltzmann * 300;
    const auto electrochemical = [&](std::size_t i) {
      const bool electrolyte = i < s.electrolyte_cells;
      const double sites = electrolyte ? c.electrolyte_site_density : c.channel_site_density;
      const double density = v[i] / s.width[i];
      return std::log(density / (sites - density) * sites) + vacancy_charge * q * phi[i] / kT +
             (electrolyte ? 0 : c.partition_energy / kT);
    };
    for (std::size_t i = 1; i < s.cells(); ++i) EXPECT_NEAR(electrochemical(i), electrochemical(0), 2e-3) << i;
  }
}

// Diffusion without charge against the closed form: a cosine in the channel dies out as exp(-D (pi/d)^2 t). The charge
// is taken away by a permittivity without end.
TEST(FullModel, ChannelDiffusesAsTheClosedFormSays) {
  MaterialConstants c;
  c.channel_permittivity = 1000;
  c.deep_density = 0;
  c.donor_depth = 1e-3 * electron_volt;
  c.transfer_rate = 1;
  c.transfer_energy = 3 * electron_volt;
  c.partition_energy = 0;
  Device d = shipped_device("fig4");
  d.gated_vacancy_density = 1e22;  // too few to charge anything
  const int refinement = 4;
  FullModel m(c, d, {.relative = 1e-8, .refinement = refinement});
  const Stack s = make_stack(c, d, refinement);
  auto v = m.vacancies();
  const auto mode = [&](const std::vector<double>& values) {
    double z = 0, sum = 0;
    for (std::size_t i = s.electrolyte_cells; i < s.cells(); ++i) {
      sum += values[i] * std::cos(std::numbers::pi * (z + s.width[i] / 2) / d.channel_thickness);
      z += s.width[i];
    }
    return sum;
  };
  double z = 0;
  for (std::size_t i = s.electrolyte_cells; i < s.cells(); ++i) {
    v[i] *= 1 + 0.5 * std::cos(std::numbers::pi * (z + s.width[i] / 2) / d.channel_thickness);
    z += s.width[i];
  }
  m.set_vacancies(v);
  const double before = mode(v);
  const double diffusivity = c.hop_distance * c.hop_distance * c.attempt_frequency *
                             std::exp(-c.channel_hop_energy / (constants::boltzmann * 300));
  const double rate = diffusivity * std::pow(std::numbers::pi / d.channel_thickness, 2);
  m.hold(0, 1 / rate, 300);
  EXPECT_NEAR(std::log(before / mode(m.vacancies())), 1, 0.06);
}

// Oxygen leaves the channel towards a positive gate; nothing moves when it is cold.
TEST(FullModel, PositiveGatePotentiates) {
  FullModel m({}, shipped_device("fig4"));
  m.hold(0, 10, 300);
  const double before = m.read().conductance;
  m.hold(2, 2, 300);
  EXPECT_GT(m.read().conductance, 10 * before);  // the double layer's field effect
  m.hold(0, 2, 300);
  const double after = m.read().conductance;
  EXPECT_GT(after, 1.01 * before);
  m.hold(-2, 4, 300);
  m.hold(0, 2, 300);
  EXPECT_LT(m.read().conductance, after);

  m.hold(0, 100, 150);
  const double cold = m.read().conductance;
  m.hold(2, 2, 150);
  m.hold(0, 100, 150);
  EXPECT_NEAR(m.read().conductance / cold, 1, 1e-3);
}

// Fig. 3a: what the double layer adds at a positive gate goes with it, within microseconds; what has moved stays.
TEST(FullModel, TheDoubleLayersPartIsVolatile) {
  FullModel m({}, shipped_device("fig3a"));
  m.hold(0, 10, 300);
  const double before = m.read().conductance;
  m.hold(3, 1, 300);
  const double under_voltage = m.read().conductance;
  m.hold(0, 1e-9, 300);  // a hundredth of the time that charges it
  const double at_once = m.read().conductance;
  m.hold(0, 1e-3, 300);
  const double after = m.read().conductance;
  m.hold(0, 100, 300);
  const double much_later = m.read().conductance;
  EXPECT_GT(under_voltage / after, 1.1);
  EXPECT_GT((at_once - after) / (under_voltage - after), 0.8);
  EXPECT_GT(after / before, 1.1);
  EXPECT_NEAR(much_later / after, 1, 0.01);
}

// At 20 K strong fields of both signs are borne, and warmed up again the device is what it was.
TEST(FullModel, InTheColdStrongFieldsMoveNothing) {
  for (const auto* name : {"fig3b", "fig4"}) {
    FullModel m({}, shipped_device(name));
    const double before = m.read().channel_vacancies;
    for (const double volts : {5.0, -3.0, 4.0, -5.0}) m.hold(volts, 2, 20);
    EXPECT_NEAR(m.read().channel_vacancies / before, 1, 1e-9) << name;
  }
}

// The bars of accuracy, on the film that is most sensitive: the dilute one.
TEST(FullModel, HalfTheToleranceChangesLittle) {
  const auto after = [](double relative, int refinement, const char* name, double up, double down) {
    FullModel m({}, shipped_device(name), {.relative = relative, .refinement = refinement});
    return pulse_train(m, pulse_cycle(5, {down, 0.5, 0.5}, 5, {up, 0.5, 0.5}), 300).back();
  };
  for (const auto& [name, up, down] : {std::tuple{"fig4", 2.0, -2.0}, std::tuple{"fig3b", 1.5, -0.8}}) {
    const double relative = Accuracy{}.relative;
    const double g = after(relative, 1, name, up, down);
    EXPECT_NEAR(after(relative / 2, 1, name, up, down) / g, 1, 1e-3) << name;
    EXPECT_NEAR(after(relative, 2, name, up, down) / g, 1, 5e-3) << name;
  }
}

TEST(FullModel, AveragedCyclesFollowAllOfThem) {
  const auto cycle = pulse_cycle(3, {1.5, 0.5, 0.1}, 4, {-0.8, 0.5, 0.1});
  FullModel all({}, shipped_device("fig3b"));
  std::vector<double> every;
  for (int i = 0; i < 40; ++i) every = pulse_train(all, cycle, 300);
  FullModel few({}, shipped_device("fig3b"));
  const CycleAverage average = averaged_cycles(few, cycle, 40, 300, 2e-4);
  EXPECT_LT(average.pulses, 40 * cycle.size() / 2);
  EXPECT_EQ(average.cycle.back(), 39u);
  EXPECT_LT(std::abs(std::log(average.conductance.back().back() / every.back())), average.error + 1e-5);
  EXPECT_LT(average.error, 5e-3);
}

// +5 V fills every site of the film of Fig. 3c. No more than its sites are filled, and a cycle from full to full
// repeats, whatever it began with.
TEST(FullModel, AFullFilmIsNotOverfilledAndItsCyclesRepeat) {
  const Device device = shipped_device("fig3c");
  FullModel m({}, device);
  const auto cycle = pulse_cycle(2, {5, 0.05, 0.05}, 20, {-1.5, 0.05, 0.05});
  const double sites = MaterialConstants{}.channel_site_density * device.channel_thickness;
  std::vector<double> full, emptied;
  for (int i = 0; i < 4; ++i) {
    pulse_train(m, std::span(cycle).first(2), 300);
    full.push_back(m.read().channel_vacancies / sites);
    emptied.push_back(pulse_train(m, std::span(cycle).subspan(2), 300).back());
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(full[static_cast<std::size_t>(i)], 1, 2e-3) << i;
    EXPECT_NEAR(emptied[static_cast<std::size_t>(i)] / emptied[0], 1, 1e-4) << i;
  }
}

// Where one cycle forgets the state that it began with, a jump by Euler's rule would leave the channel with less than
// nothing.
TEST(FullModel, AveragedCyclesOfStrongPulsesFollowAllOfThem) {
  const auto cycle = pulse_cycle(2, {5, 0.05, 0.05}, 20, {-1.5, 0.05, 0.05});
  FullModel all({}, shipped_device("fig3c"));
  std::vector<double> every;
  for (int i = 0; i < 12; ++i) every = pulse_train(all, cycle, 300);
  FullModel few({}, shipped_device("fig3c"));
  const CycleAverage average = averaged_cycles(few, cycle, 12, 300);
  EXPECT_LT(average.cycle.size(), 9U);
  EXPECT_EQ(average.cycle.back(), 11U);
  EXPECT_NEAR(std::log(average.conductance.back().back() / every.back()), 0, average.error + 1e-4);
}

// A film that empties fast and conducts less by the cycle: the error told is that of the readings given, not what later
// cycles leave of it.
TEST(FullModel, AveragingTellsTheErrorOfEveryReading) {
  Device device = shipped_device("fig3c");
  device.gated_vacancy_density = 1.454e26;
  const auto cycle = pulse_cycle(3, {0.93, 0.011, 0.5}, 2, {-1.96, 0.011, 0.5});
  FullModel all({}, device), few({}, device);
  std::vector<std::vector<double>> every;
  for (int i = 0; i < 40; ++i) every.push_back(pulse_train(all, cycle, 300));
  const CycleAverage average = averaged_cycles(few, cycle, 40, 300);
  double worst = 0;
  for (std::size_t k = 0; k < average.cycle.size(); ++k)
    worst = std::max(worst, std::abs(std::log(average.conductance[k].back() / every[average.cycle[k]].back())));
  EXPECT_LT(worst, average.error);
  EXPECT_LT(worst, 0.01);
}

TEST(FullModel, RefusesWhatIsNotPhysical) {
  FullModel m({}, shipped_device("fig4"));
  EXPECT_THROW(m.hold(2, 0, 300), InvalidInput);
  EXPECT_THROW(m.hold(2, 1, -4), InvalidInput);
  EXPECT_THROW(m.hold(2, NAN, 300), InvalidInput);
  try {
    m.hold(20, 1, 300);
    FAIL() << "accepted a voltage beyond breakdown";
  } catch (const InvalidInput& e) {
    EXPECT_STREQ(e.what(), "gate voltage is 20 V, expected within -12.6 to 12.6 V: breakdown of 28 nm");
  }
  Device thick = shipped_device("fig4");
  thick.channel_thickness = -1e-9;
  EXPECT_THROW(FullModel({}, thick), InvalidInput);
}

}  // namespace
}  // namespace ecram::device
