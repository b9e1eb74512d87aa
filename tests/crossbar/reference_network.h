// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "ecram/crossbar/network.h"
#include "ecram/record/idx.h"

/// The same network in double precision, written as the equations stand and for no other purpose: what the kernels are
/// measured against. Its own gradients are measured against finite differences.
namespace ecram::crossbar::reference {

struct Layer {
  std::size_t inputs, outputs;
  std::vector<double> weights, biases;  ///< as crossbar::Layer
};

struct Network {
  Activation activation;
  std::vector<Layer> layers;
};

inline Network in_double(const crossbar::Network& network) {
  Network result{network.activation, {}};
  for (const auto& layer : network.layers)
    result.layers.push_back({layer.inputs,
                             layer.outputs,
                             {layer.weights.begin(), layer.weights.end()},
                             {layer.biases.begin(), layer.biases.end()}});
  return result;
}

inline double activated(Activation activation, double z) {
  if (activation == Activation::sigmoid) return 1 / (1 + std::exp(-z));
  return activation == Activation::tanh ? std::tanh(z) : std::max(z, 0.0);
}

inline double slope(Activation activation, double z) {
  const double a = activated(activation, z);
  if (activation == Activation::sigmoid) return a * (1 - a);
  if (activation == Activation::tanh) return 1 - a * a;
  return z > 0 ? 1 : 0;
}

inline std::vector<double> pixels(std::span<const std::uint8_t> image) {
  std::vector<double> x;
  for (const auto p : image) x.push_back(p / 255.0);
  return x;
}

struct Forward {
  std::vector<std::vector<double>> sums, outputs;  ///< of each layer; outputs[0] are the pixels
  std::vector<double> probabilities;
};

inline Forward forward(const Network& network, std::span<const std::uint8_t> image) {
  Forward f;
  f.outputs.push_back(pixels(image));
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    std::vector<double> z = layer.biases;
    for (std::size_t i = 0; i < layer.inputs; ++i)
      for (std::size_t j = 0; j < layer.outputs; ++j) z[j] += f.outputs[l][i] * layer.weights[i * layer.outputs + j];
    f.sums.push_back(z);
    if (l + 1 < network.layers.size())
      for (double& v : z) v = activated(network.activation, v);
    f.outputs.push_back(z);
  }
  f.probabilities = f.outputs.back();
  const double largest = std::ranges::max(f.probabilities);
  double total = 0;
  for (double& p : f.probabilities) total += p = std::exp(p - largest);
  for (double& p : f.probabilities) p /= total;
  return f;
}

inline double loss(const Network& network, std::span<const std::uint8_t> image, unsigned label) {
  return -std::log(forward(network, image).probabilities[label]);
}

/// The loss's derivative by each weight and bias, laid out as the network itself.
inline Network gradient(const Network& network, std::span<const std::uint8_t> image, unsigned label) {
  const Forward f = forward(network, image);
  Network result = network;
  std::vector<double> delta = f.probabilities;
  delta[label] -= 1;
  for (std::size_t l = network.layers.size(); l-- > 0;) {
    const Layer& layer = network.layers[l];
    std::vector<double> below(layer.inputs);
    for (std::size_t i = 0; i < layer.inputs; ++i)
      for (std::size_t j = 0; j < layer.outputs; ++j) {
        result.layers[l].weights[i * layer.outputs + j] = f.outputs[l][i] * delta[j];
        below[i] += layer.weights[i * layer.outputs + j] * delta[j];
      }
    result.layers[l].biases = delta;
    if (l > 0)
      for (std::size_t i = 0; i < layer.inputs; ++i) below[i] *= slope(network.activation, f.sums[l - 1][i]);
    delta = below;
  }
  return result;
}

/// network -= factor * gradient
inline void descend(Network& network, const Network& gradient, double factor) {
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    auto& layer = network.layers[l];
    for (std::size_t w = 0; w < layer.weights.size(); ++w) layer.weights[w] -= factor * gradient.layers[l].weights[w];
    for (std::size_t b = 0; b < layer.biases.size(); ++b) layer.biases[b] -= factor * gradient.layers[l].biases[b];
  }
}

}  // namespace ecram::crossbar::reference
