// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace ecram {

/// Something in the user's data that a result is given in spite of.
struct Warning {
  std::string code;     ///< a fixed word for programs, "negative_conductance"
  std::size_t row = 0;  ///< line of the file, counted from 1; 0 where it concerns no single line
  std::string text;     ///< one sentence for people
};

}  // namespace ecram
