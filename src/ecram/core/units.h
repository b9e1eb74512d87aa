// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace ecram {

/// The factor that turns a number in `unit` into the SI unit `si` ("uS" and "S" give 1e-6). Affine units (degC) are
/// not for this function: see `quantity`.
///
/// Units are UDUNITS-2's, with what a laboratory writes and UDUNITS lacks or has wrong: G and Gs are gauss, Oe oersted
/// (A/m), eV, deg (angle), rpm (rad/s), Amp, mho, sq (a square, for sheet resistance: 1).
///
/// @throws InvalidInput  if the unit is not known, or measures something else than `si`
double unit_factor(std::string_view unit, std::string_view si);

/// Is it a unit at all, of whatever quantity?
bool is_unit(std::string_view unit);

/// A number with a unit behind it, in SI: quantity("12.7 mm", "m") is 0.0127; quantity("25 degC", "K") is 298.15.
///
/// @throws InvalidInput  if the number or the unit is missing, unknown, not finite, or of another quantity than `si`
double quantity(std::string_view text, std::string_view si);

/// How often something turns, in hertz: of hertz, rpm, or an angle per time. quantity() cannot do this: to it a turn is
/// 2 pi radians in "rpm" and one in "Hz".
///
/// @throws InvalidInput  as `quantity`
double turns_per_second(std::string_view text);

}  // namespace ecram
