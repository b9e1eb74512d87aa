// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/wait.h>

#include "support/temporary_folder.h"

namespace ecram {

/// What the program did: exit status (128 + signal if it was killed), standard output, standard error.
struct Outcome {
  int status = 0;
  std::string output, complaint;
};

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs `ecram ARGUMENTS` through the shell. @param before  in front of it: variables, "ulimit -f 10;"
inline Outcome ecram_program(const std::string& arguments, const std::string& before = "") {
  const TemporaryFolder folder;
  const std::string command = before + " \"" + std::getenv("ECRAM_EXECUTABLE") + "\" " + arguments + " >" +
                              (folder / "out").string() + " 2>" + (folder / "err").string() + " </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(folder / "out"),
          text_of(folder / "err")};
}

}  // namespace ecram
