// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "ecram/electronic/gpaw.h"
#include "ecram/electronic/workflow.h"

namespace ecram::electronic {

/// A step as input for VASP: INCAR, KPOINTS, POSCAR, and POTCAR.txt, which says what POTCAR to put together. POTCAR
/// itself is the user's (its licence forbids passing it on): the job does not start without it.
///
/// @param atoms  the crystal that the step starts from: `step.crystal`, or the relaxed one of the step before
/// @throws InvalidInput  for a charged cell whose elements' valence electrons are not known (they make NELECT), for
///                       kind bands of a cell whose path is not known, a functional without a GGA tag that is known
///                       here
PreparedStep vasp_step(const Step& step, const Crystal& atoms, const Workflow& workflow);

/// The POTCARs to concatenate, in the order of the POSCAR: {"W_sv", "O"}. Those of the workflow, else VASP's
/// recommended ones for W and O, else the element's name.
std::vector<std::string> potcar_names(const Crystal& atoms, const Workflow& workflow);

}  // namespace ecram::electronic
