// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "ecram/core/estimate.h"
#include "ecram/core/warning.h"

namespace ecram::report {

/// A number; null where it is not finite.
nlohmann::ordered_json to_json(double value);

/// {"value", "se", "low", "high"}, each null where it is not finite.
nlohmann::ordered_json to_json(const Estimate& estimate);

/// A list of {"code", "row", "text"}; the row null where a warning concerns no single line.
nlohmann::ordered_json to_json(std::span<const Warning> warnings);

/// As the program prints and writes it, indented by two. Bytes of a file's name that are no UTF-8 become U+FFFD: a name
/// is no reason to lose a result.
std::string text_of(const nlohmann::ordered_json& json);

}  // namespace ecram::report
