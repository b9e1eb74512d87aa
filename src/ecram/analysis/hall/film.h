// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/analysis/hall/ac_hall.h"

namespace ecram::analysis {

/// No laboratory's steady field is larger, T: a column in gauss under the name of teslas.
inline constexpr double largest_field = 60;

/// No film is measured on a hotter stage, K.
inline constexpr double hottest = 2000;

/// The sensors fused into the film's temperature and its spread: the median of their means. A warning if they differ.
///
/// @param sensors  K, one column a sensor; NaN and infinities are left out
/// @throws InvalidInput  for a reading that is no temperature in kelvins, or sensors of which one is in degrees Celsius
void fuse_temperature(const std::vector<std::vector<double>>& sensors, HallFilm& result);

/// @throws InvalidInput  for a length, width or thickness that is not positive, or arms as wide as the channel
void check(const HallBar& bar);

/// Degrees of freedom that errors were estimated with.
struct FilmFreedom {
  double slope = 0, resistance = 0;
};

/// Density, mobility and resistivity from the slope, with the covariance of density and mobility; bounds where the
/// signal was not detected.
///
/// @param resistance   R_xx, ohm; null if there is none; its error may be unknown (NaN)
/// @param freedom      of the errors of both, the current's apart: the mobility's interval is Student's with those of
///                     the sum
/// @param floor_slope  ohm/T: the slope's magnitude can be this large without being seen
/// @param current_error  relative error of the current, in slope and resistance alike: density has it, mobility not
void fill_film(HallFilm& result, const HallBar& bar, double hall_factor, const Estimate* resistance,
               const FilmFreedom& freedom, double floor_slope, double current_error = 0);

}  // namespace ecram::analysis
