// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/figure.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "ecram/core/errors.h"
#include "ecram/report/gnuplot.h"
#include "ecram/report/layout.h"
#include "ecram/report/svg.h"
#include "ecram/report/text.h"

namespace ecram::report {
namespace {

constexpr std::string_view ink = "#333333", faint_ink = "#777777", frame_ink = "#555555", grid_ink = "#E9E9E9";

/// A text as gnuplot takes it: within single quotes nothing has a meaning but the quote.
std::string in_quotes(std::string_view text) {
  std::string result = "'";
  for (const char c : clean_text(text)) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + "'";
}

std::string_view colour_code(Colour colour, std::size_t turn) {
  static constexpr std::array<std::string_view, 9> codes{"",        "#0072B2", "#D55E00", "#009E73", "#A6569A",
                                                         "#E69F00", "#56B4E9", "#111111", "#888888"};
  const auto index = colour == Colour::next ? 1 + turn % 6 : static_cast<std::size_t>(colour);
  return codes[index];
}

/// Shapes that differ in print as well: circle, square, triangle, diamond.
int point_shape(std::size_t turn, bool hollow) {
  static constexpr std::array<int, 4> shapes{6, 4, 8, 12};
  return shapes[turn % shapes.size()] + (hollow ? 0 : 1);
}

/// The text of a gnuplot script, growing.
class Script {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), text, std::forward<Args>(args)...);
    text_ += '\n';
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// How a series looks: gnuplot's options behind "with ...".
struct Look {
  std::string line, points, bar, area;
};

Look look_of(const Series& series, std::size_t turn) {
  const std::string_view colour = colour_code(series.colour, turn);
  const std::size_t count = series.x.size();
  const double size = count > 2000 ? 0.25 : count > 300 ? 0.35 : count > 60 ? 0.45 : 0.6;
  return {fmt::format("lc rgb '{}' lw 2 dt {}", colour, series.dashed ? "(8,5)" : "1"),
          fmt::format("pt {} ps {} lc rgb '{}' lw 1.2", point_shape(turn, series.hollow), size, colour),
          fmt::format("lc rgb '{}' lw 1.2", colour),
          fmt::format("lc rgb '{}' fs transparent solid {} noborder", colour, series.draw == Draw::bars ? 0.7 : 0.22)};
}

/// Writes the numbers of one drawing as a named block and names what to draw from it.
class Drawings {
 public:
  Drawings(Script& script, const PanelFrame& frame, std::size_t panel)
      : script_(script), frame_(frame), panel_(panel) {}

  void add(const Series& series, const Look& look) {
    switch (series.draw) {
      case Draw::band:
        add_band(series, look);
        break;
      case Draw::bars:
        add_bars(series, look);
        break;
      case Draw::line:
        add_line(series, look);
        break;
      case Draw::points_and_line:
        add_line(series, look);
        add_points(series, look);
        break;
      case Draw::points:
        add_points(series, look);
    }
  }

  void add_legend_entry(const Series& series, const Look& look) {
    if (series.name.empty()) return;
    std::string with;
    switch (series.draw) {
      case Draw::band:
      case Draw::bars:
        with = "boxes " + look.area;
        break;
      case Draw::line:
        with = "lines " + look.line;
        break;
      case Draw::points_and_line:
        with = "linespoints " + look.points;
        break;
      case Draw::points:
        with = "points " + look.points;
    }
    clauses_.push_back(fmt::format("keyentry with {} title {}", with, in_quotes(series.name)));
  }

  const std::vector<std::string>& clauses() const { return clauses_; }

 private:
  using Row = std::vector<double>;

  void block(const std::vector<Row>& rows, const std::string& clause) {
    if (rows.empty()) return;
    const std::string name = fmt::format("$d{}_{}", panel_, blocks_++);
    script_.line("{} << EOD", name);
    for (const Row& row : rows) script_.line("{:.10g}", fmt::join(row, " "));
    script_.line("EOD");
    clauses_.push_back(fmt::format("{} {} notitle", name, clause));
  }

  double x(double value) const { return value / frame_.x.divisor; }
  double y(double value) const { return value / frame_.y.divisor; }

  void add_line(const Series& series, const Look& look) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      // An empty line interrupts the curve.
      if (std::isfinite(series.x[i]) && std::isfinite(series.y[i])) {
        rows.push_back({x(series.x[i]), y(series.y[i])});
      } else if (!rows.empty() && !rows.back().empty()) {
        rows.emplace_back();
      }
    }
    block(rows, "using 1:2 with lines " + look.line);
  }

  void add_points(const Series& series, const Look& look) {
    std::vector<Row> points, bars;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
      points.push_back({x(series.x[i]), y(series.y[i])});
      if (series.low.empty() || std::isnan(series.low[i]) || std::isnan(series.high[i])) continue;
      bars.push_back({x(series.x[i]), y(series.low[i]), 0, y(series.high[i]) - y(series.low[i])});
    }
    block(bars, "using 1:2:3:4 with vectors nohead " + look.bar);
    block(points, "using 1:2 with points " + look.points);
  }

  void add_band(const Series& series, const Look& look) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isnan(series.x[i])) {
        rows.push_back({x(series.x[i]), y(series.low[i]), y(series.high[i])});
      } else if (!rows.empty() && !rows.back().empty()) {
        rows.emplace_back();
      }
    }
    block(rows, "using 1:2:3 with filledcurves " + look.area);
  }

  void add_bars(const Series& series, const Look& look) {
    std::vector<double> centres = series.x;
    std::sort(centres.begin(), centres.end());
    double width = frame_.x.high - frame_.x.low;
    for (std::size_t i = 1; i < centres.size(); ++i)
      if (centres[i] > centres[i - 1]) width = std::min(width, centres[i] - centres[i - 1]);
    std::vector<Row> rows;
    for (std::size_t i = 0; i < series.x.size(); ++i)
      if (std::isfinite(series.x[i]) && std::isfinite(series.y[i]))
        rows.push_back({x(series.x[i]), y(series.y[i]), x(0.92 * width)});
    block(rows, "using 1:2:3 with boxes " + look.area);
  }

  Script& script_;
  const PanelFrame& frame_;
  std::size_t panel_, blocks_ = 0;
  std::vector<std::string> clauses_;
};

void write_tics(Script& script, char axis, const AxisFrame& frame, bool numbers) {
  std::string list;
  for (const Tic& tic : frame.tics)
    fmt::format_to(std::back_inserter(list), "{}{} {:.12g} {}", list.empty() ? "" : ", ",
                   in_quotes(numbers ? tic.label : ""), tic.at, tic.minor ? 1 : 0);
  if (list.empty()) {
    script.line("unset {}tics", axis);
  } else {
    script.line("set {}tics ({}) out nomirror scale 0.6,0.35 offset {} textcolor rgb '{}' font ',{}'", axis, list,
                axis == 'x' ? "0,0.35" : "0.4,0", ink, small_font_size);
  }
}

void write_axis(Script& script, char axis, const AxisFrame& frame, bool numbers) {
  script.line("{} logscale {}", frame.log ? "set" : "unset", axis);
  script.line("set {}range [{:.12g}:{:.12g}]", axis, frame.low / frame.divisor, frame.high / frame.divisor);
  write_tics(script, axis, frame, numbers);
}

void write_legend(Script& script, const PanelFrame& frame, const Layout& layout) {
  const char* place = nullptr;
  switch (frame.legend.place) {
    case Legend::Place::none:
      script.line("unset key");
      return;
    case Legend::Place::top_left:
      place = "inside top left";
      break;
    case Legend::Place::top_right:
      place = "inside top right";
      break;
    case Legend::Place::bottom_left:
      place = "inside bottom left";
      break;
    case Legend::Place::bottom_right:
      place = "inside bottom right";
      break;
    case Legend::Place::above:
      break;
  }
  constexpr std::string_view style = "Left reverse samplen 1.8 spacing 1.05 noautotitle";
  if (place != nullptr) {
    script.line("set key {} vertical {} font ',{}' textcolor rgb '{}'", place, style, small_font_size, ink);
  } else {
    script.line(
        "set key at screen {:.5f}, screen {:.5f} left bottom horizontal maxcols {} {} font ',{}' textcolor rgb '{}'",
        frame.left / layout.width, 1 - (frame.top - 5) / layout.height, frame.legend.columns, style, small_font_size,
        ink);
  }
}

/// As much of a title as goes into so many px.
std::string shortened(const std::string& title, double width) {
  std::string clean = clean_text(title);
  const auto room = static_cast<std::size_t>(std::max(width / 7.6, 1.0));
  if (characters(clean) <= room) return clean;
  std::size_t end = 0, count = 0;
  while (count < room) {
    ++end;
    if ((static_cast<unsigned char>(clean[end]) & 0xC0U) != 0x80) ++count;
  }
  return clean.substr(0, end) + "\u2026";
}

/// A text at a place of the whole figure, px from its upper left corner.
void write_text(Script& script, const Layout& layout, std::string_view text, double x, double y,
                std::string_view options) {
  if (text.empty()) return;
  script.line("set label {} at screen {:.5f}, screen {:.5f} {}", in_quotes(text), x / layout.width,
              1 - y / layout.height, options);
}

/// Colours from dark to light that rise evenly in lightness (viridis), and blue over white to red for both signs.
constexpr std::string_view rising_colours =
    "0 '#440154', 1 '#482878', 2 '#3E4A89', 3 '#31688E', 4 '#26828E', 5 '#1F9E89', 6 '#35B779', 7 '#6DCD59', "
    "8 '#B4DE2C', 9 '#FDE725'";
constexpr std::string_view two_signed_colours =
    "-4 '#053061', -3 '#2166AC', -2 '#67A9CF', -1 '#D1E5F0', 0 '#FFFFFF', 1 '#FDDBC7', 2 '#EF8A62', 3 '#B2182B', "
    "4 '#67001F'";

/// The bar of colours beside the panel, with its numbers and title.
void write_colours(Script& script, const Map& map, const PanelFrame& frame, const Layout& layout) {
  script.line("set palette defined ({})", map.two_signed ? two_signed_colours : rising_colours);
  script.line("set cbrange [{:.12g}:{:.12g}]", frame.scale.low / frame.scale.divisor,
              frame.scale.high / frame.scale.divisor);
  script.line("set colorbox vertical user origin screen {:.5f}, screen {:.5f} size screen {:.5f}, screen {:.5f} border",
              frame.bar_left / layout.width, 1 - frame.bottom / layout.height,
              (frame.bar_right - frame.bar_left) / layout.width, frame.height() / layout.height);
  std::string tics;
  for (const Tic& tic : frame.scale.tics)
    fmt::format_to(std::back_inserter(tics), "{}{} {:.12g}", tics.empty() ? "" : ", ", in_quotes(tic.label), tic.at);
  if (tics.empty())
    script.line("unset cbtics");
  else
    script.line("set cbtics ({}) out scale 0.6 offset -0.4,0 textcolor rgb '{}' font ',{}'", tics, ink,
                small_font_size);
  write_text(script, layout, frame.scale.title, frame.scale_title_at, (frame.top + frame.bottom) / 2,
             fmt::format("center rotate by 90 font ',{}' textcolor rgb '{}'", font_size, ink));
}

/// The map's numbers as a block; gives the clause that draws it.
std::string write_map(Script& script, const Map& map, const PanelFrame& frame, std::size_t panel) {
  const std::string name = fmt::format("$m{}", panel);
  script.line("{} << EOD", name);
  for (std::size_t i = 0; i < map.x.size(); ++i)
    for (std::size_t j = 0; j < map.y.size(); ++j) {
      // A row for each cell, also for an empty one: gnuplot finds the grid from them.
      const double value = map.values[i * map.y.size() + j];
      script.line("{:.10g} {:.10g} {}", map.x[i] / frame.x.divisor, map.y[j] / frame.y.divisor,
                  std::isfinite(value) ? fmt::format("{:.6g}", value / frame.scale.divisor) : "NaN");
    }
  script.line("EOD");
  return fmt::format("{} using 1:2:3 with image notitle", name);
}

void write_titles(Script& script, const Panel& panel, const PanelFrame& frame, const Layout& layout) {
  const std::string plain = fmt::format("font ',{}' textcolor rgb '{}'", font_size, ink);
  const double legend = frame.legend.place == Legend::Place::above ? 4 + legend_line * frame.legend.rows : 0;
  write_text(script, layout, shortened(panel.title, frame.width()), frame.left, frame.top - legend - 14,
             fmt::format("left font 'sans-serif:Bold,{}' textcolor rgb '{}'", font_size, ink));
  if (frame.x_numbers)
    write_text(script, layout, frame.x.title, (frame.left + frame.right) / 2, frame.bottom + 36, "center " + plain);
  write_text(script, layout, frame.y.title, frame.y_title_at, (frame.top + frame.bottom) / 2,
             "center rotate by 90 " + plain);
}

void write_rules(Script& script, const Panel& panel, const PanelFrame& frame) {
  const std::string text_style = fmt::format("font ',{}' textcolor rgb '{}' front", small_font_size, faint_ink);
  for (const Rule& rule : panel.rules) {
    const bool at_x = rule.at == Rule::At::x;
    const AxisFrame& axis = at_x ? frame.x : frame.y;
    const double fraction = axis.fraction(rule.value);
    if (!(fraction >= 0 && fraction <= 1)) continue;
    const double at = rule.value / axis.divisor;
    const std::string ends = at_x ? fmt::format("from first {0:.12g}, graph 0 to first {0:.12g}, graph 1", at)
                                  : fmt::format("from graph 0, first {0:.12g} to graph 1, first {0:.12g}", at);
    script.line("set arrow {} nohead lc rgb '{}' lw 1.2 dt (6,4) front", ends, faint_ink);
    if (rule.text.empty()) continue;
    // Beside the line, on the side where the panel has room.
    if (at_x) {
      script.line("set label {} at first {:.12g}, graph 0.95 {} offset {},0 {}", in_quotes(rule.text), at,
                  fraction < 0.6 ? "left" : "right", fraction < 0.6 ? 0.6 : -0.6, text_style);
    } else {
      script.line("set label {} at graph 0.99, first {:.12g} right offset 0,{} {}", in_quotes(rule.text), at,
                  fraction < 0.9 ? 0.5 : -0.6, text_style);
    }
  }
  for (const Annotation& note : panel.annotations) {
    const double x = frame.x.fraction(note.x), y = frame.y.fraction(note.y);
    if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) continue;
    script.line("set label {} at first {:.12g}, first {:.12g} center font ',{}' textcolor rgb '{}' front",
                in_quotes(note.text), note.x / frame.x.divisor, note.y / frame.y.divisor, small_font_size, ink);
  }
}

void write_panel(Script& script, const Panel& panel, const PanelFrame& frame, const Layout& layout, std::size_t index,
                 std::string_view figure_title) {
  script.line("unset label\nunset arrow");
  if (index == 0)
    write_text(script, layout, figure_title, layout.width / 2.0, 16,
               fmt::format("center font 'sans-serif:Bold,{}' textcolor rgb '{}'", font_size + 1, ink));
  script.line("set lmargin at screen {:.5f}", frame.left / layout.width);
  script.line("set rmargin at screen {:.5f}", frame.right / layout.width);
  script.line("set tmargin at screen {:.5f}", 1 - frame.top / layout.height);
  script.line("set bmargin at screen {:.5f}", 1 - frame.bottom / layout.height);
  write_axis(script, 'x', frame.x, frame.x_numbers);
  write_axis(script, 'y', frame.y, true);
  write_titles(script, panel, frame, layout);
  write_rules(script, panel, frame);
  write_legend(script, frame, layout);
  if (panel.map) write_colours(script, *panel.map, frame, layout);

  Drawings drawings(script, frame, index);
  std::size_t turn = 0;
  for (const Series& series : panel.series) {
    const Look look = look_of(series, turn);
    drawings.add(series, look);
    drawings.add_legend_entry(series, look);
    if (series.colour == Colour::next) ++turn;
  }
  // A panel without data still has its axes.
  std::vector<std::string> clauses = drawings.clauses();
  if (panel.map) clauses.insert(clauses.begin(), write_map(script, *panel.map, frame, index));
  script.line("plot NaN notitle{}{}", clauses.empty() ? "" : ", ", fmt::join(clauses, ", "));
}

std::string script_of(const Figure& figure, const Layout& layout, Format format) {
  Script script;
  if (format == Format::svg) {
    script.line("set terminal svg size {},{} font 'sans-serif,{}' background '#ffffff' noenhanced", layout.width,
                layout.height, font_size);
  } else {
    script.line(
        "set terminal pngcairo size {},{} font 'sans-serif,{}' fontscale 1.5 linewidth 2 pointscale 2 noenhanced",
        2 * layout.width, 2 * layout.height, font_size);
  }
  script.line("set encoding utf8");
  script.line("set border 3 lc rgb '{}' lw 1", frame_ink);
  script.line("set grid xtics ytics back lt 1 lc rgb '{}' lw 1", grid_ink);
  script.line("set errorbars 0");
  script.line("set clip two");
  script.line("set multiplot");
  for (std::size_t i = 0; i < layout.panels.size(); ++i)
    write_panel(script, figure.panels[i], layout.panels[i], layout, i, figure.title);
  script.line("unset multiplot");
  return script.text();
}

}  // namespace

std::string render(const Figure& figure, Format format, std::string_view name) {
  const Figure visible = thinned(figure);
  const Layout layout = lay_out(visible);
  std::string drawn = run_gnuplot(script_of(visible, layout, format));
  return format == Format::svg ? with_own_ids(drawn, name) : drawn;
}

Format format_of(std::string_view file_name) {
  std::string ending(file_name.substr(std::min(file_name.rfind('.'), file_name.size())));
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ending == ".svg") return Format::svg;
  if (ending == ".png") return Format::png;
  throw InvalidInput("{}: a figure is written as .svg or .png", file_name);
}

}  // namespace ecram::report
