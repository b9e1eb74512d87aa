// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ecram::study {

/// A number or a word that the paper reports.
using PaperValue = std::variant<double, std::string>;

/// One entry of the paper's numbers (data/targets.toml).
struct Target {
  std::string id;                 ///< its path joined by dots, "fig5.gap_eV.WO2.938"
  std::vector<std::string> path;  ///< {"fig5", "gap_eV", "WO2.938"}
  std::string label;              ///< what it is, for people: "gap, WO2.938"; without figure, unit and qualifier
  PaperValue value;               ///< in the unit of its key; an array as text, "[4, 4, 4]"
  std::string unit;               ///< as people write it, "cm²/(V s)"; empty: none, or a word
  std::string qualifier;          ///< "more than", "at most", "about", or empty
  bool condition = false;         ///< set by the authors (pulses, volts, geometry, set-up), not found by them

  const std::string& chapter() const { return path.front(); }  ///< "fig5"
};

/// The targets in a TOML text, in the order in which they stand there.
///
/// Units and qualifiers come from the words of the keys (`mean_uS_at_worst`, `lowest_state_extrapolated_s_more_than`).
///
/// @throws InvalidInput  with the line, if the text is not TOML
std::vector<Target> read_targets(std::string_view toml);

/// Those of the paper, which the program carries with it.
const std::vector<Target>& paper_targets();

/// What a target's first word stands for: "fig3b" is "Fig. 3b".
std::string chapter_title(std::string_view chapter);

}  // namespace ecram::study
