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

nlohmann::ordered_json to_json(std::span<const Warning> warnings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Warning& w : warnings)
    list.push_back({{"code", w.code},
                    {"row", w.row > 0 ? nlohmann::ordered_json(w.row) : nlohmann::ordered_json(nullptr)},
                    {"text", w.text}});
  return list;
}

std::string text_of(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace ecram::report
