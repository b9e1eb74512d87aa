// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

namespace ecram::analysis {

/// Readings without their noise.
struct Smooth {
  std::vector<double> values;
  double mean_error = 0;  ///< standard error of the mean, from the scatter
  double scatter = 0;     ///< standard deviation of a reading about `values`
};

/// The polynomial of the order that Schwarz's criterion prefers (needless ones would carry the meter's noise along),
/// without what stands out.
///
/// @param polynomials  as of legendre(); the highest order is that of the last column
Smooth smooth(const Eigen::Ref<const Eigen::MatrixXd>& polynomials, std::span<const double> readings);

/// The levels that a current was switched between.
struct CurrentLevels {
  int count = 1;                ///< 1: none
  std::vector<double> current;  ///< A, of each reading: smooth within its level
  std::vector<double> limits;   ///< A, between the levels
  std::vector<double> errors;   ///< A, of each level's mean
  std::vector<char> uncertain;  ///< readings so near a step, found in medians, that they may be on its other side
  std::size_t steps = 0;        ///< from one level to another
  double error = 0;             ///< relative, of the levels' means, each with the share that it has in a slope
};

/// Levels are values with nothing between them: gaps of more than 2 % of the mean magnitude and half as wide again as
/// what the twelve readings on either side take up, so that neither a current that varies steadily has any, nor the
/// noise of a steady one. Noise that fills the gaps is lessened by running medians first, which keep a step a step; two
/// levels may then also show by their distance, eight times their own scatter. More than four between which the current
/// changes at every fourth reading or oftener are none: it varies all the time.
CurrentLevels current_levels(std::span<const double> time, std::span<const double> current);

}  // namespace ecram::analysis
