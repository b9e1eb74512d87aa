// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/figure.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/report/gnuplot.h"
#include "support/markup.h"

namespace ecram::report {
namespace {

Figure straight_line() {
  Series line{"law", Draw::line};
  line.x = {0, 1e-9, 2e-9};
  line.y = {0, 10, 20};
  Panel panel;
  panel.x = {"conductance", "S", false, true};
  panel.y = {"count"};
  panel.series = {line};
  Figure figure;
  figure.panels = {panel};
  return figure;
}

/// The corners of the one stroke of the colour of a first series (#0072B2), px.
std::vector<std::pair<double, double>> stroke(const std::string& svg) {
  std::vector<std::pair<double, double>> corners;
  const std::size_t at = svg.find("stroke='rgb(  0, 114, 178)'");
  if (at == std::string::npos) return corners;
  const std::size_t from = svg.find("d='", at) + 3;
  std::string path = svg.substr(from, svg.find('\'', from) - from);
  std::replace_if(
      path.begin(), path.end(), [](char c) { return c == 'M' || c == 'L' || c == ',' || std::isspace(c); }, ' ');
  for (const char* p = path.c_str(); *p != '\0';) {
    char* end = nullptr;
    const double x = std::strtod(p, &end);
    if (end == p) break;
    p = end;
    const double y = std::strtod(p, &end);
    p = end;
    corners.emplace_back(x, y);
  }
  return corners;
}

TEST(Figure, IsWellFormedAndCarriesItsTexts) {
  const std::string svg = render(straight_line(), Format::svg);
  EXPECT_EQ(markup_fault(svg), "");
  EXPECT_TRUE(svg.starts_with("<svg"));
  for (const char* text : {">conductance (nS)<", ">count<", ">law<", ">0.0<", ">2.0<", ">20<"})
    EXPECT_NE(svg.find(text), std::string::npos) << text;
}

// The oracle is geometry: three points on a line through the origin stay on a line, evenly spaced, y upwards.
TEST(Figure, DrawsPointsWhereTheyBelong) {
  Figure figure = straight_line();
  figure.panels[0].series[0].name = "";
  const auto corners = stroke(render(figure, Format::svg));
  ASSERT_GE(corners.size(), 3U);
  EXPECT_NEAR(corners[1].first - corners[0].first, corners[2].first - corners[1].first, 0.02);
  EXPECT_NEAR(corners[1].second - corners[0].second, corners[2].second - corners[1].second, 0.02);
  EXPECT_GT(corners[1].first, corners[0].first + 100);
  EXPECT_LT(corners[1].second, corners[0].second - 50);
}

// On logarithmic axes a power law is straight.
TEST(Figure, LogarithmicAxesMakePowerLawsStraight) {
  Figure figure = straight_line();
  Panel& panel = figure.panels[0];
  panel.x.log = panel.y.log = true;
  panel.series[0].name = "";
  panel.series[0].x = {1, 10, 100, 1000};
  panel.series[0].y = {2, 200, 20000, 2e6};
  const auto corners = stroke(render(figure, Format::svg));
  ASSERT_GE(corners.size(), 4U);
  for (std::size_t i = 2; i < 4; ++i) {
    EXPECT_NEAR(corners[i].first - corners[i - 1].first, corners[1].first - corners[0].first, 0.03);
    EXPECT_NEAR(corners[i].second - corners[i - 1].second, corners[1].second - corners[0].second, 0.03);
  }
}

TEST(Figure, TextsMeanNothingToGnuplotOrXml) {
  Figure figure = straight_line();
  const std::string text = "a_b^{x} @k ~d &{e} 'q' \"r\" \\n %s `touch /tmp/x` <script>alert(1)</script>";
  figure.title = figure.panels[0].x.label = figure.panels[0].series[0].name = text;
  figure.panels[0].rules = {{Rule::At::y, 5, text}};
  figure.panels[0].annotations = {{1e-9, 10, text}};
  const std::string svg = render(figure, Format::svg);
  EXPECT_EQ(markup_fault(svg), "");
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  // As a reader of XML sees it.
  const std::string escaped = "a_b^{x} @k ~d &amp;{e} 'q' \"r\" \\n %s `touch /tmp/x` &lt;script>alert(1)&lt;/script>";
  std::size_t seen = 0;
  for (std::size_t at = svg.find(escaped); at != std::string::npos; at = svg.find(escaped, at + 1)) ++seen;
  EXPECT_EQ(seen, 5U);
}

TEST(Figure, ControlCharactersAndBrokenUtf8DoNotBreakXml) {
  Figure figure = straight_line();
  figure.panels[0].y.label = std::string("a\x01\n\xFF\xC3(\0b", 8);
  EXPECT_EQ(markup_fault(render(figure, Format::svg)), "");
}

TEST(Figure, TheSameFigureGivesTheSameBytes) {
  EXPECT_EQ(render(straight_line(), Format::svg), render(straight_line(), Format::svg));
}

TEST(Figure, IdsOfTwoFiguresDiffer) {
  const std::string one = render(straight_line(), Format::svg, "one"),
                    two = render(straight_line(), Format::svg, "two");
  const auto ids = attribute_values(one, "id");
  ASSERT_FALSE(ids.empty());
  const std::set<std::string> of_one(ids.begin(), ids.end());
  EXPECT_EQ(of_one.size(), ids.size());
  for (const std::string& id : attribute_values(two, "id")) EXPECT_FALSE(of_one.contains(id)) << id;
  for (const std::string& reference : attribute_values(one, "xlink:href"))
    EXPECT_TRUE(of_one.contains(reference.substr(1))) << reference;
}

TEST(Figure, AWordThatLooksLikeAnIdStaysAWord) {
  Figure figure = straight_line();
  figure.panels[0].y.label = "the id='gpDot' href='#x'";
  EXPECT_NE(render(figure, Format::svg).find(">the id='gpDot' href='#x'<"), std::string::npos);
}

TEST(Figure, AMillionPointsGiveASmallFileAndKeepTheSpike) {
  Figure figure = straight_line();
  Series& line = figure.panels[0].series[0];
  line.name = "";
  line.x.resize(1000000);
  line.y.resize(line.x.size());
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    line.x[i] = static_cast<double>(i);
    line.y[i] = std::sin(static_cast<double>(i));
  }
  line.y[654321] = 10;
  const std::string svg = render(figure, Format::svg);
  EXPECT_LT(svg.size(), 300000U);
  const auto corners = stroke(svg);
  const auto highest = std::min_element(corners.begin(), corners.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto [left, right] = std::minmax_element(corners.begin(), corners.end());
  EXPECT_NEAR((highest->first - left->first) / (right->first - left->first), 0.654321, 0.003);
}

TEST(Figure, AcceptsWhatCannotBeDrawn) {
  Figure figure = straight_line();
  Panel& panel = figure.panels[0];
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  Series points{"points"};
  points.x = {0, 1, nan, 3, 4};
  points.y = {nan, -1, 2, inf, 10};
  points.low = {nan, nan, nan, nan, -inf};
  points.high = {nan, nan, nan, nan, inf};
  Series nothing{"nothing", Draw::line};
  Series band{"band", Draw::band};
  band.x = {0, 1, 2, 3};
  band.low = {-1, nan, -1, -inf};
  band.high = {1, nan, 1, inf};
  panel.series = {points, nothing, band};
  EXPECT_EQ(markup_fault(render(figure, Format::svg)), "");
  panel.y.log = panel.x.log = true;
  EXPECT_EQ(markup_fault(render(figure, Format::svg)), "");
  panel.series.clear();
  EXPECT_EQ(markup_fault(render(figure, Format::svg)), "");
}

// Constants, and what rounding makes of them, lie across the middle of their panel.
TEST(Figure, DrawsConstantCurves) {
  const double step = std::nextafter(1.0, 2.0);
  for (const bool log : {false, true})
    for (const auto& [a, b] : {std::pair{1.0, 1.0},
                               {1.0, step},
                               {1.0, 1 + 3e-13},
                               {0.733856057787, 0.7338560577871},
                               {1e-250, 1e-250},
                               {1e250, 1e250},
                               {1e5, 1e5},
                               {6e23, 6e23}}) {
      Figure figure = straight_line();
      Panel& panel = figure.panels[0];
      panel.y.log = log;
      panel.series[0].name = "";
      panel.series[0].x = {0, 1, 2};
      panel.series[0].y = {a, b, a};
      const auto corners = stroke(render(figure, Format::svg));
      ASSERT_GE(corners.size(), 2U) << a << (log ? " log" : "");
      EXPECT_NEAR(corners.front().second, corners.back().second, 0.02);
      EXPECT_GT(corners.back().first, corners.front().first + 300);
    }
  for (const double constant : {0.0, -3.0, -1e250, 1e-3}) {
    Figure figure = straight_line();
    figure.panels[0].series[0].name = "";
    figure.panels[0].series[0].x = {constant, constant, constant};
    figure.panels[0].series[0].y = {constant, constant, constant};
    EXPECT_EQ(markup_fault(render(figure, Format::svg)), "") << constant;
  }
}

/// The picture inside an SVG: x, y, width, height, px.
std::vector<double> picture(const std::string& svg) {
  std::vector<double> box;
  const std::size_t at = svg.find("<image");
  if (at == std::string::npos) return box;
  for (const char* name : {" x='", " y='", " width='", " height='"}) {
    const std::size_t from = svg.find(name, at);
    box.push_back(std::strtod(svg.c_str() + from + std::string(name).size(), nullptr));
  }
  return box;
}

// Cells are where their middles say: a line through the middle of the left column of two ends a quarter into the map.
TEST(Figure, DrawsAMapUnderItsSeries) {
  Figure figure;
  Panel panel{.x = {"x", "m", false, true}, .y = {"y", "m", false, true}};
  panel.map = Map{.x = {0, 1e-3}, .y = {0, 1e-3, 2e-3}, .values = {0, 1, 2, 3, NAN, 5}, .scale = {"field", "T"}};
  panel.series = {Series{.draw = Draw::line, .x = {0, 1e-3}, .y = {0, 2e-3}}};
  figure.panels = {panel};
  const std::string svg = render(figure, Format::svg);
  EXPECT_EQ(markup_fault(svg), "");
  for (const char* text : {">field (T)<", ">x (mm)<", ">y (mm)<", ">5<"})
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  const auto box = picture(svg);
  const auto line = stroke(svg);
  ASSERT_EQ(box.size(), 4U);
  ASSERT_GE(line.size(), 2U);
  EXPECT_NEAR(line.front().first, box[0] + box[2] / 4, 1);
  EXPECT_NEAR(line.back().first, box[0] + 3 * box[2] / 4, 1);
  EXPECT_NEAR(line.front().second, box[1] + 5 * box[3] / 6, 1);
  EXPECT_NEAR(line.back().second, box[1] + box[3] / 6, 1);
  EXPECT_EQ(svg, render(figure, Format::svg));
  EXPECT_GT(render(figure, Format::png).size(), 1000U);
}

TEST(Figure, AFineMapIsASmallFile) {
  Figure figure;
  Panel panel;
  Map map;
  for (int i = 0; i < 1500; ++i) map.x.push_back(i), map.y.push_back(i);
  for (int i = 0; i < 1500 * 1500; ++i) map.values.push_back(std::sin(1e-3 * i) - 0.5);
  map.two_signed = true;
  panel.map = map;
  figure.panels = {panel};
  EXPECT_LT(render(figure, Format::svg).size(), 600000U);
  panel.map->values.assign(map.values.size(), 0.25);
  figure.panels = {panel};
  EXPECT_EQ(markup_fault(render(figure, Format::svg)), "");
  panel.map->values.pop_back();
  figure.panels = {panel};
  EXPECT_THROW(render(figure, Format::svg), InvalidInput);
  panel.map = map;
  panel.x.log = true;
  figure.panels = {panel};
  EXPECT_THROW(render(figure, Format::svg), InvalidInput);
}

TEST(Figure, PngIsAPngOfTwicePixels) {
  Figure figure = straight_line();
  figure.width = 600;
  figure.height = 300;
  const std::string png = render(figure, Format::png);
  ASSERT_GT(png.size(), 1000U);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const auto number = [&](std::size_t at) {
    return (static_cast<unsigned char>(png[at + 2]) << 8) + static_cast<unsigned char>(png[at + 3]);
  };
  EXPECT_EQ(number(16), 1200);
  EXPECT_EQ(number(20), 600);
}

TEST(Figure, RefusesSeriesWhoseLengthsDiffer) {
  Figure figure = straight_line();
  figure.panels[0].series[0].y.pop_back();
  EXPECT_THROW(render(figure, Format::svg), InvalidInput);
  figure = straight_line();
  figure.panels[0].series[0].low = {1};
  EXPECT_THROW(render(figure, Format::svg), InvalidInput);
  figure = straight_line();
  figure.panels[0].x.low = 3;
  figure.panels[0].x.high = 1;
  EXPECT_THROW(render(figure, Format::svg), InvalidInput);
}

TEST(Figure, FormatsByEnding) {
  EXPECT_EQ(format_of("a.svg"), Format::svg);
  EXPECT_EQ(format_of("dir.x/a.PNG"), Format::png);
  EXPECT_THROW(format_of("a.pdf"), InvalidInput);
  EXPECT_THROW(format_of("svg"), InvalidInput);
}

TEST(Gnuplot, ItsComplaintReachesTheUserAsOneLine) {
  try {
    run_gnuplot("set terminal svg\nplot nonsense(\n");
    FAIL() << "accepted nonsense";
  } catch (const Failure& e) {
    EXPECT_TRUE(std::string(e.what()).starts_with("gnuplot failed: line "));
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
  }
}

TEST(Gnuplot, WhereItIsMissingThePackageIsNamed) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  try {
    run_gnuplot("");
    ADD_FAILURE() << "found gnuplot nowhere";
  } catch (const Failure& e) {
    EXPECT_NE(std::string(e.what()).find("gnuplot-nox"), std::string::npos);
  }
  setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace ecram::report
