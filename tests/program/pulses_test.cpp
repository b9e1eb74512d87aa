// SPDX-License-Identifier: Apache-2.0
// The program as a user meets it: exit status, one line of complaint, nothing written in vain.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/expect_refused.h"

namespace ecram {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;

/// The drawn example that the repository carries.
std::string example() { return (fs::path(std::getenv("ECRAM_SOURCE")) / "examples" / "pulses_drawn.csv").string(); }

TEST(PulsesProgram, JsonKeepsItsContract) {
  const auto outcome = run_program("pulses " + example() + " --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  for (const auto* direction : {"potentiation", "depression"})
    for (const auto* quantity : {"nonlinearity", "A"})
      for (const auto* key : {"value", "se", "low", "high"})
        EXPECT_TRUE(json.at(direction).at(quantity).contains(key)) << direction << quantity << key;
  EXPECT_GT(json["potentiation"]["nonlinearity"]["value"], 0);
  EXPECT_LT(json["depression"]["nonlinearity"]["value"], 0);
  EXPECT_LT(json["depression"]["A"]["value"], 0);
  EXPECT_TRUE(json["warnings"].is_array());
}

TEST(PulsesProgram, WarningsHaveCodeRowAndText) {
  const TemporaryFolder folder;
  std::string csv = "up\n";
  for (int i = 0; i < 30; ++i) csv += std::to_string(i * i * 0.01 - 0.5) + "\n";
  write(folder / "a.csv", csv);
  const auto outcome = run_program("pulses " + (folder / "a.csv").string() + " --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::vector<std::string> codes;
  const auto json = nlohmann::json::parse(outcome.out);
  for (const auto& warning : json["warnings"]) {
    codes.push_back(warning.at("code"));
    EXPECT_TRUE(warning.contains("row"));
    EXPECT_FALSE(warning.at("text").get<std::string>().empty());
  }
  EXPECT_THAT(codes, testing::IsSupersetOf({"arbitrary_units", "negative_conductance", "one_direction_only"}));
}

TEST(PulsesProgram, WritesCardAndPlotWholeAndNotTwice) {
  const TemporaryFolder folder;
  const std::string outputs = " --card " + (folder / "c.toml").string() + " --plot " + (folder / "p.svg").string();
  ASSERT_EQ(run_program("pulses " + example() + outputs).status, 0);
  EXPECT_EQ(run_program("card check " + (folder / "c.toml").string()).status, 0);
  EXPECT_THAT(run_program("card show " + (folder / "c.toml").string()).out, HasSubstr("label"));
  EXPECT_THAT(read_whole(folder / "p.svg"), HasSubstr("</svg>"));
  expect_refused(run_program("pulses " + example() + outputs), "exists already; --force replaces it");
  EXPECT_EQ(run_program("pulses " + example() + outputs + " --force").status, 0);
  EXPECT_EQ(entries(folder.path()), 2U);
}

TEST(PulsesProgram, TheMeasurementIsNeverOverwritten) {
  const TemporaryFolder folder;
  const std::string in = (folder / "a.svg").string();
  fs::copy_file(example(), in);
  expect_refused(run_program("pulses " + in + " --plot " + in + " --force"), "is an input itself");
  expect_refused(run_program("pulses " + in + " --card " +
                             (folder.path() / ".." / folder.path().filename() / "a.svg").string() + " --force"),
                 "is an input itself");
  EXPECT_EQ(read_whole(in), read_whole(example()));
  const std::string both = (folder / "b.svg").string();
  expect_refused(run_program("pulses " + in + " --plot " + both + " --card " + both), "two outputs cannot be one file");
  expect_refused(run_program("pulses " + in + " --plot " + both + " --card " + folder.path().string() + " --force"),
                 "not a plain file");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(PulsesProgram, AnOddDeviceIsLeftOutOfTheSpreadAndSaid) {
  const TemporaryFolder folder;
  std::string files;
  for (int device = 0; device < 4; ++device) {
    const bool odd = device == 3;  // has no depression
    std::string csv = odd ? "up_uS\n" : "up_uS,down_uS\n";
    for (int i = 0; i < 30; ++i)
      csv +=
          odd ? fmt::format("{}\n", 1 + 0.1 * i) : fmt::format("{},{}\n", 1 + device + 0.1 * i, 4 + device - 0.1 * i);
    const fs::path file = folder / fmt::format("d{}.csv", device);
    write(file, csv);
    files += fmt::format(" {}", file.string());
  }
  const auto outcome = run_program("pulses --json" + files);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["files"].size(), 4U);
  EXPECT_EQ(json["device_to_device"]["devices"], 3);
  EXPECT_THAT(json["files"][3]["warnings"].dump(), HasSubstr("not_compared"));
}

// /dev/full answers every write with "no space left on device".
TEST(PulsesProgram, LostOutputIsNoSuccess) {
  const TemporaryFolder folder;
  const std::string command = fmt::format("\"{}\" pulses {} --json >/dev/full 2>{}", std::getenv("ECRAM_EXECUTABLE"),
                                          example(), (folder / "err").string());
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_THAT(read_whole(folder / "err"), HasSubstr("standard output cannot be written"));
}

TEST(PulsesProgram, RefusesAndWritesNothing) {
  const TemporaryFolder folder;
  const std::string in = (folder / "a.csv").string(), out = (folder / "c.toml").string();
  const std::vector<std::pair<std::string, std::string>> files{
      {"", "empty"},
      {"direction,pulse\n1,2\n", "a.csv:1"},
      {"pulse_V,G [furlong]\n1,2\n1,3\n1,4\n1,5\n1,6\n1,7\n", "furlong"},
      {"up,down\n1,2\n2,nan\n3,4\n4,5\n5,6\n6,7\n", "a.csv:3"},
      {"up,down\n1,2\n2,oops\n3,4\n4,5\n5,6\n6,7\n", "a.csv:3"},
      {"up,down\n1,2\n2,1\n", "at least 5"},
      {std::string("up,down\n1,\0\n", 11), "binary"},
  };
  for (const auto& [text, because] : files) {
    write(in, text);
    expect_refused(run_program(fmt::format("pulses {} --card {}", in, out)), because);
    EXPECT_EQ(entries(folder.path()), 1U);
  }
  expect_refused(run_program("pulses " + (folder / "none.csv").string()), "none.csv");
  expect_refused(run_program("pulses " + example() + " --plot " + (folder / "p.jpg").string()), "p.jpg");
  expect_refused(run_program("pulses " + example() + " --card " + (folder / "no" / "c.toml").string()),
                 "no such folder");
  expect_refused(run_program("pulses " + example() + " --read-voltage 5"), "--read-voltage: '5' has no unit");
  expect_refused(run_program("pulses --bootstrap 1 " + example()), "--bootstrap");
  expect_refused(run_program("puls"), "no subcommand 'puls' (did you mean 'pulses'?)");
  expect_refused(run_program("card chekc x.toml"), "no subcommand 'chekc' (did you mean 'check'?)");
  expect_refused(run_program(""), "subcommand");
}

// A limit on the size of files stands for the full disk.
TEST(PulsesProgram, AFullDiskLeavesNothingBehind) {
  const TemporaryFolder folder;
  const auto outcome =
      run_program("pulses " + example() + " --card " + (folder / "c.toml").string(), "trap '' XFSZ; ulimit -f 1;");
  expect_refused(outcome, "c.toml: cannot be written: File too large");
  EXPECT_EQ(entries(folder.path()), 0U);
}

}  // namespace
}  // namespace ecram
