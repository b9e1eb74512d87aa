// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/export_head.h"

#include <fmt/format.h>

namespace ecram::calibration {

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\\') c = ' ';
  return text;
}

std::string export_head(const record::DeviceCard& card, const std::string& file, std::string_view comment,
                        std::string_view what) {
  return fmt::format("{0} {1} of '{2}', from {3}\n{0} exported by {4}\n", comment, what, one_line(card.device),
                     one_line(file), one_line(card.program));
}

}  // namespace ecram::calibration
