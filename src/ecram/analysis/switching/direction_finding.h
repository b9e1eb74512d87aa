// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ecram/analysis/switching/mean_curve.h"
#include "ecram/analysis/switching/switching.h"

namespace ecram::analysis {

/// What the runs of one direction say; the quantities of `DirectionFinding`, defined in docs/pulses.md.
///
/// @param runs      of that direction, at least one
/// @param warnings  what was odd is added here
DirectionFinding find_direction(Direction direction, const MeanCurve& runs, const SwitchingOptions& options,
                                ThreadPool& threads, std::vector<Warning>& warnings);

}  // namespace ecram::analysis
