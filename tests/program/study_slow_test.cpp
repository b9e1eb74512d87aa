// SPDX-License-Identifier: Apache-2.0
// The whole of `ecram study`: under sanitizers it takes minutes.
#include <string>

#include <gtest/gtest.h>

#include "support/run_program.h"
#include "support/temporary_folder.h"

namespace ecram {
namespace {

TEST(StudyProgram, ResultsDoNotDependOnThreads) {
  const TemporaryFolder folder;
  for (const char* threads : {"1", "3"})
    ASSERT_EQ(run_program("study --quick --threads " + std::string(threads) + " --out " + (folder / threads).string(),
                          "timeout 600")
                  .status,
              0);
  for (const char* name : {"index.html", "results.json"})
    EXPECT_EQ(read_whole(folder / "1" / name), read_whole(folder / "3" / name)) << name;
}

}  // namespace
}  // namespace ecram
