// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ecram/core/estimate.h"

/// Numbers as text for people, in UTF-8 with a true minus sign. Programs get JSON.
namespace ecram::report {

/// What stands for a number that is not there: "–".
inline constexpr std::string_view not_there = "\u2013";

/// A power of a thousand and the SI prefix that stands for it.
struct Prefix {
  std::string symbol;  ///< "n"; empty for 1
  double factor = 1;   ///< 1e-9
};

/// The prefix that leaves the number between 1 and 1000; from quecto to quetta, 1 for zero and what is not finite.
Prefix si_prefix(double magnitude);

/// "10⁻⁹", with the exponent written small.
std::string power_of_ten(int exponent);

/// A number with so many significant digits, without trailing zeros: "4.32", "−0.05", "3.1·10⁷" (below 10⁻⁴ and from
/// 10⁶ on). NaN is `not_there`, an infinite number "∞" or "−∞".
std::string number(double value, int significant = 4);

/// "0.122 ± 0.033": the error with two significant digits, the value with as many decimals; "(1.38 ± 0.11)·10⁻⁹" where
/// that is shorter to read, "7.22 ± 0.04 µS" with a unit. Without a standard error the value alone with four
/// significant digits; `not_there` without a value.
std::string with_uncertainty(const Estimate& estimate, std::string_view unit = {});

/// The same with the SI prefix that suits the value: {4.32e-8, 2e-10} in "S" is "43.20 ± 0.20 nS".
std::string with_prefix(const Estimate& estimate, std::string_view unit);

/// A number with a unit and the prefix that suits it: "43.2 nS".
std::string with_prefix(double value, std::string_view unit, int significant = 4);

/// The 95 % interval, "0.058 to 0.186", with the digits that its width calls for; "above 1.2", "below 3" and
/// "unbounded" where it is open; `not_there` without one.
std::string interval(const Estimate& estimate);

}  // namespace ecram::report
