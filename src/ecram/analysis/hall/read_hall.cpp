// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/read_hall.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "ecram/analysis/columns.h"
#include "ecram/analysis/hall/film.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/nearest.h"
#include "ecram/core/units.h"
#include "ecram/record/table.h"

namespace ecram::analysis {
namespace {

using Names = std::vector<std::string_view>;

const Names time_names{"time", "t", "elapsed", "elapsedtime", "seconds", "timestamp"};
const Names field_names{"field", "b", "bz", "magneticfield", "fluxdensity", "hallsensor", "reference", "bfield"};
const Names angle_names{"angle", "shaftangle", "theta", "magnetangle"};
const Names xy_names{"vxy", "vhall", "hallvoltage", "vh", "transversevoltage", "vt"};
const Names xx_names{"vxx", "longitudinalvoltage", "vlong", "vl"};
const Names current_names{"current", "i", "ids", "isd", "sourcecurrent", "ixx", "channelcurrent"};

bool is_temperature(std::string_view name) {
  const auto starts = [&](std::string_view with) { return name.substr(0, with.size()) == with; };
  return starts("temperature") || starts("Temperature") || starts("T_") || name == "T" ||
         (name.size() == 2 && name[0] == 'T' && name[1] >= '0' && name[1] <= '9');
}

std::size_t required(const record::Table& table, std::string_view asked, std::string_view option, const Names& names,
                     std::string_view what) {
  if (const auto column = find_column(table, asked, option, names)) return *column;
  throw InvalidInput("{}: no column for {}; expected one named like '{}', or its name with {} (it has {})",
                     record::where_header(table), what, names.front(), option, column_names(table));
}

std::vector<std::size_t> temperature_columns(const record::Table& table, const std::vector<std::string>& named) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& name = table.columns[i].name;
    const bool asked = std::find(named.begin(), named.end(), name) != named.end();
    if (asked || (named.empty() && is_temperature(name))) found.push_back(i);
  }
  for (const auto& name : named)
    if (std::none_of(table.columns.begin(), table.columns.end(), [&](const auto& c) { return c.name == name; }))
      throw InvalidInput("{}: no column '{}' (--temperature); it has {}", record::where_header(table), name,
                         column_names(table));
  return found;
}

double metres(const toml::node& node, std::string_view key) {
  if (const auto text = node.value<std::string>(); node.is_string())
    return naming(fmt::format("key {}", key), [&] { return quantity(*text, "m"); });
  if (const auto number = node.value<double>()) return *number;
  throw InvalidInput("key {}: expected a number in metres or text with a unit", key);
}

}  // namespace

HallRecord read_hall_record(const std::filesystem::path& path, const HallColumns& columns, ThreadPool& threads) {
  const record::Table table = record::read_table(path, threads);
  HallRecord record;
  record.name = path.string();
  record.first_line = record::line_of(table, 0);
  record.time = si_numbers(table, required(table, columns.time, "--time", time_names, "the time"), "s");
  const std::size_t xy = required(table, columns.voltage_xy, "--vxy", xy_names, "V_xy");
  record.voltage_xy = si_numbers(table, xy, "V");
  if (const auto xx = find_column(table, columns.voltage_xx, "--vxx", xx_names)) {
    if (*xx == xy)
      throw InvalidInput("{}: column '{}' is named as V_xy and as V_xx", record::where_header(table),
                         table.columns[xy].name);
    record.voltage_xx = si_numbers(table, *xx, "V");
  }

  if (columns.set_current) {
    record.current.assign(record.time.size(), *columns.set_current);
  } else {
    record.current =
        si_numbers(table, required(table, columns.current, "--current", current_names, "the current"), "A");
  }

  const auto field = find_column(table, columns.field, "--field", field_names);
  const auto angle = find_column(table, columns.angle, "--angle", angle_names);
  if (angle.has_value() && (!field.has_value() || !columns.angle.empty())) {
    const std::size_t column = angle.value_or(0);
    if (!columns.field_amplitude)
      throw InvalidInput("{}: the reference is the angle '{}'; expected the magnet's amplitude with --field-amplitude",
                         record::where_header(table), record::printable(table.columns[column].name));
    record.field = si_numbers(table, column, "rad");
    for (double& b : record.field) b = *columns.field_amplitude * std::cos(b);
  } else {
    if (columns.field_amplitude)
      throw InvalidInput(
          "{}: --field-amplitude belongs to a shaft angle, and the reference is a field sensor; expected "
          "the angle's column with --angle, or no amplitude",
          record::where_header(table));
    record.field = si_numbers(
        table, required(table, columns.field, "--field", field_names, "the reference (field or shaft angle)"), "T");
  }

  for (std::size_t i : temperature_columns(table, columns.temperature))
    record.temperature.push_back(si_numbers(table, i, "K"));
  return record;
}

std::vector<std::vector<double>> kelvins(const record::Table& table, const std::vector<std::string>& named) {
  std::vector<std::vector<double>> sensors;
  for (std::size_t c : temperature_columns(table, named)) {
    sensors.push_back(si_numbers(table, c, "K"));
    for (std::size_t i = 0; i < table.rows; ++i)
      if (const double t = sensors.back()[i]; t <= 0 || (t > hottest && std::isfinite(t)))
        throw InvalidInput("{}: {} of {:.6g} K; expected kelvins above 0 to {} (Celsius?)", record::where(table, i),
                           record::printable(table.columns[c].name), t, hottest);
  }
  return sensors;
}

HallBar read_hall_bar(const std::filesystem::path& path) {
  return naming(path.string(), [&] {
    const MappedFile file(path);
    toml::table table;
    try {
      table = toml::parse(file.text());
    } catch (const toml::parse_error& e) {
      throw InvalidInput("line {}: {}", e.source().begin.line, std::string(e.description()));
    }
    constexpr std::array<std::string_view, 7> known{"length",       "width",        "thickness",   "arm_width",
                                                    "total_length", "arm_position", "arms_swapped"};
    HallBar bar;
    for (const auto& [name, node] : table) {
      const std::string_view key = name.str();
      if (key == "length")
        bar.length = metres(node, key);
      else if (key == "width")
        bar.width = metres(node, key);
      else if (key == "thickness")
        bar.thickness = metres(node, key);
      else if (key == "arm_width")
        bar.arm_width = metres(node, key);
      else if (key == "total_length")
        bar.total_length = metres(node, key);
      else if (key == "arm_position")
        bar.arm_position = metres(node, key);
      else if (key == "arms_swapped") {
        const auto swapped = node.value<bool>();
        if (!swapped) throw InvalidInput("key arms_swapped: expected true or false");
        bar.arms_swapped = *swapped;
      } else {
        throw InvalidInput("line {}: unknown key '{}'{}", node.source().begin.line, key, did_you_mean(key, known));
      }
    }
    return bar;
  });
}

std::string hall_record_csv(const HallRecord& record) {
  std::string text = "time [s],field [T],V_xy [V]";
  if (!record.voltage_xx.empty()) text += ",V_xx [V]";
  text += ",current [A]";
  for (std::size_t k = 0; k < record.temperature.size(); ++k) text += fmt::format(",temperature_{} [K]", k + 1);
  text += '\n';
  const auto end = std::back_inserter(text);
  for (std::size_t i = 0; i < record.time.size(); ++i) {
    fmt::format_to(end, "{},{},{}", record.time[i], record.field[i], record.voltage_xy[i]);
    if (!record.voltage_xx.empty()) fmt::format_to(end, ",{}", record.voltage_xx[i]);
    fmt::format_to(end, ",{}", record.current[i]);
    for (const auto& sensor : record.temperature) fmt::format_to(end, ",{}", sensor[i]);
    text += '\n';
  }
  return text;
}

}  // namespace ecram::analysis
