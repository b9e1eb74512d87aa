// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>
#include <numbers>

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <gtest/gtest.h>

#include "ecram/core/random.h"
#include "ecram/physics/magnet.h"

namespace ecram::physics {
namespace {

using std::numbers::pi;

double norm(const Vector& v) { return std::hypot(v[0], v[1], v[2]); }

/// Integral over [from, to] of a function that may be steep near `steep`.
double integral(const std::function<double(double)>& f, double from, double to, double steep) {
  using Rule = boost::math::quadrature::gauss_kronrod<double, 31>;
  if (steep <= from || steep >= to) return Rule::integrate(f, from, to, 12, 1e-12);
  return Rule::integrate(f, from, steep, 12, 1e-12) + Rule::integrate(f, steep, to, 12, 1e-12);
}

/// The field from the currents that stand for the magnetisation, by Biot and Savart: K = M x n, so M sin(phi) along z
/// on the mantle and -+M along y over the ends. Shares nothing with the surface charges, and needs no "+ M" inside.
Vector bound_current_field(const CylinderMagnet& magnet, const Vector& point) {
  const double x = point[0] - magnet.centre[0], y = point[1] - magnet.centre[1], z = point[2] - magnet.centre[2];
  const double c = std::cos(magnet.angle), s = std::sin(magnet.angle);
  const Vector r{c * x + s * y, -s * x + c * y, z};  // axes in which M lies along x
  const double radius = magnet.radius, h = magnet.length / 2;
  const double azimuth = std::atan2(r[1], r[0]);

  Vector b{};
  const auto over_mantle = [&](int component) {
    return integral(
        [&](double phi) {
          const double dx = r[0] - radius * std::cos(phi), dy = r[1] - radius * std::sin(phi);
          return std::sin(phi) * radius *
                 integral(
                     [&](double source) {
                       const double d = std::hypot(dx, dy, r[2] - source);
                       return (component == 0 ? -dy : dx) / (d * d * d);
                     },
                     -h, h, r[2]);
        },
        azimuth - pi, azimuth + pi, azimuth);
  };
  b[0] = over_mantle(0);
  b[1] = over_mantle(1);
  const auto over_end = [&](int component, double end) {
    return integral(
        [&](double phi) {
          return integral(
              [&](double source) {
                const double dx = r[0] - source * std::cos(phi), dy = r[1] - source * std::sin(phi), dz = r[2] - end;
                const double d = std::hypot(dx, dy, dz);
                return source * (component == 0 ? dz : -dx) / (d * d * d);
              },
              0, radius, std::hypot(r[0], r[1]));
        },
        azimuth - pi, azimuth + pi, azimuth);
  };
  // M x n: x cross z = -y at the upper end, +y at the lower one; y cross (dx, dy, dz) = (dz, 0, -dx).
  b[0] += over_end(0, -h) - over_end(0, h);
  b[2] += over_end(2, -h) - over_end(2, h);
  for (double& part : b) part *= magnet.remanence / (4 * pi);
  return {c * b[0] - s * b[1], s * b[0] + c * b[1], b[2]};
}

void expect_near(const Vector& ours, const Vector& theirs, double relative, const Vector& at) {
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(ours[i], theirs[i], relative * norm(theirs))
        << "component " << i << " at " << at[0] << ", " << at[1] << ", " << at[2];
}

TEST(Magnet, AgreesWithBoundCurrentsAtRandomPoints) {
  RandomStream random(1, "points");
  for (int i = 0; i < 60; ++i) {
    const CylinderMagnet magnet{{0.01 * random.normal(), 0.01 * random.normal(), 0.01 * random.normal()},
                                0.005 + 0.01 * random.uniform(),
                                0.002 + 0.08 * random.uniform(),
                                0.5 + random.uniform(),
                                2 * pi * random.uniform()};
    // In units of the magnet, inside and outside of it, from its axis to many times its size.
    const double reach = i < 45 ? 2.0 : 20.0;
    double rho = reach * random.uniform(), z = reach * (random.uniform() - 0.5);
    if (std::abs(rho - 1) < 0.02) rho += 0.05;
    if (std::abs(std::abs(z) - 0.5) < 0.02) z *= 1.1;
    if (i % 5 == 0) rho *= 0.1;  // the neighbourhood of the axis, where the formula changes
    const double phi = 2 * pi * random.uniform();
    const Vector point{magnet.centre[0] + rho * magnet.radius * std::cos(phi),
                       magnet.centre[1] + rho * magnet.radius * std::sin(phi), magnet.centre[2] + z * magnet.length};
    expect_near(field(magnet, point), bound_current_field(magnet, point), 1e-9, point);
  }
}

}  // namespace
}  // namespace ecram::physics
