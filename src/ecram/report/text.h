// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ecram::report {

/// Text that every reader of UTF-8 and XML accepts: control characters become spaces (`keep_lines` spares line feeds
/// and tabs), bytes that are not UTF-8 become U+FFFD.
std::string clean_text(std::string_view text, bool keep_lines = false);

/// `clean_text`, with &, <, >, " and ' written as HTML and XML want them.
std::string escape_markup(std::string_view text, bool keep_lines = false);

/// Number of Unicode characters.
std::size_t characters(std::string_view text);

}  // namespace ecram::report
