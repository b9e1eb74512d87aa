// SPDX-License-Identifier: Apache-2.0
#include "ecram/physics/magnet.h"

#include <array>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/random.h"

namespace ecram::physics {
namespace {

using std::numbers::pi;

const DipoleLinePair paper_pair{0.0127, 0.0508, 1.3, 0.010, 0};

double norm(const Vector& v) { return std::hypot(v[0], v[1], v[2]); }

void expect_near(const Vector& ours, const Vector& theirs, double relative, const Vector& at) {
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(ours[i], theirs[i], relative * norm(theirs))
        << "component " << i << " at " << at[0] << ", " << at[1] << ", " << at[2];
}

// Numbers worked out by an independent implementation.
TEST(Magnet, PairGivesTheReferenceNumbers) {
  const auto pair = magnets(paper_pair, 0);
  const auto along_axis = [&](double z) { return field(pair, {0, 0, z})[0]; };
  EXPECT_NEAR(along_axis(0), 0.733856057787, 1e-12);
  EXPECT_NEAR(along_axis(0.01), 0.725394043598, 1e-12);
  EXPECT_NEAR(along_axis(0.02), 0.619466234775, 1e-12);
  EXPECT_NEAR(line_dipole_amplitude(paper_pair), 0.728588, 1e-6);
}

TEST(Magnet, FieldHasNeitherSourcesNorCurlOutside) {
  const auto pair = magnets(paper_pair, 0.4);
  RandomStream random(2, "points");
  const double step = 2e-4;
  for (int i = 0; i < 100; ++i) {
    Vector p{0.03 * random.normal(), 0.03 * random.normal(), 0.03 * random.normal()};
    const auto clear = [&](const CylinderMagnet& m) {
      return std::abs(std::hypot(p[0] - m.centre[0], p[1] - m.centre[1]) - m.radius) > 0.003 ||
             std::abs(p[2]) > m.length / 2 + 0.003;
    };
    const auto outside = [&](const CylinderMagnet& m) {
      return std::hypot(p[0] - m.centre[0], p[1] - m.centre[1]) > m.radius || std::abs(p[2]) > m.length / 2;
    };
    if (!clear(pair[0]) || !clear(pair[1]) || !outside(pair[0]) || !outside(pair[1])) continue;
    double gradient[3][3];  // [component][direction], fourth order
    for (int direction = 0; direction < 3; ++direction) {
      const auto at = [&](double steps) {
        Vector q = p;
        q[direction] += steps * step;
        return field(pair, q);
      };
      const Vector a = at(-2), b = at(-1), c = at(1), d = at(2);
      for (int component = 0; component < 3; ++component)
        gradient[component][direction] =
            (a[component] - 8 * b[component] + 8 * c[component] - d[component]) / (12 * step);
    }
    double scale = 0;
    for (auto& row : gradient)
      for (double g : row) scale = std::max(scale, std::abs(g));
    EXPECT_NEAR(gradient[0][0] + gradient[1][1] + gradient[2][2], 0, 2e-4 * scale);
    EXPECT_NEAR(gradient[1][0], gradient[0][1], 2e-4 * scale);
    EXPECT_NEAR(gradient[2][0], gradient[0][2], 2e-4 * scale);
    EXPECT_NEAR(gradient[2][1], gradient[1][2], 2e-4 * scale);
  }
}

// An endless cylinder has Br/2 inside and the field of a line dipole outside.
TEST(Magnet, LongCylinderIsALineDipole) {
  const CylinderMagnet magnet{{0, 0, 0}, 0.01, 10, 1.2, 0.7};
  const Vector middle = field(magnet, {0.003, -0.002, 0});
  EXPECT_NEAR(middle[0], 0.6 * std::cos(0.7), 1e-5);
  EXPECT_NEAR(middle[1], 0.6 * std::sin(0.7), 1e-5);
  const Vector outside = field({{0, 0, 0}, 0.01, 10, 1.2, 0}, {0.03, 0, 0});
  EXPECT_NEAR(outside[0], 0.6 * (0.01 * 0.01) / (0.03 * 0.03), 1e-5);
}

// Far away every magnet is a point dipole of moment m = M V: B = mu0/(4 pi r^3) (3 (m r) r - m).
TEST(Magnet, IsAPointDipoleFarAway) {
  const CylinderMagnet magnet{{0, 0, 0}, 0.01, 0.02, 1.0, 0};
  const double volume = pi * 0.01 * 0.01 * 0.02;
  for (const Vector& direction : {Vector{1, 0, 0}, Vector{0, 1, 0}, Vector{0, 0, 1}, Vector{0.6, 0, 0.8}}) {
    const double r = 30;
    const Vector b = field(magnet, {r * direction[0], r * direction[1], r * direction[2]});
    for (int i = 0; i < 3; ++i)
      EXPECT_NEAR(b[i] * 4 * pi * r * r * r / volume, 3 * direction[0] * direction[i] - (i == 0 ? 1 : 0), 1e-6);
  }
}

// The formula changes at 0.2 radii and at six sizes: the field must not notice.
TEST(Magnet, IsContinuousWhereTheFormulaChanges) {
  const CylinderMagnet magnet{{0, 0, 0}, 1, 3, 1, 0.3};
  for (double z : {0.0, 0.4, 1.6, 5.0}) {
    const Vector a = field(magnet, {0.2 - 1e-13, 0, z}), b = field(magnet, {0.2 + 1e-13, 0, z});
    expect_near(a, b, 1e-11, {0.2, 0, z});
  }
  const double far = 6 * std::sqrt(1 + 1.5 * 1.5);
  for (double angle : {0.05, 0.5, 1.0, 1.5}) {
    const auto at = [&](double r) { return field(magnet, {r * std::sin(angle), 0, r * std::cos(angle)}); };
    expect_near(at(far * (1 - 1e-14)), at(far * (1 + 1e-14)), 1e-11, {angle, 0, 0});
  }
}

// B's normal component does not jump at a surface; the tangential one jumps by the current there.
TEST(Magnet, MeetsTheBoundaryConditionsOfItsSurface) {
  const CylinderMagnet magnet{{0, 0, 0}, 1, 2, 1, 0};
  const double phi = 0.8, e = 1e-9;
  const auto at = [&](double rho, double z) { return field(magnet, {rho * std::cos(phi), rho * std::sin(phi), z}); };
  const auto radial = [&](const Vector& b) { return b[0] * std::cos(phi) + b[1] * std::sin(phi); };
  const auto round = [&](const Vector& b) { return -b[0] * std::sin(phi) + b[1] * std::cos(phi); };
  EXPECT_NEAR(radial(at(1 - e, 0.3)), radial(at(1 + e, 0.3)), 1e-7);
  EXPECT_NEAR(round(at(1 - e, 0.3)) - round(at(1 + e, 0.3)), -std::sin(phi), 1e-7);
  EXPECT_NEAR(at(0.5, 1 - e)[2], at(0.5, 1 + e)[2], 1e-7);
  EXPECT_NEAR(at(0.5, 1 - e)[0] - at(0.5, 1 + e)[0], 1, 1e-7);
  const Vector mantle = field(magnet, {0, 1, 0.3});
  const Vector outside = field(magnet, {0, 1 + 1e-9, 0.3});
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(mantle[i], outside[i], 1e-7);
}

TEST(Magnet, PairAtTheMidpointStaysOnOneAxis) {
  const RotatingField turn = rotating_field(paper_pair, {0, 0, 0});
  EXPECT_NEAR(turn.major, 0.733856057787, 1e-12);
  EXPECT_NEAR(turn.minor, 0, 1e-14);
  EXPECT_NEAR(turn.axis[0], 1, 1e-14);
  for (double angle : {0.3, 1.2, 2.9}) {
    const Vector b = field(magnets(paper_pair, angle), {0, 0, 0});
    EXPECT_NEAR(b[0], turn.major * std::cos(angle), 1e-14);
    EXPECT_NEAR(b[1], 0, 1e-14);
  }
}

// The field itself, turn by turn, is the oracle of the ellipse.
TEST(Magnet, EllipseHoldsTheFieldsTip) {
  DipoleLinePair pair = paper_pair;
  pair.misangle = 3 * pi / 180;
  const Vector point{0.002, 0.003, 0.004};
  const RotatingField turn = rotating_field(pair, point);
  double most = 0, least = 1e9;
  for (int i = 0; i < 3600; ++i) {
    const double b = norm(field(magnets(pair, i * pi / 1800), point));
    most = std::max(most, b);
    least = std::min(least, b);
  }
  EXPECT_NEAR(turn.major, most, 1e-6);
  EXPECT_NEAR(turn.minor, least, 1e-5);
  EXPECT_GT(turn.minor, 0.01);
}

TEST(Magnet, GapGivesTheWantedAmplitude) {
  const double gap = gap_for_amplitude(paper_pair, 0.6);
  DipoleLinePair pair = paper_pair;
  pair.gap = gap;
  EXPECT_NEAR(field(magnets(pair, 0), {0, 0, 0})[0], 0.6, 1e-12);
  // Magnets 10 degrees off: the field at angle 0 is not the largest of the turn, which a look round finds.
  auto crooked = paper_pair;
  crooked.misangle = 10 * std::numbers::pi / 180;
  crooked.gap = gap_for_amplitude(crooked, 0.6);
  double largest = 0;
  for (int i = 0; i < 3600; ++i) {
    const Vector b = field(magnets(crooked, i * std::numbers::pi / 1800), {0, 0, 0});
    largest = std::max(largest, std::hypot(b[0], b[1], b[2]));
  }
  EXPECT_NEAR(largest, 0.6, 1e-6);
  EXPECT_THROW(gap_for_amplitude(paper_pair, 2.0), InvalidInput);
}

// The field along the axis, sampled finely, is the oracle; far apart the pair has no hump.
TEST(Magnet, CamelbackIsTheLargestFieldOnTheAxis) {
  DipoleLinePair pair = paper_pair;
  pair.gap = 1e-3;
  const auto both = magnets(pair, 0);
  const double centre = field(both, {0, 0, 0})[0];
  double most = 0, where = 0;
  for (int i = 0; i <= 5000; ++i) {
    const double z = 0.04 * i / 5000;
    if (const double b = field(both, {0, 0, z})[0]; b > most) most = b, where = z;
  }
  const Camelback hump = camelback(pair);
  EXPECT_NEAR(hump.z, where, 2e-5);
  EXPECT_NEAR(hump.ratio, most / centre, 1e-7);
  EXPECT_GT(hump.ratio, 1.0001);
  EXPECT_EQ(camelback(paper_pair).z, 0);
  EXPECT_EQ(camelback(paper_pair).ratio, 1);
}

TEST(Magnet, RefusesWhatIsNoMagnet) {
  EXPECT_THROW(field(CylinderMagnet{{0, 0, 0}, 0, 1, 1, 0}, {1, 1, 1}), InvalidInput);
  EXPECT_THROW(field(CylinderMagnet{{0, 0, 0}, 1, -1, 1, 0}, {1, 1, 1}), InvalidInput);
  EXPECT_THROW(field(CylinderMagnet{{0, 0, 0}, 1, 2, 1, 0}, {1, 0, 1}), InvalidInput);
  EXPECT_THROW(field(CylinderMagnet{{0, 0, 0}, 1, 2, 1, 0}, {NAN, 0, 1}), InvalidInput);
}

// Two cylinders of radius 1 and length 2: 2 apart they touch, beside or above one another they do not meet.
TEST(Magnet, SolidMagnetsDoNotOverlap) {
  const auto apart = [](Vector centre) {
    const std::array<CylinderMagnet, 2> both{CylinderMagnet{{0, 0, 0}, 1, 2, 1, 0}, CylinderMagnet{centre, 1, 2, 1, 0}};
    check_apart(both);
  };
  EXPECT_NO_THROW(apart({2, 0, 0}));
  EXPECT_NO_THROW(apart({0, 0, 2}));
  EXPECT_NO_THROW(apart({0.5, 0.5, -2.1}));
  EXPECT_THROW(apart({1.9, 0, 0}), InvalidInput);
  EXPECT_THROW(apart({1.3, 1.3, 1.9}), InvalidInput);
  EXPECT_THROW(apart({0, 0, 0}), InvalidInput);
  EXPECT_TRUE(inside({{0, 0, 0}, 1, 2, 1, 0}, {0.7, 0.7, -0.99}));
  EXPECT_FALSE(inside({{0, 0, 0}, 1, 2, 1, 0}, {0.8, 0.7, 0}));
  EXPECT_FALSE(inside({{0, 0, 0}, 1, 2, 1, 0}, {0, 0, 1.01}));
}

// The dipoles of both lines added up one by one, 2,000 to a line, turned through 720 angles.
TEST(Magnet, LineDipolesHaveAMisangleAndNoSign) {
  for (const double misangle : {0.0, 0.3, 1.0, 3.0}) {
    DipoleLinePair pair = paper_pair;
    pair.misangle = misangle;
    pair.gap = 0.03;
    const double a = pair.radius + pair.gap / 2;
    double largest = 0;
    for (int turn = 0; turn < 720; ++turn) {
      const double angle = turn * std::numbers::pi / 360;
      Vector b{};
      for (const auto& [side, along] : {std::pair{1.0, angle}, {-1.0, misangle - angle}}) {
        constexpr int pieces = 2000;
        const double dz = pair.length / pieces;
        // mu0 m / (4 pi) of a piece.
        const double strength = pair.remanence * pair.radius * pair.radius * dz / 4;
        for (int i = 0; i < pieces; ++i) {
          const double z = (i + 0.5) * dz - pair.length / 2, r = std::hypot(a, z);
          const double mx = std::cos(along), my = std::sin(along), radial = mx * side * a;
          b[0] += strength * (3 * radial * side * a / (r * r) - mx) / (r * r * r);
          b[1] += strength * -my / (r * r * r);
        }
      }
      largest = std::max(largest, norm(b));
    }
    EXPECT_NEAR(line_dipole_amplitude(pair), largest, 2e-5 * largest) << misangle;
    const double positive = line_dipole_amplitude(pair);
    pair.remanence = -pair.remanence;
    EXPECT_EQ(line_dipole_amplitude(pair), positive);
  }
}

// Magnets turned by 180 degrees have the hump where they had it before; it begins between gaps of 6.4 and 6.3 mm.
TEST(Magnet, CamelbackHasNoSignAndBeginsBelowItsGap) {
  DipoleLinePair pair = paper_pair;
  EXPECT_EQ((pair.gap = 0.0065, camelback(pair).z), 0);
  EXPECT_NEAR((pair.gap = 0.0063, camelback(pair).z), 1.8e-3, 1e-4);
  pair.gap = 0.001;
  const Camelback hump = camelback(pair);
  EXPECT_NEAR(hump.z, 14.9e-3, 1e-4);
  pair.remanence = -pair.remanence;
  EXPECT_NEAR(camelback(pair).z, hump.z, 1e-9);
  EXPECT_NEAR(camelback(pair).ratio, hump.ratio, 1e-12);
}

}  // namespace
}  // namespace ecram::physics
