// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/electronic/defect_report.h"
#include "ecram/electronic/dft.h"
#include "ecram/electronic/folding.h"
#include "ecram/report/json.h"

namespace ecram::commands {
namespace {
using namespace electronic;
using nlohmann::ordered_json;

using constants::electron_volt;

struct DftDefectOptions {
  std::string bulk;
  std::vector<std::string> defects;
  std::vector<double> dielectric;
  double oxygen = 0, poorest = 0, spread = 0.6;
  int search = 6;
  bool json = false;
};

Eigen::Matrix3d dielectric_of(const std::vector<double>& numbers) {
  Eigen::Matrix3d tensor = Eigen::Matrix3d::Zero();
  if (numbers.size() == 1) return numbers[0] * Eigen::Matrix3d::Identity();
  if (numbers.size() != 3 && numbers.size() != 6)
    throw InvalidInput("--dielectric has {} numbers; expected 1, 3 (xx yy zz) or 6 (xx yy zz yz xz xy)",
                       numbers.size());
  for (int i = 0; i < 3; ++i) tensor(i, i) = numbers[static_cast<std::size_t>(i)];
  if (numbers.size() == 6) {
    tensor(1, 2) = tensor(2, 1) = numbers[3];
    tensor(0, 2) = tensor(2, 0) = numbers[4];
    tensor(0, 1) = tensor(1, 0) = numbers[5];
  }
  return tensor;
}

ordered_json gap_json(const std::string& file, const DefectGap& g) {
  ordered_json states = ordered_json::array();
  for (const PlacedState& p : g.states) {
    ordered_json near = ordered_json::array();
    for (std::size_t i = 0; i < std::min<std::size_t>(p.by_distance.size(), 6); ++i)
      near.push_back({{"distance_A", p.by_distance[i].first / angstrom}, {"weight", p.by_distance[i].second}});
    states.push_back({{"spin", p.state.spin + 1},
                      {"kpoint", p.state.kpoint + 1},
                      {"band", p.state.band + 1},
                      {"filled", p.state.filled},
                      {"below_conduction_band_eV", p.state.below_conduction_band / electron_volt},
                      {"participation_ratio", p.state.participation_ratio},
                      {"weight_on_metal_at_vacancy", p.at_vacancy},
                      {"metal_by_distance", near}});
  }
  return {{"file", file},
          {"formula", g.formula},
          {"charge", g.charge},
          {"vacancies", g.vacancies.size()},
          {"gap_eV", g.gap / electron_volt},
          {"gap_without_defect_states_eV", g.conduction_gap / electron_volt},
          {"bulk_gap_eV", g.bulk_gap / electron_volt},
          {"defect_states", states}};
}

ordered_json formation_json(const FormationReport& r) {
  ordered_json charges = ordered_json::array(), levels = ordered_json::array();
  for (const ChargedVacancy& c : r.charges)
    charges.push_back({{"charge", c.rich.charge},
                       {"oxygen_rich_eV", c.rich.at_valence_band / electron_volt},
                       {"oxygen_poor_eV", (c.rich.at_valence_band + r.poorest) / electron_volt},
                       {"point_charge_eV", c.correction.point_charge / electron_volt},
                       {"alignment_eV", c.correction.alignment / electron_volt},
                       {"alignment_spread_V", c.correction.spread},
                       {"alignment_sites", c.correction.sites}});
  for (const Transition& t : r.levels)
    levels.push_back({{"from", t.from}, {"to", t.to}, {"above_valence_band_eV", t.level / electron_volt}});
  return {{"bulk_gap_eV", r.gap / electron_volt},
          {"charges", charges},
          {"transition_levels", levels},
          {"donor_level_below_conduction_band_eV",
           r.donor_level ? ordered_json(*r.donor_level / electron_volt) : ordered_json()}};
}

void print_gap(const DefectGap& g) {
  fmt::print(
      "{} ({:+d}): gap {:.3f} eV, {:+.3f} eV against the crystal's {:.3f} eV; {:.3f} eV without its defect "
      "states\n",
      g.formula, g.charge, g.gap / electron_volt, (g.gap - g.bulk_gap) / electron_volt, g.bulk_gap / electron_volt,
      g.conduction_gap / electron_volt);
  if (g.states.empty()) fmt::print("  no localised state near the conduction band\n");
  for (const PlacedState& p : g.states)
    fmt::print(
        "  band {}: {:.3f} eV below the conduction band, {}, participation {:.3f}, {:.0f} % on the metal next to "
        "the vacancy\n",
        p.state.band + 1, p.state.below_conduction_band / electron_volt, p.state.filled ? "filled" : "empty",
        p.state.participation_ratio, 100 * p.at_vacancy);
}

void print_formation(const FormationReport& r) {
  fmt::print("formation energy with the Fermi level at the valence band's top, rich and poor in oxygen:\n");
  for (const ChargedVacancy& c : r.charges)
    fmt::print("  {:+d}: {:.3f} eV, {:.3f} eV (correction {:+.3f} eV, of it alignment {:+.3f} eV)\n", c.rich.charge,
               c.rich.at_valence_band / electron_volt, (c.rich.at_valence_band + r.poorest) / electron_volt,
               c.correction.total() / electron_volt, c.correction.alignment / electron_volt);
  for (const Transition& t : r.levels)
    fmt::print("  {:+d} to {:+d} at {:.3f} eV above the valence band, {:.3f} eV below the conduction band\n", t.from,
               t.to, t.level / electron_volt, (r.gap - t.level) / electron_volt);
  if (r.donor_level)
    fmt::print(
        "  donor level {:.3f} eV: Hall's slope of ln n over 1/kT is that when compensated, half of it when not\n",
        *r.donor_level / electron_volt);
  else if (r.charges.size() > 1)
    fmt::print("  no level in the gap leads to the neutral vacancy: the donors are ionised at every temperature\n");
}

void run(const DftDefectOptions& options, bool formation) {
  Result bulk = load_result(options.bulk);
  std::vector<Result> defects;
  ordered_json gaps = ordered_json::array();
  for (const std::string& file : options.defects) {
    defects.push_back(load_result(file));
    naming(file, [&] {
      // A bulk in a smaller cell is folded into that of the first defect; another lattice is refused by `defect_gap`.
      if (defects.size() == 1) bulk = folded(bulk, repetition(bulk.crystal.lattice, defects.front().crystal.lattice));
      const DefectGap gap = defect_gap(bulk, defects.back(), static_cast<std::size_t>(options.search), options.spread);
      gaps.push_back(gap_json(file, gap));
      if (!options.json) print_gap(gap);
      return 0;
    });
  }
  ordered_json all{{"format", "ecram-dft-defect 1"}, {"bulk", options.bulk}, {"defects", gaps}};
  if (formation) {
    const FormationReport report = formation_report(
        bulk, defects,
        {options.oxygen * electron_volt, options.poorest * electron_volt, dielectric_of(options.dielectric)});
    all["formation"] = formation_json(report);
    if (!options.json) print_formation(report);
  }
  if (options.json) fmt::print("{}\n", report::text_of(all));
}

}  // namespace

void add_dft_defect(CLI::App& dft) {
  auto options = std::make_shared<DftDefectOptions>();
  CLI::App* command = dft.add_subcommand("defect", "gap, defect states and formation energies of vacancies");
  command->footer(
      "BULK and each DEFECT are results (result.json, a kept STEP.json, vasprun.xml) of the same cell without and "
      "with\n"
      "vacancies. Defect states are the localised ones among the lowest above the valence band. With --oxygen and\n"
      "--dielectric also formation energies (Kumagai and Oba's correction), transition levels and the donor level.\n\n"
      "Example:\n  ecram dft defect work/bulk/result.json work/v2/result.json work/v0/result.json --oxygen -4.9 "
      "--poor -2.6 --dielectric 20 20 25");
  command->add_option("BULK", options->bulk, "result without vacancies")->required();
  command->add_option("DEFECT", options->defects, "results with vacancies")->required();
  command->add_option("--search", options->search, "bands above the valence band to look at")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--spread", options->spread, "localised: participation below this times the median")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str();
  CLI::Option* oxygen =
      command->add_option("--oxygen", options->oxygen, "energy of an oxygen atom in O2, corrections included")
          ->type_name("EV");
  command->add_option("--poor", options->poorest, "oxygen-poor limit, below that")->type_name("EV")->needs(oxygen);
  CLI::Option* dielectric =
      command->add_option("--dielectric", options->dielectric, "relative permittivity: 1, 3 or 6 numbers")
          ->expected(1, 6)
          ->needs(oxygen);
  oxygen->needs(dielectric);
  command->add_flag("--json", options->json, "print JSON");
  command->callback([options, oxygen] { run(*options, oxygen->count() > 0); });
}

}  // namespace ecram::commands
