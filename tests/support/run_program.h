// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/wait.h>

#include "support/temporary_folder.h"

namespace ecram {

inline std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct ProgramRun {
  int status = -1;  ///< exit status, or -1 if it did not end by itself
  std::string out, err;
};

/// Runs the program under test (ECRAM_EXECUTABLE) with these arguments, as a shell takes them.
/// @param before  shell words in front; without any, a limit of two minutes
inline ProgramRun run_program(const std::string& arguments, const std::string& before = "timeout 120") {
  const TemporaryFolder folder;
  const std::string out = (folder / "out").string(), err = (folder / "err").string();
  const std::string command =
      before + " " + std::getenv("ECRAM_EXECUTABLE") + " " + arguments + " >" + out + " 2>" + err;
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_whole(out), read_whole(err)};
}

}  // namespace ecram
