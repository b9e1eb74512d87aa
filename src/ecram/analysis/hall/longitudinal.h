// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "ecram/analysis/hall/hall_model.h"

namespace ecram::analysis {

/// What V_xx says.
struct Longitudinal {
  /// R_xx, ohm. Its error holds the scatter of V_xx, the rounding of its readings and the current's error; it is NaN
  /// where the readings are so much alike that their scatter says nothing.
  Estimate resistance;
  double own_error = std::numeric_limits<double>::quiet_NaN();  ///< ohm: that error, the current's apart
  double freedom = std::numeric_limits<double>::infinity();     ///< degrees of freedom of the latter
  /// V: what V_xx reads without current, a thermal voltage or the meter's own zero; NaN where a steady current hides
  /// it.
  Estimate zero;
  double odd = 0;  ///< ohm/T, in step with the field: a part of the Hall signal, if the arms are not opposite
  double odd_over_error = 0;  ///< its magnitude over its standard error
  double bend = 0;  ///< relative change of R_xx between no and the mean current by a term in I^3; 0: not known
  double bend_over_error = 0;
};

/// Generalised least squares, in noise of an estimated colour, on V_xx = I (R + drift + odd B + even B^2) + A dB/dt,
/// and where the current was changed also a thermal voltage and, if it had three levels or more that tell it from both,
/// a term in I^3. The drift has the order that AICc prefers, the noise only the slow parts that its likelihood asks
/// for: R is the mean over the record, and slow noise that is none would make its error several times too large.
///
/// @param readings  of V_xx, V, as the file has them: the least difference between them is that of their rounding
Longitudinal longitudinal(const Block& block, std::span<const double> readings);

/// R_xx freed of the zero error of V_xx by a record at zero or reversed current, R = (V_1 - V_2) / (I_1 - I_2): both
/// have the zero error, and the film is taken for the same in both.
///
/// @param along   what a record at steady current says by itself
/// @param second  what the other record says by itself; at zero current only its `zero` counts
Longitudinal without_zero_error(const Longitudinal& along, const Block& block, const Longitudinal& second,
                                const Block& second_block);

}  // namespace ecram::analysis
