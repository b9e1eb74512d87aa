// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/images.h"

#include <algorithm>

#include "ecram/core/errors.h"

namespace ecram::crossbar {

LitPixels::LitPixels(const record::LabelledImages& images)
    : pixels_per_image_(images.pixels_per_image()), labels_(images.labels) {
  if (pixels_per_image_ > 65535) throw InvalidInput("pictures of {} pixels, expected at most 65535", pixels_per_image_);
  const auto lit = static_cast<std::size_t>(std::ranges::count_if(images.pixels, [](auto p) { return p != 0; }));
  where_.reserve(lit);
  grey_.reserve(lit);
  first_.reserve(images.count() + 1);
  first_.push_back(0);
  for (std::size_t i = 0; i < images.count(); ++i) {
    const auto pixels = images.image(i);
    for (std::size_t p = 0; p < pixels.size(); ++p)
      if (pixels[p] != 0) {
        where_.push_back(static_cast<std::uint16_t>(p));
        grey_.push_back(pixels[p]);
      }
    first_.push_back(where_.size());
  }
}

}  // namespace ecram::crossbar
