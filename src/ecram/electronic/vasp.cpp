// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/vasp.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/electronic/band_path.h"
#include "ecram/electronic/poscar.h"

namespace ecram::electronic {
namespace {

using constants::electron_volt;

struct Potential {
  const char *element, *name;
  int valence;
};
/// Of the set potpaw_PBE: VASP's recommended ones, and their electrons.
constexpr Potential recommended[] = {
    {"W", "W_sv", 14}, {"O", "O", 6}, {"H", "H", 1}, {"Li", "Li_sv", 3}, {"Si", "Si", 4}};

const Potential* recommended_for(const std::string& element) {
  const auto at = std::ranges::find_if(recommended, [&](const Potential& p) { return element == p.element; });
  return at == std::end(recommended) ? nullptr : at;
}

std::string potcar_of(const std::string& element, const Workflow& workflow) {
  if (const auto at = workflow.potcar.find(element); at != workflow.potcar.end()) return at->second;
  const Potential* known = recommended_for(element);
  return known == nullptr ? element : known->name;
}

int valence_of(const std::string& element, const Workflow& workflow) {
  if (const auto at = workflow.valence.find(element); at != workflow.valence.end()) return at->second;
  const Potential* known = recommended_for(element);
  if (known == nullptr || potcar_of(element, workflow) != known->name)
    throw InvalidInput(
        "the charged cell needs the number of valence electrons in the POTCAR '{}' of {}; give valence = {{ {} = ... "
        "}} in [vasp]",
        potcar_of(element, workflow), element, element);
  return known->valence;
}

std::string gga_tag(const std::string& functional) {
  if (functional == "PBEsol") return "PS";
  if (functional == "PBE") return "PE";
  if (functional == "RPBE") return "RP";
  throw InvalidInput("functional '{}' with VASP; expected PBEsol, PBE or RPBE", functional);
}

std::string incar(const Step& step, const Crystal& atoms, const Workflow& workflow) {
  const Settings& s = step.settings;
  std::string text = fmt::format("SYSTEM = {} {}\n", workflow.name, step.name);
  const auto add = [&](const char* tag, const std::string& value) { text += fmt::format("{} = {}\n", tag, value); };
  add("PREC", "Accurate");
  add("ENCUT", fmt::format("{:g}", s.cutoff / electron_volt));
  add("EDIFF", fmt::format("{:.1E}", s.energy_tolerance / electron_volt));
  add("GGA", gga_tag(s.functional));
  add("LASPH", ".TRUE.");
  add("LREAL", ".FALSE.");
  add("ISMEAR", "0");
  add("SIGMA", fmt::format("{:g}", s.smearing / electron_volt));
  add("NELM", "200");
  add("ISPIN", step.spin ? "2" : "1");
  double electrons = -step.charge;
  for (const auto& [element, count] : composition(atoms))
    if (step.charge != 0) electrons += static_cast<double>(count) * valence_of(element, workflow);
  if (step.charge != 0) add("NELECT", fmt::format("{:g}", electrons));
  switch (step.kind) {
    case Kind::relax:
      add("IBRION", "2");
      add("ISIF", step.relax_cell ? "3" : "2");
      add("NSW", fmt::format("{}", s.largest_steps));
      add("EDIFFG", fmt::format("{:g}", -s.force_tolerance / electron_volt * angstrom));
      break;
    case Kind::hybrid:
      add("LHFCALC", ".TRUE.");
      add("HFSCREEN", "0.2");
      add("AEXX", fmt::format("{:g}", s.exact_exchange));
      add("ALGO", "Damped");
      add("TIME", "0.4");
      [[fallthrough]];
    case Kind::ground_state:
    case Kind::bands:
      // An explicit list of k-points has no symmetry but k and -k.
      if (step.kind == Kind::bands || step.settings.special_point) add("ISYM", "0");
      add("IBRION", "-1");
      add("NSW", "0");
      add("LORBIT", "11");
      add("NEDOS", "3001");
      break;
  }
  return text;
}

/// Bands: the grid makes the density, the path goes along with weight zero. One run, for hybrids too.
std::string path_kpoints(const Step& step, const Crystal& atoms) {
  const KpointGrid grid = kpoint_grid(step.settings.kpoints, step.settings.gamma);
  const BandPath path = monoclinic_band_path(atoms, step.settings.band_points);
  std::string text = fmt::format("{}: {}\n{}\nReciprocal\n", step.name, fmt::join(path.labels, "-"),
                                 grid.points.size() + path.points.size());
  const auto add = [&](const Eigen::Vector3d& k, int weight) {
    text += fmt::format("{:.10f} {:.10f} {:.10f} {}\n", k[0], k[1], k[2], weight);
  };
  for (std::size_t i = 0; i < grid.points.size(); ++i) add(grid.points[i], grid.weights[i]);
  for (const auto& k : path.points) add(k, 0);
  return text;
}

std::string kpoints(const Step& step) {
  if (const auto& x = step.settings.special_point)
    return fmt::format("{}\n1\nReciprocal\n{:.10f} {:.10f} {:.10f} 1\n", step.name, (*x)[0], (*x)[1], (*x)[2]);
  const auto& k = step.settings.kpoints;
  return fmt::format("{}\n0\n{}\n{} {} {}\n0 0 0\n", step.name, step.settings.gamma ? "Gamma" : "Monkhorst-Pack", k[0],
                     k[1], k[2]);
}

}  // namespace

std::vector<std::string> potcar_names(const Crystal& atoms, const Workflow& workflow) {
  std::vector<std::string> names;
  for (const auto& [element, count] : composition(grouped_by_element(atoms)))
    names.push_back(potcar_of(element, workflow));
  return names;
}

PreparedStep vasp_step(const Step& step, const Crystal& atoms, const Workflow& workflow) {
  PreparedStep prepared;
  prepared.files["INCAR"] = incar(step, atoms, workflow);
  prepared.files["KPOINTS"] = step.kind == Kind::bands ? path_kpoints(step, atoms) : kpoints(step);
  prepared.files["POSCAR"] = poscar_text(atoms);
  std::string paths;
  for (const std::string& name : potcar_names(atoms, workflow)) paths += fmt::format(" \"$VASP_PP/{}/POTCAR\"", name);
  prepared.files["POTCAR.txt"] = fmt::format(
      "POTCAR is yours to put here, from the set potpaw_PBE that came with your VASP:\n\n  cat{} > POTCAR\n", paths);
  jobs::Job& job = prepared.job;
  job.name = step.name;
  job.command = {"vasp_std"};
  if (step.settings.cores > 1) job.command = {"mpirun", "-np", fmt::format("{}", step.settings.cores), "vasp_std"};
  job.environment.insert({{"OMP_NUM_THREADS", "1"}});
  job.inputs = {"INCAR", "KPOINTS", "POSCAR", "POTCAR"};
  if (!step.from.empty()) job.after = {step.from};
  job.result = "vasprun.xml";
  job.program_hint = "VASP, and have vasp_std on the PATH";
  job.resources = estimate_resources(step);
  return prepared;
}

}  // namespace ecram::electronic
