// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/gpaw.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ecram/core/constants.h"
#include "ecram/electronic/embedded.h"

namespace ecram::electronic {
namespace {
using nlohmann::ordered_json;

using constants::electron_volt;

ordered_json vector_json(const Eigen::Vector3d& v) { return {v[0], v[1], v[2]}; }

ordered_json structure_json(const Step& step) {
  if (!step.from.empty())
    return {
        {"from", fmt::format("../{}/result.json", step.from)}, {"repeat", step.supercell}, {"remove", step.removed}};
  // Without a step before it the atoms are known now, vacancies and all.
  ordered_json elements = ordered_json::array(), positions = ordered_json::array(), lattice = ordered_json::array();
  for (const Atom& atom : step.crystal.atoms) {
    elements.push_back(atom.element);
    positions.push_back(vector_json(atom.position));
  }
  for (int i = 0; i < 3; ++i) lattice.push_back(vector_json(step.crystal.lattice.row(i) / angstrom));
  return {{"atoms", {{"lattice_A", lattice}, {"elements", elements}, {"positions", positions}}}};
}

double rounded(double x) { return std::stod(fmt::format("{:.10g}", x)); }

ordered_json task_json(const Step& step) {
  const Settings& s = step.settings;
  return {{"format", "ecram-calculation 1"},
          {"kind", kind_name(step.kind)},
          {"structure", structure_json(step)},
          {"vacancies", step.vacancy_names},
          {"functional", s.functional},
          {"charge", step.charge},
          {"spin", step.spin},
          {"relax_cell", step.relax_cell},
          {"steps", s.largest_steps},
          {"force_eV_per_A", rounded(s.force_tolerance / electron_volt * angstrom)},
          {"stress_GPa", rounded(s.stress_tolerance / 1e9)},
          {"exact_exchange", s.exact_exchange},
          {"hybrid_bands", s.hybrid_bands ? ordered_json(*s.hybrid_bands) : ordered_json()},
          {"hybrid_kpoints", s.hybrid_kpoints},
          {"bands_empty", step.kind == Kind::relax ? std::min(s.empty_bands, 8) : s.empty_bands},
          {"band_points", s.band_points},
          {"settings",
           {{"cutoff_eV", rounded(s.cutoff / electron_volt)},
            {"kpoints", s.kpoints},
            {"gamma", s.gamma},
            {"special_point", s.special_point ? ordered_json(*s.special_point) : ordered_json()},
            {"smearing_eV", rounded(s.smearing / electron_volt)},
            {"energy_eV", rounded(s.energy_tolerance / electron_volt)},
            {"basis", s.basis},
            {"grid_A", rounded(s.grid / angstrom)},
            {"mixing", rounded(s.mixing)},
            {"density", rounded(s.density_tolerance)},
            {"eigenstates", rounded(s.state_tolerance / (electron_volt * electron_volt))},
            {"iterations", 300}}}};
}

}  // namespace

jobs::Resources estimate_resources(const Step& step) {
  // Measured with GPAW 22.8 on one core, 32 atoms, 400 eV, Gamma: 49 s for a ground state, 3.4 s for the hybrid's
  // eigenvalues of 20 bands.
  const Settings& s = step.settings;
  const double atoms = static_cast<double>(step.crystal.atoms.size());
  const double grid = static_cast<double>(s.kpoints[0]) * s.kpoints[1] * s.kpoints[2];
  const double points = step.kind == Kind::bands ? s.band_points : std::max(1.0, std::ceil(grid / 2));
  const double one =
      49.0 * std::pow(atoms / 32, 2.5) * std::pow(s.cutoff / (400 * electron_volt), 1.5) * (step.spin ? 2 : 1);
  double time = one * points;
  if (step.kind == Kind::relax) time *= 15;  // some 30 steps, each half a ground state thanks to the step before
  if (step.kind == Kind::hybrid) time += 0.07 * one * points * points * (4 * atoms + s.empty_bands) / 20;
  // Wave functions, three times over; half of the grid's plane waves are kept where a point stands for two.
  const double wave_number =
      std::sqrt(2 * constants::electron_mass * s.cutoff) * 2 * std::numbers::pi / constants::planck;
  const double waves = volume(step.crystal) * std::pow(wave_number, 3) / (6 * std::numbers::pi * std::numbers::pi);
  const double memory = 1e9 + 3 * 16 * waves * (4.5 * atoms + s.empty_bands) * points * (step.spin ? 2 : 1);
  return {s.cores, memory, 600 + 2 * time / s.cores};
}

PreparedStep gpaw_step(const Step& step) {
  PreparedStep prepared;
  prepared.files["calculation.json"] = task_json(step).dump(1) + "\n";
  prepared.files["run.py"] = std::string(embedded::gpaw_run_py);
  jobs::Job& job = prepared.job;
  job.name = step.name;
  job.inputs = {"calculation.json", "run.py"};
  if (!step.from.empty()) {
    job.after = {step.from};
    job.inputs.push_back(fmt::format("../{}/result.json", step.from));
  }
  job.environment = {{"OMP_NUM_THREADS", "1"}, {"OPENBLAS_NUM_THREADS", "1"}};
  if (step.settings.cores > 1) {
    job.command = {"mpirun", "-np", fmt::format("{}", step.settings.cores)};
    // Open MPI refuses to run as root, which is who one is in a container.
    job.environment.insert({{"OMPI_ALLOW_RUN_AS_ROOT", "1"}, {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}});
  }
  for (const char* word : {"gpaw", "python", "run.py"}) job.command.emplace_back(word);
  job.program_hint = step.settings.cores > 1 ? "Open MPI and GPAW (packages openmpi-bin, gpaw, gpaw-data)"
                                             : "GPAW (packages gpaw, gpaw-data)";
  job.resources = estimate_resources(step);
  return prepared;
}

}  // namespace ecram::electronic
