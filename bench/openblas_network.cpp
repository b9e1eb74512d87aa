// SPDX-License-Identifier: Apache-2.0
#include "openblas_network.h"

#include <algorithm>
#include <cmath>

#include <cblas.h>

namespace ecram::bench {

OpenBlasNetwork::OpenBlasNetwork(const crossbar::Network& network, float rate)
    : rate_(rate), pixels_(network.layers.front().inputs) {
  openblas_set_num_threads(1);
  for (const auto& from : network.layers) {
    Layer layer{static_cast<int>(from.inputs),           static_cast<int>(from.outputs),
                std::vector<float>(from.weights.size()), from.biases,
                std::vector<float>(from.outputs),        std::vector<float>(from.outputs)};
    for (std::size_t i = 0; i < from.inputs; ++i)
      for (std::size_t j = 0; j < from.outputs; ++j) layer.weights[j * from.inputs + i] = from.weight(i, j);
    layers_.push_back(std::move(layer));
  }
}

double OpenBlasNetwork::learn(const record::LabelledImages& images, std::span<const std::uint32_t> which) {
  double loss = 0;
  for (const std::uint32_t i : which) {
    const auto image = images.image(i);
    for (std::size_t p = 0; p < image.size(); ++p) pixels_[p] = static_cast<float>(image[p]) * (1.0F / 255);
    const float* input = pixels_.data();
    for (Layer& layer : layers_) {
      layer.output = layer.biases;
      cblas_sgemv(CblasRowMajor, CblasNoTrans, layer.outputs, layer.inputs, 1, layer.weights.data(), layer.inputs,
                  input, 1, 1, layer.output.data(), 1);
      if (&layer != &layers_.back())
        for (float& z : layer.output) z = 1 / (1 + std::exp(-z));
      input = layer.output.data();
    }
    auto& last = layers_.back();
    const float largest = *std::ranges::max_element(last.output);
    float total = 0;
    for (float& z : last.output) total += z = std::exp(z - largest);
    for (float& z : last.output) z /= total;
    loss -= std::log(static_cast<double>(last.output[images.labels[i]]));
    last.delta = last.output;
    last.delta[images.labels[i]] -= 1;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      Layer& layer = layers_[l];
      const float* from = l > 0 ? layers_[l - 1].output.data() : pixels_.data();
      if (l > 0) {
        Layer& below = layers_[l - 1];
        cblas_sgemv(CblasRowMajor, CblasTrans, layer.outputs, layer.inputs, 1, layer.weights.data(), layer.inputs,
                    layer.delta.data(), 1, 0, below.delta.data(), 1);
        for (std::size_t k = 0; k < below.delta.size(); ++k) below.delta[k] *= below.output[k] * (1 - below.output[k]);
      }
      cblas_sger(CblasRowMajor, layer.outputs, layer.inputs, -rate_, layer.delta.data(), 1, from, 1,
                 layer.weights.data(), layer.inputs);
      cblas_saxpy(layer.outputs, -rate_, layer.delta.data(), 1, layer.biases.data(), 1);
    }
  }
  return loss;
}

}  // namespace ecram::bench
