// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/training.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/synthetic/digits.h"

namespace ecram::crossbar {
namespace {

const LitPixels& training_pictures() {
  static const LitPixels pictures(synthetic::drawn_digits(2500, 1, 0));
  return pictures;
}

const LitPixels& test_pictures() {
  static const LitPixels pictures(synthetic::drawn_digits(500, 1, 1));
  return pictures;
}

TrainingOptions small() {
  TrainingOptions options;
  options.layers = {784, 32, 10};
  options.rate = 0.1;
  options.epochs = 3;
  return options;
}

TEST(Train, LearnsWithEveryActivationAndBatch) {
  for (const auto activation : {Activation::sigmoid, Activation::tanh, Activation::relu})
    for (const std::size_t batch : {1U, 8U}) {
      TrainingOptions options = small();
      options.activation = activation;
      options.batch = batch;
      options.rate = activation == Activation::sigmoid ? 0.1 : 0.02;
      if (batch == 8) options.rate *= 5;
      const Training result = train(options, training_pictures(), test_pictures(), 0);
      ASSERT_EQ(result.epochs.size(), 3U);
      EXPECT_LT(result.epochs[2].loss, result.epochs[0].loss);
      EXPECT_GT(result.epochs[2].test_accuracy, 0.9) << name(activation) << ", batch " << batch;
      EXPECT_EQ(accuracy(result.network, test_pictures()), result.epochs[2].test_accuracy);
    }
}

TEST(Train, DependsOnSeedAndTrialAlone) {
  const auto weights = [](std::uint64_t seed, std::size_t trial) {
    TrainingOptions options = small();
    options.seed = seed;
    options.epochs = 1;
    return train(options, training_pictures(), test_pictures(), trial).network.layers[0].weights;
  };
  EXPECT_EQ(weights(1, 0), weights(1, 0));
  EXPECT_NE(weights(1, 0), weights(1, 1));
  EXPECT_NE(weights(1, 0), weights(2, 0));
}

TEST(Train, TellsOfEveryPicture) {
  TrainingOptions options = small();
  options.epochs = 2;
  std::size_t told = 0;
  train(options, training_pictures(), test_pictures(), 0, [&](std::size_t pictures) { told += pictures; });
  EXPECT_EQ(told, 5000U);
}

TEST(Train, StopsWhereItDiverges) {
  for (const double rate : {30.0, 1e20}) {
    TrainingOptions options = small();
    options.rate = rate;
    try {
      train(options, training_pictures(), test_pictures(), 1);
      FAIL() << "went on at rate " << rate;
    } catch (const InvalidInput& e) {
      EXPECT_THAT(e.what(),
                  testing::MatchesRegex("training 2 diverged (at|by) picture [0-9]+ of epoch [0-9]+: .* is too large"));
    }
  }
}

TEST(Train, NamesTheOptionThatCannotBe) {
  const auto expect_refused = [](const std::string& text, auto change) {
    TrainingOptions options = small();
    change(options);
    try {
      train(options, training_pictures(), test_pictures(), 0);
      FAIL() << "accepted: " << text;
    } catch (const InvalidInput& e) {
      EXPECT_EQ(e.what(), text);
    }
  };
  expect_refused("epochs: 0, expected at least 1", [](auto& o) { o.epochs = 0; });
  expect_refused("batch: 0, expected at least 1 picture", [](auto& o) { o.batch = 0; });
  expect_refused("rate: -0.1, expected a positive number", [](auto& o) { o.rate = -0.1; });
  expect_refused("rate: nan, expected a positive number",
                 [](auto& o) { o.rate = std::numeric_limits<double>::quiet_NaN(); });
  expect_refused("layers: layer 2 has 0 units, expected 1 to 65535", [](auto& o) { o.layers = {784, 0, 10}; });
  expect_refused("layers: 783 inputs, but the pictures have 784 pixels", [](auto& o) { o.layers = {783, 10}; });
  expect_refused("layers: 11 outputs, but there are 10 labels", [](auto& o) { o.layers = {784, 11}; });
}

}  // namespace
}  // namespace ecram::crossbar
