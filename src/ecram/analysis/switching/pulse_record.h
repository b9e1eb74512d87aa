// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ecram/core/warning.h"

namespace ecram::analysis {

enum class Direction { potentiation, depression };

/// One run of pulses in one direction: the conductance read after each pulse, in the order in which they were given.
struct PulseTrain {
  Direction direction = Direction::potentiation;
  std::vector<double> conductance;  ///< siemens, or arbitrary units (PulseRecord::arbitrary_units)
  std::vector<double> pulse;        ///< pulse number of each value, strictly increasing; empty: 0, 1, 2, ...
  std::vector<double> energy;       ///< joule, of each pulse; empty where the file does not say
  std::size_t first_line = 0;       ///< line of the file that holds the first value
};

/// What a file of measured potentiation and depression says.
struct PulseRecord {
  std::string source;              ///< the file's name as the user gave it
  std::string sha256;              ///< of the file's bytes
  std::string layout;              ///< "two columns", "long form", "time-ordered trace"
  bool arbitrary_units = false;    ///< conductances are in units that are not known
  std::vector<PulseTrain> trains;  ///< in order of time; in a file of one cycle potentiation stands first
  std::vector<Warning> warnings;   ///< what was odd about the file, and what was done about it
};

struct PulseReadOptions {
  std::optional<double> read_voltage;  ///< volt; turns a column of currents into conductances
};

/// Reads a CSV or TSV file of pulses in any of the three layouts that docs/pulses.md describes.
///
/// @throws InvalidInput  "file:line: what is wrong, what was expected"
PulseRecord read_pulses(const std::filesystem::path& path, const PulseReadOptions& options = {});

}  // namespace ecram::analysis
