// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ecram::electronic {

/// A data block of a CIF as plain data: each tag (in lower case) with its value, or with its column of a loop. Values
/// are without quotes; "?" and "." (unknown, not applicable) are empty.
struct CifBlock {
  std::string name;
  std::map<std::string, std::vector<std::string>> values;

  /// The values of a tag; none if it is not there.
  const std::vector<std::string>& of(const std::string& tag) const {
    static const std::vector<std::string> nothing;
    const auto at = values.find(tag);
    return at == values.end() ? nothing : at->second;
  }
};

/// @throws InvalidInput  "source:line:..." for what is no CIF
std::vector<CifBlock> parse_cif_document(std::string_view text, const std::string& source);

}  // namespace ecram::electronic
