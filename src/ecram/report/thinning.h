// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ecram::report {

/// Which vertices of a line to draw so that it looks as if all were drawn: of the vertices that follow one another in
/// one column of pixels the first, the last, the lowest and the highest. A single spike among millions survives.
///
/// Where that leaves too many (a line that runs to and fro without end), runs of equal length take the columns' place.
///
/// @param x, y  px, equally many; a NaN is a gap and is kept as one
/// @return indices, rising; all of them where there are few
std::vector<std::size_t> thin_line(std::span<const double> x, std::span<const double> y);

/// Which points to draw so that it looks as if all were drawn: one in each cell about as wide as a fraction of a point,
/// and in each column of cells the lowest and the highest.
///
/// @param x, y           px, equally many; NaN and points outside the panel are left out
/// @param width, height  of the panel, px
/// @return indices, rising
std::vector<std::size_t> thin_points(std::span<const double> x, std::span<const double> y, double width, double height);

}  // namespace ecram::report
