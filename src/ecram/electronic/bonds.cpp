// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/bonds.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <Eigen/Geometry>
#include <fmt/format.h>

#include "ecram/electronic/element.h"

namespace ecram::electronic {
namespace {

constexpr double bond_factor = 1.2;

int closest_axis(const Eigen::Matrix3d& lattice, const Eigen::Vector3d& direction) {
  int best = 0;
  double largest = -1;
  for (int i = 0; i < 3; ++i) {
    const double cosine = std::abs(lattice.row(i).dot(direction)) / (lattice.row(i).norm() * direction.norm());
    if (cosine > largest) largest = cosine, best = i;
  }
  return best;
}

}  // namespace

std::vector<std::vector<Neighbour>> bonded_neighbours(const Crystal& crystal) {
  bool metals = false, others = false;
  double largest = 0;
  for (const auto& [element, count] : composition(crystal)) {
    (is_metal(element) ? metals : others) = true;
    largest = std::max(largest, covalent_radius(element));
  }
  std::vector<std::vector<Neighbour>> bonded(crystal.atoms.size());
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i) {
    const std::string& own = crystal.atoms[i].element;
    for (const Neighbour& neighbour : neighbours(crystal, i, bond_factor * (covalent_radius(own) + largest))) {
      const std::string& other = crystal.atoms[neighbour.atom].element;
      if (metals && others && is_metal(own) == is_metal(other)) continue;
      if (neighbour.distance < bond_factor * (covalent_radius(own) + covalent_radius(other)))
        bonded[i].push_back(neighbour);
    }
  }
  return bonded;
}

double bond_angle(const Neighbour& one, const Neighbour& other) {
  return std::atan2(one.separation.cross(other.separation).norm(), one.separation.dot(other.separation));
}

std::vector<BridgeSite> bridge_sites(const Crystal& crystal, const std::vector<std::size_t>& equivalent_to) {
  const auto bonded = bonded_neighbours(crystal);
  std::vector<BridgeSite> sites;
  std::map<char, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i) {
    if (is_metal(crystal.atoms[i].element) || bonded[i].size() != 2) continue;
    const Neighbour &near = bonded[i][0], &far = bonded[i][1];
    const char axis = "xyz"[closest_axis(crystal.lattice, far.separation - near.separation)];
    auto& known = classes[axis];
    auto at = std::ranges::find(known, equivalent_to.at(i));
    if (at == known.end()) at = known.insert(known.end(), equivalent_to[i]);
    sites.push_back({i, axis, fmt::format("s_{}{}", axis, at - known.begin() + 1), near.distance, far.distance,
                     bond_angle(near, far)});
  }
  return sites;
}

}  // namespace ecram::electronic
