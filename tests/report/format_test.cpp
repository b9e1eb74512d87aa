// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/format.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ecram/report/json.h"
#include "ecram/report/text.h"
#include "ecram/report/tics.h"

namespace ecram::report {
namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

// Written by hand after the rule: two digits of the error, the value to the same place.
TEST(Format, ValuesWithUncertainty) {
  struct Case {
    double value, error;
    const char* text;
  };
  for (const Case& c :
       {Case{0.1223, 0.0331, "0.122 ± 0.033"}, Case{0.1223, 0.0996, "0.12 ± 0.10"},
        Case{-0.206, 0.0049, "−0.2060 ± 0.0049"}, Case{7.22, 0.0359, "7.220 ± 0.036"}, Case{1234.5, 25.3, "1234 ± 25"},
        Case{98.02, 0.996, "98.0 ± 1.0"}, Case{0, 0.12, "0.00 ± 0.12"}, Case{0.004, 0.5, "0.00 ± 0.50"},
        Case{-0.001, 0.5, "0.00 ± 0.50"}, Case{4.32e-8, 2.1e-10, "(4.320 ± 0.021)·10⁻⁸"},
        Case{3.083e7, 4.4e5, "(3.083 ± 0.044)·10⁷"}, Case{2e5, 3e4, "(2.00 ± 0.30)·10⁵"}, Case{1.5, 0, "1.5"},
        Case{1.5, nan, "1.5"}, Case{1.5, inf, "1.5"}, Case{nan, 1, "–"}})
    EXPECT_EQ(with_uncertainty({c.value, c.error}), c.text);
  EXPECT_EQ(with_uncertainty({7.22, 0.0359}, "µS"), "7.220 ± 0.036 µS");
}

TEST(Format, Numbers) {
  EXPECT_EQ(number(4.321987), "4.322");
  EXPECT_EQ(number(-0.05), "−0.05");
  EXPECT_EQ(number(221000), "221000");
  EXPECT_EQ(number(123456.7), "123500");
  EXPECT_EQ(number(1e9), "10⁹");
  EXPECT_EQ(number(3.1e7), "3.1·10⁷");
  EXPECT_EQ(number(-2.5e-12), "−2.5·10⁻¹²");
  EXPECT_EQ(number(999999.9), "10⁶");
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(nan), "–");
  EXPECT_EQ(number(-inf), "−∞");
}

TEST(Format, Prefixes) {
  EXPECT_EQ(with_prefix(4.32e-8, "S"), "43.2 nS");
  EXPECT_EQ(with_prefix(9.81e-15, "J"), "9.81 fJ");
  EXPECT_EQ(with_prefix(999.96, "V"), "1 kV");
  EXPECT_EQ(with_prefix(-1.5, "V"), "−1.5 V");
  EXPECT_EQ(with_prefix(0, "V"), "0 V");
  EXPECT_EQ(with_prefix(Estimate{4.32e-8, 2e-10}, "S"), "43.20 ± 0.20 nS");
  EXPECT_EQ(with_prefix(Estimate{0, 3e-9}, "A"), "0.0 ± 3.0 nA");
  EXPECT_EQ(si_prefix(1e-6).symbol, "µ");
  EXPECT_EQ(si_prefix(1e-6).factor, 1e-6);
  EXPECT_EQ(si_prefix(1).symbol, "");
  EXPECT_EQ(si_prefix(1e99).symbol, "Q");
}

TEST(Format, Intervals) {
  EXPECT_EQ(interval({0.122, 0.033, 0.0573, 0.1867}), "0.06 to 0.19");
  EXPECT_EQ(interval({0, 1, -inf, inf}), "unbounded");
  EXPECT_EQ(interval({0, 1, 1.2, inf}), "above 1.2");
  EXPECT_EQ(interval({0, 1, -inf, 3}), "below 3");
  EXPECT_EQ(interval({0, 1}), "–");
}

TEST(Json, WhatIsNotFiniteIsNull) {
  EXPECT_EQ(to_json(Estimate{1.5, 0.5, -inf, nan}).dump(), R"({"value":1.5,"se":0.5,"low":null,"high":null})");
}

TEST(Text, EscapesMarkupAndRepairsUtf8) {
  EXPECT_EQ(escape_markup("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(clean_text("a\nb\tc"), "a b c");
  EXPECT_EQ(clean_text("a\nb", true), "a\nb");
  EXPECT_EQ(clean_text("µΩ ± 𝛼"), "µΩ ± 𝛼");
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(clean_text("\xFFx"), replacement + "x");
  EXPECT_EQ(clean_text("\xC0\xAF"), replacement + replacement);                    // overlong '/'
  EXPECT_EQ(clean_text("\xED\xA0\x80"), replacement + replacement + replacement);  // a surrogate
  EXPECT_EQ(clean_text("\xE2\x82"), replacement + replacement);                    // cut off
  EXPECT_EQ(characters("±−µ"), 3U);
}

std::string labels(const std::vector<Tic>& tics) {
  std::string text;
  for (const Tic& tic : tics)
    if (!tic.label.empty()) text += (text.empty() ? "" : " ") + tic.label;
  return text;
}

TEST(Tics, StandAtRoundNumbers) {
  EXPECT_EQ(labels(linear_tics(-0.13, 0.52, 5)), "−0.1 0.0 0.1 0.2 0.3 0.4 0.5");
  EXPECT_EQ(labels(linear_tics(0, 200, 5)), "0 50 100 150 200");
  EXPECT_EQ(labels(linear_tics(7.2201, 7.2249, 5)), "7.221 7.222 7.223 7.224");
  EXPECT_EQ(labels(linear_tics(0, 97, 10)), "0 10 20 30 40 50 60 70 80 90");
  EXPECT_EQ(labels(log_tics(0.5, 2e5, 6)), "10⁰ 10¹ 10² 10³ 10⁴ 10⁵");
  EXPECT_EQ(labels(log_tics(0.9, 30, 6)), "1 2 5 10 20");
  EXPECT_TRUE(linear_tics(1e20, 1e20 * (1 + 1e-15), 5).empty());
}

}  // namespace
}  // namespace ecram::report
