// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "ecram/analysis/hall/hall_record.h"
#include "ecram/core/warning.h"

namespace ecram::analysis {

/// How the field of a record goes round.
struct Rotation {
  double mean = 0;             ///< T
  double amplitude = 0;        ///< T
  double amplitude_error = 0;  ///< T, standard error: from the scatter of the turns' amplitudes
  double frequency = 0;        ///< Hz
  double periods = 0;
};

/// Counts the turns of the field by its crossings of the middle (with a hysteresis of half the amplitude); mean and
/// amplitude are the medians of those of a sine through each turn, whose own speed is fitted with it: a sine of the
/// mean speed through a turn of another one has another amplitude.
///
/// A field of which the sines leave half of the variance or more is a constant one with noise (or nine tenths, if it
/// changes by less than a tenth of itself).
///
/// @throws InvalidInput  for a constant field, fewer than two periods, or fewer than four readings a period
Rotation rotation(std::span<const double> time, std::span<const double> field);

/// Averages of neighbouring readings over equal times, which is what makes long records quick: a model that is linear
/// in its regressors holds for the averages as for the readings.
struct Bins {
  std::vector<double> time, interval, weight;  ///< s; s since the bin before; readings in it
  /// T, T^2, A, A T, A T^2, A^3, V, V: the mean of each product over the readings, which where they change within a bin
  /// is not the product of the means.
  std::vector<double> field, field2, current, current_field, current_field2, current_cubed, voltage_xy, voltage_xx;
};

/// An end of V_xy's range, perhaps: an extreme that readings repeat. It may as well be the crest of a coarse converter.
struct Limit {
  double value = 0;  ///< V
  int side = 1;      ///< 1: the highest reading; -1: the lowest
  double step = 0;   ///< V, to the next reading
};

/// HallReadings of a record that can be used, in order of time, and what was wrong with the others.
struct HallReadings {
  std::vector<double> time, field, current, voltage_xy, voltage_xx;
  std::vector<char> rejected;  ///< spikes and what the range's end cut off, found later
  std::vector<Limit> limits;   ///< of V_xy
  std::size_t cut_off = 0;     ///< how many were rejected for such a limit
  std::vector<Warning> warnings;
};

/// HallReadings whose field stands out or stands at the end of the sensor's range are not used: they tell nothing of
/// V_xy at the true field, and leaving readings out for their field biases nothing. Nor are those whose V_xx stands
/// there.
///
/// @throws InvalidInput  if time does not rise, units look wrong, or nothing is left
HallReadings usable_readings(const HallRecord& record);

/// The step that all differences between neighbouring readings are multiples of, as a converter's are; 0 if there is
/// none.
double converter_step(std::span<const double> readings);

/// Bins of readings that are not rejected, `per_period` bins a period, or fewer where readings are.
Bins bin(const HallReadings& readings, const Rotation& turn, double per_period);

}  // namespace ecram::analysis
