// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/core/warning.h"

namespace ecram::analysis {

enum class Direction { potentiation, depression };

/// One run of pulses in one direction: the conductance read after each pulse, in the order in which they were given.
struct PulseTrain {
  Direction direction = Direction::potentiation;
  std::vector<double> conductance;  ///< siemens, or arbitrary units (PulseRecord::arbitrary_units)
  std::vector<double> pulse;        ///< pulse number of each value, strictly increasing; empty: 0, 1, 2, ...
  std::vector<double> energy;       ///< joule, of the pulse before each value (NaN where unknown); empty where the
                                    ///< file does not say
  std::size_t first_line = 0;       ///< line of the file that holds the first value
};

/// What a file of measured potentiation and depression says.
struct PulseRecord {
  std::string source;              ///< the file's name as the user gave it
  std::string sha256;              ///< of the file's bytes
  std::string layout;              ///< "two columns", "long form", "time-ordered trace"
  bool arbitrary_units = false;    ///< conductances are in units that are not known
  std::vector<PulseTrain> trains;  ///< in order of time, each of at least `fewest_pulses` values, at least one; where
                                   ///< the file does not tell the order, potentiation stands first in each cycle
  std::vector<Warning> warnings;   ///< what was odd about the file, and what was done about it
};

struct PulseReadOptions {
  std::optional<double> read_voltage;  ///< volt, not 0; turns a column of currents into conductances
  unsigned threads = 0;                ///< that parse; 0: as many as the machine has cores
};

/// A train of fewer values is left out; a file without any longer one is refused.
inline constexpr std::size_t fewest_pulses = 5;

/// Reads a CSV or TSV file of pulses in any of the three layouts that docs/pulse-files.md describes.
///
/// The value of a row is the conductance after the pulse of that row. A conductance is G, I / V_read or 1 / R,
/// whatever the file has, in siemens.
///
/// The energy of a pulse is, in this order of preference: the file's energy column; |Q V|, with the pulse's charge Q
/// and voltage V; |I V t|, with the gate (write) current I, the voltage V and the width t of the pulse. The last one is
/// a constant current times the width: it holds for rectangular pulses. All of them need units in the header.
///
/// Which way a direction runs is decided by its trend: a train in a stated direction whose conductance clearly runs
/// the other way is turned round where the file counts pulses, and renamed where the file is a trace in time. Clearly:
/// the correlation of conductance and pulse number, and the difference of the means of the last and the first
/// twentieth of the train, both have the wrong sign, and either the correlation exceeds 1/2 or the difference four of
/// its standard errors (from the median absolute deviation of steps). The majority of a direction's trains decides.
///
/// Warnings: those of `record::read_table`, and `arbitrary_units`, `negative_conductance`, `overflow_reading`,
/// `missing_reading`, `one_direction_only`, `few_pulses`, `short_run_dropped`, `duplicate_pulse_numbers`,
/// `cycles_from_order`, `depression_counts_backwards`, `potentiation_counts_backwards`, `voltage_sign_reversed`,
/// `direction_reversed`, `trend_contradicts_direction`, `read_only_rows`, `ignored_column`, `no_energy`.
///
/// @throws InvalidInput  "file:line: what is wrong, what was expected"
PulseRecord read_pulses(const std::filesystem::path& path, const PulseReadOptions& options = {});

/// The same for text that is in memory; `source` stands for the file's name.
PulseRecord parse_pulses(std::string_view text, std::string source, const PulseReadOptions& options = {});

}  // namespace ecram::analysis
