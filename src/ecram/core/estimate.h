// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

namespace ecram {

/// A number that was found out, with how well it is known.
///
/// NaN stands for "not there": an estimate whose value is NaN was not obtained, one whose standard error is NaN says
/// why beside it (a warning, a method). `low` and `high` bound the 95 % confidence interval; infinite where the data
/// do not bound it. The interval need not be symmetric about the value.
struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  double standard_error = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();

  bool known() const { return value == value; }
};

/// The estimate of a quantity with a normal error: the interval is the value -+ 1.96 standard errors.
Estimate normal_estimate(double value, double standard_error);

/// The same quantity in other units, or turned round: every number times `factor` (which may be negative).
Estimate scaled(const Estimate& estimate, double factor);

}  // namespace ecram
