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

/// How a column is recognised, and called in messages.
struct KnownRole {
  std::string HallColumns::*named;
  const char *option, *what, *si;
  std::vector<std::string_view> names;
};

const KnownRole& known(HallRole role) {
  static const KnownRole all[] = {
      {&HallColumns::time, "--time", "the time", "s", {"time", "t", "elapsed", "elapsedtime", "seconds", "timestamp"}},
      {&HallColumns::field,
       "--field",
       "the reference (field or shaft angle)",
       "T",
       {"field", "b", "bz", "magneticfield", "fluxdensity", "hallsensor", "reference", "bfield"}},
      {&HallColumns::angle, "--angle", "the shaft's angle", "rad", {"angle", "shaftangle", "theta", "magnetangle"}},
      {&HallColumns::voltage_xy,
       "--vxy",
       "V_xy",
       "V",
       {"vxy", "vhall", "hallvoltage", "vh", "transversevoltage", "vt"}},
      {&HallColumns::voltage_xx, "--vxx", "V_xx", "V", {"vxx", "longitudinalvoltage", "vlong", "vl"}},
      {&HallColumns::current,
       "--current",
       "the current",
       "A",
       {"current", "i", "ids", "isd", "sourcecurrent", "ixx", "channelcurrent"}}};
  return all[static_cast<std::size_t>(role)];
}

/// "T1", "t_stage" and "temp" are temperatures if they are in kelvins (or degrees), "sample temperature" in any case;
/// "temperature_error" and "temperature setpoint" are none.
bool is_temperature(const record::Column& column) {
  const std::string name = simplified(column.name);
  for (const std::string_view not_measured : {"setpoint", "settemp", "target", "rate", "output", "power"})
    if (name.find(not_measured) != std::string::npos) return false;
  for (const std::string_view not_read : {"error", "err", "se", "std", "stddev", "uncertainty"})
    if (name.ends_with(not_read)) return false;
  if (name.find("temperature") != std::string::npos) return true;
  const bool short_name = name == "t" || name.starts_with("temp") || column.name.starts_with("T_") ||
                          column.name.starts_with("t_") ||
                          (name.size() == 2 && name[0] == 't' && name[1] >= '0' && name[1] <= '9');
  return short_name && has_unit_of(column, "K");
}

std::vector<std::size_t> temperature_columns(const record::Table& table, const std::vector<std::string>& named) {
  std::vector<std::size_t> found;
  for (const auto& name : named)
    if (const auto column = find_column(table, name, "--temperature", {})) found.push_back(*column);
  for (std::size_t i = 0; named.empty() && i < table.columns.size(); ++i)
    if (is_temperature(table.columns[i])) found.push_back(i);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

double metres(const toml::node& node, std::string_view key) {
  if (const auto text = node.value<std::string>(); node.is_string())
    return naming(fmt::format("key {}", key), [&] { return quantity(*text, "m"); });
  if (const auto number = node.value<double>()) return *number;
  throw InvalidInput("key {}: expected a number in metres or text with a unit", key);
}

}  // namespace

std::optional<std::size_t> find_hall_column(const record::Table& table, const HallColumns& columns, HallRole role) {
  const KnownRole& k = known(role);
  return find_column(table, columns.*k.named, k.option, k.names, k.si);
}

std::vector<double> hall_column(const record::Table& table, const HallColumns& columns, HallRole role) {
  const KnownRole& k = known(role);
  if (const auto column = find_hall_column(table, columns, role)) return si_numbers(table, *column, k.si);
  throw InvalidInput("{}: no column for {}; expected one named like '{}', or its name with {} (it has {})",
                     record::where_header(table), k.what, k.names.front(), k.option, column_names(table));
}

HallRecord read_hall_record(const std::filesystem::path& path, const HallColumns& columns, ThreadPool& threads) {
  const record::Table table = record::read_table(path, threads);
  HallRecord record;
  record.name = path.string();
  record.first_line = record::line_of(table, 0);
  record.time = hall_column(table, columns, HallRole::time);
  record.voltage_xy = hall_column(table, columns, HallRole::voltage_xy);
  if (const auto xx = find_hall_column(table, columns, HallRole::voltage_xx)) {
    if (xx == find_hall_column(table, columns, HallRole::voltage_xy))
      throw InvalidInput("{}: column '{}' is named as V_xy and as V_xx", record::where_header(table),
                         record::printable(table.columns[*xx].name));
    record.voltage_xx = si_numbers(table, *xx, "V");
  }

  if (const auto current = find_hall_column(table, columns, HallRole::current); columns.set_current && current)
    throw InvalidInput("{}: column '{}' has the current; --set-current is for records without",
                       record::where_header(table), record::printable(table.columns[*current].name));
  if (columns.set_current)
    record.current.assign(record.time.size(), *columns.set_current);
  else
    record.current = hall_column(table, columns, HallRole::current);

  const auto field = find_hall_column(table, columns, HallRole::field);
  const auto angle = find_hall_column(table, columns, HallRole::angle);
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
    record.field = hall_column(table, columns, HallRole::field);
  }

  record.temperature = kelvins(table, columns.temperature);
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
  const MappedFile file(path);  // names itself
  return naming(path.string(), [&] {
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
