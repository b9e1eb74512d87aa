// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/bands.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

using constants::electron_volt;
constexpr double hbar = constants::planck / (2 * std::numbers::pi);

/// Two bands on a line of k-points: filled ones at `low`, empty ones at `high` (eV).
Spectrum two_bands(const std::vector<double>& low, const std::vector<double>& high) {
  Spectrum s;
  s.spins = 1;
  s.bands = 2;
  for (std::size_t k = 0; k < low.size(); ++k) {
    s.kpoints.emplace_back(0.1 * static_cast<double>(k), 0, 0);
    s.weights.push_back(1.0 / static_cast<double>(low.size()));
    s.energies.push_back(low[k] * electron_volt);
    s.energies.push_back(high[k] * electron_volt);
    s.occupations.push_back(1);
    s.occupations.push_back(0);
  }
  return s;
}

TEST(BandGap, DirectAndIndirect) {
  const auto gap = band_gap(two_bands({0.0, 0.5, 0.2}, {3.0, 2.9, 2.0}));
  ASSERT_TRUE(gap);
  EXPECT_NEAR(gap->gap / electron_volt, 1.5, 1e-12);
  EXPECT_NEAR(gap->direct_gap / electron_volt, 1.8, 1e-12);
  EXPECT_FALSE(gap->direct);
  EXPECT_EQ(gap->valence.kpoint, 1U);
  EXPECT_EQ(gap->conduction.kpoint, 2U);
  EXPECT_EQ(gap->direct_kpoint, 2U);
  EXPECT_TRUE(band_gap(two_bands({0.0, 0.5}, {3.0, 2.5}))->direct);
}

TEST(BandGap, AMetalHasNone) {
  Spectrum s = two_bands({0, 0}, {1, 1});
  s.occupations = {1, 0, 1, 1};  // the upper band is filled at one k-point only
  EXPECT_FALSE(band_gap(s));
  s.occupations = {1, 0.4, 1, 0};
  EXPECT_FALSE(band_gap(s));
  EXPECT_FALSE(band_gap(two_bands({0, 2}, {1, 3})));  // bands overlap in energy
}

TEST(BandGap, WithoutEmptyBandsThereIsNothingToRead) {
  Spectrum s = two_bands({0}, {1});
  s.occupations = {1, 1};
  EXPECT_THROW(band_gap(s), InvalidInput);
}

TEST(BandGap, ASpinPolarisedGapIsBetweenAllFilledAndAllEmpty) {
  Spectrum s = two_bands({0.0}, {3.0});
  s.spins = 2;
  s.energies = {0.0, 3.0 * electron_volt, 1.0 * electron_volt, 2.5 * electron_volt};
  s.occupations = {1, 0, 1, 0};
  const auto gap = band_gap(s);
  EXPECT_NEAR(gap->gap / electron_volt, 1.5, 1e-12);
  EXPECT_EQ(gap->valence.spin, 1U);
}

// The integral over all energies is the number of states: 2 electrons a band.
TEST(DensityOfStates, IntegratesToTheNumberOfStates) {
  const Spectrum s = two_bands({0.0, 0.5, 0.2}, {3.0, 2.9, 2.0});
  std::vector<double> energies;
  for (double e = -2; e < 5; e += 0.005) energies.push_back(e * electron_volt);
  const auto dos = density_of_states(s, energies, 0.1 * electron_volt);
  double all = 0, below = 0;
  for (std::size_t i = 0; i < dos.size(); ++i) {
    all += dos[i] * 0.005 * electron_volt;
    if (energies[i] < 1.2 * electron_volt) below += dos[i] * 0.005 * electron_volt;
  }
  EXPECT_NEAR(all, 4, 1e-6);
  EXPECT_NEAR(below, 2, 1e-6);
  EXPECT_THROW(density_of_states(s, energies, 0), InvalidInput);
}

TEST(ProjectedDensityOfStates, PartsSumToTheWhole) {
  Spectrum s = two_bands({0.0}, {3.0});
  // Two atoms, s p d each; all weights of a state sum to 1.
  s.projections = {0.5, 0.1, 0.0, 0.2, 0.2, 0.0, 0.0, 0.0, 0.7, 0.0, 0.3, 0.0};
  const std::vector<double> energies{-0.1 * electron_volt, 0.0, 0.1 * electron_volt, 3.0 * electron_volt};
  const auto all = density_of_states(s, energies, 0.1 * electron_volt);
  const std::vector<std::size_t> one{0}, other{1};
  std::vector<double> sum(energies.size(), 0.0);
  for (const auto& atoms : {one, other})
    for (int l = 0; l < 3; ++l) {
      const auto part = projected_density_of_states(s, atoms, 2, l, energies, 0.1 * electron_volt);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
    }
  for (std::size_t i = 0; i < sum.size(); ++i) EXPECT_NEAR(sum[i], all[i], 1e-12 * all[1]);
  EXPECT_NEAR(projected_density_of_states(s, one, 2, -1, energies, 0.1 * electron_volt)[3], 0.7 * all[3],
              1e-12 * all[3]);
  EXPECT_THROW(projected_density_of_states(two_bands({0}, {1}), one, 2, 0, energies, 0.1 * electron_volt),
               InvalidInput);
}

TEST(ParticipationRatio, EvenSpreadAndOneAtom) {
  EXPECT_NEAR(participation_ratio(std::vector<double>(50, 0.3)), 1, 1e-14);
  std::vector<double> one(50, 0.0);
  one[7] = 0.4;
  EXPECT_NEAR(participation_ratio(one), 1.0 / 50, 1e-14);
  EXPECT_THROW(participation_ratio(std::vector<double>(3, 0.0)), InvalidInput);
}

// A band made from a known tensor must give it back, whatever its axes.
TEST(EffectiveMass, OfAParabolaIsExact) {
  const double m = constants::electron_mass;
  const Eigen::Vector3d masses(0.4 * m, 1.5 * m, 3 * m);
  Eigen::Matrix3d axes;
  axes.row(0) << 1, 2, 2;
  axes.row(1) << 2, 1, -2;
  axes.row(2) << 2, -2, 1;
  axes /= 3;
  std::vector<Eigen::Vector3d> offsets;
  std::vector<double> energies;
  for (int i = -1; i <= 1; ++i)
    for (int j = -1; j <= 1; ++j)
      for (int k = -1; k <= 1; ++k) {
        const Eigen::Vector3d q = Eigen::Vector3d(i, j, k) * 2e8;
        double e = 0.7 * electron_volt;
        for (int a = 0; a < 3; ++a) e += hbar * hbar * std::pow(axes.row(a).dot(q), 2) / (2 * masses[a]);
        offsets.push_back(q);
        energies.push_back(e);
      }
  const EffectiveMass found = effective_mass(offsets, energies);
  for (int a = 0; a < 3; ++a) {
    EXPECT_NEAR(found.masses[a], masses[a], 1e-8 * masses[a]);
    EXPECT_NEAR(std::abs(found.axes.row(a).dot(axes.row(a))), 1, 1e-8);
  }
  EXPECT_LT(found.residual, 1e-9 * electron_volt);
  for (double& e : energies) e = -e;  // holes
  EXPECT_NEAR(effective_mass(offsets, energies).masses[0], -0.4 * m, 1e-8 * m);
}

// A cosine band 2 t (1 - cos k a): m = hbar^2 / (2 t a^2); the fit's error falls with the square of the radius.
TEST(EffectiveMass, OfATightBindingBandConvergesAtSecondOrder) {
  const double a = 4e-10, t = 0.5 * electron_volt;
  const double exact = hbar * hbar / (2 * t * a * a);
  const auto error = [&](double step) {
    std::vector<Eigen::Vector3d> offsets;
    std::vector<double> energies;
    for (int i = -1; i <= 1; ++i)
      for (int j = -1; j <= 1; ++j)
        for (int k = -1; k <= 1; ++k) {
          const Eigen::Vector3d q = Eigen::Vector3d(i, j, k) * step;
          offsets.push_back(q);
          energies.push_back(2 * t * (3 - std::cos(q[0] * a) - std::cos(q[1] * a) - std::cos(q[2] * a)));
        }
    return effective_mass(offsets, energies).masses[0] / exact - 1;
  };
  EXPECT_NEAR(error(4e8) / error(2e8), 4, 0.1);
  EXPECT_LT(std::abs(error(1e8)), 2e-4);
}

TEST(EffectiveMass, PointsThatDetermineNothingAreRefused) {
  std::vector<Eigen::Vector3d> line;
  std::vector<double> energies;
  for (int i = 0; i < 9; ++i) line.emplace_back(1e8 * i, 0, 0), energies.push_back(i * i * 0.1 * electron_volt);
  EXPECT_THROW(effective_mass(line, energies), InvalidInput);
  line.resize(6);
  energies.resize(6);
  EXPECT_THROW(effective_mass(line, energies), InvalidInput);
}

}  // namespace
}  // namespace ecram::electronic
