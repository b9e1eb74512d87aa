// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/dft.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/bands.h"
#include "ecram/electronic/gpaw.h"
#include "ecram/electronic/vasp.h"
#include "ecram/electronic/vasprun.h"
#include "ecram/jobs/job.h"

namespace ecram::electronic {
namespace fs = std::filesystem;
namespace {

using constants::electron_volt;
constexpr double energy_tolerance = 2e-3 * electron_volt, gap_tolerance = 20e-3 * electron_volt, cell_tolerance = 2e-3;

bool is_done(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "job.json", error) && jobs::read_state(folder).status == jobs::Status::done;
}

bool same_atoms(const Crystal& one, const Crystal& other) {
  constexpr double tolerance = 1e-6;  // of a lattice vector; results keep ten digits
  if (one.atoms.size() != other.atoms.size() ||
      !(one.lattice - other.lattice).isMuchSmallerThan(one.lattice, tolerance))
    return false;
  return std::ranges::equal(one.atoms, other.atoms, [](const Atom& a, const Atom& b) {
    return a.element == b.element && (a.position - b.position).cwiseAbs().maxCoeff() < tolerance;
  });
}

}  // namespace

std::vector<Preparation> prepare_workflow(const Workflow& workflow, const fs::path& root, bool force) {
  std::vector<std::pair<std::string, PreparedStep>> ready;
  std::vector<Preparation> report;
  for (const Step& step : workflow.steps) {
    if (workflow.engine == Engine::gpaw) {
      ready.emplace_back(step.name, gpaw_step(step));
    } else if (step.from.empty()) {
      ready.emplace_back(step.name, vasp_step(step, step.crystal, workflow));
    } else if (is_done(root / step.from)) {
      const Crystal relaxed = load_result(root / step.from / "vasprun.xml").crystal;
      ready.emplace_back(step.name,
                         vasp_step(step, without_atoms(supercell(relaxed, step.supercell), step.removed), workflow));
    } else {
      report.push_back({step.name, step.from});
      continue;
    }
    report.push_back({step.name, ""});
  }
  // All inputs are made before the first is written: a bad step writes nothing.
  for (const auto& [name, prepared] : ready) jobs::prepare_job(root, prepared.job, prepared.files, force);
  return report;
}

std::vector<std::string> kept_steps(const Workflow& workflow, const fs::path& kept) {
  if (workflow.engine != Engine::gpaw) throw InvalidInput("{}: only GPAW's results are kept", kept.string());
  std::vector<std::string> names;
  for (const Step& step : workflow.steps) {
    const fs::path file = kept / (step.name + ".json");
    std::error_code error;
    if (!fs::exists(file, error)) continue;
    read_result(file);
    names.push_back(step.name);
  }
  if (names.empty()) throw InvalidInput("{}: no kept result of '{}' in it", kept.string(), workflow.name);
  return names;
}

std::vector<std::string> adopt_kept(const Workflow& workflow, const fs::path& root, const fs::path& kept) {
  std::vector<std::string> taken;
  for (const std::string& name : kept_steps(workflow, kept)) {
    if (is_done(root / name)) continue;
    const fs::path file = kept / (name + ".json");
    const MappedFile result(file), task(root / name / "calculation.json");
    if (!same_task(result.text(), task.text())) continue;
    const std::string& from = std::ranges::find(workflow.steps, name, &Step::name)->from;
    const fs::path before = root / from, kept_before = kept / (from + ".json");
    std::error_code error;
    if (!from.empty() && (!is_done(before) || !fs::exists(kept_before, error) ||
                          !same_atoms(load_result(before / "result.json").crystal, read_result(kept_before).crystal)))
      continue;
    jobs::adopt_result(root, name, result.text(), file.string());
    taken.push_back(name);
  }
  return taken;
}

Result load_result(const fs::path& path) {
  return path.extension() == ".xml" ? read_vasprun(path).result : read_result(path);
}

std::string fault_in_result(const fs::path& path) {
  try {
    load_result(path);
    return "";
  } catch (const InvalidInput& e) {
    return e.what();
  }
}

Comparison compare(const Result& kept, const Result& again) {
  Comparison c;
  if (composition(kept.crystal) != composition(again.crystal)) {
    c.differs = fmt::format("atoms: {} in {}, {} in {}", kept.crystal.atoms.size(), formula(kept.crystal),
                            again.crystal.atoms.size(), formula(again.crystal));
    return c;
  }
  c.energy_per_atom = (again.energy - kept.energy) / static_cast<double>(kept.crystal.atoms.size());
  const auto before = band_gap(kept.spectrum), after = band_gap(again.spectrum);
  c.gap = before && after ? after->gap - before->gap : std::nan("");
  for (int i = 0; i < 3; ++i) {
    const Eigen::Vector3d one = kept.crystal.lattice.row(i), other = again.crystal.lattice.row(i);
    c.cell = std::max(c.cell, (other - one).norm() / one.norm());
  }
  const auto note = [&](const std::string& what) { c.differs += (c.differs.empty() ? "" : "; ") + what; };
  if (std::abs(c.energy_per_atom) > energy_tolerance)
    note(fmt::format("energy by {:.2f} meV an atom", c.energy_per_atom / electron_volt * 1e3));
  if (before.has_value() != after.has_value()) note(before ? "the gap is gone" : "there is a gap now");
  if (std::abs(c.gap) > gap_tolerance) note(fmt::format("gap by {:.1f} meV", c.gap / electron_volt * 1e3));
  if (c.cell > cell_tolerance) note(fmt::format("cell by {:.2f} %", c.cell * 100));
  return c;
}

}  // namespace ecram::electronic
