// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ecram/device/full_model.h"

namespace ecram::device {

/// A pulse on the gate and the time at 0 V after it.
struct GatePulse {
  double volts = 0;
  double width = 0;  ///< s
  double rest = 0;   ///< s
};

/// `up` equal pulses, then `down` others: one cycle of potentiation and depression.
std::vector<GatePulse> pulse_cycle(std::size_t up, const GatePulse& potentiation, std::size_t down,
                                   const GatePulse& depression);

/// Gives the pulses to the device, one after the other.
///
/// @return conductance (S) before the first pulse and after the rest of each
std::vector<double> pulse_train(FullModel& model, std::span<const GatePulse> pulses, double kelvin);

/// Conductance of the channel against the gate voltage while it is swept.
struct TransferCurve {
  std::vector<double> volts;
  std::vector<double> conductance;  ///< S
};

/// Sweeps the gate through the corners (0, 3, -3, 0 V, say) in equal steps, each held for step / rate.
///
/// @param rate  V/s
/// @param step  V
TransferCurve transfer_sweep(FullModel& model, std::span<const double> corners, double rate, double step,
                             double kelvin);

/// A long train of equal cycles, of which few are integrated.
struct CycleAverage {
  std::vector<std::size_t> cycle;                ///< numbers of the cycles that were integrated, the first 0
  std::vector<std::vector<double>> conductance;  ///< S, in each of them: before its first pulse and after each
  std::size_t pulses = 0;                        ///< integrated
  bool interrupted = false;                      ///< the user stopped it: cycles are those up to then
  double error = 0;                              ///< of ln G at the end of the train, estimated
};

/// The same cycle again and again. A cycle moves the channel's content N by dN(N). Of two cycles in a row the ratio r
/// of what they moved is what a cycle leaves of a difference between two states, so the k-th cycle after them moves dN
/// r^k (exactly, where dN(N) is linear: the exponential Euler rule, stable also where one cycle forgets the state that
/// it began with). That sum over the cycles left out is put into N, its negative into the reservoir. What the cycle
/// after a jump moves beyond the foreseen, half of it for each cycle left out, is what the jump is off by if it came
/// evenly; the next jump corrects that. A jump that is off by more than twice `tolerance` of ln G is taken back and
/// made shorter. It may have come at the jump's beginning: the whole of it for each cycle left out is the jump's error.
/// Errors of N add up, times what later cycles leave of them; with the steepest d ln G/dN at the ends of cycles they
/// are the reported error.
///
/// (Envelope following: Petzold, SIAM J. Numer. Anal. 18, 455 (1981).)
///
/// @throws InvalidInput  for no cycles or an empty one
CycleAverage averaged_cycles(FullModel& model, std::span<const GatePulse> cycle, std::size_t cycles, double kelvin,
                             double tolerance = 1e-3);

}  // namespace ecram::device
