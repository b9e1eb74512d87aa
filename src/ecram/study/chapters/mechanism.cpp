// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/chapters/mechanism.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "ecram/core/constants.h"
#include "ecram/electronic/defect_report.h"
#include "ecram/electronic/drawing.h"
#include "ecram/electronic/vacancy.h"
#include "ecram/report/format.h"
#include "ecram/study/kept_electronic.h"

namespace ecram::study {
namespace {

using namespace electronic;
using report::Draw;
constexpr double eV = constants::elementary_charge;
constexpr double degree = std::numbers::pi / 180;
constexpr std::size_t states_searched = 6;

/// A result of data/electronic, or nothing.
std::optional<Result> kept(std::string_view folder, std::string_view step) {
  const std::string path = fmt::format("data/electronic/{}/{}.json", folder, step);
  for (const auto& [name, text] : embedded::kept_electronic_files)
    if (name == path) return parse_result(text, path);
  return std::nullopt;
}

Estimate computed(double value) { return {.value = value}; }

std::string volts(double energy, const char* form = "{:.2f}") { return fmt::format(fmt::runtime(form), energy / eV); }

double gap_at(const Result& result, double share) {
  const auto gap = band_gap(with_exact_exchange(result, share));
  return gap ? gap->gap : std::nan("");
}

/// The vacancies' cells, whatever of them is kept.
struct Cells {
  std::optional<Result> bulk = kept("wo3-vacancies", "gap-bulk"), one = kept("wo3-vacancies", "gap-s_z"),
                        two = kept("wo3-vacancies", "gap-two");
};

void add_structure(ChapterText& text, const Cells& cells) {
  Crystal drawn = supercell(monoclinic_wo3(), {1, 1, 2});
  std::vector<Eigen::Vector3d> vacancies;
  std::string about = "The measured cell (Loopstra and Rietveld 1969), doubled along c.";
  if (cells.bulk && cells.one) {
    for (const std::size_t atom : match_atoms(cells.bulk->crystal, cells.one->crystal).vacancies)
      vacancies.push_back(cells.bulk->crystal.atoms[atom].position);
    drawn = cells.one->crystal;
    about = "WO2.938 as relaxed here; the dashed circle is the oxygen that is missing.";
  }
  text.blocks.emplace_back(
      report::Picture{crystal_svg(drawn, vacancies, {}),
                      report::Paragraph(about + " Oxygens that bridge two tungstens along a, b, c are the sites s_x, "
                                                "s_y, s_z of Fig. 5a.")});
}

void add_lattice(ChapterText& text) {
  const auto relaxed = kept("wo3-lattice", "cell");
  if (!relaxed) return;
  const CellParameters p = cell_parameters(relaxed->crystal.lattice),
                       measured = cell_parameters(monoclinic_wo3().lattice);
  struct Line {
    const char *name, *id;
    double ours, measured, unit;
  };
  const std::array<Line, 4> lines{{{"a (Å)", "fig5.lattice.a_A", p.a, measured.a, angstrom},
                                   {"b (Å)", "fig5.lattice.b_A", p.b, measured.b, angstrom},
                                   {"c (Å)", "fig5.lattice.c_A", p.c, measured.c, angstrom},
                                   {"β (°)", "fig5.lattice.beta_deg", p.beta, measured.beta, degree}}};
  report::Table table{
      .caption = fmt::format("The relaxed cell, {} by {} {}", relaxed->functional, relaxed->engine, relaxed->version),
      .header = {"", "computed", "measured (Loopstra and Rietveld)", "difference"},
      .numeric = {false, true, true, true}};
  double farthest = 0;
  for (const Line& line : lines) {
    const double away = line.ours / line.measured - 1;
    if (line.unit == angstrom) farthest = std::max(farthest, std::abs(away));
    table.rows.emplace_back(std::vector<report::Cell>{line.name, fmt::format("{:.3f}", line.ours / line.unit),
                                                      fmt::format("{:.3f}", line.measured / line.unit),
                                                      fmt::format("{:+.2f} %", 100 * away)});
    text.findings.push_back({line.id, computed(line.ours / line.unit), Origin::computed,
                             fmt::format("{}, {:+.1f} % from experiment", relaxed->functional, 100 * away)});
  }
  text.findings.push_back(
      {"fig5.lattice_within_of_experiment", computed(farthest), Origin::computed, "largest of a, b, c"});
  text.blocks.emplace_back(std::move(table));
}

void add_convergence(ChapterText& text) {
  struct Line {
    const char *step, *what;
  };
  constexpr std::array<Line, 6> lines{{{"gamma-400", "400 eV, Γ, 12 empty bands"},
                                       {"gamma-500", "500 eV, Γ, 12 empty bands"},
                                       {"gamma-600", "600 eV, Γ, 12 empty bands"},
                                       {"gamma-400-bands", "400 eV, Γ, 60 empty bands"},
                                       {"mesh-400", "400 eV, 2×2×2 with Γ, 12 empty bands"},
                                       {"mesh-500", "500 eV, 2×2×2 with Γ, 12 empty bands"}}};
  report::Table table{.caption = "Gap of WO3 at Γ in the measured cell (eV): cutoff, bands, k-points, exact exchange",
                      .header = {"settings", "PBE", "25 %", "28 %"},
                      .numeric = {false, true, true, true}};
  for (const Line& line : lines)
    if (const auto r = kept("wo3-gap", line.step))
      table.rows.emplace_back(std::vector<report::Cell>{line.what, volts(gap_at(*r, 0), "{:.3f}"),
                                                        volts(gap_at(*r, 0.25), "{:.3f}"),
                                                        volts(gap_at(*r, 0.28), "{:.3f}")});
  if (table.rows.empty()) return;
  text.blocks.emplace_back(std::move(table));
}

/// The gaps' rows. Reductions come from cells of one kind; the crystal's own gap from the densest sampling there is.
void add_gaps(ChapterText& text, const Cells& cells) {
  auto crystal = kept("wo3-gap", "mesh-500");
  if (!crystal) crystal = kept("wo3-gap", "mesh-400");
  if (crystal)
    text.findings.push_back({"fig5.gap_eV.WO3", computed(gap_at(*crystal, 0.28) / eV), Origin::computed,
                             "HSE06 with 28 % on PBE orbitals, 2×2×2, measured cell"});
  if (!cells.bulk || (!cells.one && !cells.two)) return;
  report::Table table{.caption = "The 1×1×2 cells at Γ, 28 % exact exchange (eV)",
                      .header = {"cell", "gap", "against WO3", "paper", "without defect states", "defect states",
                                 "below the conduction band", "participation", "on W at the vacancy"},
                      .numeric = {false, true, true, true, true, true, true, true, true}};
  table.rows.emplace_back(
      std::vector<report::Cell>{"WO3", volts(gap_at(*cells.bulk, 0.28)), "", "", "", "", "", "", ""});
  const auto add = [&](const std::optional<Result>& cell, const char* id, double paper) {
    if (!cell) return;
    const DefectGap g = defect_gap(*cells.bulk, *cell, states_searched);
    std::string depths, spreads, weights;
    for (const PlacedState& p : g.states) {
      const char* comma = depths.empty() ? "" : ", ";
      depths += comma + volts(p.state.below_conduction_band);
      spreads += comma + fmt::format("{:.2f}", p.state.participation_ratio);
      weights += comma + fmt::format("{:.0f} %", 100 * p.at_vacancy);
    }
    table.rows.emplace_back(std::vector<report::Cell>{fmt::format("{}, {:+d}", g.formula, g.charge), volts(g.gap),
                                                      fmt::format("{:+.2f}", (g.gap - g.bulk_gap) / eV),
                                                      fmt::format("{:+.2f}", paper), volts(g.conduction_gap),
                                                      fmt::format("{}", g.states.size()), depths, spreads, weights});
    text.findings.push_back({id, computed(g.gap / eV), Origin::computed,
                             fmt::format("Γ of the 1×1×2 cell, where WO3 has {:.2f} eV: {:+.2f} eV", g.bulk_gap / eV,
                                         (g.gap - g.bulk_gap) / eV)});
  };
  add(cells.one, "fig5.gap_eV.WO2.938", -0.20);
  add(cells.two, "fig5.gap_eV.WO2.875", -0.30);
  text.blocks.emplace_back(std::move(table));
}

report::Figure density_figure(const Result& bulk, const Result* one, const Result* two) {
  report::Figure figure{.columns = 1, .shared_x = true, .height = 640};
  const double top = band_gap(bulk.spectrum)->valence.energy;
  std::vector<double> axis, joule;
  for (double e = -7; e <= 5.5; e += 0.02) axis.push_back(e);
  for (const Result* r : {&bulk, one, two}) {
    if (r == nullptr) continue;
    // Each cell's energies count from its own highest filled state.
    const double zero = r == &bulk ? top : band_gap(r->spectrum)->valence.energy;
    joule.clear();
    for (const double e : axis) joule.push_back(zero + e * eV);
    const auto per_volt = [&](std::vector<double> density) {
      for (double& d : density) d *= eV;
      return density;
    };
    report::Panel panel{.title = formula(r->crystal),
                        .x = {.label = "energy above the highest filled state", .unit = "eV"},
                        .y = {.label = "states", .unit = "1/eV"}};
    constexpr double width = 0.08 * eV;
    panel.series.push_back({.name = "all",
                            .draw = Draw::line,
                            .x = axis,
                            .y = per_volt(density_of_states(r->spectrum, joule, width)),
                            .colour = report::Colour::grey});
    const auto part = [&](const char* element, int momentum, const char* name, report::Colour colour) {
      std::vector<std::size_t> atoms;
      for (std::size_t i = 0; i < r->crystal.atoms.size(); ++i)
        if (r->crystal.atoms[i].element == element) atoms.push_back(i);
      panel.series.push_back({.name = name,
                              .draw = Draw::line,
                              .x = axis,
                              .y = per_volt(projected_density_of_states(r->spectrum, atoms, r->crystal.atoms.size(),
                                                                        momentum, joule, width)),
                              .colour = colour});
    };
    part("W", 2, "W 5d", report::Colour::blue);
    part("O", 1, "O 2p", report::Colour::vermilion);
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

/// Which of the three oxygens costs least to take out: energies of equal cells with equal charge.
void add_sites(ChapterText& text, const Cells& cells) {
  struct Site {
    const char* name;
    double energy;
  };
  std::vector<Site> sites;
  if (cells.one) sites.push_back({"s_z", cells.one->energy});
  if (const auto r = kept("wo3-vacancies", "energy-s_x")) sites.push_back({"s_x", r->energy});
  if (const auto r = kept("wo3-vacancies", "energy-s_y")) sites.push_back({"s_y", r->energy});
  if (sites.size() < 2) return;
  std::ranges::sort(sites, {}, &Site::energy);
  report::Table table{.caption = "A vacancy (2+) at each site: energy above the lowest (eV)",
                      .header = {"site", "energy"},
                      .numeric = {false, true}};
  for (const Site& site : sites)
    table.rows.emplace_back(std::vector<report::Cell>{site.name, volts(site.energy - sites.front().energy, "{:.3f}")});
  text.blocks.emplace_back(std::move(table));
  if (sites.size() == 3)
    text.findings.push_back(
        {"fig5.vacancy.lowest_site", std::string(sites.front().name), Origin::computed,
         fmt::format("the next, {}, is {:.2f} eV above", sites[1].name, (sites[1].energy - sites[0].energy) / eV)});
}

ChapterText write(const StudyContext&) {
  ChapterText text;
  const Cells cells;
  text.blocks.emplace_back(report::Paragraph(
      "Why WO3 conducts when oxygen leaves it, from first principles. The numbers are from calculations by GPAW, kept "
      "with the workflows that made them in data/electronic; nothing is computed while the study runs, and what is not "
      "kept has no row. Settings are the nearest to the paper's (VASP, 520 eV, 4×4×4 and 4×4×2 k-points, "
      "self-consistent HSE06) that two processor cores reach: plane waves to 400 eV, HSE06 on fixed PBE orbitals, few "
      "k-points."));
  add_structure(text, cells);
  add_lattice(text);
  add_convergence(text);
  add_gaps(text, cells);
  if (cells.bulk)
    text.blocks.emplace_back(report::FigureBlock{
        density_figure(*cells.bulk, cells.one ? &*cells.one : nullptr, cells.two ? &*cells.two : nullptr),
        report::Paragraph("Density of states, as in Fig. 5b and 5c: HSE06 with 28 % exact exchange at Γ of the 1×1×2 "
                          "cells, broadened by 0.08 eV. Parts are squares of PAW projections, which do not sum to the "
                          "whole.")});
  add_sites(text, cells);
  if (text.findings.empty())
    text.blocks.emplace_back(report::Note{.kind = report::Note::Kind::remark,
                                          .title = "Nothing computed is kept yet",
                                          .text = {report::Paragraph("The workflows are in data/electronic; 'ecram dft "
                                                                     "prepare' and 'run' compute them.")}});
  return text;
}

}  // namespace

Chapter mechanism_chapter() { return {"mechanism", "Channel modulation mechanism", write}; }

}  // namespace ecram::study
