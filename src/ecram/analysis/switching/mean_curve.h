// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ecram/analysis/switching/pulse_record.h"

namespace ecram::analysis {

/// The runs of one direction that have the same pulse numbers, and their mean.
struct MeanCurve {
  std::vector<const PulseTrain*> runs;  ///< in order of time
  std::vector<double> pulse, conductance;
  std::size_t left_out = 0;                   ///< runs of that direction with other pulse numbers
  std::size_t dead = 0, first_dead_line = 0;  ///< runs in which the conductance never changes, left out too
};

/// Takes the pulse numbers that most runs share (of equals the longer ones) and averages reading by reading. Empty if
/// there is no run in that direction. Runs in which nothing changes are left out unless there are no others.
MeanCurve mean_curve(const PulseRecord& record, Direction direction);

/// Every k-th point of a curve, the last one kept, so that at most `most` remain. Thinning, unlike averaging, leaves
/// both kinds of noise what they are: independent readings independent, and a random walk a random walk.
void thin(std::vector<double>& pulse, std::vector<double>& conductance, std::size_t most);

}  // namespace ecram::analysis
