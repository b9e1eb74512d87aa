// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

namespace ecram::physics {

/// x, y, z.
using Vector = std::array<double, 3>;

/// A cylinder along z, magnetised uniformly across its axis ("diametrically").
struct CylinderMagnet {
  Vector centre{};       ///< m
  double radius = 0;     ///< m
  double length = 0;     ///< m
  double remanence = 0;  ///< T: mu0 times the magnetisation
  double angle = 0;      ///< rad, of the magnetisation from +x towards +y
};

/// Magnetic flux density of one cylinder at a point, in tesla.
///
/// The magnetisation M puts the surface charge M cos(phi) on the mantle and none on the ends. Its Coulomb field, with
/// the integral along z done by hand, leaves integrals over the azimuth: with rho, phi, z counted from the cylinder's
/// centre and from M, u = z +- L/2, S^2 = (rho + R)^2 + u^2, g = (rho - R)/(rho + R), kc^2 = ((rho - R)^2 + u^2)/S^2,
///
///     H_z   = -(M R cos(phi) / pi)       [ C(kc, 1, -1, 1) / S ]
///     H_rho =  (M R cos(phi) / (2 pi rho)) [ (u/S) { C(kc, 1, -1, 1) + g C(kc, g^2, -1, 1) } ]
///     H_phi =  (M sin(phi) (rho + R)^2 / (4 pi rho^2)) [ (u/S) { C(kc, 1, g^2, 1) - g^2 C(kc, g^2, 1, 1) } ]
///
/// where [ ] is the difference between u = z + L/2 and u = z - L/2, and C is Bulirsch's complete elliptic integral,
/// here from Carlson's R_F, R_D and R_J. B = mu0 H outside, mu0 (H + M) inside. On the mantle the value is that
/// just outside.
///
/// Exact to some 1e-12 of the field. The closed form loses digits close to the axis and far away; there the same
/// integrals are done numerically by rules that converge geometrically.
///
/// @throws InvalidInput  for a size that is not positive, a number that is not finite, or a point on the edge between
///                       mantle and end, where the field is infinite
///
/// Sources: Derby and Olbert, Am. J. Phys. 78, 229 (2010), for the technique; Caciagli, Baars, Philipse and Kuipers,
/// J. Magn. Magn. Mater. 456, 423 (2018), for transverse magnetisation.
Vector field(const CylinderMagnet& magnet, const Vector& point);

/// The sum over any number of cylinders. Their permeability is taken as that of vacuum (1.05 for sintered NdFeB).
Vector field(std::span<const CylinderMagnet> magnets, const Vector& point);

/// Is the point in the magnet's body? There B is mu0 (H + M).
bool inside(const CylinderMagnet& magnet, const Vector& point);

/// Magnets are solid. Touching is allowed.
///
/// @throws InvalidInput  naming the first two that overlap, counted from 1
void check_apart(std::span<const CylinderMagnet> magnets);

/// A parallel dipole line: two equal cylinders along z with their centres at x = -+(radius + gap/2), turned against
/// each other from magnetisation along +x: the one at -x by +angle, the one at +x by -angle. At the midpoint the field
/// then lies on x and is B0 cos(angle).
struct DipoleLinePair {
  double radius = 0;     ///< m
  double length = 0;     ///< m
  double remanence = 0;  ///< T
  double gap = 0;        ///< m, between the mantles
  double misangle = 0;   ///< rad: the magnet at +x stands this much further towards +y than it should
};

/// The two magnets at the given angle. @throws InvalidInput  for a size that is not positive or a negative gap
std::array<CylinderMagnet, 2> magnets(const DipoleLinePair& pair, double angle);

/// B0 in the line-dipole approximation (long cylinders, far apart), in tesla:
/// B0 = Br R^2 h [1/s^3 + 1/(a^2 s)], a = R + gap/2, h = L/2, s = sqrt(a^2 + h^2). With a misangle m, B0 becomes the
/// root of the squares of cos(m/2) times that and of sin(m/2) times the same with 1/(a^2 s) alone in the bracket. Never
/// negative.
double line_dipole_amplitude(const DipoleLinePair& pair);

/// What a full turn of the magnets does at one point.
///
/// The field is linear in both magnetisations, so that every component is exactly A cos(angle - phase) for every
/// point and every misangle, with no harmonics: what is lost off centre is the single axis. The tip of the field runs
/// along an ellipse. |B| then has harmonics, and a sensor along another direction a different phase.
struct RotatingField {
  Vector in_phase{};    ///< T: the field at angle 0, the part with cos(angle)
  Vector quadrature{};  ///< T: the field at angle 90 deg, the part with sin(angle)
  double major = 0;     ///< T: half the long axis of the ellipse
  double minor = 0;     ///< T: half the short axis; 0 where the field keeps to one axis
  Vector axis{};        ///< unit vector along the long axis (x component not negative)
};

RotatingField rotating_field(const DipoleLinePair& pair, const Vector& point);

/// The gap at which the field's amplitude at the midpoint is `amplitude`, in metres.
///
/// @throws InvalidInput  if even touching magnets do not give it, or it is not positive
double gap_for_amplitude(DipoleLinePair pair, double amplitude);

/// The hump of the field along z between finite cylinders ("camelback"): a magnetised film levitates in its dip.
struct Camelback {
  double z = 0;      ///< m: where the field is largest, at -z as at +z; 0 where it falls from the centre outwards
  double ratio = 1;  ///< of the field there to that at the centre
};

/// @throws InvalidInput  as `magnets`
Camelback camelback(const DipoleLinePair& pair);

}  // namespace ecram::physics
