// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/training.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include <time.h>

#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/random.h"
#include "ecram/crossbar/descent.h"

namespace ecram::crossbar {
namespace {

constexpr std::size_t labels = 10;
constexpr std::size_t stretch = 1000;  // pictures between two looks at the loss

/// Processor time of this thread, in seconds: what other work the machine does is not counted.
double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void shuffle(std::span<std::uint32_t> order, RandomStream random) {
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
}

double share_right(const std::vector<std::uint8_t>& found, const LitPixels& pictures) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < found.size(); ++i) right += found[i] == pictures.label(i) ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(found.size());
}

}  // namespace

void check(const TrainingOptions& options, std::size_t pixels) {
  const auto& units = options.layers;
  check_units(units);
  if (units.front() != pixels)
    throw InvalidInput("layers: {} inputs, but the pictures have {} pixels", units.front(), pixels);
  if (units.back() != labels) throw InvalidInput("layers: {} outputs, but there are {} labels", units.back(), labels);
  if (!(options.rate > 0) || !std::isfinite(options.rate))
    throw InvalidInput("rate: {}, expected a positive number", options.rate);
  if (options.batch == 0) throw InvalidInput("batch: 0, expected at least 1 picture");
  if (options.epochs == 0) throw InvalidInput("epochs: 0, expected at least 1");
}

Training train(const TrainingOptions& options, const LitPixels& training, const LitPixels& test, std::size_t trial,
               const TrainingProgress& progress) {
  check(options, training.pixels_per_image());
  Training result{untrained_network(options.layers, options.activation, options.seed, trial), {}, 0};
  Descent descent(result.network, static_cast<float>(options.rate), options.batch);
  std::vector<std::uint32_t> order(training.count());
  std::iota(order.begin(), order.end(), 0U);
  const double blind_guess = std::log(static_cast<double>(labels));

  for (std::size_t e = 0; e < options.epochs && !interrupt_requested(); ++e) {
    shuffle(order, RandomStream(options.seed, "order of pictures", trial << 32 | e));
    Pass whole;
    for (std::size_t from = 0; from < order.size(); from += stretch) {
      const auto which = std::span(order).subspan(from, std::min(stretch, order.size() - from));
      const double start = thread_seconds();
      const Pass pass = descent.learn(training, which);
      result.seconds += thread_seconds() - start;
      if (pass.not_finite)
        throw InvalidInput(
            "training {} diverged at picture {} of epoch {}: its loss is not finite; rate {} is too large", trial + 1,
            from + *pass.not_finite + 1, e + 1, options.rate);
      const double mean = pass.loss / static_cast<double>(which.size());
      if (mean > 3 * blind_guess)
        throw InvalidInput(
            "training {} diverged by picture {} of epoch {}: a mean loss of {:.3g} over the last {}, a blind guess has "
            "{:.3g}; rate {} is too large",
            trial + 1, from + which.size(), e + 1, mean, which.size(), blind_guess, options.rate);
      whole.loss += pass.loss;
      whole.correct += pass.correct;
      if (progress) progress(which.size());
    }
    descent.finish_batch();
    const auto pictures = static_cast<double>(order.size());
    result.epochs.push_back({whole.loss / pictures, static_cast<double>(whole.correct) / pictures,
                             share_right(descent.classify(test), test)});
  }
  result.network = descent.network();
  return result;
}

double accuracy(const Network& network, const LitPixels& pictures) {
  return share_right(Descent(network, 0, 1).classify(pictures), pictures);
}

}  // namespace ecram::crossbar
