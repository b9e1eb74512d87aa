// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecram/record/device_card.h"

namespace ecram::calibration {

/// What one pulse does to a device, against the state that it finds it in: S = 0 at the window's lower end, 1 at its
/// upper. Steps are shares of the window and positive where the pulse does what it should.
struct StepCurve {
  std::vector<double> state;                 ///< even grid from 0 to 1
  std::vector<double> up, down;              ///< step at each
  std::vector<double> up_train, down_train;  ///< state after each pulse of whole trains, from `up_start` up, 1 down
  double up_start = 0;                       ///< above 0 for a cycle that ends below where it began
};

/// Steps of the card's exponential law. In n pulses of curvature c (in time) a pulse at S goes
/// (1/(1 - exp(-c)) - S) (1 - exp(-c/n)), which is linear in S; down counts 1 - S.
///
/// @throws InvalidInput  if the card has one direction only, or a direction that the law does not describe
StepCurve law_steps(const record::DeviceCard& card);

/// What a cycle of trains crosses, lower end and upper: of the conductances before its first pulse and after each, up
/// and then down.
std::pair<double, double> window_of(std::span<const double> up, std::span<const double> down);

/// Steps of whole trains that close a cycle: conductances before the first pulse and after each, up and then down. The
/// window is what they cross; between readings, and at the far end, the step is on a straight line.
///
/// @throws InvalidInput  for a train whose conductance turns back, or stands; which a film does that the pulses emptied
StepCurve train_steps(std::span<const double> up, std::span<const double> down);

/// The update laws of AIHWKIT's pulsed devices that were tried, on weights w = 2 S - 1 between -1 and 1:
///
///     linear step      dw = +s_up (1 - g_up w)  and  -s_down (1 + g_down w)
///     soft bounds      the same with g = 1: steps end at the bounds
///     piecewise step   steps interpolated between even nodes, 11 to 101 of them
///
/// Source: Gokmen and Vlasov, Front. Neurosci. 10, 333 (2016); Rasch et al., AICAS 2021 (AIHWKIT).
enum class StepLaw { linear_step, soft_bounds, piecewise_step };
std::string_view name(StepLaw law);

struct StepLawFit {
  StepLaw law = StepLaw::linear_step;
  double scale_up = 0, scale_down = 0;                 ///< s, step of w at w = 0; mean step for the piecewise law
  double gamma_up = 0, gamma_down = 0;                 ///< g
  std::vector<double> nodes_up = {}, nodes_down = {};  ///< piecewise law: steps over their `scale`
  double misfit_rms = 0, misfit_max = 0;  ///< of the conductance after each pulse of the whole trains, over the window
};

/// Every law fitted to the curve by least squares over the window, each run through trains as long as the curve's: the
/// misfit, of the states after each pulse, is what a user of the simulator gets.
///
/// @throws InvalidInput  if a step is zero or goes the wrong way somewhere in the window: none of the laws has that
std::vector<StepLawFit> fit_step_laws(const StepCurve& curve);

/// The one to be used: the simplest (soft bounds, linear, piecewise) whose greatest misfit is within 0.1 % of the
/// window of the best one's.
const StepLawFit& best(const std::vector<StepLawFit>& fits);

}  // namespace ecram::calibration
