// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "ecram/crossbar/images.h"
#include "ecram/crossbar/network.h"

namespace ecram::crossbar {

/// How a network is trained. The numbers are those of Kwak et al., Nat. Commun. 16, 2715 (2025), Methods.
struct TrainingOptions {
  std::vector<std::size_t> layers{784, 256, 128, 10};  ///< pixels, units of each hidden layer, labels
  Activation activation = Activation::sigmoid;
  double rate = 0.01;       ///< learning rate, for pixels of 0 ... 1
  std::size_t batch = 1;    ///< pictures an update
  std::size_t epochs = 30;  ///< passes over the training pictures
  std::uint64_t seed = 1;
};

/// What one pass over the training pictures came to.
struct Epoch {
  double loss = 0;               ///< mean cross-entropy (nat), each picture before the update that it caused
  double training_accuracy = 0;  ///< share of the training pictures named rightly, likewise
  double test_accuracy = 0;      ///< share of the test pictures named rightly after the epoch
};

struct Training {
  Network network;
  std::vector<Epoch> epochs;
  double seconds = 0;  ///< processor time of the descent, without that for the test pictures
};

/// Is told every thousand pictures or so how many more there were; may come from any thread.
using TrainingProgress = std::function<void(std::size_t pictures)>;

/// @throws InvalidInput  naming the option that is out of range, or does not fit the pictures (as many inputs as
///                       pixels, as many outputs as labels, which are ten)
void check(const TrainingOptions& options, std::size_t pixels);

/// Trains one network, all its random choices from (seed, trial): the weights that it starts from
/// (`untrained_network`) and the order of the pictures, shuffled anew for each epoch. On Ctrl-C
/// (`interrupt_requested`) it finishes the epoch and returns what it has; before the first one, nothing is trained.
///
/// @throws InvalidInput  if the loss stops being a number, or over the last thousand pictures is more than three times
///                       that of a blind guess, ln(labels): the rate is too large. Names trial, epoch and picture.
Training train(const TrainingOptions& options, const LitPixels& training, const LitPixels& test, std::size_t trial,
               const TrainingProgress& progress = {});

/// Share of the pictures that the network names rightly.
double accuracy(const Network& network, const LitPixels& pictures);

}  // namespace ecram::crossbar
