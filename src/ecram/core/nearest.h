// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ecram {

/// Of the known words the one nearest to `word` by edit distance (insert, delete, replace, swap of neighbours), upper
/// and lower case alike; empty if none is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// " (did you mean 'pulses'?)" for use in an error's text; empty if nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace ecram
