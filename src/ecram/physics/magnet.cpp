// SPDX-License-Identifier: Apache-2.0
#include "ecram/physics/magnet.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/ellint_rd.hpp>
#include <boost/math/special_functions/ellint_rf.hpp>
#include <boost/math/special_functions/ellint_rj.hpp>
#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>

#include "ecram/core/errors.h"

namespace ecram::physics {
namespace {

using std::numbers::pi;

/// H/M of one cylinder along (cos(phi), sin(phi), cos(phi)): H_rho = rho_part M cos(phi), H_phi = phi_part M sin(phi),
/// H_z = z_part M cos(phi).
struct Parts {
  double rho = 0, phi = 0, z = 0;

  Parts operator-(const Parts& other) const { return {rho - other.rho, phi - other.phi, z - other.z}; }
};

/// The closed form's bracket at one u = z +- L/2, lengths in units of the radius.
Parts closed_form(double rho, double u) {
  const double sum = rho + 1;
  const double s2 = sum * sum + u * u;
  const double s = std::sqrt(s2);
  const double g = (rho - 1) / sum, g2 = g * g;
  const double kc2 = ((rho - 1) * (rho - 1) + u * u) / s2;

  const double rf = boost::math::ellint_rf(0.0, kc2, 1.0);
  const double rd = boost::math::ellint_rd(0.0, kc2, 1.0);
  const double first = -rf + 2 * rd / 3;  // C(kc, 1, -1, 1)
  // g R_J(0, kc^2, 1, g^2), which has a finite limit on the mantle, approached from outside.
  const double g_rj = g == 0 ? 1.5 * pi / std::sqrt(kc2) : g * boost::math::ellint_rj(0.0, kc2, 1.0, g2);

  Parts part;
  part.z = -first / (pi * s);
  if (u == 0) return part;
  part.rho = u / s * (first + (-g * rf + (1 + g2) * g_rj / 3)) / (2 * pi * rho);
  part.phi =
      u / s * ((g2 * rf + (1 - g2) * rd / 3) - g * (g * rf + (1 - g2) * g_rj / 3)) * sum * sum / (4 * pi * rho * rho);
  return part;
}

/// The same bracket by the trapezoidal rule over the azimuth, which converges as rho^count for rho < 1.
Parts near_axis(double rho, double u) {
  constexpr int half = 16;
  Parts part;
  for (int i = 0; i <= half; ++i) {
    const double weight = (i == 0 || i == half ? 1.0 : 2.0) / (2 * half) * 0.5;  // 1/(4 pi) of 2 pi
    const double c = std::cos(pi * i / half);
    const double d2 = 1 + rho * rho - 2 * rho * c;
    const double r = std::sqrt(d2 + u * u);
    part.z -= weight * c / r;
    part.rho += weight * c * (rho - c) / d2 * u / r;
    part.phi += weight * (1 - c * c) / d2 * u / r;
  }
  return part;
}

/// Coulomb's law over the mantle's charge, for points at many times the magnet's size, by a trapezoidal rule round and
/// a Gauss rule along the mantle. In units of the radius.
Parts far_away(double rho, double z, double half_length) {
  constexpr int half = 12;
  using Rule = boost::math::quadrature::gauss<double, 15>;
  Parts part;
  for (int i = 0; i <= half; ++i) {
    const double weight = (i == 0 || i == half ? 1.0 : 2.0) / (2 * half) * 0.5;
    const double c = std::cos(pi * i / half);
    const double d2 = 1 + rho * rho - 2 * rho * c;
    const auto add = [&](double node, double node_weight) {
      const double dz = z - half_length * node;
      const double r2 = d2 + dz * dz;
      const double w = weight * node_weight * half_length / (r2 * std::sqrt(r2));
      part.rho += w * c * (rho - c);
      part.phi += w * (1 - c * c);
      part.z += w * c * dz;
    };
    for (std::size_t k = 0; k < Rule::abscissa().size(); ++k) {
      const double node = Rule::abscissa()[k], node_weight = Rule::weights()[k];
      add(node, node_weight);
      if (node != 0) add(-node, node_weight);
    }
  }
  return part;
}

Parts parts(double rho, double z, double half_length) {
  const double size2 = 1 + half_length * half_length;
  if (rho * rho + z * z > 36 * size2) return far_away(rho, z, half_length);
  if (rho < 0.2) return near_axis(rho, z + half_length) - near_axis(rho, z - half_length);
  return closed_form(rho, z + half_length) - closed_form(rho, z - half_length);
}

void check_cylinder(double radius, double length, double remanence) {
  // Beyond these it is a slip of units, and squares leave the range of numbers.
  constexpr double least = 1e-9, most = 1e3;
  if (!(radius >= least && radius <= most))
    throw InvalidInput("magnet radius {} m; expected {:g} to {:g} m", radius, least, most);
  if (!(length >= least && length <= most))
    throw InvalidInput("magnet length {} m; expected {:g} to {:g} m", length, least, most);
  if (!std::isfinite(remanence)) throw InvalidInput("magnet remanence {} T; expected a finite one", remanence);
}

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

}  // namespace

Vector field(const CylinderMagnet& magnet, const Vector& point) {
  check_cylinder(magnet.radius, magnet.length, magnet.remanence);
  Vector r;
  for (int i = 0; i < 3; ++i) {
    r[i] = (point[i] - magnet.centre[i]) / magnet.radius;
    if (!std::isfinite(r[i])) throw InvalidInput("the field was asked for at a point that is not finite");
  }
  if (!std::isfinite(magnet.angle)) throw InvalidInput("magnet angle {} rad; expected a finite one", magnet.angle);
  const double half_length = 0.5 * magnet.length / magnet.radius;
  const double rho = std::hypot(r[0], r[1]);
  if (rho == 1 && std::abs(r[2]) == half_length)
    throw InvalidInput("the point ({}, {}, {}) m lies on a magnet's edge, where the field is infinite", point[0],
                       point[1], point[2]);

  const Parts h = parts(rho, r[2], half_length);
  const double cos_m = std::cos(magnet.angle), sin_m = std::sin(magnet.angle);
  const double cos_position = rho > 0 ? r[0] / rho : 1, sin_position = rho > 0 ? r[1] / rho : 0;
  const double cos_phi = cos_position * cos_m + sin_position * sin_m;
  const double sin_phi = sin_position * cos_m - cos_position * sin_m;
  const double h_rho = h.rho * cos_phi, h_phi = h.phi * sin_phi;
  const double inside = rho < 1 && std::abs(r[2]) < half_length ? 1 : 0;
  return {magnet.remanence * (h_rho * cos_position - h_phi * sin_position + inside * cos_m),
          magnet.remanence * (h_rho * sin_position + h_phi * cos_position + inside * sin_m),
          magnet.remanence * h.z * cos_phi};
}

Vector field(std::span<const CylinderMagnet> magnets, const Vector& point) {
  Vector sum{};
  for (const CylinderMagnet& magnet : magnets) {
    const Vector b = field(magnet, point);
    for (int i = 0; i < 3; ++i) sum[i] += b[i];
  }
  return sum;
}

bool inside(const CylinderMagnet& magnet, const Vector& point) {
  return std::hypot(point[0] - magnet.centre[0], point[1] - magnet.centre[1]) < magnet.radius &&
         std::abs(point[2] - magnet.centre[2]) < magnet.length / 2;
}

void check_apart(std::span<const CylinderMagnet> magnets) {
  constexpr double rounding = 1e-12;
  for (std::size_t b = 1; b < magnets.size(); ++b)
    for (std::size_t a = 0; a < b; ++a) {
      const CylinderMagnet &one = magnets[a], &other = magnets[b];
      const double across = std::hypot(one.centre[0] - other.centre[0], one.centre[1] - other.centre[1]),
                   along = std::abs(one.centre[2] - other.centre[2]);
      const double radii = one.radius + other.radius, lengths = 0.5 * (one.length + other.length);
      if (across < radii * (1 - rounding) && along < lengths * (1 - rounding))
        throw InvalidInput(
            "magnets {} and {} overlap: their axes are {:.6g} m apart; expected {:.6g} m (the radii) or more", a + 1,
            b + 1, across, radii);
    }
}

std::array<CylinderMagnet, 2> magnets(const DipoleLinePair& pair, double angle) {
  check_cylinder(pair.radius, pair.length, pair.remanence);
  if (!(pair.gap >= 0 && pair.gap <= 1e3))
    throw InvalidInput("gap between the magnets {} m; expected 0 to 1000 m", pair.gap);
  const double a = pair.radius + pair.gap / 2;
  return {CylinderMagnet{{-a, 0, 0}, pair.radius, pair.length, pair.remanence, angle},
          CylinderMagnet{{a, 0, 0}, pair.radius, pair.length, pair.remanence, pair.misangle - angle}};
}

double line_dipole_amplitude(const DipoleLinePair& pair) {
  const double a = pair.radius + pair.gap / 2, h = pair.length / 2, s = std::hypot(a, h);
  // Of both dipoles along x, and along y: a misangle leaves cos(misangle/2) of the one and brings sin(misangle/2) of
  // the other, both in step.
  const double x = 1 / (s * s * s) + 1 / (a * a * s), y = 1 / (a * a * s);
  return std::abs(pair.remanence) * pair.radius * pair.radius * h *
         std::hypot(x * std::cos(pair.misangle / 2), y * std::sin(pair.misangle / 2));
}

RotatingField rotating_field(const DipoleLinePair& pair, const Vector& point) {
  RotatingField turn;
  turn.in_phase = field(magnets(pair, 0), point);
  turn.quadrature = field(magnets(pair, pi / 2), point);
  // Half axes of the ellipse p cos(t) + q sin(t): at the t where p and q, turned by t, are perpendicular.
  const Vector &p = turn.in_phase, &q = turn.quadrature;
  const double t = 0.5 * std::atan2(2 * dot(p, q), dot(p, p) - dot(q, q));
  Vector along, across;
  for (int i = 0; i < 3; ++i) {
    along[i] = p[i] * std::cos(t) + q[i] * std::sin(t);
    across[i] = q[i] * std::cos(t) - p[i] * std::sin(t);
  }
  turn.major = std::sqrt(dot(along, along));
  turn.minor = std::sqrt(dot(across, across));
  for (int i = 0; i < 3; ++i) turn.axis[i] = turn.major > 0 ? (along[0] < 0 ? -along[i] : along[i]) / turn.major : 0;
  return turn;
}

double gap_for_amplitude(DipoleLinePair pair, double amplitude) {
  if (!(amplitude > 0)) throw InvalidInput("amplitude {} T; expected a positive one", amplitude);
  const auto excess = [&](double gap) {
    pair.gap = gap;
    return rotating_field(pair, {0, 0, 0}).major - amplitude;
  };
  const double most = excess(0) + amplitude;
  if (most < amplitude)
    throw InvalidInput("amplitude {} T: even touching, these magnets give no more than {:.4g} T", amplitude, most);
  double far = pair.radius;
  while (excess(far) > 0) far *= 2;
  std::uintmax_t iterations = 100;
  const auto [low, high] = boost::math::tools::toms748_solve(
      excess, 0.0, far, [](double a, double b) { return std::abs(b - a) <= 1e-13 * std::abs(b); }, iterations);
  return 0.5 * (low + high);
}

Camelback camelback(const DipoleLinePair& pair) {
  const auto along = [&](double z) { return rotating_field(pair, {0, 0, z}).major; };
  // The hump lies near the ends: a coarse look, then a finer one about the best point.
  constexpr int steps = 64;
  const double step = 0.75 * pair.length / steps;
  int best = 0;
  double most = along(0);
  for (int i = 1; i <= steps; ++i)
    if (const double b = along(i * step); b > most) most = b, best = i;
  if (best == 0) return {};
  const auto [z, negative] = boost::math::tools::brent_find_minima([&](double at) { return -along(at); },
                                                                   (best - 1) * step, (best + 1) * step, 30);
  return {z, -negative / along(0)};
}

}  // namespace ecram::physics
