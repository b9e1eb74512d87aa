// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/bins.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "ecram/core/errors.h"

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

/// Rows whose value repeats an extreme of the column five times running: a converter at its end.
std::vector<char> saturated(std::span<const double> values) {
  std::vector<char> found(values.size());
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (double v : values)
    if (std::isfinite(v) && std::abs(v) < overflow) low = std::min(low, v), high = std::max(high, v);
  if (!(high > low)) return found;
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    if ((values[i] == low || values[i] == high) && end - i >= 5)
      std::fill(found.begin() + static_cast<std::ptrdiff_t>(i), found.begin() + static_cast<std::ptrdiff_t>(end), 1);
    i = end;
  }
  return found;
}

}  // namespace

Rotation rotation(std::span<const double> time, std::span<const double> field) {
  const auto [low, high] = std::minmax_element(field.begin(), field.end());
  Rotation turn;
  turn.mean = 0.5 * (*low + *high);
  turn.amplitude = 0.5 * (*high - *low);
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
  if (!(turn.periods >= 1.98))
    throw InvalidInput("{:.2g} periods of the field in {:.4g} s; at least two are needed", turn.periods, duration);
  const double per_period = double(time.size()) / turn.periods;
  if (per_period < 4)
    throw InvalidInput("{:.2g} readings a period of the field; at least four are needed, or the signal is aliased",
                       per_period);
  return turn;
}

Readings usable_readings(const HallRecord& record) {
  check_columns(record);
  const std::size_t n = record.time.size();
  const bool with_xx = !record.voltage_xx.empty();
  Readings r;
  const std::vector<char> clipped = saturated(record.voltage_xy);
  std::size_t missing = 0, overflows = 0, saturations = 0;
  double last = -std::numeric_limits<double>::infinity();
  for (auto* column : {&r.time, &r.field, &r.current, &r.voltage_xy}) column->reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double t = record.time[i];
    if (!std::isfinite(t)) throw InvalidInput("{}: no time; expected one for every reading", place(record, i));
    if (!(t > last))
      throw InvalidInput("{}: time {:.9g} s after {:.9g} s; expected time to rise", place(record, i), t, last);
    last = t;
    const double xy = record.voltage_xy[i], xx = with_xx ? record.voltage_xx[i] : 0;
    const double b = record.field[i], current = record.current[i];
    if (std::abs(xy) > overflow || std::abs(xx) > overflow || std::abs(b) > overflow || std::abs(current) > overflow) {
      ++overflows;
    } else if (!std::isfinite(xy) || !std::isfinite(xx) || !std::isfinite(b) || !std::isfinite(current)) {
      ++missing;
    } else if (clipped[i] != 0) {
      ++saturations;
    } else {
      r.time.push_back(t);
      r.field.push_back(b);
      r.current.push_back(current);
      r.voltage_xy.push_back(xy);
      if (with_xx) r.voltage_xx.push_back(xx);
    }
  }
  if (overflows == n) throw InvalidInput("every reading is an overflow (9.9E37); expected readings within the range");
  if (r.time.size() < 8)
    throw InvalidInput("{} of {} readings can be used ({} overflows, {} missing, {} saturated); at least 8 are needed",
                       r.time.size(), n, overflows, missing, saturations);
  if (overflows > 0)
    r.warnings.push_back({"overflow", 0, fmt::format("{} readings are overflows and were left out", overflows)});
  if (missing > 0)
    r.warnings.push_back({"missing", 0, fmt::format("{} readings lack a value and were left out", missing)});
  if (saturations > 0)
    r.warnings.push_back(
        {"saturated", 0, fmt::format("{} readings stand at the end of the range and were left out", saturations)});
  r.rejected.assign(r.time.size(), 0);
  return r;
}

Bins bin(const Readings& r, const Rotation& turn, double per_period) {
  const double width = 1 / (turn.frequency * per_period);
  const bool with_xx = !r.voltage_xx.empty();
  Bins bins;
  const auto reserve = static_cast<std::size_t>(std::min(double(r.time.size()), turn.periods * per_period + 2));
  for (auto* column : {&bins.time, &bins.weight, &bins.field, &bins.current, &bins.current_field, &bins.current_field2,
                       &bins.voltage_xy, &bins.voltage_xx})
    column->reserve(reserve);
  double count = 0, t = 0, b = 0, current = 0, cb = 0, cb2 = 0, xy = 0, xx = 0;
  const auto close = [&] {
    if (count == 0) return;
    bins.time.push_back(t / count);
    bins.weight.push_back(count);
    bins.field.push_back(b / count);
    bins.current.push_back(current / count);
    bins.current_field.push_back(cb / count);
    bins.current_field2.push_back(cb2 / count);
    bins.voltage_xy.push_back(xy / count);
    if (with_xx) bins.voltage_xx.push_back(xx / count);
    count = t = b = current = cb = cb2 = xy = xx = 0;
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
    current += r.current[i];
    cb += r.current[i] * r.field[i];
    cb2 += r.current[i] * r.field[i] * r.field[i];
    xy += r.voltage_xy[i];
    if (with_xx) xx += r.voltage_xx[i];
  }
  close();
  for (std::size_t i = 0; i < bins.time.size(); ++i)
    bins.interval.push_back(i == 0 ? width : bins.time[i] - bins.time[i - 1]);
  return bins;
}

}  // namespace ecram::analysis
