// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "ecram/analysis/switching/pulse_record.h"
#include "ecram/core/estimate.h"

namespace ecram::analysis {

/// Spread of the step, in one direction or pooled over both.
///
/// What is written varies by step_noise; what is read varies by reading_noise on top. The step between two readings
/// shows both, variance step_noise^2 + 2 reading_noise^2, and two steps in a row share a reading, covariance
/// -reading_noise^2, which tells the two apart.
struct StepSpread {
  Estimate raw;              ///< standard deviation of the step from reading to reading, as other tools take it
  Estimate step_noise;       ///< of one pulse's step itself; 0 with an upper bound where reading noise explains all
  double reading_noise = 0;  ///< of a reading
};

/// Steps about their mean at the same pulse in all runs.
/// @param runs  at least 2, of one length, at least 3
/// @param pulse  their pulse numbers
StepSpread step_spread(std::span<const PulseTrain* const> runs, std::span<const double> pulse);

/// Steps of one run about those of a law that was fitted to it.
/// @param law  the law's conductance at each reading; at least 6 readings
StepSpread step_spread(const PulseTrain& run, std::span<const double> law, std::span<const double> pulse);

/// Both directions as one: squares averaged.
StepSpread pooled(const StepSpread& a, const StepSpread& b);

/// The three conventions of cycle-to-cycle variation in use.
struct CycleToCycle {
  std::size_t cycles = 0;         ///< runs compared in the direction that has more; 1: spread about the fitted law
  Estimate step_over_window;      ///< NeuroSim: spread of a step over the window
  Estimate raw_step_over_window;  ///< the same with reading noise left in
  Estimate step_over_mean_step;   ///< AIHWKIT: spread of a step over the mean step
  Estimate raw_step_over_mean_step;
  Estimate worst_spread_over_mean;          ///< the paper's Fig. 3f: at the pulse where cycles differ most
  std::optional<std::size_t> worst_pulse;   ///< counted from 1 through potentiation, then depression
  double worst_mean = 0, worst_spread = 0;  ///< conductance there
};

/// The place in the cycle at which runs differ most.
struct WorstPulse {
  std::size_t pulse = 0;  ///< counted from 1, potentiation first, then depression
  double mean = 0, spread = 0;
};

/// @param potentiation, depression  runs of equal length in each; at least 3 in one of them, the other may be empty
std::optional<WorstPulse> worst_pulse(std::span<const PulseTrain* const> potentiation,
                                      std::span<const PulseTrain* const> depression);

}  // namespace ecram::analysis
