// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

/// Reads VASP's POSCAR (and CONTCAR): a comment, a scale (one number, negative for a volume in cubic angstrom, or three
/// factors for x, y and z), the lattice in angstrom, the elements (VASP 5; "W_pv" is W) or, as in VASP 4, the elements
/// in the comment, their counts, perhaps "Selective dynamics", "Direct" or "Cartesian", one position a line. What
/// follows (velocities) is not read.
///
/// @param source  the name that errors give
/// @throws InvalidInput  "source:line: ..." for what breaks that, or `check_crystal` finds
Crystal parse_poscar(std::string_view text, const std::string& source);

Crystal read_poscar(const std::filesystem::path& path);

/// The crystal as a POSCAR in direct coordinates, atoms grouped by element.
std::string poscar_text(const Crystal& crystal);

}  // namespace ecram::electronic
