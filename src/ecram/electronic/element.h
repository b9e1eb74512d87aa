// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace ecram::electronic {

/// Is it a chemical element's symbol ("W", "O")?
bool is_element(const std::string& symbol);

/// Number of protons. @throws InvalidInput  for what is no element
int atomic_number(const std::string& symbol);

/// Covalent radius, m (Cordero et al., Dalton Trans. 2008, 2832). @throws InvalidInput  for what is no element
double covalent_radius(const std::string& symbol);

/// Is the element a metal? @throws InvalidInput  for what is no element
bool is_metal(const std::string& symbol);

/// A colour for pictures, "#rrggbb".
std::string element_colour(const std::string& symbol);

}  // namespace ecram::electronic
