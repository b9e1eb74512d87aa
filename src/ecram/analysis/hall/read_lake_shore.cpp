// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <limits>

#include "ecram/analysis/hall/dc_hall.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/units.h"
#include "ecram/record/table.h"

namespace ecram::analysis {
namespace {

constexpr double not_there = std::numeric_limits<double>::quiet_NaN();

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

/// What the column's numbers are to be multiplied by; the few units that the export writes.
double to_si(const Heading& h, const std::string& where) {
  static const std::pair<std::string_view, double> known[] = {{"ohm cm", 1e-2}, {"cm³/C", 1e-6}, {"1/cm³", 1e6},
                                                              {"1/cm²", 1e4},   {"cm²/C", 1e-4}, {"cm²/(VS)", 1e-4},
                                                              {"ohm/sqr", 1},   {"kG", 0.1}};
  for (const auto& [unit, factor] : known)
    if (h.unit == unit) return factor;
  static const char* const si[] = {"A", "V", "T", "K", "ohm", "m", "s", "ohm m"};
  for (const char* unit : si) {
    try {
      return unit_factor(h.unit, unit);
    } catch (const InvalidInput&) {
      continue;  // not of that quantity
    }
  }
  throw InvalidInput("{}: unit '{}' of '{}'; expected one of the Hall system's", where, record::printable(h.unit),
                     record::printable(h.name));
}

double number(const std::string& cell, const std::string& where) {
  if (cell == "ERROR" || cell.empty()) return not_there;
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size())
    throw InvalidInput("{}: '{}'; expected a number or ERROR", where, record::printable(cell));
  return std::abs(value) > 1e90 ? not_there : value;
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
  file.thickness = not_there;
  std::string contact_set;
  LakeShoreTable* table = nullptr;
  std::vector<double> factors;
  bool measurements = false;
  std::size_t number_of_line = 0;
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find('\n', from), text.size());
    const std::string line = utf8(text.substr(from, to - from));
    from = to + 1;
    ++number_of_line;
    const std::string where = path.string() + ":" + std::to_string(number_of_line);
    const std::string bare = trimmed(line);
    if (bare.empty()) {
      table = nullptr;
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
    const auto parts = cells(line);
    if (!measurements) {
      if (parts.size() >= 2) {
        std::string key = parts[0];
        while (!key.empty() && (key.back() == ':' || key.back() == '=' || key.back() == ' ')) key.pop_back();
        file.parameters.emplace_back(key, parts[1]);
        if (key == "Thickness") {
          const auto open = parts[1].find('['), close = parts[1].find(']');
          if (open != std::string::npos && close != std::string::npos)
            file.thickness = naming(where, [&] {
              return quantity(parts[1].substr(0, open) + parts[1].substr(open + 1, close - open - 1), "m");
            });
        }
      }
      continue;
    }
    const bool headings = parts.size() >= 3 && !heading(parts[0]).name.empty() && !heading(parts[1]).name.empty();
    if (headings) {
      if (file.steps.empty()) throw InvalidInput("{}: a table before the first <Step ...>", where);
      file.steps.back().tables.push_back({contact_set, {}, {}});
      table = &file.steps.back().tables.back();
      factors.clear();
      for (const auto& cell : parts) {
        const Heading h = heading(cell);
        const bool sheet = h.unit.find("cm²") != std::string::npos && h.unit.find("VS") == std::string::npos;
        const bool told = h.name.find("Sheet") != std::string::npos;
        table->names.push_back(sheet && !told ? "Sheet " + h.name : h.name);
        factors.push_back(to_si(h, where));
      }
      table->columns.resize(parts.size());
    } else if (parts[0] == "Contact Sets:" && parts.size() > 1) {
      contact_set = parts[1];
      table = nullptr;
    } else if (table != nullptr && (std::isdigit(static_cast<unsigned char>(bare[0])) != 0 || bare[0] == '-' ||
                                    bare[0] == '+' || bare.rfind("ERROR", 0) == 0)) {
      if (parts.size() < table->names.size())
        throw InvalidInput("{}: {} cells under {} headings", where, parts.size(), table->names.size());
      for (std::size_t c = 0; c < table->names.size(); ++c)
        table->columns[c].push_back(factors[c] * number(parts[c], where));
    } else {
      table = nullptr;  // parameters of a step end its table
    }
  }
  if (!measurements) throw InvalidInput("{}: no [Measurements] after [Sample parameters]", path.string());
  return file;
}

}  // namespace ecram::analysis
