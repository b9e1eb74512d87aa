// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The pieces of a delimited text file; for room `record` itself.
namespace ecram::record {

/// Stands for a run of blanks (spaces and tabs) as delimiter.
inline constexpr char blanks = ' ';

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// One end of a line is LF, CRLF or CR: the first character behind the one at `at`.
inline const char* behind_line_end(const char* at, const char* end) {
  if (at == end) return end;
  return at + ((*at == '\r' && at + 1 != end && at[1] == '\n') ? 2 : 1);
}

/// Blanks that surround a cell; a tab is none where it is the delimiter.
inline const char* skip_blanks(const char* at, const char* end, char delimiter) {
  while (at != end && is_blank(*at) && (*at != delimiter || delimiter == blanks)) ++at;
  return at;
}

/// Reads the cell that begins at `at` (behind blanks), without blanks and quotes around it; leaves `at` at the
/// delimiter or the end of the line behind it.
std::string_view take_cell(const char*& at, const char* end, char delimiter);

/// All cells of one line (without its end).
std::vector<std::string_view> cells_of(std::string_view line, char delimiter);

/// Is there anything on the line that begins at `at`: no comment, and at least one filled cell?
bool is_row(const char* at, const char* end, char delimiter);
bool is_comment(const char* at, const char* end);

/// The whole cell as a finite double; a number too small for a double is 0.
std::optional<double> number_in(std::string_view cell, bool decimal_comma);

/// Is the cell meant as a number: one with a point or a comma, too large a one, "NaN" or "inf"?
bool is_meant_as_number(std::string_view cell);

std::string_view trimmed(std::string_view text);

/// The cell with each "" in it, which stands for a quote between quotes, as one.
std::string unquoted(std::string_view cell);

}  // namespace ecram::record
