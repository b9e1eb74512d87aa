// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ecram/crossbar/network.h"
#include "ecram/record/idx.h"

namespace ecram::bench {

/// The same network and the same descent, sigmoid and batch 1, as anybody writes it with BLAS: gemv forward and
/// backward, ger for the update, on dense matrices (outputs x inputs). One thread.
class OpenBlasNetwork {
 public:
  OpenBlasNetwork(const crossbar::Network& network, float rate);

  /// @return the sum of the losses
  double learn(const record::LabelledImages& images, std::span<const std::uint32_t> which);

 private:
  struct Layer {
    int inputs, outputs;
    std::vector<float> weights, biases, output, delta;
  };

  float rate_;
  std::vector<float> pixels_;
  std::vector<Layer> layers_;
};

}  // namespace ecram::bench
