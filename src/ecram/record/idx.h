// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace ecram::record {

/// Grey pictures of one size, each with a label: what a classifier is trained on.
struct LabelledImages {
  std::size_t rows = 0, columns = 0;  ///< of one picture
  std::vector<std::uint8_t> pixels;   ///< picture after picture, row by row; 0 is dark, 255 lit
  std::vector<std::uint8_t> labels;   ///< one for each picture

  std::size_t count() const { return labels.size(); }
  std::size_t pixels_per_image() const { return rows * columns; }
  std::span<const std::uint8_t> image(std::size_t i) const {
    return std::span(pixels).subspan(i * pixels_per_image(), pixels_per_image());
  }
};

/// Reads pictures and their labels from two IDX files of unsigned bytes, plain or compressed with gzip (told by
/// content, not by name).
///
/// IDX: 0, 0, element type (8: unsigned byte), number of dimensions, each dimension as a big-endian 32-bit number,
/// then the elements, the last dimension fastest. Source: LeCun, Cortes, Burges, "The MNIST database of handwritten
/// digits".
///
/// @param classes  how many labels there are: each is 0 ... classes - 1
/// @throws InvalidInput  naming the file, if it cannot be read, is no IDX of unsigned bytes, has not three dimensions
///                       (labels: one), is shorter or longer than its dimensions say, is damaged gzip, has a label
///                       out of range, or if there are not as many labels as pictures
LabelledImages read_idx(const std::filesystem::path& images, const std::filesystem::path& labels, unsigned classes);

}  // namespace ecram::record
