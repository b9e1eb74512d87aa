// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/pulse_record.h"

#include <algorithm>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "ecram/analysis/switching/pulse_columns.h"
#include "ecram/analysis/switching/pulse_layout.h"
#include "ecram/analysis/switching/pulse_trend.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/sha256.h"
#include "ecram/core/thread_pool.h"
#include "ecram/record/table.h"

namespace ecram::analysis {
namespace {

constexpr std::size_t few_pulses = 20;

/// Trends of many cycles agree; that many of them decide.
constexpr std::size_t most_asked_for_trend = 1000;

int sign_of(Direction direction) { return direction == Direction::potentiation ? 1 : -1; }

std::string_view name_of(Direction direction) {
  return direction == Direction::potentiation ? "potentiation" : "depression";
}

/// How many trains (of those asked) go the way they are said to, and how many the other way.
struct Votes {
  std::size_t agree = 0, contradict = 0, first_contradicting_line = 0;
};

Votes votes_of(const std::vector<Run>& runs, Direction direction) {
  Votes votes;
  std::size_t asked = 0;
  for (const auto& run : runs) {
    if (run.train.direction != direction) continue;
    if (asked++ == most_asked_for_trend) break;
    const int trend = clear_trend(run.train.conductance);
    if (trend == sign_of(direction)) ++votes.agree;
    if (trend == -sign_of(direction) && votes.contradict++ == 0) votes.first_contradicting_line = run.train.first_line;
  }
  return votes;
}

/// Puts a train whose pulses were counted backwards into order of time.
void turn_round(Run& run) {
  auto& train = run.train;
  std::reverse(train.conductance.begin(), train.conductance.end());
  std::reverse(train.energy.begin(), train.energy.end());
  std::reverse(train.pulse.begin(), train.pulse.end());
  if (!train.pulse.empty()) {
    const double last = train.pulse.front();
    for (double& pulse : train.pulse) pulse = last - pulse;
  }
  std::swap(train.first_line, run.last_line);
}

void turn_round_where_counted_backwards(std::vector<Run>& runs, std::vector<Warning>& warnings) {
  for (const Direction direction : {Direction::potentiation, Direction::depression}) {
    const Votes votes = votes_of(runs, direction);
    if (votes.contradict <= votes.agree) continue;
    for (auto& run : runs)
      if (run.train.direction == direction) turn_round(run);
    warnings.push_back({fmt::format("{}_counts_backwards", name_of(direction)), votes.first_contradicting_line,
                        fmt::format("The conductance {} with the number of the {} pulse, so the file counts them "
                                    "backwards; they were turned round.",
                                    direction == Direction::potentiation ? "falls" : "rises", name_of(direction))});
  }
}

/// In a trace time is certain, so it is the names of the directions that may be wrong.
void rename_directions_by_trend(std::vector<Run>& runs, bool by_voltage, std::vector<Warning>& warnings) {
  Votes up = votes_of(runs, Direction::potentiation), down = votes_of(runs, Direction::depression);
  if (up.contradict + down.contradict > up.agree + down.agree) {
    for (auto& run : runs)
      run.train.direction =
          run.train.direction == Direction::potentiation ? Direction::depression : Direction::potentiation;
    if (by_voltage) {
      warnings.push_back(
          {"voltage_sign_reversed", 0,
           "The conductance falls under positive voltages and rises under negative ones: positive pulses "
           "were taken as depression."});
    } else {
      warnings.push_back({"direction_reversed", 0,
                          "The conductance falls in the direction that the file calls potentiation and rises in the "
                          "other: the two names were exchanged."});
    }
    return;
  }
  if (!by_voltage) {
    turn_round_where_counted_backwards(runs, warnings);
    return;
  }
  for (const auto& [votes, direction] :
       {std::pair{up, Direction::potentiation}, std::pair{down, Direction::depression}})
    if (votes.contradict > votes.agree)
      warnings.push_back({"trend_contradicts_direction", votes.first_contradicting_line,
                          fmt::format("The conductance goes the wrong way under most {} pulses, judged by the sign of "
                                      "their voltage.",
                                      name_of(direction))});
}

Runs read_two_columns(record::Table& table, const PulseColumns& columns, const PulseReadOptions& options,
                      PulseRecord& record) {
  std::vector<double> pulse;
  if (columns.has(Role::pulse)) {
    const auto numbers = record::numbers(table, columns.at(Role::pulse));
    // Also false for a NaN, an empty cell.
    const bool counts = std::adjacent_find(numbers.begin(), numbers.end(),
                                           [](double a, double b) { return !(a < b); }) == numbers.end();
    if (counts && numbers.size() > 1) {
      pulse.assign(numbers.begin(), numbers.end());
    } else {
      record.warnings.push_back(
          {"ignored_column", table.header_line,
           fmt::format("Column '{}' does not count up; pulses were counted by their order in the file.",
                       record::printable(table.columns[columns.at(Role::pulse)].header))});
    }
  }
  Runs runs;
  std::size_t empty = 0, read = 0;
  for (const auto& [role, direction] :
       {std::pair{Role::up, Direction::potentiation}, std::pair{Role::down, Direction::depression}}) {
    if (!columns.has(role)) continue;
    const auto readings = take_conductances(table, columns.at(role), columns, options, record.warnings);
    if (read++ > 0 && record.arbitrary_units != readings.arbitrary_units)
      throw InvalidInput("{}: of the columns '{}' and '{}' only one has a unit; expected both or none",
                         where_header(table), record::printable(table.columns[columns.at(Role::up)].header),
                         record::printable(table.columns[columns.at(Role::down)].header));
    record.arbitrary_units = readings.arbitrary_units;
    empty += add_column(table, direction, readings.conductance, pulse, runs);
  }
  if (empty > 0)
    record.warnings.push_back(
        {"missing_reading", 0, fmt::format("{} cells within the columns are empty; they count as pulses.", empty)});
  turn_round_where_counted_backwards(runs.runs, record.warnings);
  return runs;
}

Runs read_rows(record::Table& table, const PulseColumns& columns, const PulseReadOptions& options,
               PulseRecord& record) {
  const Role quantity = columns.has(Role::conductance) ? Role::conductance
                        : columns.has(Role::current)   ? Role::current
                                                       : Role::resistance;
  if (!columns.has(quantity))
    refuse_without(table, "conductance",
                   "'conductance', 'current' or 'resistance', or the two columns 'up' and 'down'");
  const bool has_direction = columns.has(Role::direction);
  if (!has_direction && !columns.has(Role::voltage))
    refuse_without(table, "direction", "'direction' or 'pulse_voltage' beside the conductance");

  Rows rows;
  rows.sign =
      has_direction ? directions(table, columns.at(Role::direction)) : voltage_signs(table, columns.at(Role::voltage));
  rows.energy = pulse_energies(table, columns, record.warnings);
  std::vector<double> cycle;
  if (columns.has(Role::cycle)) cycle = cycle_numbers(table, columns.at(Role::cycle));
  auto readings = take_conductances(table, columns.at(quantity), columns, options, record.warnings);
  rows.conductance = std::move(readings.conductance);
  record.arbitrary_units = readings.arbitrary_units;

  if (has_direction && columns.has(Role::pulse)) {
    record.layout = "long form";
    const auto numbers = record::numbers(table, columns.at(Role::pulse));
    const std::vector<double> pulse(numbers.begin(), numbers.end());
    for (auto& column : table.columns) column = {};  // not needed any more, and large
    auto runs = long_form(table, rows, pulse, cycle, record.warnings);
    turn_round_where_counted_backwards(runs.runs, record.warnings);
    return runs;
  }
  record.layout = "time-ordered trace";
  for (auto& column : table.columns) column = {};
  auto runs = time_ordered(table, rows, cycle, record.warnings);
  rename_directions_by_trend(runs.runs, !has_direction, record.warnings);
  return runs;
}

void refuse_too_few(const Runs& runs, const record::Table& table) {
  if (!runs.runs.empty()) return;
  if (runs.dropped == 0) throw InvalidInput("{}: no pulse with a reading", table.source);
  throw InvalidInput("{}:{}: {}{} pulse{} in one direction; at least {} are needed", table.source,
                     runs.first_dropped_line, runs.dropped > 1 ? "at most " : "", runs.longest_dropped,
                     runs.longest_dropped == 1 ? "" : "s", fewest_pulses);
}

void warn_of_what_is_short(const Runs& runs, std::vector<Warning>& warnings) {
  if (runs.dropped > 0)
    warnings.push_back({"short_run_dropped", runs.first_dropped_line,
                        fmt::format("{} runs of fewer than {} pulses in one direction were left out, the first on line "
                                    "{}.",
                                    runs.dropped, fewest_pulses, runs.first_dropped_line)});
  std::size_t few = 0, first_line = 0, least = few_pulses;
  for (const auto& run : runs.runs) {
    const std::size_t size = run.train.conductance.size();
    if (size >= few_pulses) continue;
    if (few++ == 0) first_line = run.train.first_line;
    least = std::min(least, size);
  }
  if (few > 0)
    warnings.push_back(
        {"few_pulses", first_line,
         fmt::format("{} of {} trains have fewer than {} pulses (the shortest {}): what is fitted to them "
                     "is uncertain.",
                     few, runs.runs.size(), few_pulses, least)});
}

void warn_of_one_direction(const std::vector<Run>& runs, std::vector<Warning>& warnings) {
  const Direction first = runs.front().train.direction;
  if (std::any_of(runs.begin(), runs.end(), [first](const Run& run) { return run.train.direction != first; })) return;
  warnings.push_back({"one_direction_only", 0,
                      fmt::format("The file holds {} only; what needs both directions is not there.", name_of(first))});
}

}  // namespace

PulseRecord parse_pulses(std::string_view text, std::string source, const PulseReadOptions& options) {
  auto checksum = std::async(std::launch::async, [text] { return sha256(text); });
  PulseRecord record;
  record.source = source;
  Runs runs;
  {
    ThreadPool threads(options.threads);
    const auto wanted = [](std::string_view name, std::string_view unit) {
      const Role role = role_of(name, unit);
      return role != Role::unknown && role != Role::not_needed;
    };
    auto table = record::parse_table(text, std::move(source), threads, {wanted, false});
    record.warnings = std::move(table.warnings);
    const PulseColumns columns(table, record.warnings);
    if (columns.has(Role::up) || columns.has(Role::down)) {
      record.layout = "two columns";
      runs = read_two_columns(table, columns, options, record);
    } else {
      runs = read_rows(table, columns, options, record);
    }
    refuse_too_few(runs, table);
    if (record.arbitrary_units)
      record.warnings.push_back({"arbitrary_units", table.header_line,
                                 "The header gives the conductance no unit: values are in arbitrary units."});
  }
  warn_of_what_is_short(runs, record.warnings);
  warn_of_one_direction(runs.runs, record.warnings);
  record.trains.reserve(runs.runs.size());
  for (auto& run : runs.runs) record.trains.push_back(std::move(run.train));
  record.sha256 = checksum.get();
  return record;
}

PulseRecord read_pulses(const std::filesystem::path& path, const PulseReadOptions& options) {
  const MappedFile file(path);
  return parse_pulses(file.text(), path.string(), options);
}

}  // namespace ecram::analysis
