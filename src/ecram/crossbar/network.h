// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ecram::crossbar {

/// What a hidden unit makes of its input z.
enum class Activation {
  sigmoid,  ///< 1 / (1 + exp(-z))
  tanh,     ///< tanh(z)
  relu      ///< max(z, 0)
};

std::string_view name(Activation activation);

/// @throws InvalidInput  if there is no activation of this name
Activation activation_named(std::string_view name);

/// The most units that a layer may have: the kernels number its rows of weights with 16 bits.
inline constexpr std::size_t most_units = 65535;

/// One array of the network: outputs = biases + inputs * weights.
struct Layer {
  std::size_t inputs = 0, outputs = 0;
  std::vector<float> weights;  ///< inputs x outputs, the outputs of one input side by side
  std::vector<float> biases;   ///< one for each output

  float weight(std::size_t input, std::size_t output) const { return weights[input * outputs + output]; }
};

/// A multilayer perceptron: every hidden layer ends in the activation, the last in softmax.
struct Network {
  Activation activation = Activation::sigmoid;
  std::vector<Layer> layers;
};

/// @throws InvalidInput  if there are fewer than two layers of units (inputs, outputs), or one has none or too many
void check_units(std::span<const std::size_t> units);

/// A network before its training. Weights are uniform in -+ sqrt(6 / (inputs + outputs)), biases zero.
///
/// @param units  inputs, units of each hidden layer, outputs
/// @param index  which of the networks of this seed
/// @throws InvalidInput  as `check_units`
///
/// Source: Glorot and Bengio, Proc. AISTATS 2010, PMLR 9, 249, eq. 16.
Network untrained_network(std::span<const std::size_t> units, Activation activation, std::uint64_t seed,
                          std::uint64_t index);

/// The largest magnitude among a layer's weights: half the window that its devices have to cover.
float largest_weight(const Layer& layer);

}  // namespace ecram::crossbar
