// SPDX-License-Identifier: Apache-2.0
#include "ecram/synthetic/digits.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace ecram::synthetic {
namespace {

TEST(DrawnDigits, AreTheSameForTheSameSeedAndDifferOtherwise) {
  const auto one = drawn_digits(30, 4, 0);
  EXPECT_EQ(one.pixels, drawn_digits(30, 4, 0).pixels);
  EXPECT_NE(one.pixels, drawn_digits(30, 5, 0).pixels);
  EXPECT_NE(one.pixels, drawn_digits(30, 4, 1).pixels);
  EXPECT_NE(std::vector(one.image(0).begin(), one.image(0).end()),
            std::vector(one.image(10).begin(), one.image(10).end()));
}

TEST(DrawnDigits, AreAsSparseAsHandwriting) {
  const auto images = drawn_digits(500, 1, 0);
  const auto lit = static_cast<double>(std::ranges::count_if(images.pixels, [](auto p) { return p > 0; }));
  EXPECT_NEAR(lit / static_cast<double>(images.pixels.size()), 0.19, 0.06);
  EXPECT_EQ(std::ranges::count(images.labels, 7), 50);
}

// The judge is the nearest mean picture, which knows nothing of how they were drawn.
TEST(DrawnDigits, CanBeToldApart) {
  const auto known = drawn_digits(2000, 1, 0), asked = drawn_digits(500, 1, 1);
  std::array<std::vector<double>, 10> mean;
  mean.fill(std::vector<double>(known.pixels_per_image()));
  for (std::size_t i = 0; i < known.count(); ++i)
    for (std::size_t p = 0; p < known.pixels_per_image(); ++p)
      mean[known.labels[i]][p] += known.image(i)[p] * 10.0 / static_cast<double>(known.count());
  int right = 0;
  for (std::size_t i = 0; i < asked.count(); ++i) {
    double least = std::numeric_limits<double>::infinity();
    unsigned nearest = 10;
    for (unsigned digit = 0; digit < 10; ++digit) {
      double distance = 0;
      for (std::size_t p = 0; p < asked.pixels_per_image(); ++p)
        distance += (asked.image(i)[p] - mean[digit][p]) * (asked.image(i)[p] - mean[digit][p]);
      if (distance < least) {
        least = distance;
        nearest = digit;
      }
    }
    right += nearest == asked.labels[i] ? 1 : 0;
  }
  EXPECT_GT(right, 300);  // 60 %; blind guessing has 10
  EXPECT_LT(right, 500);  // and they are not ten fixed pictures
}

}  // namespace
}  // namespace ecram::synthetic
