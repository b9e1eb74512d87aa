// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "ecram/crossbar/mnist.h"
#include "ecram/crossbar/trials.h"

namespace ecram::crossbar {
namespace {

// The paper's network after six of its thirty epochs, two trainings. An independent implementation (the same network
// written with NumPy, other random numbers) has 96.88 and 96.91 % here.
TEST(Mnist, ThePapersNetworkLearnsAndSuffersFromVariation) {
  const Digits digits = read_digits(std::filesystem::path(std::getenv("ECRAM_DATA")) / "mnist");
  ASSERT_EQ(digits.name, "MNIST");
  TrialOptions options;
  options.training.epochs = 6;
  options.trials = 2;
  options.draws = 2;
  ThreadPool pool(2);
  const TrialResults results = run_trials(options, digits, pool, "training");
  EXPECT_NEAR(results.accuracy[0].mean, 0.966, 0.01);
  for (std::size_t s = 1; s < results.accuracy.size(); ++s)
    EXPECT_LT(results.accuracy[s].mean, results.accuracy[s - 1].mean + 0.001);
  EXPECT_LT(results.accuracy.back().mean, 0.9);
}

}  // namespace
}  // namespace ecram::crossbar
