// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ecram/core/thread_pool.h"
#include "ecram/crossbar/mnist.h"
#include "ecram/crossbar/training.h"
#include "ecram/crossbar/variation.h"

namespace ecram::crossbar {

/// Independent trainings, each then evaluated under the device's variation.
struct TrialOptions {
  TrainingOptions training;
  std::vector<double> sigmas{0, 0.012, 0.025, 0.05, 0.075, 0.1};  ///< share of the conductance window
  std::size_t trials = 1;
  std::size_t draws = 5;                       ///< programmings of each trained network at each sigma
  std::optional<DeviceVariation> device = {};  ///< whose sigma is among those above, for the results to name
};

/// Accuracy at one sigma, over the trainings.
struct AccuracyAtSigma {
  double sigma;               ///< share of the conductance window
  double mean;                ///< share of the test pictures named rightly
  double standard_deviation;  ///< between trainings, each the mean of its draws; NaN where there is only one
  std::size_t trials;
};

/// counts[right label][label found], over all test pictures and trainings, without variation.
using ConfusionMatrix = std::array<std::array<std::size_t, 10>, 10>;

struct TrialResults {
  std::vector<Training> trainings;
  std::vector<std::vector<double>> accuracies;  ///< [training][sigma]
  std::vector<AccuracyAtSigma> accuracy;        ///< one for each sigma
  ConfusionMatrix confusion{};
  std::string simd;          ///< `simd_target` that was in use
  bool interrupted = false;  ///< trainings have fewer epochs than wanted, or are fewer
};

/// How the device's variation is understood, for every output.
inline constexpr const char* variation_reading =
    "programming error: each trained weight is off by a normal error of sigma times the conductance window, "
    "2 max|w| of its layer; biases are exact";

/// @throws InvalidInput  naming the option, if one is out of range or does not fit the pictures
void check(const TrialOptions& options, const Digits& digits);

/// Trains and evaluates, one training a thread. The results depend on the seed, not on the number of threads.
///
/// On Ctrl-C every training that runs finishes its epoch; those that have at least one are evaluated and returned.
///
/// @param name  for the progress bar: "training"
/// @throws InvalidInput  as `check` and `train`
/// @throws Interrupted   if the interruption came before the first epoch had ended
TrialResults run_trials(const TrialOptions& options, const Digits& digits, ThreadPool& pool, const std::string& name);

/// Processor time, in microseconds, that one picture took in training: forward, backward and update, on one core.
double microseconds_per_sample(const TrialResults& results, const Digits& digits);

}  // namespace ecram::crossbar
