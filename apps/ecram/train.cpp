// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/thread_pool.h"
#include "ecram/crossbar/descent.h"
#include "ecram/crossbar/model_file.h"
#include "ecram/crossbar/trials_json.h"
#include "ecram/report/figure.h"
#include "ecram/study/training_figures.h"
#include "option_rules.h"

namespace ecram::commands {
namespace {

struct TrainOptions {
  crossbar::TrialOptions trials;
  std::vector<double> sigma_percent;
  std::string activation = "sigmoid", card, data, out, simd;
  unsigned threads = 0;
  bool force = false, json = false;
};

void print_summary(const crossbar::TrialOptions& options, const crossbar::TrialResults& results,
                   const crossbar::Digits& digits) {
  const auto& training = options.training;
  std::size_t epochs = training.epochs;
  for (const auto& one : results.trainings) epochs = std::min(epochs, one.epochs.size());
  fmt::print("data       {}\n", digits.name);
  fmt::print("network    {} ({}), rate {}, batch {}\n", fmt::join(training.layers, "-"),
             crossbar::name(training.activation), training.rate, training.batch);
  fmt::print("trained    {} time{}, {} epochs{}, {:.2f} us a sample ({})\n", results.trainings.size(),
             results.trainings.size() == 1 ? "" : "s", epochs, results.interrupted ? " (interrupted)" : "",
             microseconds_per_sample(results, digits), results.simd);
  fmt::print("variation  {}\n\n", crossbar::variation_reading);
  if (options.device)
    fmt::print("device     {}: {:.3g} % of the window a step\n\n", options.device->device, 100 * options.device->sigma);
  fmt::print("sigma (%)   accuracy (%)   sd between trainings\n");
  for (const auto& at : results.accuracy)
    fmt::print("{:>9.4g}   {:>12.2f}   {:>20}\n", 100 * at.sigma, 100 * at.mean,
               std::isfinite(at.standard_deviation) ? fmt::format("{:.2f}", 100 * at.standard_deviation) : "-");
}

void write_results(OutputFolder& folder, const crossbar::TrialOptions& options, const crossbar::TrialResults& results,
                   const crossbar::Digits& digits) {
  const auto& into = folder.working_folder();
  std::vector<crossbar::Network> networks;
  networks.reserve(results.trainings.size());
  for (const auto& one : results.trainings) networks.push_back(one.network);
  crossbar::write_networks(into / "model.h5", networks);
  write_file(into / "results.json", results_json(options, results, digits));
  write_file(into / "timing.json", timing_json(results, digits));
  for (const auto& [figure_name, figure] : study::training_figures(options, results, digits))
    write_file(into / fmt::format("{}.svg", figure_name), render(figure, report::Format::svg));
  folder.publish();
}

void train(TrainOptions& options) {
  crossbar::TrialOptions& trials = options.trials;
  trials.training.activation = crossbar::activation_named(options.activation);
  if (!options.sigma_percent.empty()) trials.sigmas.clear();
  for (const double percent : options.sigma_percent) trials.sigmas.push_back(percent / 100);
  if (!options.card.empty()) {
    trials.device = crossbar::read_device_variation(options.card);
    if (options.sigma_percent.empty()) trials.sigmas = {0};
    trials.sigmas.push_back(trials.device->sigma);
  }
  if (!options.simd.empty()) crossbar::use_simd_target(options.simd);

  const crossbar::Digits digits = crossbar::find_digits(options.data);
  crossbar::check(trials, digits);
  std::optional<OutputFolder> folder;
  if (!options.out.empty()) folder.emplace(options.out, options.force);
  if (digits.source.empty())
    fmt::print(stderr, "ecram: no MNIST here ('ecram data fetch mnist' downloads it): training on {}\n", digits.name);

  ThreadPool pool(options.threads);
  const crossbar::TrialResults results = run_trials(trials, digits, pool, "training");
  if (results.interrupted) acknowledge_interrupt();
  if (folder) write_results(*folder, trials, results, digits);
  if (options.json) {
    fmt::print("{}", results_json_with_time(trials, results, digits));
  } else {
    print_summary(trials, results, digits);
  }
  if (results.interrupted) throw Interrupted();
}

}  // namespace

void add_train(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  auto& training = options->trials.training;
  CLI::App* command = app.add_subcommand("train", "train a perceptron on digits; what does the device leave of it?");
  command
      ->add_option("--sigma", options->sigma_percent,
                   "device variations to evaluate, percent of the conductance window (default 0,1.2,2.5,5,7.5,10)")
      ->delimiter(',');
  command->add_option("--trials", options->trials.trials, "independent trainings")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--draws", options->trials.draws, "programmings of each trained network at each sigma")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--seed", training.seed, "of all random choices")->check(whole_number())->capture_default_str();
  command->add_option("--threads", options->threads, "trainings at a time (default: one for each core)")
      ->check(CLI::Range(0, 1024));
  command->add_option("--epochs", training.epochs, "passes over the training pictures")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--layers", training.layers, "inputs, hidden units, outputs")
      ->check(CLI::NonNegativeNumber)
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--activation", options->activation, "of hidden units: sigmoid, tanh, relu")
      ->capture_default_str();
  command->add_option("--rate", training.rate, "learning rate")->capture_default_str();
  command->add_option("--batch", training.batch, "pictures an update")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option(
          "--card", options->card,
          "device card (ecram pulses --card) whose variation is evaluated too; without --sigma, beside 0 alone")
      ->type_name("FILE");
  command->add_option(
      "--data", options->data,
      "folder with MNIST's four files, plain or .gz (default: where ECRAM_DATA, ../shared/data or 'ecram "
      "data fetch mnist' have them; otherwise digits are drawn)");
  command->add_option("--out", options->out, "folder for model.h5, results.json, timing.json and figures");
  command->add_flag("--force", options->force, "replace the results in a folder that exists");
  command->add_flag("--json", options->json, "print the results as JSON");
  command->add_option("--simd", options->simd, "use this instruction set (AVX-512, AVX2, baseline), not the best");
  command->footer(
      "Variation is an error of programming: after training, each weight is off by a normal error of sigma times the\n"
      "conductance window, which is twice the layer's largest weight. See docs/training.md.\n\n"
      "Examples:\n"
      "  ecram train\n"
      "  ecram train --trials 10 --out out/training\n"
      "  ecram train --card device.toml\n"
      "  ecram train --epochs 3 --sigma 0,1.2 --json\n"
      "  ecram train --layers 784,100,10 --activation relu --rate 0.05 --batch 16");
  command->callback([options] { train(*options); });
}

}  // namespace ecram::commands
