// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/variation.h"

#include <cmath>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/random.h"
#include "ecram/core/sha256.h"
#include "ecram/crossbar/training.h"

namespace ecram::crossbar {

Network programmed(const Network& network, double sigma, std::uint64_t seed, std::size_t trial, std::size_t draw) {
  Network device = network;
  RandomStream random(seed, "programming error", static_cast<std::uint64_t>(trial) << 32 | draw);
  for (Layer& layer : device.layers) {
    const double error = sigma * 2 * static_cast<double>(largest_weight(layer));
    for (float& w : layer.weights) w += static_cast<float>(error * random.normal());
  }
  return device;
}

std::vector<double> accuracy_under_variation(const Network& network, const LitPixels& pictures,
                                             std::span<const double> sigmas, std::size_t draws, std::uint64_t seed,
                                             std::size_t trial) {
  std::vector<double> accuracies;
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    if (!(sigmas[i] >= 0) || !std::isfinite(sigmas[i]))
      throw InvalidInput("sigma {} is {}, expected a number that is not negative", i + 1, sigmas[i]);
    const std::size_t programmings = sigmas[i] == 0 ? 1 : draws;
    double sum = 0;
    for (std::size_t draw = 0; draw < programmings; ++draw)
      sum += accuracy(programmed(network, sigmas[i], seed, trial, draw), pictures);
    accuracies.push_back(sum / static_cast<double>(programmings));
  }
  return accuracies;
}

DeviceVariation device_variation(const record::DeviceCard& card) {
  const double sigma = card.step_over_window.value;
  if (!(sigma >= 0) || !std::isfinite(sigma))
    throw InvalidInput("the card has no variation (step_over_window), which a training needs");
  return {"", "", card.device, sigma, card.gmin, card.gmax, card.conductance_unit};
}

DeviceVariation read_device_variation(const std::filesystem::path& path) {
  const record::DeviceCard card = record::read_device_card(path);
  DeviceVariation variation = naming(path.string(), [&] { return device_variation(card); });
  variation.file = path.filename().string();
  variation.sha256 = sha256(MappedFile(path).text());
  return variation;
}

}  // namespace ecram::crossbar
