// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/compare_currents.h"

#include <cmath>

#include <fmt/format.h>

namespace ecram::analysis {

void compare_currents(std::vector<HallResult>& results) {
  for (HallResult& r : results) {
    if (!std::isfinite(r.temperature)) continue;
    const HallResult* least = &r;
    for (const HallResult& other : results)
      if (std::abs(other.temperature - r.temperature) <= 0.5 && other.current < least->current) least = &other;
    if (r.current < 1.2 * least->current) continue;
    const auto compare = [&](const Estimate& own, const Estimate& theirs, const char* what) {
      const double apart = own.value - theirs.value, relative = apart / theirs.value;
      const auto variance = [](const Estimate& e) {
        return std::isfinite(e.standard_error) ? e.standard_error * e.standard_error : 0;
      };
      const double error = std::sqrt(variance(own) + variance(theirs));
      if (!own.known() || !theirs.known() || !(std::abs(apart) > 4 * error) || !(std::abs(relative) > 0.02)) return;
      r.warnings.push_back({"nonlinear_current", 0,
                            fmt::format("the {} at {:.3g} A differs by {:.3g} % from that at {:.3g} A ({}): the film "
                                        "or its contacts are not ohmic, or it is heated",
                                        what, r.current, 100 * relative, least->current, least->name)});
    };
    compare(r.sheet_resistance, least->sheet_resistance, "sheet resistance");
    compare(r.hall_slope, least->hall_slope, "Hall slope");
  }
}

}  // namespace ecram::analysis
