// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "ecram/report/figure.h"
#include "ecram/report/tics.h"

/// Where the parts of a figure come to lie. Between `figure.h` and the drawing; of no use to others.
namespace ecram::report {

/// An axis whose range is settled.
struct AxisFrame {
  double low = 0, high = 1;  ///< in the axis' unit, low < high
  bool log = false;
  double divisor = 1;     ///< the numbers drawn are the data divided by this
  std::string title;      ///< "conductance (nS)"
  std::vector<Tic> tics;  ///< numbers as drawn

  /// 0 at `low`, 1 at `high`; NaN where the axis has no place for the number.
  double fraction(double value) const;
};

struct Legend {
  enum class Place { none, top_left, top_right, bottom_left, bottom_right, above } place = Place::none;
  int columns = 1, rows = 1;
};

/// A panel's frame, px from the figure's upper left corner.
struct PanelFrame {
  AxisFrame x, y;
  double left = 0, right = 0, top = 0, bottom = 0;
  double y_title_at = 0;                                   ///< px from the left
  AxisFrame scale;                                         ///< of a map's colours
  double bar_left = 0, bar_right = 0, scale_title_at = 0;  ///< px, of the bar of colours; 0 without a map
  bool x_numbers = true;                                   ///< false: the panel below carries them
  Legend legend;

  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

struct Layout {
  std::vector<PanelFrame> panels;
  int width = 0, height = 0;
};

inline constexpr double font_size = 13, small_font_size = 12, legend_line = 18;

/// @throws InvalidInput  as `render` says
Layout lay_out(const Figure& figure);

/// The figure with no more data in its series than can be seen at its size: see thinning.h. Numbers that an axis cannot
/// show have become gaps.
Figure thinned(const Figure& figure);

}  // namespace ecram::report
