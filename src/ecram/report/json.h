// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "ecram/core/estimate.h"

namespace ecram::report {

/// A number; null where it is not finite.
nlohmann::ordered_json to_json(double value);

/// {"value", "se", "low", "high"}, each null where it is not finite.
nlohmann::ordered_json to_json(const Estimate& estimate);

}  // namespace ecram::report
