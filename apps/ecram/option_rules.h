// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include <CLI/CLI.hpp>

namespace ecram::commands {

/// An option that would do nothing beside another one.
struct Excluded {
  const char* option;
  const char* beside;
  const char* reason;  ///< as the message ends: "it is for the pair"
};

/// An option that would do nothing without one of others.
struct Needed {
  const char* option;
  std::vector<const char*> one_of;
};

/// An option in vain is refused, not passed over.
///
/// @throws InvalidInput  naming the first option that was given in vain
void refuse_options_in_vain(const CLI::App& command, std::span<const Excluded> excluded,
                            std::span<const Needed> needed);

/// For a seed: digits only, up to 18446744073709551615. CLI11 takes what is greater for the greatest.
CLI::Validator whole_number();

}  // namespace ecram::commands
