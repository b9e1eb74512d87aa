// SPDX-License-Identifier: Apache-2.0
// What all subcommands have in common.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/run_program.h"

namespace ecram {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST(Program, VersionNamesTheCommitAndHelpHasExamples) {
  EXPECT_THAT(run_program("--version").out, MatchesRegex("ecram [0-9.]+ .commit ([0-9a-f]+|unknown).*\n"));
  for (const auto* command : {"pulses", "card", "study", "train", "hall", "magnet", "transport"}) {
    const auto help = run_program(std::string(command) + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.out, HasSubstr(std::string("  ecram ") + command));
  }
}

TEST(Program, MisspeltWordsAreRefusedWithTheNearestOne) {
  const auto expect_refused = [](const std::string& arguments, const std::string& text) {
    const ProgramRun run = run_program(arguments);
    EXPECT_EQ(run.status, 2) << arguments;
    EXPECT_THAT(run.err, HasSubstr(text));
    EXPECT_EQ(run.err.find('\n'), run.err.size() - 1) << run.err;
  };
  expect_refused("puls", "no subcommand 'puls' (did you mean 'pulses'?)");
  expect_refused("simulate hal", "no subcommand 'hal' (did you mean 'hall'?)");
  expect_refused("magnet --angel 3", "no option '--angel' (did you mean '--angle'?)");
  expect_refused("study --seed -3", "expected a whole number from 0");
  expect_refused("hall nowhere.csv", "nowhere.csv: cannot be read");  // a file's name is no subcommand
}

}  // namespace
}  // namespace ecram
