// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/columns.h"

#include <cmath>
#include <csignal>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/thread_pool.h"
#include "support/temporary_folder.h"

namespace ecram::analysis {
namespace {

record::Table table(const std::string& text) {
  const TemporaryFolder folder;
  ThreadPool threads(1);
  write_file(folder / "a.csv", text);
  return record::read_table(folder / "a.csv", threads);
}

// What an instrument writes for an overflow is in its own unit: the cell decides, not the number of amperes.
TEST(Columns, OverflowsAreSeenInAnyUnit) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  for (const char* unit : {"A", "nA", "fA", "kA"}) {
    const auto numbers =
        si_numbers(table(std::string("I [") + unit + "]\n1\n9.9E37\n-9.91e37\n\"\"\n9.8e36\n"), 0, "A");
    EXPECT_TRUE(std::isfinite(numbers.at(0))) << unit;
    EXPECT_EQ(numbers.at(1), infinite) << unit;
    EXPECT_EQ(numbers.at(2), -infinite) << unit;
    EXPECT_TRUE(std::isfinite(numbers.back())) << unit;
  }
  EXPECT_EQ(si_numbers(table("T [degC]\n25\n9.9E37\n"), 0, "K"), (std::vector<double>{298.15, infinite}));
}

TEST(Columns, AColumnOfTheRightQuantityGoesFirst) {
  const std::vector<std::string_view> names{"time", "t"};
  const auto both = table("T [K],t [s],B [T]\n300,0,0.1\n");
  EXPECT_EQ(find_column(both, "", "", names, "s"), 1U);
  EXPECT_EQ(find_column(both, "", "", names), 0U);
  EXPECT_EQ(find_column(table("T [K],B [T]\n300,0.1\n"), "", "", names, "s"), 0U);  // its unit is then complained of
}

TEST(Columns, AnInterruptionIsHeard) {
  const auto column = table("t [s]\n1\n2\n");
  watch_for_interrupt();
  std::raise(SIGINT);
  EXPECT_THROW(si_numbers(column, 0, "s"), Interrupted);
  acknowledge_interrupt();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  EXPECT_EQ(si_numbers(column, 0, "s"), (std::vector<double>{1, 2}));
}

}  // namespace
}  // namespace ecram::analysis
