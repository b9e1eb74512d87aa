// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "ecram/analysis/hall/bins.h"

namespace ecram::analysis {

/// HallReadings without their noise.
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
  int count = 1;                   ///< 1: none
  std::vector<double> current;     ///< A, of each reading: smooth within its level; as it was read where there are none
  std::vector<std::size_t> level;  ///< of each reading, counted from the lowest; empty where there are none
  std::vector<double> limits;      ///< A, between the levels
  std::vector<double> errors;      ///< A, of each level's mean
  /// HallReadings to be left out: those so near a step, found in medians, that they may be on its other side, and those
  /// of a wrong current.
  std::vector<char> uncertain;
  std::size_t spikes = 0;    ///< readings that stand out of their level, or of a current without levels
  std::size_t steps = 0;     ///< from one level to another
  double error = 0;          ///< relative, of the levels' means, each with the share that it has in a slope
  double reading_noise = 0;  ///< A, standard deviation: what neighbouring readings differ by, or half the meter's step
  double rounding = 0;       ///< A, standard error that the meter's step leaves in a mean of the readings
};

/// Levels are values with nothing between them: gaps of more than 2 % of the mean magnitude and half as wide again as
/// what the twelve readings on either side take up, so that neither a current that varies steadily has any, nor the
/// noise of a steady one. Noise that fills the gaps is lessened by running medians first, which keep a step a step; two
/// levels may then also show by their distance, eight times their own scatter. More than four between which the current
/// changes at every fourth reading or oftener are none: it varies all the time.
///
/// The codes of a coarse meter and readings that are simply wrong have nothing between them either. So the voltages
/// must follow: from one level to the next V_xx (or V_xy) must be better described as proportional to the current than
/// as independent of it. Where neither voltage tells, a level is one that the current stays at, for longer than chance
/// would have it, or two far from each other that both have their share of the readings. Of levels that are none the
/// readings belong to one, and those that stand out of it are wrong.
CurrentLevels current_levels(const HallReadings& readings);

}  // namespace ecram::analysis
