// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ecram::analysis {

/// A Hall bar. Axes: the current flows along +x, +B points along +z; V_xx is the potential of the arm upstream minus
/// that downstream (positive for a positive current), V_xy that of the arm at -y minus that at +y. So
/// V_xy = R_H I B / d, with R_H negative for electrons.
struct HallBar {
  double length = 0;          ///< m, between the arms of V_xx
  double width = 0;           ///< m
  double thickness = 0;       ///< m
  double arm_width = 0;       ///< m, of the Hall arms where they meet the channel; 0: point contacts
  double total_length = 0;    ///< m, between source and drain; 0: long, their short-circuit of the Hall field is none
  bool arms_swapped = false;  ///< V_xy was wired the other way round
  /// m, of the arms of V_xy from the middle between source and drain; not given: they are a pair of those of V_xx, at
  /// half the length.
  std::optional<double> arm_position = std::nullopt;
};

/// By what factor the finite contacts lessen the Hall voltage. The end contacts short-circuit it: at a distance x from
/// the middle of a bar of length L they take sum 8/(m pi)^2 cosh(m pi x / W) / cosh(m pi L / (2 W)) over the odd m,
/// which is Laplace's equation for the potential that they add, at small Hall angles and for any L. Arms of width s
/// average it, by 1 - 2 s / (pi W), for s/W < 0.2. Source of the latter, and of the leading term for long bars:
/// Popovic, Hall Effect Devices, 2nd ed. (2004), section 4.1.
double contact_factor(const HallBar& bar);

/// One AC Hall record: columns of equal length, in order of time. NaN where a cell is missing, infinite where it is
/// an overflow; an empty column where the file has none.
struct HallRecord {
  std::string name;
  std::vector<double> time;                      ///< s
  std::vector<double> field;                     ///< T, at the sample
  std::vector<double> voltage_xy;                ///< V
  std::vector<double> voltage_xx;                ///< V; may be empty
  std::vector<double> current;                   ///< A
  std::vector<std::vector<double>> temperature;  ///< K, one column a sensor
  std::size_t first_line = 0;                    ///< line of the file that holds the first row; 0: not from a file
};

}  // namespace ecram::analysis
