// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/idx.h"

#include <string>
#include <string_view>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/record/gzip.h"

namespace ecram::record {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 32;

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

struct Array {
  std::vector<std::size_t> dimensions;
  std::vector<std::uint8_t> elements;
};

Array parse(std::string_view bytes, std::size_t wanted_dimensions) {
  const std::uint32_t wanted_magic = 0x00000800U + static_cast<std::uint32_t>(wanted_dimensions);
  if (bytes.size() < 4) throw InvalidInput("{} bytes, too short for an IDX file", bytes.size());
  const std::uint32_t magic = big_endian(bytes);
  if (magic != wanted_magic)
    throw InvalidInput("begins with {:#010x}, expected {:#010x} (IDX, unsigned bytes, {} dimension{})", magic,
                       wanted_magic, wanted_dimensions, wanted_dimensions == 1 ? "" : "s");
  const std::size_t header = 4 + 4 * wanted_dimensions;
  if (bytes.size() < header) throw InvalidInput("ends within its header of {} bytes", header);

  Array array;
  std::size_t size = 1;
  for (std::size_t i = 0; i < wanted_dimensions; ++i) {
    const std::size_t dimension = big_endian(bytes.substr(4 + 4 * i));
    if (dimension == 0) throw InvalidInput("dimension {} is 0", i + 1);
    if (dimension > largest_file / size) throw InvalidInput("dimension {} is {}, too large", i + 1, dimension);
    array.dimensions.push_back(dimension);
    size *= dimension;
  }
  const std::string_view elements = bytes.substr(header);
  if (elements.size() != size)
    throw InvalidInput("{} bytes of data, expected {} by its dimensions", elements.size(), size);
  array.elements.assign(elements.begin(), elements.end());
  return array;
}

Array read(const std::filesystem::path& path, std::size_t dimensions) {
  const MappedFile file(path);
  return naming(path.string(), [&] {
    if (!is_gzip(file.text())) return parse(file.text(), dimensions);
    return parse(gunzip(file.text(), largest_file), dimensions);
  });
}

}  // namespace

LabelledImages read_idx(const std::filesystem::path& images, const std::filesystem::path& labels, unsigned classes) {
  Array pictures = read(images, 3);
  Array names = read(labels, 1);
  if (names.dimensions[0] != pictures.dimensions[0])
    throw InvalidInput("{}: {} labels, but {} has {} pictures", labels.string(), names.dimensions[0], images.string(),
                       pictures.dimensions[0]);
  for (std::size_t i = 0; i < names.elements.size(); ++i)
    if (names.elements[i] >= classes)
      throw InvalidInput("{}: label {} is {}, expected 0 to {}", labels.string(), i, names.elements[i], classes - 1);
  return {pictures.dimensions[1], pictures.dimensions[2], std::move(pictures.elements), std::move(names.elements)};
}

}  // namespace ecram::record
