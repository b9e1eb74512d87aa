// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "ecram/core/errors.h"
#include "ecram/report/format.h"
#include "ecram/report/text.h"
#include "ecram/report/thinning.h"

namespace ecram::report {
namespace {

constexpr double row_height = 270;  // px, of a panel of height 1
constexpr double letter_width = 7;  // px, of a digit
constexpr double bar_width_px = 16, bar_gap = 12;
constexpr double margin_right = 18, margin_top = 12, title_line = 24, margin_bottom = 48, gap_shared = 14;

/// Smallest and largest number that an axis can show.
struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void include(double value, bool log) {
    if (!std::isfinite(value) || (log && value <= 0)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return !(low <= high); }
};

double bar_width(const Series& series) {
  std::vector<double> centres = series.x;
  std::sort(centres.begin(), centres.end());
  double width = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < centres.size(); ++i)
    if (centres[i] > centres[i - 1]) width = std::min(width, centres[i] - centres[i - 1]);
  return std::isfinite(width) ? width : 1;
}

/// The cells' outer edges on one side.
void include_edges(Range& range, const std::vector<double>& middles) {
  const double half = (middles.back() - middles.front()) / (2 * static_cast<double>(middles.size() - 1));
  range.include(middles.front() - half, false);
  range.include(middles.back() + half, false);
}

Range x_range(const Panel& panel) {
  Range range;
  if (panel.map) include_edges(range, panel.map->x);
  for (const Series& series : panel.series) {
    const double half = series.draw == Draw::bars ? bar_width(series) / 2 : 0;
    for (const double x : series.x) {
      range.include(x - half, panel.x.log);
      range.include(x + half, panel.x.log);
    }
  }
  for (const Rule& rule : panel.rules)
    if (rule.at == Rule::At::x) range.include(rule.value, panel.x.log);
  return range;
}

Range y_range(const Panel& panel) {
  Range range;
  if (panel.map) include_edges(range, panel.map->y);
  for (const Series& series : panel.series) {
    if (series.draw == Draw::bars) range.include(0, panel.y.log);
    if (series.draw != Draw::band)
      for (const double y : series.y) range.include(y, panel.y.log);
    for (const double y : series.low) range.include(y, panel.y.log);
    for (const double y : series.high) range.include(y, panel.y.log);
  }
  for (const Rule& rule : panel.rules)
    if (rule.at == Rule::At::y) range.include(rule.value, panel.y.log);
  return range;
}

/// Are the ends so close that an axis between them would have no numbers? Constants that went through a calculation
/// differ in their last digits.
bool constant(const Range& range) {
  constexpr double digits = 1e-9;  // what gnuplot's input and the tics resolve, with some room
  return range.high - range.low <= digits * std::max(std::abs(range.low), std::abs(range.high));
}

/// Room around the data, `share` of the range on either side. Bars stand on their axis: no room below zero.
Range with_margin(Range range, bool log, double share, bool from_zero) {
  if (range.empty()) return {log ? 1.0 : 0.0, log ? 10.0 : 1.0};
  if (constant(range)) {
    if (log) return {range.low / 2, range.high * 2};
    const double half = range.low == 0 ? 1 : std::abs(range.low) * 0.05;
    return {range.low - half, range.high + half};
  }
  if (log) {
    const double factor = std::pow(range.high / range.low, share);
    return {range.low / factor, range.high * factor};
  }
  const double room = (range.high - range.low) * share;
  return {from_zero && range.low == 0 ? 0 : range.low - room, range.high + room};
}

/// The power of a thousand that an axis' numbers are divided by: by prefix, or written in front of the unit.
void settle_scale(AxisFrame& frame, const Axis& axis) {
  const double largest = std::max(std::abs(frame.low), std::abs(frame.high));
  std::string unit = axis.unit;
  const bool wide = frame.log && frame.high / frame.low > 1e3;
  if (axis.prefix && !axis.unit.empty()) {
    // On a wide logarithmic axis the middle counts, not the end.
    const Prefix prefix = si_prefix(wide ? std::sqrt(frame.low * frame.high) : largest);
    frame.divisor = prefix.factor;
    unit = prefix.symbol + axis.unit;
  } else if (!frame.log && (largest >= 1e5 || largest < 1e-2)) {
    const int exponent = 3 * static_cast<int>(std::floor(std::log10(largest) / 3));
    frame.divisor = std::strtod(fmt::format("1e{}", exponent).c_str(), nullptr);
    unit = fmt::format("{}{}{}", power_of_ten(exponent), axis.unit.empty() ? "" : "\u00A0", axis.unit);
  }
  frame.title = axis.label;
  if (!unit.empty()) frame.title += fmt::format("{}({})", axis.label.empty() ? "" : " ", unit);
}

AxisFrame settle_axis(const Axis& axis, Range data, double margin, bool from_zero) {
  const Range range = with_margin(data, axis.log, margin, from_zero);
  AxisFrame frame;
  frame.log = axis.log;
  frame.low = axis.low.value_or(range.low);
  frame.high = axis.high.value_or(range.high);
  if (axis.low && !axis.high && frame.high <= frame.low) frame.high = frame.low + 1;
  if (axis.high && !axis.low && frame.low >= frame.high) frame.low = axis.log ? frame.high / 10 : frame.high - 1;
  if (!(frame.low < frame.high) || !std::isfinite(frame.high - frame.low))
    throw InvalidInput("axis '{}': its range goes from {} to {}", axis.label, frame.low, frame.high);
  if (axis.log && frame.low <= 0)
    throw InvalidInput("axis '{}': a logarithmic axis cannot begin at {}", axis.label, frame.low);
  settle_scale(frame, axis);
  return frame;
}

struct Axes {
  AxisFrame x, y, scale;
};

AxisFrame settle_colours(const Map& map) {
  Range range;
  for (const double v : map.values) range.include(v, false);
  if (map.two_signed && !range.empty()) {
    const double most = std::max(std::abs(range.low), std::abs(range.high));
    range = {-most, most};
  }
  return settle_axis(map.scale, range, 0, false);
}

/// The axes of each panel, as yet without tics.
std::vector<Axes> settle_axes(const Figure& figure) {
  const std::size_t count = figure.panels.size(), columns = std::min<std::size_t>(figure.columns, count);
  std::vector<Range> own(count), column(columns);
  for (std::size_t i = 0; i < count; ++i) {
    own[i] = x_range(figure.panels[i]);
    column[i % columns].include(own[i].low, figure.panels[i].x.log);
    column[i % columns].include(own[i].high, figure.panels[i].x.log);
  }
  std::vector<Axes> axes(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Panel& panel = figure.panels[i];
    const bool bars =
        std::any_of(panel.series.begin(), panel.series.end(), [](const Series& s) { return s.draw == Draw::bars; });
    axes[i].x = settle_axis(panel.x, figure.shared_x ? column[i % columns] : own[i], panel.map ? 0 : 0.025, false);
    axes[i].y = settle_axis(panel.y, y_range(panel), panel.map ? 0 : 0.06, bars);
    if (panel.map) axes[i].scale = settle_colours(*panel.map);
  }
  return axes;
}

void set_tics(AxisFrame& frame, double length, double room_for_one) {
  const int wanted = std::clamp(static_cast<int>(length / room_for_one), 2, 10);
  const double low = frame.low / frame.divisor, high = frame.high / frame.divisor;
  frame.tics = frame.log ? log_tics(low, high, wanted) : linear_tics(low, high, wanted);
}

double widest_label(const AxisFrame& frame) {
  std::size_t widest = 0;
  for (const Tic& tic : frame.tics) widest = std::max(widest, characters(tic.label));
  return letter_width * static_cast<double>(widest);
}

/// A rectangle in the panel, px from its upper left corner.
struct Box {
  double left, top, right, bottom;
  bool holds(double x, double y) const { return x > left && x < right && y > top && y < bottom; }
};

double legend_width(const Panel& panel) {
  std::size_t widest = 0;
  for (const Series& series : panel.series) widest = std::max(widest, characters(series.name));
  return 56 + 7.4 * static_cast<double>(widest);
}

int legend_entries(const Panel& panel) {
  return static_cast<int>(
      std::count_if(panel.series.begin(), panel.series.end(), [](const Series& s) { return !s.name.empty(); }));
}

/// How much of what is drawn lies in each box.
template <std::size_t boxes>
std::array<std::size_t, boxes> covered(const Panel& panel, const PanelFrame& frame, const std::array<Box, boxes>& box) {
  std::array<std::size_t, boxes> count{};
  const auto mark = [&](double x, double y) {
    for (std::size_t b = 0; b < boxes; ++b) count[b] += box[b].holds(x, y);
  };
  const auto stroke = [&](double x0, double y0, double x1, double y1) {
    const double length = std::hypot(x1 - x0, y1 - y0);
    if (!std::isfinite(length)) return;
    const int steps = std::min(1 + static_cast<int>(length / 4), 1000);
    for (int i = 0; i <= steps; ++i) mark(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps);
  };
  const auto px = [&](double x) { return frame.x.fraction(x) * frame.width(); };
  const auto py = [&](double y) { return (1 - frame.y.fraction(y)) * frame.height(); };
  for (const Series& series : panel.series) {
    double last_x = NAN, last_y = NAN;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const double x = px(series.x[i]);
      const double y = series.draw == Draw::band ? py(series.low[i]) : py(series.y[i]);
      if (series.draw == Draw::bars) stroke(x, frame.height(), x, y);
      if (!series.low.empty()) stroke(x, py(series.low[i]), x, py(series.high[i]));
      if (series.draw == Draw::line || series.draw == Draw::points_and_line) stroke(last_x, last_y, x, y);
      mark(x, y);
      last_x = x;
      last_y = y;
    }
  }
  for (const Rule& rule : panel.rules) {
    if (rule.at == Rule::At::x) {
      stroke(px(rule.value), 0, px(rule.value), frame.height());
    } else {
      stroke(0, py(rule.value), frame.width(), py(rule.value));
    }
  }
  for (const Annotation& note : panel.annotations) {
    const double half = 3.5 * static_cast<double>(characters(note.text));
    stroke(px(note.x) - half, py(note.y), px(note.x) + half, py(note.y));
  }
  return count;
}

/// The corner where the legend covers nothing; above the panel where there is none.
Legend place_legend(const Panel& panel, const PanelFrame& frame) {
  const int entries = legend_entries(panel);
  if (entries == 0) return {};
  const double width = legend_width(panel), height = entries * legend_line + 14;
  // A map leaves no corner free.
  if (!panel.map && width < frame.width() && height < frame.height()) {
    const double right = frame.width() - width, low = frame.height() - height;
    const std::array<Box, 4> boxes{Box{right, 0, frame.width(), height}, Box{0, 0, width, height},
                                   Box{right, low, frame.width(), frame.height()}, Box{0, low, width, frame.height()}};
    constexpr std::array<Legend::Place, 4> places{Legend::Place::top_right, Legend::Place::top_left,
                                                  Legend::Place::bottom_right, Legend::Place::bottom_left};
    const auto counts = covered(panel, frame, boxes);
    for (std::size_t i = 0; i < boxes.size(); ++i)
      if (counts[i] == 0) return {places[i], 1, entries};
  }
  const int columns = std::clamp(static_cast<int>(frame.width() / width), 1, entries);
  return {Legend::Place::above, columns, (entries + columns - 1) / columns};
}

void check(const Figure& figure) {
  if (figure.panels.empty()) throw InvalidInput("figure '{}': has no panels", figure.title);
  if (figure.columns < 1) throw InvalidInput("figure '{}': {} columns of panels", figure.title, figure.columns);
  for (const Panel& panel : figure.panels) {
    if (const auto& map = panel.map) {
      if (map->x.size() < 2 || map->y.size() < 2 || map->values.size() != map->x.size() * map->y.size())
        throw InvalidInput("map '{}': {} values for {} by {} cells; expected 2 by 2 or more", map->scale.label,
                           map->values.size(), map->x.size(), map->y.size());
      if (panel.x.log || panel.y.log || map->scale.log)
        throw InvalidInput("map '{}': on a logarithmic axis; expected none", map->scale.label);
    }
    for (const Series& series : panel.series) {
      const std::size_t n = series.x.size();
      const bool needs_edges = series.draw == Draw::band;
      if (!(needs_edges ? series.y.empty() || series.y.size() == n : series.y.size() == n) ||
          (series.low.size() != n && (needs_edges || !series.low.empty())) || series.high.size() != series.low.size())
        throw InvalidInput("series '{}': {} values of x, {} of y, {} of low, {} of high", series.name, n,
                           series.y.size(), series.low.size(), series.high.size());
    }
  }
}

/// Pixels along an axis; NaN where it has no place for the number.
std::vector<double> pixels(const AxisFrame& axis, const std::vector<double>& values, double length) {
  std::vector<double> px(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double fraction = axis.fraction(values[i]);
    px[i] = std::isfinite(fraction) ? fraction * length : std::numeric_limits<double>::quiet_NaN();
  }
  return px;
}

Series chosen(const Series& series, const std::vector<std::size_t>& indices, std::span<const double> px,
              std::span<const double> py) {
  Series few = {series.name, series.draw, {}, {}, {}, {}, series.colour, series.dashed, series.hollow};
  for (const std::size_t i : indices) {
    const bool gap = std::isnan(px[i]) || std::isnan(py[i]);
    few.x.push_back(gap ? px[i] + py[i] : series.x[i]);
    few.y.push_back(gap ? px[i] + py[i] : series.y[i]);
    if (series.low.empty()) continue;
    few.low.push_back(series.low[i]);
    few.high.push_back(series.high[i]);
  }
  return few;
}

/// The end of an error bar or the edge of a band: where it is open it goes to the panel's edge, and on a logarithmic
/// axis what is not positive lies below everything.
double edge(double value, const AxisFrame& axis, bool upper) {
  if (std::isnan(value)) return value;
  if (axis.log && value <= 0) return axis.low;
  if (std::isinf(value)) return upper ? axis.high : axis.low;
  return value;
}

void close_edges(Series& series, const AxisFrame& axis) {
  for (std::size_t i = 0; i < series.low.size(); ++i) {
    series.low[i] = edge(series.low[i], axis, false);
    series.high[i] = edge(series.high[i], axis, true);
  }
}

/// The widest of a band in each column of pixels.
Series widest_in_columns(const Series& band, std::span<const double> px) {
  Series few = {band.name, band.draw, {}, {}, {}, {}, band.colour, band.dashed, band.hollow};
  double column = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < band.x.size(); ++i) {
    const bool gap = std::isnan(px[i]) || std::isnan(band.low[i]) || std::isnan(band.high[i]);
    if (band.x.size() > 2000 && !gap && std::floor(px[i]) == column) {
      few.low.back() = std::min(few.low.back(), band.low[i]);
      few.high.back() = std::max(few.high.back(), band.high[i]);
      continue;
    }
    column = gap ? std::numeric_limits<double>::quiet_NaN() : std::floor(px[i]);
    few.x.push_back(gap ? column : band.x[i]);
    few.low.push_back(band.low[i]);
    few.high.push_back(band.high[i]);
  }
  return few;
}

/// Means of `by` neighbours.
std::vector<double> means(const std::vector<double>& values, std::size_t by) {
  std::vector<double> few;
  for (std::size_t i = 0; i + by <= values.size(); i += by) {
    double sum = 0;
    for (std::size_t k = i; k < i + by; ++k) sum += values[k];
    few.push_back(sum / static_cast<double>(by));
  }
  return few;
}

/// A map with no more cells than can be seen: blocks of cells are averaged; those that do not fill a block at the far
/// edges go.
Map coarser(const Map& map) {
  constexpr std::size_t most = 400;  // cells along a side
  const std::size_t by_x = (map.x.size() + most - 1) / most, by_y = (map.y.size() + most - 1) / most;
  if (by_x == 1 && by_y == 1) return map;
  Map few{means(map.x, by_x), means(map.y, by_y), {}, map.scale, map.two_signed};
  for (std::size_t i = 0; i < few.x.size(); ++i)
    for (std::size_t j = 0; j < few.y.size(); ++j) {
      double sum = 0;
      std::size_t count = 0;
      for (std::size_t a = i * by_x; a < (i + 1) * by_x; ++a)
        for (std::size_t b = j * by_y; b < (j + 1) * by_y; ++b)
          if (const double v = map.values[a * map.y.size() + b]; std::isfinite(v)) sum += v, ++count;
      few.values.push_back(count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN());
    }
  return few;
}

}  // namespace

double AxisFrame::fraction(double value) const {
  if (!log) return (value - low) / (high - low);
  return value > 0 ? std::log(value / low) / std::log(high / low) : std::numeric_limits<double>::quiet_NaN();
}

Layout lay_out(const Figure& figure) {
  check(figure);
  const std::size_t count = figure.panels.size(), columns = std::min<std::size_t>(figure.columns, count);
  const std::size_t rows = (count + columns - 1) / columns;
  Layout layout;
  layout.width = figure.width;
  layout.panels.resize(count);

  const std::vector<Axes> axes = settle_axes(figure);
  for (std::size_t i = 0; i < count; ++i) {
    layout.panels[i].x = axes[i].x;
    layout.panels[i].y = axes[i].y;
    layout.panels[i].scale = axes[i].scale;
    layout.panels[i].x_numbers = !figure.shared_x || i + columns >= count;
  }

  // Columns: the left margin has room for the widest number of the column.
  const double slot = static_cast<double>(figure.width) / static_cast<double>(columns);
  std::vector<double> margin_left(columns, 0);
  for (std::size_t i = 0; i < count; ++i) {
    PanelFrame& frame = layout.panels[i];
    set_tics(frame.y, row_height * figure.panels[i].height - 30, 42);
    const double room = (frame.y.title.empty() ? 8 : 30) + widest_label(frame.y) + 8;
    margin_left[i % columns] = std::max(margin_left[i % columns], room);
  }
  for (std::size_t i = 0; i < count; ++i) {
    PanelFrame& frame = layout.panels[i];
    frame.left = slot * static_cast<double>(i % columns) + margin_left[i % columns];
    frame.y_title_at = slot * static_cast<double>(i % columns) + 12;
    frame.right = slot * static_cast<double>(i % columns + 1) - margin_right;
    if (figure.panels[i].map) {
      set_tics(frame.scale, row_height * figure.panels[i].height - 30, 42);
      frame.scale_title_at = frame.right + margin_right - 12;
      frame.bar_right = frame.right - (frame.scale.title.empty() ? 0 : 18) - widest_label(frame.scale) - 8;
      frame.bar_left = frame.bar_right - bar_width_px;
      frame.right = frame.bar_left - bar_gap;
    }
    if (frame.width() < 60) throw InvalidInput("figure '{}': {} px are too narrow", figure.title, figure.width);
    set_tics(frame.x, frame.width(), 70);
    if (widest_label(frame.x) > 55) set_tics(frame.x, frame.width(), 25 + widest_label(frame.x));
  }

  // Rows: what is not panel (titles, legends above, numbers below) is given its room first.
  std::vector<double> above(rows, margin_top), below(rows, margin_bottom), share(rows, 0);
  double fixed = figure.title.empty() ? 0 : title_line, shares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    PanelFrame& frame = layout.panels[i];
    const Panel& panel = figure.panels[i];
    frame.bottom = row_height * panel.height - 30;
    frame.legend = place_legend(panel, frame);
    double room = margin_top + (panel.title.empty() ? 0 : title_line);
    if (frame.legend.place == Legend::Place::above) room += 4 + legend_line * frame.legend.rows;
    above[i / columns] = std::max(above[i / columns], room);
    share[i / columns] = std::max(share[i / columns], panel.height);
    if (!frame.x_numbers) below[i / columns] = gap_shared - margin_top;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    fixed += above[row] + below[row];
    shares += share[row];
  }
  layout.height = figure.height > 0 ? figure.height : static_cast<int>(std::lround(fixed + shares * row_height * 0.9));
  const double unit = (layout.height - fixed) / shares;
  if (unit < 40) throw InvalidInput("figure '{}': {} px are too low for {} rows", figure.title, layout.height, rows);
  double y = figure.title.empty() ? 0 : title_line;
  for (std::size_t row = 0; row < rows; ++row) {
    const double top = y + above[row], bottom = top + unit * share[row];
    for (std::size_t i = row * columns; i < std::min(count, (row + 1) * columns); ++i) {
      PanelFrame& frame = layout.panels[i];
      frame.top = top;
      frame.bottom = bottom;
      set_tics(frame.y, frame.height(), 42);
      if (figure.panels[i].map) set_tics(frame.scale, frame.height(), 42);
    }
    y = bottom + below[row];
  }
  return layout;
}

Figure thinned(const Figure& figure) {
  check(figure);
  const std::vector<Axes> axes = settle_axes(figure);
  Figure result = {figure.title, {}, figure.columns, figure.shared_x, figure.width, figure.height};
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Panel& panel = figure.panels[i];
    const double width = static_cast<double>(figure.width) / figure.columns, height = row_height * panel.height;
    Panel few = {panel.title, panel.x, panel.y, {}, panel.rules, panel.annotations, panel.height, {}};
    for (const Series& series : panel.series) {
      const auto px = pixels(axes[i].x, series.x, width);
      const auto py = pixels(axes[i].y, series.y, height);
      if (series.draw == Draw::band) {
        few.series.push_back(widest_in_columns(series, px));
      } else if (series.draw == Draw::bars) {
        few.series.push_back(series);
      } else {
        const auto indices = series.draw == Draw::points ? thin_points(px, py, width, height) : thin_line(px, py);
        few.series.push_back(chosen(series, indices, px, py));
      }
      close_edges(few.series.back(), axes[i].y);
    }
    // The ranges are those of all data.
    few.x.low = axes[i].x.low;
    few.x.high = axes[i].x.high;
    few.y.low = axes[i].y.low;
    few.y.high = axes[i].y.high;
    if (panel.map) {
      few.map = coarser(*panel.map);
      few.map->scale.low = axes[i].scale.low;
      few.map->scale.high = axes[i].scale.high;
    }
    result.panels.push_back(std::move(few));
  }
  return result;
}

}  // namespace ecram::report
