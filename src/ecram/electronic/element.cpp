// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/element.h"

#include <map>

#include <gemmi/elem.hpp>

#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

gemmi::Element element(const std::string& symbol) {
  if (!is_element(symbol)) throw InvalidInput("'{}' is no chemical element", symbol);
  return gemmi::Element(symbol.c_str());
}

}  // namespace

bool is_element(const std::string& symbol) {
  const gemmi::Element found(symbol.c_str());
  // The library takes "w" and "WX" for W, and knows the placeholder X.
  return found != gemmi::El::X && symbol == found.name() && symbol != "D";
}

int atomic_number(const std::string& symbol) { return element(symbol).atomic_number(); }

double covalent_radius(const std::string& symbol) { return static_cast<double>(element(symbol).covalent_r()) * 1e-10; }

bool is_metal(const std::string& symbol) { return element(symbol).is_metal(); }

std::string element_colour(const std::string& symbol) {
  static const std::map<std::string, std::string> known{
      {"W", "#2f6690"}, {"O", "#d1495b"}, {"H", "#e8e8e8"}, {"Hf", "#5ba4a4"}, {"Si", "#c8a25c"}};
  const auto at = known.find(symbol);
  return at == known.end() ? "#8d99ae" : at->second;
}

}  // namespace ecram::electronic
