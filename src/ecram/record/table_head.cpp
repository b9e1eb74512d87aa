// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/table_head.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "ecram/core/errors.h"
#include "ecram/core/units.h"
#include "ecram/record/table.h"
#include "ecram/record/table_cells.h"

namespace ecram::record {
namespace {

struct Line {
  std::string_view text;
  std::size_t number = 0;  ///< counted from 1
  std::size_t next = 0;    ///< offset of the line behind it
};

/// Walks over the lines of a text.
class Lines {
 public:
  explicit Lines(std::string_view text, std::size_t from) : text_(text), at_(from) {}

  std::optional<Line> next() {
    if (at_ >= text_.size()) return std::nullopt;
    const char* const begin = text_.data() + at_;
    const char* const end = text_.data() + text_.size();
    const char* const line_end = std::find_if(begin, end, is_line_end);
    at_ = static_cast<std::size_t>(behind_line_end(line_end, end) - text_.data());
    return Line{{begin, static_cast<std::size_t>(line_end - begin)}, ++number_, at_};
  }

 private:
  std::string_view text_;
  std::size_t at_, number_ = 0;
};

bool is_row_of(std::string_view line, char delimiter) {
  return is_row(line.data(), line.data() + line.size(), delimiter);
}

bool has_only_numbers(const std::vector<std::string_view>& cells) {
  return std::all_of(cells.begin(), cells.end(), [](auto cell) { return cell.empty() || is_meant_as_number(cell); });
}

/// In a header whose delimiter is blanks, "G [uS]" is one cell and not two.
std::vector<std::string> header_cells(std::string_view line, char delimiter) {
  std::vector<std::string> headers;
  for (const auto cell : cells_of(line, delimiter)) {
    const bool is_unit_of_the_last =
        delimiter == blanks && !headers.empty() &&
        ((cell.starts_with('[') && cell.ends_with(']')) || (cell.starts_with('(') && cell.ends_with(')')));
    if (is_unit_of_the_last) {
      headers.back() += fmt::format(" {}", cell);
    } else {
      headers.push_back(unquoted(cell));
    }
  }
  return headers;
}

/// The delimiter that cuts header and first row into equally many cells.
char find_delimiter(std::string_view header, std::string_view row) {
  constexpr std::array<char, 3> delimiters{'\t', ';', ','};
  for (const char delimiter : delimiters) {
    const std::size_t columns = cells_of(header, delimiter).size();
    if (columns > 1 && columns == cells_of(row, delimiter).size()) return delimiter;
  }
  const std::size_t words = cells_of(row, blanks).size();
  if (words > 1 && words == header_cells(header, blanks).size()) return blanks;
  for (const char delimiter : delimiters)
    if (header.find(delimiter) != std::string_view::npos) return delimiter;
  // One column; a comma in it would be a decimal one.
  return words > 1 ? blanks : '\t';
}

bool is_utf8(std::string_view text) {
  std::size_t following = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (following > 0) {
      if ((byte & 0xC0U) != 0x80U) return false;
      --following;
    } else if (byte >= 0x80) {
      if (byte >= 0xC2 && byte <= 0xDF) {
        following = 1;
      } else if (byte >= 0xE0 && byte <= 0xEF) {
        following = 2;
      } else if (byte >= 0xF0 && byte <= 0xF4) {
        following = 3;
      } else {
        return false;
      }
    }
  }
  return following == 0;
}

std::string utf8_from_latin1(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0U | (byte >> 6U));
      utf8 += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return utf8;
}

/// "sep=;" on the first line, as Excel writes and reads it.
std::optional<char> named_delimiter(std::string_view line) {
  line = trimmed(line);
  if (line.size() == 5 && line.starts_with("sep=")) return line[4];
  if (line == "sep=" || line == "sep=\t") return '\t';
  return std::nullopt;
}

/// "[uS]" and "(uS)" are uS.
std::string_view bare_unit(std::string_view cell) {
  if (cell.size() > 2 && ((cell.front() == '[' && cell.back() == ']') || (cell.front() == '(' && cell.back() == ')')))
    return trimmed(cell.substr(1, cell.size() - 2));
  return cell;
}

/// Symbols that may follow an underscore as a unit: those of the quantities that a device laboratory records.
bool is_laboratory_symbol(std::string_view text) {
  constexpr std::array<std::string_view, 20> symbols{"S",  "A",  "V",    "s",   "J",   "C",  "T",  "K",   "W", "F",
                                                     "Hz", "eV", "degC", "deg", "ohm", "Oe", "au", "arb", "m", "Ohm"};
  constexpr std::array<std::string_view, 11> prefixes{"", "f", "p", "n", "u", "\u00b5", "\u03bc", "m", "k", "M", "G"};
  return std::any_of(symbols.begin(), symbols.end(), [&](std::string_view symbol) {
    return text.ends_with(symbol) &&
           std::find(prefixes.begin(), prefixes.end(), text.substr(0, text.size() - symbol.size())) != prefixes.end();
  });
}

void refuse_doubles(const TableHead& head, const std::string& source) {
  auto sorted = head.headers;
  std::erase(sorted, "");
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    throw InvalidInput("{}:{}: two columns are named '{}'; expected different names", source, head.header_line,
                       printable(*twice));
}

void take_header(TableHead& head, std::string_view line) {
  std::string text(line);
  if (!is_utf8(text)) {
    text = utf8_from_latin1(text);
    head.warnings.push_back({"latin1_header", head.header_line, "The header is not UTF-8; it was read as Latin-1."});
  }
  head.headers = header_cells(text, head.delimiter);
}

/// A line of units between the header and the numbers, as plotting programs write it: each cell a unit or empty.
bool is_line_of_units(std::string_view line, const TableHead& head) {
  const auto cells = cells_of(line, head.delimiter);
  return cells.size() == head.headers.size() && std::all_of(cells.begin(), cells.end(), [](std::string_view cell) {
           return cell.empty() || (!is_meant_as_number(cell) && is_unit(bare_unit(cell)));
         });
}

void take_units(TableHead& head, const Line& line) {
  const auto cells = cells_of(line.text, head.delimiter);
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (!cells[i].empty() && name_and_unit(head.headers[i]).second.empty())
      head.headers[i] += fmt::format(" [{}]", bare_unit(cells[i]));
  head.data_begin = line.next;
  head.data_line = line.number + 1;
  head.warnings.push_back({"units_below_header", line.number, "The line below the header was read as units."});
}

}  // namespace

std::pair<std::string, std::string> name_and_unit(std::string_view header) {
  header = trimmed(header);
  const auto split = [](std::string_view name, std::string_view unit) {
    name = trimmed(name);
    while (name.size() > 1 && (name.back() == '_' || is_blank(name.back()))) name.remove_suffix(1);
    return std::pair{std::string(name), std::string(trimmed(unit))};
  };
  for (const auto brackets : {std::string_view("[]"), std::string_view("()")}) {
    const auto opening = header.rfind(brackets[0]);
    if (header.ends_with(brackets[1]) && opening != std::string_view::npos && opening > 0)
      return split(header.substr(0, opening), header.substr(opening + 1, header.size() - opening - 2));
  }
  const auto slash = header.find('/');
  if (slash != std::string_view::npos && slash > 0 && slash + 1 < header.size() && is_unit(header.substr(slash + 1)))
    return split(header.substr(0, slash), header.substr(slash + 1));
  const auto underscore = header.rfind('_');
  if (underscore != std::string_view::npos && underscore > 0 && is_laboratory_symbol(header.substr(underscore + 1)))
    return split(header.substr(0, underscore), header.substr(underscore + 1));
  return {std::string(header), ""};
}

TableHead read_head(std::string_view text, const std::string& source, bool header_may_lack) {
  TableHead head;
  std::size_t from = 0;
  if (text.starts_with("\xEF\xBB\xBF")) {
    from = 3;
    head.warnings.push_back({"byte_order_mark", 1, "The file begins with a byte-order mark, which was skipped."});
  }
  Lines lines(text, from);
  std::optional<Line> line, comment;
  std::optional<char> delimiter;
  while ((line = lines.next())) {
    if (line->number == 1 && (delimiter = named_delimiter(line->text))) continue;
    if (is_row_of(line->text, delimiter.value_or(','))) break;
    if (is_comment(line->text.data(), line->text.data() + line->text.size())) comment = line;
  }
  if (!line) throw InvalidInput("{}: no rows; expected a header with the names of columns and rows below it", source);

  const auto first_row_behind = [&](Lines& behind) {
    std::optional<Line> row;
    while ((row = behind.next()))
      if (is_row_of(row->text, delimiter.value_or(','))) break;
    return row;
  };
  const auto below = first_row_behind(lines);

  head.delimiter = delimiter.value_or(find_delimiter(line->text, below ? below->text : line->text));
  if (!has_only_numbers(cells_of(line->text, head.delimiter))) {
    head.header_line = line->number;
    head.data_begin = line->next;
    head.data_line = line->number + 1;
    take_header(head, line->text);
    if (!below) throw InvalidInput("{}:{}: no rows below the header", source, head.header_line);
    if (is_line_of_units(below->text, head)) take_units(head, *below);
  } else {
    head.data_begin = static_cast<std::size_t>(line->text.data() - text.data());
    head.data_line = line->number;
    const std::size_t columns = cells_of(line->text, head.delimiter).size();
    if (comment) {
      std::string_view names = trimmed(comment->text);
      names.remove_prefix(std::min(names.find_first_not_of("#%"), names.size()));
      names = trimmed(names);
      const char comment_delimiter = find_delimiter(names, line->text);
      if (header_cells(names, comment_delimiter).size() == columns &&
          !has_only_numbers(cells_of(names, comment_delimiter))) {
        head.header_line = comment->number;
        head.delimiter = comment_delimiter;
        take_header(head, names);
        head.warnings.push_back({"header_in_comment", comment->number,
                                 "The header was taken from the last comment line before the numbers."});
      }
    }
    if (head.headers.empty() && !header_may_lack)
      throw InvalidInput("{}:{}: the first line holds numbers; expected a header with the names of the {} columns",
                         source, line->number, columns);
    if (head.headers.empty())
      for (std::size_t i = 0; i < columns; ++i) head.headers.push_back(fmt::format("column_{}", i + 1));
  }
  refuse_doubles(head, source);
  return head;
}

}  // namespace ecram::record
