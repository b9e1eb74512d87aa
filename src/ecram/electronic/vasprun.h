// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ecram/electronic/result.h"

namespace ecram::electronic {

/// The density of states that VASP wrote itself. Index of a value: spin * energies.size() + energy.
struct WrittenDensityOfStates {
  std::vector<double> energies;    ///< J
  std::vector<double> total;       ///< 1/J for the whole cell, each spin by itself
  std::vector<double> integrated;  ///< states below each energy
};

/// What a vasprun.xml says.
struct VaspRun {
  Result result;  ///< of the last ionic step; projections summed over the orbitals of s, p and d
  int ionic_steps = 0;
  std::vector<double> step_energies;  ///< J, of each ionic step, extrapolated to zero smearing
  bool hybrid = false;
  double exact_exchange = 0;  ///< share, of a hybrid
  double electrons = 0;
  WrittenDensityOfStates density_of_states;
};

/// Reads a vasprun.xml while it streams by: gigabytes are fine, memory is that of the numbers kept.
///
/// @throws InvalidInput  "file:line: ..." if the file is cut short (the run is not over, or was killed), is no
///                       vasprun.xml, holds numbers that VASP could not print (****), is of a non-collinear run, or is
///                       of a run that did not converge: electronic steps used up in the last ionic step, or ionic
///                       steps used up in a relaxation
VaspRun read_vasprun(const std::filesystem::path& path);

}  // namespace ecram::electronic
