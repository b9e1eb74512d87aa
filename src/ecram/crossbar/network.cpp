// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/network.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ecram/core/errors.h"
#include "ecram/core/nearest.h"
#include "ecram/core/random.h"

namespace ecram::crossbar {
namespace {

constexpr std::array<std::string_view, 3> activation_names{"sigmoid", "tanh", "relu"};

}  // namespace

std::string_view name(Activation activation) { return activation_names[static_cast<std::size_t>(activation)]; }

Activation activation_named(std::string_view name) {
  for (std::size_t i = 0; i < activation_names.size(); ++i)
    if (activation_names[i] == name) return static_cast<Activation>(i);
  throw InvalidInput("no activation '{}'{}, expected sigmoid, tanh or relu", name,
                     did_you_mean(name, activation_names));
}

void check_units(std::span<const std::size_t> units) {
  if (units.size() < 2) throw InvalidInput("layers: {} given, expected at least inputs and outputs", units.size());
  for (std::size_t i = 0; i < units.size(); ++i)
    if (units[i] == 0 || units[i] > most_units)
      throw InvalidInput("layers: layer {} has {} units, expected 1 to {}", i + 1, units[i], most_units);
}

Network untrained_network(std::span<const std::size_t> units, Activation activation, std::uint64_t seed,
                          std::uint64_t index) {
  check_units(units);
  RandomStream random(seed, "initial weights", index);
  Network network{activation, {}};
  for (std::size_t l = 0; l + 1 < units.size(); ++l) {
    Layer layer{units[l], units[l + 1], std::vector<float>(units[l] * units[l + 1]), std::vector<float>(units[l + 1])};
    const double bound = std::sqrt(6.0 / static_cast<double>(units[l] + units[l + 1]));
    for (float& w : layer.weights) w = static_cast<float>(bound * (2 * random.uniform() - 1));
    network.layers.push_back(std::move(layer));
  }
  return network;
}

float largest_weight(const Layer& layer) {
  float largest = 0;
  for (const float w : layer.weights) largest = std::max(largest, std::abs(w));
  return largest;
}

}  // namespace ecram::crossbar
