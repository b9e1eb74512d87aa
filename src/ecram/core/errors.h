// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace ecram {

/// What the user gave cannot be used: a file, an option, a number out of range. Its text is one line that names
/// where (file and line, key, index), what was found and what was expected. The program prints it and exits with 2;
/// whoever throws it has written nothing.
class InvalidInput : public std::runtime_error {
 public:
  template <class... Args>
  explicit InvalidInput(fmt::format_string<Args...> text, Args&&... args)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)) {}
};

/// An instrument, an engine or the machine failed while the input was good: a disk that fills up, a process that
/// dies. Outputs are safe and what was measured is kept. The program prints its one line and exits with 3.
class Failure : public std::runtime_error {
 public:
  template <class... Args>
  explicit Failure(fmt::format_string<Args...> text, Args&&... args)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)) {}
};

/// The user asked to stop (Ctrl-C) and what there is has been kept. The program exits with 130.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// Runs `work`, and puts `where` (a file's name, say) and ": " in front of what an InvalidInput says.
template <class Work>
decltype(auto) naming(const std::string& where, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const InvalidInput& e) {
    throw InvalidInput("{}: {}", where, e.what());
  }
}

}  // namespace ecram
