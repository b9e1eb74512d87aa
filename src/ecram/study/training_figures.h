// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ecram/crossbar/trials.h"
#include "ecram/report/figure.h"

/// Figures of what `crossbar::run_trials` found.
namespace ecram::study {

/// Test accuracy against the device's variation, with error bars of one standard deviation between trainings, beside
/// the paper's points where they are for the same network (`paper`).
report::Figure accuracy_figure(const crossbar::TrialResults& results, bool paper);

/// Loss and accuracy after each epoch, of every training.
report::Figure learning_curve_figure(const crossbar::TrialResults& results);

/// Of each hundred test pictures with a label, how many were given which one, without variation.
report::Figure confusion_figure(const crossbar::TrialResults& results);

/// Distribution of the weights of each layer in the first training, in units of the layer's largest: how much of the
/// conductance window is used.
report::Figure weights_figure(const crossbar::TrialResults& results);

/// Are these the network and the training of the paper, on MNIST?
bool as_in_paper(const crossbar::TrialOptions& options, const crossbar::Digits& digits);

/// A figure with the name of the file that it goes into.
struct NamedFigure {
  std::string_view name;  ///< "accuracy"
  report::Figure figure;
};

/// All of the above.
std::vector<NamedFigure> training_figures(const crossbar::TrialOptions& options, const crossbar::TrialResults& results,
                                          const crossbar::Digits& digits);

}  // namespace ecram::study
