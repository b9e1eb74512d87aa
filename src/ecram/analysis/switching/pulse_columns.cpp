// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/pulse_columns.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "ecram/analysis/columns.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/nearest.h"
#include "ecram/core/units.h"

namespace ecram::analysis {
namespace {

using constants::nan;

struct KnownName {
  std::string_view name;
  Role role;
};

/// Names in small letters with underscores. docs/pulse-files.md lists them too.
constexpr KnownName known_names[] = {
    {"conductance", Role::conductance},
    {"channel_conductance", Role::conductance},
    {"device_conductance", Role::conductance},
    {"read_conductance", Role::conductance},
    {"cond", Role::conductance},
    {"g", Role::conductance},
    {"g_ds", Role::conductance},
    {"gds", Role::conductance},
    {"g_sd", Role::conductance},
    {"gsd", Role::conductance},
    {"g_ch", Role::conductance},
    {"g_read", Role::conductance},
    {"weight", Role::conductance},
    {"current", Role::current},
    {"read_current", Role::current},
    {"channel_current", Role::current},
    {"drain_current", Role::current},
    {"i", Role::current},
    {"id", Role::current},
    {"i_d", Role::current},
    {"ids", Role::current},
    {"i_ds", Role::current},
    {"isd", Role::current},
    {"i_sd", Role::current},
    {"i_ch", Role::current},
    {"i_read", Role::current},
    {"psc", Role::current},
    {"epsc", Role::current},
    {"resistance", Role::resistance},
    {"channel_resistance", Role::resistance},
    {"read_resistance", Role::resistance},
    {"r", Role::resistance},
    {"up", Role::up},
    {"potentiation", Role::up},
    {"ltp", Role::up},
    {"set", Role::up},
    {"down", Role::down},
    {"depression", Role::down},
    {"ltd", Role::down},
    {"reset", Role::down},
    {"direction", Role::direction},
    {"dir", Role::direction},
    {"polarity", Role::direction},
    {"pulse_direction", Role::direction},
    {"pulse_polarity", Role::direction},
    {"pulse_type", Role::direction},
    {"type", Role::direction},
    {"operation", Role::direction},
    {"pulse", Role::pulse},
    {"pulses", Role::pulse},
    {"pulse_number", Role::pulse},
    {"pulse_no", Role::pulse},
    {"pulse_index", Role::pulse},
    {"pulse_count", Role::pulse},
    {"number_of_pulses", Role::pulse},
    {"number", Role::pulse},
    {"index", Role::pulse},
    {"no", Role::pulse},
    {"n", Role::pulse},
    {"voltage", Role::voltage},
    {"pulse_voltage", Role::voltage},
    {"pulse_amplitude", Role::voltage},
    {"pulse_height", Role::voltage},
    {"amplitude", Role::voltage},
    {"write_voltage", Role::voltage},
    {"gate_voltage", Role::voltage},
    {"programming_voltage", Role::voltage},
    {"v", Role::voltage},
    {"v_pulse", Role::voltage},
    {"vpulse", Role::voltage},
    {"v_p", Role::voltage},
    {"v_write", Role::voltage},
    {"v_prog", Role::voltage},
    {"v_gate", Role::voltage},
    {"vg", Role::voltage},
    {"v_g", Role::voltage},
    {"vgs", Role::voltage},
    {"v_gs", Role::voltage},
    {"read_voltage", Role::read_voltage},
    {"drain_voltage", Role::read_voltage},
    {"v_read", Role::read_voltage},
    {"vread", Role::read_voltage},
    {"vd", Role::read_voltage},
    {"v_d", Role::read_voltage},
    {"vds", Role::read_voltage},
    {"v_ds", Role::read_voltage},
    {"width", Role::width},
    {"pulse_width", Role::width},
    {"pulse_length", Role::width},
    {"pulse_duration", Role::width},
    {"duration", Role::width},
    {"t_pulse", Role::width},
    {"t_p", Role::width},
    {"charge", Role::charge},
    {"pulse_charge", Role::charge},
    {"write_charge", Role::charge},
    {"gate_charge", Role::charge},
    {"q", Role::charge},
    {"gate_current", Role::gate_current},
    {"write_current", Role::gate_current},
    {"pulse_current", Role::gate_current},
    {"leakage_current", Role::gate_current},
    {"ig", Role::gate_current},
    {"i_g", Role::gate_current},
    {"i_gate", Role::gate_current},
    {"i_write", Role::gate_current},
    {"energy", Role::energy},
    {"pulse_energy", Role::energy},
    {"write_energy", Role::energy},
    {"e", Role::energy},
    {"cycle", Role::cycle},
    {"cycles", Role::cycle},
    {"cycle_number", Role::cycle},
    {"cycle_no", Role::cycle},
    {"cycle_index", Role::cycle},
    {"loop", Role::cycle},
    {"repetition", Role::cycle},
    {"time", Role::not_needed},
    {"timestamp", Role::not_needed},
    {"elapsed_time", Role::not_needed},
    {"t", Role::not_needed},
};

struct DirectionWord {
  std::string_view word;
  signed char sign;
};

constexpr DirectionWord direction_words[] = {
    {"potentiation", 1},
    {"up", 1},
    {"ltp", 1},
    {"set", 1},
    {"pot", 1},
    {"p", 1},
    {"+1", 1},
    {"1", 1},
    {"+", 1},
    {"positive", 1},
    {"increase", 1},
    {"depression", -1},
    {"down", -1},
    {"ltd", -1},
    {"reset", -1},
    {"dep", -1},
    {"d", -1},
    {"-1", -1},
    {"-", -1},
    {"negative", -1},
    {"decrease", -1},
    {"read", 0},
    {"none", 0},
    {"0", 0},
    {"", 0},
};

/// "Pulse No." is pulse_no.
std::string spelled_out(std::string_view name) {
  std::string spelled;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) {
      spelled += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    } else if (!spelled.empty() && spelled.back() != '_') {
      spelled += '_';
    }
  }
  while (spelled.ends_with('_')) spelled.pop_back();
  return spelled;
}

/// "LTP conductance" and "G_up" are the columns "ltp" and "up": which quantity it is, the unit says.
std::string without_quantity(const std::string& spelled) {
  for (const std::string_view quantity : {"conductance", "current", "resistance", "g", "i", "r"}) {
    const std::string before = fmt::format("{}_", quantity), behind = fmt::format("_{}", quantity);
    if (spelled.starts_with(before)) return spelled.substr(before.size());
    if (spelled.ends_with(behind)) return spelled.substr(0, spelled.size() - behind.size());
  }
  return spelled;
}

bool measures(std::string_view unit, std::string_view si) {
  try {
    unit_factor(unit, si);
    return true;
  } catch (const InvalidInput&) {
    return false;
  }
}

bool is_arbitrary(std::string_view unit) {
  const std::string spelled = spelled_out(unit);
  for (const std::string_view known : {"", "a_u", "au", "arb", "arb_unit", "arb_units", "arb_u", "arbitrary",
                                       "arbitrary_units", "norm", "normalized", "normalised", "1"})
    if (spelled == known) return true;
  return false;  // "%" is spelled "" as well
}

/// The factor to SI; the conductance quantum 2e^2/h is a unit of conductance too.
double factor_of(const record::Table& table, const record::Column& column, std::string_view si) {
  if (si == "S" && (column.unit == "G0" || column.unit == "G_0"))
    return 2 * constants::elementary_charge * constants::elementary_charge / constants::planck;
  return naming(fmt::format("{}: column '{}'", where_header(table), record::printable(column.header)),
                [&] { return unit_factor(column.unit, si); });
}

std::string list_of_headers(const record::Table& table) {
  std::string list;
  constexpr std::size_t most = 8;
  std::size_t listed = 0;
  for (const auto& column : table.columns) {
    if (column.header.empty()) continue;
    if (listed == most) return list + ", ...";
    list += fmt::format("{}'{}'", listed == 0 ? "" : ", ", record::printable(column.header));
    ++listed;
  }
  return list;
}

/// Volt, one a row or one for all.
struct ReadVoltage {
  std::span<const double> column;
  double factor = 1;
  double operator[](std::size_t row) const { return column.empty() ? factor : column[row] * factor; }
};

ReadVoltage read_voltage_of(const record::Table& table, const record::Column& current, const PulseColumns& columns,
                            const PulseReadOptions& options) {
  if (options.read_voltage) {
    if (!std::isfinite(*options.read_voltage) || *options.read_voltage == 0)
      throw InvalidInput("--read-voltage {}: expected a voltage other than zero", *options.read_voltage);
    return {{}, *options.read_voltage};
  }
  if (!columns.has(Role::read_voltage))
    throw InvalidInput(
        "{}: column '{}' holds currents; expected --read-voltage to turn them into conductances, or a "
        "column 'read_voltage_V'",
        where_header(table), record::printable(current.header));
  const auto& column = table.columns[columns.at(Role::read_voltage)];
  if (column.unit.empty())
    throw InvalidInput("{}: column '{}' has no unit; expected one such as 'read_voltage_V'", where_header(table),
                       record::printable(column.header));
  return {record::numbers(table, columns.at(Role::read_voltage)), factor_of(table, column, "V")};
}

void currents_to_conductances(std::vector<double>& values, double factor, const ReadVoltage& voltage,
                              const record::Table& table) {
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (std::isnan(values[row])) continue;
    const double volt = voltage[row];
    if (volt == 0 || std::isnan(volt))
      throw InvalidInput("{}: a current without a read voltage; expected one other than zero", where(table, row));
    values[row] = values[row] * factor / volt;
  }
}

void resistances_to_conductances(std::vector<double>& values, double factor, const record::Table& table) {
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (values[row] == 0) throw InvalidInput("{}: a resistance of zero; it has no conductance", where(table, row));
    values[row] = 1 / (values[row] * factor);
  }
}

void drop_overflows(std::vector<double>& values, const record::Table& table, std::vector<Warning>& warnings) {
  std::size_t count = 0, first = 0;
  for (std::size_t row = 0; row < values.size(); ++row)
    if (is_overflow(values[row])) {
      if (count++ == 0) first = row;
      values[row] = nan;
    }
  if (count > 0)
    warnings.push_back({"overflow_reading", line_of(table, first),
                        fmt::format("{} readings are an instrument's mark for out of range (9.9e37), the first on line "
                                    "{}; they were left out.",
                                    count, line_of(table, first))});
}

void warn_of_negatives(const std::vector<double>& values, bool arbitrary, const record::Table& table,
                       const std::string& header, std::vector<Warning>& warnings) {
  std::size_t count = 0, first = 0;
  for (std::size_t row = 0; row < values.size(); ++row)
    if (values[row] < 0 && count++ == 0) first = row;
  if (count == 0) return;
  const std::size_t line = line_of(table, first);
  warnings.push_back(
      {"negative_conductance", line,
       fmt::format("{} values in column '{}' are negative, the first on line {}{}", count, record::printable(header),
                   line,
                   arbitrary ? "; in arbitrary units that may be meant so: on/off ratios make no sense then."
                             : "; no conductance is: an offset or a wrong sign was measured too.")});
}

}  // namespace

Role role_of(std::string_view name, std::string_view unit) {
  const std::string spelled = spelled_out(name);
  const auto find = [](const std::string& wanted) {
    const auto* known = std::find_if(std::begin(known_names), std::end(known_names),
                                     [&](const KnownName& candidate) { return candidate.name == wanted; });
    return known == std::end(known_names) ? Role::unknown : known->role;
  };
  Role role = find(spelled);
  if (role == Role::unknown) {
    const Role bare = find(without_quantity(spelled));
    if (bare == Role::up || bare == Role::down) role = bare;
  }
  if ((role == Role::pulse || role == Role::width) && !unit.empty()) {
    if (measures(unit, "V")) return Role::voltage;
    if (measures(unit, "s")) return Role::width;
  }
  return role;
}

PulseColumns::PulseColumns(const record::Table& table, std::vector<Warning>& warnings) {
  columns_.fill(absent);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    if (column.header.empty()) continue;
    const Role role = role_of(column.name, column.unit);
    auto& taken = columns_[static_cast<std::size_t>(role)];
    if (role == Role::unknown || (taken != absent && role != Role::not_needed)) {
      warnings.push_back(
          {"ignored_column", table.header_line,
           role == Role::unknown
               ? fmt::format("Column '{}' has a name that is not known here; it was ignored.",
                             record::printable(column.header))
               : fmt::format("Column '{}' is the same as '{}' by its name; the first one was used.",
                             record::printable(column.header), record::printable(table.columns[taken].header))});
    } else {
      taken = i;
    }
  }
}

void refuse_without(const record::Table& table, std::string_view missing, std::string_view expected) {
  std::vector<std::string_view> names;
  for (const auto& known : known_names)
    if (known.name.size() > 3) names.push_back(known.name);  // short ones are near everything
  std::string hint;
  for (const auto& column : table.columns) {
    if (column.header.empty() || role_of(column.name, column.unit) != Role::unknown) continue;
    const std::string spelled = spelled_out(column.name);
    const auto meant = nearest(spelled, names);
    if (spelled.size() < 3 || meant.empty()) continue;
    hint = fmt::format(" (did you mean '{}' by '{}'?)", meant, record::printable(column.header));
    break;
  }
  throw InvalidInput("{}: no column '{}'; found {}; expected {}{}", where_header(table), missing,
                     list_of_headers(table), expected, hint);
}

Conductances take_conductances(record::Table& table, std::size_t index, const PulseColumns& columns,
                               const PulseReadOptions& options, std::vector<Warning>& warnings) {
  record::numbers(table, index);  // refuses what is not a number
  auto& column = table.columns[index];
  const Role role = role_of(column.name, column.unit);
  const bool is_named_by_direction = role == Role::up || role == Role::down;
  Conductances readings;
  readings.arbitrary_units = is_arbitrary(column.unit);
  if (readings.arbitrary_units && role == Role::resistance)
    throw InvalidInput("{}: column '{}' has no unit; expected one such as 'resistance_ohm'", where_header(table),
                       record::printable(column.header));

  readings.conductance = std::move(column.numbers);
  auto& values = readings.conductance;
  drop_overflows(values, table, warnings);
  if (!readings.arbitrary_units) {
    if (role == Role::current || (is_named_by_direction && measures(column.unit, "A"))) {
      const double factor = factor_of(table, column, "A");
      currents_to_conductances(values, factor, read_voltage_of(table, column, columns, options), table);
    } else if (role == Role::resistance || (is_named_by_direction && measures(column.unit, "ohm"))) {
      resistances_to_conductances(values, factor_of(table, column, "ohm"), table);
    } else {
      const double factor = factor_of(table, column, "S");
      if (factor != 1)
        for (double& value : values) value *= factor;
    }
  }
  warn_of_negatives(values, readings.arbitrary_units, table, column.header, warnings);
  return readings;
}

std::vector<signed char> directions(const record::Table& table, std::size_t index) {
  const auto& column = table.columns[index];
  std::vector<signed char> signs(table.rows);
  if (column.content == record::Content::numbers) {
    const auto values = record::numbers(table, index);
    for (std::size_t row = 0; row < values.size(); ++row) {
      const double value = values[row];
      if (value != 1 && value != -1 && value != 0 && !std::isnan(value))
        throw InvalidInput(
            "{}: direction {} in column '{}'; expected 1 (potentiation), -1 (depression) or 0 (read only)",
            where(table, row), value, record::printable(column.header));
      signs[row] = static_cast<signed char>(value > 0 ? 1 : (value < 0 ? -1 : 0));
    }
    return signs;
  }
  constexpr signed char unknown = 2;
  std::vector<signed char> sign_of_word;
  for (const auto& word : column.words) {
    std::string small(word);
    for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto* known = std::find_if(std::begin(direction_words), std::end(direction_words),
                                     [&](const DirectionWord& candidate) { return candidate.word == small; });
    sign_of_word.push_back(known == std::end(direction_words) ? unknown : known->sign);
  }
  const auto refuse = [&](std::size_t row, const std::string& word) {
    constexpr std::string_view words[] = {"potentiation", "depression", "up", "down", "read"};
    throw InvalidInput("{}: direction '{}' in column '{}'; expected potentiation or depression, up or down, 1 or -1{}",
                       where(table, row), record::printable(word), record::printable(column.header),
                       did_you_mean(word, words));
  };
  if (column.too_many_words) refuse(column.too_many_words->row, column.too_many_words->text);
  for (std::size_t row = 0; row < table.rows; ++row) {
    signs[row] = sign_of_word[column.codes[row]];
    if (signs[row] == unknown) refuse(row, column.words[column.codes[row]]);
  }
  return signs;
}

std::vector<signed char> voltage_signs(const record::Table& table, std::size_t index) {
  const auto& column = table.columns[index];
  if (!column.unit.empty()) factor_of(table, column, "V");  // refuses what is no voltage
  const auto values = record::numbers(table, index);
  std::vector<signed char> signs(values.size());
  for (std::size_t row = 0; row < values.size(); ++row)
    signs[row] = static_cast<signed char>(values[row] > 0 ? 1 : (values[row] < 0 ? -1 : 0));
  return signs;
}

std::vector<double> pulse_energies(const record::Table& table, const PulseColumns& columns,
                                   std::vector<Warning>& warnings) {
  struct Factor {
    Role role;
    std::string_view si;
  };
  std::vector<Factor> factors;
  if (columns.has(Role::energy)) {
    factors = {{Role::energy, "J"}};
  } else if (columns.has(Role::charge) && columns.has(Role::voltage)) {
    factors = {{Role::charge, "C"}, {Role::voltage, "V"}};
  } else if (columns.has(Role::gate_current) && columns.has(Role::voltage) && columns.has(Role::width)) {
    factors = {{Role::gate_current, "A"}, {Role::voltage, "V"}, {Role::width, "s"}};
  } else {
    return {};
  }
  for (const auto& factor : factors) {
    const auto& column = table.columns[columns.at(factor.role)];
    if (!column.unit.empty()) continue;
    warnings.push_back({"no_energy", table.header_line,
                        fmt::format("Column '{}' has no unit, so that the energy of a pulse is not known; expected {}.",
                                    record::printable(column.header), factor.si)});
    return {};
  }
  std::vector<double> energy(table.rows, 1);
  for (const auto& factor : factors) {
    const auto index = columns.at(factor.role);
    const double to_si = factor_of(table, table.columns[index], factor.si);
    const auto values = record::numbers(table, index);
    for (std::size_t row = 0; row < energy.size(); ++row)
      energy[row] *= is_overflow(values[row]) ? nan : values[row] * to_si;
  }
  if (factors.size() > 1)
    for (double& value : energy) value = std::abs(value);
  return energy;
}

std::vector<double> cycle_numbers(const record::Table& table, std::size_t index) {
  const auto& column = table.columns[index];
  if (column.content == record::Content::text && !column.too_many_words)
    return {column.codes.begin(), column.codes.end()};
  const auto values = record::numbers(table, index);
  for (std::size_t row = 0; row < values.size(); ++row)
    if (std::isnan(values[row]))
      throw InvalidInput("{}: column '{}' is empty in this row; expected the number of the cycle", where(table, row),
                         record::printable(column.header));
  return {values.begin(), values.end()};
}

}  // namespace ecram::analysis
