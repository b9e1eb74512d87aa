// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/units.h"

#include <charconv>
#include <cmath>
#include <memory>
#include <mutex>
#include <string>

#include <udunits2.h>

#include "ecram/core/errors.h"

namespace ecram {
namespace {

struct FreeUnit {
  void operator()(ut_unit* unit) const { ut_free(unit); }
};
using Unit = std::unique_ptr<ut_unit, FreeUnit>;

/// UDUNITS' database with our additions. UDUNITS keeps state of its own and is not made for threads: hold `mutex`.
class Database {
 public:
  Database() {
    ut_set_error_message_handler(ut_ignore);
    system_ = ut_read_xml(nullptr);
    if (system_ == nullptr) throw Failure("UDUNITS-2 finds no database of units (package libudunits2-0)");
    // In UDUNITS "G" is the constant of gravity and "Gs" is a gigasecond.
    replace("G", "1e-4 T");
    replace("Gs", "1e-4 T");
    replace("Oe", "79.57747154594767 A/m");
    replace("eV", "1.602176634e-19 J");
    replace("deg", "0.017453292519943295 rad");
    replace("rpm", "0.10471975511965977 rad/s");
    replace("Amp", "1 A");
    replace("mho", "1 S");
    replace("sq", "1");
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { ut_free_system(system_); }

  Unit parse(std::string_view text) const {
    const std::string trimmed(text);
    return Unit(ut_parse(system_, trimmed.c_str(), UT_UTF8));
  }

  std::mutex mutex;

 private:
  void replace(const char* symbol, const char* definition) {
    const Unit unit(ut_parse(system_, definition, UT_UTF8));
    ut_unmap_symbol_to_unit(system_, symbol, UT_UTF8);
    if (!unit || ut_map_symbol_to_unit(symbol, UT_UTF8, unit.get()) != UT_SUCCESS)
      throw Failure("UDUNITS-2 does not take the unit {}", symbol);
  }

  ut_system* system_ = nullptr;
};

Database& database() {
  static Database instance;
  return instance;
}

struct FreeConverter {
  void operator()(cv_converter* converter) const { cv_free(converter); }
};
using Converter = std::unique_ptr<cv_converter, FreeConverter>;

Converter converter(const Database& units, std::string_view unit, std::string_view si) {
  const Unit from = units.parse(unit);
  if (!from) throw InvalidInput("unknown unit '{}'; expected {} or a multiple of it", unit, si);
  const Unit to = units.parse(si);
  if (ut_are_convertible(from.get(), to.get()) == 0)
    throw InvalidInput("unit '{}' does not measure the same as {}", unit, si);
  Converter convert(ut_get_converter(from.get(), to.get()));
  // UDUNITS also converts between reciprocals, ohm and S: by 1/x, which has no value at 0 and is not meant.
  if (!std::isfinite(cv_convert_double(convert.get(), 0)))
    throw InvalidInput("unit '{}' does not measure the same as {}", unit, si);
  return convert;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

double unit_factor(std::string_view unit, std::string_view si) {
  auto& units = database();
  const std::lock_guard lock(units.mutex);
  const auto convert = converter(units, trim(unit), si);
  return cv_convert_double(convert.get(), 1) - cv_convert_double(convert.get(), 0);
}

bool is_unit(std::string_view unit) {
  auto& units = database();
  const std::lock_guard lock(units.mutex);
  return units.parse(trim(unit)) != nullptr;
}

double turns_per_second(std::string_view text) {
  constexpr double turn = 6.283185307179586;
  for (const std::string_view angle : {"rpm", "rad", "deg"})
    if (text.find(angle) != std::string_view::npos) return quantity(text, "rad/s") / turn;
  return quantity(text, "Hz");
}

double quantity(std::string_view text, std::string_view si) {
  const auto trimmed = trim(text);
  double number = 0;
  const char* first = trimmed.data();
  if (trimmed.starts_with('+')) ++first;
  const auto [end, error] = std::from_chars(first, trimmed.data() + trimmed.size(), number);
  if (error != std::errc() || !std::isfinite(number))
    throw InvalidInput("'{}' does not begin with a number; expected a number and a unit, such as \"1 {}\"", text, si);
  const auto unit = trim(trimmed.substr(static_cast<std::size_t>(end - trimmed.data())));
  if (unit.empty()) throw InvalidInput("'{}' has no unit; expected {} or a multiple of it", text, si);
  auto& units = database();
  const std::lock_guard lock(units.mutex);
  return cv_convert_double(converter(units, unit, si).get(), number);
}

}  // namespace ecram
