// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ecram/core/thread_pool.h"
#include "ecram/core/warning.h"
#include "ecram/report/page.h"
#include "ecram/study/results.h"

namespace ecram::study {

enum class Effort { quick, normal, full };

/// What a chapter may use.
struct StudyContext {
  Effort effort = Effort::normal;
  std::optional<std::filesystem::path> data;            ///< the folder of real data, if there is one (`find_data`)
  std::vector<std::filesystem::path> pulse_files = {};  ///< the user's own
  std::uint64_t seed = 1;
  ThreadPool* threads = nullptr;  ///< never null in a chapter
};

/// What a chapter has to say.
struct ChapterText {
  std::vector<report::Block> blocks;   ///< its section of the report
  std::vector<Finding> findings = {};  ///< its rows beside the paper
  std::vector<Warning> warnings = {};  ///< shown at the head of its section
};

/// One step on the way from the measurement to the accelerator. Its `write` asks stop_if_interrupted() in its loops,
/// draws random numbers from streams of the context's seed, and depends on nothing but the context.
struct Chapter {
  std::string id;     ///< "switching"; links and timing.json name it so
  std::string title;  ///< "Potentiation and depression"
  std::function<ChapterText(const StudyContext&)> write;
};

}  // namespace ecram::study
