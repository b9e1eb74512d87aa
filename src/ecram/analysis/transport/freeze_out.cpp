// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/transport/freeze_out.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "ecram/analysis/transport/straight_line.h"
#include "ecram/core/constants.h"
#include "ecram/fit/least_squares.h"
#include "ecram/fit/residual_tests.h"
#include "ecram/physics/conduction.h"

namespace ecram::analysis {
namespace {

/// ln(value) of a large table by means over narrow bins of one width in ln(T), their weights added: what a smooth law
/// is fitted to in bearable time. The bins are a 400th of the range wide, over which a law is straight.
struct Means {
  std::vector<double> temperature, y, weight;
};

Means means_in_bins(const TemperatureSeries& s) {
  constexpr std::size_t most = 400;
  Means m{s.temperature, logarithms(s.value), weights(s)};
  if (s.value.size() <= most) return m;
  const double first = std::log(s.temperature.front()), width = (std::log(s.temperature.back()) - first) / most;
  Means few;
  std::size_t bin = most;
  for (std::size_t i = 0; i < s.value.size(); ++i) {
    const auto here = std::min(most - 1, static_cast<std::size_t>((std::log(s.temperature[i]) - first) / width));
    if (few.y.empty() || here != bin) {
      few.temperature.push_back(0);
      few.y.push_back(0);
      few.weight.push_back(0);
      bin = here;
    }
    const double share = m.weight[i] / (few.weight.back() += m.weight[i]);
    few.temperature.back() += share * (s.temperature[i] - few.temperature.back());
    few.y.back() += share * (m.y[i] - few.y.back());
  }
  return few;
}

}  // namespace

bool degenerate(const TemperatureSeries& n, double effective_mass) {
  for (std::size_t i = 0; i < n.value.size(); ++i)
    if (n.value[i] > physics::band_density_of_states(effective_mass, n.temperature[i])) return true;
  return false;
}

FreezeOut fit_freeze_out(const TemperatureSeries& n, const TransportOptions& o) {
  const Means means = means_in_bins(n);
  const auto &y = means.y, &w = means.weight;
  const auto model = [&](std::span<const double> p, double t) {
    return std::log(physics::freeze_out_density(
        {std::exp(p[0]), p[1] * constants::elementary_charge, std::exp(p[2]), o.effective_mass, o.degeneracy}, t));
  };
  fit::LeastSquaresProblem problem;
  problem.residuals = y.size();
  problem.residual = [&](std::span<const double> p, std::span<double> r) {
    for (std::size_t i = 0; i < y.size(); ++i) r[i] = std::sqrt(w[i]) * (y[i] - model(p, means.temperature[i]));
  };
  const double infinite = std::numeric_limits<double>::infinity();
  const double slope = std::clamp(arrhenius_energy(n, 0).value / constants::elementary_charge, 0.01, 1.0);
  const double most = *std::max_element(y.begin(), y.end());
  problem.bounds = {{most - 1, most + 40}, {1e-4, 3}, {std::log(1e-9), std::log(0.99)}};
  fit::LeastSquaresFit best;
  best.chi2 = infinite;
  // The compensated and the uncompensated regime are far apart: start in both.
  for (const auto& start :
       {std::array{most + 3, slope, std::log(0.3)}, std::array{most + 3, 2 * slope, std::log(1e-5)},
        std::array{most + 8, slope, std::log(0.9)}, std::array{most + 1, 2 * slope, std::log(1e-3)}}) {
    const auto tried = fit::least_squares(problem, start);
    if (tried.chi2 < best.chi2) best = tried;
  }
  FreezeOut f;
  const double freedom = std::max(1.0, double(y.size()) - 3);
  const auto error = [&](std::size_t k) { return best.standard_error(k); };
  const auto exponential = [&](std::size_t k) {
    const Estimate e = fit::student_estimate(best.parameters[k], error(k), freedom);
    return Estimate{std::exp(e.value), std::exp(e.value) * e.standard_error, std::exp(e.low), std::exp(e.high)};
  };
  f.density = exponential(0);
  f.depth = scaled(fit::student_estimate(best.parameters[1], error(1), freedom), constants::elementary_charge);
  f.compensation = exponential(2);
  f.determined = best.converged && std::isfinite(error(0) + error(1) + error(2)) && error(0) < 3 && error(2) < 3 &&
                 error(1) < 0.5 * best.parameters[1];
  return f;
}

}  // namespace ecram::analysis
