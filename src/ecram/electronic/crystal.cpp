// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/crystal.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Geometry>
#include <Eigen/LU>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/electronic/element.h"

namespace ecram::electronic {
namespace {

using constants::degree;

/// Distances between the lattice planes that bound the cell, m.
Eigen::Vector3d plane_distances(const Eigen::Matrix3d& lattice) {
  const Eigen::Matrix3d reciprocal = reciprocal_lattice(lattice);
  return {2 * std::numbers::pi / reciprocal.row(0).norm(), 2 * std::numbers::pi / reciprocal.row(1).norm(),
          2 * std::numbers::pi / reciprocal.row(2).norm()};
}

/// In [0, 1), also for what lies a rounding error below 0.
double into_cell(double x) {
  const double inside = x - std::floor(x);
  return inside < 1 ? inside : 0;
}

}  // namespace

Eigen::Matrix3d lattice_of(const CellParameters& p) {
  if (!(p.a > 0) || !(p.b > 0) || !(p.c > 0))
    throw InvalidInput("cell lengths {:g}, {:g}, {:g} angstrom; all three must be positive", p.a / angstrom,
                       p.b / angstrom, p.c / angstrom);
  const double ca = std::cos(p.alpha), cb = std::cos(p.beta), cg = std::cos(p.gamma), sg = std::sin(p.gamma);
  const double squared = 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg;
  if (!(squared > 1e-12) || !(sg > 0))
    throw InvalidInput("cell angles {:g}, {:g}, {:g} deg close no cell", p.alpha / degree, p.beta / degree,
                       p.gamma / degree);
  // Right angles give cosines of some 1e-17, which would hide that the cell is orthogonal.
  const auto clean = [](double x) { return std::abs(x) < 1e-15 ? 0.0 : x; };
  Eigen::Matrix3d lattice;
  lattice.row(0) << p.a, 0, 0;
  lattice.row(1) << p.b * clean(cg), p.b * sg, 0;
  lattice.row(2) << p.c * clean(cb), p.c * clean((ca - cb * cg) / sg), p.c * std::sqrt(squared) / sg;
  return lattice;
}

CellParameters cell_parameters(const Eigen::Matrix3d& lattice) {
  const auto angle = [&](int i, int j) {
    const Eigen::Vector3d u = lattice.row(i), v = lattice.row(j);
    return std::atan2(u.cross(v).norm(), u.dot(v));
  };
  return {lattice.row(0).norm(), lattice.row(1).norm(), lattice.row(2).norm(), angle(1, 2), angle(0, 2), angle(0, 1)};
}

double volume(const Crystal& crystal) { return std::abs(crystal.lattice.determinant()); }

Eigen::Matrix3d reciprocal_lattice(const Eigen::Matrix3d& lattice) {
  return 2 * std::numbers::pi * lattice.inverse().transpose();
}

Eigen::Vector3d cartesian(const Crystal& crystal, std::size_t atom) {
  return crystal.lattice.transpose() * crystal.atoms.at(atom).position;
}

std::vector<std::pair<std::string, std::size_t>> composition(const Crystal& crystal) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const Atom& atom : crystal.atoms) {
    const auto at = std::ranges::find(counts, atom.element, [](const auto& entry) { return entry.first; });
    if (at == counts.end())
      counts.emplace_back(atom.element, 1);
    else
      ++at->second;
  }
  return counts;
}

std::string formula(const Crystal& crystal) {
  const auto counts = composition(crystal);
  std::string text;
  for (const auto& [element, count] : counts) {
    const double ratio = static_cast<double>(count) / static_cast<double>(counts.front().second);
    std::string number = fmt::format("{:.3f}", ratio);
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
    text += element + (number == "1" ? "" : number);
  }
  return text;
}

Crystal monoclinic_wo3() {
  struct Site {
    const char* element;
    double x, y, z;
  };
  static constexpr Site sites[] = {{"W", 0.2528, 0.0260, 0.2855}, {"W", 0.2497, 0.0344, 0.7805},
                                   {"O", 0.0003, 0.0337, 0.2122}, {"O", 0.9991, 0.4638, 0.2164},
                                   {"O", 0.2843, 0.2605, 0.2852}, {"O", 0.2080, 0.2588, 0.7332},
                                   {"O", 0.2856, 0.0383, 0.0046}, {"O", 0.2841, 0.4844, 0.9944}};
  Crystal crystal{
      "monoclinic WO3 (Loopstra and Rietveld 1969)",
      lattice_of({7.306 * angstrom, 7.540 * angstrom, 7.692 * angstrom, 90 * degree, 90.881 * degree, 90 * degree}),
      {}};
  for (const auto& [element, x, y, z] : sites)  // P2_1/n, unique axis b
    for (const Eigen::Vector3d& p :
         {Eigen::Vector3d(x, y, z), Eigen::Vector3d(-x, -y, -z), Eigen::Vector3d(0.5 - x, 0.5 + y, 0.5 - z),
          Eigen::Vector3d(0.5 + x, 0.5 - y, 0.5 + z)})
      crystal.atoms.push_back({element, p});
  return wrapped(crystal);
}

std::vector<Neighbour> neighbours(const Crystal& crystal, std::size_t atom, double radius) {
  const Eigen::Vector3d planes = plane_distances(crystal.lattice);
  const Eigen::Vector3d origin = crystal.atoms.at(atom).position;
  std::vector<Neighbour> found;
  for (std::size_t other = 0; other < crystal.atoms.size(); ++other) {
    const Eigen::Vector3d offset = crystal.atoms[other].position - origin;
    std::array<int, 3> low{}, high{};
    for (int i = 0; i < 3; ++i) {
      low[i] = static_cast<int>(std::ceil(-radius / planes[i] - offset[i]));
      high[i] = static_cast<int>(std::floor(radius / planes[i] - offset[i]));
    }
    for (int i = low[0]; i <= high[0]; ++i)
      for (int j = low[1]; j <= high[1]; ++j)
        for (int k = low[2]; k <= high[2]; ++k) {
          if (other == atom && i == 0 && j == 0 && k == 0) continue;
          const Eigen::Vector3d separation = crystal.lattice.transpose() * (offset + Eigen::Vector3d(i, j, k));
          if (separation.norm() <= radius) found.push_back({other, {i, j, k}, separation, separation.norm()});
        }
  }
  std::ranges::stable_sort(found, {}, &Neighbour::distance);
  return found;
}

Eigen::Vector3d nearest_image(const Eigen::Matrix3d& lattice, const Eigen::Vector3d& from, const Eigen::Vector3d& to) {
  Eigen::Vector3d offset = to - from;
  for (double& x : offset) x -= std::round(x);
  Eigen::Vector3d best = lattice.transpose() * offset;
  for (int i = -1; i <= 1; ++i)
    for (int j = -1; j <= 1; ++j)
      for (int k = -1; k <= 1; ++k) {
        const Eigen::Vector3d image = lattice.transpose() * (offset + Eigen::Vector3d(i, j, k));
        if (image.squaredNorm() < best.squaredNorm()) best = image;
      }
  return best;
}

Crystal wrapped(Crystal crystal) {
  for (Atom& atom : crystal.atoms)
    for (double& x : atom.position) x = into_cell(x);
  return crystal;
}

Crystal supercell(const Crystal& crystal, const std::array<int, 3>& repeat) {
  for (const int n : repeat)
    if (n < 1) throw InvalidInput("supercell {}x{}x{}: each must be 1 or more", repeat[0], repeat[1], repeat[2]);
  Crystal big{crystal.name, crystal.lattice, {}};
  const Eigen::Vector3d times(repeat[0], repeat[1], repeat[2]);
  for (int i = 0; i < 3; ++i) big.lattice.row(i) *= times[i];
  for (const Atom& atom : crystal.atoms)
    for (int i = 0; i < repeat[0]; ++i)
      for (int j = 0; j < repeat[1]; ++j)
        for (int k = 0; k < repeat[2]; ++k)
          big.atoms.push_back({atom.element, (atom.position + Eigen::Vector3d(i, j, k)).cwiseQuotient(times)});
  return big;
}

Crystal without_atoms(const Crystal& crystal, std::span<const std::size_t> atoms) {
  std::vector<bool> removed(crystal.atoms.size(), false);
  for (const std::size_t atom : atoms) {
    if (atom >= crystal.atoms.size())
      throw InvalidInput("atom {} to remove, but there are {}", atom + 1, crystal.atoms.size());
    if (removed[atom]) throw InvalidInput("atom {} is to be removed twice", atom + 1);
    removed[atom] = true;
  }
  Crystal rest{crystal.name, crystal.lattice, {}};
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i)
    if (!removed[i]) rest.atoms.push_back(crystal.atoms[i]);
  return rest;
}

Crystal grouped_by_element(const Crystal& crystal) {
  Crystal sorted{crystal.name, crystal.lattice, {}};
  for (const auto& [element, count] : composition(crystal))
    for (const Atom& atom : crystal.atoms)
      if (atom.element == element) sorted.atoms.push_back(atom);
  return sorted;
}

void check_crystal(const Crystal& crystal) {
  if (crystal.atoms.empty()) throw InvalidInput("no atoms");
  const double longest = crystal.lattice.rowwise().norm().maxCoeff();
  if (!crystal.lattice.allFinite() || !(volume(crystal) > 1e-6 * longest * longest * longest))
    throw InvalidInput("the three lattice vectors enclose no volume");
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i) {
    const Atom& atom = crystal.atoms[i];
    if (!is_element(atom.element)) throw InvalidInput("atom {}: '{}' is no chemical element", i + 1, atom.element);
    if (!atom.position.allFinite()) throw InvalidInput("atom {} ({}): a coordinate is no number", i + 1, atom.element);
  }
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i) {
    const double own = covalent_radius(crystal.atoms[i].element);
    for (std::size_t j = i; j < crystal.atoms.size(); ++j) {
      const double closest = 0.5 * (own + covalent_radius(crystal.atoms[j].element));
      const double distance =
          i == j ? plane_distances(crystal.lattice).minCoeff()
                 : nearest_image(crystal.lattice, crystal.atoms[i].position, crystal.atoms[j].position).norm();
      if (distance < closest)
        throw InvalidInput("atoms {} ({}) and {} ({}) overlap: {:.3f} angstrom apart, less than {:.3f}", i + 1,
                           crystal.atoms[i].element, j + 1, crystal.atoms[j].element, distance / angstrom,
                           closest / angstrom);
    }
  }
}

}  // namespace ecram::electronic
