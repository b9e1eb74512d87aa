// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace ecram::analysis {

/// Which way a train of conductances clearly goes: +1 up, -1 down, 0 where noise hides it. `read_pulses` says what
/// "clearly" means.
int clear_trend(std::span<const double> conductance);

}  // namespace ecram::analysis
