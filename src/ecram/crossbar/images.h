// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ecram/record/idx.h"

namespace ecram::crossbar {

/// Pictures as the first layer sees them: only the lit pixels, which in handwritten digits are one in five. A dark
/// pixel's row of weights takes no part in a forward pass and gets a zero update, so it is not touched at all.
class LitPixels {
 public:
  /// @throws InvalidInput  if a picture has more than 65535 pixels, which number their rows of weights with 16 bits
  explicit LitPixels(const record::LabelledImages& images);

  std::size_t count() const { return labels_.size(); }
  std::size_t pixels_per_image() const { return pixels_per_image_; }

  /// Which pixels of picture i are lit, rising.
  std::span<const std::uint16_t> where(std::size_t i) const {
    return std::span(where_).subspan(first_[i], first_[i + 1] - first_[i]);
  }
  /// Their grey values, 1 ... 255.
  std::span<const std::uint8_t> grey(std::size_t i) const {
    return std::span(grey_).subspan(first_[i], first_[i + 1] - first_[i]);
  }
  unsigned label(std::size_t i) const { return labels_[i]; }

 private:
  std::size_t pixels_per_image_;
  std::vector<std::size_t> first_;
  std::vector<std::uint16_t> where_;
  std::vector<std::uint8_t> grey_, labels_;
};

}  // namespace ecram::crossbar
