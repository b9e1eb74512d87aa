// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/study/chapter.h"

namespace ecram::study {

/// The folder of real data: the first that is there of the one that ECRAM_DATA names and ../shared/data, seen from the
/// current folder. Nothing where ECRAM_DATA is empty or unset and the other is not there; the report then says so.
///
/// @throws InvalidInput  ECRAM_DATA names what is no folder
std::optional<std::filesystem::path> find_data();

/// The chapters that exist, in the order of the report.
std::vector<Chapter> chapters();

/// Those of `all` with one of these ids, in the order of the report; all of them for no ids.
///
/// @throws InvalidInput  an id that no chapter has
std::vector<Chapter> chosen_chapters(std::span<const Chapter> all, std::span<const std::string> ids);

/// How long a chapter took.
struct Timing {
  std::string chapter;
  double seconds = 0;
};

/// A study that was run, not yet on disk.
struct Study {
  std::string page;     ///< index.html
  std::string results;  ///< results.json, the same bytes for the same context
  std::vector<Row> rows;
  std::vector<Timing> timings;  ///< of the chapters, then of drawing the page ("report")
};

/// Runs the chapters one after the other and writes up what they found.
///
/// @throws InvalidInput  what a chapter throws (a user's file that cannot be used)
Study run_study(std::span<const Chapter> chapters, std::span<const Target> targets, const StudyContext& context);

/// The text of timing.json.
std::string timing_json(std::span<const Timing> timings, unsigned threads);

/// The rows that have been reached, as a table for a terminal; one line that says so where none has.
std::string reached_rows_text(std::span<const Row> rows);

}  // namespace ecram::study
