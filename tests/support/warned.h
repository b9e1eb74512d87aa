// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>

#include "ecram/core/warning.h"

namespace ecram {

/// Has the result a warning of this code?
template <class Result>
bool warned(const Result& result, std::string_view code) {
  return std::ranges::any_of(result.warnings, [&](const Warning& w) { return w.code == code; });
}

}  // namespace ecram
