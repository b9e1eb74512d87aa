// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/bands.h"
#include "ecram/electronic/dft.h"
#include "ecram/report/figure.h"
#include "ecram/report/json.h"

namespace ecram::commands {
namespace {
namespace fs = std::filesystem;
using namespace electronic;
using nlohmann::ordered_json;

using constants::electron_volt;

struct DftSpectrumOptions {
  std::string result, csv, plot;
  double width = 0.1, radius = 0.1, exact_exchange = -1;
  bool force = false, json = false;
};

/// One column of the density of states.
struct Part {
  std::string name;
  std::vector<double> density;  ///< 1/eV for the cell
};

std::vector<Part> parts_of(const Result& result, const Spectrum& spectrum, const std::vector<double>& energies,
                           double width) {
  const auto per_volt = [](std::vector<double> density) {
    for (double& d : density) d *= electron_volt;
    return density;
  };
  std::vector<Part> parts{{"total", per_volt(density_of_states(spectrum, energies, width))}};
  if (spectrum.projections.empty()) return parts;
  for (const auto& [element, count] : composition(result.crystal)) {
    std::vector<std::size_t> atoms;
    for (std::size_t i = 0; i < result.crystal.atoms.size(); ++i)
      if (result.crystal.atoms[i].element == element) atoms.push_back(i);
    for (int l = 0; l < 3; ++l)
      parts.push_back(
          {fmt::format("{} {}", element, "spd"[l]),
           per_volt(projected_density_of_states(spectrum, atoms, result.crystal.atoms.size(), l, energies, width))});
  }
  return parts;
}

/// Masses at an edge in units of the electron's, or null where the k-points around it determine none.
ordered_json masses_json(const Result& result, const Spectrum& spectrum, const BandEdge& edge, double radius) {
  const BandNeighbourhood near = around(spectrum, result.crystal.lattice, edge, radius);
  try {
    const EffectiveMass mass = effective_mass(near.offsets, near.energies);
    ordered_json masses = ordered_json::array();
    for (int i = 0; i < 3; ++i) masses.push_back(mass.masses[i] / constants::electron_mass);
    return {
        {"masses", masses}, {"residual_meV", mass.residual / electron_volt * 1e3}, {"kpoints", near.energies.size()}};
  } catch (const InvalidInput&) {
    return nullptr;
  }
}

std::string csv_text(const std::vector<double>& axis, const std::vector<Part>& parts) {
  std::string text = "energy [eV]";
  for (const Part& part : parts) text += fmt::format(",{} [1/eV]", part.name);
  text += "\n";
  for (std::size_t i = 0; i < axis.size(); ++i) {
    text += fmt::format("{:.4f}", axis[i]);
    for (const Part& part : parts) text += fmt::format(",{:.6g}", part.density[i]);
    text += "\n";
  }
  return text;
}

report::Figure figure_of(const Result& result, const std::vector<double>& axis, const std::vector<Part>& parts) {
  report::Panel panel{.title = formula(result.crystal),
                      .x = {.label = "energy above the highest filled state", .unit = "eV"},
                      .y = {.label = "states", .unit = "1/eV"}};
  for (const Part& part : parts) {
    const double most = *std::ranges::max_element(part.density);
    if (most < 0.02 * *std::ranges::max_element(parts.front().density)) continue;  // a line along the axis
    panel.series.push_back({.name = part.name, .draw = report::Draw::line, .x = axis, .y = part.density});
  }
  return {.panels = {panel}};
}

void run(const DftSpectrumOptions& options) {
  std::error_code error;
  for (const std::string& file : {options.csv, options.plot})
    if (!file.empty() && !options.force && fs::exists(file, error))
      throw InvalidInput("{}: exists; give --force to replace it", file);
  const report::Format format = options.plot.empty() ? report::Format::svg : report::format_of(options.plot);
  const Result result = load_result(options.result);
  naming(options.result, [&] {
    const Spectrum spectrum =
        options.exact_exchange < 0 ? result.spectrum : with_exact_exchange(result, options.exact_exchange);
    const std::string functional =
        options.exact_exchange < 0
            ? result.functional
            : fmt::format("HSE06's form with {:g} % exact exchange on fixed orbitals", 100 * options.exact_exchange);
    const auto gap = band_gap(spectrum);
    const double zero = gap ? gap->valence.energy : spectrum.fermi_level;
    const auto [low, high] = std::ranges::minmax(spectrum.energies);
    const double width = options.width * electron_volt, from = low - 6 * width, to = high + 6 * width;
    std::vector<double> axis, joule;
    const auto count = static_cast<std::size_t>(std::ceil((to - from) / (width / 5)));
    for (std::size_t i = 0; i <= count; ++i) {
      joule.push_back(from + static_cast<double>(i) * width / 5);
      axis.push_back((joule.back() - zero) / electron_volt);
    }
    const std::vector<Part> parts = parts_of(result, spectrum, joule, width);
    const std::string csv = csv_text(axis, parts);
    const std::string plot =
        options.plot.empty() ? "" : report::render(figure_of(result, axis, parts), format, "spectrum");
    if (!options.csv.empty()) write_file(options.csv, csv);
    if (!options.plot.empty()) write_file(options.plot, plot);

    ordered_json j{{"format", "ecram-dft-spectrum 1"},
                   {"formula", formula(result.crystal)},
                   {"functional", functional},
                   {"gap_eV", nullptr}};
    if (gap) {
      const double radius = options.radius / angstrom;
      j["gap_eV"] = gap->gap / electron_volt;
      j["direct_gap_eV"] = gap->direct_gap / electron_volt;
      j["electron_mass"] = masses_json(result, spectrum, gap->conduction, radius);
      j["hole_mass"] = masses_json(result, spectrum, gap->valence, radius);
    }
    if (options.json) {
      fmt::print("{}\n", report::text_of(j));
      return 0;
    }
    fmt::print("{}, {}: {}\n", formula(result.crystal), functional,
               gap ? fmt::format("gap {:.4f} eV ({}), smallest at one k-point {:.4f} eV", gap->gap / electron_volt,
                                 gap->direct ? "direct" : "indirect", gap->direct_gap / electron_volt)
                   : "no gap");
    for (const char* which : {"electron_mass", "hole_mass"}) {
      if (!gap) break;
      const ordered_json& m = j[which];
      if (m.is_null())
        fmt::print("{}: too few k-points around the edge; compute more there\n", which);
      else
        fmt::print("{}: {:.3f}, {:.3f}, {:.3f} electron masses along its axes, from {} k-points, residual {:.1f} meV\n",
                   which, m["masses"][0].get<double>(), m["masses"][1].get<double>(), m["masses"][2].get<double>(),
                   m["kpoints"].get<std::size_t>(), m["residual_meV"].get<double>());
    }
    return 0;
  });
}

}  // namespace

void add_dft_spectrum(CLI::App& dft) {
  auto options = std::make_shared<DftSpectrumOptions>();
  CLI::App* command = dft.add_subcommand("spectrum", "gap, density of states by element and orbital, effective masses");
  command->footer(
      "RESULT is a result.json, a kept STEP.json or a vasprun.xml. Parts are squares of projections on atoms, which do "
      "not\nsum to the whole.\n\nExample:\n  ecram dft spectrum data/electronic/wo3-gap/mesh-400.json --exact-exchange "
      "0.25 --csv dos.csv --plot dos.svg");
  command->add_option("RESULT", options->result, "of one calculation")->required();
  command->add_option("--exact-exchange", options->exact_exchange, "share, of a hybrid on fixed orbitals; 0: without")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--width", options->width, "eV, standard deviation of the broadening")
      ->check(CLI::Range(0.001, 5.0))
      ->capture_default_str();
  command->add_option("--radius", options->radius, "1/angstrom, of the k-points around an edge that make its mass")
      ->check(CLI::Range(0.001, 5.0))
      ->capture_default_str();
  command->add_option("--csv", options->csv, "write the density of states")->type_name("FILE");
  command->add_option("--plot", options->plot, "draw it (.svg, .png)")->type_name("FILE");
  command->add_flag("--force", options->force, "replace files that exist");
  command->add_flag("--json", options->json, "print JSON");
  command->callback([options] { run(*options); });
}

}  // namespace ecram::commands
