// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/bands.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>

#include <Eigen/Dense>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

using constants::infinity;
constexpr double reduced_planck = constants::planck / (2 * std::numbers::pi);
/// An occupation further than this from 0 and 1 belongs to a metal (or a smearing as wide as the gap).
constexpr double partial = 0.01;

/// Adds a broadened line of each state times its weight.
std::vector<double> broadened(const Spectrum& spectrum, std::span<const double> energies, double width,
                              const std::function<double(std::size_t state)>& weight) {
  if (!(width > 0)) throw InvalidInput("width {:g} of a density of states; it must be positive", width);
  std::vector<double> density(energies.size(), 0.0);
  const double per_state = spectrum.spins == 1 ? 2 : 1;
  for (std::size_t s = 0; s < spectrum.spins; ++s)
    for (std::size_t k = 0; k < spectrum.kpoints.size(); ++k)
      for (std::size_t n = 0; n < spectrum.bands; ++n) {
        const std::size_t state = spectrum.state(s, k, n);
        const double height =
            per_state * spectrum.weights[k] * weight(state) / (width * std::sqrt(2 * std::numbers::pi));
        for (std::size_t i = 0; i < energies.size(); ++i) {
          const double x = (energies[i] - spectrum.energies[state]) / width;
          if (std::abs(x) < 8) density[i] += height * std::exp(-0.5 * x * x);
        }
      }
  return density;
}

void require_projections(const Spectrum& spectrum) {
  if (spectrum.projections.empty()) throw InvalidInput("the calculation has no projections on atoms");
}

}  // namespace

std::optional<BandGap> band_gap(const Spectrum& spectrum) {
  BandGap gap;
  gap.valence.energy = -infinity;
  gap.conduction.energy = infinity;
  gap.direct_gap = infinity;
  std::size_t filled_before = 0;
  for (std::size_t s = 0; s < spectrum.spins; ++s)
    for (std::size_t k = 0; k < spectrum.kpoints.size(); ++k) {
      double highest = -infinity, lowest = infinity;
      std::size_t filled = 0;
      for (std::size_t n = 0; n < spectrum.bands; ++n) {
        const std::size_t state = spectrum.state(s, k, n);
        const double energy = spectrum.energies[state], occupation = spectrum.occupations[state];
        if (occupation > partial && occupation < 1 - partial) return std::nullopt;
        if (occupation > 0.5) {
          ++filled;
          highest = std::max(highest, energy);
          if (energy > gap.valence.energy) gap.valence = {energy, s, k, n};
        } else {
          lowest = std::min(lowest, energy);
          if (energy < gap.conduction.energy) gap.conduction = {energy, s, k, n};
        }
      }
      if (k > 0 && filled != filled_before) return std::nullopt;
      filled_before = filled;
      if (lowest - highest < gap.direct_gap) {
        gap.direct_gap = lowest - highest;
        gap.direct_kpoint = k;
      }
    }
  if (gap.conduction.energy == infinity)
    throw InvalidInput("no empty bands were calculated, so there is no gap to read");
  gap.gap = gap.conduction.energy - gap.valence.energy;
  if (gap.gap <= 0) return std::nullopt;
  gap.direct = gap.valence.kpoint == gap.conduction.kpoint;
  return gap;
}

std::vector<double> density_of_states(const Spectrum& spectrum, std::span<const double> energies, double width) {
  return broadened(spectrum, energies, width, [](std::size_t) { return 1.0; });
}

std::vector<double> projected_density_of_states(const Spectrum& spectrum, std::span<const std::size_t> atoms,
                                                std::size_t all_atoms, int angular_momentum,
                                                std::span<const double> energies, double width) {
  require_projections(spectrum);
  if (angular_momentum > 2) throw InvalidInput("angular momentum {}; projections have s, p and d", angular_momentum);
  return broadened(spectrum, energies, width, [&](std::size_t state) {
    double weight = 0;
    for (const std::size_t atom : atoms)
      for (std::size_t l = 0; l < Spectrum::momenta; ++l)
        if (angular_momentum < 0 || static_cast<std::size_t>(angular_momentum) == l)
          weight += spectrum.projections.at((state * all_atoms + atom) * Spectrum::momenta + l);
    return weight;
  });
}

double participation_ratio(std::span<const double> weights) {
  double sum = 0, squares = 0;
  for (const double w : weights) {
    sum += w;
    squares += w * w;
  }
  if (!(squares > 0)) throw InvalidInput("a state without weight on any atom has no participation ratio");
  return sum * sum / (static_cast<double>(weights.size()) * squares);
}

std::vector<double> atom_weights(const Spectrum& spectrum, std::size_t atoms, std::size_t state) {
  require_projections(spectrum);
  std::vector<double> weights(atoms, 0.0);
  for (std::size_t atom = 0; atom < atoms; ++atom)
    for (std::size_t l = 0; l < Spectrum::momenta; ++l)
      weights[atom] += spectrum.projections.at((state * atoms + atom) * Spectrum::momenta + l);
  return weights;
}

EffectiveMass effective_mass(std::span<const Eigen::Vector3d> offsets, std::span<const double> energies) {
  const auto count = static_cast<Eigen::Index>(offsets.size());
  if (offsets.size() != energies.size())
    throw InvalidInput("{} k-points but {} energies", offsets.size(), energies.size());
  if (count < 7)
    throw InvalidInput("{} k-points around the band edge; an effective-mass tensor takes at least 7", count);
  double scale = 0;
  for (const auto& k : offsets) scale = std::max(scale, k.norm());
  if (!(scale > 0)) throw InvalidInput("all k-points are the band edge itself");
  // In units of `scale` and of the energies' spread the normal equations are well conditioned.
  Eigen::MatrixXd design(count, 7);
  Eigen::VectorXd values(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Eigen::Vector3d k = offsets[static_cast<std::size_t>(i)] / scale;
    design.row(i) << 1, k[0] * k[0], k[1] * k[1], k[2] * k[2], 2 * k[0] * k[1], 2 * k[0] * k[2], 2 * k[1] * k[2];
    values[i] = (energies[static_cast<std::size_t>(i)] - energies[0]) / constants::elementary_charge;
  }
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(design);
  if (solver.rank() < 7)
    throw InvalidInput("the k-points around the band edge leave the effective-mass tensor undetermined");
  const Eigen::VectorXd c = solver.solve(values);
  Eigen::Matrix3d curvature;
  curvature << c[1], c[4], c[5], c[4], c[2], c[6], c[5], c[6], c[3];
  curvature *= 2 * constants::elementary_charge / (scale * scale);
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> principal(curvature);
  std::array<int, 3> order{0, 1, 2};
  std::ranges::sort(order, std::greater{}, [&](int i) { return std::abs(principal.eigenvalues()[i]); });
  EffectiveMass mass;
  for (int i = 0; i < 3; ++i) {
    mass.masses[i] = reduced_planck * reduced_planck / principal.eigenvalues()[order[static_cast<std::size_t>(i)]];
    mass.axes.row(i) = principal.eigenvectors().col(order[static_cast<std::size_t>(i)]).transpose();
  }
  mass.residual = (design * c - values).norm() / std::sqrt(static_cast<double>(count)) * constants::elementary_charge;
  return mass;
}

BandNeighbourhood around(const Spectrum& spectrum, const Eigen::Matrix3d& lattice, const BandEdge& edge,
                         double radius) {
  const Eigen::Matrix3d reciprocal = reciprocal_lattice(lattice);
  BandNeighbourhood near;
  for (std::size_t k = 0; k < spectrum.kpoints.size(); ++k) {
    const Eigen::Vector3d offset = nearest_image(reciprocal, spectrum.kpoints[edge.kpoint], spectrum.kpoints[k]);
    if (offset.norm() > radius) continue;
    near.offsets.push_back(offset);
    near.energies.push_back(spectrum.energies[spectrum.state(edge.spin, k, edge.band)]);
  }
  return near;
}

}  // namespace ecram::electronic
