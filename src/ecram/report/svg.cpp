// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/svg.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace ecram::report {
namespace {

std::string without_element(std::string_view svg, std::string_view open, std::string_view close) {
  std::string kept;
  for (;;) {
    const std::size_t from = svg.find(open);
    const std::size_t to = from == std::string_view::npos ? from : svg.find(close, from);
    kept += svg.substr(0, to == std::string_view::npos ? to : from);
    if (to == std::string_view::npos) return kept;
    svg.remove_prefix(to + close.size());
  }
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (;;) {
    const std::size_t at = text.find(from);
    result += text.substr(0, at);
    if (at == std::string_view::npos) return result;
    result += to;
    text.remove_prefix(at + from.size());
  }
}

/// One tag with `prefix` in front of the ids in it.
std::string with_prefixed_ids(std::string_view tag, std::string_view prefix) {
  static constexpr std::array<std::string_view, 5> before{" id='", " id=\"", "href='#", "href=\"#", "url(#"};
  std::string result;
  for (std::size_t i = 0; i < tag.size();) {
    std::size_t matched = 0;
    for (const std::string_view start : before)
      if (tag.substr(i).starts_with(start)) matched = start.size();
    result += tag.substr(i, matched == 0 ? 1 : matched);
    if (matched != 0) result += prefix;
    i += matched == 0 ? 1 : matched;
  }
  return result;
}

}  // namespace

std::string with_own_ids(std::string_view svg, std::string_view name) {
  const std::string prefix = std::string(name) + "-";
  std::string plain = without_element(svg, "<title>", "</title>");
  plain = without_element(plain, "<desc>", "</desc>");
  // What this terminal of gnuplot cannot say: bold letters, and points with a stroke that is seen.
  plain = replaced(plain, "font-family=\"sans-serif:Bold\"", "font-family=\"sans-serif\" font-weight=\"600\"");
  plain = replaced(plain, "stroke-width='0.205'", "stroke-width='0.33'");
  std::string_view rest = plain;
  rest.remove_prefix(std::min(rest.find("<svg"), rest.size()));
  std::string result;
  while (!rest.empty()) {
    // Only tags: a text may have " id=" in it too.
    const bool tag = rest.front() == '<';
    const std::size_t next = rest.find(tag ? '>' : '<');
    const std::size_t length = next == std::string_view::npos ? rest.size() : next + (tag ? 1 : 0);
    const std::string_view piece = rest.substr(0, length);
    result += tag ? with_prefixed_ids(piece, prefix) : std::string(piece);
    rest.remove_prefix(length);
  }
  return result;
}

}  // namespace ecram::report
