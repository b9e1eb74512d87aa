// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/network.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"

namespace ecram::crossbar {
namespace {

// Glorot and Bengio ask for a variance of 2 / (inputs + outputs).
TEST(UntrainedNetwork, HasTheVarianceThatKeepsSignalsAlive) {
  const auto network = untrained_network(std::vector<std::size_t>{784, 256, 128, 10}, Activation::sigmoid, 1, 0);
  for (const Layer& layer : network.layers) {
    double sum = 0, squares = 0;
    for (const float w : layer.weights) {
      sum += static_cast<double>(w);
      squares += static_cast<double>(w) * static_cast<double>(w);
    }
    const auto n = static_cast<double>(layer.weights.size());
    const double variance = 2.0 / static_cast<double>(layer.inputs + layer.outputs);
    // A uniform number's square has a relative standard deviation of sqrt(4/5).
    EXPECT_NEAR(squares / n, variance, 4 * std::sqrt(0.8 / n) * variance);
    EXPECT_NEAR(sum / n, 0, 4 * std::sqrt(variance / n));
    EXPECT_THAT(layer.biases, testing::Each(0.0F));
    EXPECT_LE(largest_weight(layer), std::sqrt(3 * variance));
  }
}

TEST(UntrainedNetwork, DependsOnSeedAndIndexAlone) {
  const std::vector<std::size_t> units{5, 4, 3};
  const auto weights = [&](std::uint64_t seed, std::uint64_t index) {
    return untrained_network(units, Activation::tanh, seed, index).layers[1].weights;
  };
  EXPECT_EQ(weights(1, 0), weights(1, 0));
  EXPECT_NE(weights(1, 0), weights(2, 0));
  EXPECT_NE(weights(1, 0), weights(1, 1));
}

TEST(UntrainedNetwork, NamesTheLayerThatCannotBe) {
  try {
    untrained_network(std::vector<std::size_t>{5, 0, 3}, Activation::tanh, 1, 0);
    FAIL() << "accepted a layer of no units";
  } catch (const InvalidInput& e) {
    EXPECT_STREQ(e.what(), "layers: layer 2 has 0 units, expected 1 to 65535");
  }
  EXPECT_THROW(untrained_network(std::vector<std::size_t>{5}, Activation::tanh, 1, 0), InvalidInput);
  EXPECT_THROW(untrained_network(std::vector<std::size_t>{5, 70000}, Activation::tanh, 1, 0), InvalidInput);
}

TEST(ActivationNamed, KnowsThreeAndHelpsWithOthers) {
  for (const auto activation : {Activation::sigmoid, Activation::tanh, Activation::relu})
    EXPECT_EQ(activation_named(name(activation)), activation);
  try {
    activation_named("sigmoit");
    FAIL() << "accepted sigmoit";
  } catch (const InvalidInput& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("did you mean 'sigmoid'?"));
  }
}

}  // namespace
}  // namespace ecram::crossbar
