// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "ecram/core/thread_pool.h"
#include "ecram/record/device_card.h"

namespace ecram::calibration {

/// What a card's compact model does under the card's own pulses, without chance.
struct CardTrains {
  std::vector<double> up, down;              ///< S: before the first pulse and after each
  double content_low = 0, content_high = 0;  ///< vacancies per area that it had, 1/m^2, from the beginning on
};

/// Cycles of `pulses` up and as many down ([writing]), read after each pulse: the last of them. The reading before its
/// first pulse is the cycle's before: one cycle alone has none.
///
/// @param temperature  K
/// @throws InvalidInput  for a card without a compact model or without its pulses (up positive, down negative)
/// @throws Interrupted   after Ctrl-C
CardTrains card_trains(const record::DeviceCard& card, double temperature, std::size_t pulses, std::size_t cycles,
                       ThreadPool& threads);

}  // namespace ecram::calibration
