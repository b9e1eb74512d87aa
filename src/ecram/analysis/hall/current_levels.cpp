// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/current_levels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "ecram/analysis/hall/reference.h"
#include "ecram/fit/model_choice.h"
#include "ecram/signal/regression.h"
#include "ecram/signal/spikes.h"

namespace ecram::analysis {
namespace {

/// HallReadings that a level has at the least, and that tell how densely it is filled towards its ends.
constexpr std::size_t least_in_a_level = 12;

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

/// The step of the meter that read a current, 0 if there is none. A few readings at a value far off are wrong, and no
/// code of a meter.
double meter_step(std::span<const double> readings) {
  const double step = converter_step(readings);
  if (step == 0) return 0;
  const double middle = signal::median({readings.begin(), readings.end()});
  const auto off = std::ranges::count_if(readings, [&](double v) { return std::abs(v - middle) > 0.5 * step; });
  return step < 0.25 * std::abs(middle) || double(off) > 0.05 * double(readings.size()) ? step : 0;
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
      middle[k] = signal::median(sides[k]);
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

/// The level, counted from the lowest, that each value belongs to.
std::vector<std::size_t> levels_of(const std::vector<double>& values, const std::vector<double>& limits) {
  std::vector<std::size_t> level;
  level.reserve(values.size());
  for (double v : values)
    level.push_back(static_cast<std::size_t>(std::upper_bound(limits.begin(), limits.end(), v) - limits.begin()));
  return level;
}

std::size_t count_steps(const std::vector<std::size_t>& level) {
  std::size_t steps = 0;
  for (std::size_t i = 1; i < level.size(); ++i) steps += level[i] != level[i - 1] ? 1 : 0;
  return steps;
}

/// HallReadings of two neighbouring levels.
struct TwoLevels {
  std::vector<std::size_t> rows[2];  ///< in order of time
  double current[2] = {0, 0};        ///< A, medians
};

enum class Follows { yes, no, unknown };

/// Is a voltage proportional to the current of two levels, or the same at both? A drift, the field and its square are
/// fitted in either case, in units of the current and as they are; what the better one leaves at the worse of the two
/// levels must be less by half.
Follows follows(const TwoLevels& two, const HallReadings& r, const std::vector<double>& voltage) {
  constexpr std::size_t most = 2000;
  constexpr Eigen::Index orders = 3;
  std::vector<std::pair<std::size_t, int>> rows;
  for (int side = 0; side < 2; ++side) {
    const std::size_t stride = std::max<std::size_t>(1, two.rows[side].size() / most);
    for (std::size_t k = 0; k < two.rows[side].size(); k += stride) rows.emplace_back(two.rows[side][k], side);
  }
  std::sort(rows.begin(), rows.end());
  std::vector<double> times;
  for (const auto& [row, side] : rows) times.push_back(r.time[row]);
  const auto n = static_cast<Eigen::Index>(rows.size());
  Eigen::MatrixXd same(n, orders + 3), proportional;
  Eigen::VectorXd y(n), current(n);
  same.leftCols(orders + 1) = legendre(times, static_cast<int>(orders));
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto& [row, side] = rows[static_cast<std::size_t>(i)];
    same(i, orders + 1) = r.field[row];
    same(i, orders + 2) = r.field[row] * r.field[row];
    current[i] = two.current[side];
    y[i] = voltage[row];
  }
  const double scale = current.cwiseAbs().maxCoeff();
  if (!(scale > 0)) return Follows::unknown;
  proportional = (current / scale).asDiagonal() * same;
  const auto scatter = [&](const Eigen::MatrixXd& x, const Eigen::VectorXd& rest, int which) {
    std::vector<double> own;
    for (Eigen::Index i = 0; i < x.rows(); ++i)
      if (rows[static_cast<std::size_t>(i)].second == which) own.push_back(rest[i]);
    return signal::robust_scale(std::move(own));
  };
  const auto left = [&](const Eigen::MatrixXd& x) {
    Eigen::VectorXd weight = Eigen::VectorXd::Ones(n), rest;
    double at[2] = {0, 0};
    for (int pass = 0; pass < 2; ++pass) {  // the second without the voltage's own spikes
      rest = signal::least_squares(x, y, weight).residual;
      for (int side = 0; side < 2; ++side) at[side] = scatter(x, rest, side);
      for (Eigen::Index i = 0; i < n; ++i)
        weight[i] = std::abs(rest[i]) > 5 * at[rows[static_cast<std::size_t>(i)].second] ? 1e-9 : 1;
    }
    return std::max(at[0], at[1]);
  };
  const double digits = 1e-9 * y.cwiseAbs().maxCoeff(), if_same = left(same) + digits,
               if_proportional = left(proportional) + digits;
  if (if_same > 1.5 * if_proportional) return Follows::yes;
  return if_proportional > 1.5 * if_same ? Follows::no : Follows::unknown;
}

/// Does the current stay at the rarer of two levels for longer than readings that come by chance? Or are the levels
/// far apart with a good share of the readings each, as those of a current that is reversed or switched at every
/// reading? Neighbours among the codes of a meter are no levels: a drift from one to the next stays at either.
///
/// @param steps  from one of the levels to the other
/// @param code   A, the meter's step if it shows more than two
bool stays(const TwoLevels& two, std::size_t steps, std::size_t readings, int reach, double code) {
  const double apart = two.current[1] - two.current[0];
  if (apart < 1.5 * code) return false;
  const double rarer = double(std::min(two.rows[0].size(), two.rows[1].size()));
  const double visit = rarer / std::max(1.0, 0.5 * double(steps));
  // By chance readings of a level are two at most in a row in the mean, medians of 2 reach + 1 about as many again.
  if (visit >= (reach == 0 ? 4 : 3 * (2 * reach + 1))) return true;
  return rarer > 0.1 * double(readings) && apart >= 0.5 * std::max(std::abs(two.current[0]), std::abs(two.current[1]));
}

/// Those of the limits on whose two sides the current was different.
///
/// @param values  of the current, their running medians over 2 reach + 1
/// @param code    A, the meter's step if it shows more than two
std::vector<double> true_limits(const std::vector<double>& limits, const std::vector<double>& values, int reach,
                                double code, const HallReadings& r) {
  std::vector<double> found;
  const auto level = levels_of(values, limits);
  for (std::size_t k = 0; k < limits.size(); ++k) {
    TwoLevels two;
    std::vector<double> own[2];
    std::vector<std::size_t> sides;
    for (std::size_t i = 0; i < level.size(); ++i) {
      if (level[i] != k && level[i] != k + 1) continue;
      const std::size_t side = level[i] - k;
      sides.push_back(side);
      two.rows[side].push_back(i);
      own[side].push_back(values[i]);
    }
    for (int side = 0; side < 2; ++side) two.current[side] = signal::median(std::move(own[side]));
    const Follows along = r.voltage_xx.empty() ? Follows::unknown : follows(two, r, r.voltage_xx);
    const Follows across = along == Follows::yes ? along : follows(two, r, r.voltage_xy);
    const bool unknown = along == Follows::unknown && across == Follows::unknown;
    if (along == Follows::yes || across == Follows::yes ||
        (unknown && stays(two, count_steps(sides), values.size(), reach, code)))
      found.push_back(limits[k]);
  }
  return found;
}

/// What a converter's steps q leave in the mean of readings with noise s, root mean square over where the mean stands
/// between two steps: the k-th harmonic of the rounding has the amplitude (q / pi k) exp(-2 (pi k s / q)^2). Little
/// noise scatters the readings by up to q^2/4, in the mean by q^2/12; the noise is taken for what is left beside q^2/6,
/// for with too much of it the error would be far too small.
///
/// @param scatter  of the readings, rounding and all
double error_of_rounding(double step, double scatter) {
  if (!(step > 0)) return 0;
  const double noise2 = std::max(0.0, scatter * scatter / (step * step) - 1.0 / 6), pi = std::numbers::pi;
  double sum = 0;
  for (int k = 1; k <= 10; ++k) sum += std::exp(-4 * pi * pi * k * k * noise2) / (2 * pi * pi * k * k);
  return step * std::sqrt(sum);
}

/// Standard deviation of the readings' noise from third differences of neighbours, in which a current that varies
/// smoothly, be it within some twenty readings, has next to no share. The steps of a coarse meter hide it where most
/// readings repeat the one before; they scatter by half a step at the most.
double noise_of_neighbours(std::span<const double> readings, double step) {
  std::vector<double> bends;
  for (std::size_t i = 3; i < readings.size(); ++i)
    bends.push_back(readings[i] - 3 * readings[i - 1] + 3 * readings[i - 2] - readings[i - 3]);
  return bends.empty() ? 0 : std::max(signal::robust_scale(std::move(bends)) / std::sqrt(20.0), 0.5 * step);
}

/// Marks readings that are further than a limit (A) from what their neighbours say; none if they are so many that it is
/// rather the neighbours that say nothing. Returns how many.
std::size_t mark_spikes(const std::vector<std::size_t>& rows, std::span<const double> readings,
                        std::span<const double> expected, double limit, std::vector<char>& marked) {
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k < rows.size(); ++k)
    if (std::abs(readings[k] - expected[k]) > limit) out.push_back(rows[k]);
  if (5 * out.size() > rows.size()) return 0;
  for (std::size_t row : out) marked[row] = 1;
  return out.size();
}

}  // namespace

Smooth smooth(const Eigen::Ref<const Eigen::MatrixXd>& polynomials, std::span<const double> readings) {
  const Eigen::Map<const Eigen::VectorXd> y(readings.data(), static_cast<Eigen::Index>(readings.size()));
  const auto most_order = static_cast<int>(polynomials.cols()) - 1;
  Eigen::VectorXd weight = Eigen::VectorXd::Ones(y.size());
  const auto fitted = [&](int order) { return signal::least_squares(polynomials.leftCols(order + 1), y, weight); };
  // Of a coarse meter's readings nearly all may be one code: the next is no spike.
  const double step = meter_step(readings);
  for (int pass = 0; pass < 2; ++pass) {
    const Eigen::VectorXd rest = fitted(most_order).residual;
    const double limit = std::max(5 * signal::robust_scale({rest.data(), rest.data() + rest.size()}), 1.5 * step);
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

CurrentLevels current_levels(const HallReadings& r) {
  const std::vector<double>& current = r.current;
  CurrentLevels levels;
  levels.current = current;
  levels.uncertain.assign(current.size(), 0);
  const double step = meter_step(current);
  levels.reading_noise = noise_of_neighbours(current, step);
  if (current.size() < 2 * least_in_a_level) return levels;
  double magnitude = 0;
  for (double i : current) magnitude += std::abs(i) / double(current.size());
  const auto [least, most] = std::minmax_element(current.begin(), current.end());
  const double least_gap = 0.02 * magnitude, code = *most - *least > 1.5 * step ? step : 0;
  const auto smooth_of = [&](const std::vector<std::size_t>& rows, std::vector<double>& readings) {
    std::vector<double> times;
    readings.clear();
    for (std::size_t i : rows) times.push_back(r.time[i]), readings.push_back(current[i]);
    return smooth(legendre(times, std::min(4, static_cast<int>(rows.size() / 6))), readings);
  };

  std::vector<double> limits, values;
  int chosen = 0;
  bool refuted = false;
  for (const int reach : {0, 2, 8}) {
    if (!(*most - *least > least_gap)) break;
    std::vector<double> calm = reach == 0 ? levels.current : signal::running_median(current, reach);
    // A median repeats the same reading several times.
    const std::size_t readings = least_in_a_level + 6 * static_cast<std::size_t>(reach);
    std::vector<double> own = gaps(calm, least_gap, readings);
    const std::size_t gaps_found = own.size();
    own = true_limits(own, calm, reach, code, r);
    refuted = refuted || own.size() < gaps_found;
    if (own.empty() && limits.empty() && reach > 0)
      own = true_limits(middle_of_two(calm, least_gap, readings), calm, reach, code, r);
    // Medians keep a step a step where the current stays for longer than they reach; else they make levels up.
    const auto steps = count_steps(levels_of(calm, own));
    if (reach > 0 && steps * 2 * (2 * static_cast<std::size_t>(reach) + 1) > calm.size()) continue;
    if (own.size() > limits.size()) limits = std::move(own), values = std::move(calm), chosen = reach;
  }
  if (limits.empty()) {
    std::vector<std::size_t> rows(current.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    Smooth s;
    std::vector<double> readings;
    // Noise of two steps leaves nothing of the rounding in the mean.
    if (refuted || levels.reading_noise < 2 * step) s = smooth_of(rows, readings);
    if (!readings.empty()) {
      // A ramp without noise rises in steps, too, but has no scatter about them.
      const auto [low, high] = std::ranges::minmax(s.values);
      const bool ramp = high - low > 2 * step && s.scatter < 0.1 * step;
      levels.rounding = ramp ? 0 : error_of_rounding(step, s.scatter);
    }
    if (refuted) {
      levels.spikes =
          mark_spikes(rows, current, s.values, std::max({7 * s.scatter, 2 * step, least_gap}), levels.uncertain);
    } else if (*most - *least > least_gap) {
      // Too few for a level, or each at a value of its own.
      levels.spikes = mark_spikes(rows, current, signal::running_median(current, 4),
                                  std::max({10 * levels.reading_noise, 2 * step, least_gap}), levels.uncertain);
    }
    return levels;
  }
  levels.level = levels_of(values, limits);
  levels.steps = count_steps(levels.level);
  // A source that is switched between many levels stays on each for a while. One that varies all the time, in step with
  // the readings, has as many values as it has readings in its period, and those on its crests are no level.
  constexpr std::size_t few = 4;
  if (limits.size() >= few && 4 * levels.steps > values.size()) {
    levels.level.clear();
    levels.steps = 0;
    return levels;
  }
  const auto around = static_cast<std::size_t>(chosen == 0 ? 0 : 1 + chosen / 2);
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (levels.level[i] == levels.level[i - 1]) continue;
    for (std::size_t k = i - std::min(i, around); k < std::min(i + around, values.size()); ++k) levels.uncertain[k] = 1;
  }

  levels.count = static_cast<int>(limits.size()) + 1;
  double all = 0, variance = 0;
  for (std::size_t level = 0; level <= limits.size(); ++level) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (levels.level[i] == level) rows.push_back(i);
    std::vector<double> readings;
    const Smooth s = smooth_of(rows, readings);
    const double own_step = meter_step(readings);
    levels.spikes +=
        mark_spikes(rows, readings, s.values, std::max({7 * s.scatter, 2 * own_step, least_gap}), levels.uncertain);
    double mean = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      levels.current[rows[k]] = s.values[k];
      mean += s.values[k] / double(rows.size());
    }
    const double error = std::hypot(s.mean_error, error_of_rounding(own_step, s.scatter));
    levels.errors.push_back(error);
    // The level's share in a slope over the current is as its sum of squares.
    const double n = double(rows.size());
    all += n * mean * mean;
    variance += n * n * mean * mean * error * error;
  }
  levels.limits = std::move(limits);
  levels.error = all > 0 ? std::sqrt(variance) / all : 0;
  return levels;
}

}  // namespace ecram::analysis
