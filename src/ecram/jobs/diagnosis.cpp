// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "ecram/jobs/job.h"

namespace ecram::jobs {
namespace {

/// What kernels, queues, MPI and the engines' languages say; lower case.
constexpr std::array<std::string_view, 9> memory_words{
    "out of memory",        "oom-kill",           "oom_kill",       "cannot allocate memory",
    "memoryerror",          "unable to allocate", "std::bad_alloc", "insufficient virtual memory",
    "exceeded memory limit"};
constexpr std::array<std::string_view, 4> time_words{"due to time limit", "walltime exceeded", "exceeded time limit",
                                                     "time limit exceeded"};

std::string lower(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return copy;
}

bool holds_any(const std::string& line, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return line.find(word) != std::string::npos; });
}

}  // namespace

Diagnosis diagnose(std::string_view log) {
  // The last word counts: a log that is added to holds the complaints of earlier attempts too.
  while (!log.empty()) {
    const std::size_t start = log.find_last_of('\n');
    const std::string_view line = start == std::string_view::npos ? log : log.substr(start + 1);
    const std::string small = lower(line);
    if (holds_any(small, memory_words)) return {Shortage::memory, std::string(line)};
    if (holds_any(small, time_words)) return {Shortage::time, std::string(line)};
    log = start == std::string_view::npos ? std::string_view() : log.substr(0, start);
  }
  return {};
}

}  // namespace ecram::jobs
