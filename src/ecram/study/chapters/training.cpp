// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/chapters/training.h"

#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include "ecram/analysis/switching/pulse_record.h"
#include "ecram/analysis/switching/switching_card.h"
#include "ecram/core/interrupt.h"
#include "ecram/crossbar/trials.h"
#include "ecram/report/format.h"
#include "ecram/study/embedded.h"
#include "ecram/study/targets.h"
#include "ecram/study/training_figures.h"

namespace ecram::study {
namespace {

using report::Paragraph;

constexpr double device_variation = 0.012;  // training.device_cycle_to_cycle_percent

crossbar::TrialOptions options_for(const StudyContext& context, bool mnist) {
  crossbar::TrialOptions options;
  options.training.seed = context.seed;
  options.trials = context.effort == Effort::full ? 10 : 3;
  if (context.effort == Effort::quick) {
    options.trials = 1;
    options.training.epochs = 2;
  } else if (!mnist) {
    options.trials = 1;  // nothing to compare with: enough to see the shape
    options.training.epochs = 10;
  }
  return options;
}

crossbar::Digits digits_for(const StudyContext& context) {
  std::error_code ignored;
  const bool there = context.data && std::filesystem::is_directory(*context.data / "mnist", ignored);
  return crossbar::find_digits(there ? *context.data / "mnist" : std::filesystem::path());
}

/// In percent: the mean over trainings, with Student's interval since they are few.
Estimate mean_accuracy(const crossbar::AccuracyAtSigma& at) {
  Estimate estimate{.value = 100 * at.mean};
  if (at.trials < 2) return estimate;
  const auto n = static_cast<double>(at.trials);
  estimate.standard_error = 100 * at.standard_deviation / std::sqrt(n);
  const double factor = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  estimate.low = estimate.value - factor * estimate.standard_error;
  estimate.high = estimate.value + factor * estimate.standard_error;
  return estimate;
}

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

std::string spread_text(const crossbar::AccuracyAtSigma& at) {
  return at.trials < 2 ? std::string(report::not_there) : percent(at.standard_deviation);
}

/// Does the paper's number say what a network reaches at this sigma?
bool is_accuracy_at(const Target& target, double sigma) {
  if (target.path[0] != "training") return false;
  if (target.path[1] == "accuracy_at_device_percent_more_than") return sigma == device_variation;
  if (target.path[1] == "software_accuracy_percent") return sigma == 0;
  return target.path[1] == "accuracy_percent" &&
         std::abs(std::strtod(target.path[2].c_str(), nullptr) - 100 * sigma) < 1e-9;
}

/// What the paper has at this sigma, for people.
std::string papers(double sigma) {
  for (const Target& target : paper_targets())
    if (is_accuracy_at(target, sigma) && target.path[1] != "software_accuracy_percent") return paper_text(target);
  return std::string(report::not_there);
}

report::Table accuracy_table(const crossbar::TrialResults& results, bool mnist) {
  report::Table table{.header = {"variation, % of the window", "paper", "ours", "spread between trainings"},
                      .numeric = {true, true, true, true}};
  for (const auto& at : results.accuracy)
    table.rows.emplace_back(std::vector<report::Cell>{fmt::format("{:.3g}", 100 * at.sigma),
                                                      mnist ? papers(at.sigma) : std::string(report::not_there),
                                                      percent(at.mean), spread_text(at)});
  return table;
}

std::vector<Finding> findings(const crossbar::TrialOptions& options, const crossbar::TrialResults& results) {
  const std::size_t trials = results.trainings.size(), epochs = options.training.epochs;
  std::vector<Finding> found;
  for (const auto& at : results.accuracy) {
    const std::string note =
        trials == 1 ? fmt::format("one training of {} epochs", epochs)
                    : fmt::format("{} trainings, which spread by {}", trials, percent(at.standard_deviation));
    for (const Target& target : paper_targets())
      if (is_accuracy_at(target, at.sigma)) found.push_back({target.id, mean_accuracy(at), Origin::computed, note});
  }
  return found;
}

/// The measured device of the first chapter, or the drawn one where there are no real data.
crossbar::DeviceVariation measured_device(const StudyContext& context) {
  constexpr const char* real = "reram_gong2018.csv";
  const bool there = context.data && std::filesystem::exists(*context.data / "pulses" / real);
  auto record = there ? analysis::read_pulses(*context.data / "pulses" / real)
                      : analysis::parse_pulses(embedded::pulses_drawn_csv, "pulses_drawn.csv");
  record.source = there ? real : "pulses_drawn.csv";
  const std::vector<analysis::Switching> found{
      analysis::analyse_switching(record, {.bootstrap_draws = 0, .seed = context.seed}, *context.threads)};
  return crossbar::device_variation(analysis::card_of(
      found, std::nullopt, there ? "the ReRAM of Gong et al. (measured)" : "the drawn device of the first chapter"));
}

ChapterText write_training(const StudyContext& context) {
  const crossbar::Digits digits = digits_for(context);
  const bool mnist = digits.name == "MNIST";
  crossbar::TrialOptions options = options_for(context, mnist);
  options.device = measured_device(context);
  options.sigmas.push_back(options.device->sigma);
  const auto results = run_trials(options, digits, *context.threads, "training");
  stop_if_interrupted();

  ChapterText text;
  text.blocks.emplace_back(Paragraph(fmt::format(
      "A perceptron with 784, 256, 128 and 10 units learns to read digits, and its weights are then put onto devices "
      "that vary. Sigmoid hidden units, softmax and cross-entropy, plain stochastic gradient descent, one picture at a "
      "time, rate 0.01: {} of {} epochs on {}.",
      options.trials == 1 ? "one training" : fmt::format("{} independent trainings", options.trials),
      options.training.epochs, digits.name)));
  if (!mnist)
    text.blocks.emplace_back(report::Note{
        report::Note::Kind::warning,
        "This is not MNIST",
        {Paragraph({{"MNIST was not found ("},
                    {"ecram data fetch mnist", report::Run::Style::code},
                    {" downloads it), so the network reads digits that the program has drawn. They are easier than "
                     "handwriting: nothing here compares with the paper."}})}});
  text.blocks.emplace_back(Paragraph(
      "The paper does not say what its cycle-to-cycle variation acts on. Here it is an error of programming: each "
      "trained weight is off by a normal error of σ times the conductance window, twice the largest weight of its "
      "layer; five programmings of each trained network are averaged. This reading reproduces the paper's curve. The "
      "spread between trainings comes from the largest weight of each, which sets the window; the paper shows one "
      "training."));
  text.blocks.emplace_back(accuracy_table(results, mnist));
  text.blocks.emplace_back(Paragraph(fmt::format(
      "The last row is {}: its card from the first chapter gives a step that varies by {:.3g} % of the window from "
      "cycle to cycle. A weight that is programmed until it is right is off by what the last step missed, so this "
      "spread stands for the error of programming.",
      options.device->device, 100 * options.device->sigma)));
  text.blocks.emplace_back(report::FigureBlock{
      accuracy_figure(results, mnist),
      "Accuracy on the test pictures against the variation of the devices; bars are one standard deviation between "
      "trainings, each the mean of five programmings."});
  text.blocks.emplace_back(report::FigureBlock{learning_curve_figure(results),
                                               "Learning: loss and accuracy on the training pictures, each before the "
                                               "update that it caused, and accuracy on the test pictures."});
  text.blocks.emplace_back(
      report::FigureBlock{weights_figure(results),
                          "Weights after the first training, in units of the largest of the layer: few devices "
                          "need the window's ends, all suffer from its width."});
  text.blocks.emplace_back(
      report::FigureBlock{confusion_figure(results), "What is taken for what, without variation."});
  if (mnist) text.findings = findings(options, results);
  return text;
}

}  // namespace

Chapter training_chapter() { return {"training", "Impact on AI computation", write_training}; }

}  // namespace ecram::study
