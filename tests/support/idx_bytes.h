// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ecram {

/// An IDX file of unsigned bytes, built from the format's description.
inline std::string idx_bytes(const std::vector<std::uint32_t>& dimensions, const std::string& elements) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(dimensions.size())};
  for (const std::uint32_t d : dimensions)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(d >> shift & 0xff);
  return bytes + elements;
}

}  // namespace ecram
