// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ecram {

/// A line on standard error that says how far long work is and how long it will still take. Silent where standard
/// error is no terminal, and for work that ends within half a second.
class Progress {
 public:
  /// @param what   what is being done, "training"
  /// @param total  how many steps there are; 0: not known
  Progress(std::string what, std::size_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Clears the line.
  ~Progress();

  /// `done` of the steps are done. Cheap: redraws at most ten times a second. Call from one thread.
  void update(std::size_t done);

  /// "fitting: step 3, scatter 1.2 %": for work of a length that nobody knows. As seldom redrawn.
  void update(std::string_view state);

 private:
  bool due() const;
  void draw(const std::string& line);

  using Clock = std::chrono::steady_clock;
  std::string what_;
  std::size_t total_;
  Clock::time_point start_ = Clock::now(), drawn_ = start_;
  bool terminal_, shown_ = false;
};

}  // namespace ecram
