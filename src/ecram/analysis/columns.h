// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/record/table.h"

namespace ecram::analysis {

/// Is the name, in small letters and without anything but letters and digits, one of these?
bool is_one_of(std::string_view name, std::span<const std::string_view> names);

/// The name in small letters, without anything but letters and digits.
std::string simplified(std::string_view name);

/// Does the column's unit measure the same as `si`? A column without a unit does not.
bool has_unit_of(const record::Column& column, std::string_view si);

/// The column that a user named, or else the first whose simplified name is one of `names`: where several are, the
/// first whose unit measures the same as `si` ("T [K]" is no time beside "t [s]").
///
/// @param asked   the user's name for it; empty: none given
/// @param option  how the user gave it, for messages: "--time"
/// @param si      empty: of any quantity
/// @throws InvalidInput  if the named column is not in the table
std::optional<std::size_t> find_column(const record::Table& table, std::string_view asked, std::string_view option,
                                       std::span<const std::string_view> names, std::string_view si = {});

/// Is a number, as the file has it and whatever its unit, what instruments write instead of a reading out of range
/// (9.9E37, 9.91E37), or anything beyond any reading?
inline bool is_overflow(double cell) { return cell >= 9.9e36 || cell <= -9.9e36; }

/// The column's numbers in SI (also from degrees Celsius); NaN where a cell is empty, infinite where it is an overflow.
///
/// @throws InvalidInput  "file:line: ..." if the column has no unit, one of another quantity, or a cell is no number
/// @throws Interrupted   if the user asked to stop
std::vector<double> si_numbers(const record::Table& table, std::size_t column, std::string_view si);

/// The names of all columns, for messages.
std::string column_names(const record::Table& table);

}  // namespace ecram::analysis
