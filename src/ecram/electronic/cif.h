// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

/// Reads a CIF (its first block with a cell) into the full cell: each site under each symmetry operation, an atom on
/// a special position once. The operations are those that the file lists, or else those of the space group that it
/// names.
///
/// @param source  the name that errors give
/// @throws InvalidInput  for what is no CIF, has no cell, no symmetry, no atoms, a site that is occupied in part
///                       (an engine needs a whole atom or none), or what `check_crystal` finds
Crystal parse_cif(std::string_view text, const std::string& source);

Crystal read_cif(const std::filesystem::path& path);

/// The crystal as a CIF, all atoms listed (P 1).
std::string cif_text(const Crystal& crystal);

/// Reads a crystal: a CIF if the file's name ends in ".cif" or its text holds a data block, else a POSCAR.
Crystal read_crystal(const std::filesystem::path& path);

}  // namespace ecram::electronic
