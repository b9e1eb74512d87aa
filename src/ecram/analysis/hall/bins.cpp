// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/bins.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <fmt/format.h>

#include "ecram/core/errors.h"
#include "ecram/signal/spikes.h"

namespace ecram::analysis {
namespace {

/// "row 12", or "line 14" of a file.
std::string place(const HallRecord& record, std::size_t row) {
  return record.first_line > 0 ? fmt::format("line {}", record.first_line + row) : fmt::format("row {}", row);
}

void check_columns(const HallRecord& record) {
  const auto same = [&](const std::vector<double>& column, const char* name) {
    if (column.size() != record.time.size())
      throw InvalidInput("{} readings of time but {} of {}", record.time.size(), column.size(), name);
  };
  same(record.field, "the field");
  same(record.voltage_xy, "V_xy");
  same(record.current, "the current");
  if (!record.voltage_xx.empty()) same(record.voltage_xx, "V_xx");
  if (record.time.size() < 8) throw InvalidInput("{} readings; a Hall record needs at least 8", record.time.size());
}

/// An extreme of a column that five readings running repeat, and how many do.
struct Plateau {
  Limit limit;
  double share = 0;       ///< of the usable readings, at the limit
  double next_share = 0;  ///< at the value next to it
};

std::vector<Plateau> plateaus(std::span<const double> values, std::span<const char> skip) {
  std::vector<Plateau> found;
  for (const int side : {1, -1}) {
    const auto height = [&](std::size_t i) { return side * values[i]; };
    const auto counts = [&](std::size_t i) { return std::isfinite(values[i]) && (skip.empty() || skip[i] == 0); };
    double top = -std::numeric_limits<double>::infinity(), next = top, at = 0, at_next = 0, all = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!counts(i)) continue;
      all += 1;
      if (height(i) > top)
        next = std::exchange(top, height(i)), at_next = std::exchange(at, 1);
      else if (height(i) == top)
        at += 1;
      else if (height(i) > next)
        next = height(i), at_next = 1;
      else if (height(i) == next)
        at_next += 1;
    }
    if (!std::isfinite(next)) continue;
    int run = 0, longest = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      run = counts(i) && height(i) == top ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    if (longest >= 5) found.push_back({{side * top, side, top - next}, at / all, at_next / all});
  }
  return found;
}

double quantile(std::vector<double>& values, double share) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * double(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Middle and amplitude of a sine by the quantiles of its values, which single wrong readings do not move.
struct Swing {
  double middle = 0, amplitude = 0;
};

Swing swing(std::span<const double> field) {
  std::vector<double> sample;
  const std::size_t stride = std::max<std::size_t>(1, field.size() / 20000);
  for (std::size_t i = 0; i < field.size(); i += stride)
    if (std::isfinite(field[i])) sample.push_back(field[i]);
  if (sample.empty()) return {};
  const double outside = sample.size() < 50 ? 0 : 0.05;
  const double low = quantile(sample, outside), high = quantile(sample, 1 - outside);
  return {0.5 * (low + high), 0.5 * (high - low) / std::cos(std::numbers::pi * outside)};
}

struct FieldFaults {
  std::vector<char> found;
  std::size_t spikes = 0, saturated = 0;
};

/// By how much a reading stands off what its neighbours (four on either side, eight on one where it is an end) say of a
/// field whose second derivative is `bend` at the most: the median over pairs of them of the distance from the straight
/// line through the pair, what the field may bend away from it (bend/2 times the times to both) taken off. Beyond the
/// pair the line is as much less certain as it magnifies the pair's errors.
double standing_off(std::span<const double> time, std::span<const double> field, std::span<const char> skip,
                    std::size_t i, double bend) {
  constexpr std::size_t each_side = 4;
  std::vector<std::size_t> before, after;
  for (std::size_t k = i; k-- > 0 && before.size() < 2 * each_side;)
    if (skip[k] == 0) before.push_back(k);
  for (std::size_t k = i + 1; k < field.size() && after.size() < 2 * each_side; ++k)
    if (skip[k] == 0) after.push_back(k);
  const bool end = before.size() < each_side || after.size() < each_side;
  if (!end) before.resize(each_side), after.resize(each_side);
  std::vector<double> off;
  const auto add = [&](std::size_t j, std::size_t k) {
    const double share = (time[i] - time[j]) / (time[k] - time[j]);
    const double away = std::abs(field[i] - field[j] - share * (field[k] - field[j]));
    const double allowed = 0.5 * bend * std::abs((time[i] - time[j]) * (time[i] - time[k]));
    off.push_back(std::max(0.0, away - allowed) / (std::abs(share) + std::abs(1 - share)));
  };
  for (const std::size_t j : before)
    for (const std::size_t k : after) add(j, k);
  if (end)
    for (const auto& side : {before, after})
      for (std::size_t a = 0; a < side.size(); ++a)
        for (std::size_t b = a + 1; b < side.size(); ++b) add(side[a], side[b]);
  return off.empty() ? 0 : quantile(off, 0.5);
}

/// HallReadings of the field that stand out of their neighbours, where these are many a period, and those at the end of
/// the sensor's range.
FieldFaults field_faults(std::span<const double> time, std::span<const double> field) {
  FieldFaults faults{std::vector<char>(field.size()), 0, 0};
  const Swing range = swing(field);
  if (!(range.amplitude > 0)) return faults;
  std::vector<double> values(field.begin(), field.end()), steps;
  double last = range.middle;
  for (double& v : values) v = last = std::isfinite(v) ? v : last;
  const std::size_t stride = std::max<std::size_t>(1, values.size() / 20000);
  for (std::size_t i = 1; i < values.size(); i += stride) steps.push_back(std::abs(values[i] - values[i - 1]));
  // A sine of N readings a period changes by 2 pi amplitude / N sqrt(1/2) from one to the next, in the median.
  // The median of nine then stays within 5 % of the amplitude of the crest.
  constexpr double dense = 40;
  constexpr std::size_t chord = 4;
  if (values.size() > 2 * chord &&
      quantile(steps, 0.5) < std::numbers::sqrt2 * std::numbers::pi * range.amplitude / dense) {
    std::vector<double> off, rate;
    for (std::size_t i = 1; i + chord < values.size(); i += stride) {
      const double share = (time[i] - time[i - 1]) / (time[i + 1] - time[i - 1]);
      off.push_back((values[i] - values[i - 1] - share * (values[i + 1] - values[i - 1])) /
                    std::sqrt(1 + share * share + (1 - share) * (1 - share)));
      rate.push_back(std::abs(values[i + chord] - values[i]) / (time[i + chord] - time[i]));
    }
    const double limit = std::max(0.1 * range.amplitude, 7 * signal::robust_scale(std::move(off)));
    const double omega = std::numbers::sqrt2 * quantile(rate, 0.5) / range.amplitude;
    // The running median knows no times, and a slope read at uneven ones stands off it: what does is looked at again,
    // beside those neighbours that do not.
    const std::vector<double> median = signal::running_median(values, 4);
    std::vector<char> suspect(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      suspect[i] = !std::isfinite(field[i]) || std::abs(median[i] - values[i]) > limit ? 1 : 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (suspect[i] != 0 && std::isfinite(field[i]) &&
          standing_off(time, field, suspect, i, omega * omega * range.amplitude) > limit)
        faults.found[i] = 1, ++faults.spikes;
  }
  const std::vector<char> spikes = faults.found;
  for (const Plateau& p : plateaus(field, spikes)) {
    // The share of a sine's values within a step of its crest; more stand at the end of a range.
    const double crest = std::acos(std::max(-1.0, 1 - p.limit.step / range.amplitude)) / std::numbers::pi;
    if (p.share < 1.5 * crest + 0.005) continue;
    for (std::size_t i = 0; i < field.size(); ++i)
      if (field[i] == p.limit.value && faults.found[i] == 0) faults.found[i] = 1, ++faults.saturated;
  }
  return faults;
}

/// HallReadings of V_xx at the end of its range, and those beside it that noise might have put there.
std::vector<char> longitudinal_faults(std::span<const double> readings) {
  std::vector<char> found(readings.size());
  for (const Plateau& p : plateaus(readings, {})) {
    // A steady V_xx on a coarse converter repeats its extreme too: but so does the reading beside it, or there is none.
    std::vector<double> others;
    for (double v : readings)
      if (std::isfinite(v) && v != p.limit.value) others.push_back(v);
    if (p.share < 8 * p.next_share || others.size() < readings.size() / 20) continue;
    std::sort(others.begin(), others.end());
    if (std::unique(others.begin(), others.end()) - others.begin() < 20) continue;
    const auto median = signal::running_median(readings, 4);
    std::vector<double> distance;
    for (std::size_t i = 0; i < readings.size(); ++i)
      if (readings[i] != p.limit.value) distance.push_back(readings[i] - median[i]);
    const double reach = 3 * signal::robust_scale(std::move(distance));
    for (std::size_t i = 0; i < readings.size(); ++i)
      if (readings[i] == p.limit.value || p.limit.side * (median[i] - p.limit.value) > -reach) found[i] = 1;
  }
  return found;
}

/// A sine through some readings.
struct Sine {
  double mean = 0, amplitude = 0, amplitude_error = 0;  ///< T
};

/// Its angular frequency, too, is fitted, by Gauss and Newton's steps from `omega`, where there are readings for it;
/// not further than by the share `reach`. Nothing if a gap took most of it.
std::optional<Sine> fit_sine(std::span<const double> time, std::span<const double> field, std::ptrdiff_t from,
                             std::ptrdiff_t to, std::ptrdiff_t stride, double middle, double omega, double reach) {
  const double wanted = omega;
  const auto readings = (to - from + stride - 1) / stride;
  Sine sine;
  for (int step = 0; step < 4; ++step) {
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    double square = 0;
    // The sums for the sine and, for the column of the frequency, t times cosine and sine.
    Eigen::Matrix<double, 3, 2> cross = Eigen::Matrix<double, 3, 2>::Zero();
    Eigen::Matrix2d own = Eigen::Matrix2d::Zero();
    Eigen::Vector2d own_right = Eigen::Vector2d::Zero();
    for (auto i = from; i < to; i += stride) {
      const double t = time[static_cast<std::size_t>(i)] - middle, b = field[static_cast<std::size_t>(i)];
      const Eigen::Vector3d row(1, std::cos(omega * t), std::sin(omega * t));
      const Eigen::Vector2d moving(omega * t * row[1], omega * t * row[2]);
      normal += row * row.transpose();
      right += row * b;
      cross += row * moving.transpose();
      own += moving * moving.transpose();
      own_right += moving * b;
      square += b * b;
    }
    const Eigen::LDLT<Eigen::Matrix3d> solver(normal);
    if (!(solver.rcond() > 0.01)) return step == 0 ? std::nullopt : std::optional(sine);
    const Eigen::Vector3d c = solver.solve(right);
    sine.mean = c[0];
    sine.amplitude = std::hypot(c[1], c[2]);
    const double left = std::max(0.0, square - c.dot(right)), freedom = std::max(1.0, double(readings) - 4);
    sine.amplitude_error = std::sqrt(2 * left / freedom / double(readings));
    if (step == 3 || readings < 8) break;
    // d/d(ln omega) of the sine: omega t (-c1 sin + c2 cos). What the residual says of it, the sine's own share gone.
    const Eigen::Vector2d along(c[2], -c[1]);
    const Eigen::Vector3d shared = cross * along;
    const double own_left = along.dot(own * along) - shared.dot(solver.solve(shared));
    const double change = (along.dot(own_right) - c.dot(shared)) / own_left;
    if (!(own_left > 0) || !(std::abs(omega * (1 + change) / wanted - 1) < reach)) break;
    omega *= 1 + change;
    if (std::abs(change) < 1e-6) break;
  }
  return sine;
}

/// Does the field change by less than a tenth of itself?
bool hardly_moves(const Rotation& turn) { return std::abs(turn.mean) > 10 * turn.amplitude; }

/// @param noise  T, standard deviation
[[noreturn]] void refuse_constant(const Rotation& turn, double noise) {
  throw InvalidInput(
      "the field is constant ({:.4g} T) but for noise of {:.2g} T; expected the reference of a rotating magnet",
      turn.mean, noise);
}

/// Mean and amplitude of a sine through each turn (or several, where readings are few): the medians of up to 200 turns.
///
/// @throws InvalidInput  if what turns is less than half of the field's variance
void fit_sines(std::span<const double> time, std::span<const double> field, Rotation& turn) {
  constexpr double least = 8, most = 128, most_windows = 200;
  const double per_turn = double(time.size()) / turn.periods, omega = 2 * std::numbers::pi * turn.frequency;
  const double turns = std::max(1.0, std::ceil(least / per_turn)), span = turns / turn.frequency;
  const double windows = std::max(1.0, std::floor((time.back() - time.front()) / span + 0.02));
  const auto stride = static_cast<std::ptrdiff_t>(std::max(1.0, turns * per_turn / most));
  std::vector<double> means, amplitudes, scatter, left;
  for (double w = 0; w < windows; w += std::max(1.0, windows / most_windows)) {
    const double start = time.front() + std::floor(w) * span;
    const auto from = std::lower_bound(time.begin(), time.end(), start) - time.begin();
    const auto to = std::lower_bound(time.begin(), time.end(), start + span) - time.begin();
    if (to - from < 5) continue;
    if (const auto sine = fit_sine(time, field, from, to, stride, start + 0.5 * span, omega, 0.25 / turns)) {
      means.push_back(sine->mean);
      amplitudes.push_back(sine->amplitude);
      scatter.push_back(sine->amplitude_error);
      left.push_back(0.5 * sine->amplitude_error * sine->amplitude_error *
                     std::ceil(double(to - from) / double(stride)));
    }
  }
  if (means.empty()) return;
  turn.mean = quantile(means, 0.5);
  turn.amplitude = quantile(amplitudes, 0.5);
  double beside = 0;
  for (std::size_t w = 0; w < means.size(); ++w)
    beside += (left[w] + std::pow(means[w] - turn.mean, 2) + 0.5 * std::pow(amplitudes[w] - turn.amplitude, 2)) /
              double(means.size());
  // Sines through noise take a tenth of its variance, those through a random walk up to two thirds: but that of a
  // magnet that turns is not far from none.
  const double turning = 0.5 * turn.amplitude * turn.amplitude;
  if (turning < (hardly_moves(turn) ? 0.9 : 0.5) * (turning + beside))
    refuse_constant(turn, std::sqrt(turning + beside));
  // Two or three turns may agree by chance: no less than what the readings' scatter about their sines makes.
  double square = 0;
  for (double a : amplitudes) square += (a - turn.amplitude) * (a - turn.amplitude);
  const auto m = double(amplitudes.size());
  const double by_turns = m > 1 ? std::sqrt(square / (m - 1)) : 0;
  constexpr double of_a_median = 1.2533;
  turn.amplitude_error = of_a_median * std::max(by_turns, quantile(scatter, 0.5)) / std::sqrt(m);
}

}  // namespace

Rotation rotation(std::span<const double> time, std::span<const double> field) {
  const Swing range = swing(field);
  Rotation turn;
  turn.mean = range.middle;
  turn.amplitude = range.amplitude;
  if (!(turn.amplitude > 1e-9 * std::abs(turn.mean)) || !(turn.amplitude > 1e-9))
    throw InvalidInput("the field is constant ({:.6g} T); expected the reference of a rotating magnet", turn.mean);

  int side = 0;
  std::vector<double> crossings;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const double from_middle = field[i] - turn.mean;
    if (std::abs(from_middle) < 0.5 * turn.amplitude) continue;
    const int now = from_middle > 0 ? 1 : -1;
    if (side != 0 && now != side) {
      // The crossing lies between the last reading on the other side and this one: interpolate.
      std::size_t j = i;
      while (j > 0 && (field[j - 1] - turn.mean) * now > 0) --j;
      const double a = j > 0 ? field[j - 1] - turn.mean : 0, b = field[j] - turn.mean;
      crossings.push_back(j > 0 ? time[j - 1] + (time[j] - time[j - 1]) * a / (a - b) : time[j]);
    }
    side = now;
  }
  const double duration = time.back() - time.front();
  if (crossings.size() > 1) {
    // A gap hides crossings: the time between two of them then holds several half turns.
    std::vector<double> apart;
    for (std::size_t i = 1; i < crossings.size(); ++i) apart.push_back(crossings[i] - crossings[i - 1]);
    std::vector<double> sorted(apart);
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    double half_turns = 0;
    for (double t : apart) half_turns += std::max(1.0, std::round(t / *middle));
    turn.frequency = 0.5 * half_turns / (crossings.back() - crossings.front());
  }
  turn.periods = duration * turn.frequency;
  if (!(turn.periods >= 1.98) && hardly_moves(turn)) refuse_constant(turn, turn.amplitude / std::numbers::sqrt2);
  if (!(turn.periods >= 1.98))
    throw InvalidInput("{:.2g} periods of the field in {:.4g} s; at least two are needed", turn.periods, duration);
  // The median interval: a pause leaves fewer readings, not fewer in a period.
  std::vector<double> intervals;
  for (std::size_t i = 1; i < time.size(); ++i) intervals.push_back(time[i] - time[i - 1]);
  std::nth_element(intervals.begin(), intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2),
                   intervals.end());
  const double per_period = 1 / (turn.frequency * intervals[intervals.size() / 2]);
  if (per_period < 4)
    throw InvalidInput("{:.2g} readings a period of the field; at least four are needed, or the signal is aliased",
                       per_period);
  fit_sines(time, field, turn);
  return turn;
}

HallReadings usable_readings(const HallRecord& record) {
  check_columns(record);
  const std::size_t n = record.time.size();
  const bool with_xx = !record.voltage_xx.empty();
  HallReadings r;
  double last = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < n; ++i) {
    const double t = record.time[i];
    if (!std::isfinite(t)) throw InvalidInput("{}: no time; expected one for every reading", place(record, i));
    if (!(t > last))
      throw InvalidInput("{}: time {:.9g} s after {:.9g} s; expected time to rise", place(record, i), t, last);
    last = t;
  }
  const FieldFaults wrong_field = field_faults(record.time, record.field);
  const std::vector<char> clipped = longitudinal_faults(record.voltage_xx);
  std::size_t missing = 0, overflows = 0, saturations = 0;
  for (auto* column : {&r.time, &r.field, &r.current, &r.voltage_xy}) column->reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double xy = record.voltage_xy[i], xx = with_xx ? record.voltage_xx[i] : 0;
    const double b = record.field[i], current = record.current[i];
    if (std::isinf(xy) || std::isinf(xx) || std::isinf(b) || std::isinf(current)) {
      ++overflows;
    } else if (!std::isfinite(xy) || !std::isfinite(xx) || !std::isfinite(b) || !std::isfinite(current)) {
      ++missing;
    } else if (with_xx && clipped[i] != 0) {
      ++saturations;
    } else if (wrong_field.found[i] == 0) {
      r.time.push_back(record.time[i]);
      r.field.push_back(b);
      r.current.push_back(current);
      r.voltage_xy.push_back(xy);
      if (with_xx) r.voltage_xx.push_back(xx);
    }
  }
  if (overflows == n) {
    const std::pair<const std::vector<double>*, const char*> columns[] = {{&record.voltage_xy, "V_xy"},
                                                                          {&record.voltage_xx, "V_xx"},
                                                                          {&record.current, "the current"},
                                                                          {&record.field, "the field"}};
    for (const auto& [column, name] : columns)
      if (!column->empty() && std::ranges::all_of(*column, [](double v) { return std::isinf(v); }))
        throw InvalidInput("every reading of {} is an overflow (9.9E37); expected readings within the range", name);
    throw InvalidInput("every row has an overflow (9.9E37); expected readings within the range");
  }
  if (r.time.size() < 8)
    throw InvalidInput(
        "{} of {} readings can be used ({} overflows, {} missing, {} with V_xx and {} with the field at the range's "
        "end); at least 8 are needed",
        r.time.size(), n, overflows, missing, saturations, wrong_field.saturated);
  if (overflows > 0)
    r.warnings.push_back({"overflow", 0, fmt::format("{} readings are overflows and were left out", overflows)});
  if (missing > 0)
    r.warnings.push_back({"missing", 0, fmt::format("{} readings lack a value and were left out", missing)});
  if (saturations > 0)
    r.warnings.push_back({"longitudinal_saturated", 0,
                          fmt::format("{} readings of V_xx stand at the end of the range, or within its noise of it, "
                                      "and were left out",
                                      saturations)});
  if (wrong_field.spikes > 0)
    r.warnings.push_back(
        {"field_spikes", 0, fmt::format("{} readings of the field stand out and were left out", wrong_field.spikes)});
  if (wrong_field.saturated > 0)
    r.warnings.push_back(
        {"field_saturated", 0,
         fmt::format("{} readings of the field stand at the end of the sensor's range and were left out; the amplitude "
                     "is that of the sine through the others",
                     wrong_field.saturated)});
  for (const Plateau& p : plateaus(r.voltage_xy, {})) r.limits.push_back(p.limit);
  r.rejected.assign(r.time.size(), 0);
  return r;
}

double converter_step(std::span<const double> readings) {
  double largest = 0, step = 0;
  for (double v : readings) largest = std::max(largest, std::abs(v));
  const double digits = 1e-9 * largest;  // where a file's numbers end
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const double d = std::abs(readings[i] - readings[i - 1]);
    if (d > digits && (step == 0 || d < step)) step = d;
  }
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const double d = std::abs(readings[i] - readings[i - 1]);
    if (std::abs(d - step * std::round(d / step)) > 0.01 * step + digits) return 0;
  }
  return step;
}

Bins bin(const HallReadings& r, const Rotation& turn, double per_period) {
  const double width = 1 / (turn.frequency * per_period);
  const bool with_xx = !r.voltage_xx.empty();
  Bins bins;
  const auto reserve = static_cast<std::size_t>(std::min(double(r.time.size()), turn.periods * per_period + 2));
  for (auto* column : {&bins.time, &bins.weight, &bins.field, &bins.field2, &bins.current, &bins.current_field,
                       &bins.current_field2, &bins.current_cubed, &bins.voltage_xy, &bins.voltage_xx})
    column->reserve(reserve);
  double count = 0, t = 0, b = 0, b2 = 0, current = 0, cb = 0, cb2 = 0, cubed = 0, xy = 0, xx = 0;
  const auto close = [&] {
    if (count == 0) return;
    bins.time.push_back(t / count);
    bins.weight.push_back(count);
    bins.field.push_back(b / count);
    bins.field2.push_back(b2 / count);
    bins.current.push_back(current / count);
    bins.current_field.push_back(cb / count);
    bins.current_field2.push_back(cb2 / count);
    bins.current_cubed.push_back(cubed / count);
    bins.voltage_xy.push_back(xy / count);
    if (with_xx) bins.voltage_xx.push_back(xx / count);
    count = t = b = b2 = current = cb = cb2 = cubed = xy = xx = 0;
  };
  const double start = r.time.front();
  double next = start + width;
  for (std::size_t i = 0; i < r.time.size(); ++i) {
    if (r.time[i] >= next - 1e-9 * width) {
      close();
      next = start + width * (std::floor((r.time[i] - start) / width + 1e-9) + 1);
    }
    if (r.rejected[i] != 0) continue;
    count += 1;
    t += r.time[i];
    b += r.field[i];
    b2 += r.field[i] * r.field[i];
    current += r.current[i];
    cb += r.current[i] * r.field[i];
    cb2 += r.current[i] * r.field[i] * r.field[i];
    cubed += r.current[i] * r.current[i] * r.current[i];
    xy += r.voltage_xy[i];
    if (with_xx) xx += r.voltage_xx[i];
  }
  close();
  for (std::size_t i = 0; i < bins.time.size(); ++i)
    bins.interval.push_back(i == 0 ? width : bins.time[i] - bins.time[i - 1]);
  return bins;
}

}  // namespace ecram::analysis
