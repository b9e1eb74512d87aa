// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/trials.h"

#include <cmath>
#include <limits>
#include <mutex>
#include <utility>

#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/progress.h"
#include "ecram/crossbar/descent.h"

namespace ecram::crossbar {
namespace {

AccuracyAtSigma summary(double sigma, const std::vector<std::vector<double>>& accuracies, std::size_t column) {
  const auto n = static_cast<double>(accuracies.size());
  double mean = 0, squares = 0;
  for (const auto& row : accuracies) mean += row[column] / n;
  for (const auto& row : accuracies) squares += (row[column] - mean) * (row[column] - mean);
  const double spread = accuracies.size() > 1 ? std::sqrt(squares / (n - 1)) : std::numeric_limits<double>::quiet_NaN();
  return {sigma, mean, spread, accuracies.size()};
}

void count(const Network& network, const LitPixels& pictures, ConfusionMatrix& confusion) {
  const auto found = Descent(network, 0, 1).classify(pictures);
  for (std::size_t i = 0; i < found.size(); ++i) ++confusion[pictures.label(i)][found[i]];
}

}  // namespace

void check(const TrialOptions& options, const Digits& digits) {
  check(options.training, digits.training.pixels_per_image());
  if (options.trials == 0) throw InvalidInput("trials: 0, expected at least 1");
  if (options.draws == 0) throw InvalidInput("draws: 0, expected at least 1");
  if (options.sigmas.empty()) throw InvalidInput("sigma: none given");
  for (const double sigma : options.sigmas)
    if (!(sigma >= 0) || !std::isfinite(sigma))
      throw InvalidInput("sigma: {} %, expected a number that is not negative", 100 * sigma);
}

TrialResults run_trials(const TrialOptions& options, const Digits& digits, ThreadPool& pool, const std::string& name) {
  check(options, digits);
  const LitPixels training(digits.training), test(digits.test);

  // Evaluation counts as one more epoch, so that the bar does not stand still at its end.
  const std::size_t work = options.trials * (options.training.epochs + 1) * training.count();
  Progress bar(name, work);
  std::mutex drawing;
  std::size_t done = 0;
  const auto advance = [&](std::size_t pictures) {
    const std::lock_guard lock(drawing);
    bar.update(done += pictures);
  };

  TrialResults results;
  results.simd = simd_target();
  results.trainings.resize(options.trials);
  results.accuracies.resize(options.trials);
  pool.for_each(options.trials, [&](std::size_t t) {
    Training& one = results.trainings[t] = train(options.training, training, test, t, advance);
    if (one.epochs.empty()) return;
    results.accuracies[t] =
        accuracy_under_variation(one.network, test, options.sigmas, options.draws, options.training.seed, t);
    advance(training.count());
  });

  results.interrupted = interrupt_requested();
  std::erase_if(results.trainings, [](const Training& one) { return one.epochs.empty(); });
  std::erase_if(results.accuracies, [](const auto& row) { return row.empty(); });
  if (results.trainings.empty()) throw Interrupted();
  for (std::size_t s = 0; s < options.sigmas.size(); ++s)
    results.accuracy.push_back(summary(options.sigmas[s], results.accuracies, s));
  for (const Training& one : results.trainings) count(one.network, test, results.confusion);
  return results;
}

double microseconds_per_sample(const TrialResults& results, const Digits& digits) {
  double seconds = 0;
  std::size_t epochs = 0;
  for (const Training& one : results.trainings) {
    seconds += one.seconds;
    epochs += one.epochs.size();
  }
  return 1e6 * seconds / static_cast<double>(epochs * digits.training.count());
}

}  // namespace ecram::crossbar
