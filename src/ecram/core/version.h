// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace ecram {

/// The project's version, "0.1.0".
std::string_view version();

/// The commit that the program was built from, with "-dirty" behind it where the tree had changes; "unknown" outside
/// a git checkout.
std::string_view commit();

}  // namespace ecram
