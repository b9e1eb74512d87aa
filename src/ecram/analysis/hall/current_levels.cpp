// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/current_levels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "ecram/analysis/hall/reference.h"
#include "ecram/fit/model_choice.h"
#include "ecram/signal/regression.h"
#include "ecram/signal/spikes.h"

namespace ecram::analysis {
namespace {

/// Readings that a level has at the least, and that tell how densely it is filled towards its ends.
constexpr std::size_t least_readings = 12;

/// Middles of the gaps between the levels of some values.
std::vector<double> gaps(std::vector<double> values, double least_gap, std::size_t readings) {
  std::sort(values.begin(), values.end());
  std::vector<double> found;
  std::size_t from = 0;
  for (std::size_t i = readings; i + readings <= values.size(); ++i) {
    const double gap = values[i] - values[i - 1];
    if (!(gap > least_gap) || i - from < readings) continue;
    const double below = values[i - 1] - values[i - readings], above = values[i + readings - 1] - values[i];
    if (!(gap > 1.5 * std::max(below, above))) continue;
    found.push_back(0.5 * (values[i] + values[i - 1]));
    from = i;
  }
  return found;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The middle between two levels whose distance is eight times the (robust) standard deviation within them; nothing if
/// there are none. Halves of a normal distribution are 3.5 apart, those of a sine or a ramp less.
std::vector<double> middle_of_two(const std::vector<double>& values, double least_gap, std::size_t readings) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  double limit = 0.5 * (*least + *most), apart = 0, within = 0;
  for (int step = 0; step < 20; ++step) {
    std::vector<double> sides[2];
    for (double v : values) sides[v > limit ? 1 : 0].push_back(v);
    if (std::min(sides[0].size(), sides[1].size()) < readings) return {};
    double middle[2];
    within = 0;
    for (int k = 0; k < 2; ++k) {
      middle[k] = median(sides[k]);
      for (double& v : sides[k]) v -= middle[k];
      within = std::max(within, signal::robust_scale(std::move(sides[k])));
    }
    apart = middle[1] - middle[0];
    const double next = 0.5 * (middle[0] + middle[1]);
    if (std::abs(next - limit) <= 1e-6 * apart) break;
    limit = next;
  }
  return apart > least_gap && apart > 8 * within ? std::vector{limit} : std::vector<double>{};
}

}  // namespace

Smooth smooth(const Eigen::Ref<const Eigen::MatrixXd>& polynomials, std::span<const double> readings) {
  const Eigen::Map<const Eigen::VectorXd> y(readings.data(), static_cast<Eigen::Index>(readings.size()));
  const auto most_order = static_cast<int>(polynomials.cols()) - 1;
  Eigen::VectorXd weight = Eigen::VectorXd::Ones(y.size());
  const auto fitted = [&](int order) { return signal::least_squares(polynomials.leftCols(order + 1), y, weight); };
  for (int pass = 0; pass < 2; ++pass) {
    const Eigen::VectorXd rest = fitted(most_order).residual;
    const double limit = 5 * signal::robust_scale({rest.data(), rest.data() + rest.size()});
    for (Eigen::Index i = 0; i < y.size(); ++i) weight[i] = std::abs(rest[i]) > limit ? 1e-9 : 1;
  }
  Smooth s;
  // Akaike's 2 for a parameter would have noise for a drift in every third record; this is Schwarz's ln n.
  const double n = double(readings.size()), more_than_akaike = std::log(n) - 2;
  double best = std::numeric_limits<double>::infinity();
  for (int order = 0; order <= most_order; ++order) {
    const auto fit = fitted(order);
    const double square = weight.dot(fit.residual.cwiseAbs2()), floor = 1e-24 * y.squaredNorm();
    const auto parameters = static_cast<std::size_t>(order) + 2;
    const double criterion =
        fit::aicc(n * std::log(std::max(square, floor) / n), parameters, readings.size()) + order * more_than_akaike;
    if (!(criterion < best)) continue;
    best = criterion;
    s.values.resize(readings.size());
    Eigen::Map<Eigen::VectorXd>(s.values.data(), y.size()) = y - fit.residual;
    const double variance = square / std::max(1.0, double(y.size() - order - 1));
    s.scatter = std::sqrt(variance);
    s.mean_error = std::sqrt(variance * fit.inverse(0, 0));
  }
  return s;
}

CurrentLevels current_levels(std::span<const double> time, std::span<const double> current) {
  CurrentLevels levels;
  levels.current.assign(current.begin(), current.end());
  if (current.size() < 2 * least_readings) return levels;
  double magnitude = 0;
  for (double i : current) magnitude += std::abs(i) / double(current.size());
  const auto [least, most] = std::minmax_element(current.begin(), current.end());
  const double least_gap = 0.02 * magnitude;
  if (!(*most - *least > least_gap)) return levels;

  std::vector<double> limits, values;
  int chosen = 0;
  for (const int reach : {0, 2, 8}) {
    std::vector<double> calm = reach == 0 ? levels.current : signal::running_median(current, reach);
    // A median repeats the same reading several times.
    std::vector<double> own = gaps(calm, least_gap, least_readings + 6 * static_cast<std::size_t>(reach));
    if (own.empty() && limits.empty() && reach > 0)
      own = middle_of_two(calm, least_gap, least_readings + 6 * static_cast<std::size_t>(reach));
    if (own.size() > limits.size()) limits = std::move(own), values = std::move(calm), chosen = reach;
  }
  if (limits.empty()) return levels;
  const auto level_of = [&](std::size_t i) {
    return std::upper_bound(limits.begin(), limits.end(), values[i]) - limits.begin();
  };
  // A source that is switched between many levels stays on each for a while. One that varies all the time, in step with
  // the readings, has as many values as it has readings in its period, and those on its crests are no level.
  constexpr std::size_t few = 4;
  std::size_t changes = 0;
  for (std::size_t i = 1; i < values.size(); ++i) changes += level_of(i) != level_of(i - 1) ? 1 : 0;
  if (limits.size() >= few && 4 * changes > values.size()) return levels;
  levels.uncertain.assign(values.size(), 0);
  const auto around = static_cast<std::size_t>(chosen == 0 ? 0 : 1 + chosen / 2);
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (level_of(i) == level_of(i - 1)) continue;
    ++levels.steps;
    for (std::size_t k = i - std::min(i, around); k < std::min(i + around, values.size()); ++k) levels.uncertain[k] = 1;
  }

  levels.count = static_cast<int>(limits.size()) + 1;
  double all = 0, variance = 0;
  for (std::size_t level = 0; level <= limits.size(); ++level) {
    std::vector<std::size_t> rows;
    std::vector<double> times, readings;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (level_of(i) == static_cast<std::ptrdiff_t>(level))
        rows.push_back(i), times.push_back(time[i]), readings.push_back(current[i]);
    const auto s = smooth(legendre(times, std::min(4, static_cast<int>(rows.size() / 6))), readings);
    double mean = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      levels.current[rows[k]] = s.values[k];
      mean += s.values[k] / double(rows.size());
    }
    levels.errors.push_back(s.mean_error);
    // The level's share in a slope over the current is as its sum of squares.
    const double n = double(rows.size());
    all += n * mean * mean;
    variance += n * n * mean * mean * s.mean_error * s.mean_error;
  }
  levels.limits = std::move(limits);
  levels.error = all > 0 ? std::sqrt(variance) / all : 0;
  return levels;
}

}  // namespace ecram::analysis
