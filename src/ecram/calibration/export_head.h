// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ecram/record/device_card.h"

namespace ecram::calibration {

/// A text that cannot end the comment or the string that it stands in: control characters, quotes and backslashes (a
/// backslash carries a C++ comment on into the next line) become blanks.
std::string one_line(std::string text);

/// The first two lines of every export: what it is, of which device and card, made by which program.
std::string export_head(const record::DeviceCard& card, const std::string& file, std::string_view comment,
                        std::string_view what);

}  // namespace ecram::calibration
