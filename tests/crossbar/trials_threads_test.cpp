// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/crossbar/trials.h"
#include "ecram/crossbar/trials_json.h"
#include "ecram/synthetic/digits.h"

namespace ecram::crossbar {
namespace {

Digits few_digits() {
  return {synthetic::drawn_digits(600, 1, 0), synthetic::drawn_digits(200, 1, 1), "drawn digits (not MNIST)", ""};
}

TrialOptions few_trials() {
  TrialOptions options;
  options.training.layers = {784, 24, 16, 10};
  options.training.rate = 0.1;
  options.training.epochs = 2;
  options.trials = 4;
  options.draws = 2;
  options.sigmas = {0, 0.1};
  return options;
}

TEST(Trials, AreTheSameForAnyNumberOfThreads) {
  const Digits digits = few_digits();
  const TrialOptions options = few_trials();
  ThreadPool one(1), two(2), three(3);
  const TrialResults alone = run_trials(options, digits, one, "training");
  const std::string json = results_json(options, alone, digits);
  for (ThreadPool* pool : {&two, &three}) {
    const TrialResults shared = run_trials(options, digits, *pool, "training");
    EXPECT_EQ(results_json(options, shared, digits), json);
    for (std::size_t t = 0; t < options.trials; ++t)
      EXPECT_EQ(shared.trainings[t].network.layers[0].weights, alone.trainings[t].network.layers[0].weights);
  }
}

TEST(Trials, SumUpWhatEachTrainingGave) {
  const Digits digits = few_digits();
  const TrialOptions options = few_trials();
  ThreadPool pool(2);
  const TrialResults results = run_trials(options, digits, pool, "training");
  ASSERT_EQ(results.accuracy.size(), 2U);
  for (std::size_t s = 0; s < 2; ++s) {
    const double a = results.accuracies[0][s], b = results.accuracies[1][s], c = results.accuracies[2][s],
                 d = results.accuracies[3][s];
    const double mean = (a + b + c + d) / 4;
    EXPECT_NEAR(results.accuracy[s].mean, mean, 1e-12);
    // The variance as half the mean square of all differences.
    const double squares = (a - b) * (a - b) + (a - c) * (a - c) + (a - d) * (a - d) + (b - c) * (b - c) +
                           (b - d) * (b - d) + (c - d) * (c - d);
    EXPECT_NEAR(results.accuracy[s].standard_deviation, std::sqrt(squares / 12), 1e-12);
    EXPECT_EQ(results.accuracy[s].trials, 4U);
  }
  std::size_t counted = 0, right = 0;
  for (std::size_t label = 0; label < 10; ++label) {
    for (const std::size_t n : results.confusion[label]) counted += n;
    right += results.confusion[label][label];
  }
  EXPECT_EQ(counted, 4 * digits.test.count());
  EXPECT_NEAR(static_cast<double>(right) / static_cast<double>(counted), results.accuracy[0].mean, 1e-12);
}

TEST(Trials, OneTrainingHasNoSpread) {
  TrialOptions options = few_trials();
  options.trials = 1;
  ThreadPool pool(1);
  const Digits digits = few_digits();
  const TrialResults results = run_trials(options, digits, pool, "training");
  EXPECT_TRUE(std::isnan(results.accuracy[0].standard_deviation));
  EXPECT_NE(results_json(options, results, digits).find("\"sd\": null"), std::string::npos);
}

TEST(Trials, DivergenceInAThreadIsTold) {
  TrialOptions options = few_trials();
  options.training.rate = 1e20;
  ThreadPool pool(2);
  EXPECT_THROW(run_trials(options, few_digits(), pool, "training"), InvalidInput);
}

TEST(Trials, NeedTrialsDrawsAndSigmas) {
  ThreadPool pool(1);
  const Digits digits = few_digits();
  for (const auto change : {+[](TrialOptions& o) { o.trials = 0; }, +[](TrialOptions& o) { o.draws = 0; },
                            +[](TrialOptions& o) { o.sigmas.clear(); }, +[](TrialOptions& o) { o.sigmas = {-0.1}; },
                            +[](TrialOptions& o) { o.sigmas = {std::nan("")}; }}) {
    TrialOptions options = few_trials();
    change(options);
    EXPECT_THROW(run_trials(options, digits, pool, "training"), InvalidInput);
  }
}

}  // namespace
}  // namespace ecram::crossbar
