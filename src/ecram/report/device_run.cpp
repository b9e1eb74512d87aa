// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/device_run.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ecram/core/version.h"
#include "ecram/device/run_output.h"
#include "ecram/report/format.h"

namespace ecram::report {
namespace {

constexpr std::size_t most_devices_drawn = 12;

using device::RunReading;

/// Readings of one step.
std::vector<const RunReading*> readings_of(const DeviceRun& run, std::size_t step) {
  std::vector<const RunReading*> all;
  for (const RunReading& r : run.result.readings)
    if (r.step == step) all.push_back(&r);
  return all;
}

std::string label_of(const DeviceRun& run, std::size_t step) {
  const auto& s = run.protocol.steps[step];
  return s.label.empty() ? fmt::format("{} {}", device::kind(s), step + 1) : s.label;
}

/// @param readings  null: a gap in the line
void add_series(Panel& panel, const std::vector<const RunReading*>& readings, const std::string& name,
                const std::vector<double>& x) {
  const auto numbers = [&](auto number) {
    std::vector<double> y;
    for (const RunReading* r : readings) y.push_back(r == nullptr ? NAN : number(*r));
    return y;
  };
  // A line through one reading is nothing.
  const Draw draw = readings.size() == 1 ? Draw::points : Draw::line;
  const Series mean{
      .name = name, .draw = draw, .x = x, .y = numbers([](const RunReading& r) { return r.conductance; })};
  const std::size_t devices = readings.empty() ? 0 : readings.front()->each.size();
  for (std::size_t i = 0; i < std::min(devices, most_devices_drawn); ++i)
    panel.series.push_back(
        {.draw = draw, .x = x, .y = numbers([&](const RunReading& r) { return r.each[i]; }), .colour = Colour::grey});
  panel.series.push_back(mean);
}

/// The axis of all panels: logarithmic beyond two decades, of which no more than nine are drawn (an emptied film's
/// conductance has hundreds).
Axis conductance_axis(const DeviceRun& run) {
  double low = INFINITY, high = 0;
  for (const RunReading& r : run.result.readings)
    if (r.conductance > 0) low = std::min(low, r.conductance), high = std::max(high, r.conductance);
  Axis axis{.label = "conductance", .unit = "S", .prefix = true};
  const double decades = high > low ? std::log10(high / low) : 0;
  axis.log = decades > 2;
  if (decades > 9) axis.low = high * 1e-9, axis.high = high * 2;
  return axis;
}

}  // namespace

Figure run_figure(const DeviceRun& run) {
  Figure figure;
  figure.title = run.protocol.title;
  const Axis conductance = conductance_axis(run);
  Panel pulses{.x = {.label = "pulse"}, .y = conductance};
  Panel sweep{.x = {.label = "gate voltage", .unit = "V"}, .y = conductance};
  Panel time{.x = {.label = "time", .unit = "s", .log = true}, .y = conductance};
  Panel stage{.x = {.label = "temperature", .unit = "K"}, .y = conductance};
  std::vector<const RunReading*> at_stage;
  std::vector<double> kelvin;
  double given = 0;  // pulses of the steps before
  for (std::size_t step = 0; step < run.protocol.steps.size(); ++step) {
    auto readings = readings_of(run, step);
    if (readings.empty()) continue;
    const auto& what = run.protocol.steps[step].what;
    std::vector<double> x;
    if (const auto* cycles = std::get_if<device::EnduranceStep>(&what)) {
      const auto up = static_cast<double>(cycles->up.count), both = up + static_cast<double>(cycles->down.count);
      std::vector<const RunReading*> with_gaps;
      for (const RunReading* r : readings) {
        if (!with_gaps.empty() && with_gaps.back() != nullptr &&
            with_gaps.back()->cycle + 1 < r->cycle)  // cycles that were not recorded
          with_gaps.push_back(nullptr), x.push_back(NAN);
        with_gaps.push_back(r);
        x.push_back(given + static_cast<double>(r->cycle) * both + (r->down ? up : 0) + static_cast<double>(r->pulse));
      }
      given = x.back();
      add_series(pulses, with_gaps, label_of(run, step), x);
    } else if (std::holds_alternative<device::PulseTrainStep>(what)) {
      for (const RunReading* r : readings) x.push_back(given + static_cast<double>(r->pulse));
      given = x.back();
      add_series(pulses, readings, label_of(run, step), x);
    } else if (std::holds_alternative<device::SweepStep>(what)) {
      for (const RunReading* r : readings) x.push_back(r->gate);
      add_series(sweep, readings, label_of(run, step), x);
    } else if (const auto* retention = std::get_if<device::RetentionStep>(&what)) {
      const double begin = readings.front()->time - retention->first_reading;
      for (const RunReading* r : readings) x.push_back(r->time - begin);
      add_series(time, readings, label_of(run, step), x);
    } else {
      for (const RunReading* r : readings) at_stage.push_back(r), kelvin.push_back(r->temperature);
    }
  }
  if (!at_stage.empty()) {
    add_series(stage, at_stage, "", kelvin);
    for (Series& one : stage.series) one.draw = Draw::points_and_line;
  }
  for (Panel* panel : {&pulses, &sweep, &time, &stage})
    if (!panel->series.empty()) figure.panels.push_back(std::move(*panel));
  return figure;
}

/// A train that was to end at a conductance, and was given all its pulses without.
bool unreached(const device::ProtocolStep& step, const RunReading& last) {
  const auto* train = std::get_if<device::PulseTrainStep>(&step.what);
  if (train == nullptr || !(train->until_above || train->until_below) || last.pulse < train->count) return false;
  return !(train->until_above && last.conductance >= *train->until_above) &&
         !(train->until_below && last.conductance <= *train->until_below);
}

/// What the gate draws in a pulse: in an endurance of each direction.
nlohmann::ordered_json gate_json(const std::vector<const RunReading*>& readings) {
  const auto number = [](double x) {
    return std::isfinite(x) ? nlohmann::ordered_json(x) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json json;
  for (const bool down : {false, true}) {
    const auto last = std::find_if(readings.rbegin(), readings.rend(), [&](const auto* r) { return r->down == down; });
    if (last == readings.rend()) continue;
    json[down ? "down" : "up"] = {{"gate_V", (*last)->gate},
                                  {"gate_current_A", number((*last)->gate_current)},
                                  {"energy_per_pulse_J", number((*last)->energy)}};
  }
  return json;
}

nlohmann::ordered_json run_json(const DeviceRun& run) {
  using nlohmann::ordered_json;
  const auto number = [](double x) { return std::isfinite(x) ? ordered_json(x) : ordered_json(nullptr); };
  ordered_json json{{"schema", "ecram-device-run"},
                    {"version", 1},
                    {"program", fmt::format("ecram {} ({})", version(), commit())},
                    {"protocol", run.protocol.source},
                    {"title", run.protocol.title},
                    {"device", run.device},
                    {"ambient", run.ambient},
                    {"model", run.model},
                    {"simd", run.result.simd},
                    {"seed", run.protocol.seed},
                    {"noise", run.protocol.noise && run.model == "compact"},
                    {"devices", run.protocol.population.devices},
                    {"device_pulses", run.result.device_pulses},
                    {"averaging_error", number(run.result.averaging_error)},
                    {"beyond_tables", run.result.beyond_tables},
                    {"interrupted", run.result.interrupted}};
  json["steps"] = ordered_json::array();
  for (std::size_t step = 0; step < run.protocol.steps.size(); ++step) {
    const auto readings = readings_of(run, step);
    if (readings.empty()) continue;
    const bool cycles = std::holds_alternative<device::EnduranceStep>(run.protocol.steps[step].what);
    double low = INFINITY, high = -INFINITY;
    for (const RunReading* r : readings) low = std::min(low, r->conductance), high = std::max(high, r->conductance);
    json["steps"].push_back({{"step", step + 1},
                             {"kind", device::kind(run.protocol.steps[step])},
                             {"label", run.protocol.steps[step].label},
                             {"temperature_K", readings.back()->temperature},
                             {"readings", readings.size()},
                             {"first_S", number(readings.front()->conductance)},
                             {"last_S", number(readings.back()->conductance)},
                             {"low_S", number(low)},
                             {"high_S", number(high)},
                             {"spread_S", number(readings.back()->spread)},
                             {"first_density_m-3", number(readings.front()->hall_density)},
                             {"last_density_m-3", number(readings.back()->hall_density)},
                             {"first_mobility_m2_per_Vs", number(readings.front()->hall_mobility)},
                             {"last_mobility_m2_per_Vs", number(readings.back()->hall_mobility)},
                             {"gate_current_A", number(readings.back()->gate_current)},
                             {"energy_per_pulse_J", number(readings.back()->energy)}});
    if (cycles) json["steps"].back()["directions"] = gate_json(readings);
    if (unreached(run.protocol.steps[step], *readings.back())) json["steps"].back()["reached"] = false;
  }
  if (run.shares.empty()) {
    json["cycle_to_cycle"] = nullptr;
  } else {
    ordered_json shares = ordered_json::object();
    for (std::size_t i = 1; i < run.shares.size(); ++i)
      shares[run.shares[i].cause] = {{"deviation_S", number(run.shares[i].spread.deviation)},
                                     {"share_of_variance", number(run.shares[i].share)}};
    const auto& worst = run.shares.front().spread;
    json["cycle_to_cycle"] = {{"cycles", worst.cycles},
                              {"pulse", worst.pulse},
                              {"mean_S", number(worst.mean)},
                              {"deviation_S", number(worst.deviation)},
                              {"causes", shares}};
  }
  return json;
}

std::string run_text(const DeviceRun& run) {
  std::string text;
  auto out = std::back_inserter(text);
  if (!run.protocol.title.empty()) fmt::format_to(out, "{}\n", run.protocol.title);
  fmt::format_to(out, "{} model of device {} ({}), {} device{}, {:.6g} device-pulses{}{}\n\n", run.model, run.device,
                 run.ambient, run.protocol.population.devices, run.protocol.population.devices == 1 ? "" : "s",
                 run.result.device_pulses, run.result.simd.empty() ? "" : ", " + run.result.simd,
                 run.result.interrupted ? " (interrupted)" : "");
  for (std::size_t step = 0; step < run.protocol.steps.size(); ++step) {
    const auto readings = readings_of(run, step);
    if (readings.empty()) continue;
    fmt::format_to(out, "  {:<28} {:>6.4g} K  {} -> {}\n", label_of(run, step), readings.back()->temperature,
                   with_prefix(readings.front()->conductance, "S"), with_prefix(readings.back()->conductance, "S"));
    if (unreached(run.protocol.steps[step], *readings.back()))
      fmt::format_to(out, "    warning: its {} pulses did not reach the conductance at which it was to end\n",
                     readings.back()->pulse);
  }
  if (run.result.beyond_tables)
    fmt::format_to(out,
                   "\n  warning: the film went beyond the compact model's tables (more than 95 % of its sites, or far "
                   "from where it began): a tenth of the window and more may be wrong; see --model full\n");
  if (run.result.averaging_error > 0)
    fmt::format_to(out, "\n  cycles averaged: conductances within {:.2g} % of those of all cycles (estimated)\n",
                   std::max(100 * run.result.averaging_error, 1e-4));  // less is the integrator's
  if (!run.shares.empty()) {
    const auto& worst = run.shares.front().spread;
    fmt::format_to(out, "\n  cycle to cycle: {} at {} after pulse {} ({} cycles), {:.3g} %\n",
                   with_prefix(worst.deviation, "S"), with_prefix(worst.mean, "S"), worst.pulse, worst.cycles,
                   100 * worst.deviation / worst.mean);
    for (std::size_t i = 1; i < run.shares.size(); ++i)
      fmt::format_to(out, "    {:<22} {:>5.3g} % of the variance\n", run.shares[i].cause, 100 * run.shares[i].share);
  }
  return text;
}

}  // namespace ecram::report
