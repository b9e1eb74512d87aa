// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecram/crossbar/images.h"
#include "ecram/crossbar/network.h"

namespace ecram::crossbar {

/// Single-precision numbers that begin on a cache line and fill whole ones; those beyond what was asked for are zero.
class AlignedFloats {
 public:
  static constexpr std::size_t per_line = 16;

  explicit AlignedFloats(std::size_t count = 0) : lines_((count + per_line - 1) / per_line) {}
  float* data() { return reinterpret_cast<float*>(lines_.data()); }
  const float* data() const { return reinterpret_cast<const float*>(lines_.data()); }
  std::size_t size() const { return lines_.size() * per_line; }

 private:
  struct alignas(64) Line {
    float number[per_line];
  };
  std::vector<Line> lines_;
};

/// What a pass over some pictures came to.
struct Pass {
  double loss = 0;          ///< sum of -ln(probability given to the right label)
  std::size_t correct = 0;  ///< how many were given the right label, before the update that they caused
  std::optional<std::size_t>
      not_finite;  ///< at which of the pictures the loss stopped being a number; pass ended there
};

/// Stochastic gradient descent on the cross-entropy of a network, in single precision.
///
/// For a picture x with label y the loss is -ln p_y, p the softmax of the last layer. Each layer W, b with input a gets
///
///     W -= rate * mean over the batch of a_i d_j,    b -= rate * mean of d_j,
///
/// where d = p - e_y in the last layer and d = f'(z) * (W d) of the layer above in the others, all with the weights
/// from before the update (Rumelhart, Hinton, Williams, Nature 323, 533 (1986)).
///
/// The weights of one input lie side by side, so that a dark pixel's are neither read nor written. In layers above the
/// first the product W d and the update are one pass over the weights. Vectors are those of the best instruction set
/// that the machine has (`simd_target`); sums are ordered differently in each, so results differ in the last bits
/// between them, and not at all between runs on one.
class Descent {
 public:
  /// @param rate   learning rate; pixels are 0 ... 1
  /// @param batch  pictures an update, at least 1
  Descent(const Network& network, float rate, std::size_t batch);

  /// Trains on the pictures `which`, in this order. A batch that the last of them leaves open goes on in the next call,
  /// and needs the pictures to stay where they are until it is finished.
  Pass learn(const LitPixels& images, std::span<const std::uint32_t> which);

  /// Applies the update of a batch that is still open, as the mean over what it has.
  void finish_batch();

  /// The label that the network gives to each of the pictures.
  std::vector<std::uint8_t> classify(const LitPixels& images);

  /// The network as trained so far.
  Network network() const;

  struct State;  ///< the network laid out for the kernels
  Descent(Descent&&) noexcept;
  Descent& operator=(Descent&&) noexcept;
  ~Descent();

 private:
  std::unique_ptr<State> state_;
};

/// exp(x), as the kernels take it for sigmoid, tanh and softmax: to 2 units in the last place of single precision, with
/// x held to -87 ... 88.
std::vector<float> exponential(std::span<const float> x);

/// The vector instructions in use: "AVX-512", "AVX2" or "baseline" on x86.
std::string simd_target();

/// Which of them this machine can use at present, the best first.
std::vector<std::string> simd_targets();

/// Uses this one alone from now on, to compare; an empty name lifts that. Not while a descent runs.
/// @throws InvalidInput  if the machine or the program does not have it
void use_simd_target(const std::string& name);

}  // namespace ecram::crossbar
