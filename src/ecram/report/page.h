// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ecram/report/figure.h"

/// A report as plain data, and one function that makes an HTML page of it: one file, nothing fetched, no scripts. All
/// texts are plain UTF-8; what means something to HTML is escaped.
namespace ecram::report {

/// A stretch of text in one style, and a link's target where it is a link ("#id" for a place on the page).
struct Run {
  enum class Style { plain, strong, emphasis, code, subscript, superscript };
  std::string text = {};
  Style style = Style::plain;
  std::string link = {};
};

/// One paragraph. From a string it is plain text.
struct Paragraph {
  Paragraph() = default;
  Paragraph(const char* text) : runs{{text}} {}
  Paragraph(std::string text) : runs{{std::move(text)}} {}
  Paragraph(std::vector<Run> stretches) : runs(std::move(stretches)) {}

  std::vector<Run> runs = {};
};

/// A short word on a coloured ground.
struct Badge {
  enum class Tone { neutral, blue, green, purple, orange, red };
  std::string text = {};
  Tone tone = Tone::neutral;
};

struct Cell {
  Cell() = default;
  Cell(const char* words) : text{{words}} {}
  Cell(std::string words) : text{{std::move(words)}} {}
  Cell(Badge label) : badges{std::move(label)} {}
  Cell(std::vector<Run> stretches) : text(std::move(stretches)) {}

  std::vector<Run> text = {};
  std::vector<Badge> badges = {};  ///< in front of the text
  bool together = false;           ///< not broken into lines: a number with its error and unit
};

struct TableRow {
  TableRow() = default;
  TableRow(std::vector<Cell> columns) : cells(std::move(columns)) {}

  std::vector<Cell> cells = {};
  bool heading = false;  ///< a heading for the rows that follow: its first cell goes across the table
  bool faint = false;    ///< stands back: nothing to see yet
};

struct Table {
  std::string caption = {};
  std::vector<std::string> header = {};
  std::vector<TableRow> rows = {};
  std::vector<bool> numeric = {};  ///< columns set flush right; empty: none
};

struct FigureBlock {
  Figure figure = {};
  Paragraph caption = {};  ///< numbered: "Figure 3."
};

/// A picture that is drawn already: an SVG element without a declaration and without ids.
struct Picture {
  std::string svg = {};
  Paragraph caption = {};  ///< numbered along with the figures
};

/// A box that stands out.
struct Note {
  enum class Kind { remark, warning } kind = Kind::remark;
  std::string title = {};
  std::vector<Paragraph> text = {};
};

struct List {
  std::vector<Paragraph> items = {};
};

/// A heading within a section.
struct Heading {
  std::string text = {};
};

/// Words in a typewriter face, lines kept: a command, a file.
struct Listing {
  std::string text = {};
};

using Block = std::variant<Paragraph, Heading, Table, FigureBlock, Note, List, Listing, Picture>;

struct Section {
  std::string id = {};  ///< for links, "switching": letters, digits and dashes
  std::string title = {};
  std::vector<Block> blocks = {};
};

struct Page {
  std::string title = {};
  std::vector<Block> opening = {};     ///< before the contents list
  std::vector<Section> sections = {};  ///< listed in the contents where there are more than one
  std::string footer = {};
};

/// The page as HTML 5; its figures are drawn here. The same page gives the same bytes.
///
/// @throws InvalidInput, Failure  as `render` does, and InvalidInput for a section's id that is empty, used twice or
///                                has other characters
std::string html(const Page& page);

}  // namespace ecram::report
