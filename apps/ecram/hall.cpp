// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/hall.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/analysis/hall/compare_currents.h"
#include "ecram/analysis/hall/dc_hall.h"
#include "ecram/analysis/hall/read_hall.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/units.h"
#include "ecram/report/json.h"
#include "outputs.h"

namespace ecram::commands {
namespace {

using namespace ecram::analysis;
using nlohmann::ordered_json;

struct HallCommand {
  std::vector<std::string> records;
  HallColumns columns;
  std::string geometry, length, width, thickness, arm_width, total_length, arm_position, field_amplitude, set_current,
      source_voltage, rc_time, voltage_floor, current_floor, speed, zero_current, table, trace, plot;
  double hall_factor = 1;
  bool arms_swapped = false, json = false, dc = false, is_van_der_pauw = false, force = false;
};

/// What a file can be.
enum Kind : unsigned { rotating = 1, set_fields = 2, van_der_pauw = 4, lake_shore_file = 8 };
constexpr unsigned bars = rotating | set_fields, readings = bars | van_der_pauw, all_kinds = readings | lake_shore_file;

/// Which kinds of file an option says something of. An option that is in vain is refused, not passed over.
constexpr std::pair<const char*, unsigned> option_kinds[] = {
    {"--geometry", readings},
    {"--length", bars},
    {"--width", bars},
    {"--thickness", readings},
    {"--arm-width", bars},
    {"--total-length", bars},
    {"--arm-position", bars},
    {"--arms-swapped", bars},
    {"--time", rotating},
    {"--field", bars},
    {"--angle", rotating},
    {"--vxy", bars},
    {"--vxx", bars},
    {"--current", bars},
    {"--temperature", bars},
    {"--field-amplitude", rotating},
    {"--set-current", rotating},
    {"--zero-current", rotating},
    {"--rc-time", rotating},
    {"--voltage-floor", readings},
    {"--current-floor", readings},
    {"--source-voltage", rotating},
    {"--speed", rotating},
    {"--hall-factor", all_kinds},
    {"--dc", set_fields},
    {"--van-der-pauw", van_der_pauw},
    {"--table", all_kinds},
    {"--trace", rotating},
    {"--plot", rotating},
    {"--json", all_kinds},
    {"--force", all_kinds},
};

const char* name_of(Kind kind) {
  switch (kind) {
    case rotating:
      return "a record under a rotating field";
    case set_fields:
      return "DC readings at set fields (--dc)";
    case van_der_pauw:
      return "DC readings of van der Pauw's (--van-der-pauw)";
    default:
      return "a Lake Shore export";
  }
}

/// Options that say the same thing twice: the second one would be in vain.
constexpr std::pair<const char*, const char*> alternatives[] = {{"--angle", "--field"}, {"--set-current", "--current"}};

void refuse_options_in_vain(const CLI::App& command, Kind kind) {
  // A group of options is a subcommand without a name to CLI11.
  const auto is_given = [&](const std::string& name) {
    const CLI::Option* option = command.get_option_no_throw(name);
    return option != nullptr && option->count() > 0;
  };
  for (const auto& [name, kinds] : option_kinds) {
    if ((kinds & kind) != 0 || !is_given(name)) continue;
    std::string others;
    for (const Kind other : {rotating, set_fields, van_der_pauw, lake_shore_file})
      if ((kinds & other) != 0) others += fmt::format("{}{}", others.empty() ? "" : " or ", name_of(other));
    throw InvalidInput("{}: says nothing of {}; expected with {}", name, name_of(kind), others);
  }
  for (const auto& [one, other] : alternatives)
    if (is_given(one) && is_given(other))
      throw InvalidInput("{} and {}: two ways to say the same; expected one of them", one, other);
}

/// The number of an option in SI; nothing where it was not given.
std::optional<double> given(const std::string& text, const char* si, const char* name) {
  if (text.empty()) return std::nullopt;
  return naming(name, [&] { return quantity(text, si); });
}

HallBar hall_bar(const HallCommand& c) {
  HallBar bar;
  if (!c.geometry.empty()) bar = read_hall_bar(c.geometry);
  bar.length = given(c.length, "m", "--length").value_or(bar.length);
  bar.width = given(c.width, "m", "--width").value_or(bar.width);
  bar.thickness = given(c.thickness, "m", "--thickness").value_or(bar.thickness);
  bar.arm_width = given(c.arm_width, "m", "--arm-width").value_or(bar.arm_width);
  bar.total_length = given(c.total_length, "m", "--total-length").value_or(bar.total_length);
  if (const auto position = given(c.arm_position, "m", "--arm-position")) bar.arm_position = position;
  bar.arms_swapped = bar.arms_swapped || c.arms_swapped;
  const auto needed = [](double value, const char* name, const std::string& text) {
    if (value == 0 && text.empty())
      throw InvalidInput("{} is not given; expected it as an option or in the file of --geometry", name);
  };
  if (!c.is_van_der_pauw) {
    needed(bar.length, "--length", c.length);
    needed(bar.width, "--width", c.width);
  }
  needed(bar.thickness, "--thickness", c.thickness);
  return bar;
}

HallOptions hall_options(const HallCommand& c) {
  HallOptions o;
  o.hall_factor = c.hall_factor;
  o.rc_time = given(c.rc_time, "s", "--rc-time").value_or(0);
  o.voltage_floor = given(c.voltage_floor, "V", "--voltage-floor").value_or(0);
  o.current_floor = given(c.current_floor, "A", "--current-floor").value_or(0);
  o.source_voltage = given(c.source_voltage, "V", "--source-voltage").value_or(0);
  if (!c.source_voltage.empty() && !(o.source_voltage > 0))
    throw InvalidInput("--source-voltage \"{}\"; expected more than 0", c.source_voltage);
  o.expected_frequency = c.speed.empty() ? 0 : naming("--speed", [&] { return turns_per_second(c.speed); });
  if (!(o.rc_time >= 0 && o.voltage_floor >= 0 && o.current_floor >= 0 && o.expected_frequency >= 0))
    throw InvalidInput("--rc-time, --voltage-floor, --current-floor and --speed must not be negative");
  return o;
}

void print(const std::vector<ordered_json>& all) {
  ordered_json j{{"schema", "ecram-hall"}, {"version", 1}};
  if (all.size() == 1)
    j.update(all[0]);
  else
    j["records"] = all;
  fmt::print("{}\n", report::text_of(j));
}

/// What one file of DC readings says: as JSON, as text, and as rows for a table.
struct DcAnswer {
  ordered_json json;
  std::string text;
  std::vector<report::HallRow> rows;
};

void add(DcAnswer& answer, const DcHallResult& r) {
  answer.text += report::dc_hall_text(r);
  answer.rows.push_back({r.temperature, r.resistivity, r.density, r.mobility});
}

DcAnswer lake_shore(const std::string& path, double hall_factor) {
  const LakeShoreExport file = read_lake_shore(path);
  const auto curves = contact_curves(file);
  const auto points = naming(path, [&] { return lake_shore_points(file, hall_factor); });
  if (curves.empty() && points.empty())
    throw InvalidInput("{}: neither I-V curves (of three points) nor Hall coefficients in it", path);
  DcAnswer a;
  if (points.size() == 1) a.json = report::dc_hall_json(points[0]);
  a.json["sample"] = ordered_json::object();
  for (const auto& [key, value] : file.parameters) a.json["sample"][key] = value;
  a.json["contacts"] = ordered_json::array();
  a.json["points"] = ordered_json::array();
  for (const auto& curve : curves) {
    a.json["contacts"].push_back({{"contact_set", curve.contact_set},
                                  {"resistance_ohm", report::to_json(curve.resistance)},
                                  {"largest_deviation", report::to_json(curve.largest_deviation)},
                                  {"linear", curve.linear}});
    a.text += report::contact_curve_text(curve);
  }
  for (const auto& point : points) {
    a.json["points"].push_back(report::dc_hall_json(point));
    add(a, point);
  }
  return a;
}

DcAnswer dc_readings(const HallCommand& c, const std::string& path, ThreadPool& threads) {
  const HallBar bar = hall_bar(c);
  const HallOptions options = hall_options(c);
  const HallFloors floors{options.voltage_floor, options.current_floor};
  DcHallResult r;
  if (c.is_van_der_pauw) {
    const auto eight = read_van_der_pauw(path, threads);
    r = naming(path, [&] { return analyse_van_der_pauw(eight, bar.thickness, c.hall_factor, floors); });
  } else {
    const auto record = read_dc_hall(path, c.columns, threads);
    r = naming(path, [&] { return analyse_dc_hall(record, bar, c.hall_factor, floors); });
  }
  DcAnswer a{report::dc_hall_json(r), {}, {}};
  add(a, r);
  return a;
}

void run_dc(const HallCommand& c, ThreadPool& threads) {
  std::vector<ordered_json> all;
  std::vector<report::HallRow> rows;
  std::string text;
  for (const auto& path : c.records) {
    const DcAnswer a = is_lake_shore_export(path) ? lake_shore(path, c.hall_factor) : dc_readings(c, path, threads);
    ordered_json j{{"file", path}};
    j.update(a.json);
    all.push_back(std::move(j));
    text += path + "\n" + a.text;
    rows.insert(rows.end(), a.rows.begin(), a.rows.end());
  }
  if (!c.table.empty()) write_file(c.table, report::hall_table_csv(rows));
  if (c.json)
    print(all);
  else
    fmt::print("{}", text);
}

void run_ac(HallCommand& c, ThreadPool& threads) {
  const HallBar bar = hall_bar(c);
  HallOptions options = hall_options(c);
  c.columns.field_amplitude = given(c.field_amplitude, "T", "--field-amplitude");
  c.columns.set_current = given(c.set_current, "A", "--set-current");
  if ((!c.plot.empty() || !c.trace.empty()) && c.records.size() > 1)
    throw InvalidInput("--plot and --trace draw one record; {} were given", c.records.size());

  HallRecord zero;
  if (!c.zero_current.empty()) {
    HallColumns columns = c.columns;
    if (columns.set_current) columns.set_current = 0;  // where no column has it
    zero = read_hall_record(c.zero_current, columns, threads);
    options.zero_current = &zero;
  }
  std::vector<HallRecord> records;
  records.reserve(c.records.size());
  for (const auto& path : c.records) records.push_back(read_hall_record(path, c.columns, threads));
  if (options.source_voltage > 0)
    for (const HallRecord& record : records)
      if (record.voltage_xx.empty())
        throw InvalidInput("{}: no V_xx, without which --source-voltage says nothing of contacts", record.name);
  std::vector<HallResult> results(records.size());
  threads.for_each(records.size(), [&](std::size_t i) {
    results[i] = analyse_hall(records[i], bar, options);  // which names the record that is at fault
  });
  compare_currents(results);

  std::string plot;  // drawn before anything is written
  if (!c.plot.empty()) plot = report::render(report::hall_figure(results[0], bar), report::format_of(c.plot));
  std::vector<report::HallRow> rows;
  rows.reserve(results.size());
  for (const auto& r : results) rows.push_back({r.temperature, r.resistivity, r.density, r.mobility});
  if (!c.table.empty()) write_file(c.table, report::hall_table_csv(rows));
  if (!c.trace.empty()) write_file(c.trace, report::hall_trace_csv(results[0]));
  if (!c.plot.empty()) write_file(c.plot, plot);
  if (c.json) {
    std::vector<ordered_json> all;
    all.reserve(results.size());
    for (const auto& r : results) all.push_back(report::hall_json(r));
    print(all);
    return;
  }
  for (const auto& r : results) fmt::print("{}", report::hall_text(r));
  fmt::print("{}", report::hall_axes_text(bar, c.hall_factor));
}

void run(HallCommand& c, const CLI::App& command) {
  if (!(c.hall_factor >= 0.1 && c.hall_factor <= 10))
    throw InvalidInput("--hall-factor {}; expected a number from 0.1 to 10", c.hall_factor);
  if (!c.plot.empty()) report::format_of(c.plot);
  std::vector<std::string> inputs(c.records);
  for (const auto& input : {c.zero_current, c.geometry})
    if (!input.empty()) inputs.push_back(input);
  check_outputs(std::array{c.table, c.trace, c.plot}, inputs, c.force);
  ThreadPool threads;
  const auto exports =
      std::count_if(c.records.begin(), c.records.end(), [](const auto& p) { return is_lake_shore_export(p); });
  if (exports > 0 && static_cast<std::size_t>(exports) < c.records.size())
    throw InvalidInput("{} of {} files are Lake Shore's, the others records: each kind wants a call of its own",
                       exports, c.records.size());
  if (c.dc && c.is_van_der_pauw) throw InvalidInput("--dc and --van-der-pauw are two methods; expected one of them");
  const Kind kind = exports > 0 ? lake_shore_file : c.dc ? set_fields : c.is_van_der_pauw ? van_der_pauw : rotating;
  refuse_options_in_vain(command, kind);
  if (kind != rotating)
    run_dc(c, threads);
  else
    run_ac(c, threads);
}

}  // namespace

void add_hall(CLI::App& app) {
  auto c = std::make_shared<HallCommand>();
  CLI::App* command = app.add_subcommand("hall", "carrier type, density and mobility from Hall records");
  command->add_option("RECORD", c->records, "CSV or TSV files with units in the header, or Lake Shore text exports")
      ->required();
  auto* geometry = command->add_option_group("Geometry", "the Hall bar");
  geometry->add_option("--geometry", c->geometry,
                       "TOML file with length, width, thickness, arm_width, total_length, arm_position, arms_swapped");
  geometry->add_option("--length", c->length, "between the arms of V_xx, \"60 um\"");
  geometry->add_option("--width", c->width, "of the channel, \"20 um\"");
  geometry->add_option("--thickness", c->thickness, "of the film, \"4.5 nm\"");
  geometry->add_option("--arm-width", c->arm_width, "of the Hall arms: corrects for their width");
  geometry->add_option("--total-length", c->total_length, "source to drain: corrects for the end contacts");
  geometry->add_option("--arm-position", c->arm_position,
                       "of the arms of V_xy from the bar's middle (half the length: a pair of those of V_xx)");
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
  analysis->add_option("--source-voltage", c->source_voltage,
                       "over the whole bar, \"0.1 V\": what the film does not explain are its contacts");
  analysis->add_option("--speed", c->speed, "of the magnet, \"0.75 rpm\": checked against the record");
  analysis->add_option("--hall-factor", c->hall_factor, "r_H")->capture_default_str();
  analysis->add_flag("--dc", c->dc, "points at set fields and currents (reversals) instead of a rotating field");
  analysis->add_flag("--van-der-pauw", c->is_van_der_pauw, "readings of ASTM F76");
  command->add_option("--table", c->table,
                      "write temperature, resistivity, density, mobility of all records (for ecram transport)");
  command->add_option("--trace", c->trace, "write the record as the fit saw it");
  command->add_option("--plot", c->plot, "draw record, spectra and lock-in to an .svg or .png file");
  command->add_flag("--json", c->json, "print JSON (docs/hall.md)");
  command->add_flag("--force", c->force, "replace files that exist");
  command->footer(
      "Examples:\n"
      "  ecram hall run.csv --length \"60 um\" --width \"20 um\" --thickness \"4.5 nm\"\n"
      "  ecram hall sweep/*.csv --geometry bar.toml --table sweep.csv && ecram transport sweep.csv\n"
      "  ecram hall on.csv --zero-current off.csv --geometry bar.toml --plot on.svg\n"
      "  ecram hall points.csv --dc --geometry bar.toml\n"
      "  ecram hall eight.csv --van-der-pauw --thickness \"100 nm\"");
  command->callback([c, command] { run(*c, *command); });
}

}  // namespace ecram::commands
