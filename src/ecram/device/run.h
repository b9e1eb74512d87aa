// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "ecram/core/thread_pool.h"
#include "ecram/device/chance.h"
#include "ecram/device/full_model.h"
#include "ecram/device/parameters.h"
#include "ecram/device/protocol.h"

namespace ecram::device {

/// One look at all devices.
struct RunReading {
  std::size_t step = 0;   ///< of the protocol, from 0
  std::size_t cycle = 0;  ///< of an endurance, from 0
  bool down = false;      ///< in an endurance: of its pulses down
  std::size_t pulse =
      0;            ///< pulses given within the step (within the direction of the cycle), or number of the reading
  double time = 0;  ///< s since the beginning
  double gate = 0;  ///< V on the gate: of the pulse just given, or while reading
  double temperature = 0;    ///< K, of the stage
  double conductance = 0;    ///< S, mean over the devices
  double hall_density = 0;   ///< 1/m^3, what a Hall measurement of the mean device would give
  double hall_mobility = 0;  ///< m^2/(V s), likewise
  double gate_current = 0;   ///< A, leakage at `gate` by Poole and Frenkel's law
  double energy = std::numeric_limits<double>::quiet_NaN();  ///< J of leakage in the pulse just given; NaN: no pulse
  double spread = 0;                                         ///< S, standard deviation over the devices; 0 for one
  double low = 0, high = 0;                                  ///< S, least and greatest
  std::vector<double> each;  ///< S, of every device, where there are not more than `most_devices_kept`
};

inline constexpr std::size_t most_devices_kept = 64;

/// S: an emptied film's has hundreds of decades less, which nobody reads.
inline constexpr double least_conductance = 1e-18;

struct RunResult {
  std::vector<RunReading> readings;
  double device_pulses = 0;                  ///< pulses given, over all devices
  bool interrupted = false;                  ///< the user stopped it: readings are those up to then
  double averaging_error = 0;                ///< of ln G, greatest estimate of what `RunOptions::average` left out
  std::string simd;                          ///< of the compact model; empty for the full one
  double content_low = 0, content_high = 0;  ///< vacancies per area that the compact devices had, 1/m^2
  /// The film went beyond the compact model's tables: more than 95 % of its sites, or contents too far apart.
  bool beyond_tables = false;
};

struct RunOptions {
  MaterialConstants constants;
  Device device;
  Chance chance;         ///< the protocol's population and `noise = false` go before it
  Accuracy accuracy;     ///< of the full model
  bool average = false;  ///< full model: integrate few cycles of an endurance (`averaged_cycles`)
};

/// Runs a protocol on a population of compact devices. The same seed gives the same readings for any number of threads.
///
/// The protocol is run first on five devices without noise (the average one, and ones three standard deviations of the
/// spreads of barrier and thickness from it either way), which tells the contents that the tables have to cover.
///
/// @throws InvalidInput  for constants, a device or gate voltages that are not physical, and below 180 K
RunResult run_compact(const Protocol& protocol, const RunOptions& options, ThreadPool& threads);

/// Runs it on the full model of one device, without chance.
/// @throws InvalidInput  as above, and for a population of more than one
RunResult run_full(const Protocol& protocol, const RunOptions& options);

/// Cycle-to-cycle spread of a run's endurance step: at the pulse where it is worst.
struct CycleSpread {
  std::size_t cycles = 0;
  std::size_t pulse = 0;           ///< number within the cycle, up and down counted on, from 1
  double mean = 0, deviation = 0;  ///< S
};

/// Over the recorded cycles of the last endurance step, of the mean over devices.
/// @param pulse  within the cycle, from 1; 0: the worst
/// @throws InvalidInput  for fewer than three cycles
CycleSpread cycle_spread(const Protocol& protocol, const RunResult& result, std::size_t pulse = 0);

/// One cause's part in that spread.
struct CycleShare {
  std::string cause;   ///< "all", "state", "counting of ions", "temperature", "reading"
  CycleSpread spread;  ///< with this cause alone, at the pulse that is worst with all
  double share = 0;    ///< of the sum of the causes' variances
};

/// The protocol run again with each cause alone: its spread is that of the difference from the run without chance,
/// whose own spread is that of cycles that do not close ("state"). Empty where there is nothing to share out: no
/// endurance of three recorded cycles, no noise.
std::vector<CycleShare> cycle_shares(const Protocol& protocol, const RunOptions& options, const RunResult& result,
                                     ThreadPool& threads);

}  // namespace ecram::device
