// SPDX-License-Identifier: Apache-2.0
// `ecram study` as a user runs it.
#include <filesystem>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ecram/core/files.h"
#include "support/run_program.h"
#include "support/temporary_folder.h"

namespace ecram {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

class StudyProgram : public testing::Test {
 protected:
  std::string out(const std::string& name = "look") const { return (folder_ / name).string(); }
  std::string file(const std::string& name) const { return read_whole(folder_ / "look" / name); }

  TemporaryFolder folder_;
};

TEST_F(StudyProgram, WritesTheReportAndSaysWhere) {
  const ProgramRun run = run_program("study --quick --chapter switching --out " + out());
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("report: " + out() + "/index.html"));
  EXPECT_TRUE(fs::exists(folder_ / "look" / "timing.json"));
  EXPECT_THAT(file("index.html"), HasSubstr("Potentiation"));
  const auto results = nlohmann::json::parse(file("results.json"));
  for (const auto& row : results["rows"])
    EXPECT_TRUE(row.contains("paper") && row.contains("ours") && row.contains("origin"));
  EXPECT_EQ(results["effort"], "quick");
  EXPECT_EQ(results["chapters"], nlohmann::json::parse(R"(["switching"])"));
}

TEST_F(StudyProgram, KeepsAFolderThatExistsUnlessForced) {
  fs::create_directory(folder_ / "look");
  write_file(folder_ / "look" / "index.html", "mine");
  write_file(folder_ / "look" / "notes.txt", "mine too");
  const std::string command = "study --quick --chapter switching --out " + out();
  const ProgramRun refused = run_program(command);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(file("index.html"), "mine");
  EXPECT_FALSE(fs::exists(folder_ / "look" / "results.json"));
  EXPECT_EQ(run_program(command + " --force").status, 0);
  EXPECT_NE(file("index.html"), "mine");
  EXPECT_EQ(file("notes.txt"), "mine too");
  const std::string results = file("results.json");
  EXPECT_EQ(run_program(command + " --force").status, 0);
  EXPECT_EQ(file("results.json"), results);  // the same seed, the same bytes
}

TEST_F(StudyProgram, RefusesWhatItCannotUseAndWritesNothing) {
  const auto expect_refused = [&](const std::string& arguments, const std::string& text, const std::string& before) {
    const ProgramRun run = run_program("study --quick --out " + out() + " " + arguments, before);
    EXPECT_EQ(run.status, 2) << arguments;
    EXPECT_THAT(run.err, HasSubstr(text));
  };
  expect_refused("--pulses none.csv", "none.csv", "");
  expect_refused("--full", "--full", "");
  expect_refused("--chapter swiching", "there is no chapter 'swiching'", "");
  expect_refused("", "ECRAM_DATA names none, which is no folder", "ECRAM_DATA=none");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 0);
}

}  // namespace
}  // namespace ecram
