// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace ecram::report {

/// Runs gnuplot as a process of its own on a script, without a shell and without the user's start-up files, and gives
/// what it wrote to its standard output.
///
/// @throws Interrupted  if the user asked to stop
/// @throws Failure      if there is no gnuplot, or it ends badly: with its first complaint
std::string run_gnuplot(std::string_view script);

}  // namespace ecram::report
