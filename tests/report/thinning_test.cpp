// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/thinning.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

#include "ecram/core/random.h"

namespace ecram::report {
namespace {

struct Curve {
  std::vector<double> x, y;
};

Curve noise(std::size_t count, double width) {
  RandomStream random(1, "thinning");
  Curve curve;
  for (std::size_t i = 0; i < count; ++i) {
    curve.x.push_back(width * static_cast<double>(i) / static_cast<double>(count));
    curve.y.push_back(100 + 10 * random.normal());
  }
  return curve;
}

/// Lowest and highest of each column of pixels.
std::map<int, std::pair<double, double>> envelope(const Curve& curve, const std::vector<std::size_t>& indices) {
  std::map<int, std::pair<double, double>> columns;
  for (const std::size_t i : indices) {
    auto [at, is_new] = columns.try_emplace(static_cast<int>(curve.x[i]), curve.y[i], curve.y[i]);
    at->second.first = std::min(at->second.first, curve.y[i]);
    at->second.second = std::max(at->second.second, curve.y[i]);
  }
  return columns;
}

std::vector<std::size_t> all_of(const Curve& curve) {
  std::vector<std::size_t> all(curve.x.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

TEST(ThinLine, KeepsWhatIsFew) {
  const Curve curve = noise(500, 700);
  EXPECT_EQ(thin_line(curve.x, curve.y), all_of(curve));
}

TEST(ThinLine, KeepsTheEnvelopeOfEveryColumn) {
  const Curve curve = noise(300000, 700);
  const auto kept = thin_line(curve.x, curve.y);
  EXPECT_LE(kept.size(), 4U * 700);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  EXPECT_EQ(envelope(curve, kept), envelope(curve, all_of(curve)));
}

// A loop swept many times goes through each column again and again; its corners must stay.
TEST(ThinLine, ALineThatRunsToAndFroKeepsItsExtremes) {
  RandomStream random(2, "thinning");
  Curve curve;
  for (int i = 0; i < 400000; ++i) {
    curve.x.push_back(700 * random.uniform());
    curve.y.push_back(300 * random.uniform());
  }
  curve.x[123456] = -50;
  curve.y[234567] = 999;
  const auto kept = thin_line(curve.x, curve.y);
  EXPECT_LT(kept.size(), 30000U);
  EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), 123456U));
  EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), 234567U));
}

TEST(ThinLine, AGapStaysAGap) {
  Curve curve = noise(50000, 700);
  for (std::size_t i = 20000; i < 20100; ++i) curve.y[i] = std::numeric_limits<double>::quiet_NaN();
  const auto kept = thin_line(curve.x, curve.y);
  const auto gaps = std::count_if(kept.begin(), kept.end(), [&](std::size_t i) { return std::isnan(curve.y[i]); });
  EXPECT_EQ(gaps, 1);
}

TEST(ThinPoints, OutliersSurviveAndEveryPointHasANeighbour) {
  RandomStream random(3, "thinning");
  Curve curve;
  for (int i = 0; i < 200000; ++i) {
    curve.x.push_back(350 + 60 * random.normal());
    curve.y.push_back(150 + 25 * random.normal());
  }
  curve.x[777] = 690;
  curve.y[777] = 1;
  const auto kept = thin_points(curve.x, curve.y, 700, 300);
  EXPECT_LT(kept.size(), 9000U);
  EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), 777U));
  // No hole opens: from each of some points the nearest one kept is less than a point's width away.
  for (std::size_t i = 0; i < 2000; ++i) {
    double nearest = 1e9;
    for (const std::size_t k : kept)
      nearest = std::min(nearest, std::hypot(curve.x[k] - curve.x[i], curve.y[k] - curve.y[i]));
    EXPECT_LT(nearest, 5) << i;
  }
}

TEST(ThinPoints, WhatLiesOutsideIsLeftOut) {
  const std::vector<double> x{-1, 0, 5, 10, 11, NAN}, y{5, 5, 5, 5, 5, 5};
  EXPECT_EQ(thin_points(x, y, 10, 10), (std::vector<std::size_t>{1, 2, 3}));
}

}  // namespace
}  // namespace ecram::report
