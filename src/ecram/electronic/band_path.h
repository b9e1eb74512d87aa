// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

/// A line through the Brillouin zone, corner to corner.
struct BandPath {
  std::vector<std::string> labels;       ///< of the corners, "Γ", "Z", ...
  std::vector<Eigen::Vector3d> corners;  ///< in units of the reciprocal lattice vectors
  std::vector<Eigen::Vector3d> points;   ///< evenly spaced, corners among them
};

/// The standard path of a primitive monoclinic cell with unique axis b, Γ-Z-D-B-Γ-A-E-Z-C2-Y2-Γ: all its corners are
/// middles of faces and edges or corners of the reciprocal cell, where bands have their extrema in most such crystals.
///
/// @param points  at least; each piece gets a share by its length
/// @throws InvalidInput  for cells with other angles (alpha or gamma off 90 degrees by more than 0.1)
///
/// Source: Hinuma et al., Comput. Mater. Sci. 128, 140 (2017), extended Bravais lattice mP1.
BandPath monoclinic_band_path(const Crystal& crystal, int points);

/// The points of a Monkhorst-Pack grid with their weights, k and -k taken together.
struct KpointGrid {
  std::vector<Eigen::Vector3d> points;  ///< in units of the reciprocal lattice vectors
  std::vector<int> weights;             ///< 1 or 2; they sum to the number of points of the whole grid
};
/// @param gamma  shifted so that it holds the Gamma point
/// Source: Monkhorst and Pack, Phys. Rev. B 13, 5188 (1976).
KpointGrid kpoint_grid(const std::array<int, 3>& size, bool gamma);

}  // namespace ecram::electronic
