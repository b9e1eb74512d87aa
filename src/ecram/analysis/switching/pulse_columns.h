// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/analysis/switching/pulse_record.h"
#include "ecram/record/table.h"

/// What the columns of a file of pulses are, and their numbers in SI; for pulse_record.cpp and pulse_layout.cpp.
namespace ecram::analysis {

enum class Role : std::size_t {
  conductance,
  current,
  resistance,
  up,
  down,
  direction,
  pulse,
  voltage,
  read_voltage,
  width,
  charge,
  gate_current,
  energy,
  cycle,
  not_needed,  ///< known, and of no use here: time
  unknown
};

/// What a column is, from its name in any of the usual spellings and its unit ("pulse [V]" is a voltage).
Role role_of(std::string_view name, std::string_view unit);

/// For each role the first column that has it.
class PulseColumns {
 public:
  /// Adds a warning `ignored_column` for each column of unknown or doubled role.
  PulseColumns(const record::Table& table, std::vector<Warning>& warnings);

  bool has(Role role) const { return at(role) != absent; }

  /// Its index in the table. @pre has(role)
  std::size_t at(Role role) const { return columns_[static_cast<std::size_t>(role)]; }

 private:
  static constexpr std::size_t absent = static_cast<std::size_t>(-1);
  std::array<std::size_t, static_cast<std::size_t>(Role::unknown) + 1> columns_;
};

/// @throws InvalidInput  always: "file:line: no column 'direction'; found ...; expected ..."
[[noreturn]] void refuse_without(const record::Table& table, std::string_view missing, std::string_view expected);

struct Conductances {
  std::vector<double> conductance;  ///< one a row; NaN where there is none
  bool arbitrary_units = false;
};

/// The conductances of a column of conductances, currents or resistances. Moves its numbers out of the table.
///
/// Adds warnings `negative_conductance` and `overflow_reading` (readings of 9.9e37, which then count as missing).
///
/// @throws InvalidInput  a cell that is not a number, a unit that is unknown or of something else, a current without a
///                       read voltage, a resistance or a read voltage of zero
Conductances take_conductances(record::Table& table, std::size_t column, const PulseColumns& columns,
                               const PulseReadOptions& options, std::vector<Warning>& warnings);

/// +1 (up), -1 (down) or 0 (no pulse: "read", an empty cell) for each row, from a column of words or of +1 and -1.
std::vector<signed char> directions(const record::Table& table, std::size_t column);

/// The sign of each row's voltage; 0 where it is zero or empty.
std::vector<signed char> voltage_signs(const record::Table& table, std::size_t column);

/// The energy of each row's pulse, as `read_pulses` defines it; empty if the file does not say it.
std::vector<double> pulse_energies(const record::Table& table, const PulseColumns& columns,
                                   std::vector<Warning>& warnings);

/// A number for each row that is the same where the cells of the column are; ascending numbers where they are numbers.
std::vector<double> cycle_numbers(const record::Table& table, std::size_t column);

}  // namespace ecram::analysis
