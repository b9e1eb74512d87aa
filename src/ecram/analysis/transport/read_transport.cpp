// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "ecram/analysis/columns.h"
#include "ecram/analysis/hall/film.h"
#include "ecram/analysis/transport/transport.h"
#include "ecram/core/errors.h"

namespace ecram::analysis {
namespace {

using Names = std::vector<std::string_view>;

/// "t [s]" beside a temperature.
bool is_time(const record::Column& column) { return column.name == "t" && has_unit_of(column, "s"); }

/// A number of `si_numbers` for a message.
std::string as_read(double v) { return std::isinf(v) ? "an overflow" : fmt::format("{}", v); }

/// The column of one of these names. Two are refused, for either could be meant; one in seconds called "t" is the time.
std::optional<std::size_t> only_column(const record::Table& table, const Names& names, const char* what) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    if (!is_one_of(column.name, names) || is_time(column)) continue;
    if (found)
      throw InvalidInput("{}: columns '{}' and '{}' are both the {}; expected one", record::where_header(table),
                         record::printable(table.columns[*found].header), record::printable(column.header), what);
    found = i;
  }
  return found;
}

/// A column and its errors, in order of rising temperature, rows without a value left out; where some rows have an
/// error, those without are left out as well and warned of.
TemperatureSeries series(TransportTable& result, const record::Table& table, const std::vector<double>& temperature,
                         const std::vector<std::size_t>& order, std::size_t column, const Names& error_names,
                         std::string_view si, bool invert) {
  const auto values = si_numbers(table, column, si);
  std::vector<double> errors;
  std::string error_name;
  if (const auto error_column = only_column(table, error_names, "error")) {
    errors = si_numbers(table, *error_column, si);
    error_name = record::printable(table.columns[*error_column].name);
  }
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (errors[i] < 0 || std::isinf(errors[i]))
      throw InvalidInput("{}: {} is {}; expected a standard error, 0 or more and no overflow (9.9E37)",
                         record::where(table, i), error_name, as_read(errors[i]));
  TemperatureSeries s;
  const bool stated = std::any_of(errors.begin(), errors.end(), [](double e) { return e > 0; });
  std::size_t without = 0, first = 0, unknown = 0, first_unknown = 0;
  for (std::size_t i : order) {
    const double v = values[i];
    if (std::isnan(v)) continue;
    if (stated && !(errors[i] > 0)) {
      if (without++ == 0 || i < first) first = i;
      continue;
    }
    if (!(v > 0) || std::isinf(v))
      throw InvalidInput("{}: {} is {}; expected a positive number{}", record::where(table, i),
                         record::printable(table.columns[column].name), as_read(v),
                         std::isinf(v) ? ", and no overflow (9.9E37)" : "");
    s.temperature.push_back(temperature[i]);
    s.value.push_back(invert ? 1 / v : v);
    const double e = errors.empty() || std::isnan(errors[i]) ? 0 : errors[i];
    if (e >= v && (unknown++ == 0 || i < first_unknown)) first_unknown = i;
    s.error.push_back(invert ? e / (v * v) : e);
  }
  if (without > 0)
    result.warnings.push_back(
        {"error_missing", record::line_of(table, first),
         fmt::format("{} of {} values of {} have no error where the others have one: they were "
                     "left out",
                     without, without + s.value.size(), record::printable(table.columns[column].name))});
  if (unknown > 0)
    result.warnings.push_back(
        {"error_exceeds_value", record::line_of(table, first_unknown),
         fmt::format("{} of {} values of {} are no larger than their errors: their logarithms say next to nothing",
                     unknown, s.value.size(), record::printable(table.columns[column].name))});
  return s;
}

}  // namespace

TransportTable read_transport_table(const std::filesystem::path& path, ThreadPool& threads) {
  const record::Table table = record::read_table(path, threads);
  TransportTable t;
  t.source = path.string();
  const auto temperature_column = only_column(table, {"temperature", "t", "tk", "temp"}, "temperature");
  if (!temperature_column)
    throw InvalidInput("{}: no column 'temperature'; it has {}", record::where_header(table), column_names(table));
  if (const auto& column = table.columns[*temperature_column]; column.unit == "C")
    throw InvalidInput("{}: column '{}': C is the coulomb; expected [K] or, for degrees Celsius, [degC]",
                       record::where_header(table), record::printable(column.name));
  const auto temperature = si_numbers(table, *temperature_column, "K");
  for (std::size_t i = 0; i < temperature.size(); ++i)
    if (std::isnan(temperature[i]))
      throw InvalidInput("{}: the temperature is missing", record::where(table, i));
    else if (std::isinf(temperature[i]))
      throw InvalidInput("{}: the temperature is an overflow (9.9E37); expected kelvins", record::where(table, i));
    else if (!(temperature[i] > 0))
      throw InvalidInput("{}: temperature {} K; expected kelvins above 0 (degrees Celsius? then write [degC])",
                         record::where(table, i), temperature[i]);
    else if (temperature[i] > hottest)
      throw InvalidInput("{}: temperature {} K; expected {} K at most (is the unit right?)", record::where(table, i),
                         temperature[i], hottest);
  std::vector<std::size_t> order(temperature.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return temperature[a] < temperature[b]; });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (temperature[order[i]] == temperature[order[i - 1]])
      throw InvalidInput("{}: temperature {} K stands a second time (first at line {}); expected each once",
                         record::where(table, std::max(order[i], order[i - 1])), temperature[order[i]],
                         record::line_of(table, std::min(order[i], order[i - 1])));

  struct Kind {
    Names names, errors;
    const char *what, *si;
    bool invert;
  };
  const Kind kinds[] = {
      {{"resistivity", "rho"}, {"resistivityerror", "rhoerror", "resistivityse"}, "resistivity", "ohm m", false},
      {{"conductivity", "sigma"}, {"conductivityerror", "sigmaerror", "conductivityse"}, "conductivity", "S/m", true},
      {{"sheetresistance", "rs"}, {"sheetresistanceerror", "sheetresistancese"}, "sheet resistance", "ohm", false},
      {{"resistance", "r"}, {"resistanceerror", "resistancese"}, "resistance", "ohm", false},
      {{"conductance", "g"}, {"conductanceerror", "conductancese"}, "conductance", "S", true}};
  Names resistive, resistances;  // a quantity and its reciprocal are one quantity
  for (std::size_t i : {0, 1}) resistive.insert(resistive.end(), kinds[i].names.begin(), kinds[i].names.end());
  for (std::size_t i : {3, 4}) resistances.insert(resistances.end(), kinds[i].names.begin(), kinds[i].names.end());
  only_column(table, resistive, "resistivity");
  only_column(table, resistances, "resistance");
  for (const Kind& kind : kinds)
    if (const auto column = only_column(table, kind.names, kind.what); column && t.resistivity.empty())
      t.resistivity = series(t, table, temperature, order, *column, kind.errors, kind.si, kind.invert);
  if (const auto c = only_column(table, {"density", "n", "carrierdensity"}, "density"))
    t.density = series(t, table, temperature, order, *c, {"densityerror", "nerror", "densityse", "carrierdensityerror"},
                       "m^-3", false);
  else if (const auto sheet = only_column(table, {"sheetdensity", "ns"}, "sheet density"))
    t.density = series(t, table, temperature, order, *sheet, {"sheetdensityerror", "sheetdensityse"}, "m^-2", false),
    t.sheet_density = true;
  if (const auto c = only_column(table, {"mobility", "mu", "hallmobility"}, "mobility"))
    t.mobility =
        series(t, table, temperature, order, *c, {"mobilityerror", "muerror", "mobilityse"}, "m^2/(V s)", false);
  if (t.resistivity.empty() && t.density.empty())
    throw InvalidInput("{}: neither resistivity (or conductivity, resistance, conductance) nor density; it has {}",
                       record::where_header(table), column_names(table));
  return t;
}

}  // namespace ecram::analysis
