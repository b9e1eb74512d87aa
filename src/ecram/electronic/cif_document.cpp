// SPDX-License-Identifier: Apache-2.0
// Built as C++17: gemmi's document copies vectors of a type that is incomplete there, which C++20's library refuses.
#include "ecram/electronic/cif_document.h"

#include <gemmi/cif.hpp>

#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

std::string plain(const std::string& value) { return gemmi::cif::as_string(value); }

}  // namespace

std::vector<CifBlock> parse_cif_document(std::string_view text, const std::string& source) {
  gemmi::cif::Document document;
  try {
    document = gemmi::cif::read_memory(text.data(), text.size(), source.c_str());
  } catch (const std::exception& e) {
    // The library's text begins with "source:line:column".
    throw InvalidInput("{} (no valid CIF)", e.what());
  }
  std::vector<CifBlock> blocks;
  for (const gemmi::cif::Block& block : document.blocks) {
    CifBlock found;
    found.name = block.name;
    for (const gemmi::cif::Item& item : block.items) {
      if (item.type == gemmi::cif::ItemType::Pair) found.values[gemmi::to_lower(item.pair[0])] = {plain(item.pair[1])};
      if (item.type != gemmi::cif::ItemType::Loop) continue;
      for (std::size_t column = 0; column < item.loop.width(); ++column) {
        auto& values = found.values[gemmi::to_lower(item.loop.tags[column])];
        values.clear();
        for (std::size_t row = 0; row < item.loop.length(); ++row) values.push_back(plain(item.loop.val(row, column)));
      }
    }
    blocks.push_back(std::move(found));
  }
  return blocks;
}

}  // namespace ecram::electronic
