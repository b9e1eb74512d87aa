// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecram/analysis/switching/curve_fit.h"
#include "ecram/analysis/switching/pulse_record.h"
#include "ecram/analysis/variation/cycle_to_cycle.h"
#include "ecram/core/estimate.h"
#include "ecram/core/thread_pool.h"
#include "ecram/core/warning.h"

/// What a record of pulses says about a device. docs/pulses.md defines every quantity with its equation.
namespace ecram::analysis {

/// Mean and spread of the step where the conductance is near `conductance` (the middle of the two readings that a step
/// lies between, so that reading noise does not tie the step to its place).
struct StepBin {
  double conductance = 0;
  double mean_step = 0;  ///< signed
  double spread = 0;     ///< standard deviation
  std::size_t count = 0;
};

/// One direction, from the mean of its runs.
struct DirectionFinding {
  Direction direction = Direction::potentiation;
  std::size_t pulses = 0;      ///< readings in a run
  std::size_t runs = 0;        ///< runs averaged
  std::size_t first_line = 0;  ///< line of the file where the first of them begins
  std::vector<double> pulse, mean_curve;
  CurveFit fit;
  bool described = false;                    ///< the law holds; otherwise the next three are unknown
  double reading_noise = 0, step_noise = 0;  ///< of one run (the fit's are those of the mean of all), unit of G

  Estimate nonlinearity;  ///< signed as in NeuroSim: depression that does most at first is negative
  Estimate a;             ///< A in units of the run, with the sign of the label; its interval may be unbounded
  Estimate b;             ///< B = (Gmax - Gmin)/(1 - exp(-1/A)), in the unit of the conductance

  Estimate low, high;  ///< ends of the window in this direction; observed, without error, if not described
  Estimate mean_step;  ///< (high - low) / (pulses - 1), signed
  std::optional<double> label_spread;  ///< standard deviation of the label from run to run
  Estimate energy;                     ///< J a pulse, where the file has it
  std::vector<StepBin> steps;          ///< step against conductance
};

struct Switching {
  std::string source, sha256, layout;
  bool arbitrary_units = false;
  std::optional<DirectionFinding> potentiation, depression;

  Estimate gmin, gmax, on_off;
  Estimate resolved_states;  ///< levels 1 + window / (2 * 1.96 sigma) that one reading tells apart
  Estimate asymmetry;        ///< max |G_up(p) - G_down(1 - p)| / window by the laws
  Estimate symmetry_point;   ///< conductance at which a step up and a step down are as large
  Estimate handover_drop;    ///< last level of potentiation less first of depression, over the window
  CycleToCycle variation;
  std::vector<Warning> warnings;  ///< the record's and the analysis'
};

struct SwitchingOptions {
  int bootstrap_draws = 0;  ///< 0: intervals of the profile likelihood
  std::uint64_t seed = 1;
};

/// Analyses a record. The result depends on the seed, not on the number of threads.
///
/// @throws InvalidInput  if no direction has a run that can be fitted
Switching analyse_switching(const PulseRecord& record, const SwitchingOptions& options, ThreadPool& threads);

}  // namespace ecram::analysis
