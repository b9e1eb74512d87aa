// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/training_figures.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "ecram/study/targets.h"

namespace ecram::study {
namespace {

using report::Colour;
using report::Draw;
using report::Figure;
using report::Panel;
using report::Series;

Series papers_accuracy() {
  Series series{.name = "paper", .draw = Draw::points, .colour = Colour::vermilion, .hollow = true};
  for (const Target& target : paper_targets())
    if (target.path.size() == 3 && target.path[0] == "training" && target.path[1] == "accuracy_percent") {
      series.x.push_back(std::strtod(target.path[2].c_str(), nullptr));
      series.y.push_back(std::get<double>(target.value));
    }
  return series;
}

Panel histogram(const crossbar::Layer& layer, std::size_t number) {
  constexpr int bins = 50;
  const auto largest = static_cast<double>(largest_weight(layer));
  Series series{.draw = Draw::bars};
  for (int b = 0; b < bins; ++b) series.x.push_back(-1 + (b + 0.5) * 2 / bins);
  series.y.assign(bins, 0);
  const double share = 100 / static_cast<double>(layer.weights.size());
  for (const float w : layer.weights) {
    const int bin = static_cast<int>((static_cast<double>(w) / largest + 1) * bins / 2);
    series.y[static_cast<std::size_t>(std::clamp(bin, 0, bins - 1))] += share;
  }
  return {
      .title = fmt::format("layer {}: {} × {}, largest weight {:.2f}", number, layer.inputs, layer.outputs, largest),
      .x = {.label = "weight / largest weight", .low = -1, .high = 1},
      .y = {.label = "share of weights", .unit = "%"},
      .series = {series}};
}

}  // namespace

Figure accuracy_figure(const crossbar::TrialResults& results, bool paper) {
  Panel panel{.x = {.label = "variation", .unit = "% of the window"}, .y = {.label = "test accuracy", .unit = "%"}};
  Series ours{
      .name = results.trainings.size() == 1 ? "one training" : fmt::format("{} trainings", results.trainings.size()),
      .draw = Draw::points};
  for (const auto& at : results.accuracy) {
    const double spread = std::isfinite(at.standard_deviation) ? 100 * at.standard_deviation : 0;
    ours.x.push_back(100 * at.sigma);
    ours.y.push_back(100 * at.mean);
    ours.low.push_back(100 * at.mean - spread);
    ours.high.push_back(100 * at.mean + spread);
  }
  panel.series.push_back(std::move(ours));
  if (paper) panel.series.push_back(papers_accuracy());
  return {.panels = {std::move(panel)}};
}

Figure learning_curve_figure(const crossbar::TrialResults& results) {
  Panel loss{.x = {.label = "epoch"}, .y = {.label = "loss", .unit = "nat", .log = true}};
  Panel accuracy{.x = {.label = "epoch"}, .y = {.label = "accuracy", .unit = "%"}};
  for (std::size_t t = 0; t < results.trainings.size(); ++t) {
    Series mean{.draw = Draw::points_and_line, .colour = Colour::blue};
    Series training{.name = t == 0 ? "training" : "", .draw = Draw::points_and_line, .colour = Colour::blue};
    Series test{.name = t == 0 ? "test" : "", .draw = Draw::points_and_line, .colour = Colour::vermilion};
    const auto& epochs = results.trainings[t].epochs;
    for (std::size_t e = 0; e < epochs.size(); ++e) {
      for (Series* series : {&mean, &training, &test}) series->x.push_back(static_cast<double>(e + 1));
      mean.y.push_back(epochs[e].loss);
      training.y.push_back(100 * epochs[e].training_accuracy);
      test.y.push_back(100 * epochs[e].test_accuracy);
    }
    loss.series.push_back(std::move(mean));
    accuracy.series.push_back(std::move(training));
    accuracy.series.push_back(std::move(test));
  }
  return {.panels = {std::move(loss), std::move(accuracy)}, .shared_x = true};
}

Figure confusion_figure(const crossbar::TrialResults& results) {
  Panel panel{.x = {.label = "label found", .low = -0.5, .high = 9.5},
              .y = {.label = "right label", .low = -0.5, .high = 9.5}};
  for (std::size_t right = 0; right < results.confusion.size(); ++right) {
    std::size_t all = 0;
    for (const std::size_t n : results.confusion[right]) all += n;
    for (std::size_t found = 0; found < results.confusion[right].size(); ++found) {
      const std::size_t n = results.confusion[right][found];
      if (n == 0) continue;
      panel.annotations.push_back(
          {static_cast<double>(found), static_cast<double>(right),
           fmt::format("{:.{}f}", 100.0 * static_cast<double>(n) / static_cast<double>(all), right == found ? 1 : 2)});
    }
  }
  return {.title = "of 100 test pictures with a label, how many got which one",
          .panels = {std::move(panel)},
          .height = 560};
}

Figure weights_figure(const crossbar::TrialResults& results) {
  Figure figure;
  const auto& layers = results.trainings.front().network.layers;
  for (std::size_t l = 0; l < layers.size(); ++l) figure.panels.push_back(histogram(layers[l], l + 1));
  return figure;
}

bool as_in_paper(const crossbar::TrialOptions& options, const crossbar::Digits& digits) {
  const crossbar::TrainingOptions paper, &ours = options.training;
  return digits.name == "MNIST" && ours.layers == paper.layers && ours.activation == paper.activation &&
         ours.rate == paper.rate && ours.batch == paper.batch && ours.epochs == paper.epochs;
}

std::vector<NamedFigure> training_figures(const crossbar::TrialOptions& options, const crossbar::TrialResults& results,
                                          const crossbar::Digits& digits) {
  return {{"accuracy", accuracy_figure(results, as_in_paper(options, digits))},
          {"learning-curve", learning_curve_figure(results)},
          {"confusion", confusion_figure(results)},
          {"weights", weights_figure(results)}};
}

}  // namespace ecram::study
