// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "ecram/crossbar/images.h"
#include "ecram/crossbar/network.h"
#include "ecram/record/device_card.h"

namespace ecram::crossbar {

/// The network as a crossbar holds it after one programming of its devices: each weight w becomes
///
///     w + sigma * window * N(0, 1),    window = 2 max|w| over the layer,
///
/// an error of the programmed conductance in units of the whole conductance window, which the layer's largest weight
/// sets. Biases stay exact: they are added behind the array, in the digital periphery.
///
/// The errors of one (trial, draw) are the same normal numbers for every sigma, so that a curve against sigma does not
/// depend on which values it has.
///
/// @param sigma  share of the window, not negative; 0.025 is 2.5 %
///
/// Source: of the readings of "cycle-to-cycle variation" in Kwak et al., Nat. Commun. 16, 2715 (2025), the one that
/// reproduces the paper's accuracies (docs/training.md).
Network programmed(const Network& network, double sigma, std::uint64_t seed, std::size_t trial, std::size_t draw);

/// Accuracy over the pictures at each sigma, the mean over `draws` programmings of the same network; where sigma is 0
/// all programmings are alike and one is made.
///
/// @throws InvalidInput  if a sigma is negative or not a number
std::vector<double> accuracy_under_variation(const Network& network, const LitPixels& pictures,
                                             std::span<const double> sigmas, std::size_t draws, std::uint64_t seed,
                                             std::size_t trial);

/// What of a device card the network meets.
struct DeviceVariation {
  std::string file, sha256;  ///< of the card
  std::string device;        ///< its name for people
  double sigma = 0;          ///< share of the conductance window
  Estimate gmin, gmax;       ///< the window, in `conductance_unit`
  std::string conductance_unit;
};

/// The variation of a device card: the spread of a step from cycle to cycle over the window (`step_over_window`). A
/// weight that is programmed until it is right is off by what the last step missed, so this stands for the error of a
/// programmed weight.
///
/// @throws InvalidInput  as `record::read_device_card`, or if the card does not know that spread
DeviceVariation read_device_variation(const std::filesystem::path& card);

/// The same of a card that is no file.
/// @throws InvalidInput  if the card does not know its spread
DeviceVariation device_variation(const record::DeviceCard& card);

}  // namespace ecram::crossbar
