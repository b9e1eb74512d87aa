// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/electronic/bonds.h"
#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

/// One or several atoms to take out, as the user names them.
struct VacancyRequest {
  std::string site;  ///< "s_z" (the first class with that axis), "s_z2", or "O17": atom 17, counted from 1
  std::optional<double> distance;  ///< m, from the vacancy before; of the atoms of that site the one nearest to it
};

/// Reads "s_z", "O17" or "s_z@3.9" (a distance in angstrom).
/// @throws InvalidInput  for anything else
VacancyRequest parse_vacancy(std::string_view text);

/// The atoms (indices from 0) that the requests mean. A site without a distance is its first atom that is not taken.
/// @throws InvalidInput  if there is no such site or atom, or the nearest distance is off by more than 0.3 angstrom
std::vector<std::size_t> vacancy_atoms(const Crystal& crystal, std::span<const BridgeSite> sites,
                                       std::span<const VacancyRequest> requests);

/// Which atom of a crystal each atom of a relaxed cell with vacancies was.
struct Matching {
  std::vector<std::size_t> partner;    ///< for each atom of the defect cell its atom in the bulk cell
  std::vector<std::size_t> vacancies;  ///< atoms of the bulk cell that are gone
};

/// Matches atoms of one element by nearest images; an atom may have moved by up to `farthest`.
/// @throws InvalidInput  if the lattices differ by more than 1 %, or an atom has no place of its own within `farthest`
Matching match_atoms(const Crystal& bulk, const Crystal& defect, double farthest = 1.2 * angstrom);

/// Is the number of electrons of the cell odd with this charge (in units of e, positive: electrons taken away)? Then a
/// calculation needs spin.
bool odd_electrons(const Crystal& crystal, int charge);

}  // namespace ecram::electronic
