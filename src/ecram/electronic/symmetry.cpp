// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/symmetry.h"

#include <cmath>
#include <memory>

#include <gemmi/symmetry.hpp>
#include <spglib.h>

#include "ecram/core/errors.h"
#include "ecram/electronic/element.h"

namespace ecram::electronic {
namespace {

using Dataset = std::unique_ptr<SpglibDataset, decltype(&spg_free_dataset)>;

Dataset dataset(const Crystal& crystal, double tolerance) {
  double lattice[3][3];  // columns are the lattice vectors
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) lattice[j][i] = crystal.lattice(i, j) / angstrom;
  const std::size_t count = crystal.atoms.size();
  const auto positions = std::make_unique<double[][3]>(count);
  std::vector<int> types(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (int j = 0; j < 3; ++j) positions[i][j] = crystal.atoms[i].position[j];
    types[i] = atomic_number(crystal.atoms[i].element);
  }
  return {spg_get_dataset(lattice, positions.get(), types.data(), static_cast<int>(count), tolerance / angstrom),
          &spg_free_dataset};
}

/// The symbol of the setting and origin in which these are the operations; empty if it is not a listed one.
std::string listed_symbol(const std::vector<SymmetryOperation>& operations) {
  std::vector<gemmi::Op> ops;
  for (const auto& operation : operations) {
    gemmi::Op op{};
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) op.rot[i][j] = gemmi::Op::DEN * operation.rotation[i][j];
      op.tran[i] = static_cast<int>(std::lround(gemmi::Op::DEN * operation.translation[i]));
    }
    ops.push_back(op.wrap());
  }
  try {
    const gemmi::SpaceGroup* found = gemmi::find_spacegroup_by_ops(gemmi::split_centering_vectors(ops));
    return found == nullptr ? "" : found->xhm();
  } catch (const std::exception&) {  // a supercell's pure translations are no centring that the tables know
    return "";
  }
}

}  // namespace

Symmetry find_symmetry(const Crystal& crystal, double tolerance) {
  check_crystal(crystal);
  if (!(tolerance > 0))
    throw InvalidInput("symmetry tolerance {:g} angstrom; it must be positive", tolerance / angstrom);
  const Dataset data = dataset(crystal, tolerance);
  if (!data) throw InvalidInput("no space group found within {:g} angstrom", tolerance / angstrom);

  Symmetry symmetry{data->spacegroup_number, {}, data->pointgroup_symbol, {}, {}, {}};
  for (int i = 0; i < data->n_operations; ++i) {
    SymmetryOperation operation{};
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 3; ++k) operation.rotation[j][k] = data->rotations[i][j][k];
      operation.translation[j] = data->translations[i][j];
    }
    symmetry.operations.push_back(operation);
  }
  symmetry.symbol = listed_symbol(symmetry.operations);
  if (symmetry.symbol.empty()) {
    const gemmi::SpaceGroup* standard = gemmi::find_spacegroup_by_number(symmetry.number);
    symmetry.symbol = standard == nullptr ? data->international_symbol : standard->xhm();
  }
  // Multiplicities are those of the conventional cell, which this cell may hold a fraction or a multiple of.
  std::vector<std::size_t> orbit(crystal.atoms.size(), 0);
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i)
    ++orbit[static_cast<std::size_t>(data->crystallographic_orbits[i])];
  const double conventional = static_cast<double>(data->n_std_atoms) / static_cast<double>(crystal.atoms.size());
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i) {
    symmetry.equivalent_to.push_back(static_cast<std::size_t>(data->crystallographic_orbits[i]));
    const double multiplicity = static_cast<double>(orbit[symmetry.equivalent_to.back()]) * conventional;
    symmetry.wyckoff.push_back(
        fmt::format("{}{}", std::lround(multiplicity), static_cast<char>('a' + data->wyckoffs[i])));
  }
  return symmetry;
}

}  // namespace ecram::electronic
