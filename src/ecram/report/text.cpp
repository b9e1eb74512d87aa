// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/text.h"

namespace ecram::report {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Length of the UTF-8 character at `i`, 0 where the bytes are none (RFC 3629: no overlong forms, no surrogates,
/// nothing above U+10FFFF).
std::size_t character_length(std::string_view text, std::size_t i) {
  const unsigned first = byte_at(text, i);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned lowest_second = 0x80, highest_second = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) lowest_second = 0xA0;
    if (first == 0xED) highest_second = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) lowest_second = 0x90;
    if (first == 0xF4) highest_second = 0x8F;
  } else {
    return 0;
  }
  if (i + length > text.size()) return 0;
  if (byte_at(text, i + 1) < lowest_second || byte_at(text, i + 1) > highest_second) return 0;
  for (std::size_t k = 2; k < length; ++k)
    if ((byte_at(text, i + k) & 0xC0U) != 0x80) return 0;
  return length;
}

bool is_noncharacter(std::string_view character) { return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF"; }

}  // namespace

std::string clean_text(std::string_view text, bool keep_lines) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    if (length == 0) {
      clean += replacement;
      ++i;
      continue;
    }
    const char c = text[i];
    const bool control = length == 1 && (byte_at(text, i) < 0x20 || c == 0x7F);
    if (control && !(keep_lines && (c == '\n' || c == '\t'))) {
      clean += ' ';
    } else if (is_noncharacter(text.substr(i, length))) {
      clean += replacement;
    } else {
      clean += text.substr(i, length);
    }
    i += length;
  }
  return clean;
}

std::string escape_markup(std::string_view text, bool keep_lines) {
  std::string escaped;
  for (const char c : clean_text(text, keep_lines)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  return count;
}

}  // namespace ecram::report
