// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

namespace ecram::electronic {

/// Point charges q_i in a periodic cell, in a homogeneous medium with dielectric tensor eps, neutralised by a uniform
/// background. The Coulomb potential of a charge in the medium is
///
///     phi(r) = q / (4 pi eps0 sqrt(det eps) sqrt(r^T eps^-1 r)),
///
/// summed by Ewald's method with a splitting parameter g (1/m) that the result does not depend on:
///
///     phi(r) = q / (4 pi eps0) * { sum_R erfc(g |r-R|_eps) / (sqrt(det eps) |r-R|_eps)
///              + (4 pi / V) sum_{G != 0} exp(-G^T eps G / (4 g^2)) cos(G.r) / (G^T eps G) - pi / (V g^2) },
///
/// |r|_eps = sqrt(r^T eps^-1 r), and at a charge's own place minus 2 g / sqrt(pi det eps).
///
/// Source: Fischerauer, IEEE Trans. Ultrason. 44, 1179 (1997); Rurali and Cartoixa, Nano Lett. 9, 975 (2009); the form
/// used by Kumagai and Oba, Phys. Rev. B 89, 195205 (2014).
struct PointCharges {
  Eigen::Matrix3d lattice;                                   ///< rows, m
  std::vector<Eigen::Vector3d> positions;                    ///< fractional
  std::vector<double> charges;                               ///< C
  Eigen::Matrix3d dielectric = Eigen::Matrix3d::Identity();  ///< relative permittivity, symmetric, positive definite
};

/// Potential (V) at a place of the charges and all their images and the background; with its average over the cell
/// zero. At a charge's own place that charge (not its images) is left out.
///
/// @throws InvalidInput  for a dielectric tensor that is not symmetric and positive definite, or unequal numbers of
///                       charges and positions
double ewald_potential(const PointCharges& charges, const Eigen::Vector3d& place);

/// Energy (J) of the cell: half the sum of each charge times the potential at it. For a single charge it is the energy
/// of the charge with its images and the background, -alpha q^2 / (2 L) in the isotropic case.
double ewald_energy(const PointCharges& charges);

}  // namespace ecram::electronic
