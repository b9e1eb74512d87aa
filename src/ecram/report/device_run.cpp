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

void add_series(Panel& panel, const std::vector<const RunReading*>& readings, const std::string& name,
                const std::vector<double>& x) {
  Series mean{.name = name, .draw = Draw::line, .x = x};
  for (const RunReading* r : readings) mean.y.push_back(r->conductance);
  const std::size_t devices = readings.empty() ? 0 : readings.front()->each.size();
  for (std::size_t i = 0; i < std::min(devices, most_devices_drawn); ++i) {
    Series one{.draw = Draw::line, .x = x, .colour = Colour::grey};
    for (const RunReading* r : readings) one.y.push_back(r->each[i]);
    panel.series.push_back(std::move(one));
  }
  panel.series.push_back(std::move(mean));
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
  double given = 0;
  for (std::size_t step = 0; step < run.protocol.steps.size(); ++step) {
    const auto readings = readings_of(run, step);
    if (readings.empty()) continue;
    const auto kind = device::kind(run.protocol.steps[step]);
    std::vector<double> x;
    if (kind == "pulses" || kind == "endurance") {
      // Cycles one after another; those that were not recorded are a gap that is not drawn.
      double before = given;
      const RunReading* last = nullptr;
      for (const RunReading* r : readings) {
        if (last != nullptr && (r->down != last->down || r->cycle != last->cycle)) before = x.back();
        x.push_back(before + static_cast<double>(r->pulse));
        last = r;
      }
      given = x.back();
      add_series(pulses, readings, label_of(run, step), x);
    } else if (kind == "sweep") {
      for (const RunReading* r : readings) x.push_back(r->gate);
      add_series(sweep, readings, label_of(run, step), x);
    } else if (kind == "retention") {
      const auto& retention = std::get<device::RetentionStep>(run.protocol.steps[step].what);
      const double begin = readings.front()->time - retention.first_reading;
      for (const RunReading* r : readings) x.push_back(r->time - begin);
      add_series(time, readings, label_of(run, step), x);
    }
  }
  for (Panel* panel : {&pulses, &sweep, &time})
    if (!panel->series.empty()) figure.panels.push_back(std::move(*panel));
  if (figure.panels.empty()) {
    // Temperature steps alone: conductance against temperature.
    Panel panel{.x = {.label = "temperature", .unit = "K"}, .y = conductance};
    std::vector<const RunReading*> all;
    std::vector<double> x;
    for (const RunReading& r : run.result.readings) all.push_back(&r), x.push_back(r.temperature);
    add_series(panel, all, "", x);
    figure.panels.push_back(std::move(panel));
  }
  return figure;
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
                    {"interrupted", run.result.interrupted}};
  json["steps"] = ordered_json::array();
  for (std::size_t step = 0; step < run.protocol.steps.size(); ++step) {
    const auto readings = readings_of(run, step);
    if (readings.empty()) continue;
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
