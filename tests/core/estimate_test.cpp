// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/estimate.h"

#include <gtest/gtest.h>

namespace ecram {
namespace {

TEST(Estimate, IsUnknownUntilItHasAValue) {
  EXPECT_FALSE(Estimate{}.known());
  EXPECT_TRUE(normal_estimate(1, 0.1).known());
}

TEST(Estimate, ANegativeFactorTurnsTheIntervalRound) {
  const Estimate turned = scaled({2, 0.5, 1, 4}, -3);
  EXPECT_EQ(turned.value, -6);
  EXPECT_EQ(turned.standard_error, 1.5);
  EXPECT_EQ(turned.low, -12);
  EXPECT_EQ(turned.high, -3);
}

}  // namespace
}  // namespace ecram
