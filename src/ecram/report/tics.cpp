// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/tics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "ecram/report/format.h"

namespace ecram::report {
namespace {

/// m times 10^exponent, as its decimal spelling says: no 0.30000000000000004 at a tic.
double decimal(double mantissa, int exponent) {
  return std::strtod(fmt::format("{}e{}", mantissa, exponent).c_str(), nullptr);
}

std::string decimals_text(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  return value < 0 && text.find_first_not_of("0.") != std::string::npos ? "\u2212" + text : text;
}

}  // namespace

std::vector<Tic> linear_tics(double low, double high, int wanted) {
  const double rough = (high - low) / std::max(wanted, 1);
  int exponent = static_cast<int>(std::floor(std::log10(rough)));
  const double scale = rough / decimal(1, exponent);
  const int mantissa = scale < 1.5 ? 1 : scale < 3.5 ? 2 : scale < 7.5 ? 5 : 10;
  const double step = decimal(mantissa, exponent);
  if (mantissa == 10) ++exponent;
  const int decimals = std::max(0, -exponent);
  const double slack = 1e-9 * step;

  std::vector<Tic> tics;
  // Numbers far larger than the step cannot be told apart; a plot of them has no tics, which is better than no end.
  if (!(std::max(std::abs(low), std::abs(high)) / step < 1e12)) return tics;
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k) {
    const double at = decimal(k * mantissa, mantissa == 10 ? exponent - 1 : exponent);
    tics.push_back({at, decimals_text(at, decimals)});
  }
  return tics;
}

std::vector<Tic> log_tics(double low, double high, int wanted) {
  const double decades = std::log10(high / low);
  if (decades < 0.5) return linear_tics(low, high, wanted);
  const int first = static_cast<int>(std::floor(std::log10(low))),
            last = static_cast<int>(std::floor(std::log10(high)));
  const int every = std::max(1, static_cast<int>(std::ceil(decades / std::max(wanted, 1))));
  const bool plain = first >= -3 && last <= 4;

  std::vector<Tic> tics;
  for (int exponent = first; exponent <= last + 1; ++exponent) {
    for (int digit = 1; digit <= 9; ++digit) {
      const double at = decimal(digit, exponent);
      if (at < low * (1 - 1e-9) || at > high * (1 + 1e-9)) continue;
      const bool labelled = digit == 1 ? exponent % every == 0 : decades < 2 && (digit == 2 || digit == 5);
      if (!labelled && every > 1 && digit != 1) continue;
      const std::string text = plain        ? number(at)
                               : digit == 1 ? power_of_ten(exponent)
                                            : fmt::format("{}·{}", digit, power_of_ten(exponent));
      tics.push_back({at, labelled ? text : "", !labelled});
    }
  }
  return tics;
}

}  // namespace ecram::report
