// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/cif.h"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include <gemmi/numb.hpp>
#include <gemmi/symmetry.hpp>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/cif_document.h"
#include "ecram/electronic/element.h"
#include "ecram/electronic/poscar.h"

namespace ecram::electronic {
namespace {

using constants::degree;
/// Two images of a site that are closer are one atom on a special position.
constexpr double same_atom = 0.1 * angstrom;

/// The number in a CIF value; its uncertainty in brackets is dropped.
double number(const std::string& text, const std::string& what) {
  const double value = gemmi::cif::as_number(text);
  if (!std::isfinite(value)) throw InvalidInput("{} is '{}'; expected a number", what, text.empty() ? "?" : text);
  return value;
}

double cell_number(const CifBlock& block, const std::string& tag) {
  const auto& text = block.of(tag);
  if (text.empty()) throw InvalidInput("data_{}: no {}", block.name, tag);
  return number(text[0], tag);
}

Eigen::Matrix3d lattice_in(const CifBlock& block) {
  const auto length = [&](const char* tag) { return cell_number(block, tag) * angstrom; };
  const auto angle = [&](const char* tag) { return cell_number(block, tag) * degree; };
  return lattice_of({length("_cell_length_a"), length("_cell_length_b"), length("_cell_length_c"),
                     angle("_cell_angle_alpha"), angle("_cell_angle_beta"), angle("_cell_angle_gamma")});
}

gemmi::GroupOps named_group(const CifBlock& block, const std::string& tag, const std::string& name) {
  try {
    if (tag.find("hall") != std::string::npos) return gemmi::symops_from_hall(name.c_str());
  } catch (const std::exception&) {
    throw InvalidInput("{} '{}' is no space group", tag, name);
  }
  const gemmi::SpaceGroup* found = tag.find("number") != std::string::npos
                                       ? gemmi::find_spacegroup_by_number(std::atoi(name.c_str()))
                                       : gemmi::find_spacegroup_by_name(name, cell_number(block, "_cell_angle_alpha"),
                                                                        cell_number(block, "_cell_angle_gamma"));
  if (found == nullptr) throw InvalidInput("{} '{}' is no space group", tag, name);
  return found->operations();
}

std::vector<gemmi::Op> named_operations(const CifBlock& block) {
  for (const char* tag : {"_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_hall",
                          "_symmetry_space_group_name_hall", "_space_group_it_number", "_symmetry_int_tables_number"}) {
    const auto& text = block.of(tag);
    if (text.empty() || text[0].empty()) continue;
    std::vector<gemmi::Op> operations;
    for (const gemmi::Op& op : named_group(block, tag, text[0])) operations.push_back(op);
    return operations;
  }
  throw InvalidInput(
      "data_{}: no symmetry; expected _space_group_symop_operation_xyz or _space_group_name_H-M_alt (P 1 if every atom "
      "is listed)",
      block.name);
}

std::vector<gemmi::Op> operations_in(const CifBlock& block) {
  for (const char* tag : {"_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz"}) {
    std::vector<gemmi::Op> operations;
    for (const std::string& text : block.of(tag)) {
      try {
        operations.push_back(gemmi::parse_triplet(text));
      } catch (const std::exception&) {
        throw InvalidInput("{} '{}' is no symmetry operation", tag, text);
      }
    }
    if (!operations.empty()) return operations;
  }
  return named_operations(block);
}

/// "W6+", "W1", "O2-", "OH" -> the element at its front.
std::string leading_element(const std::string& text) {
  for (const std::size_t length : {2U, 1U}) {
    if (text.size() < length) continue;
    std::string symbol = text.substr(0, length);
    for (std::size_t i = 1; i < length; ++i) symbol[i] = static_cast<char>(std::tolower(symbol[i]));
    if (is_element(symbol) && (length == 2 || text.size() == 1 || !std::islower(text[1]))) return symbol;
  }
  throw InvalidInput("atom '{}' is of no known element", text);
}

Crystal crystal_in(const CifBlock& block) {
  Crystal crystal{block.name, lattice_in(block), {}};
  const std::vector<gemmi::Op> operations = operations_in(block);
  const auto &labels = block.of("_atom_site_label"), &types = block.of("_atom_site_type_symbol"),
             &occupancies = block.of("_atom_site_occupancy");
  const std::array<const std::vector<std::string>*, 3> coordinates{
      &block.of("_atom_site_fract_x"), &block.of("_atom_site_fract_y"), &block.of("_atom_site_fract_z")};
  for (const auto* column : coordinates)
    if (labels.empty() || column->size() != labels.size())
      throw InvalidInput("data_{}: no atoms; expected a loop with _atom_site_label and _atom_site_fract_x, _y, _z",
                         block.name);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::string& label = labels[row];
    const bool typed = row < types.size() && !types[row].empty();
    const std::string element = leading_element(typed ? types[row] : label);
    const bool stated = row < occupancies.size() && !occupancies[row].empty();
    const double occupancy = stated ? number(occupancies[row], fmt::format("atom '{}': occupancy", label)) : 1;
    if (std::abs(occupancy - 1) > 1e-6)
      throw InvalidInput("atom '{}' has occupancy {:g}; expected 1 (choose an ordered arrangement of the atoms first)",
                         label, occupancy);
    std::array<double, 3> site{};
    for (std::size_t i = 0; i < 3; ++i)
      site[i] = number((*coordinates[i])[row], fmt::format("atom '{}': coordinate {}", label, "xyz"[i]));
    const std::size_t first = crystal.atoms.size();
    for (const gemmi::Op& op : operations) {
      const auto image = op.apply_to_xyz(site);
      const Eigen::Vector3d position(image[0], image[1], image[2]);
      bool there = false;
      for (std::size_t i = first; i < crystal.atoms.size() && !there; ++i)
        there = nearest_image(crystal.lattice, crystal.atoms[i].position, position).norm() < same_atom;
      if (!there) crystal.atoms.push_back({element, position});
    }
  }
  return wrapped(crystal);
}

}  // namespace

Crystal parse_cif(std::string_view text, const std::string& source) {
  const std::vector<CifBlock> document = parse_cif_document(text, source);
  return naming(source, [&] {
    for (const CifBlock& block : document)
      if (!block.of("_cell_length_a").empty()) {
        Crystal crystal = crystal_in(block);
        check_crystal(crystal);
        return crystal;
      }
    throw InvalidInput("no data block with a cell; expected _cell_length_a");
  });
}

Crystal read_cif(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_cif(file.text(), path.string());
}

std::string cif_text(const Crystal& crystal) {
  const CellParameters p = cell_parameters(crystal.lattice);
  std::string name = crystal.name.empty() ? formula(crystal) : crystal.name;
  for (char& c : name)
    if (!std::isgraph(static_cast<unsigned char>(c))) c = '_';
  std::string text = fmt::format("data_{}\n_chemical_formula_sum '", name);
  const auto counts = composition(crystal);
  for (std::size_t i = 0; i < counts.size(); ++i)
    text += fmt::format("{}{}{}", i == 0 ? "" : " ", counts[i].first, counts[i].second);
  text += fmt::format(
      "'\n_cell_length_a {:.8f}\n_cell_length_b {:.8f}\n_cell_length_c {:.8f}\n_cell_angle_alpha {:.8f}\n"
      "_cell_angle_beta {:.8f}\n_cell_angle_gamma {:.8f}\n_space_group_name_H-M_alt 'P 1'\n"
      "loop_\n_space_group_symop_operation_xyz\n'x, y, z'\n"
      "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
      "_atom_site_occupancy\n",
      p.a / angstrom, p.b / angstrom, p.c / angstrom, p.alpha / degree, p.beta / degree, p.gamma / degree);
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i) {
    const auto& [element, x] = crystal.atoms[i];
    text += fmt::format("{}{} {} {:.12f} {:.12f} {:.12f} 1\n", element, i + 1, element, x[0], x[1], x[2]);
  }
  return text;
}

Crystal read_crystal(const std::filesystem::path& path) {
  const MappedFile file(path);
  const bool cif = path.extension() == ".cif" || file.text().starts_with("data_") ||
                   file.text().find("\ndata_") != std::string_view::npos;
  return cif ? parse_cif(file.text(), path.string()) : parse_poscar(file.text(), path.string());
}

}  // namespace ecram::electronic
