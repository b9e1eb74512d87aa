// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ecram::jobs {

/// Where a program is that the shell would start under this name (a path is taken as it is); nothing if there is none.
std::optional<std::filesystem::path> find_program(const std::string& name);

struct ProcessOptions {
  std::filesystem::path folder = ".";              ///< working folder of the process
  std::filesystem::path log;                       ///< its output and errors are added to the end of this file
  std::map<std::string, std::string> environment;  ///< variables set for it beside our own
  double time_limit = 0;                           ///< s; 0: none
  double grace = 10;                               ///< s between being asked to end (SIGTERM) and being ended (SIGKILL)
};

/// How a process ended.
struct ProcessEnd {
  int exit_code = -1;        ///< -1 if a signal ended it
  int signal = 0;            ///< the signal that ended it, 0 if none
  bool timed_out = false;    ///< it was ended here, because its time was up
  bool interrupted = false;  ///< it was ended here, because the user asked to stop
  double wall_time = 0;      ///< s
  double peak_memory = 0;    ///< bytes, of its largest process
};

/// Runs a program to its end. It gets a process group of its own, which is ended whole at the time limit and when
/// the user asks to stop; if this program is killed itself, the kernel kills the process too.
///
/// @param command  the program and its arguments; no shell is involved
/// @throws InvalidInput  if there is no such program
/// @throws Failure       if it cannot be started
ProcessEnd run_process(const std::vector<std::string>& command, const ProcessOptions& options);

/// Runs a short program and returns what it prints. @throws Failure  if it ends with anything but 0, with its words
std::string output_of(const std::vector<std::string>& command, const std::filesystem::path& folder = ".");

}  // namespace ecram::jobs
