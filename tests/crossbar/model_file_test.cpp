// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/model_file.h"

#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "support/run_program.h"
#include "support/temporary_folder.h"

namespace ecram::crossbar {
namespace {

std::vector<Network> two_networks() {
  auto first = untrained_network(std::vector<std::size_t>{6, 4, 3}, Activation::tanh, 1, 0);
  first.layers[1].biases[2] = -0.125F;
  return {first, untrained_network(std::vector<std::size_t>{6, 3}, Activation::relu, 1, 1)};
}

TEST(ModelFile, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  const auto written = two_networks();
  write_networks(folder / "model.h5", written);
  const auto read = read_networks(folder / "model.h5");
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t n = 0; n < read.size(); ++n) {
    EXPECT_EQ(read[n].activation, written[n].activation);
    ASSERT_EQ(read[n].layers.size(), written[n].layers.size());
    for (std::size_t l = 0; l < read[n].layers.size(); ++l) {
      EXPECT_EQ(read[n].layers[l].inputs, written[n].layers[l].inputs);
      EXPECT_EQ(read[n].layers[l].outputs, written[n].layers[l].outputs);
      EXPECT_EQ(read[n].layers[l].weights, written[n].layers[l].weights);
      EXPECT_EQ(read[n].layers[l].biases, written[n].layers[l].biases);
    }
  }
}

TEST(ModelFile, HasTheSameBytesForTheSameNetworks) {
  const TemporaryFolder folder;
  write_networks(folder / "one.h5", two_networks());
  write_networks(folder / "two.h5", two_networks());
  EXPECT_EQ(read_whole(folder / "one.h5"), read_whole(folder / "two.h5"));
}

TEST(ModelFile, RefusesWhatItIsNot) {
  const TemporaryFolder folder;
  write_file(folder / "text.h5", "hello");
  EXPECT_THROW(read_networks(folder / "text.h5"), InvalidInput);
  EXPECT_THROW(read_networks(folder / "none.h5"), InvalidInput);

  write_networks(folder / "model.h5", two_networks());
  const std::string whole = read_whole(folder / "model.h5");
  write_file(folder / "cut.h5", whole.substr(0, whole.size() / 2));
  EXPECT_THROW(read_networks(folder / "cut.h5"), InvalidInput);

  auto network = two_networks().front();
  network.layers[0].weights[0] = std::numeric_limits<float>::quiet_NaN();
  write_networks(folder / "nan.h5", std::vector<Network>{network});
  network = two_networks().front();
  network.layers[1].inputs = 2;
  network.layers[1].weights.resize(6);
  write_networks(folder / "unfit.h5", std::vector<Network>{network});
  for (const auto& [name, text] : {std::pair{"nan.h5", "training_1: layer_1: weights are not all finite"},
                                   {"unfit.h5", "training_1: layer_2: its arrays do not fit together"}}) {
    try {
      read_networks(folder / name);
      FAIL() << "accepted " << name;
    } catch (const InvalidInput& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr(text));
    }
  }
}

}  // namespace
}  // namespace ecram::crossbar
