// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "ecram/analysis/switching/pulse_columns.h"
#include "ecram/analysis/switching/pulse_record.h"
#include "ecram/record/table.h"

/// The three layouts of a file of pulses, cut into trains; for pulse_record.cpp.
namespace ecram::analysis {

struct Run {
  PulseTrain train;
  std::size_t last_line = 0;  ///< line of the file that holds the last value
};

/// Trains of at least `fewest_pulses` values, and what was shorter.
struct Runs {
  std::vector<Run> runs;
  std::size_t dropped = 0, first_dropped_line = 0, longest_dropped = 0;

  /// Keeps the run if it is long enough. An empty one is forgotten.
  void add(Run run);
};

/// What every row says: the direction of its pulse (+1, -1, 0: no pulse), the reading after it, the energy.
struct Rows {
  std::vector<signed char> sign;
  std::vector<double> conductance;
  std::vector<double> energy;  ///< empty where the file does not say
};

/// One column of conductances, pulse after pulse from top to bottom; empty cells at the end belong to no pulse.
/// @param pulse  the pulses' numbers, strictly increasing; empty: 0, 1, 2, ...
/// @return how many cells within were empty
std::size_t add_column(const record::Table& table, Direction direction, const std::vector<double>& conductance,
                       const std::vector<double>& pulse, Runs& runs);

/// Rows with a direction and a pulse number (and perhaps a cycle), in any order. Without a cycle column, rows that run
/// through pulse numbers several times, one after another, are cycles; other repetitions are averaged.
Runs long_form(const record::Table& table, const Rows& rows, const std::vector<double>& pulse,
               const std::vector<double>& cycle, std::vector<Warning>& warnings);

/// Rows in order of time. A train ends where the sign (or the cycle) changes. A pulse without a reading takes that of
/// the rows without a pulse behind it.
Runs time_ordered(const record::Table& table, const Rows& rows, const std::vector<double>& cycle,
                  std::vector<Warning>& warnings);

}  // namespace ecram::analysis
