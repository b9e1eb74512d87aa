// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/crystal.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/bonds.h"
#include "ecram/electronic/cif.h"
#include "ecram/electronic/drawing.h"
#include "ecram/electronic/poscar.h"
#include "ecram/electronic/symmetry.h"
#include "ecram/electronic/vacancy.h"
#include "ecram/report/json.h"

namespace ecram::commands {
namespace {
using namespace electronic;
using nlohmann::ordered_json;

using constants::degree;

struct CrystalOptions {
  std::string crystal, cif, poscar, svg, view = "b";
  std::vector<int> supercell{1, 1, 1};
  std::vector<std::string> vacancies;
  int charge = 0;
  double tolerance = 1e-3;
  bool json = false, bonds = false, force = false;
};

constexpr const char* crystal_examples =
    R"(CRYSTAL is a CIF or a POSCAR; without it the built-in monoclinic WO3 (P 1 21/n 1, 32 atoms) is taken.

A vacancy is a site or an atom: s_x, s_y, s_z are the oxygens whose two W lie along a, b, c (Fig. 5a of the paper);
each axis has two classes that symmetry does not connect, s_z1 and s_z2, of which s_z is the first; O17 is atom 17.
s_z@7.7 is the s_z oxygen nearest to 7.7 angstrom from the vacancy before it.

Examples:
  ecram crystal                                        space group, sites, bonds of WO3
  ecram crystal my.cif --json                          the same of a crystal of yours, for programs
  ecram crystal --supercell 1 1 2 --vacancy s_z --poscar POSCAR --svg cell.svg
                                                       WO2.938: one oxygen out of 48
  ecram crystal --supercell 1 1 2 --vacancy s_z s_z@7.69 --charge 4 --cif two.cif
                                                       WO2.875: two vacancies aligned along c)";

/// What one question to the command comes to.
struct CrystalAnswer {
  Crystal crystal;  ///< after supercell and vacancies
  Symmetry before;  ///< of the crystal without vacancies
  Symmetry symmetry;
  std::vector<BridgeSite> sites;                      ///< of the crystal without vacancies
  std::vector<std::pair<std::string, Atom>> removed;  ///< the site's name and the atom
};

CrystalAnswer answer(const CrystalOptions& options) {
  CrystalAnswer a;
  const Crystal cell = options.crystal.empty() ? monoclinic_wo3() : read_crystal(options.crystal);
  const Crystal whole = supercell(cell, {options.supercell[0], options.supercell[1], options.supercell[2]});
  a.before = find_symmetry(whole, options.tolerance * angstrom);
  a.sites = bridge_sites(whole, a.before.equivalent_to);
  std::vector<VacancyRequest> requests;
  for (const std::string& text : options.vacancies) requests.push_back(parse_vacancy(text));
  const auto atoms = vacancy_atoms(whole, a.sites, requests);
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    std::string name = requests[i].site;
    for (const BridgeSite& site : a.sites)
      if (site.atom == atoms[i]) name = site.name;
    a.removed.emplace_back(name, whole.atoms[atoms[i]]);
  }
  a.crystal = without_atoms(whole, atoms);
  a.symmetry = atoms.empty() ? a.before : find_symmetry(a.crystal, options.tolerance * angstrom);
  return a;
}

/// One line for each class of equivalent atoms.
struct SiteClass {
  std::string element, wyckoff, name;
  std::size_t first, count;
  std::vector<double> bonds;  ///< m, shortest first
  double angle;               ///< radian, of a bridge; NaN for others
};

std::vector<SiteClass> site_classes(const Crystal& crystal, const Symmetry& symmetry) {
  const auto bonded = bonded_neighbours(crystal);
  const auto sites = bridge_sites(crystal, symmetry.equivalent_to);
  std::vector<SiteClass> classes;
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i) {
    if (symmetry.equivalent_to[i] != i) continue;
    SiteClass site{crystal.atoms[i].element, symmetry.wyckoff[i], "", i, 0, {}, std::nan("")};
    for (const std::size_t other : symmetry.equivalent_to) site.count += other == i ? 1 : 0;
    for (const Neighbour& neighbour : bonded[i]) site.bonds.push_back(neighbour.distance);
    for (const BridgeSite& bridge : sites)
      if (bridge.atom == i) site.name = bridge.name, site.angle = bridge.angle;
    classes.push_back(site);
  }
  return classes;
}

std::string text_of(const CrystalAnswer& a, const CrystalOptions& options) {
  const CellParameters p = cell_parameters(a.crystal.lattice);
  std::string text = fmt::format("{}: {}, {} atoms\n", a.crystal.name, formula(a.crystal), a.crystal.atoms.size());
  text += fmt::format(
      "cell     a {:.4f}  b {:.4f}  c {:.4f} angstrom,  alpha {:.3f}  beta {:.3f}  gamma {:.3f} deg,  {:.3f} "
      "angstrom^3\n",
      p.a / angstrom, p.b / angstrom, p.c / angstrom, p.alpha / degree, p.beta / degree, p.gamma / degree,
      volume(a.crystal) * 1e30);
  text += fmt::format("symmetry {} (no. {}), {} operations, within {:g} angstrom\n", a.symmetry.symbol,
                      a.symmetry.number, a.symmetry.operations.size(), options.tolerance);
  for (const auto& [name, atom] : a.removed)
    text += fmt::format("vacancy  {} {} at {:.4f} {:.4f} {:.4f}\n", atom.element, name, atom.position[0],
                        atom.position[1], atom.position[2]);
  if (options.charge != 0 || !a.removed.empty())
    text += fmt::format("charge   {:+d}: {}\n", options.charge,
                        odd_electrons(a.crystal, options.charge) ? "an odd number of electrons, needs spin"
                                                                 : "an even number of electrons");
  text +=
      "\natom      site  class   count  x        y        z        bonds (angstrom)                     angle (deg)\n";
  for (const SiteClass& site : site_classes(a.crystal, a.symmetry)) {
    const Eigen::Vector3d& x = a.crystal.atoms[site.first].position;
    std::string bonds;
    for (const double bond : site.bonds) bonds += fmt::format("{:.3f} ", bond / angstrom);
    const std::string angle = std::isnan(site.angle) ? "" : fmt::format("{:.2f}", site.angle / degree);
    text += fmt::format("{:<9} {:<5} {:<7} {:>5}  {:.4f}   {:.4f}   {:.4f}   {:<36} {}\n",
                        fmt::format("{}{}", site.element, site.first + 1), site.wyckoff, site.name, site.count, x[0],
                        x[1], x[2], bonds, angle);
  }
  if (options.bonds) {
    text += "\nbonds (angstrom)\n";
    const auto bonded = bonded_neighbours(a.crystal);
    for (std::size_t i = 0; i < bonded.size(); ++i)
      for (const Neighbour& neighbour : bonded[i])
        if (neighbour.atom >= i)
          text += fmt::format("{:<5} {:<5} {:.4f}\n", fmt::format("{}{}", a.crystal.atoms[i].element, i + 1),
                              fmt::format("{}{}", a.crystal.atoms[neighbour.atom].element, neighbour.atom + 1),
                              neighbour.distance / angstrom);
  }
  return text;
}

ordered_json json_of(const CrystalAnswer& a, const CrystalOptions& options) {
  const CellParameters p = cell_parameters(a.crystal.lattice);
  const auto vector = [](const Eigen::Vector3d& v) { return ordered_json{v[0], v[1], v[2]}; };
  const auto rounded = [](double x) { return std::round(x * 1e9) / 1e9; };
  ordered_json atoms = ordered_json::array(), classes = ordered_json::array(), vacancies = ordered_json::array(),
               bonds = ordered_json::array();
  for (std::size_t i = 0; i < a.crystal.atoms.size(); ++i)
    atoms.push_back({{"element", a.crystal.atoms[i].element},
                     {"position", vector(a.crystal.atoms[i].position)},
                     {"equivalent_to", a.symmetry.equivalent_to[i] + 1},
                     {"wyckoff", a.symmetry.wyckoff[i]}});
  for (const SiteClass& site : site_classes(a.crystal, a.symmetry)) {
    ordered_json lengths = ordered_json::array();
    for (const double bond : site.bonds) lengths.push_back(rounded(bond / angstrom));
    classes.push_back(
        {{"atom", site.first + 1},
         {"element", site.element},
         {"wyckoff", site.wyckoff},
         {"site", site.name.empty() ? ordered_json() : ordered_json(site.name)},
         {"count", site.count},
         {"bonds_A", lengths},
         {"bridge_angle_deg", std::isnan(site.angle) ? ordered_json() : ordered_json(rounded(site.angle / degree))}});
  }
  for (const auto& [name, atom] : a.removed)
    vacancies.push_back({{"site", name}, {"element", atom.element}, {"position", vector(atom.position)}});
  const auto bonded = bonded_neighbours(a.crystal);
  for (std::size_t i = 0; i < bonded.size(); ++i)
    for (const Neighbour& neighbour : bonded[i])
      if (neighbour.atom >= i)
        bonds.push_back({{"atoms", {i + 1, neighbour.atom + 1}}, {"length_A", rounded(neighbour.distance / angstrom)}});
  const auto row = [&](int i) { return vector(a.crystal.lattice.row(i) / angstrom); };
  return {{"format", "ecram-crystal 1"},
          {"name", a.crystal.name},
          {"formula", formula(a.crystal)},
          {"cell",
           {{"a_A", rounded(p.a / angstrom)},
            {"b_A", rounded(p.b / angstrom)},
            {"c_A", rounded(p.c / angstrom)},
            {"alpha_deg", rounded(p.alpha / degree)},
            {"beta_deg", rounded(p.beta / degree)},
            {"gamma_deg", rounded(p.gamma / degree)},
            {"volume_A3", rounded(volume(a.crystal) * 1e30)}}},
          {"lattice_A", {row(0), row(1), row(2)}},
          {"space_group",
           {{"number", a.symmetry.number},
            {"symbol", a.symmetry.symbol},
            {"point_group", a.symmetry.point_group},
            {"operations", a.symmetry.operations.size()},
            {"tolerance_A", options.tolerance}}},
          {"vacancies", vacancies},
          {"charge", options.charge},
          {"odd_electrons", odd_electrons(a.crystal, options.charge)},
          {"classes", classes},
          {"atoms", atoms},
          {"bonds", bonds}};
}

void check_crystal_outputs(const CrystalOptions& options) {
  std::set<std::string> names;
  for (const std::string& file : {options.cif, options.poscar, options.svg}) {
    std::error_code error;
    if (file.empty()) continue;
    if (!names.insert(file).second) throw InvalidInput("{}: is given for two outputs", file);
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder, error))
      throw InvalidInput("{}: no such folder", folder.string());
    if (!options.force && std::filesystem::exists(file, error))
      throw InvalidInput("{}: exists; give --force to replace it", file);
  }
}

void run(const CrystalOptions& options) {
  check_crystal_outputs(options);
  const CrystalAnswer a = answer(options);
  std::vector<Eigen::Vector3d> holes;
  for (const auto& [name, atom] : a.removed) holes.push_back(atom.position);
  if (!options.cif.empty()) write_file(options.cif, cif_text(a.crystal));
  if (!options.poscar.empty()) write_file(options.poscar, poscar_text(a.crystal));
  if (!options.svg.empty())
    write_file(options.svg, crystal_svg(a.crystal, holes, View{.along = options.view[0] - 'a'}));
  if (options.json)
    fmt::print("{}\n", report::text_of(json_of(a, options)));
  else
    fmt::print("{}", text_of(a, options));
}

}  // namespace

void add_crystal(CLI::App& app) {
  auto options = std::make_shared<CrystalOptions>();
  CLI::App* command =
      app.add_subcommand("crystal", "crystals: symmetry, oxygen sites, supercells, vacancies, pictures");
  command->add_option("CRYSTAL", options->crystal, "CIF or POSCAR; default: the built-in monoclinic WO3");
  command->add_option("--supercell", options->supercell, "repeat the cell along a, b, c")
      ->expected(3)
      ->type_name("N N N");
  command->add_option("--vacancy", options->vacancies, "take out these atoms")->type_name("SITE...");
  command->add_option("--charge", options->charge, "charge of the cell in e, to check the number of electrons")
      ->check(CLI::Range(-20, 20));
  command->add_option("--tolerance", options->tolerance, "of symmetry, angstrom")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--poscar", options->poscar, "write the crystal as POSCAR")->type_name("FILE");
  command->add_option("--cif", options->cif, "write the crystal as CIF")->type_name("FILE");
  command->add_option("--svg", options->svg, "draw the crystal")->type_name("FILE");
  command->add_option("--view", options->view, "look along this lattice vector")
      ->check(CLI::IsMember({"a", "b", "c"}))
      ->capture_default_str();
  command->add_flag("--bonds", options->bonds, "list every bond");
  command->add_flag("--json", options->json, "print JSON (docs/electronic.md)");
  command->add_flag("--force", options->force, "replace files that exist");
  command->footer(crystal_examples);
  command->callback([options] { run(*options); });
}

}  // namespace ecram::commands
