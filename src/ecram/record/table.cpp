// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/record/table_cells.h"
#include "ecram/record/table_head.h"

namespace ecram::record {
namespace {

using constants::nan;
constexpr std::size_t chunk_bytes = std::size_t{1} << 20U;
constexpr std::size_t sampled_rows = 1000;

enum LineEnd : std::size_t { lf, crlf, cr, line_end_kinds };

/// Some whole lines of the file below the header, and what a first look at them tells. Lines and rows are counted from
/// the beginning of the chunk until `number_chunks` adds those before.
struct Chunk {
  const char* begin = nullptr;
  const char* end = nullptr;
  std::size_t first_row = 0, rows = 0, first_line = 0, lines = 0;
  std::vector<LineRun> runs;
  std::array<std::size_t, line_end_kinds> first_of_kind{};  ///< line, counted from 1; 0 where there is none
  const char* nul = nullptr;
};

/// What a chunk's cells showed beside their values.
struct Findings {
  struct OfColumn {
    std::optional<BadCell> bad_cell, too_many_words;
    std::vector<std::string_view> words;
  };
  std::vector<OfColumn> columns;
  std::optional<std::size_t> decimal_comma_row;  ///< the first row with a number that has a decimal comma
};

std::vector<Chunk> cut_into_chunks(std::string_view text, std::size_t from) {
  std::vector<Chunk> chunks;
  const char* const end = text.data() + text.size();
  for (const char* begin = text.data() + from; begin != end;) {
    const char* to = end;
    if (static_cast<std::size_t>(end - begin) > chunk_bytes) {
      const auto* found = static_cast<const char*>(
          std::memchr(begin + chunk_bytes, '\n', static_cast<std::size_t>(end - begin) - chunk_bytes));
      if (found != nullptr) to = found + 1;
    }
    Chunk chunk;
    chunk.begin = begin;
    chunk.end = to;
    chunks.push_back(chunk);
    begin = to;
  }
  return chunks;
}

/// Counts lines and rows, and finds what kinds of line ends and whether NUL bytes there are.
void survey(Chunk& chunk, char delimiter) {
  const auto size = static_cast<std::size_t>(chunk.end - chunk.begin);
  chunk.nul = static_cast<const char*>(std::memchr(chunk.begin, 0, size));
  const bool has_returns = std::memchr(chunk.begin, '\r', size) != nullptr;
  bool in_run = false;
  for (const char* at = chunk.begin; at != chunk.end;) {
    if (is_row(at, chunk.end, delimiter)) {
      if (!in_run) chunk.runs.push_back({chunk.rows, chunk.lines});
      in_run = true;
      ++chunk.rows;
    } else {
      in_run = false;
    }
    ++chunk.lines;
    const char* line_end;
    if (has_returns) {
      line_end = std::find_if(at, chunk.end, is_line_end);
    } else {
      line_end = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(chunk.end - at)));
      if (line_end == nullptr) line_end = chunk.end;
    }
    at = behind_line_end(line_end, chunk.end);
    if (line_end != chunk.end) {
      auto& first = chunk.first_of_kind[*line_end == '\n' ? lf : (at - line_end == 2 ? crlf : cr)];
      if (first == 0) first = chunk.lines;
    }
  }
}

/// Gives each chunk the numbers of its first row and line. @return how many rows there are
std::size_t number_chunks(std::vector<Chunk>& chunks, std::size_t first_line) {
  std::size_t row = 0, line = first_line;
  for (auto& chunk : chunks) {
    chunk.first_row = row;
    chunk.first_line = line;
    for (auto& run : chunk.runs) {
      run.row += row;
      run.line += line;
    }
    for (auto& first : chunk.first_of_kind)
      if (first != 0) first += line - 1;
    row += chunk.rows;
    line += chunk.lines;
  }
  return row;
}

std::vector<LineRun> joined_runs(const std::vector<Chunk>& chunks) {
  std::vector<LineRun> runs;
  for (const auto& chunk : chunks)
    for (const auto& run : chunk.runs)
      if (runs.empty() || run.line - runs.back().line != run.row - runs.back().row) runs.push_back(run);
  return runs;
}

/// Where lines end in different ways: a warning at the first one that differs from those before.
void warn_of_mixed_line_ends(Table& table, const std::vector<Chunk>& chunks, std::string_view head) {
  std::array<std::size_t, line_end_kinds> first{};
  const auto note = [&first](std::size_t kind, std::size_t line) {
    if (line != 0 && (first[kind] == 0 || line < first[kind])) first[kind] = line;
  };
  std::size_t line = 0;
  for (const char *at = head.data(), *end = at + head.size(); at != end;) {
    const char* line_end = std::find_if(at, end, is_line_end);
    at = behind_line_end(line_end, end);
    ++line;
    if (line_end != end) note(*line_end == '\n' ? lf : (at - line_end == 2 ? crlf : cr), line);
  }
  for (const auto& chunk : chunks)
    for (std::size_t kind = 0; kind < line_end_kinds; ++kind) note(kind, chunk.first_of_kind[kind]);
  std::vector<std::size_t> kinds;
  for (const std::size_t at : first)
    if (at != 0) kinds.push_back(at);
  if (kinds.size() < 2) return;
  std::sort(kinds.begin(), kinds.end());
  table.warnings.push_back(
      {"mixed_line_ends", kinds[1],
       fmt::format("Lines end in different ways, from line {} on; all of them were taken as ends.", kinds[1])});
}

/// From the first rows: which columns are text, and whether a number has a decimal comma.
bool sample(Table& table, std::string_view text, char delimiter, const TableOptions& options) {
  bool decimal_comma = false;
  std::vector<bool> decided(table.columns.size(), false);
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (options.text && table.columns[i].content != Content::unread && options.text(table.columns[i].name))
      table.columns[i].content = Content::text, decided[i] = true;
  std::size_t rows = 0;
  for (const char *at = text.data(), *end = at + text.size(); at != end && rows < sampled_rows;) {
    const char* line_end = std::find_if(at, end, is_line_end);
    if (is_row(at, line_end, delimiter)) {
      ++rows;
      const auto cells = cells_of({at, static_cast<std::size_t>(line_end - at)}, delimiter);
      for (std::size_t i = 0; i < std::min(cells.size(), table.columns.size()); ++i) {
        auto& column = table.columns[i];
        if (column.content == Content::unread || cells[i].empty()) continue;
        if (!decided[i] && !is_meant_as_number(cells[i])) column.content = Content::text;
        decided[i] = true;
        if (column.content == Content::numbers && !number_in(cells[i], false) && number_in(cells[i], true))
          decimal_comma = true;
      }
    }
    at = behind_line_end(line_end, end);
  }
  return decimal_comma;
}

/// Reads the cells of chunks into the columns of a table, each row at its place.
class CellReader {
 public:
  CellReader(Table& table, char delimiter, bool decimal_comma)
      : table_(table), delimiter_(delimiter), decimal_comma_(decimal_comma) {}

  Findings read(const Chunk& chunk) const {
    Findings findings;
    findings.columns.resize(table_.columns.size());
    std::vector<Dictionary> dictionaries(table_.columns.size());
    std::size_t row = chunk.first_row;
    for (const char* at = chunk.begin; at != chunk.end;) {
      if (is_row(at, chunk.end, delimiter_)) {
        at = read_row(at, chunk.end, row, findings, dictionaries);
        ++row;
      } else {
        at = std::find_if(at, chunk.end, is_line_end);
      }
      at = behind_line_end(at, chunk.end);
    }
    for (std::size_t i = 0; i < dictionaries.size(); ++i) findings.columns[i].words = std::move(dictionaries[i].words);
    return findings;
  }

 private:
  struct Dictionary {
    std::vector<std::string_view> words;
    std::unordered_map<std::string_view, std::uint16_t> codes;
    std::string_view last;
    std::uint16_t last_code = 0;
  };

  const char* read_row(const char* at, const char* end, std::size_t row, Findings& findings,
                       std::vector<Dictionary>& dictionaries) const {
    const std::size_t columns = table_.columns.size();
    std::size_t cells = 0;
    for (;;) {
      if (cells < columns) {
        auto& column = table_.columns[cells];
        if (column.content == Content::numbers) {
          column.numbers[row] = read_number(at, end, row, findings, cells);
        } else if (column.content == Content::text) {
          read_word(at, end, row, column, findings.columns[cells], dictionaries[cells]);
        } else {
          take_cell(at, end, delimiter_);
        }
      } else {
        take_cell(at, end, delimiter_);
      }
      ++cells;
      if (delimiter_ == blanks) {
        at = skip_blanks(at, end, delimiter_);
        if (at == end || is_line_end(*at)) break;
      } else {
        if (at == end || is_line_end(*at)) break;
        ++at;
      }
    }
    if (cells != columns)
      throw InvalidInput("{}: {} cells in this row; expected {}, as in the header", where(table_, row), cells, columns);
    return at;
  }

  double read_number(const char*& at, const char* end, std::size_t row, Findings& findings, std::size_t index) const {
    at = skip_blanks(at, end, delimiter_);
    if (!decimal_comma_ && at != end) {
      // The way of nearly every cell: the number is read in place, and what follows ends the cell.
      const char* first = at + ((*at == '+' && at + 1 != end && at[1] != '-') ? 1 : 0);
      double value = 0;
      auto [behind, error] = std::from_chars(first, end, value);
      if (error == std::errc() && std::isfinite(value)) {
        behind = skip_blanks(behind, end, delimiter_);
        if (behind == end || *behind == delimiter_ || is_line_end(*behind) ||
            (delimiter_ == blanks && is_blank(behind[-1]))) {
          at = behind;
          return value;
        }
      }
    }
    const std::string_view cell = take_cell(at, end, delimiter_);
    if (cell.empty()) return nan;
    const auto value = number_in(cell, decimal_comma_);
    if (!findings.decimal_comma_row && cell.find(',') != std::string_view::npos && number_in(cell, true))
      findings.decimal_comma_row = row;
    if (value) return *value;
    auto& bad_cell = findings.columns[index].bad_cell;
    if (!bad_cell) bad_cell = BadCell{row, printable(cell)};
    return nan;
  }

  void read_word(const char*& at, const char* end, std::size_t row, Column& column, Findings::OfColumn& findings,
                 Dictionary& dictionary) const {
    const std::string_view word = take_cell(at, end, delimiter_);
    if (dictionary.words.empty() || word != dictionary.last) {
      const auto known = dictionary.codes.find(word);
      if (known != dictionary.codes.end()) {
        dictionary.last_code = known->second;
      } else if (dictionary.words.size() < most_words) {
        dictionary.last_code = static_cast<std::uint16_t>(dictionary.words.size());
        dictionary.words.push_back(word);
        dictionary.codes.emplace(word, dictionary.last_code);
      } else {
        if (!findings.too_many_words) findings.too_many_words = BadCell{row, printable(word)};
        return;
      }
      dictionary.last = word;
    }
    column.codes[row] = dictionary.last_code;
  }

  Table& table_;
  char delimiter_;
  bool decimal_comma_;
};

/// Joins the chunks' dictionaries of a column in order, and rewrites the codes that the chunks gave.
void join_words(Column& column, std::size_t index, const std::vector<Chunk>& chunks, std::vector<Findings>& findings,
                ThreadPool& threads) {
  std::vector<std::vector<std::uint16_t>> new_codes(chunks.size());
  std::unordered_map<std::string_view, std::uint16_t> codes;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    const auto& part = findings[c].columns[index];
    if (!column.too_many_words) column.too_many_words = part.too_many_words;
    for (const auto word : part.words) {
      auto known = codes.find(word);
      if (known == codes.end()) {
        if (codes.size() == most_words) {
          if (!column.too_many_words) column.too_many_words = BadCell{chunks[c].first_row, printable(word)};
          break;
        }
        known = codes.emplace(word, static_cast<std::uint16_t>(codes.size())).first;
        column.words.push_back(unquoted(word));
      }
      new_codes[c].push_back(known->second);
    }
  }
  if (column.too_many_words) {
    column.codes = {};
    return;
  }
  threads.for_each(chunks.size(), [&](std::size_t c) {
    for (std::size_t row = chunks[c].first_row; row < chunks[c].first_row + chunks[c].rows; ++row)
      column.codes[row] = new_codes[c][column.codes[row]];
  });
}

void refuse_binary(std::string_view text, const std::string& source) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw InvalidInput("{}: the text is UTF-16; expected UTF-8 (save it as CSV UTF-8)", source);
  const auto nul = text.find('\0');
  if (nul == std::string_view::npos) return;
  throw InvalidInput("{}: a binary file (byte {} is NUL); expected text", source, nul + 1);
}

/// @return the first row with a number that has a decimal comma; where points were expected the table is then not
///         complete
std::optional<std::size_t> read_cells(Table& table, const std::vector<Chunk>& chunks, char delimiter,
                                      bool decimal_comma, ThreadPool& threads) {
  for (auto& column : table.columns) {
    if (column.content == Content::numbers) column.numbers.resize(table.rows);
    if (column.content == Content::text) column.codes.resize(table.rows);
  }
  std::vector<Findings> findings(chunks.size());
  const CellReader reader(table, delimiter, decimal_comma);
  threads.for_each(chunks.size(), [&](std::size_t c) {
    stop_if_interrupted();
    findings[c] = reader.read(chunks[c]);
  });
  std::optional<std::size_t> comma_row;
  for (const auto& part : findings)
    if (!comma_row) comma_row = part.decimal_comma_row;
  if (comma_row && !decimal_comma) return comma_row;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    auto& column = table.columns[i];
    if (column.content == Content::text) join_words(column, i, chunks, findings, threads);
    for (const auto& part : findings)
      if (!column.bad_cell) column.bad_cell = part.columns[i].bad_cell;
  }
  return comma_row;
}

}  // namespace

Table parse_table(std::string_view text, std::string source, ThreadPool& threads, const TableOptions& options) {
  Table table;
  table.source = std::move(source);
  if (text.empty()) throw InvalidInput("{}: the file is empty", table.source);
  refuse_binary(text.substr(0, chunk_bytes), table.source);

  TableHead head = read_head(text, table.source, options.header_may_lack);
  table.header_line = head.header_line;
  table.warnings = std::move(head.warnings);
  for (auto& header : head.headers) {
    Column column;
    std::tie(column.name, column.unit) = name_and_unit(header);
    column.header = std::move(header);
    if (column.header.empty() || (options.wanted && !options.wanted(column.name, column.unit)))
      column.content = Content::unread;
    table.columns.push_back(std::move(column));
  }

  auto chunks = cut_into_chunks(text, head.data_begin);
  threads.for_each(chunks.size(), [&](std::size_t c) { survey(chunks[c], head.delimiter); });
  for (const auto& chunk : chunks)
    if (chunk.nul != nullptr)
      throw InvalidInput("{}: a binary file (byte {} is NUL); expected text", table.source,
                         chunk.nul - text.data() + 1);
  table.rows = number_chunks(chunks, head.data_line);
  table.line_runs = joined_runs(chunks);
  if (table.rows == 0) throw InvalidInput("{}: no rows below the header", where_header(table));
  warn_of_mixed_line_ends(table, chunks, text.substr(0, head.data_begin));

  table.decimal_commas = sample(table, text.substr(head.data_begin), head.delimiter, options);
  auto comma_row = read_cells(table, chunks, head.delimiter, table.decimal_commas, threads);
  if (comma_row && !table.decimal_commas) {
    // A comma that turns up only further down has all numbers read again, so that no "1.234" among them is misread.
    table.decimal_commas = true;
    comma_row = read_cells(table, chunks, head.delimiter, true, threads);
  }
  if (comma_row)
    table.warnings.push_back({"decimal_commas", line_of(table, *comma_row),
                              fmt::format("Numbers have decimal commas, the first on line {}; they were read as such.",
                                          line_of(table, *comma_row))});
  return table;
}

Table read_table(const std::filesystem::path& path, ThreadPool& threads, const TableOptions& options) {
  const MappedFile file(path);
  return parse_table(file.text(), path.string(), threads, options);
}

std::size_t line_of(const Table& table, std::size_t row) {
  const auto behind = std::upper_bound(table.line_runs.begin(), table.line_runs.end(), row,
                                       [](std::size_t wanted, const LineRun& run) { return wanted < run.row; });
  if (behind == table.line_runs.begin()) return 0;
  return behind[-1].line + (row - behind[-1].row);
}

std::string where(const Table& table, std::size_t row) {
  return fmt::format("{}:{}", table.source, line_of(table, row));
}

std::string where_header(const Table& table) {
  return fmt::format("{}:{}", table.source, std::max<std::size_t>(table.header_line, 1));
}

std::span<const double> numbers(const Table& table, std::size_t column) {
  const auto& wanted = table.columns[column];
  std::optional<BadCell> bad = wanted.content == Content::text ? wanted.too_many_words : wanted.bad_cell;
  if (wanted.content == Content::text && !bad) {
    bad.emplace();
    while (bad->row + 1 < table.rows && wanted.words[wanted.codes[bad->row]].empty()) ++bad->row;
    bad->text = printable(wanted.words[wanted.codes[bad->row]]);
  }
  if (bad)
    throw InvalidInput("{}: '{}' in column '{}'; expected a number{}", where(table, bad->row), bad->text,
                       printable(wanted.header),
                       table.decimal_commas ? " with a decimal comma, as elsewhere in the file" : "");
  return wanted.numbers;
}

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string shown(text.substr(0, longest));
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  if (text.size() > longest) shown += "...";
  return shown;
}

}  // namespace ecram::record
