// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ecram/core/estimate.h"
#include "ecram/study/targets.h"

namespace ecram::study {

/// How a number of ours came about. Never blurred.
enum class Origin {
  calibrated,  ///< the model was fitted to this number of the paper
  predicted,   ///< the model was not fitted to it
  measured,    ///< from a file of real data
  computed,    ///< from first principles, or by training a network
};

std::string_view name_of(Origin origin);

/// What a chapter found for one of the paper's numbers.
struct Finding {
  std::string id;                            ///< the target's
  std::variant<Estimate, std::string> ours;  ///< in the unit of the target's key; labels are magnitudes
  Origin origin = Origin::predicted;
  std::string note = {};     ///< a few words beside it, "from 12 cycles"
  std::string chapter = {};  ///< id of the chapter that found it; the study fills it in
};

/// One row of the table "paper | ours | how ours came about".
struct Row {
  Target target;
  std::optional<Finding> finding;  ///< nothing: not yet
};

/// A row for each target that is a finding of the paper, in the paper's order.
///
/// @throws std::logic_error  if a finding's id is no target's, or two findings have one id: a fault in a chapter
std::vector<Row> merge(std::span<const Target> targets, std::span<const Finding> findings);

/// What results.json says of the run beside its rows.
struct RunFacts {
  std::string effort;  ///< "quick", "normal" or "full"
  unsigned long long seed = 0;
  std::vector<std::string> chapters;  ///< ids of those that ran
};

/// The text of results.json; docs/results-json.md is its contract. The same rows give the same bytes.
std::string results_json(std::span<const Target> targets, std::span<const Row> rows, const RunFacts& facts);

/// A number or word of the paper for people: "> 97.8 %", "50 cm²/(V s)".
std::string paper_text(const Target& target);

/// Ours for people, in the same unit; "not yet" without a finding.
std::string ours_text(const Row& row);

}  // namespace ecram::study
