// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

enum class Engine { gpaw, vasp };
enum class Kind { relax, ground_state, hybrid, bands };

/// How a calculation is done. Energies in joule as everywhere; the TOML file has eV and angstrom in its keys.
struct Settings {
  std::string functional;             ///< "PBE", "PBEsol", ... ; empty: PBEsol, and PBE for a hybrid's orbitals
  double cutoff = 0;                  ///< J, of the plane waves
  std::string basis = "plane_waves";  ///< or GPAW's atomic orbitals: "sz", "szp", "dzp"
  double grid = 0;                    ///< m, spacing of the real-space grid under atomic orbitals
  std::array<int, 3> kpoints{};       ///< Monkhorst-Pack grid of the cell that the step computes
  bool gamma = true;                  ///< grid shifted so that it holds the Gamma point
  std::optional<std::array<double, 3>> special_point;  ///< one k-point (fractional) in place of the grid
  double smearing = 0;                                 ///< J, width of the occupations' Fermi function
  double energy_tolerance = 0;                         ///< J: GPAW for each valence electron, VASP for the cell
  double density_tolerance = 0;  ///< GPAW: change of the density, electrons for each valence electron
  double mixing = 0;             ///< GPAW: share of the new density in the next; 0: GPAW's own choice
  double state_tolerance = 0;    ///< GPAW: mean square of the states' residual, J^2 for each valence electron
  double force_tolerance = 0;    ///< N (J/m), relaxation: largest force on an atom
  double stress_tolerance = 0;   ///< Pa, relaxation of the cell: largest component
  int largest_steps = 0;         ///< of a relaxation
  double exact_exchange = 0.28;  ///< share of screened exact exchange (HSE06's form)
  int empty_bands = 0;
  std::optional<std::array<int, 2>> hybrid_bands;     ///< GPAW: only so many bands below and above the gap
  std::vector<std::array<double, 3>> hybrid_kpoints;  ///< GPAW: only these of the grid (fractional); empty: all
  int band_points = 0;                                ///< along the path
  int cores = 1;
};

struct Step {
  std::string name;
  Kind kind = Kind::ground_state;
  std::string from;                        ///< step whose relaxed atoms it takes; empty: the workflow's crystal
  std::array<int, 3> supercell{1, 1, 1};   ///< of the atoms that it starts from
  std::vector<std::size_t> removed;        ///< atoms taken out of the supercell (indices from 0)
  std::vector<std::string> vacancy_names;  ///< their sites, "s_z1"
  int charge = 0;                          ///< of the cell, e
  bool spin = false;
  bool relax_cell = false;
  Settings settings;
  Crystal crystal;  ///< as it would be if no step before it moved an atom
};

struct Workflow {
  std::string name;
  Engine engine = Engine::gpaw;
  std::vector<Step> steps;
  std::map<std::string, std::string> potcar;  ///< VASP: element -> name of its POTCAR ("W_sv")
  std::map<std::string, int> valence;         ///< VASP: electrons in that POTCAR; needed for charged cells only
};

/// Reads a workflow (docs/electronic.md has the format).
///
/// @param folder  where a crystal's file name counts from
/// @throws InvalidInput  "source:line: ..." for an unknown key (with the nearest known one), a wrong type, a value out
///                       of range, a step that is named twice or comes from one that does not relax, a charge that
///                       leaves an odd electron while spin = false
Workflow parse_workflow(std::string_view text, const std::string& source, const std::filesystem::path& folder);

Workflow read_workflow(const std::filesystem::path& path);

std::string_view kind_name(Kind kind);

}  // namespace ecram::electronic
