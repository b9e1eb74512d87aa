// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/folding.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

bool same_kpoint(const Eigen::Vector3d& one, const Eigen::Vector3d& other) {
  const Eigen::Vector3d apart = one - other;
  return (apart - apart.array().round().matrix()).cwiseAbs().maxCoeff() < 1e-6;
}

/// The k-points of the cell that are one of its supercell.
struct Fold {
  Eigen::Vector3d kpoint;
  std::vector<std::size_t> members;
  double weight = 0;
};

std::vector<Fold> folds_of(const Spectrum& s, const Eigen::Vector3d& times) {
  std::vector<Fold> folds;
  for (std::size_t k = 0; k < s.kpoints.size(); ++k) {
    const Eigen::Vector3d image = s.kpoints[k].cwiseProduct(times);
    auto at = std::ranges::find_if(folds, [&](const Fold& f) { return same_kpoint(f.kpoint, image); });
    if (at == folds.end()) {
      folds.push_back({image - image.array().round().matrix(), {}, 0});
      at = folds.end() - 1;
    }
    at->members.push_back(k);
    at->weight += s.weights[k];
  }
  return folds;
}

/// Values of each copy for values of each atom; copies stand together, as `supercell` has them.
template <class T>
std::vector<T> repeated(const std::vector<T>& values, std::size_t copies) {
  std::vector<T> all;
  for (const T& value : values) all.insert(all.end(), copies, value);
  return all;
}

}  // namespace

std::array<int, 3> repetition(const Eigen::Matrix3d& cell, const Eigen::Matrix3d& supercell) {
  std::array<int, 3> repeat{};
  for (int i = 0; i < 3; ++i) {
    const double ratio = supercell.row(i).norm() / cell.row(i).norm();
    repeat[static_cast<std::size_t>(i)] = std::max(1, static_cast<int>(std::lround(ratio)));
    if ((supercell.row(i) - std::round(ratio) * cell.row(i)).norm() > 1e-3 * supercell.row(i).norm())
      throw InvalidInput(
          "the two cells have different lattices: vector {} is {:.3f} angstrom long in one and {:.3f} in the other",
          i + 1, cell.row(i).norm() / angstrom, supercell.row(i).norm() / angstrom);
  }
  return repeat;
}

Result folded(const Result& cell, const std::array<int, 3>& repeat) {
  if (repeat == std::array{1, 1, 1}) return cell;
  const auto copies = static_cast<std::size_t>(repeat[0] * repeat[1] * repeat[2]);
  Result big = cell;
  big.crystal = supercell(cell.crystal, repeat);
  big.charge *= static_cast<int>(copies);
  big.energy *= static_cast<double>(copies);
  big.first_band *= copies;
  big.forces = repeated(cell.forces, copies);
  big.site_potentials = repeated(cell.site_potentials, copies);

  const Spectrum& s = cell.spectrum;
  std::vector<Fold> folds = folds_of(s, Eigen::Vector3d(repeat[0], repeat[1], repeat[2]));
  std::erase_if(folds, [&](const Fold& f) { return f.members.size() != copies; });
  if (folds.empty())
    throw InvalidInput("the k-points of {} are not all those that a k-point of the {}x{}x{} cell is made of",
                       formula(cell.crystal), repeat[0], repeat[1], repeat[2]);
  Spectrum& t = big.spectrum;
  t = {};
  t.spins = s.spins;
  t.bands = s.bands * copies;
  t.fermi_level = s.fermi_level;
  big.base_energies.clear();
  double weights = 0;
  for (const Fold& fold : folds) weights += fold.weight;
  for (const Fold& fold : folds) {
    t.kpoints.push_back(fold.kpoint);
    t.weights.push_back(fold.weight / weights);
  }
  const std::size_t atoms = cell.crystal.atoms.size();
  for (std::size_t spin = 0; spin < s.spins; ++spin)
    for (const Fold& fold : folds) {
      std::vector<std::size_t> states;
      for (const std::size_t k : fold.members)
        for (std::size_t band = 0; band < s.bands; ++band) states.push_back(s.state(spin, k, band));
      std::ranges::stable_sort(states, {}, [&](std::size_t state) { return s.energies[state]; });
      for (const std::size_t state : states) {
        t.energies.push_back(s.energies[state]);
        t.occupations.push_back(s.occupations[state]);
        if (!cell.base_energies.empty()) big.base_energies.push_back(cell.base_energies[state]);
        if (s.projections.empty()) continue;
        for (std::size_t atom = 0; atom < atoms; ++atom)
          for (std::size_t copy = 0; copy < copies; ++copy)
            for (std::size_t l = 0; l < 3; ++l)
              t.projections.push_back(s.projections[(state * atoms + atom) * 3 + l] / static_cast<double>(copies));
      }
    }
  return big;
}

}  // namespace ecram::electronic
