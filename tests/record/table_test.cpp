// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/table.h"

#include <cmath>
#include <cstring>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/random.h"
#include "support/temporary_folder.h"

namespace ecram::record {
namespace {

using testing::ElementsAre;

Table parse(std::string_view text, const TableOptions& options = {}) {
  ThreadPool threads(2);
  return parse_table(text, "f.csv", threads, options);
}

/// The message with which a text is refused; column `column`'s numbers are asked for too.
std::string refusal(std::string_view text, std::size_t column = 0) {
  try {
    const auto table = parse(text);
    numbers(table, column);
    return "accepted";
  } catch (const InvalidInput& e) {
    return e.what();
  }
}

std::vector<std::string> codes(const Table& table) {
  std::vector<std::string> all;
  for (const auto& warning : table.warnings) all.push_back(warning.code);
  return all;
}

std::vector<double> values(const Table& table, std::size_t column) {
  const auto found = numbers(table, column);
  return {found.begin(), found.end()};
}

TEST(Table, TheSameNumbersByEveryDelimiter) {
  for (const std::string_view text :
       {"a,b\n1,2.5\n-3e-9,+4\n", "a;b\n1;2.5\n-3e-9;+4\n", "a\tb\n1\t2.5\n-3e-9\t+4", "a b\n1 2.5\n-3e-9 +4\n",
        "  a      b\n   1   2.5\n  -3e-9    +4  \n", "a,b\r\n1,2.5\r\n-3e-9,+4\r\n", "a,b\r1,2.5\r-3e-9,+4\r",
        "a , b\n 1 , 2.5 \n -3e-9 , +4 \n", "\"a\",\"b\"\n\"1\",2.5\n-3e-9,\"+4\"\n", "sep=;\na;b\n1;2.5\n-3e-9;+4\n",
        "a\tb\n1\t2.5\n \t \n-3e-9\t+4\n"}) {
    const auto table = parse(text);
    ASSERT_EQ(table.columns.size(), 2U) << text;
    EXPECT_EQ(table.columns[0].name, "a") << text;
    EXPECT_EQ(table.columns[1].name, "b") << text;
    EXPECT_THAT(values(table, 0), ElementsAre(1, -3e-9)) << text;
    EXPECT_THAT(values(table, 1), ElementsAre(2.5, 4)) << text;
    EXPECT_THAT(codes(table), ElementsAre()) << text;
  }
}

TEST(Table, NamesAndUnits) {
  const auto table = parse(
      "conductance_S,G [uS],G (nS),current/A,pulse_width,read_voltage_V,\"Drain current, DC [nA]\",V/I,t_ms,I_d,"
      "R (a.u.)\n1,2,3,4,5,6,7,8,9,10,11\n");
  std::vector<std::string> found;
  for (const auto& column : table.columns) found.push_back(column.name + "|" + column.unit);
  EXPECT_THAT(found, ElementsAre("conductance|S", "G|uS", "G|nS", "current|A", "pulse_width|", "read_voltage|V",
                                 "Drain current, DC|nA", "V/I|", "t|ms", "I_d|", "R|a.u."));
}

TEST(Table, UnitsInAHeaderAlignedByBlanks) {
  const auto table = parse("V [V]  G (uS)\n1.5    2\n");
  ASSERT_EQ(table.columns.size(), 2U);
  EXPECT_EQ(table.columns[1].name, "G");
  EXPECT_EQ(table.columns[1].unit, "uS");
}

TEST(Table, Latin1MicroIsUnderstood) {
  const auto table = parse("G [\xB5S]\n1\n");
  EXPECT_EQ(table.columns[0].unit, "\u00b5S");
  EXPECT_THAT(codes(table), ElementsAre("latin1_header"));
}

TEST(Table, LinesOfRowsAcrossCommentsAndBlankLines) {
  const auto table = parse("# made by hand\n\na,b\n1,1\n% note\n\n2,2\n3,3\n,\n4,4\n");
  EXPECT_EQ(table.header_line, 3U);
  EXPECT_EQ(table.rows, 4U);
  EXPECT_THAT((std::vector{line_of(table, 0), line_of(table, 1), line_of(table, 2), line_of(table, 3)}),
              ElementsAre(4, 7, 8, 10));
  EXPECT_EQ(where(table, 3), "f.csv:10");
}

TEST(Table, EmptyCellsAreNaN) {
  const auto table = parse("a,b,c\n1,,3\n,2,\n");
  EXPECT_TRUE(std::isnan(numbers(table, 0)[1]));
  EXPECT_TRUE(std::isnan(numbers(table, 1)[0]));
  EXPECT_TRUE(std::isnan(numbers(table, 2)[1]));
  EXPECT_EQ(numbers(table, 1)[1], 2);
}

TEST(Table, WordsAreCodedInOrderOfAppearance) {
  const auto table = parse("way,n\nup,1\ndown,2\nup,3\n,4\n\"a \"\"b\"\"\",5\n");
  const auto& column = table.columns[0];
  EXPECT_EQ(column.content, Content::text);
  EXPECT_THAT(column.words, ElementsAre("up", "down", "", "a \"b\""));
  EXPECT_THAT(column.codes, ElementsAre(0, 1, 0, 2, 3));
}

TEST(Table, DecimalCommas) {
  for (const std::string_view text : {"a;b\n1,5;2\n-3,25e-9;4,0\n", "a\tb\n1,5\t2\n-3,25e-9\t4,0\n",
                                      "a b\n1,5 2\n-3,25e-9 4,0\n", "a,b\n\"1,5\",2\n\"-3,25e-9\",\"4,0\"\n"}) {
    const auto table = parse(text);
    EXPECT_THAT(values(table, 0), ElementsAre(1.5, -3.25e-9)) << text;
    EXPECT_THAT(values(table, 1), ElementsAre(2, 4)) << text;
    EXPECT_THAT(codes(table), ElementsAre("decimal_commas")) << text;
    EXPECT_EQ(table.warnings[0].row, 2U);
  }
  EXPECT_THAT(values(parse("a\n1,5\n2,5\n"), 0), ElementsAre(1.5, 2.5));
}

// "1.234" in a file of decimal commas is a thousand and more to its author: never 1.234.
TEST(Table, PointsAmongDecimalCommasAreRefused) {
  EXPECT_EQ(refusal("a;b\n1,5;2\n1.234;3\n"),
            "f.csv:3: '1.234' in column 'a'; expected a number with a decimal comma, as elsewhere in the file");
  // The comma comes late, long after the rows that are looked at first.
  std::string text = "a;b\n1.234;2\n";
  for (int i = 0; i < 2000; ++i) text += "7;8\n";
  EXPECT_EQ(refusal(text + "1,5;2\n"),
            "f.csv:2: '1.234' in column 'a'; expected a number with a decimal comma, as elsewhere in the file");
  EXPECT_EQ(refusal("a;b\n1.234,5;2\n"), "f.csv:2: '1.234,5' in column 'a'; expected a number");
}

TEST(Table, ByteOrderMarkAndMixedLineEnds) {
  const auto table = parse(
      "\xEF\xBB\xBF"
      "a,b\r\n1,2\r\n3,4\n5,6\r7,8\r\n");
  EXPECT_EQ(table.columns[0].name, "a");
  EXPECT_THAT(values(table, 1), ElementsAre(2, 4, 6, 8));
  EXPECT_THAT(codes(table), ElementsAre("byte_order_mark", "mixed_line_ends"));
  EXPECT_EQ(table.warnings[1].row, 3U);
  EXPECT_EQ(line_of(table, 3), 5U);
}

TEST(Table, HeaderInAComment) {
  const auto table = parse("# measured by hand\n# pulse, conductance_S\n1,2\n3,4\n");
  EXPECT_EQ(table.columns[1].name, "conductance");
  EXPECT_EQ(table.header_line, 2U);
  EXPECT_THAT(codes(table), ElementsAre("header_in_comment"));
}

TEST(Table, UnitsBelowTheHeader) {
  const auto table = parse("Voltage,Conductance,way\nV,[uS],\n1,2,up\n3,4,down\n");
  EXPECT_EQ(table.columns[0].unit, "V");
  EXPECT_EQ(table.columns[1].name, "Conductance");
  EXPECT_EQ(table.columns[1].unit, "uS");
  EXPECT_EQ(table.columns[2].unit, "");
  EXPECT_THAT(values(table, 1), ElementsAre(2, 4));
  EXPECT_EQ(line_of(table, 0), 3U);
  EXPECT_THAT(codes(table), ElementsAre("units_below_header"));
  EXPECT_EQ(refusal("a,b\nV,S\n"), "f.csv:1: no rows below the header");
  EXPECT_EQ(refusal("a,b\nfoo,S\n1,2\n"), "f.csv:2: 'foo' in column 'a'; expected a number");
}

TEST(Table, HeaderlessOnlyOnRequest) {
  EXPECT_EQ(refusal("# two numbers a line\n1,2\n3,4\n"),
            "f.csv:2: the first line holds numbers; expected a header with the names of the 2 columns");
  TableOptions options;
  options.header_may_lack = true;
  const auto table = parse("1,2\n3,4\n", options);
  EXPECT_EQ(table.columns[1].name, "column_2");
  EXPECT_THAT(values(table, 0), ElementsAre(1, 3));
}

TEST(Table, ColumnsNotWantedAreNotRead) {
  TableOptions options;
  options.wanted = [](std::string_view name, std::string_view) { return name == "b"; };
  const auto table = parse("a,b,\nx,1,\ny,2,z\n", options);
  EXPECT_EQ(table.columns[0].content, Content::unread);
  EXPECT_TRUE(table.columns[0].codes.empty());
  EXPECT_THAT(values(table, 1), ElementsAre(1, 2));
}

TEST(Table, OverflowReadingsAreData) {
  EXPECT_THAT(values(parse("a\n9.9E37\n-9.91e+37\n1e-400\n"), 0), ElementsAre(9.9e37, -9.91e37, 0));
}

TEST(Table, RefusedWithFileAndLine) {
  EXPECT_EQ(refusal(""), "f.csv: the file is empty");
  EXPECT_EQ(refusal("\n\n# nothing\n"),
            "f.csv: no rows; expected a header with the names of columns and rows below it");
  EXPECT_EQ(refusal("# x\na,b\n\n"), "f.csv:2: no rows below the header");
  EXPECT_EQ(refusal("a,b\n1,2\n3\n"), "f.csv:3: 1 cells in this row; expected 2, as in the header");
  EXPECT_EQ(refusal("a,b\n1,2\n3,4,5\n"), "f.csv:3: 3 cells in this row; expected 2, as in the header");
  EXPECT_EQ(refusal("a,a\n1,2\n"), "f.csv:1: two columns are named 'a'; expected different names");
  EXPECT_EQ(refusal("a,b\n1,2\nnan,4\n"), "f.csv:3: 'nan' in column 'a'; expected a number");
  EXPECT_EQ(refusal("a,b\nNaN,4\n1,2\n"), "f.csv:2: 'NaN' in column 'a'; expected a number");
  EXPECT_EQ(refusal("a,b\n1,2\n\n-inf,4\n"), "f.csv:4: '-inf' in column 'a'; expected a number");
  EXPECT_EQ(refusal("a,b\n1,2\n1e999,4\n"), "f.csv:3: '1e999' in column 'a'; expected a number");
  EXPECT_EQ(refusal("a,b\n1,2\n1.5x,4\n"), "f.csv:3: '1.5x' in column 'a'; expected a number");
  EXPECT_EQ(refusal("a,b\n1,2\n+-5,4\n"), "f.csv:3: '+-5' in column 'a'; expected a number");
  EXPECT_EQ(refusal("a,b\n1,2\n0x10,4\n"), "f.csv:3: '0x10' in column 'a'; expected a number");
  EXPECT_EQ(refusal("a,b\n\n,1\nup,2\n"), "f.csv:4: 'up' in column 'a'; expected a number");
  EXPECT_EQ(refusal(std::string("a,b\n1,\0002\n", 9)), "f.csv: a binary file (byte 7 is NUL); expected text");
  EXPECT_EQ(refusal("\xFF\xFE"
                    "a"),
            "f.csv: the text is UTF-16; expected UTF-8 (save it as CSV UTF-8)");
  const std::string long_text = "a\n1\n" + std::string(60, 'x') + "\x01\n";
  EXPECT_EQ(refusal(long_text), "f.csv:3: '" + std::string(40, 'x') + "...' in column 'a'; expected a number");
}

TEST(Table, MissingFilesAreNamed) {
  const TemporaryFolder folder;
  ThreadPool threads(1);
  EXPECT_THROW(read_table(folder / "none.csv", threads), InvalidInput);
  write_file(folder / "a.csv", "a\n1\n");
  EXPECT_EQ(read_table(folder / "a.csv", threads).rows, 1U);
}

TEST(Table, ManyDifferentWordsAreNoDictionary) {
  std::string text = "a,b\n";
  for (int i = 0; i < 5000; ++i) text += fmt::format("w{},{}\n", i, i);
  const auto table = parse(text);
  EXPECT_TRUE(table.columns[0].codes.empty());
  EXPECT_EQ(refusal(text), "f.csv:4098: 'w4096' in column 'a'; expected a number");
}

// Whatever bytes a file has, it is read or refused in one line.
TEST(Table, MutatedFilesAreReadOrRefused) {
  const std::string_view seeds[] = {"# c\na,b [uS]\n1,2\n3,4\n5,6\n",
                                    "a;b\r\n1,5;2\r\n3;4,5\r\n",
                                    "\xEF\xBB\xBF"
                                    "way\tx/A\nup\t1\ndown\t2\n",
                                    "sep=;\n\"a\";\"b\"\n\"1\";2\n",
                                    "# a b\n1 2\n3 4\n",
                                    "a b [V]\n 1  2\n"};
  constexpr std::string_view bytes = "\n\r\t ,;.\"#%+-eE0123456789aNif[]()/_\xB5\xFF\x01";
  ThreadPool threads(1);
  std::size_t refused = 0;
  for (std::uint64_t trial = 0; trial < 6000; ++trial) {
    RandomStream random(7, "mutations", trial);
    std::string text(seeds[random.below(std::size(seeds))]);
    for (std::uint32_t edits = 1 + random.below(6); edits > 0 && !text.empty(); --edits) {
      const auto at = random.below(static_cast<std::uint32_t>(text.size()));
      const char byte = random.below(40) == 0 ? '\0' : bytes[random.below(bytes.size())];
      switch (random.below(4)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        case 2:
          text.erase(at, 1 + random.below(8));
          break;
        default:
          text.insert(at, text.substr(random.below(static_cast<std::uint32_t>(text.size())), random.below(20)));
      }
    }
    // A copy of exactly the text's size: the address sanitizer sees any byte read behind it.
    const std::vector<char> exact(text.begin(), text.end());
    try {
      const auto table = parse_table({exact.data(), exact.size()}, "f", threads);
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const auto& column = table.columns[i];
        if (column.content == Content::numbers) {
          ASSERT_EQ(column.numbers.size(), table.rows);
        }
        for (const auto code : column.codes) ASSERT_LT(code, column.words.size());
      }
      for (std::size_t row = 1; row < table.rows; ++row) ASSERT_GT(line_of(table, row), line_of(table, row - 1));
    } catch (const InvalidInput& e) {
      ++refused;
      ASSERT_EQ(std::strpbrk(e.what(), "\n\r"), nullptr) << e.what();
    }
  }
  EXPECT_GT(refused, 500U);
  EXPECT_LT(refused, 5500U);
}

}  // namespace
}  // namespace ecram::record
