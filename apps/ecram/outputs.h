// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace ecram::commands {

/// A look at the files to write before the work, so that a long analysis does not end in a refusal. Empty names are
/// options that were not given.
///
/// @throws InvalidInput  if one cannot be written, is one of the inputs (--force or not: that would be the
///                       measurement), stands there twice, or exists and `force` is not given
void check_outputs(std::span<const std::string> outputs, std::span<const std::string> inputs, bool force);

}  // namespace ecram::commands
