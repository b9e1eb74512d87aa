// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "ecram/device/protocol.h"
#include "ecram/device/run.h"

namespace ecram::device {

/// The readings as CSV, one a line: step, cycle, direction (empty for what is no pulse), pulse, time_s, gate_V,
/// temperature_K, conductance_S, density_cm^-3, mobility_cm^2/V/s (as a Hall measurement of the mean device would give
/// them), gate_current_A and energy_J (of the leakage in the pulse; empty without one) and, for a population, spread_S,
/// low_S, high_S and device_1_S, ... where every device was kept. The columns direction, pulse, conductance_S and cycle
/// are those that `ecram pulses` reads.
std::string readings_csv(const Protocol& protocol, const RunResult& result);

/// The same as one HDF5 file, a dataset a column in group "readings" with its unit as the attribute "units", "each"
/// with a row a reading where every device was kept; attributes of the file: format, version, title, device, model,
/// interrupted, beyond_tables ("yes": `RunResult::beyond_tables`). The same run gives the same bytes.
///
/// @throws InvalidInput, Failure  as `write_file`
void write_run_file(const std::filesystem::path& path, const Protocol& protocol, const RunResult& result,
                    const std::string& device, const std::string& model);

/// "pulses", "sweep", "retention", "endurance", "temperature".
std::string_view kind(const ProtocolStep& step);

}  // namespace ecram::device
