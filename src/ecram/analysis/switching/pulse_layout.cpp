// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/pulse_layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::analysis {
namespace {

using constants::nan;

Direction direction_of(signed char sign) { return sign > 0 ? Direction::potentiation : Direction::depression; }

/// Builds one train value by value. Pulse numbers are written down only once they are not 0, 1, 2, ...
class Train {
 public:
  Train(Direction direction, bool has_energy, std::size_t expected) : has_energy_(has_energy) {
    run_.train.direction = direction;
    run_.train.conductance.reserve(expected);
    if (has_energy) run_.train.energy.reserve(expected);
  }

  void add(double pulse, double conductance, double energy, std::size_t line) {
    auto& train = run_.train;
    const std::size_t count = train.conductance.size();
    if (count == 0) train.first_line = line;
    if (train.pulse.empty() && pulse != static_cast<double>(count)) {
      train.pulse.resize(count);
      std::iota(train.pulse.begin(), train.pulse.end(), 0.0);
    }
    if (!train.pulse.empty() || pulse != static_cast<double>(count)) train.pulse.push_back(pulse);
    train.conductance.push_back(conductance);
    if (has_energy_) train.energy.push_back(energy);
    run_.last_line = line;
  }

  Run take() && { return std::move(run_); }

 private:
  Run run_;
  bool has_energy_;
};

/// Counts readings that are not there, for one warning about all of them.
struct Missing {
  std::size_t count = 0, first_line = 0;

  void add(std::size_t line) {
    if (count++ == 0) first_line = line;
  }
  void warn(std::vector<Warning>& warnings) const {
    if (count > 0)
      warnings.push_back(
          {"missing_reading", first_line,
           fmt::format("{} pulses have no reading, the first on line {}; they count as pulses.", count, first_line)});
  }
};

void warn_of_read_only_rows(std::size_t count, std::size_t first_line, std::vector<Warning>& warnings) {
  if (count > 0)
    warnings.push_back({"read_only_rows", first_line,
                        fmt::format("{} rows have no pulse (voltage or direction zero), the first on line {}; they are "
                                    "not counted as pulses.",
                                    count, first_line)});
}

/// Rows of one direction and one cycle, as long_form collects them.
struct Group {
  double cycle = 0;
  signed char sign = 0;
  std::vector<std::size_t> rows;
};

/// Consecutive pulses whose numbers go one way. A number given twice does not turn them back.
std::vector<Group> one_way_runs(const Rows& rows, const std::vector<double>& pulse) {
  std::vector<Group> runs;
  bool ascends = true;
  for (std::size_t row = 0; row < pulse.size(); ++row) {
    if (rows.sign[row] == 0) continue;
    bool continues = !runs.empty() && runs.back().sign == rows.sign[row];
    if (continues) {
      const double before = pulse[runs.back().rows.back()];
      if (before == pulse[runs.back().rows.front()]) ascends = pulse[row] >= before;
      continues = ascends ? pulse[row] >= before : pulse[row] <= before;
    }
    if (!continues) runs.push_back({0, rows.sign[row], {}});
    runs.back().rows.push_back(row);
  }
  return runs;
}

/// Do these runs look like cycles: more than one of a direction, and hardly a pulse outside of runs long enough?
bool are_cycles(const std::vector<Group>& runs) {
  std::size_t up = 0, down = 0, in_long_runs = 0, all = 0;
  for (const auto& run : runs) {
    all += run.rows.size();
    if (run.rows.size() < fewest_pulses) continue;
    in_long_runs += run.rows.size();
    (run.sign > 0 ? up : down)++;
  }
  return (up > 1 || down > 1) && in_long_runs * 10 >= all * 9;
}

std::vector<Group> groups_by_cycle(const Rows& rows, const std::vector<double>& cycle) {
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < rows.sign.size(); ++row)
    if (rows.sign[row] != 0) order.push_back(row);
  const auto before = [&](std::size_t a, std::size_t b) {
    if (!cycle.empty() && cycle[a] != cycle[b]) return cycle[a] < cycle[b];
    return rows.sign[a] > rows.sign[b];
  };
  if (!std::is_sorted(order.begin(), order.end(), before)) std::stable_sort(order.begin(), order.end(), before);
  std::vector<Group> groups;
  for (const std::size_t row : order) {
    const double number = cycle.empty() ? 0 : cycle[row];
    if (groups.empty() || groups.back().cycle != number || groups.back().sign != rows.sign[row])
      groups.push_back({number, rows.sign[row], {}});
    groups.back().rows.push_back(row);
  }
  return groups;
}

struct Duplicates {
  std::size_t count = 0, first_line = 0;
};

/// Readings of one pulse number, averaged.
void add_averaged(std::span<const std::size_t> same, const record::Table& table, const Rows& rows, double pulse,
                  Train& train, Missing& missing) {
  double conductance = 0, energy = 0;
  std::size_t readings = 0;
  for (const std::size_t row : same) {
    if (std::isnan(rows.conductance[row])) continue;
    conductance += rows.conductance[row];
    if (!rows.energy.empty()) energy += rows.energy[row];
    ++readings;
  }
  const std::size_t line = line_of(table, same.front());
  if (readings == 0) {
    missing.add(line);
  } else {
    const auto count = static_cast<double>(readings);
    train.add(pulse, conductance / count, rows.energy.empty() ? nan : energy / count, line);
  }
}

Run train_of_group(const record::Table& table, const Rows& rows, const std::vector<double>& pulse, Group& group,
                   Missing& missing, Duplicates& duplicates) {
  auto& order = group.rows;
  const auto before = [&](std::size_t a, std::size_t b) { return pulse[a] < pulse[b]; };
  if (!std::is_sorted(order.begin(), order.end(), before)) std::stable_sort(order.begin(), order.end(), before);
  Train train(direction_of(group.sign), !rows.energy.empty(), order.size());
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from + 1;
    while (to < order.size() && pulse[order[to]] == pulse[order[from]]) ++to;
    if (to > from + 1) {
      const std::size_t line = line_of(table, order[from + 1]);
      duplicates.first_line = duplicates.count == 0 ? line : std::min(duplicates.first_line, line);
      duplicates.count += to - from - 1;
    }
    add_averaged(std::span(order).subspan(from, to - from), table, rows, pulse[order[from]], train, missing);
    from = to;
  }
  return std::move(train).take();
}

}  // namespace

void Runs::add(Run run) {
  const std::size_t size = run.train.conductance.size();
  if (size >= fewest_pulses) {
    runs.push_back(std::move(run));
  } else if (size > 0) {
    if (dropped++ == 0) first_dropped_line = run.train.first_line;
    longest_dropped = std::max(longest_dropped, size);
  }
}

std::size_t add_column(const record::Table& table, Direction direction, const std::vector<double>& conductance,
                       const std::vector<double>& pulse, Runs& runs) {
  std::size_t rows = conductance.size();
  while (rows > 0 && std::isnan(conductance[rows - 1])) --rows;
  Train train(direction, false, rows);
  std::size_t empty = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    if (std::isnan(conductance[row])) {
      ++empty;
    } else {
      train.add(pulse.empty() ? static_cast<double>(row) : pulse[row], conductance[row], nan, line_of(table, row));
    }
  }
  runs.add(std::move(train).take());
  return empty;
}

Runs long_form(const record::Table& table, const Rows& rows, const std::vector<double>& pulse,
               const std::vector<double>& cycle, std::vector<Warning>& warnings) {
  for (std::size_t row = 0; row < pulse.size(); ++row)
    if (std::isnan(pulse[row]) && rows.sign[row] != 0)
      throw InvalidInput("{}: no pulse number in this row; expected a number", where(table, row));

  std::vector<Group> groups;
  if (cycle.empty()) {
    groups = one_way_runs(rows, pulse);
    if (are_cycles(groups)) {
      warnings.push_back({"cycles_from_order", line_of(table, groups.front().rows.front()),
                          fmt::format("There is no column 'cycle'; the {} runs of pulses in one direction, one after "
                                      "another in the file, were taken as cycles.",
                                      groups.size())});
    } else {
      groups.clear();
    }
  }
  if (groups.empty()) groups = groups_by_cycle(rows, cycle);

  Runs runs;
  Missing missing;
  Duplicates duplicates;
  for (auto& group : groups) {
    runs.add(train_of_group(table, rows, pulse, group, missing, duplicates));
    group.rows = {};
  }
  missing.warn(warnings);
  if (duplicates.count > 0)
    warnings.push_back({"duplicate_pulse_numbers", duplicates.first_line,
                        fmt::format("{} rows repeat a pulse number in the same direction, the first on line {}; values "
                                    "of one number were averaged.",
                                    duplicates.count, duplicates.first_line)});
  std::size_t read_only = 0, first_read_only = 0;
  for (std::size_t row = 0; row < rows.sign.size(); ++row)
    if (rows.sign[row] == 0 && read_only++ == 0) first_read_only = line_of(table, row);
  warn_of_read_only_rows(read_only, first_read_only, warnings);
  return runs;
}

Runs time_ordered(const record::Table& table, const Rows& rows, const std::vector<double>& cycle,
                  std::vector<Warning>& warnings) {
  Runs runs;
  Missing missing;
  std::size_t read_only = 0, first_read_only = 0;
  const auto energy = [&](std::size_t row) { return rows.energy.empty() ? nan : rows.energy[row]; };

  const std::size_t end = rows.sign.size();
  std::size_t expected = 0;
  for (std::size_t row = 0; row < end;) {
    if (rows.sign[row] == 0) {
      if (read_only++ == 0) first_read_only = line_of(table, row);
      ++row;
      continue;
    }
    const std::size_t begin = row;
    Train train(direction_of(rows.sign[begin]), !rows.energy.empty(), expected);
    std::size_t pulses = 0, unread = end;  // row of the last pulse if it waits for its reading
    for (; row < end; ++row) {
      if (rows.sign[row] == 0) {
        if (read_only++ == 0) first_read_only = line_of(table, row);
        if (unread == end || std::isnan(rows.conductance[row])) continue;
        train.add(static_cast<double>(pulses - 1), rows.conductance[row], energy(unread), line_of(table, row));
        unread = end;
        continue;
      }
      if (rows.sign[row] != rows.sign[begin] || (!cycle.empty() && cycle[row] != cycle[begin])) break;
      if (unread != end) missing.add(line_of(table, unread));
      unread = std::isnan(rows.conductance[row]) ? row : end;
      if (unread == end)
        train.add(static_cast<double>(pulses), rows.conductance[row], energy(row), line_of(table, row));
      ++pulses;
    }
    if (unread != end) missing.add(line_of(table, unread));
    expected = std::min(pulses, end - row);
    runs.add(std::move(train).take());
  }
  missing.warn(warnings);
  warn_of_read_only_rows(read_only, first_read_only, warnings);
  return runs;
}

}  // namespace ecram::analysis
