// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/band_path.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

// What a grid is for: it integrates exp(i 2 pi k.R) exactly, to 0, for every lattice vector R that is no multiple of
// its size, and to +-1 for the others (Monkhorst and Pack's eq. 8).
TEST(KpointGrid, IntegratesPlaneWaves) {
  for (const bool gamma : {true, false})
    for (const std::array<int, 3>& size : {std::array<int, 3>{4, 4, 2}, {2, 2, 2}, {3, 1, 2}, {1, 1, 1}}) {
      const KpointGrid grid = kpoint_grid(size, gamma);
      const int all = size[0] * size[1] * size[2];
      EXPECT_EQ(std::accumulate(grid.weights.begin(), grid.weights.end(), 0), all);
      for (int x = 0; x <= size[0]; ++x)
        for (int y = 0; y <= size[1]; ++y)
          for (int z = 0; z <= size[2]; ++z) {
            double sum = 0;
            for (std::size_t i = 0; i < grid.points.size(); ++i)
              sum += grid.weights[i] * std::cos(2 * std::numbers::pi * grid.points[i].dot(Eigen::Vector3d(x, y, z)));
            const bool multiple = x % size[0] == 0 && y % size[1] == 0 && z % size[2] == 0;
            EXPECT_NEAR(std::abs(sum) / all, multiple ? 1 : 0, 1e-12);
          }
    }
}

TEST(KpointGrid, HoldsGammaOnlyWhereAsked) {
  const auto holds_gamma = [](const KpointGrid& grid) {
    return std::ranges::any_of(grid.points, [](const Eigen::Vector3d& k) { return k.norm() < 1e-12; });
  };
  EXPECT_TRUE(holds_gamma(kpoint_grid({4, 4, 2}, true)));
  EXPECT_FALSE(holds_gamma(kpoint_grid({4, 4, 2}, false)));
  EXPECT_EQ(kpoint_grid({4, 4, 4}, false).points.size(), 32U);  // k and -k together, none its own opposite
  EXPECT_EQ(kpoint_grid({2, 2, 2}, true).points.size(), 8U);    // each its own opposite
}

TEST(BandPath, GoesThroughPointsThatAreTheirOwnOpposites) {
  const Crystal wo3 = monoclinic_wo3();
  const BandPath path = monoclinic_band_path(wo3, 60);
  EXPECT_THAT(path.labels, testing::ElementsAre("Γ", "Z", "D", "B", "Γ", "A", "E", "Z", "C2", "Y2", "Γ"));
  ASSERT_GE(path.points.size(), 60U);
  EXPECT_LE(path.points.size(), 75U);
  std::size_t next = 0;
  for (const auto& k : path.points)
    if (next < path.corners.size() && (k - path.corners[next]).norm() < 1e-12) ++next;
  EXPECT_EQ(next, path.corners.size());
  for (const auto& k : path.corners)
    for (int i = 0; i < 3; ++i) EXPECT_EQ(std::fmod(2 * k[i], 1), 0);
  // No step is longer than the path's length shared out, each is along the path.
  const Eigen::Matrix3d reciprocal = reciprocal_lattice(wo3.lattice);
  double length = 0;
  for (std::size_t i = 1; i < path.corners.size(); ++i)
    length += (reciprocal.transpose() * (path.corners[i] - path.corners[i - 1])).norm();
  double sum = 0;
  for (std::size_t i = 1; i < path.points.size(); ++i) {
    const double step = (reciprocal.transpose() * (path.points[i] - path.points[i - 1])).norm();
    EXPECT_LE(step, length / 60 * (1 + 1e-12));
    sum += step;
  }
  EXPECT_NEAR(sum, length, 1e-9 * length);
  Crystal oblique = wo3;
  oblique.lattice(1, 0) = 1e-10;
  EXPECT_THROW(monoclinic_band_path(oblique, 60), InvalidInput);
}

}  // namespace
}  // namespace ecram::electronic
