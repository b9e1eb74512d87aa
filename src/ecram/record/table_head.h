// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecram/core/warning.h"

/// What the first lines of a delimited text file say about the rest; for room `record` itself.
namespace ecram::record {

struct TableHead {
  char delimiter = ',';
  std::vector<std::string> headers;  ///< one a column; empty for one without a name, such as pandas' index
  std::size_t header_line = 0;       ///< 0: the file has no header
  std::size_t data_begin = 0;        ///< offset of the first line below the header
  std::size_t data_line = 1;         ///< the number of that line
  std::vector<Warning> warnings;
};

/// @throws InvalidInput  if there is no header (and `header_may_lack` is not set), nothing but comments, or nothing
///                       below the header; `source` is the file's name for the message
TableHead read_head(std::string_view text, const std::string& source, bool header_may_lack);

/// Name and unit of a column's header.
std::pair<std::string, std::string> name_and_unit(std::string_view header);

}  // namespace ecram::record
