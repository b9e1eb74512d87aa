// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace ecram::synthetic {

/// A device that follows the exponential law exactly, and a measurement of it with noise: everything known.
struct PulseTruth {
  double gmin = 0, gmax = 0;                            ///< S
  double label_potentiation = 0, label_depression = 0;  ///< magnitudes of the nonlinearity label
  int pulses = 0, cycles = 0;                           ///< pulses up, then as many down, in each cycle
  double volts_up = 0, volts_down = 0;                  ///< V, the latter negative
  double width = 0;                                     ///< s
  double reading_noise = 0;                             ///< S, standard deviation of a reading
};

/// A device drawn after the numbers that the paper gives with its Fig. 3b (labels, pulses, volts) and Fig. 3f (spread
/// of a reading); its window is chosen, the text does not give one.
PulseTruth drawn_after_fig3b();

/// The file of pulses that measuring it would have given: a trace in time, CSV, its truth in the comment lines.
std::string draw_pulses(const PulseTruth& truth, std::uint64_t seed);

}  // namespace ecram::synthetic
