// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/descent.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossbar/reference_network.h"
#include "ecram/core/errors.h"
#include "ecram/core/random.h"
#include "ecram/synthetic/digits.h"

namespace ecram::crossbar {
namespace {

/// Pictures of noise, one pixel in three lit.
record::LabelledImages noise(std::size_t count, std::size_t pixels, unsigned labels) {
  RandomStream random(7, "test pictures");
  record::LabelledImages images{1, pixels, {}, {}};
  for (std::size_t i = 0; i < count * pixels; ++i)
    images.pixels.push_back(random.below(3) == 0 ? static_cast<std::uint8_t>(1 + random.below(255)) : 0);
  for (std::size_t i = 0; i < count; ++i) images.labels.push_back(static_cast<std::uint8_t>(random.below(labels)));
  return images;
}

std::vector<std::uint32_t> all(std::size_t count) {
  std::vector<std::uint32_t> which(count);
  std::iota(which.begin(), which.end(), 0U);
  return which;
}

void expect_near(const Network& found, const reference::Network& expected, double tolerance) {
  for (std::size_t l = 0; l < expected.layers.size(); ++l) {
    for (std::size_t w = 0; w < expected.layers[l].weights.size(); ++w)
      ASSERT_NEAR(static_cast<double>(found.layers[l].weights[w]), expected.layers[l].weights[w], tolerance)
          << "layer " << l << ", weight " << w;
    for (std::size_t b = 0; b < expected.layers[l].biases.size(); ++b)
      ASSERT_NEAR(static_cast<double>(found.layers[l].biases[b]), expected.layers[l].biases[b], tolerance)
          << "layer " << l << ", bias " << b;
  }
}

// The reference of all other tests here: its gradients are those of its loss, in every layer.
TEST(ReferenceNetwork, GradientsAgreeWithFiniteDifferences) {
  const std::vector<std::size_t> units{12, 7, 6, 4};
  const auto images = noise(1, 12, 4);
  for (const auto activation : {Activation::sigmoid, Activation::tanh, Activation::relu}) {
    auto network = reference::in_double(untrained_network(units, activation, 3, 0));
    const auto gradient = reference::gradient(network, images.image(0), images.labels[0]);
    const auto difference = [&](double& parameter) {
      constexpr double step = 1e-5;
      const double there = parameter;
      parameter = there + step;
      const double above = reference::loss(network, images.image(0), images.labels[0]);
      parameter = there - step;
      const double below = reference::loss(network, images.image(0), images.labels[0]);
      parameter = there;
      return (above - below) / (2 * step);
    };
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      auto& layer = network.layers[l];
      double largest = 0;
      for (std::size_t w = 0; w < layer.weights.size(); ++w) {
        ASSERT_NEAR(gradient.layers[l].weights[w], difference(layer.weights[w]), 1e-9);
        largest = std::max(largest, std::abs(gradient.layers[l].weights[w]));
      }
      for (std::size_t b = 0; b < layer.biases.size(); ++b)
        ASSERT_NEAR(gradient.layers[l].biases[b], difference(layer.biases[b]), 1e-9);
      EXPECT_GT(largest, 1e-3) << "nothing to compare in layer " << l << " with " << name(activation);
    }
  }
}

/// Each test runs with every instruction set of the machine.
class DescentOnTarget : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { use_simd_target(GetParam()); }
  void TearDown() override { use_simd_target(""); }
};

TEST_P(DescentOnTarget, IsTheOneInUse) { EXPECT_EQ(simd_target(), GetParam()); }

// Sizes on both sides of a cache line of 16 numbers, and a network without hidden layer.
TEST_P(DescentOnTarget, OneUpdateIsTheReferencesInEveryLayer) {
  const std::vector<std::vector<std::size_t>> shapes{{30, 17, 33, 10}, {30, 16, 10}, {30, 10}, {30, 130, 300, 3}};
  for (const auto& units : shapes)
    for (const auto activation : {Activation::sigmoid, Activation::tanh, Activation::relu}) {
      const auto images = noise(1, units.front(), static_cast<unsigned>(units.back()));
      const Network start = untrained_network(units, activation, 5, 1);
      auto expected = reference::in_double(start);
      reference::descend(expected, reference::gradient(expected, images.image(0), images.labels[0]), 0.5);
      Descent descent(start, 0.5F, 1);
      const Pass pass = descent.learn(LitPixels(images), all(1));
      EXPECT_NEAR(pass.loss, reference::loss(reference::in_double(start), images.image(0), images.labels[0]), 2e-6);
      expect_near(descent.network(), expected, 3e-7);
    }
}

TEST_P(DescentOnTarget, FollowsTheReferenceOverManyUpdates) {
  const std::vector<std::size_t> units{784, 256, 128, 10};
  const auto images = synthetic::drawn_digits(60, 1, 0);
  const Network start = untrained_network(units, Activation::sigmoid, 2, 0);
  auto expected = reference::in_double(start);
  for (std::size_t i = 0; i < images.count(); ++i)
    reference::descend(expected, reference::gradient(expected, images.image(i), images.labels[i]), 0.05);
  Descent descent(start, 0.05F, 1);
  descent.learn(LitPixels(images), all(images.count()));
  expect_near(descent.network(), expected, 2e-6);
}

// Five pictures in batches of three: the mean gradient of the first three at the start, then of the last two.
TEST_P(DescentOnTarget, ABatchIsTheMeanGradient) {
  const std::vector<std::size_t> units{30, 20, 5};
  const auto images = noise(5, 30, 5);
  const Network start = untrained_network(units, Activation::tanh, 2, 0);
  auto expected = reference::in_double(start);
  for (const auto& [from, to] : {std::pair<std::size_t, std::size_t>{0, 3}, {3, 5}}) {
    const auto before = expected;
    for (std::size_t i = from; i < to; ++i)
      reference::descend(expected, reference::gradient(before, images.image(i), images.labels[i]),
                         0.4 / static_cast<double>(to - from));
  }
  const LitPixels lit(images);
  Descent descent(start, 0.4F, 3);
  descent.learn(lit, std::vector<std::uint32_t>{0, 1});
  descent.learn(lit, std::vector<std::uint32_t>{2, 3, 4});
  descent.finish_batch();
  expect_near(descent.network(), expected, 5e-7);
  descent.finish_batch();  // nothing is left
  expect_near(descent.network(), expected, 5e-7);
}

TEST_P(DescentOnTarget, NamesPicturesAsTheReferenceDoes) {
  const auto images = synthetic::drawn_digits(200, 1, 0);
  const Network network = untrained_network(std::vector<std::size_t>{784, 40, 10}, Activation::relu, 9, 0);
  const auto exact = reference::in_double(network);
  const auto found = Descent(network, 0, 1).classify(LitPixels(images));
  for (std::size_t i = 0; i < images.count(); ++i) {
    const auto p = reference::forward(exact, images.image(i)).probabilities;
    EXPECT_EQ(found[i], std::ranges::max_element(p) - p.begin());
  }
}

// A picture without a lit pixel still has biases to learn.
TEST_P(DescentOnTarget, LearnsFromABlankPicture) {
  const record::LabelledImages blank{1, 4, {0, 0, 0, 0}, {1}};
  const Network start = untrained_network(std::vector<std::size_t>{4, 3, 2}, Activation::sigmoid, 1, 0);
  auto expected = reference::in_double(start);
  reference::descend(expected, reference::gradient(expected, blank.image(0), 1), 0.1);
  Descent descent(start, 0.1F, 1);
  descent.learn(LitPixels(blank), all(1));
  expect_near(descent.network(), expected, 1e-7);
  EXPECT_EQ(descent.network().layers[0].weights, start.layers[0].weights);
}

TEST_P(DescentOnTarget, StopsWhereTheLossIsNoNumber) {
  const auto images = noise(3, 4, 2);
  Network network = untrained_network(std::vector<std::size_t>{4, 2}, Activation::sigmoid, 1, 0);
  network.layers[0].biases[0] = std::numeric_limits<float>::infinity();
  const Pass pass = Descent(network, 0.1F, 1).learn(LitPixels(images), all(3));
  EXPECT_EQ(pass.not_finite, 0U);
}

TEST_P(DescentOnTarget, ExponentialIsGoodToTwoUnitsInTheLastPlace) {
  std::vector<float> x;
  for (int i = 0; i <= 200000; ++i) x.push_back(static_cast<float>(-87 + 175.0 * i / 200000));
  const auto found = exponential(x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(static_cast<double>(x[i]));
    const auto rounded = static_cast<float>(exact);
    const double unit = static_cast<double>(std::nextafter(rounded, std::numeric_limits<float>::infinity()) - rounded);
    worst = std::max(worst, std::abs(static_cast<double>(found[i]) - exact) / unit);
  }
  EXPECT_LE(worst, 2) << "units in the last place";
  EXPECT_EQ(exponential(std::vector<float>{0, -1e30F, 1e30F})[0], 1);
}

INSTANTIATE_TEST_SUITE_P(Simd, DescentOnTarget, testing::ValuesIn(simd_targets()), [](const auto& target) {
  std::string name = target.param;
  std::erase(name, '-');
  return name;
});

// What docs/training.md states: after 2000 updates of the paper's network no weight differs by more than 1e-4.
TEST(Descent, TargetsAgreeWithinTheStatedTolerance) {
  const auto images = synthetic::drawn_digits(2000, 1, 0);
  const LitPixels lit(images);
  const Network start = untrained_network(std::vector<std::size_t>{784, 256, 128, 10}, Activation::sigmoid, 2, 0);
  const auto trained = [&](const std::string& target) {
    use_simd_target(target);
    Descent descent(start, 0.01F, 1);
    descent.learn(lit, all(images.count()));
    use_simd_target("");
    return descent.network();
  };
  const Network best = trained("");
  for (const auto& target : simd_targets()) {
    const Network other = trained(target);
    for (std::size_t l = 0; l < best.layers.size(); ++l)
      for (std::size_t w = 0; w < best.layers[l].weights.size(); ++w)
        ASSERT_NEAR(other.layers[l].weights[w], best.layers[l].weights[w], 1e-4F) << target;
  }
}

TEST(Descent, AnUnknownTargetIsNamed) {
  try {
    use_simd_target("MMX");
    FAIL() << "accepted MMX";
  } catch (const InvalidInput& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("no SIMD target 'MMX' here, there is "));
  }
}

TEST(LitPixels, HoldsWhatIsNotDark) {
  const LitPixels lit(record::LabelledImages{1, 4, {0, 9, 0, 255, 0, 0, 0, 0}, {3, 7}});
  EXPECT_THAT(lit.where(0), testing::ElementsAre(1, 3));
  EXPECT_THAT(lit.grey(0), testing::ElementsAre(9, 255));
  EXPECT_TRUE(lit.where(1).empty());
  EXPECT_EQ(lit.label(1), 7U);
}

}  // namespace
}  // namespace ecram::crossbar
