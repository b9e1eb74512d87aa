// SPDX-License-Identifier: Apache-2.0
// `ecram study` as a user runs it.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "ecram/core/files.h"
#include "support/temporary_folder.h"

namespace ecram {
namespace {
namespace fs = std::filesystem;

struct Outcome {
  int status = -1;
  std::string text;  ///< standard output and error
};

Outcome run(const fs::path& folder, const std::string& arguments) {
  const std::string line =
      "cd '" + folder.string() + "' && '" + std::getenv("ECRAM_EXECUTABLE") + "' " + arguments + " 2>&1 </dev/null";
  Outcome outcome;
  FILE* pipe = ::popen(line.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) outcome.text.append(buffer.data(), n);
  outcome.status = WEXITSTATUS(::pclose(pipe));
  return outcome;
}

TEST(StudyCommand, WritesTheReportAndSaysWhere) {
  const TemporaryFolder folder;
  const Outcome outcome = run(folder.path(), "study --quick --out look");
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_NE(outcome.text.find("report: look/index.html"), std::string::npos) << outcome.text;
  for (const char* name : {"index.html", "results.json", "timing.json"})
    EXPECT_TRUE(fs::exists(folder / "look" / name)) << name;
  EXPECT_EQ(nlohmann::json::parse(MappedFile(folder / "look" / "results.json").text())["effort"], "quick");
}

TEST(StudyCommand, KeepsAFolderThatExists) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "look");
  write_file(folder / "look" / "index.html", "mine");
  const Outcome refused = run(folder.path(), "study --quick --out look");
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.text.find("--force"), std::string::npos) << refused.text;
  EXPECT_EQ(MappedFile(folder / "look" / "index.html").text(), "mine");
  EXPECT_FALSE(fs::exists(folder / "look" / "results.json"));
  EXPECT_EQ(run(folder.path(), "study --quick --out look --force").status, 0);
  EXPECT_NE(MappedFile(folder / "look" / "index.html").text(), "mine");
}

TEST(StudyCommand, RefusesWhatItCannotUseAndWritesNothing) {
  const TemporaryFolder folder;
  const Outcome missing = run(folder.path(), "study --quick --out look --pulses none.csv");
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.text.find("none.csv"), std::string::npos) << missing.text;
  EXPECT_EQ(run(folder.path(), "study --quick --full --out look").status, 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 0);
}

TEST(StudyCommand, ResultsDoNotDependOnThreads) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder.path(), "study --quick --out one --threads 1").status, 0);
  ASSERT_EQ(run(folder.path(), "study --quick --out three --threads 3").status, 0);
  for (const char* name : {"index.html", "results.json"})
    EXPECT_EQ(MappedFile(folder / "one" / name).text(), MappedFile(folder / "three" / name).text()) << name;
}

}  // namespace
}  // namespace ecram
