// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ecram/analysis/switching/switching.h"
#include "ecram/analysis/variation/device_to_device.h"
#include "ecram/report/figure.h"
#include "ecram/report/page.h"

/// The switching analysis for people and for programs.
namespace ecram::report {

/// The findings of one file as docs/pulses.md lists them.
nlohmann::ordered_json switching_json(const analysis::Switching& switching);

nlohmann::ordered_json device_to_device_json(const analysis::DeviceToDevice& devices);

/// "quantity | potentiation | depression" and what concerns both, as text cells; the terminal's and the page's tables
/// are made of it.
struct SwitchingTable {
  struct Line {
    std::string quantity, potentiation, depression;
  };
  std::vector<Line> by_direction;
  std::vector<std::pair<std::string, std::string>> overall;  ///< quantity, value with uncertainty
};
SwitchingTable switching_table(const analysis::Switching& switching);

/// The table and the warnings, for a terminal.
std::string switching_text(const analysis::Switching& switching);
std::string device_to_device_text(const analysis::DeviceToDevice& devices);

/// Data with the law, residuals, and the step against conductance.
Figure switching_figure(const analysis::Switching& switching);

/// The table, the figure with `caption`, and the warnings as a list, for a page.
std::vector<Block> switching_blocks(const analysis::Switching& switching, const std::string& caption);

}  // namespace ecram::report
