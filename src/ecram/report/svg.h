// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace ecram::report {

/// gnuplot's SVG made fit to stand beside others in one page: `name` and a dash in front of every id and every
/// reference to one, without XML declaration, and without the titles and the description that gnuplot adds of its own
/// (browsers show them as tool tips).
std::string with_own_ids(std::string_view svg, std::string_view name);

}  // namespace ecram::report
