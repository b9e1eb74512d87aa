// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/core/thread_pool.h"
#include "ecram/core/warning.h"

namespace ecram::record {

/// A cell that stands in a column of numbers and is none.
struct BadCell {
  std::size_t row = 0;
  std::string text;
};

enum class Content { numbers, text, unread };

/// One column of a table. A column whose first filled cell is a number (or "NaN", "inf", ...) is one of numbers; any
/// other is one of text, kept as a code for each row and the distinct words in order of appearance.
struct Column {
  std::string header;                     ///< as the file has it, without quotes, in UTF-8
  std::string name;                       ///< the header without its unit
  std::string unit;                       ///< the unit's text, not checked here; empty where there is none
  Content content = Content::numbers;     ///< unread: nameless, or not wanted by TableOptions::wanted
  std::vector<double> numbers;            ///< one a row in the file's unit; NaN for an empty cell (and for a bad one)
  std::optional<BadCell> bad_cell;        ///< the first cell that is not a finite number, in a column of numbers
  std::vector<std::uint16_t> codes;       ///< one a row: index into `words`
  std::vector<std::string> words;         ///< at most `most_words`; an empty cell is the word ""
  std::optional<BadCell> too_many_words;  ///< the first cell that did not fit into `words`; codes are then empty
};

inline constexpr std::size_t most_words = 4096;

/// Consecutive rows on consecutive lines of the file, up to the next such run.
struct LineRun {
  std::size_t row = 0, line = 0;
};

/// A delimited text file, read. Rows count from 0, lines of the file from 1.
struct Table {
  std::string source;           ///< the file's name as the user gave it
  std::size_t header_line = 0;  ///< 0 where the file has no header
  std::size_t rows = 0;
  bool decimal_commas = false;
  std::vector<Column> columns;
  std::vector<LineRun> line_runs;
  std::vector<Warning> warnings;
};

struct TableOptions {
  /// Is this column (its name and unit) to be read? Columns that are not are only counted. Empty: all are read.
  std::function<bool(std::string_view name, std::string_view unit)> wanted;
  /// Take a file whose first line is numbers; its columns are then named "column_1", "column_2", ...
  bool header_may_lack = false;
  /// Does this column (its name) hold text even where its cells look like numbers? Empty: none does.
  std::function<bool(std::string_view name)> text = {};
};

/// Reads a file of delimited text.
///
/// Delimiter: tab, semicolon, comma or runs of blanks, found from the header and the first row; a first line "sep=;"
/// (Excel) names it. Lines that begin with # or % are comments; lines without any filled cell are skipped. Lines end in
/// LF, CRLF or CR. A byte-order mark is skipped. Cells may stand in double quotes. Decimal commas are recognised
/// (wherever the comma is not the delimiter); a file has either commas or points.
/// Header: `G [uS]`, `G (uS)`, `current/A` and `conductance_S` are a name and a unit; the last form only for the
/// symbols of common laboratory units, so that `pulse_width` stays whole. A header in the last comment line before the
/// numbers (as numpy.savetxt writes it) is taken, with a warning; so is a line of nothing but units below the header.
///
/// Warnings: `byte_order_mark`, `mixed_line_ends`, `decimal_commas`, `header_in_comment`, `units_below_header`,
/// `latin1_header`.
///
/// Numbers are correctly rounded (std::from_chars). The result does not depend on the number of threads.
///
/// @throws InvalidInput  "file:line: ..." for a file that is empty, binary, has no header or nothing below it, two
///                       columns of one name, or a row whose number of cells is not that of the header. Cells that are
///                       not numbers are refused by `numbers`, only in columns that somebody uses.
Table read_table(const std::filesystem::path& path, ThreadPool& threads, const TableOptions& options = {});

/// The same for text that is in memory already; `source` stands for the file's name in messages.
Table parse_table(std::string_view text, std::string source, ThreadPool& threads, const TableOptions& options = {});

/// The line of the file on which a row stands.
std::size_t line_of(const Table& table, std::size_t row);

/// "file:line" of a row, and of the header, for messages.
std::string where(const Table& table, std::size_t row);
std::string where_header(const Table& table);

/// The numbers of a column, in the file's unit; NaN where a cell is empty.
///
/// @throws InvalidInput  naming the first cell that is not a finite number
std::span<const double> numbers(const Table& table, std::size_t column);

/// A user's text for use in a message: cut to a bearable length, without control characters.
std::string printable(std::string_view text);

}  // namespace ecram::record
