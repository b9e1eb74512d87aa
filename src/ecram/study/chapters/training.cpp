// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/chapters/training.h"

#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include "ecram/core/interrupt.h"
#include "ecram/crossbar/trials.h"
#include "ecram/report/format.h"
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
    options.training.epochs = 3;
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

/// What the paper has at this sigma, for people.
std::string papers(double sigma) {
  for (const Target& target : paper_targets()) {
    if (target.path[0] != "training") continue;
    const bool curve = target.path.size() == 3 && target.path[1] == "accuracy_percent" &&
                       std::abs(std::strtod(target.path[2].c_str(), nullptr) - 100 * sigma) < 1e-9;
    const bool device = target.path[1] == "accuracy_at_device_percent_more_than" && sigma == device_variation;
    if (curve || device) return paper_text(target);
  }
  return std::string(report::not_there);
}

report::Table accuracy_table(const crossbar::TrialResults& results) {
  report::Table table{.header = {"variation, % of the window", "paper", "ours", "spread between trainings"},
                      .numeric = {true, true, true, true}};
  for (const auto& at : results.accuracy)
    table.rows.emplace_back(std::vector<report::Cell>{fmt::format("{:.4g}", 100 * at.sigma), papers(at.sigma),
                                                      percent(at.mean), spread_text(at)});
  return table;
}

std::vector<Finding> findings(const crossbar::TrialOptions& options, const crossbar::TrialResults& results) {
  const std::size_t trials = results.trainings.size(), epochs = options.training.epochs;
  const auto note = [&](const crossbar::AccuracyAtSigma& at) {
    if (trials == 1) return fmt::format("one training of {} epochs", epochs);
    return fmt::format("{} trainings, which spread by {}", trials, percent(at.standard_deviation));
  };
  std::vector<Finding> found;
  for (const auto& at : results.accuracy) {
    const auto add = [&](std::string id) {
      found.push_back({std::move(id), mean_accuracy(at), Origin::computed, note(at)});
    };
    if (at.sigma == device_variation) {
      add("training.accuracy_at_device_percent_more_than");
    } else {
      add(fmt::format("training.accuracy_percent.{}", 100 * at.sigma));
    }
    if (at.sigma == 0) add("training.software_accuracy_percent");
  }
  return found;
}

ChapterText write(const StudyContext& context) {
  const crossbar::Digits digits = digits_for(context);
  const bool mnist = digits.name == "MNIST";
  const crossbar::TrialOptions options = options_for(context, mnist);
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
  if (mnist) text.blocks.emplace_back(accuracy_table(results));
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

Chapter training_chapter() { return {"training", "Impact on AI computation", write}; }

}  // namespace ecram::study
