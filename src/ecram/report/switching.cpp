// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/switching.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/report/format.h"
#include "ecram/report/json.h"
#include "ecram/report/text.h"

namespace ecram::report {
namespace {

using analysis::DirectionFinding;
using analysis::Switching;
using nlohmann::ordered_json;

const char* unit_of(const Switching& s) { return s.arbitrary_units ? "" : "S"; }

ordered_json direction_json(const std::optional<DirectionFinding>& finding) {
  if (!finding) return nullptr;
  const DirectionFinding& d = *finding;
  ordered_json steps = ordered_json::array();
  for (const auto& bin : d.steps)
    steps.push_back({{"conductance", to_json(bin.conductance)},
                     {"mean_step", to_json(bin.mean_step)},
                     {"spread", to_json(bin.spread)},
                     {"count", bin.count}});
  return {{"nonlinearity", to_json(d.nonlinearity)},
          {"A", to_json(d.a)},
          {"B", to_json(d.b)},
          {"pulses", d.pulses},
          {"runs", d.runs},
          {"low", to_json(d.low)},
          {"high", to_json(d.high)},
          {"mean_step", to_json(d.mean_step)},
          {"label_spread", d.label_spread ? to_json(*d.label_spread) : ordered_json(nullptr)},
          {"energy_per_pulse_J", to_json(d.energy)},
          {"described", d.described},
          {"noise",
           {{"model", analysis::name(d.fit.noise_model)},
            {"akaike_weight", to_json(d.fit.akaike_weight)},
            {"reading_noise", to_json(d.reading_noise)},
            {"step_noise", to_json(d.step_noise)}}},
          {"residual_tests",
           {{"whiteness_p", to_json(d.fit.whiteness_p)},
            {"first_autocorrelation", to_json(d.fit.first_autocorrelation)},
            {"shape_p", to_json(d.fit.shape_p)},
            {"shape_misfit", to_json(d.fit.shape_misfit)}}},
          {"steps", steps}};
}

/// "value ± error (low to high)".
std::string full(const Estimate& e, std::string_view unit = {}) {
  if (!e.known()) return std::string(not_there);
  const std::string value = unit.empty() ? with_uncertainty(e) : with_prefix(e, unit);
  return std::isfinite(e.low) && std::isfinite(e.high) && unit.empty() ? fmt::format("{} ({})", value, interval(e))
                                                                       : value;
}

std::string percent(const Estimate& e) {
  return e.known() ? with_uncertainty(scaled(e, 100), "%") : std::string(not_there);
}

/// A spread that was found to be zero is below something, not zero.
std::string spread(const Estimate& e) {
  if (e.known() && e.value == 0 && std::isfinite(e.high)) return fmt::format("below {} %", number(100 * e.high, 2));
  return percent(e);
}

std::string a_text(const Estimate& a) {
  return a.known() && !std::isfinite(a.low) ? "unbounded (may be straight)" : full(a);
}

template <class Value>
SwitchingTable::Line line(const Switching& s, std::string quantity, Value value) {
  const auto cell = [&](const std::optional<DirectionFinding>& d) { return d ? value(*d) : std::string(not_there); };
  return {std::move(quantity), cell(s.potentiation), cell(s.depression)};
}

/// The law on a fine grid, drawn from pulse `from` on.
Series law_series(const DirectionFinding& d, double from, Colour colour) {
  Series series{.name = "exponential law", .draw = Draw::line, .colour = colour};
  const double span = d.pulse.back() - d.pulse.front();
  for (int i = 0; i <= 200; ++i) {
    series.x.push_back(from + span * i / 200);
    series.y.push_back(d.fit.start + d.fit.change * analysis::exponential_law(i / 200.0, d.fit.curvature.value));
  }
  return series;
}

void add_direction(Figure& figure, const DirectionFinding& d, double from, Colour colour, const char* name) {
  Series data{.name = name, .draw = Draw::points, .colour = colour, .hollow = true};
  Series residual{.name = "", .draw = Draw::points, .colour = colour, .hollow = true};
  const double first = d.pulse.front(), span = d.pulse.back() - first;
  for (std::size_t i = 0; i < d.pulse.size(); ++i) {
    const double share = (d.pulse[i] - first) / span;
    data.x.push_back(from + d.pulse[i] - first);
    data.y.push_back(d.mean_curve[i]);
    residual.x.push_back(data.x.back());
    residual.y.push_back(
        (d.mean_curve[i] - d.fit.start - d.fit.change * analysis::exponential_law(share, d.fit.curvature.value)) /
        std::abs(d.fit.change) * 100);
  }
  figure.panels[0].series.push_back(std::move(data));
  if (d.described) {
    Series law = law_series(d, from, Colour::black);
    if (figure.panels[0].series.size() > 2) law.name.clear();  // once in the legend is enough
    figure.panels[0].series.push_back(std::move(law));
    figure.panels[1].series.push_back(std::move(residual));
  }
}

Series step_series(const DirectionFinding& d, Colour colour, const char* name) {
  Series series{.name = name, .draw = Draw::points_and_line, .colour = colour};
  for (const auto& bin : d.steps) {
    const double error = bin.spread / std::sqrt(static_cast<double>(bin.count));
    series.x.push_back(bin.conductance);
    series.y.push_back(bin.mean_step);
    series.low.push_back(bin.mean_step - error);
    series.high.push_back(bin.mean_step + error);
  }
  return series;
}

}  // namespace

ordered_json switching_json(const Switching& s) {
  const auto& v = s.variation;
  return {{"file", s.source},
          {"sha256", s.sha256},
          {"layout", s.layout},
          {"conductance_unit", s.arbitrary_units ? "arbitrary" : "S"},
          {"potentiation", direction_json(s.potentiation)},
          {"depression", direction_json(s.depression)},
          {"window",
           {{"gmin", to_json(s.gmin)},
            {"gmax", to_json(s.gmax)},
            {"on_off", to_json(s.on_off)},
            {"resolved_states", to_json(s.resolved_states)}}},
          {"asymmetry", to_json(s.asymmetry)},
          {"symmetry_point", to_json(s.symmetry_point)},
          {"handover_drop", to_json(s.handover_drop)},
          {"cycle_to_cycle",
           {{"cycles", v.cycles},
            {"step_over_window", to_json(v.step_over_window)},
            {"raw_step_over_window", to_json(v.raw_step_over_window)},
            {"step_over_mean_step", to_json(v.step_over_mean_step)},
            {"raw_step_over_mean_step", to_json(v.raw_step_over_mean_step)},
            {"worst_spread_over_mean", to_json(v.worst_spread_over_mean)},
            {"worst_pulse", v.worst_pulse ? ordered_json(*v.worst_pulse) : ordered_json(nullptr)},
            {"worst_mean", v.worst_pulse ? to_json(v.worst_mean) : ordered_json(nullptr)},
            {"worst_spread", v.worst_pulse ? to_json(v.worst_spread) : ordered_json(nullptr)}}},
          {"warnings", to_json(s.warnings)}};
}

ordered_json device_to_device_json(const analysis::DeviceToDevice& d) {
  return {{"devices", d.devices},
          {"worst_place", to_json(d.worst_place)},
          {"worst_mean", to_json(d.worst_mean)},
          {"worst_spread", to_json(d.worst_spread)},
          {"spread_over_mean", to_json(d.spread_over_mean)}};
}

SwitchingTable switching_table(const Switching& s) {
  const char* unit = unit_of(s);
  const auto plain = [](double x) { return number(x, 2); };
  SwitchingTable table;
  auto& rows = table.by_direction;
  rows.push_back(line(s, "readings × runs", [](const auto& d) { return fmt::format("{} × {}", d.pulses, d.runs); }));
  rows.push_back(line(s, "nonlinearity label", [](const auto& d) { return full(d.nonlinearity); }));
  rows.push_back(line(s, "A (share of the run)", [](const auto& d) { return a_text(d.a); }));
  rows.push_back(line(s, "B", [&](const auto& d) {
    return std::isfinite(d.b.low) ? full(d.b, unit) : d.b.known() ? std::string("unbounded") : std::string(not_there);
  }));
  rows.push_back(line(s, "low end", [&](const auto& d) { return full(d.low, unit); }));
  rows.push_back(line(s, "high end", [&](const auto& d) { return full(d.high, unit); }));
  rows.push_back(line(s, "mean step", [&](const auto& d) { return full(d.mean_step, unit); }));
  rows.push_back(line(s, "noise", [](const auto& d) {
    return d.fit.exact ? std::string("none") : std::string(analysis::name(d.fit.noise_model));
  }));
  rows.push_back(line(s, "reading noise, % of window",
                      [&](const auto& d) { return plain(100 * d.reading_noise / std::abs(d.fit.change)); }));
  rows.push_back(line(s, "step noise, % of window",
                      [&](const auto& d) { return plain(100 * d.step_noise / std::abs(d.fit.change)); }));
  const auto has = [&](auto what) {
    return (s.potentiation && what(*s.potentiation)) || (s.depression && what(*s.depression));
  };
  if (has([](const auto& d) { return d.label_spread.has_value(); }))
    rows.push_back(line(s, "label, spread between runs", [&](const auto& d) {
      return d.label_spread ? plain(*d.label_spread) : std::string(not_there);
    }));
  if (has([](const auto& d) { return d.energy.known(); }))
    rows.push_back(line(s, "energy per pulse", [](const auto& d) { return full(d.energy, "J"); }));

  const auto& v = s.variation;
  table.overall = {{"Gmin", full(s.gmin, unit)},
                   {"Gmax", full(s.gmax, unit)},
                   {"on/off", full(s.on_off)},
                   {"states told apart by one reading", full(s.resolved_states)},
                   {"asymmetry (1: a whole window)", full(s.asymmetry)},
                   {"symmetry point", full(s.symmetry_point, unit)},
                   {"drop at the hand-over, of window", percent(s.handover_drop)},
                   {"cycles compared", fmt::format("{}", v.cycles)},
                   {"step spread / window (NeuroSim)", spread(v.step_over_window)},
                   {"  the same, reading noise left in", percent(v.raw_step_over_window)},
                   {"step spread / mean step (AIHWKIT)", spread(v.step_over_mean_step)},
                   {"  the same, reading noise left in", percent(v.raw_step_over_mean_step)}};
  if (v.worst_pulse)
    table.overall.emplace_back(fmt::format("spread / mean at the worst pulse ({})", *v.worst_pulse),
                               percent(v.worst_spread_over_mean));
  return table;
}

std::string switching_text(const Switching& s) {
  const SwitchingTable table = switching_table(s);
  const auto pad = [](const std::string& text, std::size_t width) {
    return text + std::string(width > characters(text) ? width - characters(text) : 1, ' ');
  };
  std::string out = fmt::format("{}: {}, {}\n\n", s.source, s.layout,
                                s.arbitrary_units ? "conductance in arbitrary units" : "conductance in siemens");
  std::size_t width = 0;
  for (const auto& row : table.by_direction) width = std::max(width, characters(row.potentiation) + 3);
  out += pad("", 38) + pad("potentiation", std::max<std::size_t>(width, 15)) + "depression\n";
  for (const auto& row : table.by_direction)
    out +=
        pad("  " + row.quantity, 38) + pad(row.potentiation, std::max<std::size_t>(width, 15)) + row.depression + "\n";
  out += "\n";
  for (const auto& [quantity, value] : table.overall) out += pad("  " + quantity, 38) + value + "\n";
  if (!s.warnings.empty()) out += "\n";
  for (const Warning& w : s.warnings)
    out += fmt::format("  warning {}{}: {}\n", w.code, w.row > 0 ? fmt::format(" (line {})", w.row) : "", w.text);
  return out;
}

std::string device_to_device_text(const analysis::DeviceToDevice& d) {
  return fmt::format(
      "{} devices, normalised to their own windows: at {} % of the cycle, where they differ most,\n"
      "  mean {}, standard deviation {}, deviation over mean {}\n",
      d.devices, number(100 * d.worst_place, 3), with_uncertainty(d.worst_mean), with_uncertainty(d.worst_spread),
      with_uncertainty(d.spread_over_mean));
}

Figure switching_figure(const Switching& s) {
  Figure figure;
  figure.width = 720;
  const Axis conductance{
      .label = "conductance", .unit = s.arbitrary_units ? "arb. units" : "S", .prefix = !s.arbitrary_units};
  Axis step = conductance;
  step.label = "step";
  figure.panels = {{.x = {.label = "pulse"}, .y = conductance},
                   {.x = {.label = "pulse"}, .y = {.label = "residual", .unit = "% of window"}, .height = 0.5},
                   {.x = conductance, .y = step, .height = 0.7}};
  figure.panels[2].rules.push_back({.at = Rule::At::y, .value = 0});
  double from = 0;
  if (s.potentiation) {
    add_direction(figure, *s.potentiation, 0, Colour::blue, "potentiation");
    figure.panels[2].series.push_back(step_series(*s.potentiation, Colour::blue, "potentiation"));
    from = s.potentiation->pulse.back() - s.potentiation->pulse.front() + 1;
  }
  if (s.depression) {
    add_direction(figure, *s.depression, from, Colour::vermilion, "depression");
    figure.panels[2].series.push_back(step_series(*s.depression, Colour::vermilion, "depression"));
  }
  if (figure.panels[1].series.empty()) figure.panels.erase(figure.panels.begin() + 1);
  return figure;
}

std::vector<Block> switching_blocks(const Switching& s, const std::string& caption) {
  const SwitchingTable table = switching_table(s);
  Table directions{.caption = "", .header = {"quantity", "potentiation", "depression"}};
  for (const auto& row : table.by_direction)
    directions.rows.push_back(TableRow({Cell(row.quantity), Cell(row.potentiation), Cell(row.depression)}));
  Table overall{.caption = "", .header = {"quantity", "value"}};
  for (const auto& [quantity, value] : table.overall) overall.rows.push_back(TableRow({Cell(quantity), Cell(value)}));
  std::vector<Block> blocks{FigureBlock{.figure = switching_figure(s), .caption = Paragraph(caption)}, directions,
                            overall};
  if (!s.warnings.empty()) {
    List list;
    for (const Warning& w : s.warnings)
      list.items.emplace_back(
          fmt::format("{}{}: {}", w.code, w.row > 0 ? fmt::format(" (line {})", w.row) : "", w.text));
    blocks.emplace_back(Paragraph("What was odd about this file:"));
    blocks.emplace_back(list);
  }
  return blocks;
}

}  // namespace ecram::report
