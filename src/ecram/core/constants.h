// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <numbers>

/// CODATA 2018; the first three are exact by definition of the SI.
namespace ecram::constants {

inline constexpr double elementary_charge = 1.602176634e-19;     ///< C
inline constexpr double boltzmann = 1.380649e-23;                ///< J/K
inline constexpr double planck = 6.62607015e-34;                 ///< J s
inline constexpr double vacuum_permittivity = 8.8541878128e-12;  ///< F/m
inline constexpr double vacuum_permeability = 1.25663706212e-6;  ///< N/A^2
inline constexpr double electron_mass = 9.1093837015e-31;        ///< kg
inline constexpr double electron_volt = elementary_charge;       ///< J
inline constexpr double degree = std::numbers::pi / 180;         ///< rad
inline constexpr double hour = 3600;                             ///< s

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();      ///< stands for a number that is not there
inline constexpr double infinity = std::numeric_limits<double>::infinity();  ///< a bound that is not known

}  // namespace ecram::constants
