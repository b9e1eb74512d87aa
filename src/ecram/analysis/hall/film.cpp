// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/film.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <fmt/format.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {
namespace {

/// By how much a sensor's readings move, single ones apart: between the quantiles at 5 and 95 %, and the ends of a
/// short record.
double movement(std::vector<double> readings) {
  std::erase_if(readings, [](double t) { return !std::isfinite(t); });
  if (readings.empty()) return 0;
  std::sort(readings.begin(), readings.end());
  const std::size_t outside = readings.size() / 20;
  return readings[readings.size() - 1 - outside] - readings[outside];
}

/// factor / |slope|: its interval is that of the slope turned round, open upwards where the slope may be zero.
Estimate reciprocal(const Estimate& slope, double factor) {
  const double magnitude = std::abs(slope.value);
  const double low = slope.value < 0 ? -slope.high : slope.low, high = slope.value < 0 ? -slope.low : slope.high;
  Estimate e;
  e.value = factor / magnitude;
  e.standard_error = e.value * slope.standard_error / magnitude;
  e.low = factor / high;
  e.high = low > 0 || std::isnan(low) ? factor / low : std::numeric_limits<double>::infinity();
  return e;
}

}  // namespace

double contact_factor(const HallBar& bar) {
  double factor = 1;
  constexpr double pi = std::numbers::pi;
  if (bar.total_length > 0) {
    const double half = 0.5 * bar.total_length / bar.width,
                 at = std::abs(bar.arm_position.value_or(0.5 * bar.length)) / bar.width;
    for (int m = 1; m < 1000; m += 2) {
      // cosh(m pi at) / cosh(m pi half), without its overflow.
      const double k = m * pi;
      const double share = std::exp(-k * (half - at)) * (1 + std::exp(-2 * k * at)) / (1 + std::exp(-2 * k * half));
      factor -= 8 / (k * k) * share;
      if (share < 1e-12) break;
    }
  }
  if (bar.arm_width > 0) factor *= 1 - 2 * bar.arm_width / (pi * bar.width);
  return factor;
}

void fuse_temperature(const std::vector<std::vector<double>>& sensors, HallFilm& result) {
  std::vector<double> means;
  for (const auto& sensor : sensors) {
    double sum = 0, count = 0;
    for (double t : sensor)
      if (std::isfinite(t)) sum += t, count += 1;
    if (count > 0) means.push_back(sum / count);
  }
  if (means.empty()) return;
  std::sort(means.begin(), means.end());
  const std::size_t m = means.size() / 2;
  result.temperature = means.size() % 2 == 1 ? means[m] : 0.5 * (means[m - 1] + means[m]);
  result.temperature_spread = means.back() - means.front();
  if (means.front() <= 0)
    throw InvalidInput("a temperature sensor reads {:.4g} K on average; expected kelvins above 0 (Celsius?)",
                       means.front());
  if (std::abs(result.temperature_spread - 273.15) < 8)
    throw InvalidInput("the temperature sensors read {:.4g} and {:.4g} K: one of them looks like degrees Celsius",
                       means.front(), means.back());
  if (means.back() > hottest)
    throw InvalidInput("a temperature sensor reads {:.4g} K on average; expected {} K at most", means.back(), hottest);
  if (result.temperature_spread > std::max(1.0, 0.01 * result.temperature))
    result.warnings.push_back({"temperature_disagreement", 0,
                               fmt::format("the temperature sensors differ by {:.3g} K; their median {:.4g} K is used",
                                           result.temperature_spread, result.temperature)});
  double moved = 0;
  for (const auto& sensor : sensors) moved = std::max(moved, movement(sensor));
  if (moved > std::max(2.0, 0.02 * result.temperature))
    result.warnings.push_back({"temperature_moves", 0,
                               fmt::format("the temperature moves by {:.3g} K within the record: the result is a mean "
                                           "over it, at {:.4g} K in the mean",
                                           moved, result.temperature)});
}

void check(const HallBar& bar) {
  // Beyond these it is a slip of units, not a film.
  const auto within = [](double value, double low, double high, const char* what, const char* option) {
    if (!(value > 0)) throw InvalidInput("{} {:.6g} m; expected a positive one ({})", what, value, option);
    if (!(value >= low && value <= high))
      throw InvalidInput("{} {:.6g} m; expected {:g} to {:g} m ({}): is the unit right?", what, value, low, high,
                         option);
  };
  within(bar.length, 1e-9, 0.1, "length", "--length");
  within(bar.width, 1e-9, 0.1, "width", "--width");
  within(bar.thickness, 1e-10, 0.01, "thickness", "--thickness");
  // The correction is the first term in the ratio.
  constexpr double widest_arm = 0.2;
  if (!(bar.arm_width >= 0 && bar.arm_width <= widest_arm * bar.width))
    throw InvalidInput(
        "arm width {:.6g} m (--arm-width); expected 0 to {:.6g} m, a fifth of the channel's width, up to "
        "which its correction holds",
        bar.arm_width, widest_arm * bar.width);
  if (bar.total_length != 0 && !(bar.total_length >= bar.length))
    throw InvalidInput("total length {:.6g} m (--total-length); expected at least the length {:.6g} m between the arms",
                       bar.total_length, bar.length);
  if (bar.arm_position && bar.total_length > 0 && !(2 * std::abs(*bar.arm_position) < bar.total_length))
    throw InvalidInput(
        "the Hall arms at {:.6g} m from the middle (--arm-position); expected them within the total length {:.6g} m",
        *bar.arm_position, bar.total_length);
  if (!(contact_factor(bar) > 0.5))
    throw InvalidInput("the contacts take {:.0f} % of the Hall voltage; expected a bar where they take less than half",
                       100 * (1 - contact_factor(bar)));
}

void fill_film(HallFilm& r, const HallBar& bar, double hall_factor, const Estimate* resistance,
               const FilmFreedom& freedom, double floor_slope, double current_error) {
  const double e = constants::elementary_charge;
  if (resistance != nullptr && resistance->value <= 0)
    throw InvalidInput(
        "the longitudinal resistance is {:.4g} ohm; expected a positive one: is V_xx's or the current's "
        "polarity reversed? The carriers' sign would be wrong, too",
        resistance->value);
  if (resistance != nullptr) {
    r.sheet_resistance = scaled(*resistance, bar.width / bar.length);
    r.resistivity = scaled(r.sheet_resistance, bar.thickness);
  }
  // Where the slope's error is not known, the slope itself.
  const auto end = [&](double bound) { return std::abs(std::isnan(bound) ? r.hall_slope.value : bound); };
  r.largest_hall_slope = std::max({end(r.hall_slope.low), end(r.hall_slope.high), floor_slope});
  r.least_density = hall_factor / (e * r.largest_hall_slope * bar.thickness);
  if (resistance != nullptr) r.largest_mobility = r.largest_hall_slope / (hall_factor * r.sheet_resistance.value);
  if (r.carrier == Carrier::not_detected) return;

  r.hall_coefficient = scaled(r.hall_slope, bar.thickness);
  r.sheet_density = reciprocal(r.hall_slope, hall_factor / e);
  r.density = scaled(r.sheet_density, 1 / bar.thickness);
  if (resistance == nullptr) return;
  const auto own_variance = [&](const Estimate& estimate) {
    const double relative = estimate.standard_error / estimate.value;
    return std::isfinite(relative) ? std::max(0.0, relative * relative - current_error * current_error) : 0;
  };
  const bool unknown = std::isnan(r.hall_slope.standard_error);
  const double hall = unknown ? HallFilm::unknown : own_variance(r.hall_slope),
               sheet = own_variance(r.sheet_resistance);
  const double mobility = std::abs(r.hall_slope.value) / (hall_factor * r.sheet_resistance.value);
  r.mobility = fit::student_estimate(
      mobility, std::abs(mobility) * std::sqrt(hall + sheet),
      fit::freedom_of_sum({{std::sqrt(hall), freedom.slope}, {std::sqrt(sheet), freedom.resistance}}));
  // ln n falls by what ln |R_H| rises, ln mu rises with it; the sheet resistance moves mu alone, the current n alone.
  r.density_mobility_correlation = -hall / std::sqrt((hall + sheet) * (hall + current_error * current_error));
}

}  // namespace ecram::analysis
