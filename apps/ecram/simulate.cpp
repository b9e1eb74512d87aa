// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/analysis/hall/read_hall.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/units.h"
#include "ecram/report/json.h"
#include "ecram/synthetic/hall_record.h"
#include "option_rules.h"
#include "outputs.h"

namespace ecram::commands {
namespace {

using synthetic::HallScene;

struct SimulateHall {
  HallScene scene;
  std::string out, sweep, law = "mott", mott_temperature = "3.083e7 K", activation_energy = "98.9 meV";
  std::string carrier = "n";
  bool force = false;
};

std::string truth_json(const HallScene& s, const std::string& file) {
  const auto t = synthetic::truth(s);
  const double turns = 2 * std::numbers::pi * s.rotation_frequency;
  nlohmann::ordered_json j{{"file", file},
                           {"carrier_type", s.holes ? "p" : "n"},
                           {"density_m3", s.density},
                           {"sheet_density_m2", s.density * s.bar.thickness},
                           {"mobility_m2_per_Vs", s.mobility},
                           {"resistivity_ohm_m", t.sheet_resistance * s.bar.thickness},
                           {"hall_slope_ohm_per_T", t.hall_slope},
                           {"hall_resistance_ohm", t.hall_slope * s.field_amplitude},
                           {"current_A", t.current},
                           {"temperature_K", s.temperature},
                           {"field_amplitude_T", s.field_amplitude},
                           {"frequency_Hz", s.rotation_frequency},
                           {"offset_ohm", t.sheet_resistance * s.misalignment / s.bar.width},
                           {"drift", s.drift},
                           {"resistance_drift", s.resistance_drift},
                           {"contact_resistance_ohm", s.series_resistance},
                           {"pickup_V", s.pickup_in_phase},
                           {"pickup_quadrature_V", s.pickup_quadrature},
                           {"loop_area_m2", s.loop_area},
                           {"induced_V", s.loop_area * turns * s.field_amplitude},
                           {"rc_time_s", s.rc_time},
                           {"white_noise_V", s.white_noise},
                           {"flicker_corner_Hz", s.flicker_corner},
                           {"longitudinal_noise_V", s.longitudinal_noise},
                           {"longitudinal_flicker_corner_Hz", s.longitudinal_flicker_corner},
                           {"film_noise", s.film_noise},
                           {"film_flicker_corner_Hz", s.film_flicker_corner},
                           {"mains_V", s.mains_amplitude},
                           {"seed", s.seed},
                           {"index", s.index}};
  return report::text_of(j);
}

double positive(const char* name, const std::string& text, const char* si) {
  const double value = naming(name, [&] { return quantity(text, si); });
  if (!(value > 0)) throw InvalidInput("{} '{}'; expected more than 0", name, text);
  return value;
}

double not_negative(const char* name, const std::string& text, const char* si) {
  const double value = naming(name, [&] { return quantity(text, si); });
  if (!(value >= 0)) throw InvalidInput("{} '{}'; expected 0 or more", name, text);
  return value;
}

/// The scene at a temperature, all of the conductivity's temperature dependence being the density's.
HallScene scene_at(const SimulateHall& c, double temperature) {
  if (c.law == "mott") {
    const double t0 = positive("--mott-temperature", c.mott_temperature, "K");
    return synthetic::at_temperature(c.scene, physics::ConductionLaw::mott_3d, t0, temperature);
  }
  const double e = positive("--activation-energy", c.activation_energy, "J");
  return synthetic::at_temperature(c.scene, physics::ConductionLaw::nearest_neighbour, e, temperature);
}

std::vector<double> temperatures(const std::string& text) {
  std::vector<double> values;
  for (std::size_t from = 0, to; from <= text.size(); from = to + 1) {
    to = std::min(text.find(':', from), text.size());
    values.push_back(naming("--sweep", [&] { return quantity(text.substr(from, to - from), "K"); }));
  }
  if (values.size() != 3 || !(values[2] > 0) || !(values[0] > 0 && values[1] > 0))
    throw InvalidInput("--sweep '{}'; expected FROM:TO:STEP, as \"300 K:50 K:10 K\"", text);
  const int steps = static_cast<int>(std::floor(std::abs(values[1] - values[0]) / values[2] + 1e-9));
  if (steps > 10000) throw InvalidInput("--sweep '{}': {} temperatures; expected 10000 at most", text, steps + 1);
  std::vector<double> all;
  for (int i = 0; i <= steps; ++i) all.push_back(values[0] + (values[1] < values[0] ? -i : i) * values[2]);
  return all;
}

/// How many decimals a name needs to say each of these temperatures.
int decimals_of(const std::vector<double>& temperatures) {
  int decimals = 0;
  for (double unit = 1; decimals < 6; ++decimals, unit *= 10) {
    const auto told = [unit](double t) { return std::abs(std::round(t * unit) / unit - t) < 1e-7; };
    if (std::all_of(temperatures.begin(), temperatures.end(), told)) break;
  }
  return decimals;
}

/// The record's text, piece by piece: a long one takes seconds, in which the user may ask to stop.
std::string csv_of(const analysis::HallRecord& record) {
  constexpr std::size_t piece = 1 << 16;
  std::string text;
  for (std::size_t from = 0; from < record.time.size(); from += piece) {
    stop_if_interrupted();
    const auto part = [&](const std::vector<double>& column) {
      const auto begin = column.begin() + static_cast<std::ptrdiff_t>(from);
      return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(std::min(piece, column.size() - from)));
    };
    analysis::HallRecord rows;
    rows.time = part(record.time);
    rows.field = part(record.field);
    rows.voltage_xy = part(record.voltage_xy);
    rows.voltage_xx = part(record.voltage_xx);
    rows.current = part(record.current);
    for (const auto& sensor : record.temperature) rows.temperature.push_back(part(sensor));
    const std::string csv = analysis::hall_record_csv(rows);
    text.append(csv, from == 0 ? 0 : csv.find('\n') + 1);
  }
  stop_if_interrupted();
  return text;
}

constexpr Excluded simulate_excluded[] = {{"--temperature", "--sweep", "it takes temperatures of its own"}};

void check(const SimulateHall& c, const CLI::App& command) {
  const Needed needed[] = {{"--law", {"--sweep"}},
                           {"--mott-temperature", {"--sweep"}},
                           {"--activation-energy", {"--sweep"}},
                           {"--drift", {"--misalignment"}},
                           {"--magnetoresistance", {"--misalignment"}},
                           {"--flicker-corner", {"--white-noise"}},
                           {"--longitudinal-flicker-corner", {"--longitudinal-noise"}},
                           {"--film-flicker-corner", {"--film-noise"}},
                           {"--mains-frequency", {"--mains"}},
                           {"--mains-wander", {"--mains"}},
                           {"--aperture", {"--mains"}},
                           {"--spike-share", {"--spike-size"}},
                           {"--spike-size", {"--spike-share"}}};
  refuse_options_in_vain(command, simulate_excluded, needed);
  const auto within = [](const char* name, double value, double low, double high) {
    if (!(value >= low && value <= high)) throw InvalidInput("{} {}; expected {} to {}", name, value, low, high);
  };
  within("--speed-jitter", c.scene.speed_jitter, 0, 0.3);
  within("--film-noise", c.scene.film_noise, 0, 1);
  within("--spike-share", c.scene.spike_share, 0, 1);
  if (c.scene.reverse_current && c.scene.source_voltage == 0)
    throw InvalidInput("--reverse-current: in vain beside --source-voltage \"0 V\"; expected one of them");
  if (c.carrier != "n" && c.carrier != "p") throw InvalidInput("--carrier '{}'; expected n or p", c.carrier);
  if (c.law != "mott" && c.law != "arrhenius") throw InvalidInput("--law '{}'; expected mott or arrhenius", c.law);
  if (command.count("--mott-temperature") > 0 && c.law != "mott")
    throw InvalidInput("--mott-temperature: in vain beside --law {}; expected --law mott", c.law);
  if (command.count("--activation-energy") > 0 && c.law != "arrhenius")
    throw InvalidInput("--activation-energy: in vain beside --law {}; expected --law arrhenius", c.law);
}

void run(SimulateHall& c, const CLI::App& command) {
  check(c, command);
  c.scene.holes = c.carrier == "p";
  if (c.scene.rotation_frequency * c.scene.interval > 0.25)
    fmt::print(stderr, "ecram: warning: {:.3g} readings a turn: the rotation is aliased, and an analysis refuses it\n",
               1 / (c.scene.rotation_frequency * c.scene.interval));
  if (c.sweep.empty()) {
    check_outputs(std::array{c.out}, {}, c.force);
    write_file(c.out, csv_of(synthetic::hall_record(c.scene)));
    fmt::print("{}\n", truth_json(c.scene, c.out));
    return;
  }
  OutputFolder folder(c.out, c.force);
  std::string truths = "[\n";
  const auto all = temperatures(c.sweep);
  const int decimals = decimals_of(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    stop_if_interrupted();
    HallScene scene = scene_at(c, all[i]);
    scene.index = c.scene.index + i;
    const std::string name = fmt::format("{:0{}.{}f}K.csv", all[i], decimals > 0 ? decimals + 4 : 3, decimals);
    write_file(folder.working_folder() / name, csv_of(synthetic::hall_record(scene)));
    truths += truth_json(scene, name) + (i + 1 < all.size() ? ",\n" : "\n");
  }
  write_file(folder.working_folder() / "truth.json", truths + "]\n");
  folder.publish();
  fmt::print("{} records and truth.json in {}\n", all.size(), c.out);
}

}  // namespace

void add_simulate(CLI::App& app) {
  CLI::App* simulate = app.add_subcommand("simulate", "data with known truth, to test an analysis with");
  simulate->require_subcommand(1);
  CLI::App* command = simulate->add_subcommand("hall", "an AC Hall record, or a sweep of them");
  auto c = std::make_shared<SimulateHall>();
  HallScene& s = c->scene;
  const auto add = [&](const char* name, double& value, const char* si, const char* help) {
    command->add_option_function<std::string>(
        name, [&value, si, name](const std::string& text) { value = naming(name, [&] { return quantity(text, si); }); },
        help);
  };
  const auto add_positive = [&](const char* name, double& value, const char* si, const char* help) {
    command->add_option_function<std::string>(
        name, [&value, si, name](const std::string& text) { value = positive(name, text, si); }, help);
  };
  const auto add_not_negative = [&](const char* name, double& value, const char* si, const char* help) {
    command->add_option_function<std::string>(
        name, [&value, si, name](const std::string& text) { value = not_negative(name, text, si); }, help);
  };
  command->add_option("--out", c->out, "file to write, or folder with --sweep")->required();
  command->add_option("--sweep", c->sweep, "FROM:TO:STEP of temperatures: one record each, into the folder");
  command->add_flag("--force", c->force, "replace files that exist");
  command->add_option("--law", c->law, "of the density in a sweep: mott or arrhenius")->capture_default_str();
  command->add_option("--mott-temperature", c->mott_temperature, "T0 of Mott's law")->capture_default_str();
  command->add_option("--activation-energy", c->activation_energy, "of the arrhenius law")->capture_default_str();
  command->add_option("--seed", s.seed, "of the noise")->capture_default_str()->check(whole_number());
  command->add_option("--index", s.index, "of the record: same seed, other noise")
      ->capture_default_str()
      ->check(whole_number());

  command->add_option("--carrier", c->carrier, "n or p")->capture_default_str();
  add_positive("--density", s.density, "m^-3", "at 300 K (3.6e16 cm^-3)");
  add_positive("--mobility", s.mobility, "m^2/(V s)", "Hall mobility (50 cm^2/(V s))");
  add_positive("--length", s.bar.length, "m", "between the arms of V_xx (60 um)");
  add_positive("--width", s.bar.width, "m", "of the channel (20 um)");
  add_positive("--thickness", s.bar.thickness, "m", "of the film (4.5 nm)");
  add_not_negative("--arm-width", s.bar.arm_width, "m", "of the Hall arms (points)");
  add_positive("--total-length", s.bar.total_length, "m", "source to drain, with the ungated regions (the length)");
  add_not_negative("--series-resistance", s.series_resistance, "ohm", "contacts and ungated regions");
  add("--misalignment", s.misalignment, "m", "between opposite Hall arms");
  command->add_option("--drift", s.drift, "of the offset, relative: its 1st, 2nd, ... power of time over duration");
  command->add_option("--resistance-drift", s.resistance_drift,
                      "of the film about its mean, relative, in the same powers: V_xx drifts too");
  add("--magnetoresistance", s.magnetoresistance, "T^-2", "relative change of the offset with B^2");

  add("--source-voltage", s.source_voltage, "V",
      "over bar and series resistance (0.1 V); \"0 V\" for a record without current");
  command->add_flag("--reverse-current", s.reverse_current, "current along -x");
  add_positive("--field-amplitude", s.field_amplitude, "T", "(0.6 T)");
  command->add_option_function<std::string>(
      "--frequency",
      [&s](const std::string& text) {
        s.rotation_frequency = naming("--frequency", [&] { return turns_per_second(text); });
      },
      "of the rotation (\"12.5 mHz\" or \"0.75 rpm\", which are the same)");
  add("--phase", s.phase, "rad", "of the field at the start");
  command->add_option("--speed-jitter", s.speed_jitter, "relative, from period to period");

  add_positive("--duration", s.duration, "s", "(1200 s)");
  add_positive("--interval", s.interval, "s", "between readings (1 s)");
  add_not_negative("--time-jitter", s.time_jitter, "s", "of the readings' times");
  add_positive("--temperature", s.temperature, "K", "written to the record (300 K)");

  add_not_negative("--white-noise", s.white_noise, "V", "of a reading of V_xy");
  add_not_negative("--flicker-corner", s.flicker_corner, "Hz", "where 1/f noise equals the white noise");
  add_not_negative("--longitudinal-noise", s.longitudinal_noise, "V", "of a reading of V_xx");
  add_not_negative("--longitudinal-flicker-corner", s.longitudinal_flicker_corner, "Hz",
                   "where its 1/f noise equals its white noise");
  command->add_option("--film-noise", s.film_noise, "of the film's resistance, relative: V_xx and the offset share it");
  add_not_negative("--film-flicker-corner", s.film_flicker_corner, "Hz",
                   "where the film's 1/f noise equals its white noise");
  add_not_negative("--current-noise", s.current_noise, "A", "of a reading of the current");
  add_not_negative("--field-noise", s.field_noise, "T", "of a reading of the field");
  add("--loop-area", s.loop_area, "m^2", "induces a voltage of area times dB/dt");
  add("--pickup", s.pickup_in_phase, "V", "in step with the motor, in phase, whatever the current");
  add("--pickup-quadrature", s.pickup_quadrature, "V", "the same, in quadrature");
  add_not_negative("--rc-time", s.rc_time, "s", "lag of cable and film");
  add_not_negative("--mains", s.mains_amplitude, "V", "amplitude of mains pick-up, before the meter averages it");
  add_not_negative("--mains-frequency", s.mains_frequency, "Hz", "its mean (50 Hz)");
  s.mains_wander = 0.02;
  add_not_negative("--mains-wander", s.mains_wander, "Hz", "standard deviation of its frequency over minutes (20 mHz)");
  add_not_negative("--aperture", s.aperture, "s",
                   "over which the meter averages a reading: \"20 ms\" takes 50 Hz away (an instant)");
  command->add_option("--spike-share", s.spike_share, "share of readings with a spike");
  add_not_negative("--spike-size", s.spike_size, "V", "standard deviation of the spikes");
  add_not_negative("--resolution", s.resolution, "V", "least step of a reading");
  add_positive("--range", s.range, "V", "beyond which readings saturate");
  command->footer(
      "Prints the truth as JSON. Every quantity is a number with a unit; in brackets what it is if not "
      "given.\n\nExamples:\n"
      "  ecram simulate hall --out run.csv --misalignment \"1 um\" --white-noise \"30 uV\" --flicker-corner \"12.5 "
      "mHz\" --longitudinal-noise \"30 uV\"\n"
      "  ecram simulate hall --out sweep --sweep \"300 K:50 K:10 K\" --white-noise \"1 uV\" --longitudinal-noise \"10 "
      "uV\"");
  command->callback([c, command] { run(*c, *command); });
}

}  // namespace ecram::commands
