// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/ewald.h"

#include <cmath>
#include <numbers>

#include <Eigen/Cholesky>
#include <Eigen/Dense>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/electronic/crystal.h"

namespace ecram::electronic {
namespace {

constexpr double pi = std::numbers::pi;
/// Both sums end where their terms have fallen to exp(-cut^2), 1e-16.
constexpr double cut = 6.1;

/// Calls `visit` with every lattice vector (of `lattice`'s rows) whose distance from -origin is below `radius`.
template <class Visit>
void for_each_lattice_vector(const Eigen::Matrix3d& lattice, const Eigen::Vector3d& origin, double radius,
                             Visit&& visit) {
  const Eigen::Matrix3d inverse = lattice.inverse();
  const Eigen::Vector3d centre = -(inverse.transpose() * origin);
  Eigen::Vector3i low, high;
  for (int i = 0; i < 3; ++i) {
    const double reach = radius * inverse.col(i).norm();
    low[i] = static_cast<int>(std::floor(centre[i] - reach));
    high[i] = static_cast<int>(std::ceil(centre[i] + reach));
  }
  for (int i = low[0]; i <= high[0]; ++i)
    for (int j = low[1]; j <= high[1]; ++j)
      for (int k = low[2]; k <= high[2]; ++k) visit(Eigen::Vector3d(lattice.transpose() * Eigen::Vector3d(i, j, k)));
}

/// In coordinates stretched by eps^-1/2 the medium is isotropic with the same G^T eps G and r^T eps^-1 r.
struct Stretched {
  Eigen::Matrix3d lattice, reciprocal;  ///< rows
  double determinant, volume;           ///< of eps; of the cell itself
  double splitting;                     ///< g
};

Stretched stretched(const PointCharges& c) {
  if (c.positions.size() != c.charges.size())
    throw InvalidInput("{} positions but {} charges", c.positions.size(), c.charges.size());
  const Eigen::Matrix3d& eps = c.dielectric;
  if (!eps.isApprox(eps.transpose(), 1e-6)) throw InvalidInput("the dielectric tensor is not symmetric");
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(eps);
  if (!(solver.eigenvalues().minCoeff() > 0)) throw InvalidInput("the dielectric tensor is not positive definite");
  Stretched s;
  s.lattice = c.lattice * solver.operatorInverseSqrt();
  s.reciprocal = reciprocal_lattice(s.lattice);
  s.determinant = eps.determinant();
  s.volume = std::abs(c.lattice.determinant());
  // Both sums are equally long at this splitting.
  s.splitting = std::sqrt(pi) / std::cbrt(std::abs(s.lattice.determinant()));
  return s;
}

/// Potential at a stretched separation of a unit charge and its images; its own term left out at zero separation.
double unit_potential(const Stretched& s, const Eigen::Vector3d& separation, bool own) {
  const double g = s.splitting, root = std::sqrt(s.determinant);
  double direct = own ? -2 * g / std::sqrt(pi) : 0;
  for_each_lattice_vector(s.lattice, separation, cut / g, [&](const Eigen::Vector3d& image) {
    const double r = (separation + image).norm();
    if (own && image.squaredNorm() == 0) return;
    direct += std::erfc(g * r) / r;
  });
  double waves = 0;
  for_each_lattice_vector(s.reciprocal, Eigen::Vector3d::Zero(), 2 * g * cut, [&](const Eigen::Vector3d& wave) {
    const double squared = wave.squaredNorm();
    if (squared > 0) waves += std::exp(-squared / (4 * g * g)) / squared * std::cos(wave.dot(separation));
  });
  return (direct / root + 4 * pi / s.volume * waves - pi / (s.volume * g * g)) /
         (4 * pi * constants::vacuum_permittivity);
}

double potential(const PointCharges& c, const Stretched& s, const Eigen::Vector3d& place) {
  double sum = 0;
  for (std::size_t i = 0; i < c.charges.size(); ++i) {
    Eigen::Vector3d offset = place - c.positions[i];
    for (double& x : offset) x -= std::round(x);
    const bool own = offset.norm() < 1e-9;
    sum +=
        c.charges[i] * unit_potential(s, s.lattice.transpose() * (own ? Eigen::Vector3d::Zero().eval() : offset), own);
  }
  return sum;
}

}  // namespace

double ewald_potential(const PointCharges& charges, const Eigen::Vector3d& place) {
  return potential(charges, stretched(charges), place);
}

double ewald_energy(const PointCharges& charges) {
  const Stretched s = stretched(charges);
  double energy = 0;
  for (std::size_t i = 0; i < charges.charges.size(); ++i)
    energy += 0.5 * charges.charges[i] * potential(charges, s, charges.positions[i]);
  return energy;
}

}  // namespace ecram::electronic
