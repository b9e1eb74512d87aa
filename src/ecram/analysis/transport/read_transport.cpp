// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "ecram/analysis/columns.h"
#include "ecram/analysis/transport/transport.h"
#include "ecram/core/errors.h"

namespace ecram::analysis {
namespace {

using Names = std::vector<std::string_view>;

/// A column and its errors, in order of rising temperature, rows without a value left out; where some rows have an
/// error, those without are left out as well and warned of.
constexpr double largest_reading = 1e37;  // instruments mark an overflow with 9.9E37

TemperatureSeries series(TransportTable& result, const record::Table& table, const std::vector<double>& temperature,
                         const std::vector<std::size_t>& order, std::size_t column, const Names& error_names,
                         std::string_view si, bool invert) {
  const auto values = si_numbers(table, column, si);
  std::vector<double> errors;
  if (const auto c = find_column(table, "", "", error_names)) errors = si_numbers(table, *c, si);
  TemperatureSeries s;
  const bool stated = std::any_of(errors.begin(), errors.end(), [](double e) { return std::abs(e) > 0; });
  std::size_t without = 0, first = 0;
  for (std::size_t i : order) {
    const double v = values[i];
    if (std::isnan(v)) continue;
    if (stated && !(std::abs(errors[i]) > 0)) {
      if (without++ == 0 || i < first) first = i;
      continue;
    }
    if (!(v > 0) || std::abs(v) > largest_reading)
      throw InvalidInput("{}: {} is {}; expected a positive number{}", record::where(table, i),
                         record::printable(table.columns[column].name), v, v > 0 ? ", and no overflow (9.9E37)" : "");
    s.temperature.push_back(temperature[i]);
    s.value.push_back(invert ? 1 / v : v);
    const double e = errors.empty() || std::isnan(errors[i]) ? 0 : std::abs(errors[i]);
    s.error.push_back(invert ? e / (v * v) : e);
  }
  if (without > 0)
    result.warnings.push_back(
        {"error_missing", record::line_of(table, first),
         fmt::format("{} of {} values of {} have no error where the others have one: they were "
                     "left out",
                     without, without + s.value.size(), record::printable(table.columns[column].name))});
  return s;
}

}  // namespace

TransportTable read_transport_table(const std::filesystem::path& path, ThreadPool& threads) {
  const record::Table table = record::read_table(path, threads);
  TransportTable t;
  t.source = path.string();
  const auto temperature_column = find_column(table, "", "", Names{"temperature", "t", "tk", "temp"});
  if (!temperature_column)
    throw InvalidInput("{}: no column 'temperature'; it has {}", record::where_header(table), column_names(table));
  const auto temperature = si_numbers(table, *temperature_column, "K");
  for (std::size_t i = 0; i < temperature.size(); ++i)
    if (std::isnan(temperature[i]))
      throw InvalidInput("{}: the temperature is missing", record::where(table, i));
    else if (!(temperature[i] > 0) || temperature[i] > largest_reading)
      throw InvalidInput("{}: temperature {} K; expected kelvins above 0 (degrees Celsius? then write [degC])",
                         record::where(table, i), temperature[i]);
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
    const char* si;
    bool invert;
  };
  const Kind kinds[] = {{{"resistivity", "rho"}, {"resistivityerror", "rhoerror", "resistivityse"}, "ohm m", false},
                        {{"conductivity", "sigma"}, {"conductivityerror", "sigmaerror", "conductivityse"}, "S/m", true},
                        {{"sheetresistance", "rs"}, {"sheetresistanceerror", "sheetresistancese"}, "ohm", false},
                        {{"resistance", "r"}, {"resistanceerror", "resistancese"}, "ohm", false},
                        {{"conductance", "g"}, {"conductanceerror", "conductancese"}, "S", true}};
  for (const Kind& kind : kinds)
    if (const auto column = find_column(table, "", "", kind.names); column && t.resistivity.empty())
      t.resistivity = series(t, table, temperature, order, *column, kind.errors, kind.si, kind.invert);
  if (const auto c = find_column(table, "", "", Names{"density", "n", "carrierdensity"}))
    t.density = series(t, table, temperature, order, *c, {"densityerror", "nerror", "densityse", "carrierdensityerror"},
                       "m^-3", false);
  else if (const auto sheet = find_column(table, "", "", Names{"sheetdensity", "ns"}))
    t.density = series(t, table, temperature, order, *sheet, {"sheetdensityerror", "sheetdensityse"}, "m^-2", false),
    t.sheet_density = true;
  if (const auto c = find_column(table, "", "", Names{"mobility", "mu", "hallmobility"}))
    t.mobility =
        series(t, table, temperature, order, *c, {"mobilityerror", "muerror", "mobilityse"}, "m^2/(V s)", false);
  if (t.resistivity.empty() && t.density.empty())
    throw InvalidInput("{}: neither resistivity (or conductivity, resistance, conductance) nor density; it has {}",
                       record::where_header(table), column_names(table));
  return t;
}

}  // namespace ecram::analysis
