// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ecram/analysis/hall/hall_record.h"
#include "ecram/core/thread_pool.h"
#include "ecram/record/table.h"

namespace ecram::analysis {

/// Which columns of a file are what; empty names are found out from the file's header.
struct HallColumns {
  std::string time, field, angle, voltage_xy, voltage_xx, current;
  std::vector<std::string> temperature;
  std::optional<double> field_amplitude;  ///< T: of the magnet, where the reference is the shaft's angle
  std::optional<double> set_current;      ///< A: the source's, where the file has no column of currents
};

/// What a column of Hall readings holds.
enum class HallRole { time, field, angle, voltage_xy, voltage_xx, current };

/// The column of that role: the one that `columns` names, or else one that is recognised.
///
/// @throws InvalidInput  for a name that is not there
std::optional<std::size_t> find_hall_column(const record::Table& table, const HallColumns& columns, HallRole role);

/// Its numbers in SI, as `si_numbers`.
///
/// @throws InvalidInput  also if there is none
std::vector<double> hall_column(const record::Table& table, const HallColumns& columns, HallRole role);

/// Reads a CSV or TSV file of an AC Hall record; docs/hall.md lists the column names.
///
/// @throws InvalidInput  "file:line: what is wrong, what was expected"
HallRecord read_hall_record(const std::filesystem::path& path, const HallColumns& columns, ThreadPool& threads);

/// The temperature columns of a table: those named, or else all that are recognised; not those of its errors. Overflows
/// are infinite.
///
/// @throws InvalidInput  for a name that is not there, and "file:line: ..." for a reading of 0 K or less, or above 2000
/// K
std::vector<std::vector<double>> kelvins(const record::Table& table, const std::vector<std::string>& named);

/// Reads a Hall bar's geometry from TOML: `length`, `width`, `thickness`, `arm_width`, `total_length`, `arm_position`
/// (numbers in metres or text with a unit) and `arms_swapped`.
///
/// @throws InvalidInput  "file: key ...", an unknown key with the nearest known one
HallBar read_hall_bar(const std::filesystem::path& path);

/// The record as CSV with units in the header, as `read_hall_record` reads it.
std::string hall_record_csv(const HallRecord& record);

}  // namespace ecram::analysis
