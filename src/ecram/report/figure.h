// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Figures as plain data, and one function that draws them.
///
/// A figure is a grid of panels, a panel has two axes and series in the axes' SI units. Ranges, tics, SI prefixes and
/// the legend's place are chosen from the data where the figure does not say. Texts are drawn as they stand, in UTF-8:
/// no character has a special meaning.
namespace ecram::report {

/// Colours that people with colour-blindness tell apart (Okabe and Ito, 2008). `next` takes them in turn.
enum class Colour { next, blue, vermilion, green, purple, orange, sky, black, grey };

enum class Draw {
  points,           ///< y(x); with `low` and `high` also error bars
  line,             ///< y(x), in the order given
  points_and_line,  ///< both
  band,             ///< the area between low(x) and high(x); `y` is not used
  bars,             ///< bars from 0 to y, centred at x, each as wide as the smallest distance of two centres
};

/// One set of data. A NaN is a gap in a line and a point that is not drawn; on a logarithmic axis so are zero and
/// negative values. Millions of points are fine: what is drawn is thinned to what can be seen, extremes kept.
struct Series {
  std::string name = {};  ///< in the legend; empty: not in the legend
  Draw draw = Draw::points;
  std::vector<double> x = {}, y = {};
  std::vector<double> low = {},
                      high = {};  ///< ends of the error bars, or the band's edges (absolute values, not distances)
  Colour colour = Colour::next;
  bool dashed = false;  ///< lines
  bool hollow = false;  ///< points
};

struct Axis {
  std::string label = {};  ///< "conductance"
  std::string unit = {};   ///< "S"; empty for a number without unit
  bool log = false;        ///< logarithmic
  bool prefix = false;     ///< may take an SI prefix: data in S are labelled "nS" where that suits them
  std::optional<double> low = {}, high = {};  ///< range in the unit above; otherwise the data's, with a margin
};

/// A dashed straight line across the panel at x, or at y, with a text beside it.
struct Rule {
  enum class At { x, y } at = At::y;
  double value = 0;
  std::string text = {};
};

/// A text whose middle stands at (x, y), in the units of the axes.
struct Annotation {
  double x = 0, y = 0;
  std::string text = {};
};

/// Numbers on a grid, drawn as coloured cells below the series, with a bar of the colours beside the panel. The grid's
/// lines are evenly spaced on axes that are not logarithmic. Finer grids than can be seen are averaged.
struct Map {
  std::vector<double> x = {}, y = {};  ///< middles of the cells, rising; at least two of each
  std::vector<double> values = {};     ///< x.size() times y.size(), y running fastest; NaN: the cell stays white
  Axis scale = {};                     ///< of the colours; not logarithmic
  bool two_signed = false;             ///< colours for either sign, white at zero, the range the same on both sides
};

struct Panel {
  std::string title = {};  ///< above the panel; empty: none
  Axis x = {}, y = {};
  std::vector<Series> series = {};
  std::vector<Rule> rules = {};
  std::vector<Annotation> annotations = {};
  double height = 1;  ///< relative to other rows: residuals under data take 0.4, say
  std::optional<Map> map = {};
};

struct Figure {
  std::string title = {};          ///< above all; empty: none (a page's caption says it)
  std::vector<Panel> panels = {};  ///< row by row
  int columns = 1;                 ///< panels side by side
  bool shared_x = false;           ///< panels above one another have one x axis: the lowest carries the numbers
  int width = 720;                 ///< px
  int height = 0;                  ///< px; 0: what suits the panels
};

enum class Format { svg, png };

/// Draws the figure with gnuplot, as a separate process.
///
/// @param format  SVG comes without an XML declaration, so that it is a file of its own and can stand inside HTML;
///                its bytes depend on nothing but the figure and gnuplot's version. PNG has two pixels for each px.
/// @param name    put in front of each id in the SVG; figures on one page need different ones
/// @throws InvalidInput  if a series has x, y, low and high of different lengths, a map another number of values than
///                       cells or a logarithmic axis, or a range is empty
/// @throws Failure       if gnuplot is not there or fails
std::string render(const Figure& figure, Format format, std::string_view name = "figure");

/// The format that a file's name asks for by its ending, .svg or .png. @throws InvalidInput  for any other
Format format_of(std::string_view file_name);

}  // namespace ecram::report
