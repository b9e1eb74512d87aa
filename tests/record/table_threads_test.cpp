// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/random.h"
#include "ecram/core/thread_pool.h"
#include "ecram/record/table.h"

namespace ecram::record {
namespace {

using testing::ElementsAre;

std::string large_text(std::size_t rows, std::string_view line_end) {
  std::string text = fmt::format("n,way,x{}", line_end);
  RandomStream random(1, "large table");
  for (std::size_t i = 0; i < rows; ++i) {
    if (i % 70'000 == 500) text += fmt::format("# comment{}", line_end);
    text += fmt::format("{},{},{}{}", i, i % 7 == 0 ? "up" : (i % 7 == 1 ? "down" : fmt::format("w{}", i / 50'000)),
                        random.normal(), line_end);
  }
  return text;
}

// Large enough for many chunks: rows keep their place, their line and every digit, for any number of threads.
TEST(TableThreads, LargeFilesAreTheSameForAnyNumberOfThreads) {
  constexpr std::size_t rows = 200'000;
  for (const std::string_view line_end : {"\n", "\r\n", "\r"}) {
    const std::string text = large_text(rows, line_end);
    ThreadPool one(1), three(3);
    const auto table = parse_table(text, "f.csv", three);
    ASSERT_EQ(table.rows, rows);
    RandomStream random(1, "large table");
    for (std::size_t i = 0; i < rows; ++i) {
      ASSERT_EQ(table.columns[0].numbers[i], static_cast<double>(i));
      ASSERT_EQ(table.columns[2].numbers[i], random.normal());
      if (i % 7 == 0) {
        ASSERT_EQ(table.columns[1].words[table.columns[1].codes[i]], "up");
      }
      ASSERT_EQ(line_of(table, i), i + 2 + (i < 500 ? 0 : (i - 500) / 70'000 + 1));
    }
    EXPECT_THAT(table.columns[1].words, ElementsAre("up", "down", "w0", "w1", "w2", "w3"));
    const auto same = parse_table(text, "f.csv", one);
    EXPECT_EQ(same.columns[1].codes, table.columns[1].codes);
    EXPECT_EQ(same.columns[2].numbers, table.columns[2].numbers);
  }
}

// Of several faults in different chunks the first of the file is named.
TEST(TableThreads, TheFirstOfManyFaultsIsNamed) {
  std::string text = large_text(200'000, "\n");
  const auto spoil = [&text](std::size_t row, const std::string& with) {
    const auto at = text.find(fmt::format("\n{},", row)) + 1;
    text.replace(at, text.find(',', at) - at, with);
  };
  spoil(190'000, "oops");
  spoil(80'000, "bad");
  const auto refusal = [&text] {
    ThreadPool threads(3);
    try {
      numbers(parse_table(text, "f.csv", threads), 0);
      return std::string("accepted");
    } catch (const InvalidInput& e) {
      return std::string(e.what());
    }
  };
  EXPECT_EQ(refusal(), "f.csv:80004: 'bad' in column 'n'; expected a number");
  spoil(199'000, "1,2");
  spoil(60'000, "1,2");
  EXPECT_EQ(refusal(), "f.csv:60003: 4 cells in this row; expected 3, as in the header");
}

}  // namespace
}  // namespace ecram::record
