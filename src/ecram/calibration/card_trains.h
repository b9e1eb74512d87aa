// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "ecram/core/thread_pool.h"
#include "ecram/record/device_card.h"

namespace ecram::calibration {

/// What a card's compact model does under the card's own pulses, without chance.
struct CardTrains {
  std::size_t up_pulses = 0, down_pulses = 0;  ///< in a cycle: those of the card's measured trains
  std::size_t cycles = 0;                      ///< given, from the state in which the device was fitted to begin
  bool repeats = false;  ///< no reading of the last cycle is off the same one of the cycle before by 1 % of its window
  std::vector<double> up, down;              ///< S, of the last cycle: before the first pulse and after each
  double content_low = 0, content_high = 0;  ///< vacancies per area that it had in all cycles, up or down first, 1/m^2
};

/// Cycles of the card's pulses ([writing]), up and then down, each direction as many as its measured train has (100
/// where the card has none): as many cycles as were measured, and on until they repeat. Where they do not within 60,
/// those that were measured: what pulses did beyond is of no measurement.
///
/// @param temperature  K
/// @throws InvalidInput  for a card without a compact model or without its pulses (up positive, down negative)
/// @throws Interrupted   after Ctrl-C
CardTrains card_trains(const record::DeviceCard& card, double temperature, ThreadPool& threads);

}  // namespace ecram::calibration
