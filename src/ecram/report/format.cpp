// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace ecram::report {
namespace {

constexpr std::string_view minus = "\u2212";
constexpr std::string_view infinity = "\u221E";

/// The exponent of a number written with so many significant digits: 0.0996 with two is 1.0e-1, so -1.
int decimal_exponent(double value, int significant) {
  const std::string text = fmt::format("{:.{}e}", value, significant - 1);
  return std::atoi(text.c_str() + text.find('e') + 1);
}

/// Fixed decimals with a true minus sign; no "−0.0".
std::string fixed(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", std::abs(value), std::max(decimals, 0));
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  if (value < 0 && !zero) text.insert(0, minus);
  return text;
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// Rounded to so many decimals, which may be negative: tens, hundreds.
double rounded(double value, int decimals) {
  if (decimals >= 0) return value;
  const double unit = std::pow(10, -decimals);
  return std::round(value / unit) * unit;
}

bool wants_power(int exponent) { return exponent < -4 || exponent >= 6; }

std::string with_unit(std::string text, std::string_view unit) {
  if (unit.empty()) return text;
  return fmt::format("{}{}{}", text, unit == "°" ? "" : " ", unit);
}

}  // namespace

Prefix si_prefix(double magnitude) {
  static constexpr std::array<std::string_view, 21> symbols{"q", "r", "y", "z", "a", "f", "p", "n", "µ", "m", "",
                                                            "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q"};
  if (!std::isfinite(magnitude) || magnitude == 0) return {};
  const int thousands = static_cast<int>(std::floor(decimal_exponent(std::abs(magnitude), 4) / 3.0));
  const int index = std::clamp(thousands + 10, 0, 20);
  // From its decimal spelling: the nearest double, which pow does not promise.
  return {std::string(symbols[static_cast<std::size_t>(index)]),
          std::strtod(fmt::format("1e{}", 3 * (index - 10)).c_str(), nullptr)};
}

std::string power_of_ten(int exponent) {
  static constexpr std::array<std::string_view, 10> digits{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = "10";
  for (const char c : fmt::format("{}", exponent)) text += c == '-' ? "⁻" : digits[static_cast<std::size_t>(c - '0')];
  return text;
}

std::string number(double value, int significant) {
  if (std::isnan(value)) return std::string(not_there);
  if (std::isinf(value)) return (value < 0 ? std::string(minus) : std::string()) + std::string(infinity);
  if (value == 0) return "0";
  const int exponent = decimal_exponent(std::abs(value), significant);
  if (!wants_power(exponent)) {
    const int decimals = significant - 1 - exponent;
    return without_trailing_zeros(fixed(rounded(value, decimals), decimals));
  }
  std::string mantissa = fmt::format("{:.{}e}", std::abs(value), significant - 1);
  mantissa = without_trailing_zeros(mantissa.substr(0, mantissa.find('e')));
  const std::string sign(value < 0 ? minus : std::string_view());
  return sign + (mantissa == "1" ? "" : mantissa + "·") + power_of_ten(exponent);
}

std::string with_uncertainty(const Estimate& estimate, std::string_view unit) {
  if (!estimate.known()) return std::string(not_there);
  const double error = estimate.standard_error;
  if (!std::isfinite(error) || error <= 0 || !std::isfinite(estimate.value))
    return with_unit(number(estimate.value), unit);

  const int error_exponent = decimal_exponent(error, 2);
  const int exponent =
      std::max(error_exponent, estimate.value == 0 ? error_exponent : decimal_exponent(std::abs(estimate.value), 2));
  // Digits in front of the error's two would be invented, so large errors too are written as a power of ten.
  const bool power = wants_power(exponent) || error_exponent > 2;
  const int shift = power ? exponent : 0;
  const int decimals = 1 - (error_exponent - shift);
  const auto shifted = [&](double x) {
    return std::strtod(fmt::format("{:.17e}", x / std::pow(10.0, shift)).c_str(), nullptr);
  };
  const std::string both = fixed(rounded(shifted(estimate.value), decimals), decimals) + " ± " +
                           fixed(rounded(shifted(error), decimals), decimals);
  if (!power) return unit.empty() ? both : with_unit(both, unit);
  return with_unit("(" + both + ")·" + power_of_ten(shift), unit);
}

std::string with_prefix(const Estimate& estimate, std::string_view unit) {
  const Prefix prefix = si_prefix(estimate.value != 0 ? estimate.value : estimate.standard_error);
  return with_uncertainty(scaled(estimate, 1 / prefix.factor), prefix.symbol + std::string(unit));
}

std::string with_prefix(double value, std::string_view unit, int significant) {
  if (!std::isfinite(value)) return number(value);
  const Prefix prefix = si_prefix(value);
  return with_unit(number(value / prefix.factor, significant), prefix.symbol + std::string(unit));
}

std::string interval(const Estimate& estimate) {
  const double low = estimate.low, high = estimate.high;
  if (std::isnan(low) || std::isnan(high)) return std::string(not_there);
  if (std::isinf(low) && std::isinf(high)) return "unbounded";
  if (std::isinf(low)) return "below " + number(high, 3);
  if (std::isinf(high)) return "above " + number(low, 3);
  const double width = high - low;
  if (!(width > 0)) return number(low) + " to " + number(high);
  const int width_exponent = decimal_exponent(width, 2);
  const auto digits = [&](double x) {
    return x == 0 ? 1 : std::clamp(decimal_exponent(std::abs(x), 2) - width_exponent + 2, 1, 15);
  };
  const double larger = std::max(std::abs(low), std::abs(high));
  if (wants_power(decimal_exponent(larger, 2))) return number(low, digits(low)) + " to " + number(high, digits(high));
  const int decimals = 1 - width_exponent;
  return fixed(rounded(low, decimals), decimals) + " to " + fixed(rounded(high, decimals), decimals);
}

}  // namespace ecram::report
