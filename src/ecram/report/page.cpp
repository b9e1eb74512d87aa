// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/page.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "ecram/core/errors.h"
#include "ecram/report/text.h"

namespace ecram::report {
namespace {

constexpr std::string_view style = R"css(
:root{--ink:#1d2430;--soft:#5b6472;--line:#e1e5ea;--ground:#f6f7f9;--link:#0b5a94}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;color:var(--ink);background:#fff;font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
main{max-width:820px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:2rem;line-height:1.2;margin:0 0 .6em;letter-spacing:-.01em}
h2{font-size:1.4rem;line-height:1.25;margin:2.4em 0 .7em;padding-top:.9em;border-top:1px solid var(--line)}
h3{font-size:1.08rem;margin:1.8em 0 .5em}
p{margin:.7em 0}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
code{background:var(--ground);padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}
pre{background:var(--ground);border:1px solid var(--line);border-radius:6px;padding:12px 14px;overflow-x:auto;line-height:1.45}
sub,sup{line-height:0}
nav{background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:12px 18px;margin:1.6em 0}
nav strong{font-size:.8rem;text-transform:uppercase;letter-spacing:.06em;color:var(--soft)}
nav ol{margin:.4em 0 0;padding-left:1.4em}
.table{overflow-x:auto;margin:1.2em 0}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding-bottom:.5em}
th{text-align:left;font-weight:600;border-bottom:2px solid #c9d0d9;padding:6px 10px;vertical-align:bottom}
td{border-bottom:1px solid var(--line);padding:5px 10px;vertical-align:top}
th:first-child,td:first-child{padding-left:4px;min-width:11em}
.n{text-align:right;white-space:nowrap}.t{white-space:nowrap}
tr.h td{font-weight:600;background:var(--ground);border-bottom-color:#c9d0d9;padding-top:7px}
tr.f td{color:#78818e}
.b{display:inline-block;font-size:.74rem;font-weight:600;line-height:1.5;padding:0 .55em;border-radius:1em;white-space:nowrap;border:1px solid}
.neutral{color:#5b6472;background:#f1f3f5;border-color:#d6dbe1}
.blue{color:#0b5a94;background:#e6f1fa;border-color:#b8d8ef}
.green{color:#0b6b4b;background:#e3f5ee;border-color:#aadfc9}
.purple{color:#7a3572;background:#f7eaf5;border-color:#e3c1de}
.orange{color:#8a5a00;background:#fdf3de;border-color:#f0d59a}
.red{color:#a33a00;background:#fdece3;border-color:#f5c3a8}
figure{margin:1.6em 0}
figure svg{display:block;width:100%;max-width:100%;height:auto}
figcaption{font-size:.9rem;color:var(--soft);margin-top:.5em}
figcaption b{color:var(--ink)}
.note{border-left:4px solid #7fb2d6;background:#f2f7fb;border-radius:0 6px 6px 0;padding:10px 16px;margin:1.2em 0}
.note.warning{border-left-color:#e07b39;background:#fdf3ec}
.note>b{display:block}
.note p{margin:.3em 0}
footer{margin-top:3em;padding-top:1em;border-top:1px solid var(--line);font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}
@media(max-width:600px){main{padding:22px 14px 40px}body{font-size:15px}h1{font-size:1.55rem}td,th{padding:5px 6px}th:first-child,td:first-child{min-width:7em}figure{overflow-x:auto}figure svg{min-width:480px}}
@media print{body{font-size:10.5pt}main{max-width:none;padding:0}nav{display:none}figure,tr,.note{break-inside:avoid}h2,h3{break-after:avoid}a{color:inherit}.b,.note,tr.h td{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)css";

/// Writes blocks one after the other; figures are numbered through the page.
class Writer {
 public:
  std::string text;

  void operator()(const Paragraph& paragraph) { text += fmt::format("<p>{}</p>\n", runs(paragraph.runs)); }

  void operator()(const Heading& heading) { text += fmt::format("<h3>{}</h3>\n", escape_markup(heading.text)); }

  void operator()(const Listing& listing) { text += fmt::format("<pre>{}</pre>\n", escape_markup(listing.text, true)); }

  void operator()(const List& list) {
    text += "<ul>\n";
    for (const Paragraph& item : list.items) text += fmt::format("<li>{}</li>\n", runs(item.runs));
    text += "</ul>\n";
  }

  void operator()(const Note& note) {
    text += fmt::format("<div class=\"note{}\">", note.kind == Note::Kind::warning ? " warning" : "");
    if (!note.title.empty()) text += fmt::format("<b>{}</b>", escape_markup(note.title));
    for (const Paragraph& paragraph : note.text) (*this)(paragraph);
    text += "</div>\n";
  }

  void operator()(const Table& table) {
    std::size_t columns = table.header.size();
    for (const TableRow& row : table.rows) columns = std::max(columns, row.cells.size());
    const auto alignment = [&](std::size_t column) {
      return column < table.numeric.size() && table.numeric[column] ? " class=\"n\"" : "";
    };
    text += "<div class=\"table\"><table>\n";
    if (!table.caption.empty()) text += fmt::format("<caption>{}</caption>\n", escape_markup(table.caption));
    if (!table.header.empty()) {
      text += "<thead><tr>";
      for (std::size_t c = 0; c < table.header.size(); ++c)
        text += fmt::format("<th scope=\"col\"{}>{}</th>", alignment(c), escape_markup(table.header[c]));
      text += "</tr></thead>\n";
    }
    text += "<tbody>\n";
    for (const TableRow& row : table.rows) {
      text += row.heading ? "<tr class=\"h\">" : row.faint ? "<tr class=\"f\">" : "<tr>";
      for (std::size_t c = 0; c < row.cells.size(); ++c) {
        text += row.heading && row.cells.size() == 1 ? fmt::format("<td colspan=\"{}\">", columns)
                                                     : fmt::format("<td{}>", alignment(c));
        text += cell(row.cells[c]) + "</td>";
      }
      text += "</tr>\n";
    }
    text += "</tbody></table></div>\n";
  }

  void operator()(const FigureBlock& block) {
    ++figures_;
    add_figure(render(block.figure, Format::svg, fmt::format("figure{}", figures_)), block.caption);
  }

  void operator()(const Picture& picture) {
    ++figures_;
    add_figure(picture.svg, picture.caption);
  }

 private:
  void add_figure(const std::string& svg, const Paragraph& caption) {
    text += fmt::format("<figure>\n{}<figcaption><b>Figure {}.</b> {}</figcaption></figure>\n", svg, figures_,
                        runs(caption.runs));
  }

  static std::string runs(const std::vector<Run>& stretches) {
    static constexpr std::array<std::string_view, 6> elements{"", "strong", "em", "code", "sub", "sup"};
    std::string result;
    for (const Run& run : stretches) {
      const std::string_view element = elements[static_cast<std::size_t>(run.style)];
      std::string piece = escape_markup(run.text);
      if (!element.empty()) piece = fmt::format("<{0}>{1}</{0}>", element, piece);
      if (!run.link.empty()) piece = fmt::format("<a href=\"{}\">{}</a>", escape_markup(run.link), piece);
      result += piece;
    }
    return result;
  }

  static std::string cell(const Cell& content) {
    static constexpr std::array<std::string_view, 6> tones{"neutral", "blue", "green", "purple", "orange", "red"};
    std::string result;
    for (const Badge& badge : content.badges)
      result += fmt::format("<span class=\"b {}\">{}</span> ", tones[static_cast<std::size_t>(badge.tone)],
                            escape_markup(badge.text));
    if (content.together) return result + fmt::format("<span class=\"t\">{}</span>", runs(content.text));
    return result + runs(content.text);
  }

  int figures_ = 0;
};

void check_ids(const Page& page) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  std::set<std::string_view> seen;
  for (const Section& section : page.sections) {
    if (section.id.empty() || section.id.find_first_not_of(letters) != std::string::npos)
      throw InvalidInput("section '{}': its id '{}' is not made of letters, digits and dashes", section.title,
                         section.id);
    if (!seen.insert(section.id).second)
      throw InvalidInput("section '{}': its id '{}' is used twice", section.title, section.id);
  }
}

}  // namespace

std::string html(const Page& page) {
  check_ids(page);
  Writer writer;
  const std::string title = escape_markup(page.title);
  writer.text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n",
      title, style, title);
  for (const Block& block : page.opening) std::visit(writer, block);
  if (page.sections.size() > 1) {
    writer.text += "<nav aria-label=\"Contents\"><strong>Contents</strong><ol>\n";
    for (const Section& section : page.sections)
      writer.text += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, escape_markup(section.title));
    writer.text += "</ol></nav>\n";
  }
  for (const Section& section : page.sections) {
    writer.text += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", section.id, escape_markup(section.title));
    for (const Block& block : section.blocks) std::visit(writer, block);
    writer.text += "</section>\n";
  }
  if (!page.footer.empty()) writer.text += fmt::format("<footer>{}</footer>\n", escape_markup(page.footer));
  writer.text += "</main>\n</body>\n</html>\n";
  return std::move(writer.text);
}

}  // namespace ecram::report
