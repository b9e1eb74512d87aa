// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/variation.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/crossbar/training.h"
#include "ecram/synthetic/digits.h"
#include "support/temporary_folder.h"

namespace ecram::crossbar {
namespace {

Network some_network() {
  auto network = untrained_network(std::vector<std::size_t>{784, 100, 10}, Activation::sigmoid, 1, 0);
  network.layers[0].weights[17] = -1.5F;  // sets the window: 3
  network.layers[1].weights[3] = 0.8F;
  network.layers[1].biases[2] = 0.25F;
  return network;
}

TEST(Programmed, ErrorsAreNormalWithSigmaTimesTheWindow) {
  const Network ideal = some_network(), device = programmed(ideal, 0.05, 1, 0, 0);
  const double windows[] = {3.0, 1.6};
  for (std::size_t l = 0; l < 2; ++l) {
    double sum = 0, squares = 0;
    std::size_t within = 0;
    const auto n = static_cast<double>(ideal.layers[l].weights.size());
    for (std::size_t w = 0; w < ideal.layers[l].weights.size(); ++w) {
      const double error =
          static_cast<double>(device.layers[l].weights[w]) - static_cast<double>(ideal.layers[l].weights[w]);
      sum += error;
      squares += error * error;
      within += std::abs(error) < 0.05 * windows[l] ? 1 : 0;
    }
    const double deviation = 0.05 * windows[l];
    EXPECT_NEAR(sum / n, 0, 4 * deviation / std::sqrt(n));
    EXPECT_NEAR(std::sqrt(squares / n), deviation, 4 * deviation / std::sqrt(2 * n));
    EXPECT_NEAR(static_cast<double>(within) / n, 0.6827, 4 * std::sqrt(0.6827 * 0.3173 / n));
    EXPECT_EQ(device.layers[l].biases, ideal.layers[l].biases);
  }
}

TEST(Programmed, WithoutVariationIsTheNetworkItself) {
  const Network ideal = some_network(), device = programmed(ideal, 0, 1, 0, 0);
  EXPECT_EQ(device.layers[0].weights, ideal.layers[0].weights);
}

TEST(Programmed, DrawsDifferFromEachOtherAndScaleWithSigma) {
  const Network ideal = some_network();
  const auto error = [&](double sigma, std::size_t trial, std::size_t draw) {
    return static_cast<double>(programmed(ideal, sigma, 1, trial, draw).layers[0].weights[5]) -
           static_cast<double>(ideal.layers[0].weights[5]);
  };
  EXPECT_NE(error(0.1, 0, 0), error(0.1, 0, 1));
  EXPECT_NE(error(0.1, 0, 0), error(0.1, 1, 0));
  EXPECT_NEAR(error(0.1, 0, 0), 2 * error(0.05, 0, 0), 1e-6);
}

TEST(AccuracyUnderVariation, DoesNotDependOnWhatElseIsAsked) {
  const LitPixels pictures(synthetic::drawn_digits(300, 1, 0));
  const Network network = some_network();
  const auto many = accuracy_under_variation(network, pictures, std::vector<double>{0, 0.01, 0.3}, 3, 1, 0);
  const auto alone = accuracy_under_variation(network, pictures, std::vector<double>{0.3}, 3, 1, 0);
  EXPECT_EQ(many[2], alone[0]);
  EXPECT_EQ(many[0], accuracy(network, pictures));
  double mean = 0;
  for (std::size_t draw = 0; draw < 3; ++draw) mean += accuracy(programmed(network, 0.3, 1, 0, draw), pictures) / 3;
  EXPECT_NEAR(alone[0], mean, 1e-12);
}

TEST(DeviceVariation, IsTheCardsStepOverTheWindow) {
  const TemporaryFolder folder;
  record::DeviceCard card;
  card.device = "W7";
  card.program = "a test";
  card.sources = {{"w7.csv", std::string(64, '0'), "two columns"}};
  card.gmin = normal_estimate(1e-9, 1e-11);
  card.gmax = normal_estimate(4e-8, 1e-10);
  write_file(folder / "unknown.toml", record::device_card_text(card));
  try {
    read_device_variation(folder / "unknown.toml");
    FAIL() << "found a variation in a card that has none";
  } catch (const InvalidInput& e) {
    EXPECT_EQ(e.what(), (folder / "unknown.toml").string() +
                            ": the card has no variation (step_over_window), which a training needs");
  }
  card.step_over_window = normal_estimate(0.012, 0.001);
  write_file(folder / "known.toml", record::device_card_text(card));
  const DeviceVariation variation = read_device_variation(folder / "known.toml");
  EXPECT_EQ(variation.sigma, 0.012);
  EXPECT_EQ(variation.device, "W7");
  EXPECT_EQ(variation.file, "known.toml");
  EXPECT_EQ(variation.gmax.value, 4e-8);
}

TEST(AccuracyUnderVariation, RefusesWhatIsNoSigma) {
  const LitPixels pictures(synthetic::drawn_digits(10, 1, 0));
  for (const double sigma : {-0.01, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    EXPECT_THROW(accuracy_under_variation(some_network(), pictures, std::vector<double>{sigma}, 1, 1, 0), InvalidInput);
}

}  // namespace
}  // namespace ecram::crossbar
