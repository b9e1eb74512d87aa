// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/folding.h"

#include <cmath>
#include <numbers>

#include <Eigen/Eigenvalues>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

/// A chain of atoms along c with two orbitals each, hopping t within both and a coupling u between them.
constexpr double t = 1.0, u = 0.3, offset = 2.5;

Result chain_cell(const std::vector<double>& kpoints) {
  Result r;
  r.crystal.lattice = Eigen::Matrix3d::Identity() * 4 * angstrom;
  r.crystal.atoms = {{"Na", Eigen::Vector3d::Zero()}};
  r.energy = -3;
  Spectrum& s = r.spectrum;
  s.spins = 1;
  s.bands = 2;
  for (const double k : kpoints) {
    s.kpoints.emplace_back(0, 0, k);
    s.weights.push_back(1.0 / static_cast<double>(kpoints.size()));
    Eigen::Matrix2d h;
    const double c = 2 * std::cos(2 * std::numbers::pi * k);
    h << -t * c, u, u, offset + t * c;
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> solver(h);
    for (int n = 0; n < 2; ++n) {
      s.energies.push_back(solver.eigenvalues()[n]);
      s.occupations.push_back(n == 0 ? 1 : 0);
      for (int l = 0; l < 3; ++l) s.projections.push_back(l < 2 ? std::pow(solver.eigenvectors()(l, n), 2) : 0);
    }
  }
  return r;
}

/// The same chain of `sites` atoms in one cell, diagonalised as a whole at Gamma.
std::vector<double> ring(int sites) {
  Eigen::MatrixXd h = Eigen::MatrixXd::Zero(2 * sites, 2 * sites);
  for (int i = 0; i < sites; ++i) {
    const int next = (i + 1) % sites;
    h(2 * i, 2 * i + 1) = h(2 * i + 1, 2 * i) = u;
    h(2 * i + 1, 2 * i + 1) = offset;
    h(2 * i, 2 * next) -= t, h(2 * next, 2 * i) -= t;
    h(2 * i + 1, 2 * next + 1) += t, h(2 * next + 1, 2 * i + 1) += t;
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(h);
  return {solver.eigenvalues().begin(), solver.eigenvalues().end()};
}

TEST(Folding, GivesTheSupercellsOwnEigenvalues) {
  for (const int sites : {3, 4}) {
    std::vector<double> kpoints;
    for (int i = 0; i < sites; ++i) kpoints.push_back(static_cast<double>(i) / sites);
    kpoints.push_back(0.1);  // alone: belongs to a k-point of the supercell that is not whole
    const Result big = folded(chain_cell(kpoints), {1, 1, sites});
    ASSERT_EQ(big.spectrum.kpoints.size(), 1U);
    EXPECT_LT(big.spectrum.kpoints[0].norm(), 1e-12);
    EXPECT_EQ(big.spectrum.weights[0], 1);
    EXPECT_THAT(big.spectrum.energies, testing::Pointwise(testing::DoubleNear(1e-12), ring(sites)));
    EXPECT_EQ(big.crystal.atoms.size(), static_cast<std::size_t>(sites));
    EXPECT_EQ(big.energy, -3.0 * sites);
    double sum = 0;  // orbitals are whole: the projections of all states on one copy's first two
    for (std::size_t state = 0; state < big.spectrum.bands; ++state)
      sum += big.spectrum.projections[state * static_cast<std::size_t>(sites) * 3] +
             big.spectrum.projections[state * static_cast<std::size_t>(sites) * 3 + 1];
    EXPECT_NEAR(sum, 2, 1e-12);
  }
}

TEST(Folding, NeedsAllKPointsAndACommonLattice) {
  EXPECT_THROW(folded(chain_cell({0, 0.25}), {1, 1, 2}), InvalidInput);
  const Eigen::Matrix3d one = Eigen::Matrix3d::Identity();
  Eigen::Matrix3d two = one;
  two.row(2) *= 2;
  EXPECT_EQ(repetition(one, two), (std::array{1, 1, 2}));
  two.row(2) *= 1.2;
  EXPECT_THROW(repetition(one, two), InvalidInput);
}

}  // namespace
}  // namespace ecram::electronic
