// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/device_card.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/sha256.h"

namespace ecram::record {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

DeviceCard example() {
  DeviceCard card;
  card.device = "a \"quoted\" name, \\ and \u00b5";
  card.program = "ecram 0 (test)";
  card.sources = {{"a\ttab.csv", std::string(64, 'a'), "two columns"}};
  card.gmin = {1e-9, 1e-10, 8e-10, 1.2e-9};
  card.gmax = {4e-8, 0.1 + 0.2, -infinity, infinity};
  CardDirection up;
  up.pulses = 100;
  up.runs = 3;
  up.noise_model = "reading";
  up.described = true;
  up.nonlinearity = {0.122, 0.033, 0.05, 0.19};
  up.a.value = 10;
  card.potentiation = up;
  card.cycles = 3;
  card.warnings = {{"few_pulses", 12, "a text"}};
  return card;
}

/// The text with its checksum made right again after a change.
std::string resealed(std::string text) {
  const auto line = text.find("\nchecksum = ") + 1, end = text.find('\n', line);
  return text.replace(line, end - line, "checksum = \"" + sha256(text.substr(end + 1)) + "\"");
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return resealed(text.replace(at, from.size(), to));
}

std::string complaint(const std::string& text) {
  try {
    parse_device_card(text, "card.toml");
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "accepted";
}

TEST(DeviceCard, ReadsBackWhatWasWritten) {
  const DeviceCard card = example(), again = parse_device_card(device_card_text(card), "card.toml");
  EXPECT_EQ(again.device, card.device);
  EXPECT_EQ(again.sources[0].file, card.sources[0].file);
  EXPECT_EQ(again.sources[0].sha256, card.sources[0].sha256);
  EXPECT_EQ(again.gmin.value, card.gmin.value);
  EXPECT_EQ(again.gmax.standard_error, card.gmax.standard_error);
  EXPECT_EQ(again.gmax.low, -infinity);
  EXPECT_FALSE(again.on_off.known());
  ASSERT_TRUE(again.potentiation);
  EXPECT_FALSE(again.depression);
  EXPECT_EQ(again.potentiation->nonlinearity.low, 0.05);
  EXPECT_EQ(again.potentiation->a.value, 10);
  EXPECT_TRUE(std::isnan(again.potentiation->a.standard_error));
  EXPECT_EQ(again.potentiation->pulses, 100U);
  EXPECT_EQ(again.warnings[0].row, 12U);
  EXPECT_EQ(device_card_text(again), device_card_text(card));
}

TEST(DeviceCard, HasARestOfItsOwnForPulsesDownWhereItDiffers) {
  DeviceCard card = example();
  card.writing = CardWriting{1.5, -0.8, 0.5, 0.4, 0.3, 0.1, 300};
  const std::string alike = device_card_text(card);
  EXPECT_THAT(alike, testing::Not(testing::HasSubstr("down_rest_s")));  // programs that do not know it read the card
  EXPECT_FALSE(parse_device_card(alike, "card").writing.value_or(CardWriting{.down_rest = 1}).down_rest);
  card.writing->down_rest = 0.7;
  const auto back = parse_device_card(device_card_text(card), "card").writing.value_or(CardWriting{});
  EXPECT_EQ(back.rest, 0.3);
  EXPECT_EQ(back.down_rest, 0.7);
}

TEST(DeviceCard, NamesThatAreNotUtf8CanBeReadBack) {
  DeviceCard card = example();
  card.device = "bad\xff\xc3 and \xed\xa0\x80 and \xc2\xb5S";
  EXPECT_EQ(parse_device_card(device_card_text(card), "card").device,
            "bad\xef\xbf\xbd\xef\xbf\xbd and \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd and \xc2\xb5S");
}

TEST(DeviceCard, NamesOfMoreThanOneLineAreNeitherWrittenNorRead) {
  // Line feed, carriage return, escape, delete, and the next line of Latin-1: each could end a comment or steer a
  // terminal.
  for (const auto* name : {"a\nb", "a\rb", "a\x1b[2J", "a\x7f", "a\xc2\x85z"}) {
    DeviceCard card = example();
    card.device = name;
    try {
      device_card_text(card);
      ADD_FAILURE() << "written";
    } catch (const InvalidInput& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr("control characters"));
      EXPECT_THAT(e.what(), testing::Not(testing::HasSubstr("\n")));
    }
  }
  const std::string good = device_card_text(example());
  const std::string name = "\"a \\\"quoted\\\" name, \\\\ and \u00b5\"";
  EXPECT_EQ(complaint(replaced(good, name, R"("a\nb")")),
            R"(card.toml:5: the device's name "a\u000Ab" has control characters; expected one line of text)");
}

TEST(DeviceCard, EveryWrongCardIsNamed) {
  const std::string good = device_card_text(example());
  EXPECT_EQ(complaint(good), "accepted");
  EXPECT_EQ(complaint("x = ["), "card.toml:1: not valid TOML: Error while parsing array: encountered end-of-file");
  EXPECT_THAT(complaint("a = 1\n"), testing::HasSubstr("not a device card"));
  EXPECT_EQ(complaint(replaced(good, "device_card = 1", "device_card = 3")),
            "card.toml: device card of version 3, made by a newer ecram; this one knows versions up to 2");
  EXPECT_THAT(complaint(replaced(good, "nonlinearity", "nonlinearty")),
              testing::MatchesRegex("card.toml:[0-9]+: unknown key 'nonlinearty' in .potentiation. "
                                    ".did you mean 'nonlinearity'..*"));
  EXPECT_THAT(complaint(replaced(good, "pulses = 100", "pulses = \"many\"")),
              testing::HasSubstr("pulses is not a whole number"));
  EXPECT_THAT(complaint(replaced(good, "pulses = 100", "pulses = -1")), testing::HasSubstr("not negative"));
  EXPECT_THAT(complaint(replaced(good, "pulses = 100\n", "")), testing::HasSubstr("has no key 'pulses'"));
  EXPECT_THAT(complaint(replaced(good, "value = 0.122", "value = \"x\"")), testing::HasSubstr("value is not a number"));
  EXPECT_THAT(complaint(replaced(good, "se = 0.033", "se = -0.033")), testing::HasSubstr("negative error"));
  EXPECT_THAT(complaint(replaced(good, "\"S\"", "\"siemens\"")), testing::HasSubstr("expected 'S' or 'arbitrary'"));
  EXPECT_THAT(complaint(replaced(good, "[variation]", "[varation]")), testing::HasSubstr("did you mean 'variation'"));
  std::string changed = good;
  changed.replace(changed.find("0.122"), 5, "0.022");
  EXPECT_EQ(complaint(changed),
            "card.toml: the card was changed after it was written: its checksum is another (a conversion "
            "of line ends is a change, too)");
}

}  // namespace
}  // namespace ecram::record
