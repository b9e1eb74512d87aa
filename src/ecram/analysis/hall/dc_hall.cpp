// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/dc_hall.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <string_view>

#include <Eigen/Core>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ecram/analysis/columns.h"
#include "ecram/analysis/hall/film.h"
#include "ecram/analysis/hall/hall_model.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/fit/residual_tests.h"
#include "ecram/signal/regression.h"

namespace ecram::analysis {
namespace {

using constants::nan;

/// Readings that agree to this part of themselves have been rounded or made up: their scatter is no error.
constexpr double exact = 1e-9;

/// Through fill_film, which knows how slope, density and mobility hang together. A slope whose error is not known (NaN)
/// is taken for what it is.
///
/// @param current  A, mean magnitude of the currents
void fill(DcHallResult& r, const HallBar& bar, double hall_factor, const Estimate* resistance, double freedom,
          double current, const HallFloors& floors) {
  const double limit = fit::student_t_quantile(0.975, freedom);
  const bool error_known = std::isfinite(r.hall_slope.standard_error);
  const bool detected =
      error_known ? std::abs(r.hall_slope.value) > limit * r.hall_slope.standard_error : r.hall_slope.value != 0;
  const double voltage = std::abs(r.hall_resistance.value) * current;
  const bool above_floor = voltage >= floors.voltage;
  const double floor_slope =
      above_floor ? 0 : std::abs(r.hall_slope.value / r.hall_resistance.value) * floors.voltage / current;
  if (detected && above_floor) r.carrier = r.hall_slope.value < 0 ? Carrier::electrons : Carrier::holes;
  fill_film(r, bar, hall_factor, resistance, {freedom, freedom}, floor_slope);
  if (!error_known)
    r.warnings.push_back({"error_unknown", 0,
                          "the readings agree to their ninth digit: the error of the Hall slope cannot be told from "
                          "them"});
  if (!above_floor)
    r.warnings.push_back({"below_floor", 0,
                          fmt::format("the Hall voltage of {:.3g} V is below the instrument's floor of {:.3g} V",
                                      voltage, floors.voltage)});
  if (!detected) r.warnings.push_back({"not_detected", 0, "the Hall slope is not significantly different from zero"});
}

void check_current(double current, const HallFloors& floors) {
  if (!(current > 0)) throw InvalidInput("the current is zero throughout; expected the current of the Hall bar");
  if (current < floors.current)
    throw InvalidInput("the mean current {:.3g} A is below the instrument's floor of {:.3g} A", current,
                       floors.current);
}

/// Least squares with error estimates; columns scaled first.
struct Line {
  Eigen::VectorXd coefficient, error;
  double freedom = 0, largest_residual = 0;
};

Line least_squares(const Eigen::MatrixXd& x, const Eigen::VectorXd& y) {
  const auto fit = signal::least_squares(x, y);
  if (fit.rank < x.cols()) throw InvalidInput("the readings do not separate Hall voltage, offset and thermal voltage");
  Line line;
  line.freedom = double(x.rows() - x.cols());
  line.largest_residual = fit.residual.cwiseAbs().maxCoeff();
  const bool told = line.freedom > 0 && line.largest_residual > exact * y.cwiseAbs().maxCoeff();
  const double variance = told ? fit.residual.squaredNorm() / line.freedom : nan;
  line.coefficient = fit.coefficient;
  line.error = (variance * fit.inverse.diagonal()).cwiseSqrt();
  return line;
}

/// The fit to readings at set fields, with a term in I B^2 in its last column or without.
struct FieldFit {
  Line line;
  bool even = false;
};

/// Where the field was reversed the term in I B^2 moves no slope, and is fitted where it is significant (at 1 %): the
/// offset is then that at no field. Where it was not, what is even in the field looks like the slope, and the term is
/// fitted wherever the readings tell it.
///
/// @param x         the columns, that of I B^2 last
/// @param tells     that column is no sum of the others, and there are readings for it
/// @param reversed  the field was
FieldFit fit_field(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, bool tells, bool reversed) {
  FieldFit fit{least_squares(x.leftCols(x.cols() - 1), y), false};
  if (!tells || !(fit.line.largest_residual > exact * y.cwiseAbs().maxCoeff())) return fit;
  const Line curved = least_squares(x, y);
  const Eigen::Index last = x.cols() - 1;
  const bool significant =
      !(std::abs(curved.coefficient[last]) <= fit::student_t_quantile(0.995, curved.freedom) * curved.error[last]);
  if (significant || !reversed) fit = {curved, true};
  return fit;
}

/// ASTM F76's configurations: current along an edge for the sheet resistance, along a diagonal for the Hall slope.
constexpr std::string_view edges[] = {"21,34", "12,34", "32,41", "23,41", "43,12", "34,12", "14,23", "41,23"};
constexpr std::string_view diagonals[] = {"31,42", "13,42", "42,13", "24,13"};

bool varies(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *high - *low > 0.05 * std::max(std::abs(*high), std::abs(*low));
}

double mean_known(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (double v : values)
    if (std::isfinite(v)) sum += v, count += 1;
  return count > 0 ? sum / count : nan;
}

}  // namespace

DcHallResult analyse_dc_hall(const DcHallRecord& record, const HallBar& bar, double hall_factor,
                             const HallFloors& floors) {
  check(bar);
  const auto n = static_cast<Eigen::Index>(record.field.size());
  if (n == 0) throw InvalidInput("no readings; expected points at set fields and currents");
  const double current = mean_magnitude(record.current);
  check_current(current, floors);
  if (!varies(record.field)) throw InvalidInput("the field is constant; expected it reversed or varied");
  const bool reversed = varies(record.current);
  const Eigen::Index unknowns = reversed ? 3 : 2;
  if (n <= unknowns)
    throw InvalidInput("{} readings for {}; at least {} are needed, or none is left to tell the error from", n,
                       reversed ? "the Hall slope, the offset and a thermal voltage" : "the Hall slope and the offset",
                       unknowns + 1);
  Eigen::MatrixXd x(n, unknowns + 1);
  Eigen::VectorXd y(n), along_y(n);
  const bool with_xx = !record.voltage_xx.empty();
  double largest = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    x(i, 0) = record.current[i] * record.field[i];
    x(i, 1) = record.current[i];
    if (reversed) x(i, 2) = 1;
    x(i, unknowns) = record.current[i] * record.field[i] * record.field[i];
    y[i] = record.voltage_xy[i];
    along_y[i] = with_xx ? record.voltage_xx[i] : 0;
    largest = std::max(largest, std::abs(record.field[i]));
  }
  if (largest > largest_field)
    throw InvalidInput("a field of {:.4g} T; expected {} T at most: is the column in gauss?", largest, largest_field);
  // What of a term in I B^2 would be taken for the Hall slope: nothing where each field has its opposite.
  const auto as_slope = signal::least_squares(x.leftCols(unknowns), x.col(unknowns));
  const bool field_reversed = as_slope.rank < unknowns || std::abs(as_slope.coefficient[0]) < 0.1 * largest;
  const bool tells_even = as_slope.residual.norm() > 0.05 * x.col(unknowns).norm() && n > unknowns + 1;
  const FieldFit across = fit_field(x, y, tells_even, field_reversed);
  const Line& line = across.line;
  DcHallResult r;
  r.method = field_reversed
                 ? (reversed ? "field and current reversal" : "field reversal")
                 : (reversed ? "current reversal; field varied, not reversed" : "field varied, not reversed");
  fuse_temperature(record.temperature, r);
  if (record.missing > 0)
    r.warnings.push_back({"missing", 0, fmt::format("{} readings lack a value and were left out", record.missing)});
  if (!reversed)
    r.warnings.push_back(
        {"current_not_reversed", 0, "thermal voltages cannot be told from the offset without reversed current"});
  if (!field_reversed)
    r.warnings.push_back({"field_not_reversed", 0,
                          across.even ? "the field was varied, not reversed: a term in its square was told from the "
                                        "Hall slope by the readings' curvature alone"
                                      : "the field was varied, not reversed: what is even in it (magnetoresistance of "
                                        "the offset) cannot be told from the Hall slope"});
  const double factor = (bar.arms_swapped ? -1 : 1) / contact_factor(bar);
  const Estimate slope = fit::student_estimate(line.coefficient[0], line.error[0], line.freedom);
  r.hall_slope = scaled(slope, factor);
  r.hall_resistance = scaled(slope, bar.arms_swapped ? -largest : largest);
  Estimate resistance;
  if (with_xx) {
    const Line along = fit_field(x, along_y, tells_even, field_reversed).line;
    resistance = fit::student_estimate(along.coefficient[1], along.error[1], along.freedom);
    // Which of the two carries the Hall signal, and which the large resistive offset? The error of one that fits
    // exactly is that of its digits.
    const auto over_error = [&](const Line& l, const Eigen::VectorXd& v) {
      const double digits = exact * v.cwiseAbs().maxCoeff() / (current * largest);
      return std::abs(l.coefficient[0]) / (std::isfinite(l.error[0]) ? std::max(l.error[0], digits) : digits);
    };
    const double odd = over_error(along, along_y);
    if (std::abs(line.coefficient[1]) > std::abs(along.coefficient[1]) &&
        odd > std::max(5.0, fit::student_t_quantile(0.9995, line.freedom)) && odd > 3 * over_error(line, y))
      throw InvalidInput(
          "V_xx and V_xy look swapped: the signal that goes with the field is in V_xx ({:.3g} ohm/T, {:.0f} standard "
          "errors); try naming them the other way round",
          along.coefficient[0], odd);
  }
  fill(r, bar, hall_factor, with_xx ? &resistance : nullptr, line.freedom, current, floors);
  return r;
}

DcHallRecord read_dc_hall(const std::filesystem::path& path, const HallColumns& columns, ThreadPool& threads) {
  const record::Table table = record::read_table(path, threads);
  DcHallRecord r;
  const auto b = hall_column(table, columns, HallRole::field), i = hall_column(table, columns, HallRole::current),
             v = hall_column(table, columns, HallRole::voltage_xy);
  std::vector<double> along;
  if (const auto c = find_hall_column(table, columns, HallRole::voltage_xx)) along = si_numbers(table, *c, "V");
  r.temperature = kelvins(table, columns.temperature);
  for (std::size_t k = 0; k < b.size(); ++k) {
    if (std::isnan(b[k]) || std::isnan(i[k]) || std::isnan(v[k]) || (!along.empty() && std::isnan(along[k]))) {
      ++r.missing;
      continue;
    }
    if (std::isinf(b[k]) || std::isinf(i[k]) || std::isinf(v[k]) || (!along.empty() && std::isinf(along[k])))
      throw InvalidInput("{}: an overflow (9.9E37); expected a reading", record::where(table, k));
    r.field.push_back(b[k]);
    r.current.push_back(i[k]);
    r.voltage_xy.push_back(v[k]);
    if (!along.empty()) r.voltage_xx.push_back(along[k]);
  }
  if (r.field.empty()) throw InvalidInput("{}: no row has a field, a current and a V_xy", path.string());
  return r;
}

double van_der_pauw_f(double ratio) {
  if (!(ratio > 0) || !std::isfinite(ratio))
    throw InvalidInput("resistances in a ratio of {}; expected a positive one", ratio);
  const double q = std::max(ratio, 1 / ratio);
  const double target = (q - 1) / (q + 1);
  // The right side rises from 0 at f = 1 to 1 at f = 0.
  double low = 1e-3, high = 1;
  const auto right = [](double f) {
    const double u = std::numbers::ln2 / f;
    // arcosh(e^u / 2) without the overflow of e^u for small f.
    return f / std::numbers::ln2 *
           (u - std::numbers::ln2 + std::log1p(std::sqrt(std::max(0.0, 1 - 4 * std::exp(-2 * u)))));
  };
  for (int i = 0; i < 200 && high - low > 1e-15; ++i) {
    const double middle = 0.5 * (low + high);
    (right(middle) > target ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

DcHallResult analyse_van_der_pauw(const std::vector<VanDerPauwReading>& readings, double thickness, double hall_factor,
                                  const HallFloors& floors) {
  if (!(thickness > 0) || !std::isfinite(thickness))
    throw InvalidInput("thickness {} m; expected a positive one", thickness);
  // Mean resistance of each configuration, at no field, +B and -B.
  std::map<std::string, std::vector<double>> none;
  std::map<std::string, std::pair<double, double>> hall[2];  // sum of resistances, count
  double field_sum[2] = {0, 0}, field_count[2] = {0, 0}, largest = 0, mean_current = 0;
  std::vector<std::vector<double>> sensors;
  for (const auto& r : readings) {
    largest = std::max(largest, std::abs(r.field));
    mean_current += std::abs(r.current) / double(readings.size());
    sensors.resize(std::max(sensors.size(), r.temperature.size()));
    for (std::size_t s = 0; s < r.temperature.size(); ++s) sensors[s].push_back(r.temperature[s]);
  }
  check_current(mean_current, floors);
  if (largest > largest_field)
    throw InvalidInput("a field of {:.4g} T; expected {} T at most: is the column in gauss?", largest, largest_field);
  // The readings along the edges are those without field, whatever a magnet's remanence and a sensor's zero show; those
  // across the diagonals are for the Hall slope.
  constexpr double small = 0.1, most_without_hall = 0.05;  // of the Hall readings' field; T
  const auto across_diagonal = [](const VanDerPauwReading& r) {
    return std::ranges::find(diagonals, r.configuration) != std::end(diagonals);
  };
  double hall_field = 0;
  for (const auto& r : readings)
    if (across_diagonal(r)) hall_field = std::max(hall_field, std::abs(r.field));
  const double no_field = hall_field > 0 ? small * hall_field : most_without_hall;
  for (const auto& r : readings) {
    if (!(std::abs(r.current) > 0))
      throw InvalidInput("configuration {}: current {} A; expected one that is not zero", r.configuration, r.current);
    const double resistance = r.voltage / r.current;
    if (std::abs(r.field) <= no_field) {
      none[r.configuration].push_back(resistance);
    } else {
      const int side = r.field > 0 ? 0 : 1;
      auto& [sum, count] = hall[side][r.configuration];
      sum += resistance;
      count += 1;
      field_sum[side] += std::abs(r.field);
      field_count[side] += 1;
    }
  }
  for (const auto& r : readings) {
    const int side = r.field > 0 ? 0 : 1;
    const double mean = field_count[side] > 0 ? field_sum[side] / field_count[side] : 0;
    if (std::abs(r.field) > no_field && std::abs(std::abs(r.field) / mean - 1) > 0.02)
      throw InvalidInput(
          "configuration {} at {:.4g} T, the mean of that sign is {:.4g} T; expected one field +B and "
          "one field -B",
          r.configuration, r.field, side == 0 ? mean : -mean);
  }
  const auto at = [&](const char* name) {
    const auto found = none.find(name);
    if (found == none.end())
      throw InvalidInput("reading {} at zero field is missing; ASTM F76 needs {}", name, fmt::join(edges, " "));
    return mean_known(found->second);
  };
  const double ra1 = 0.5 * (at("21,34") - at("12,34")), ra2 = 0.5 * (at("32,41") - at("23,41"));
  const double rb1 = 0.5 * (at("43,12") - at("34,12")), rb2 = 0.5 * (at("14,23") - at("41,23"));
  if (!(ra1 > 0 && ra2 > 0 && rb1 > 0 && rb2 > 0))
    throw InvalidInput(
        "resistances {:.4g}, {:.4g}, {:.4g}, {:.4g} ohm; expected positive ones: is a pair of contacts swapped?", ra1,
        ra2, rb1, rb2);
  const auto sheet = [](double one, double two) {
    return std::numbers::pi / std::numbers::ln2 * van_der_pauw_f(one / two) * 0.5 * (one + two);
  };
  const double a = sheet(ra1, ra2), b = sheet(rb1, rb2);
  DcHallResult r;
  r.method = "van der Pauw (ASTM F76)";
  fuse_temperature(sensors, r);
  // Of two values half their difference is the standard error; where they agree to the last digits it says nothing.
  const auto of_two = [](double one, double two) {
    const double half = 0.5 * std::abs(one - two), middle = 0.5 * (one + two);
    return fit::student_estimate(middle, half > exact * std::abs(middle) ? half : nan, 1);
  };
  if (std::abs(a - b) > 0.1 * 0.5 * (a + b))
    r.warnings.push_back(
        {"sample_not_uniform", 0,
         fmt::format("the two sheet resistances, {:.4g} and {:.4g} ohm, differ by more than 10 %", a, b)});
  r.sheet_resistance = of_two(a, b);
  r.resistivity = scaled(r.sheet_resistance, thickness);
  if (hall[0].empty() && hall[1].empty()) return r;

  const auto across = [&](const char* name) {
    const auto plus = hall[0].find(name), minus = hall[1].find(name);
    if (plus == hall[0].end() || minus == hall[1].end())
      throw InvalidInput("reading {} is missing at one of the fields; ASTM F76 needs {} at +B and -B", name,
                         fmt::join(diagonals, " "));
    return 0.5 * (plus->second.first / plus->second.second - minus->second.first / minus->second.second);
  };
  const double field = 0.5 * (field_sum[0] / field_count[0] + field_sum[1] / field_count[1]);
  const double c = 0.5 * (across("31,42") - across("13,42")) / field,
               d = 0.5 * (across("42,13") - across("24,13")) / field;
  if (std::abs(c - d) > 0.1 * 0.5 * std::abs(c + d))
    r.warnings.push_back({"sample_not_uniform", 0,
                          fmt::format("the two Hall slopes, {:.4g} and {:.4g} ohm/T, differ by more than 10 %", c, d)});
  r.hall_slope = of_two(c, d);
  r.hall_resistance = scaled(r.hall_slope, field);
  const HallBar square{1, 1, thickness, 0, 0, false};
  const Estimate resistance = r.sheet_resistance;
  fill(r, square, hall_factor, &resistance, 1, mean_current, floors);
  return r;
}

std::vector<VanDerPauwReading> read_van_der_pauw(const std::filesystem::path& path, ThreadPool& threads) {
  static const std::vector<std::string_view> names{"configuration", "contacts", "reading"}, voltages{"voltage", "v"};
  record::TableOptions options;  // "21,34" looks like a number with a decimal comma
  options.text = [](std::string_view name) { return is_one_of(name, names); };
  const record::Table table = record::read_table(path, threads, options);
  const auto needed = [&](const std::vector<std::string_view>& wanted, const char* what) {
    const auto column = find_column(table, "", "", wanted);
    if (!column)
      throw InvalidInput("{}: no column '{}'; expected configuration, current, voltage and, with Hall readings, field",
                         record::where_header(table), what);
    return *column;
  };
  const auto& configuration = table.columns[needed(names, "configuration")];
  if (configuration.content != record::Content::text)
    throw InvalidInput("{}: column 'configuration' holds no text; expected \"21,34\" in quotes, or 21-34",
                       record::where_header(table));
  const auto currents = find_hall_column(table, {}, HallRole::current);
  const auto current = si_numbers(table, currents ? *currents : needed({}, "current"), "A"),
             voltage = si_numbers(table, needed(voltages, "voltage"), "V");
  std::vector<double> field(table.rows, 0.0);
  if (const auto column = find_hall_column(table, {}, HallRole::field)) field = si_numbers(table, *column, "T");
  const auto sensors = kelvins(table, {});
  std::vector<VanDerPauwReading> readings;
  for (std::size_t i = 0; i < table.rows; ++i) {
    if (!std::isfinite(current[i]) || !std::isfinite(voltage[i]) || !std::isfinite(field[i]))
      throw InvalidInput("{}: an overflow (9.9E37) or no number; expected a reading", record::where(table, i));
    std::string word = configuration.words[configuration.codes[i]];
    for (char& c : word)
      if (c == '-' || c == ' ' || c == '_' || c == ';') c = ',';
    if (std::ranges::find(edges, word) == std::end(edges) && std::ranges::find(diagonals, word) == std::end(diagonals))
      throw InvalidInput("{}: configuration '{}'; expected one of ASTM F76's, {} {}", record::where(table, i),
                         record::printable(word), fmt::join(edges, " "), fmt::join(diagonals, " "));
    readings.push_back({word, current[i], voltage[i], field[i]});
    for (const auto& sensor : sensors) readings.back().temperature.push_back(sensor[i]);
  }
  return readings;
}

std::vector<ContactCurve> contact_curves(const LakeShoreExport& file) {
  std::vector<ContactCurve> curves;
  for (const auto& step : file.steps)
    for (const auto& table : step.tables) {
      const auto column = [&](const char* name) -> const std::vector<double>* {
        const auto found = std::find(table.names.begin(), table.names.end(), name);
        return found == table.names.end() ? nullptr
                                          : &table.columns[static_cast<std::size_t>(found - table.names.begin())];
      };
      const auto *current = column("Current"), *voltage = column("Voltage");
      if (current == nullptr || voltage == nullptr) continue;
      std::vector<double> i, v;
      for (std::size_t k = 0; k < current->size(); ++k)
        if (std::isfinite((*current)[k]) && std::isfinite((*voltage)[k]))
          i.push_back((*current)[k]), v.push_back((*voltage)[k]);
      if (i.size() < 3 || !varies(i)) continue;
      Eigen::MatrixXd x(static_cast<Eigen::Index>(i.size()), 2);
      x.col(0) = Eigen::Map<Eigen::VectorXd>(i.data(), x.rows());
      x.col(1).setOnes();
      const Eigen::VectorXd y = Eigen::Map<Eigen::VectorXd>(v.data(), x.rows());
      const Line line = least_squares(x, y);
      const double deviation = line.largest_residual / y.cwiseAbs().maxCoeff();
      curves.push_back({table.contact_set, fit::student_estimate(line.coefficient[0], line.error[0], line.freedom),
                        deviation, deviation <= 0.02});
    }
  return curves;
}

std::vector<DcHallResult> lake_shore_points(const LakeShoreExport& file, double hall_factor) {
  std::vector<DcHallResult> points;
  std::size_t rows = 0;
  for (const auto& step : file.steps)
    for (const auto& table : step.tables) {
      const auto column = [&](const char* name) -> const std::vector<double>* {
        const auto found = std::find(table.names.begin(), table.names.end(), name);
        return found == table.names.end() ? nullptr
                                          : &table.columns[static_cast<std::size_t>(found - table.names.begin())];
      };
      // Of the film, or of the sheet that it is: those differ by the thickness.
      const auto film = [&](const char* name, const char* of_sheet, std::size_t row) {
        if (const auto* values = column(name)) return (*values)[row];
        const auto* values = column(of_sheet);
        return values == nullptr ? nan : (*values)[row] * file.thickness;
      };
      if (column("Hall Coefficient") == nullptr && column("Sheet Hall Coefficient") == nullptr) continue;
      if (column("Hall Coefficient") == nullptr && !std::isfinite(file.thickness))
        throw InvalidInput("the Hall coefficient is that of a sheet (per area); expected the thickness in the file");
      rows += table.lines.size();
      for (std::size_t row = 0; row < table.lines.size(); ++row) {
        const auto value = [&](const char* name) {
          const auto* values = column(name);
          return values == nullptr ? nan : (*values)[row];
        };
        const double coefficient = film("Hall Coefficient", "Sheet Hall Coefficient", row),
                     resistivity = film("Resistivity", "Sheet Resistivity", row);
        if (!std::isfinite(coefficient) || coefficient == 0 || !(resistivity > 0)) continue;
        DcHallResult r;
        r.method = "Lake Shore export, " + step.name;
        if (const double t = value("Temperature"); t > 0) r.temperature = t;
        r.carrier = coefficient < 0 ? Carrier::electrons : Carrier::holes;
        r.density.value = hall_factor / (constants::elementary_charge * std::abs(coefficient));
        r.resistivity.value = resistivity;
        r.mobility.value = std::abs(coefficient) / (hall_factor * resistivity);
        if (std::isfinite(file.thickness)) {
          r.hall_slope.value = coefficient / file.thickness;
          r.hall_resistance.value = r.hall_slope.value * std::abs(value("Field"));
          r.sheet_density.value = r.density.value * file.thickness;
          r.sheet_resistance.value = resistivity / file.thickness;
        }
        // The file's own numbers are those of a Hall factor of 1.
        const auto compare = [&](double stated, double expected, const char* what, const char* unit) {
          if (!std::isfinite(stated) || stated == 0) return;
          if (std::abs(stated / expected - 1) <= 0.02) return;
          r.warnings.push_back(
              {"file_contradicts_itself", table.lines[row],
               fmt::format("line {}: the file's {} {:.4g} {} is not that of its Hall coefficient, {:.4g} {}",
                           table.lines[row], what, stated, unit, expected, unit)});
        };
        const double density = 1 / (constants::elementary_charge * coefficient);
        compare(value("Carrier Density"), density, "density", "1/m^3");
        compare(value("Sheet Carrier Density"), density * file.thickness, "sheet density", "1/m^2");
        // A mobility may stand there with the carrier's sign or as a magnitude.
        compare(std::abs(value("Hall Mobility")), std::abs(coefficient / resistivity), "mobility", "m^2/(V s)");
        points.push_back(std::move(r));
      }
    }
  if (rows > 0 && points.empty())
    throw InvalidInput("none of {} rows has a Hall coefficient and a resistivity; expected one that has", rows);
  return points;
}

}  // namespace ecram::analysis
