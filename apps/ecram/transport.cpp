// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/transport/transport.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/units.h"
#include "ecram/report/figure.h"
#include "ecram/report/format.h"
#include "ecram/report/json.h"
#include "option_rules.h"
#include "outputs.h"

namespace ecram::commands {
namespace {

using namespace ecram::analysis;
using nlohmann::ordered_json;
using report::to_json;
constexpr double meV = 1e-3 * constants::elementary_charge;

struct TransportCommand {
  std::string table, from, to, localisation_length, density_of_states, plot, windows;
  double effective_mass = 1, degeneracy = 2;
  std::int64_t bootstrap = 1000;
  std::uint64_t seed = 1;
  bool json = false, force = false;
};

double option(const std::string& text, const char* si, const char* name) {
  return naming(name, [&] { return quantity(text, si); });
}

const char* key(Preference p) {
  switch (p) {
    case Preference::mott:
      return "mott";
    case Preference::small_polaron:
      return "small_polaron";
    case Preference::neither:
      return "neither";
    default:
      return "undetermined";
  }
}

const char* sentence(Preference p) {
  switch (p) {
    case Preference::mott:
      return "Mott hopping before small polarons";
    case Preference::small_polaron:
      return "Mott hopping behind small polarons";
    case Preference::neither:
      return "neither Mott hopping nor small polarons: another law is better";
    default:
      return "Mott hopping or small polarons: undetermined";
  }
}

ordered_json result_json(const TransportResult& r) {
  ordered_json j{{"schema", "ecram-transport"}, {"version", 1}},
      laws = ordered_json::array(), windows = ordered_json::array(), plot = ordered_json::array();
  j["file"] = r.used.source;
  for (const auto& f : r.laws) {
    const bool temperature = physics::has_characteristic_temperature(f.law);
    const double unit = temperature ? 1 : 1 / meV;
    laws.push_back({{"law", physics::name(f.law)},
                    {"weight", to_json(f.weight)},
                    {"aicc", to_json(f.aicc)},
                    {temperature ? "T0_K" : "energy_meV", to_json(scaled(f.characteristic, unit))},
                    {"bootstrap", to_json(scaled(f.bootstrap, unit))},
                    {"log_prefactor", to_json(f.log_prefactor)},
                    {"correlation", to_json(f.correlation)}});
  }
  for (const auto& w : r.windows)
    windows.push_back(
        {{"from_K", w.from}, {"to_K", w.to}, {"points", w.points}, {"energy_meV", to_json(scaled(w.energy, 1 / meV))}});
  for (const auto& p : r.zabrodskii_plot)
    plot.push_back({{"temperature_K", p.temperature}, {"points", p.points}, {"w", to_json(p.w)}});
  if (!r.laws.empty()) {
    j["preferred_law"] = std::isfinite(r.laws[0].aicc) ? ordered_json(physics::name(r.laws[0].law)) : ordered_json();
    j["mott_or_small_polaron"] = key(r.preference);
    j["hopping_preferred"] = r.hopping_preferred;
    j["mott_dimension"] = r.dimension;
    j["mott_3d_against_2d"] = to_json(r.three_dimensional);
    j["exponent"] = to_json(r.exponent);
    j["zabrodskii_exponent"] = to_json(r.zabrodskii_exponent);
    j["zabrodskii_plot"] = plot;
    j["conductivity_energy_meV"] = to_json(scaled(r.conductivity_energy, 1 / meV));
  }
  if (r.hop)
    j["hop_300K"] = {{"law", physics::name(r.hop_law)},
                     {"localisation_length_m", r.hop->localisation_length},
                     {"density_of_states_per_J", r.hop->density_of_states},
                     {"distance_m", r.hop->distance},
                     {"energy_meV", r.hop->energy / meV}};
  j["density_energy_meV"] = to_json(scaled(r.density_energy, 1 / meV));
  j["density_over_T1.5_energy_meV"] = to_json(scaled(r.density_energy_band, 1 / meV));
  j["mobility_m2_per_Vs"] = to_json(r.mobility);
  j["mobility_power"] = to_json(r.mobility_power);
  if (r.freeze_out) {
    j["freeze_out"] = {{"determined", r.freeze_out->determined},
                       {"donor_density_m3", to_json(r.freeze_out->density)},
                       {"depth_meV", to_json(scaled(r.freeze_out->depth, 1 / meV))},
                       {"compensation", to_json(r.freeze_out->compensation)},
                       {"compensation_below", r.freeze_out->compensation_below}};
  }
  j["laws"] = laws;
  j["windows"] = windows;
  j["warnings"] = to_json(r.warnings);
  return j;
}

void print(const TransportResult& r) {
  using report::with_uncertainty;
  fmt::print("{}\n", r.used.source);
  if (!r.laws.empty()) {
    fmt::print("  {:<28} {:>8} {:>9}  {}\n", "law", "weight", "AICc", "T0 or energy");
    for (const auto& f : r.laws) {
      const bool t0 = physics::has_characteristic_temperature(f.law);
      fmt::print("  {:<28} {:>8.4f} {:>9.2f}  {}\n", physics::name(f.law), f.weight, f.aicc,
                 with_uncertainty(scaled(f.characteristic, t0 ? 1 : 1 / meV), t0 ? "K" : "meV"));
    }
    if (std::isfinite(r.laws[0].aicc))
      fmt::print("  {}; Mott's dimension: {} (weight of 3D against 2D: {:.3f})\n", sentence(r.preference), r.dimension,
                 r.three_dimensional);
    if (r.exponent.known())
      fmt::print("  free exponent p              {} (95 %: {})\n", with_uncertainty(r.exponent),
                 report::interval(r.exponent));
    if (r.zabrodskii_exponent.known())
      fmt::print("  Zabrodskii plot's exponent   {} (95 %: {}; {} windows of ln T)\n",
                 with_uncertainty(r.zabrodskii_exponent), report::interval(r.zabrodskii_exponent),
                 r.zabrodskii_plot.size());
    fmt::print("  Arrhenius energy of sigma    {}\n", with_uncertainty(scaled(r.conductivity_energy, 1 / meV), "meV"));
  }
  if (r.hop)
    fmt::print("  hop at 300 K                 {} of {} ({}; localisation length {}, {})\n",
               report::with_prefix(r.hop->distance, "m", 3), report::number(r.hop->energy / meV, 3) + " meV",
               physics::name(r.hop_law), report::with_prefix(r.hop->localisation_length, "m", 3),
               r.hop_of_states ? "from the density of states assumed" : "assumed");
  if (r.density_energy.known()) {
    fmt::print("  Arrhenius energy of n        {}\n", with_uncertainty(scaled(r.density_energy, 1 / meV), "meV"));
    fmt::print("  Arrhenius energy of n/T^1.5  {}\n", with_uncertainty(scaled(r.density_energy_band, 1 / meV), "meV"));
  }
  if (!r.windows.empty()) {
    const auto [low, high] = std::minmax_element(r.windows.begin(), r.windows.end(), [](const auto& a, const auto& b) {
      return a.energy.value < b.energy.value;
    });
    fmt::print("  {:<28} {:.1f} meV ({:.0f} to {:.0f} K) to {:.1f} meV ({:.0f} to {:.0f} K)\n",
               fmt::format("over {} windows", r.windows.size()), low->energy.value / meV, low->from, low->to,
               high->energy.value / meV, high->from, high->to);
  }
  if (r.mobility.known())
    fmt::print("  mobility                     {}, as T to the power {}\n",
               with_uncertainty(scaled(r.mobility, 1e4), "cm^2/(V s)"), with_uncertainty(r.mobility_power));
  if (r.freeze_out) {
    if (r.freeze_out->determined)
      fmt::print("  freeze-out                   depth {}, compensation {}, donors {}\n",
                 with_uncertainty(scaled(r.freeze_out->depth, 1 / meV), "meV"),
                 with_uncertainty(r.freeze_out->compensation),
                 with_uncertainty(scaled(r.freeze_out->density, 1e-6), "cm^-3"));
    else if (r.freeze_out->depth.known())
      fmt::print("  freeze-out                   depth {}, compensation below {:.2g}, donors {}\n",
                 with_uncertainty(scaled(r.freeze_out->depth, 1 / meV), "meV"), r.freeze_out->compensation_below,
                 with_uncertainty(scaled(r.freeze_out->density, 1e-6), "cm^-3"));
    else
      fmt::print("  freeze-out                   the data do not fix depth, compensation and donor density together\n");
  }
  for (const auto& w : r.warnings) fmt::print("  warning {}: {}\n", w.code, w.text);
}

report::Figure figure(const TransportResult& r) {
  using namespace report;
  Figure f{.columns = 2, .height = 680};
  const auto& rho = r.used.resistivity;
  // With one standard error either way where errors are given.
  const auto points = [](const TemperatureSeries& s, const std::vector<double>& x) {
    Series series{.draw = Draw::points, .x = x, .y = s.value};
    for (std::size_t i = 0; i < s.value.size() && std::ranges::any_of(s.error, [](double e) { return e > 0; }); ++i) {
      series.low.push_back(s.value[i] - s.error[i]);
      series.high.push_back(s.value[i] + s.error[i]);
    }
    return series;
  };
  if (!r.laws.empty()) {
    const LawFit& best = r.laws[0];
    std::vector<double> x, law;
    for (double t : rho.temperature) {
      x.push_back(std::pow(t, -0.25));
      law.push_back(
          std::exp(best.log_prefactor.value + physics::log_resistivity(best.law, best.characteristic.value, t)));
    }
    Series data = points(rho, x);
    data.name = "data";
    f.panels.push_back(
        {.title = "resistivity",
         .x = {.label = "T^(−1/4)", .unit = "K^(−1/4)"},
         .y = {.label = "resistivity", .unit = "Ω m", .log = true},
         .series = {data, {.name = std::string(physics::name(best.law)), .draw = Draw::line, .x = x, .y = law}}});
    Series windows{.draw = Draw::points};
    for (const ReducedActivation& p : r.zabrodskii_plot) {
      windows.x.push_back(p.temperature);
      windows.y.push_back(p.w.value);
      windows.low.push_back(p.w.low);
      windows.high.push_back(p.w.high);
    }
    f.panels.push_back({.title = "Zabrodskii plot",
                        .x = {.label = "temperature", .unit = "K", .log = true},
                        .y = {.label = "reduced activation energy w", .log = true},
                        .series = {windows}});
  }
  if (!r.used.density.empty()) {
    std::vector<double> x;
    x.reserve(r.used.density.temperature.size());
    for (double t : r.used.density.temperature) x.push_back(1000 / t);
    f.panels.push_back({.title = "density",
                        .x = {.label = "1000/T", .unit = "1/K"},
                        .y = {.label = "density", .unit = "1/m³", .log = true},
                        .series = {points(r.used.density, x)}});
  }
  if (!r.windows.empty()) {
    // The windows that begin at the lowest temperature, and those that end at the highest.
    const double lowest = r.windows.front().from, highest = r.windows.back().to;
    Series up{.name = fmt::format("from {:.4g} K up to it", lowest)},
        down{.name = fmt::format("from it up to {:.4g} K", highest), .hollow = true};
    const auto add = [](Series& series, double end, const Estimate& energy) {
      series.x.push_back(end);
      series.y.push_back(energy.value / meV);
      series.low.push_back((std::isfinite(energy.low) ? energy.low : energy.value) / meV);
      series.high.push_back((std::isfinite(energy.high) ? energy.high : energy.value) / meV);
    };
    for (const auto& w : r.windows) {
      if (w.from == lowest) add(up, w.to, w.energy);
      if (w.to == highest) add(down, w.from, w.energy);
    }
    f.panels.push_back({.title = "Arrhenius energy by window",
                        .x = {.label = "end of the window", .unit = "K"},
                        .y = {.label = "energy", .unit = "meV"},
                        .series = {up, down}});
  }
  return f;
}

void run(const TransportCommand& c) {
  TransportOptions o;
  const auto temperature = [](const std::string& text, const char* name) {
    const double t = option(text, "K", name);
    if (!(t > 0)) throw InvalidInput("{} '{}'; expected a temperature above 0 K", name, text);
    return t;
  };
  if (!c.from.empty()) o.from = temperature(c.from, "--from");
  if (!c.to.empty()) o.to = temperature(c.to, "--to");
  if (o.to > 0 && o.to <= o.from) throw InvalidInput("--to {} K; expected more than --from {} K", o.to, o.from);
  if (!c.localisation_length.empty() && !c.density_of_states.empty())
    throw InvalidInput("--localisation-length and --density-of-states: either follows from the other; expected one");
  if (!c.localisation_length.empty())
    o.localisation_length = option(c.localisation_length, "m", "--localisation-length");
  if (!c.density_of_states.empty()) {
    const auto in = [&](const char* si) -> std::optional<double> {
      try {
        return quantity(c.density_of_states, si);
      } catch (const InvalidInput&) {
        return std::nullopt;
      }
    };
    o.sheet_density_of_states = in("J^-1 m^-2");
    o.density_of_states = in("J^-1 m^-3");
    const auto states = o.sheet_density_of_states ? o.sheet_density_of_states : o.density_of_states;
    if (!states)
      throw InvalidInput(
          "--density-of-states '{}'; expected a number per volume or area and energy, \"1e19 cm^-3 eV^-1\"",
          c.density_of_states);
    if (!(*states > 0)) throw InvalidInput("--density-of-states '{}'; expected more than 0", c.density_of_states);
  }
  o.effective_mass = c.effective_mass;
  o.degeneracy = c.degeneracy;
  const auto within = [](double value, double low, double high, const char* name) {
    if (!(value >= low && value <= high)) throw InvalidInput("{} {}; expected {} to {}", name, value, low, high);
  };
  within(o.effective_mass, 1e-3, 1e3, "--effective-mass");
  within(o.degeneracy, 1e-3, 1e3, "--degeneracy");
  within(o.localisation_length, 1e-12, 1e-3, "--localisation-length (in m)");
  if (c.bootstrap == 1 || c.bootstrap < 0 || c.bootstrap > 1000000)
    throw InvalidInput("--bootstrap {}; expected 0 (none) or 2 to 1000000", c.bootstrap);
  o.bootstrap = static_cast<std::size_t>(c.bootstrap);
  o.seed = c.seed;
  const report::Format format =
      c.plot.empty() ? report::Format::svg : naming("--plot", [&] { return report::format_of(c.plot); });
  check_outputs(std::array{c.plot, c.windows}, std::array{c.table}, c.force);
  ThreadPool threads;
  const TransportTable table = read_transport_table(c.table, threads);
  const TransportResult r = naming(c.table, [&] { return analyse_transport(table, o); });
  const std::string plot = c.plot.empty() ? "" : report::render(figure(r), format);  // before anything is written
  if (!c.plot.empty()) write_file(c.plot, plot);
  if (!c.windows.empty()) {
    std::string text = "from [K],to [K],points,energy [meV],energy_error [meV]\n";
    for (const auto& w : r.windows)
      text +=
          fmt::format("{},{},{},{},{}\n", w.from, w.to, w.points, w.energy.value / meV, w.energy.standard_error / meV);
    write_file(c.windows, text);
  }
  if (c.json)
    fmt::print("{}\n", report::text_of(result_json(r)));
  else
    print(r);
}

}  // namespace

void add_transport(CLI::App& app) {
  auto c = std::make_shared<TransportCommand>();
  CLI::App* command = app.add_subcommand("transport", "which law carries the current, and how deep the donor is");
  command
      ->add_option("TABLE", c->table,
                   "CSV or TSV: temperature, resistivity, density, mobility with units and NAME_error columns")
      ->required();
  command->add_option("--from", c->from, "lowest temperature of the fits, \"200 K\"");
  command->add_option("--to", c->to, "highest temperature of the fits");
  command->add_option("--localisation-length", c->localisation_length, "assumed for Mott's hop (1 nm)");
  command->add_option("--density-of-states", c->density_of_states,
                      "assumed instead, \"1e19 cm^-3 eV^-1\", or per cm^2 for two dimensions");
  command->add_option("--effective-mass", c->effective_mass, "of the band, in electron masses")->capture_default_str();
  command->add_option("--degeneracy", c->degeneracy, "of the donor's ground state")->capture_default_str();
  command->add_option("--bootstrap", c->bootstrap, "resamplings; 0 for none")->capture_default_str();
  command->add_option("--seed", c->seed, "of the bootstrap")->capture_default_str()->check(whole_number());
  command->add_option("--plot", c->plot, "draw the plots to an .svg or .png file");
  command->add_option("--windows", c->windows, "write the Arrhenius energy of every window of temperatures as CSV");
  command->add_flag("--json", c->json, "print JSON (docs/transport.md)");
  command->add_flag("--force", c->force, "replace files that exist");
  command->footer(
      "Examples:\n"
      "  ecram transport sweep.csv --from \"200 K\" --to \"300 K\"\n"
      "  ecram transport sweep.csv --plot transport.svg --windows windows.csv\n"
      "  ecram hall sweep/*.csv --geometry bar.toml --table sweep.csv && ecram transport sweep.csv --json");
  command->callback([c] { run(*c); });
}

}  // namespace ecram::commands
