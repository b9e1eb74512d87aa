// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/page.h"

#include <set>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "support/markup.h"

namespace ecram::report {
namespace {

FigureBlock figure() {
  Series line{"law", Draw::line};
  line.x = {0, 1};
  line.y = {0, 1};
  Panel panel;
  panel.series = {line};
  FigureBlock block;
  block.figure.panels = {panel};
  block.caption = "A line.";
  return block;
}

Page page() {
  Page page;
  page.title = "A <title> & more";
  page.opening = {Paragraph("<script>alert('x')</script>")};
  Table table;
  table.header = {"what", "value"};
  table.numeric = {false, true};
  TableRow heading({Cell("Fig. 1")});
  heading.heading = true;
  table.rows = {heading, TableRow({Cell("a & b"), Cell(Badge{"measured", Badge::Tone::green})})};
  Note note{Note::Kind::warning, "Mind <this>", {Paragraph("it \"is\" so")}};
  page.sections = {{"one", "First & last", {table, figure(), note}},
                   {"two", "Second", {figure(), Heading{"h<3"}, Listing{"a < b\nc"}, List{{Paragraph("item")}}}}};
  page.sections[1].blocks.emplace_back(Paragraph({{"see ", Run::Style::strong}, {"there", Run::Style::plain, "#one"}}));
  page.footer = "foot & note";
  return page;
}

const std::vector<std::string> void_elements{"meta"};

TEST(Page, IsWellFormedAndEscaped) {
  const std::string text = html(page());
  EXPECT_EQ(markup_fault(text, void_elements), "");
  EXPECT_EQ(text.find("<script"), std::string::npos);
  EXPECT_NE(text.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"), std::string::npos);
  EXPECT_NE(text.find("a &lt; b\nc"), std::string::npos);
}

TEST(Page, EveryIdIsOnceAndEveryLinkLeadsSomewhere) {
  const std::string text = html(page());
  const auto ids = attribute_values(text, "id");
  const std::set<std::string> different(ids.begin(), ids.end());
  EXPECT_EQ(different.size(), ids.size());
  std::size_t links = 0;
  for (const char* name : {"href", "xlink:href"}) {
    for (const std::string& target : attribute_values(text, name)) {
      ASSERT_TRUE(target.starts_with("#")) << target;
      EXPECT_TRUE(different.contains(target.substr(1))) << target;
      ++links;
    }
  }
  EXPECT_GE(links, 3U);
}

TEST(Page, FetchesNothing) {
  const std::string text = html(page());
  for (const char* what : {" src=", "@import", "url(http", "<link", "<iframe"})
    EXPECT_EQ(text.find(what), std::string::npos) << what;
  EXPECT_NE(text.find("<meta charset=\"utf-8\">"), std::string::npos);
}

TEST(Page, IsTheSameEachTime) { EXPECT_EQ(html(page()), html(page())); }

TEST(Page, RefusesIdsThatCannotBe) {
  Page wrong = page();
  wrong.sections[1].id = "one";
  EXPECT_THROW(html(wrong), InvalidInput);
  wrong.sections[1].id = "a b";
  EXPECT_THROW(html(wrong), InvalidInput);
  wrong.sections[1].id = "";
  EXPECT_THROW(html(wrong), InvalidInput);
}

}  // namespace
}  // namespace ecram::report
