// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace ecram {

/// Is a text well-formed markup: are tags closed in the order in which they were opened, attributes quoted, "&" and "<"
/// only where they may stand, control characters nowhere? `void_elements` need no end (HTML's meta). A reader of its
/// own, that shares nothing with what writes. Gives an empty string, or what is wrong and where.
inline std::string markup_fault(std::string_view text, const std::vector<std::string>& void_elements = {}) {
  std::vector<std::string> open;
  const auto at = [](std::size_t i) { return " at byte " + std::to_string(i); };
  const auto is_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == ':'; };
  const auto entity_fault = [&](std::size_t i) {
    const std::size_t end = text.find(';', i);
    if (end == std::string_view::npos || end == i + 1 || end > i + 8) return true;
    for (std::size_t k = i + 1; k < end; ++k)
      if (!std::isalnum(static_cast<unsigned char>(text[k])) && !(text[k] == '#' && k == i + 1)) return true;
    return false;
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\n' && c != '\t' && c != '\r') return "control character" + at(i);
    if (c == '&' && entity_fault(i)) return "bare &" + at(i);
    if (c != '<') {
      ++i;
      continue;
    }
    if (text.substr(i).starts_with("<!DOCTYPE")) {
      i = text.find('>', i) + 1;
      continue;
    }
    const std::size_t start = i++;
    const bool closing = i < text.size() && text[i] == '/';
    if (closing) ++i;
    std::string name;
    while (i < text.size() && is_name(text[i])) name += text[i++];
    if (name.empty()) return "< without a name" + at(start);
    bool empty = false;
    for (;; ++i) {
      if (i >= text.size()) return "tag without end" + at(start);
      if (text[i] == '>') break;
      if (text[i] == '<') return "< in a tag" + at(i);
      empty = text[i] == '/';
      if (text[i] != '"' && text[i] != '\'') continue;
      const std::size_t end = text.find(text[i], i + 1);
      if (end == std::string_view::npos) return "quote without end" + at(i);
      if (text.substr(i, end - i).find('<') != std::string_view::npos) return "< in an attribute" + at(i);
      i = end;
    }
    ++i;
    if (closing) {
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing" + at(start);
      open.pop_back();
    } else if (!empty) {
      bool is_void = false;
      for (const std::string& element : void_elements) is_void = is_void || element == name;
      if (!is_void) open.push_back(name);
      // What stands in these is no markup.
      if (name == "style") i = text.find("</style>", i);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

/// Every value of the attribute `name`.
inline std::vector<std::string> attribute_values(std::string_view text, std::string_view name) {
  std::vector<std::string> values;
  for (const char quote : {'"', '\''}) {
    const std::string start = " " + std::string(name) + "=" + quote;
    for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
      const std::size_t from = at + start.size();
      values.emplace_back(text.substr(from, text.find(quote, from) - from));
    }
  }
  return values;
}

}  // namespace ecram
