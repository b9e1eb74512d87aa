// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/band_path.h"

#include <algorithm>
#include <cmath>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

struct Corner {
  const char* label;
  double k[3];
};
constexpr Corner monoclinic[] = {{"Γ", {0, 0, 0}},     {"Z", {0, .5, 0}},   {"D", {0, .5, .5}},   {"B", {0, 0, .5}},
                                 {"Γ", {0, 0, 0}},     {"A", {-.5, 0, .5}}, {"E", {-.5, .5, .5}}, {"Z", {0, .5, 0}},
                                 {"C2", {-.5, .5, 0}}, {"Y2", {-.5, 0, 0}}, {"Γ", {0, 0, 0}}};

}  // namespace

BandPath monoclinic_band_path(const Crystal& crystal, int points) {
  using constants::degree;
  const CellParameters p = cell_parameters(crystal.lattice);
  if (std::abs(p.alpha / degree - 90) > 0.1 || std::abs(p.gamma / degree - 90) > 0.1)
    throw InvalidInput(
        "a cell with alpha {:.2f} and gamma {:.2f} degrees; the band path is known for monoclinic cells "
        "with unique axis b, where both are 90",
        p.alpha / degree, p.gamma / degree);
  const Eigen::Matrix3d reciprocal = reciprocal_lattice(crystal.lattice);
  BandPath path;
  double length = 0;
  for (const Corner& corner : monoclinic) {
    path.labels.emplace_back(corner.label);
    path.corners.emplace_back(corner.k[0], corner.k[1], corner.k[2]);
    if (path.corners.size() > 1)
      length += (reciprocal.transpose() * (path.corners.back() - path.corners[path.corners.size() - 2])).norm();
  }
  path.points.push_back(path.corners.front());
  for (std::size_t i = 1; i < path.corners.size(); ++i) {
    const Eigen::Vector3d from = path.corners[i - 1], step = path.corners[i] - from;
    const int pieces =
        std::max(1, static_cast<int>(std::ceil(points * (reciprocal.transpose() * step).norm() / length)));
    for (int n = 1; n <= pieces; ++n) path.points.emplace_back(from + step * n / pieces);
  }
  return path;
}

KpointGrid kpoint_grid(const std::array<int, 3>& size, bool gamma) {
  KpointGrid grid;
  for (int i = 0; i < size[0]; ++i)
    for (int j = 0; j < size[1]; ++j)
      for (int k = 0; k < size[2]; ++k) {
        Eigen::Vector3d point;
        const std::array<int, 3> index{i, j, k};
        for (int c = 0; c < 3; ++c) {
          const auto n = static_cast<std::size_t>(c);
          double x = (2.0 * index[n] - size[n] + 1) / (2.0 * size[n]);
          if (gamma && size[n] % 2 == 0) x += 0.5 / size[n];
          point[c] = x;
        }
        const auto same = std::ranges::find_if(grid.points, [&](const Eigen::Vector3d& other) {
          const Eigen::Vector3d sum = point + other;
          return (sum.array() - sum.array().round()).abs().maxCoeff() < 1e-9;
        });
        if (same == grid.points.end()) {
          grid.points.push_back(point);
          grid.weights.push_back(1);
        } else {
          grid.weights[static_cast<std::size_t>(same - grid.points.begin())] += 1;
        }
      }
  return grid;
}

}  // namespace ecram::electronic
