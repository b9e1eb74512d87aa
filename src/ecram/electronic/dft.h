// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ecram/electronic/result.h"
#include "ecram/electronic/workflow.h"

namespace ecram::electronic {

/// What became of a step when its folder was to be made.
struct Preparation {
  std::string step;
  std::string waits_for;  ///< VASP: the step whose relaxed atoms it needs first; empty where the folder is ready
};

/// Makes ROOT/STEP for each step of the workflow: its engine's input and its job. Work that is there and has the same
/// inputs is left as it is. VASP's input holds the atoms, so a step that takes them from a relaxation is made once that
/// is done: prepare again then.
/// @throws InvalidInput  as `jobs::prepare_job`
std::vector<Preparation> prepare_workflow(const Workflow& workflow, const std::filesystem::path& root, bool force);

/// Steps of the workflow that a folder of kept results (`ecram dft keep`) has a STEP.json of.
/// @throws InvalidInput  for VASP, a folder without any, damaged results
std::vector<std::string> kept_steps(const Workflow& workflow, const std::filesystem::path& kept);

/// Takes kept results for the prepared steps that are not done: those whose task is the same to the letter and, where
/// it builds on a relaxation, whose relaxation has given the same atoms.
///
/// @return the names of the steps taken
/// @throws InvalidInput  as `kept_steps`
std::vector<std::string> adopt_kept(const Workflow& workflow, const std::filesystem::path& root,
                                    const std::filesystem::path& kept);

/// Reads an engine's result, result.json or vasprun.xml. @throws InvalidInput  also if it did not converge
Result load_result(const std::filesystem::path& path);

/// What is wrong with a result (unconverged, cut short), for `jobs::RunOptions`; empty if nothing.
std::string fault_in_result(const std::filesystem::path& path);

/// Two results of the same calculation beside each other.
struct Comparison {
  double energy_per_atom = 0;  ///< J, second minus first
  double gap = 0;              ///< J, second minus first; NaN unless both have one
  double cell = 0;             ///< largest relative difference among the lattice vectors
  std::string differs;         ///< what is further apart than convergence allows; empty if nothing
};

/// Compares within 2 meV an atom in energy, 20 meV in the gap, 0.2 % in the cell.
Comparison compare(const Result& kept, const Result& again);

}  // namespace ecram::electronic
