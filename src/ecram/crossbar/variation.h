// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ecram/crossbar/images.h"
#include "ecram/crossbar/network.h"

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

}  // namespace ecram::crossbar
