// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/analysis/hall/dc_hall.h"
#include "ecram/analysis/hall/read_hall.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/units.h"
#include "ecram/report/figure.h"
#include "ecram/report/format.h"
#include "ecram/report/json.h"

namespace ecram::commands {
namespace {

using namespace ecram::analysis;
using nlohmann::ordered_json;
using report::to_json;

struct HallCommand {
  std::vector<std::string> records;
  HallColumns columns;
  std::string geometry, length, width, thickness, arm_width, total_length, field_amplitude, set_current, rc_time,
      voltage_floor, current_floor, speed, zero_current, table, trace, plot;
  double hall_factor = 1;
  bool arms_swapped = false, json = false, dc = false, van_der_pauw = false;
};

double option(const std::string& text, const char* si, const char* name) {
  return naming(name, [&] { return quantity(text, si); });
}

HallBar hall_bar(const HallCommand& c) {
  HallBar bar;
  if (!c.geometry.empty()) bar = read_hall_bar(c.geometry);
  const auto set = [](double& value, const std::string& text, const char* name) {
    if (!text.empty()) value = option(text, "m", name);
  };
  set(bar.length, c.length, "--length");
  set(bar.width, c.width, "--width");
  set(bar.thickness, c.thickness, "--thickness");
  set(bar.arm_width, c.arm_width, "--arm-width");
  set(bar.total_length, c.total_length, "--total-length");
  bar.arms_swapped = bar.arms_swapped || c.arms_swapped;
  const auto needed = [](double value, const char* name) {
    if (value == 0) throw InvalidInput("{} is not given; expected it as an option or in the file of --geometry", name);
  };
  if (!c.van_der_pauw) {
    needed(bar.length, "--length");
    needed(bar.width, "--width");
  }
  needed(bar.thickness, "--thickness");
  return bar;
}

const char* carrier_word(Carrier carrier) {
  return carrier == Carrier::electrons ? "n" : carrier == Carrier::holes ? "p" : "not detected";
}

ordered_json warnings_json(const std::vector<Warning>& warnings) {
  ordered_json list = ordered_json::array();
  for (const auto& w : warnings) list.push_back({{"code", w.code}, {"row", w.row}, {"text", w.text}});
  return list;
}

ordered_json result_json(const HallResult& r) {
  ordered_json j;
  j["file"] = r.name;
  j["carrier_type"] = carrier_word(r.carrier);
  j["carrier_confidence"] = to_json(r.carrier_confidence);
  j["density_m3"] = to_json(r.density);
  j["sheet_density_m2"] = to_json(r.sheet_density);
  j["mobility_m2_per_Vs"] = to_json(r.mobility);
  j["density_mobility_correlation"] = to_json(r.density_mobility_correlation);
  j["resistivity_ohm_m"] = to_json(r.resistivity);
  j["sheet_resistance_ohm"] = to_json(r.sheet_resistance);
  j["hall_resistance_ohm"] = to_json(r.hall_resistance);
  j["hall_slope_ohm_per_T"] = to_json(r.hall_slope);
  j["hall_coefficient_m3_per_C"] = to_json(r.hall_coefficient);
  j["bounds"] = {{"largest_hall_slope_ohm_per_T", to_json(r.largest_hall_slope)},
                 {"least_density_m3", to_json(r.least_density)},
                 {"largest_mobility_m2_per_Vs", to_json(r.largest_mobility)}};
  j["signal_to_noise"] = to_json(r.signal_to_noise);
  j["phase_rad"] = to_json(r.phase);
  j["induced_V"] = to_json(r.induced);
  j["pickup_V"] = to_json(r.pickup);
  j["even_ohm_per_T2"] = to_json(r.even);
  j["offset_ohm"] = to_json(r.offset);
  const auto simple = [](const SimpleHallEstimate& e) {
    return ordered_json{{"in_phase_ohm", to_json(e.in_phase)}, {"quadrature_ohm", to_json(e.quadrature)}};
  };
  j["lock_in"] = simple(r.lock_in.mean);
  j["fourier"] = simple(r.fourier.amplitude);
  j["field_amplitude_T"] = r.field_amplitude;
  j["frequency_Hz"] = r.frequency;
  j["periods"] = r.periods;
  j["current_A"] = r.current;
  j["temperature_K"] = to_json(r.temperature);
  j["temperature_spread_K"] = r.temperature_spread;
  j["readings"] = r.readings;
  j["rejected"] = r.rejected;
  j["drift_order"] = r.drift_order;
  j["noise"] = {{"white_V", r.white_noise}, {"corner_Hz", r.corner_frequency}};
  j["warnings"] = warnings_json(r.warnings);
  return j;
}

void print_result(const HallResult& r) {
  using report::with_prefix;
  using report::with_uncertainty;
  const auto line = [](const char* what, const std::string& text) { fmt::print("  {:<26} {}\n", what, text); };
  fmt::print("{}\n", r.name);
  if (r.carrier == Carrier::not_detected) {
    line("carrier type", "not detected");
    line("Hall slope", fmt::format("below {:.3g} ohm/T (95 %)", r.largest_hall_slope));
    line("density", fmt::format("above {:.3g} cm^-3", r.least_density * 1e-6));
    if (r.sheet_resistance.known()) line("mobility", fmt::format("below {:.3g} cm^2/(V s)", r.largest_mobility * 1e4));
  } else {
    line("carrier type", fmt::format("{} (probability {:.4f})", carrier_word(r.carrier), r.carrier_confidence));
    line("density", with_uncertainty(scaled(r.density, 1e-6), "cm^-3"));
    line("sheet density", with_uncertainty(scaled(r.sheet_density, 1e-4), "cm^-2"));
    if (r.mobility.known())
      line("Hall mobility",
           fmt::format("{} (correlation with the density {:.2f})",
                       with_uncertainty(scaled(r.mobility, 1e4), "cm^2/(V s)"), r.density_mobility_correlation));
    line("R_xy at the amplitude", with_prefix(r.hall_resistance, "ohm"));
    line("Hall coefficient", with_uncertainty(r.hall_coefficient, "m^3/C"));
  }
  if (r.resistivity.known()) {
    line("resistivity", with_uncertainty(scaled(r.resistivity, 100), "ohm cm"));
    line("sheet resistance", with_prefix(r.sheet_resistance, "ohm"));
  }
  line("signal to noise", fmt::format("{:.3g}", r.signal_to_noise));
  if (r.lock_in.mean.in_phase.known()) line("lock-in, in phase", with_prefix(r.lock_in.mean.in_phase, "ohm"));
  if (r.lock_in.mean.quadrature.known()) line("lock-in, out of phase", with_prefix(r.lock_in.mean.quadrature, "ohm"));
  if (r.fourier.amplitude.in_phase.known()) line("Fourier transform", with_prefix(r.fourier.amplitude.in_phase, "ohm"));
  line("phase (V_xy behind B)", with_uncertainty(scaled(r.phase, 180 / 3.14159265358979323846), "deg"));
  line("in quadrature", with_prefix(r.induced, "V"));
  line("field", fmt::format("{:.4g} T at {:.5g} Hz, {:.3g} periods", r.field_amplitude, r.frequency, r.periods));
  line("current", with_prefix(r.current, "A"));
  if (std::isfinite(r.temperature)) line("temperature", fmt::format("{:.5g} K", r.temperature));
  line("noise", fmt::format("{} a reading, 1/f below {}", with_prefix(r.white_noise, "V"),
                            r.corner_frequency > 0 ? with_prefix(r.corner_frequency, "Hz") : "no frequency"));
  line("readings", fmt::format("{}, {} left out; drift of order {}", r.readings, r.rejected, r.drift_order));
  for (const auto& w : r.warnings) fmt::print("  warning {}: {}\n", w.code, w.text);
}

std::string sweep_table(const std::vector<HallResult>& results) {
  std::string text =
      "temperature [K],resistivity [ohm m],resistivity_error [ohm m],density [1/m^3],density_error [1/m^3],"
      "mobility [m^2/(V s)],mobility_error [m^2/(V s)]\n";
  const auto cell = [](double v) { return std::isfinite(v) ? fmt::format("{}", v) : std::string(); };
  for (const auto& r : results)
    text += fmt::format("{},{},{},{},{},{},{}\n", cell(r.temperature), cell(r.resistivity.value),
                        cell(r.resistivity.standard_error), cell(r.density.value), cell(r.density.standard_error),
                        cell(r.mobility.value), cell(r.mobility.standard_error));
  return text;
}

std::string trace_table(const HallResult& r) {
  std::string text = "time [s],field [T],V_xy [V],fitted [V],background [V],whitened_residual\n";
  for (std::size_t i = 0; i < r.trace.time.size(); ++i)
    text += fmt::format("{},{},{},{},{},{}\n", r.trace.time[i], r.trace.field[i], r.trace.voltage[i], r.trace.fitted[i],
                        r.trace.background[i], r.trace.whitened_residual[i]);
  return text;
}

report::Figure figure(const HallResult& r) {
  using namespace report;
  Figure f{.title = r.name, .columns = 2, .height = 760};
  f.panels.push_back({.title = "record and fit",
                      .x = {.label = "time", .unit = "s"},
                      .y = {.label = "V_xy", .unit = "V", .prefix = true},
                      .series = {{.name = "record", .draw = Draw::points, .x = r.trace.time, .y = r.trace.voltage},
                                 {.name = "fit", .draw = Draw::line, .x = r.trace.time, .y = r.trace.fitted}}});
  std::vector<double> hall(r.trace.voltage);
  for (std::size_t i = 0; i < hall.size(); ++i) hall[i] -= r.trace.background[i];
  f.panels.push_back({.title = "without offset and drift",
                      .x = {.label = "field", .unit = "T"},
                      .y = {.label = "Hall voltage", .unit = "V", .prefix = true},
                      .series = {{.draw = Draw::points, .x = r.trace.field, .y = hall}}});
  const auto spectrum_panel = [](const char* title, const signal::Spectrum& s, const char* unit) {
    return Panel{.title = title,
                 .x = {.label = "frequency", .unit = "Hz", .log = true},
                 .y = {.label = "amplitude", .unit = unit, .log = true},
                 .series = {{.draw = Draw::line, .x = s.frequency, .y = s.amplitude}}};
  };
  if (!r.fourier.resistance.frequency.empty()) {
    f.panels.push_back(spectrum_panel("Fourier transform of R_xy", r.fourier.resistance, "ohm"));
    f.panels.push_back(spectrum_panel("Fourier transform of B", r.fourier.field, "T"));
  }
  if (!r.lock_in.time.empty())
    f.panels.push_back(
        {.title = "lock-in, period by period",
         .x = {.label = "time", .unit = "s"},
         .y = {.label = "R_xy", .unit = "ohm", .prefix = true},
         .series = {
             {.name = "in phase", .draw = Draw::points_and_line, .x = r.lock_in.time, .y = r.lock_in.in_phase},
             {.name = "out of phase", .draw = Draw::points_and_line, .x = r.lock_in.time, .y = r.lock_in.quadrature}}});
  f.panels.push_back({.title = "whitened residual",
                      .x = {.label = "time", .unit = "s"},
                      .y = {.label = "standard deviations"},
                      .series = {{.draw = Draw::points, .x = r.trace.time, .y = r.trace.whitened_residual}}});
  return f;
}

ordered_json dc_json(const DcHallResult& r) {
  return {{"method", r.method},
          {"carrier_type", carrier_word(r.carrier)},
          {"density_m3", to_json(r.density)},
          {"sheet_density_m2", to_json(r.sheet_density)},
          {"mobility_m2_per_Vs", to_json(r.mobility)},
          {"resistivity_ohm_m", to_json(r.resistivity)},
          {"sheet_resistance_ohm", to_json(r.sheet_resistance)},
          {"hall_resistance_ohm", to_json(r.hall_resistance)},
          {"hall_slope_ohm_per_T", to_json(r.hall_slope)},
          {"temperature_K", to_json(r.temperature)},
          {"warnings", warnings_json(r.warnings)}};
}

void print_dc(const DcHallResult& r) {
  using report::with_uncertainty;
  fmt::print("  {}{}\n", r.method, std::isfinite(r.temperature) ? fmt::format(", {:.5g} K", r.temperature) : "");
  fmt::print("    carrier type      {}\n", carrier_word(r.carrier));
  fmt::print("    density           {}\n", with_uncertainty(scaled(r.density, 1e-6), "cm^-3"));
  fmt::print("    Hall mobility     {}\n", with_uncertainty(scaled(r.mobility, 1e4), "cm^2/(V s)"));
  fmt::print("    resistivity       {}\n", with_uncertainty(scaled(r.resistivity, 100), "ohm cm"));
  fmt::print("    Hall slope        {}\n", with_uncertainty(r.hall_slope, "ohm/T"));
  for (const auto& w : r.warnings) fmt::print("    warning {}: {}\n", w.code, w.text);
}

void run_dc(const HallCommand& c) {
  ThreadPool threads;
  ordered_json all = ordered_json::array();
  std::vector<DcHallResult> everything;
  for (const auto& path : c.records) {
    ordered_json j{{"file", path}};
    if (!c.json) fmt::print("{}\n", path);
    if (is_lake_shore_export(path)) {
      const LakeShoreExport file = read_lake_shore(path);
      const auto curves = contact_curves(file);
      const auto points = lake_shore_points(file, c.hall_factor);
      if (curves.empty() && points.empty())
        throw InvalidInput("{}: neither I-V curves nor Hall coefficients in it", path);
      ordered_json sample = ordered_json::object(), contacts = ordered_json::array(), list = ordered_json::array();
      for (const auto& [key, value] : file.parameters) sample[key] = value;
      for (const auto& curve : curves) {
        contacts.push_back({{"contact_set", curve.contact_set},
                            {"resistance_ohm", to_json(curve.resistance)},
                            {"largest_deviation", to_json(curve.largest_deviation)}});
        if (!c.json)
          fmt::print("  contact set {:<8} {}{}\n", curve.contact_set, report::with_prefix(curve.resistance, "ohm"),
                     curve.largest_deviation > 0.02 ? ", not linear" : "");
      }
      for (const auto& point : points) {
        list.push_back(dc_json(point));
        if (!c.json) print_dc(point);
      }
      if (points.size() == 1) j.update(dc_json(points[0]));
      j["sample"] = sample;
      j["contacts"] = contacts;
      j["points"] = list;
      everything.insert(everything.end(), points.begin(), points.end());
    } else {
      const HallBar bar = hall_bar(c);
      const DcHallResult r =
          c.van_der_pauw
              ? naming(path,
                       [&] {
                         return analyse_van_der_pauw(read_van_der_pauw(path, threads), bar.thickness, c.hall_factor);
                       })
              : [&] {
                  const DcHallRecord record = read_dc_hall(path, c.columns, threads);
                  return naming(path, [&] { return analyse_dc_hall(record, bar, c.hall_factor); });
                }();
      j.update(dc_json(r));
      if (!c.json) print_dc(r);
      everything.push_back(r);
    }
    all.push_back(j);
  }
  if (!c.table.empty()) {
    std::vector<HallResult> rows(everything.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].temperature = everything[i].temperature;
      rows[i].resistivity = everything[i].resistivity;
      rows[i].density = everything[i].density;
      rows[i].mobility = everything[i].mobility;
    }
    write_file(c.table, sweep_table(rows));
  }
  if (c.json) fmt::print("{}\n", (all.size() == 1 ? all[0] : ordered_json{{"records", all}}).dump(2));
}

void run(HallCommand& c) {
  if (c.dc || c.van_der_pauw ||
      std::any_of(c.records.begin(), c.records.end(), [](const auto& p) { return is_lake_shore_export(p); })) {
    run_dc(c);
    return;
  }
  const HallBar bar = hall_bar(c);
  HallOptions options;
  options.hall_factor = c.hall_factor;
  if (!(c.hall_factor > 0)) throw InvalidInput("--hall-factor {}; expected a positive number", c.hall_factor);
  if (!c.field_amplitude.empty()) c.columns.field_amplitude = option(c.field_amplitude, "T", "--field-amplitude");
  if (!c.set_current.empty()) c.columns.set_current = option(c.set_current, "A", "--set-current");
  if (!c.rc_time.empty()) options.rc_time = option(c.rc_time, "s", "--rc-time");
  if (!c.voltage_floor.empty()) options.voltage_floor = option(c.voltage_floor, "V", "--voltage-floor");
  if (!c.current_floor.empty()) options.current_floor = option(c.current_floor, "A", "--current-floor");
  if (!c.speed.empty()) options.expected_frequency = option(c.speed, "rad/s", "--speed") / (2 * 3.14159265358979323846);
  const report::Format format =
      c.plot.empty() ? report::Format::svg : naming("--plot", [&] { return report::format_of(c.plot); });
  if ((!c.plot.empty() || !c.trace.empty()) && c.records.size() > 1)
    throw InvalidInput("--plot and --trace draw one record; {} were given", c.records.size());

  ThreadPool threads;
  HallRecord zero;
  if (!c.zero_current.empty()) {
    zero = read_hall_record(c.zero_current, c.columns, threads);
    options.zero_current = &zero;
  }
  std::vector<HallRecord> records;
  for (const auto& path : c.records) records.push_back(read_hall_record(path, c.columns, threads));
  std::vector<HallResult> results(records.size());
  threads.for_each(records.size(), [&](std::size_t i) {
    results[i] = naming(records[i].name, [&] { return analyse_hall(records[i], bar, options); });
  });

  if (!c.table.empty()) write_file(c.table, sweep_table(results));
  if (!c.trace.empty()) write_file(c.trace, trace_table(results[0]));
  if (!c.plot.empty()) write_file(c.plot, report::render(figure(results[0]), format));
  if (c.json) {
    ordered_json all = ordered_json::array();
    for (const auto& r : results) all.push_back(result_json(r));
    fmt::print("{}\n", (all.size() == 1 ? all[0] : ordered_json{{"records", all}}).dump(2));
    return;
  }
  for (const auto& r : results) print_result(r);
  fmt::print(
      "Axes: current along +x, +B along +z; V_xx upstream minus downstream arm, V_xy arm at -y minus arm at +y{}; r_H "
      "= {:.4g}.\n",
      bar.arms_swapped ? ", here swapped" : "", c.hall_factor);
}

}  // namespace

void add_hall(CLI::App& app) {
  auto c = std::make_shared<HallCommand>();
  CLI::App* command = app.add_subcommand("hall", "carrier type, density and mobility from Hall records");
  command->add_option("RECORD", c->records, "CSV or TSV files with units in the header, or Lake Shore text exports")
      ->required();
  auto* geometry = command->add_option_group("Geometry", "the Hall bar");
  geometry->add_option("--geometry", c->geometry,
                       "TOML file with length, width, thickness, arm_width, total_length, arms_swapped");
  geometry->add_option("--length", c->length, "between the arms of V_xx, \"60 um\"");
  geometry->add_option("--width", c->width, "of the channel, \"20 um\"");
  geometry->add_option("--thickness", c->thickness, "of the film, \"4.5 nm\"");
  geometry->add_option("--arm-width", c->arm_width, "of the Hall arms: corrects for their width");
  geometry->add_option("--total-length", c->total_length, "source to drain: corrects for the end contacts");
  geometry->add_flag("--arms-swapped", c->arms_swapped, "V_xy was wired the other way round");
  auto* columns = command->add_option_group("Columns", "names of the file's columns where they are not recognised");
  columns->add_option("--time", c->columns.time, "time");
  columns->add_option("--field", c->columns.field, "field sensor");
  columns->add_option("--angle", c->columns.angle, "shaft angle, instead of the field");
  columns->add_option("--vxy", c->columns.voltage_xy, "Hall voltage");
  columns->add_option("--vxx", c->columns.voltage_xx, "longitudinal voltage");
  columns->add_option("--current", c->columns.current, "current");
  columns->add_option("--temperature", c->columns.temperature, "temperature; repeat for several sensors")
      ->allow_extra_args(false);
  columns->add_option("--field-amplitude", c->field_amplitude, "of the magnet, where the reference is an angle");
  columns->add_option("--set-current", c->set_current, "the source's current, where no column has it");
  auto* analysis = command->add_option_group("Analysis", "what is known of the set-up");
  analysis->add_option("--zero-current", c->zero_current, "record at zero or reversed current: separates pick-up");
  analysis->add_option("--rc-time", c->rc_time, "lag of cable and film, \"0.5 s\"");
  analysis->add_option("--voltage-floor", c->voltage_floor, "Hall voltages below it are not reported");
  analysis->add_option("--current-floor", c->current_floor, "currents below it are refused");
  analysis->add_option("--speed", c->speed, "of the magnet, \"0.75 rpm\": checked against the record");
  analysis->add_option("--hall-factor", c->hall_factor, "r_H")->capture_default_str();
  analysis->add_flag("--dc", c->dc, "points at set fields and currents (reversals) instead of a rotating field");
  analysis->add_flag("--van-der-pauw", c->van_der_pauw, "readings of ASTM F76");
  command->add_option("--table", c->table,
                      "write temperature, resistivity, density, mobility of all records (for ecram transport)");
  command->add_option("--trace", c->trace, "write the record as the fit saw it");
  command->add_option("--plot", c->plot, "draw record, spectra and lock-in to an .svg or .png file");
  command->add_flag("--json", c->json, "print JSON (docs/hall.md)");
  command->footer(
      "  ecram hall run.csv --length \"60 um\" --width \"20 um\" --thickness \"4.5 nm\"\n"
      "  ecram hall sweep/*.csv --geometry bar.toml --table sweep.csv && ecram transport sweep.csv\n"
      "  ecram hall on.csv --zero-current off.csv --geometry bar.toml --plot on.svg\n"
      "  ecram hall points.csv --dc --geometry bar.toml\n"
      "  ecram hall eight.csv --van-der-pauw --thickness \"100 nm\"");
  command->callback([c] { run(*c); });
}

}  // namespace ecram::commands
