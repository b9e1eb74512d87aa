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

constexpr double infinite = std::numeric_limits<double>::infinity();
/// Of the compensation as ln(K/(1 - K)): 1e-9, below which there is none, to 0.99.
constexpr double lowest_odds = -20.7, highest_odds = 4.6;

double share_of(double odds) { return 1 / (1 + std::exp(-odds)); }

/// Interval that grows with what it is shown.
struct Reach {
  double low = infinite, high = -infinite;

  void add(double middle, double half_width) {
    low = std::min(low, middle - half_width);
    high = std::max(high, middle + half_width);
  }
};

/// chi2 against the compensation, the donors' density and depth fitted at each.
class Profile {
 public:
  struct Point {
    double odds = 0, chi2 = infinite;
    double log_density = 0, depth = 0;                ///< ln(1/m^3), eV
    double density_variance = 0, depth_variance = 0;  ///< for residuals of unit variance, at this compensation
  };

  Profile(const TemperatureSeries& n, const TransportOptions& o) : means_(means_in_bins(n)), options_(o) {
    most_ = *std::max_element(means_.y.begin(), means_.y.end());
    slope_ = std::clamp(arrhenius_energy(n, 0).value / constants::elementary_charge, 0.01, 1.0);
    problem_.residuals = means_.y.size();
    problem_.residual = [this](std::span<const double> p, std::span<double> r) {
      const double share = share_of(odds_);
      for (std::size_t i = 0; i < r.size(); ++i) {
        const physics::Donor donor{std::exp(p[0]), p[1] * constants::elementary_charge, share, options_.effective_mass,
                                   options_.degeneracy};
        const double model = std::log(physics::freeze_out_density(donor, means_.temperature[i]));
        r[i] = std::sqrt(means_.weight[i]) * (means_.y[i] - model);
      }
    };
    problem_.bounds = {{most_ - 1, most_ + 40}, {1e-4, 3}};
  }

  std::size_t points() const { return means_.y.size(); }

  /// The slope of ln(n) is the depth with compensation, half of it without: both are tried.
  Point at(double odds) {
    Point best = from(odds, {most_ + 3 + std::max(odds, 0.0), slope_});
    const Point other = from(odds, {most_ + 3, 2 * slope_});
    return other.chi2 < best.chi2 ? other : best;
  }

  /// Beginning with what was found close by.
  Point near(double odds, const Point& neighbour) { return from(odds, {neighbour.log_density, neighbour.depth}); }

 private:
  Point from(double odds, std::array<double, 2> start) {
    odds_ = odds;
    for (std::size_t k = 0; k < 2; ++k)
      start[k] = std::clamp(start[k], problem_.bounds[k].low + 1e-6, problem_.bounds[k].high - 1e-6);
    const auto fit = fit::least_squares(problem_, start);
    const double unit = fit.chi2 / std::max(1.0, static_cast<double>(points()) - 2);
    return {
        odds, fit.chi2, fit.parameters[0], fit.parameters[1], fit.covariance(0, 0) / unit, fit.covariance(1, 1) / unit};
  }

  Means means_;
  TransportOptions options_;
  fit::LeastSquaresProblem problem_;
  double most_ = 0, slope_ = 0, odds_ = 0;
};

/// Down from a node of the grid.
Profile::Point bottom(Profile& profile, Profile::Point best, double step) {
  for (; step > 1e-5; step /= 2)
    for (const double direction : {-1.0, 1.0}) {
      const double next = best.odds + direction * step;
      if (next < lowest_odds || next > highest_odds) continue;
      const Profile::Point tried = profile.near(next, best);
      if (tried.chi2 < best.chi2) best = tried;
    }
  return best;
}

/// From `inside` outwards, `direction` 1 or -1: where chi2 passes `limit`, or the end of the range.
Profile::Point edge(Profile& profile, const Profile::Point& inside, double direction, double limit) {
  const double end = direction > 0 ? highest_odds : lowest_odds;
  Profile::Point in = inside, out = inside;
  for (double step = 1e-4; in.odds != end; step = std::min(2 * step, 0.7)) {
    const double next = direction > 0 ? std::min(in.odds + step, end) : std::max(in.odds - step, end);
    out = profile.near(next, in);
    if (out.chi2 > limit) break;
    in = out;
  }
  for (int i = 0; i < 12 && out.chi2 > limit; ++i) {
    const Profile::Point middle = profile.near((in.odds + out.odds) / 2, in);
    (middle.chi2 > limit ? out : in) = middle;
  }
  return in;
}

Estimate within(double value, const Reach& reach, double t) {
  return {value, (reach.high - reach.low) / (2 * t), reach.low, reach.high};
}

Estimate exponential(double log_value, const Reach& reach, double t) {
  const double value = std::exp(log_value);
  return {value, value * (reach.high - reach.low) / (2 * t), std::exp(reach.low), std::exp(reach.high)};
}

}  // namespace

bool degenerate(const TemperatureSeries& n, double effective_mass) {
  for (std::size_t i = 0; i < n.value.size(); ++i)
    if (n.value[i] > physics::band_density_of_states(effective_mass, n.temperature[i])) return true;
  return false;
}

FreezeOut fit_freeze_out(const TemperatureSeries& n, const TransportOptions& o) {
  Profile profile(n, o);
  // Over the whole range, since there are valleys: compensated donors and those that are not, narrow ones among them.
  constexpr int nodes = 37;
  constexpr double spacing = (highest_odds - lowest_odds) / (nodes - 1);
  std::vector<Profile::Point> seen;
  for (int i = 0; i < nodes; ++i) seen.push_back(profile.at(i + 1 == nodes ? highest_odds : lowest_odds + spacing * i));
  for (std::size_t i = 0; i < nodes; ++i) {
    const bool valley =
        (i == 0 || seen[i].chi2 <= seen[i - 1].chi2) && (i + 1 == nodes || seen[i].chi2 <= seen[i + 1].chi2);
    if (valley) seen.push_back(bottom(profile, seen[i], spacing));
  }
  const Profile::Point best = *std::ranges::min_element(seen, {}, &Profile::Point::chi2);

  // Profile likelihood: the 95 % interval of a parameter is its reach over all that is no worse than this.
  const double freedom = std::max(1.0, static_cast<double>(profile.points()) - 3);
  const double t = fit::student_t_quantile(0.975, freedom);
  const double limit = best.chi2 * (1 + t * t / freedom);
  const Profile::Point low = edge(profile, best, -1, limit), high = edge(profile, best, 1, limit);
  FreezeOut f;
  for (const Profile::Point& p : seen)
    if ((p.odds < low.odds || p.odds > high.odds) && p.chi2 <= limit) return f;  // another valley does as well
  Reach density, depth;
  constexpr int parts = 12;
  Profile::Point at = low;
  for (int i = 0; i <= parts; ++i) {
    at = profile.near(low.odds + (high.odds - low.odds) * i / parts, at);
    const double room = std::sqrt(std::max(limit - at.chi2, 0.0));
    density.add(at.log_density, room * std::sqrt(at.density_variance));
    depth.add(at.depth, room * std::sqrt(at.depth_variance));
  }
  density.add(best.log_density, std::sqrt((limit - best.chi2) * best.density_variance));
  depth.add(best.depth, std::sqrt((limit - best.chi2) * best.depth_variance));
  const auto e = constants::elementary_charge;
  const bool donors_known = std::isfinite(density.high - density.low) && density.high - density.low < 6 * t &&
                            depth.high - depth.low < best.depth * t && high.odds < highest_odds;
  if (!donors_known) return f;
  f.density = exponential(best.log_density, density, t);
  f.depth = scaled(within(best.depth, depth, t), e);
  if (low.odds > lowest_odds) {
    const double k = share_of(best.odds), from = share_of(low.odds), to = share_of(high.odds);
    f.compensation = {k, (to - from) / (2 * t), from, to};
    f.determined = to < 1e3 * from;
  }
  f.compensation_below = share_of(high.odds);
  return f;
}

}  // namespace ecram::analysis
