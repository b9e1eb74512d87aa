// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "ecram/electronic/crystal.h"

namespace ecram::electronic {

struct View {
  int along = 1;       ///< the lattice vector that is looked along: 0, 1, 2
  double turn = 0.15;  ///< radian, by which the view is turned out of that direction, so that atoms in a row show
  double tilt = 0.10;  ///< radian, likewise, from above
};

/// Words beside a place, "s_z".
struct Label {
  Eigen::Vector3d position;  ///< fractional
  std::string text;
};

/// The crystal as an SVG picture: atoms (with copies on the faces of the cell), bonds, the cell's edges, a legend, in
/// orthographic projection. A dashed circle marks each vacancy.
///
/// @param vacancies  fractional positions of atoms that were taken out
std::string crystal_svg(const Crystal& crystal, std::span<const Eigen::Vector3d> vacancies, const View& view,
                        std::span<const Label> labels = {});

}  // namespace ecram::electronic
