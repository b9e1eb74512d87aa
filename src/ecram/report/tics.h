// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace ecram::report {

/// A mark on an axis.
struct Tic {
  double at = 0;
  std::string label;  ///< empty: a small mark
  bool minor = false;
};

/// Marks at round numbers (1, 2 or 5 times a power of ten) from `low` to `high`, about `wanted` of them, labelled with
/// the decimals that they need. @pre low < high
std::vector<Tic> linear_tics(double low, double high, int wanted);

/// Marks at powers of ten, thinned to about `wanted`, with 2 ... 9 between them as small ones; over less than two
/// decades 1, 2 and 5 have labels too, over less than half a decade the marks are those of `linear_tics`.
/// @pre 0 < low < high
std::vector<Tic> log_tics(double low, double high, int wanted);

}  // namespace ecram::report
