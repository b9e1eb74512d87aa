// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ecram {

/// A stream of random numbers that depends on nothing but its key (seed, purpose, index): no state is shared, so work
/// split over any number of threads draws the same numbers. Give each independent unit of work its own index.
///
/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, Proc. SC'11, 2011): a counter-based generator; two streams with
/// different keys are independent for every practical purpose, and a stream's period is 2^34 draws.
class RandomStream {
 public:
  /// @param purpose  what the numbers are for ("reading noise", "bootstrap"): streams of one seed and different
  ///                 purposes do not correlate
  RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

  /// 32 random bits.
  std::uint32_t bits();

  /// Uniform in (0, 1): 53 random bits, never 0 and never 1.
  double uniform();

  /// Normal with mean 0 and standard deviation 1 (Box-Muller).
  double normal();

  /// Uniform in 0 ... bound - 1, without bias. @pre bound > 0
  std::uint32_t below(std::uint32_t bound);

 private:
  void refill();

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  double spare_normal_ = 0;
  bool has_spare_ = false;
};

}  // namespace ecram
