// SPDX-License-Identifier: Apache-2.0
#include "option_rules.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ecram/core/errors.h"

namespace ecram::commands {

void refuse_options_in_vain(const CLI::App& command, std::span<const Excluded> excluded,
                            std::span<const Needed> needed) {
  const auto is_given = [&](const char* name) { return command.count(name) > 0; };
  for (const auto& [option, beside, reason] : excluded)
    if (is_given(option) && is_given(beside)) throw InvalidInput("{}: in vain beside {}: {}", option, beside, reason);
  for (const auto& [option, one_of] : needed)
    if (is_given(option) && std::ranges::none_of(one_of, is_given))
      throw InvalidInput("{}: in vain by itself; expected {} with it", option, fmt::join(one_of, " or "));
}

CLI::Validator whole_number() {
  const auto complaint = [](std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) return std::string();
    return fmt::format("'{}'; expected a whole number from 0 to 18446744073709551615", text);
  };
  return {complaint, "UINT", "whole number"};
}

}  // namespace ecram::commands
