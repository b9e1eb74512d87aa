// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "ecram/record/idx.h"

namespace ecram::synthetic {

/// Draws digits, 28 x 28 pixels, as a stand-in where there is no MNIST: ten labels in equal shares, each picture with
/// its own slant, size, shift, stroke thickness, wobble of the strokes, ink and noise. They are much alike, so a
/// network finds them easier than handwriting: what it scores on them says nothing about MNIST.
///
/// @param count  pictures
/// @param index  which set of this seed, so that those to train on and those to test on differ
record::LabelledImages drawn_digits(std::size_t count, std::uint64_t seed, std::uint64_t index);

}  // namespace ecram::synthetic
