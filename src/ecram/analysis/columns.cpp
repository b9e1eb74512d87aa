// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/columns.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/nearest.h"
#include "ecram/core/units.h"

namespace ecram::analysis {

std::string simplified(std::string_view name) {
  std::string s;
  for (char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      s += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

bool has_unit_of(const record::Column& column, std::string_view si) {
  if (column.unit.empty()) return false;
  try {
    quantity("1 " + column.unit, si);
    return true;
  } catch (const InvalidInput&) {
    return false;
  }
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), simplified(name)) != names.end();
}

std::string column_names(const record::Table& table) {
  std::string names;
  for (const auto& column : table.columns) {
    if (column.name.empty()) continue;
    names += (names.empty() ? "" : ", ") + record::printable(column.name);
    if (names.size() > 120) return names + ", ...";
  }
  return names;
}

std::optional<std::size_t> find_column(const record::Table& table, std::string_view asked, std::string_view option,
                                       std::span<const std::string_view> names, std::string_view si) {
  if (!asked.empty()) {
    std::vector<std::string_view> known;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const auto& column = table.columns[i];
      if (column.name == asked || column.header == asked || simplified(column.name) == simplified(asked)) return i;
      known.push_back(column.name);
    }
    throw InvalidInput("{}: no column '{}' ({}){}; it has {}", record::where_header(table), asked, option,
                       did_you_mean(asked, known), column_names(table));
  }
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!is_one_of(table.columns[i].name, names)) continue;
    if (si.empty() || has_unit_of(table.columns[i], si)) return i;
    if (!found) found = i;
  }
  return found;
}

std::vector<double> si_numbers(const record::Table& table, std::size_t index, std::string_view si) {
  const auto& column = table.columns[index];
  const std::string where = record::where_header(table);
  if (column.unit.empty())
    throw InvalidInput("{}: column '{}' has no unit; expected one in its header, as '{} [{}]'", where,
                       record::printable(column.name), record::printable(column.name), si);
  // Degrees Celsius have another zero than kelvins: the straight line through two quantities.
  const double zero = naming(where + ": column '" + record::printable(column.name) + "'",
                             [&] { return quantity("0 " + column.unit, si); });
  const double factor = zero == 0 ? unit_factor(column.unit, si) : quantity("1 " + column.unit, si) - zero;
  const auto values = record::numbers(table, index);
  std::vector<double> numbers(values.begin(), values.end());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i % 65536 == 0) stop_if_interrupted();
    double& v = numbers[i];
    v = is_overflow(v) ? std::copysign(std::numeric_limits<double>::infinity(), v) : zero + factor * v;
  }
  return numbers;
}

}  // namespace ecram::analysis
