// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "ecram/analysis/hall/dc_hall.h"
#include "ecram/analysis/hall/film.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/units.h"
#include "ecram/record/table.h"

namespace ecram::analysis {
namespace {

using constants::nan;

/// Bytes above 127 that are no UTF-8 are taken as Latin-1.
std::string utf8(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    const bool pair =
        c >= 0xC2 && c < 0xE0 && i + 1 < line.size() && (static_cast<unsigned char>(line[i + 1]) & 0xC0) == 0x80;
    if (c < 0x80) {
      text += line[i];
    } else if (pair) {
      text += line[i];
      text += line[++i];
    } else {
      text += static_cast<char>(0xC0 | (c >> 6));
      text += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return text;
}

std::string trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r") - from + 1));
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (true) {
    const auto to = line.find('\t', from);
    parts.push_back(trimmed(std::string_view(line).substr(from, to == std::string::npos ? to : to - from)));
    if (to == std::string::npos) return parts;
    from = to + 1;
  }
}

struct Heading {
  std::string name, unit;
};

/// "Hall Coefficient [cm³/C]"; an empty name where it is no heading.
Heading heading(const std::string& cell) {
  const auto open = cell.rfind('['), close = cell.rfind(']');
  if (open == std::string::npos || close != cell.size() - 1 || open == 0) return {};
  return {trimmed(std::string_view(cell).substr(0, open)), cell.substr(open + 1, close - open - 1)};
}

/// A column that is understood: in which unit its numbers are wanted, and between which limits they make sense.
struct KnownColumn {
  std::string_view name, si;
  double low, high;  ///< SI
};

using constants::infinity;
constexpr KnownColumn known_columns[] = {
    {"Current", "A", -infinity, infinity},
    {"Voltage", "V", -infinity, infinity},
    {"Field", "T", -largest_field, largest_field},
    {"Temperature", "K", 0, hottest},
    {"Resistivity", "ohm m", 0, infinity},
    {"Sheet Resistivity", "ohm", 0, infinity},
    {"Hall Coefficient", "m^3/C", -infinity, infinity},
    {"Sheet Hall Coefficient", "m^2/C", -infinity, infinity},
    {"Carrier Density", "m^-3", -infinity, infinity},
    {"Sheet Carrier Density", "m^-2", -infinity, infinity},
    {"Hall Mobility", "m^2/(V s)", -infinity, infinity},
};

/// How the export writes units that UDUNITS does not know so.
std::string udunits(const std::string& unit) {
  static const std::pair<std::string_view, const char*> spelt[] = {{"cm³/C", "cm^3/C"},
                                                                   {"m³/C", "m^3/C"},
                                                                   {"1/cm³", "cm^-3"},
                                                                   {"1/m³", "m^-3"},
                                                                   {"1/cm²", "cm^-2"},
                                                                   {"1/m²", "m^-2"},
                                                                   {"cm²/C", "cm^2/C"},
                                                                   {"m²/C", "m^2/C"},
                                                                   {"cm²/(VS)", "cm^2/(V s)"},
                                                                   {"cm²/(V s)", "cm^2/(V s)"},
                                                                   {"m²/(VS)", "m^2/(V s)"},
                                                                   {"ohm/sqr", "ohm"},
                                                                   {"kG", "0.1 T"}};
  for (const auto& [theirs, ours] : spelt)
    if (unit == theirs) return ours;
  return unit;
}

/// A column of a table as it is read.
struct Column {
  std::string name;
  double factor = nan;  ///< to SI; NaN for a column that nobody asks for
  double low = -infinity, high = infinity;
};

/// @throws InvalidInput  for a known name with a unit of something else: "Current [V]"
Column column_of(const Heading& h, const std::string& where) {
  const std::string unit = udunits(h.unit);
  const auto factor = [&](std::string_view si) -> std::optional<double> {
    try {
      return unit_factor(unit, si);
    } catch (const InvalidInput&) {
      return std::nullopt;  // not of that quantity
    }
  };
  // The coefficient or the density of a sheet goes by the name of the other at times; the unit tells.
  const std::string sheet = "Sheet " + h.name;
  const KnownColumn* named = nullptr;
  for (const KnownColumn& known : known_columns) {
    if (h.name != known.name && sheet != known.name) continue;
    named = &known;
    if (const auto f = factor(known.si)) return {std::string(known.name), *f, known.low, known.high};
    if (sheet == known.name) break;
  }
  if (named == nullptr) return {h.name};
  throw InvalidInput("{}: unit '{}' of '{}'; expected one like {}", where, record::printable(h.unit),
                     record::printable(h.name), named->si);
}

double number(const std::string& cell, const std::string& where) {
  if (cell == "ERROR" || cell.empty()) return nan;
  double value = 0;
  const char* from = cell.data() + (cell[0] == '+' ? 1 : 0);
  const auto [end, error] = std::from_chars(from, cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value))
    throw InvalidInput("{}: '{}'; expected a number or ERROR", where, record::printable(cell));
  return std::abs(value) > 1e90 ? nan : value;
}

/// The cell's number in SI.
double reading(const std::string& cell, const Column& column, const std::string& where) {
  const double value = column.factor * number(cell, where);
  if (value < column.low || value > column.high)
    throw InvalidInput("{}: {} of {}; expected {} in SI units{}", where, column.name, record::printable(cell),
                       column.high < infinity ? fmt::format("{} to {}", column.low, column.high)
                                              : fmt::format("{} or more", column.low),
                       column.name == "Temperature" ? " (Celsius?)"
                       : column.name == "Field"     ? " (tesla or gauss?)"
                                                    : "");
  return value;
}

/// "1.5 [µm]", "1.5 um"; NaN where nothing is stated.
double thickness(std::string text, const std::string& where) {
  std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
  if (trimmed(text).empty() || text.find("ERROR") != std::string::npos) return nan;
  const double value = naming(where + ": Thickness", [&] { return quantity(trimmed(text), "m"); });
  if (!(value > 0) || !std::isfinite(value))
    throw InvalidInput("{}: Thickness {}; expected a positive one", where, record::printable(text));
  return value;
}

bool is_number(const std::string& cell) {
  double value = 0;
  const char* from = cell.data() + (!cell.empty() && cell[0] == '+' ? 1 : 0);
  return std::from_chars(from, cell.data() + cell.size(), value).ptr == cell.data() + cell.size() && !cell.empty();
}

}  // namespace

bool is_lake_shore_export(const std::filesystem::path& path) {
  const MappedFile file(path);
  std::string_view text = file.text();
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const auto from = text.find_first_not_of(" \t\r\n");
  constexpr std::string_view head = "[Sample parameters]";
  return from != std::string_view::npos && text.substr(from, head.size()) == head;
}

LakeShoreExport read_lake_shore(const std::filesystem::path& path) {
  const MappedFile mapped(path);
  const std::string_view text = mapped.text();
  LakeShoreExport file;
  file.thickness = nan;
  std::string contact_set;
  LakeShoreTable* table = nullptr;
  std::vector<Column> columns;
  bool measurements = false;
  std::size_t number_of_line = 0;
  const char line_end = text.find('\n') == std::string_view::npos ? '\r' : '\n';  // bare CR: saved on an old Macintosh
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find(line_end, from), text.size());
    const std::string line = utf8(text.substr(from, to - from));
    from = to + 1;
    ++number_of_line;
    const std::string where = path.string() + ":" + std::to_string(number_of_line);
    const std::string bare = trimmed(line);
    if (bare.empty()) {
      if (table != nullptr && !table->lines.empty()) table = nullptr;  // one below the headings ends nothing
      continue;
    }
    if (bare == "[Measurements]") {
      measurements = true;
      continue;
    }
    if (bare.rfind("<Step", 0) == 0) {
      const auto colon = bare.find(':');
      std::string name = colon == std::string::npos ? bare : trimmed(std::string_view(bare).substr(colon + 1));
      if (!name.empty() && name.back() == '>') name.pop_back();
      file.steps.push_back({name, {}});
      table = nullptr;
      contact_set.clear();
      continue;
    }
    auto parts = cells(line);
    while (parts.size() > 1 && parts.back().empty()) parts.pop_back();  // tabs at the end of a line
    if (!measurements) {
      if (parts.size() >= 2) {
        std::string key = parts[0];
        while (!key.empty() && (key.back() == ':' || key.back() == '=' || key.back() == ' ')) key.pop_back();
        file.parameters.emplace_back(key, parts[1]);
        if (key == "Thickness") file.thickness = thickness(parts[1], where);
      }
      continue;
    }
    const bool headings = parts.size() >= 2 && !heading(parts[0]).name.empty() && !heading(parts[1]).name.empty();
    const bool parameter = parts[0].ends_with(':') || parts[0].ends_with('=');
    if (headings) {
      if (file.steps.empty()) throw InvalidInput("{}: a table before the first <Step ...>", where);
      file.steps.back().tables.push_back({contact_set, {}, {}, {}});
      table = &file.steps.back().tables.back();
      columns.clear();
      for (const auto& cell : parts) {
        columns.push_back(column_of(heading(cell), where));
        const std::string& name = columns.back().name;
        if (!name.empty() && std::find(table->names.begin(), table->names.end(), name) != table->names.end())
          throw InvalidInput("{}: two columns '{}'; expected one", where, record::printable(name));
        table->names.push_back(name);
      }
      table->columns.resize(parts.size());
    } else if (parameter) {
      if (parts[0] == "Contact Sets:" && parts.size() > 1) contact_set = parts[1];
      table = nullptr;  // parameters of a step end its table
    } else if (table != nullptr && (parts.size() > 1 || is_number(parts[0]) || parts[0] == "ERROR")) {
      if (parts.size() != table->names.size())
        throw InvalidInput("{}: {} cells under {} headings", where, parts.size(), table->names.size());
      for (std::size_t c = 0; c < parts.size(); ++c)
        table->columns[c].push_back(std::isnan(columns[c].factor) ? nan : reading(parts[c], columns[c], where));
      table->lines.push_back(number_of_line);
    } else if (parts.size() > 1 && std::all_of(parts.begin(), parts.end(), is_number)) {
      throw InvalidInput("{}: {} numbers without headings; expected a table's headings above them", where,
                         parts.size());
    } else {
      table = nullptr;  // words
    }
  }
  if (!measurements) throw InvalidInput("{}: no [Measurements] after [Sample parameters]", path.string());
  return file;
}

}  // namespace ecram::analysis
