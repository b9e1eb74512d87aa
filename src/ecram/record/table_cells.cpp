// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/table_cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace ecram::record {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string unquoted(std::string_view cell) {
  std::string text(cell);
  for (auto at = text.find("\"\""); at != std::string::npos; at = text.find("\"\"", at + 1)) text.erase(at, 1);
  return text;
}

std::string_view take_cell(const char*& at, const char* end, char delimiter) {
  const auto ends_cell = [delimiter](char c) {
    return is_line_end(c) || c == delimiter || (delimiter == blanks && c == '\t');
  };
  at = skip_blanks(at, end, delimiter);
  if (at != end && *at == '"') {
    const char* closing = at + 1;
    while (closing != end && !is_line_end(*closing)) {
      if (*closing == '"') {
        if (closing + 1 == end || closing[1] != '"') break;
        ++closing;  // "" inside quotes is a quote
      }
      ++closing;
    }
    if (closing != end && *closing == '"') {
      const char* behind = skip_blanks(closing + 1, end, delimiter);
      const bool separated = behind == end || ends_cell(*behind) || (delimiter == blanks && behind != closing + 1);
      if (separated) {
        const std::string_view cell(at + 1, static_cast<std::size_t>(closing - at - 1));
        at = behind;
        return trimmed(cell);
      }
    }
  }
  const char* begin = at;
  while (at != end && !ends_cell(*at)) ++at;
  return trimmed({begin, static_cast<std::size_t>(at - begin)});
}

std::vector<std::string_view> cells_of(std::string_view line, char delimiter) {
  std::vector<std::string_view> cells;
  const char* at = line.data();
  const char* const end = at + line.size();
  for (;;) {
    cells.push_back(take_cell(at, end, delimiter));
    if (delimiter == blanks) {
      at = skip_blanks(at, end, delimiter);
      if (at == end) return cells;
    } else {
      if (at == end) return cells;
      ++at;
    }
  }
}

bool is_comment(const char* at, const char* end) {
  while (at != end && is_blank(*at)) ++at;
  return at != end && (*at == '#' || *at == '%');
}

bool is_row(const char* at, const char* end, char delimiter) {
  if (is_comment(at, end)) return false;
  while (at != end && (is_blank(*at) || *at == delimiter)) ++at;
  return at != end && !is_line_end(*at);
}

std::optional<double> number_in(std::string_view cell, bool decimal_comma) {
  std::array<char, 64> buffer;
  if (decimal_comma) {
    if (cell.size() > buffer.size() || cell.find('.') != std::string_view::npos) return std::nullopt;
    std::copy(cell.begin(), cell.end(), buffer.begin());
    const auto comma = cell.find(',');
    if (comma != std::string_view::npos) buffer[comma] = '.';
    cell = {buffer.data(), cell.size()};
  }
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  const char* const end = cell.data() + cell.size();
  double value = 0;
  auto [behind, error] = std::from_chars(cell.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    // A wider type tells a number too small, which is as good as 0, from one too large.
    long double wide = 0;
    const auto result = std::from_chars(cell.data(), end, wide);
    if (result.ec != std::errc()) return std::nullopt;
    behind = result.ptr;
    value = static_cast<double>(wide);
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  if (behind != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool is_meant_as_number(std::string_view cell) {
  if (number_in(cell, false) || number_in(cell, true)) return true;
  if (cell.starts_with('+')) cell.remove_prefix(1);
  double value = 0;
  const auto [behind, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error != std::errc::invalid_argument && behind == cell.data() + cell.size();
}

}  // namespace ecram::record
