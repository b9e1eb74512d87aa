// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ecram/analysis/hall/ac_hall.h"

namespace ecram::analysis {

/// Ohm's and Hall's laws want R_s and R_H to be the same for every current. Records at the same temperature (within
/// 0.5 K) whose currents differ by 20 % or more are compared with that of the smallest current; the warning
/// `nonlinear_current` goes to those whose sheet resistance or Hall slope is off by more than 4 standard errors and 2
/// %.
void compare_currents(std::vector<HallResult>& results);

}  // namespace ecram::analysis
