// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/json.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace ecram::report {

nlohmann::ordered_json to_json(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

nlohmann::ordered_json to_json(const Estimate& estimate) {
  return {{"value", to_json(estimate.value)},
          {"se", to_json(estimate.standard_error)},
          {"low", to_json(estimate.low)},
          {"high", to_json(estimate.high)}};
}

}  // namespace ecram::report
