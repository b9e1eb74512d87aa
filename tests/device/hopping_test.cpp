// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/hopping.h"

#include <cmath>
#include <limits>
#include <utility>

#include <gtest/gtest.h>

namespace ecram::device {
namespace {

constexpr double none = std::numeric_limits<double>::infinity();

TEST(Hopping, EinsteinsRelationAtLowField) {
  const Barriers b{.rate = 3, .number = 5, .left_sites = none, .right_sites = none, .height = 20};
  // Diffusion: (rate/n)(c_l - c_r); drift: (rate/n) c P.
  EXPECT_NEAR(flux(b, 7, 4, 0).value, 3.0 / 5 * 3, 1e-12);
  EXPECT_NEAR(flux(b, 7, 7, 1e-4).value, 3.0 / 5 * 7 * 1e-4, 1e-9);
}

TEST(Hopping, MottAndGurneyAtHighField) {
  const Barriers b{.rate = 3, .number = 5, .left_sites = none, .right_sites = none, .height = 20};
  for (const double w : {2.0, 5.0, 10.0})
    EXPECT_NEAR(flux(b, 7, 7, 10 * w).value / (3 * 7 * 2 * std::sinh(w)), 1, 1e-12) << w;
}

// Without a barrier the field has none to take: the Scharfetter-Gummel flux alone.
TEST(Hopping, NoBarrierIsDriftAndDiffusion) {
  const Barriers b{.rate = 3, .number = 5, .left_sites = none, .right_sites = none, .height = 0};
  for (const double p : {-6.0, 1e-4, 9.0})
    EXPECT_NEAR(flux(b, 7, 4, p).value / (3.0 / 5 * p * (7 * std::exp(p) - 4) / std::expm1(p)), 1, 1e-9) << p;
}

// What flows to the left under a field flows to the right under the other, in the cold too, where exp(-w) is nothing
// beside 1.
TEST(Hopping, BothDirectionsAreAlike) {
  const Barriers b{.rate = 3, .number = 5, .left_sites = none, .right_sites = none, .height = 250};
  for (const double w : {1.0, 20.0, 30.0, 36.5, 45.0, 200.0}) {
    EXPECT_NEAR(flux(b, 7, 7, -10 * w).value / (-3 * 7 * 2 * std::sinh(w)), 1, 1e-12) << w;
    const Flux right = flux(b, 7, 4, 10 * w), left = flux(b, 4, 7, -10 * w);
    EXPECT_NEAR(left.value / right.value, -1, 1e-12) << w;
    EXPECT_NEAR(left.by_drop / right.by_drop, 1, 1e-12) << w;
    EXPECT_NEAR(left.by_right / right.by_left, -1, 1e-12) << w;
  }
}

TEST(Hopping, OneBarrierIsButlerAndVolmer) {
  const Barriers b{.rate = 2, .number = 1, .left_sites = none, .right_sites = none, .height = 40, .step = 3};
  for (const double p : {-6.0, -0.5, 0.0, 0.3, 9.0})
    EXPECT_NEAR(flux(b, 5, 4, p).value, 2 * (5 * std::exp(p / 2) - 3 * 4 * std::exp(-p / 2)),
                1e-9 * std::exp(std::abs(p) / 2));
}

// A row of three barriers solved by hand: the places between them hold what makes the three fluxes equal.
TEST(Hopping, RowOfBarriersIsQuasiSteadyInBetween) {
  const double k = 2, p = 3.0, left = 5, right = 1;
  const double f = std::exp(p / 6), r = std::exp(-p / 6);
  // f left - r x = f x - r y = f y - r right = J/k
  const double s = f * f + f * r + r * r;
  const double expected = k * (f * f * f * left - r * r * r * right) / s;
  const Barriers b{.rate = k, .number = 3, .left_sites = none, .right_sites = none, .height = 40};
  EXPECT_NEAR(flux(b, left, right, p).value, expected, 1e-10);
}

TEST(Hopping, NoFluxInEquilibriumWithFullSites) {
  const double sl = 10, sr = 20, g = 0.7, p = 2.3, left = 6;
  // c/(S - c) times e^(energy) is the same on both sides.
  const double odds = left / (1 - left / sl) * std::exp(p - g);
  const double right = odds / (1 + odds / sr);
  const Barriers b{.rate = 1, .number = 4, .left_sites = sl, .right_sites = sr, .height = 40, .step = std::exp(g)};
  EXPECT_NEAR(flux(b, left, right, p).value, 0, 1e-12);
}

// An overfilled place gives off its excess to either side against any field, and well below full there is none: the
// bare law, written out.
TEST(Hopping, WhatIsOverfilledFlowsOff) {
  const Barriers b{.rate = 2, .number = 4, .left_sites = 10, .right_sites = 10, .height = 9};
  // Both full: without the excess next to nothing would flow.
  for (const double drop : {-8.0, 0.0, 8.0}) {
    EXPECT_LT(flux(b, 9.9, 10.2, drop).value, -0.05) << drop;
    EXPECT_GT(flux(b, 10.2, 9.9, drop).value, 0.05) << drop;
    EXPECT_LT(flux(b, 10.1, 10.2, drop).value, -0.05) << drop;
  }
  const double drop = 3, w = drop / 8, reverse = drop / std::expm1(drop), forward = reverse + drop;
  const double bare = 2 / 4.0 * std::sinh(w) / w * (6 * forward * (1 - 0.9) - 9 * reverse * (1 - 0.6));
  EXPECT_NEAR(flux(b, 6, 9, drop).value, bare, 1e-13 * std::abs(bare));
}

TEST(Hopping, DerivativesAreThoseOfTheFlux) {
  const Barriers b{.rate = 2, .number = 4, .left_sites = 10, .right_sites = 20, .height = 9, .step = 1.5};
  for (const auto& [left, right] : {std::pair{3.0, 8.0}, {9.99, 20.01}, {10.02, 19.97}})
    for (const double p : {-90.0, -7.0, 0.0, 3e-4, 0.2, 12.0, 60.0}) {
      const Flux f = flux(b, left, right, p);
      const double h = 1e-5;
      const auto close = [&](double analytic, double above, double below) {
        EXPECT_NEAR(analytic, (above - below) / (2 * h), 1e-5 * (1 + std::abs(analytic))) << left << " " << p;
      };
      close(f.by_left, flux(b, left + h, right, p).value, flux(b, left - h, right, p).value);
      close(f.by_right, flux(b, left, right + h, p).value, flux(b, left, right - h, p).value);
      close(f.by_drop, flux(b, left, right, p + h).value, flux(b, left, right, p - h).value);
    }
}

}  // namespace
}  // namespace ecram::device
