// SPDX-License-Identifier: Apache-2.0
// Exports of one card speak of the same pulses, and say which.
#include "ecram/calibration/card_trains.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/calibration/device_fit.h"
#include "ecram/calibration/exports.h"
#include "ecram/calibration/step_laws.h"
#include "ecram/core/errors.h"

namespace ecram::calibration {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Pulses {
  std::string base;
  double up_voltage, down_voltage;
  std::size_t up, down, cycles;
};

constexpr double pulse_width = 0.5, up_rest = 0.4, down_rest = 0.7;

/// A card that was measured with these, with a window that is the compact model's only roughly.
record::DeviceCard card_of_pulses(const Pulses& p) {
  DeviceFit fit;
  fit.device = device::shipped_device(p.base);
  fit.converged = true;
  Measurement m;
  m.protocol.source = "test";
  m.protocol.read_voltage = 0.1;
  m.protocol.steps = {{device::PulseTrainStep{p.up_voltage, pulse_width, up_rest, p.up, 1, {}, {}}, 1, ""},
                      {device::PulseTrainStep{p.down_voltage, pulse_width, down_rest, p.down, 1, {}, {}}, 1, ""}};
  ThreadPool threads(1);
  record::DeviceCard card = card_of(fit, std::span(&m, 1), p.base, "test", threads);
  record::CardDirection direction;
  direction.runs = p.cycles;
  direction.reading_noise = 3e-9;
  direction.pulses = p.up;
  card.potentiation = direction;
  direction.pulses = p.down;
  card.depression = direction;
  card.gmin = {5e-6, 1e-8, 4.9e-6, 5.1e-6};
  card.gmax = {9e-6, 1e-8, 8.9e-6, 9.1e-6};
  card.step_over_window = {0.002, 1e-4, 0.0018, 0.0022};
  return card;
}

/// The compact model under those cycles; its contents, too.
device::RunResult run_of(const Pulses& p, std::size_t cycles, bool down_first, ThreadPool& threads) {
  device::Protocol protocol;
  protocol.source = "test";
  protocol.noise = false;
  device::RunOptions options;
  options.device = device::shipped_device(p.base);
  for (std::size_t cycle = 0; cycle < cycles; ++cycle)
    for (const bool down : {down_first, !down_first})
      protocol.steps.push_back({down ? device::PulseTrainStep{p.down_voltage, pulse_width, down_rest, p.down, 1, {}, {}}
                                     : device::PulseTrainStep{p.up_voltage, pulse_width, up_rest, p.up, 1, {}, {}},
                                1, ""});
  return device::run_compact(protocol, options, threads);
}

double after(const std::string& text, const std::string& key) {
  const auto at = text.find(key);
  EXPECT_NE(at, std::string::npos) << key << " in\n" << text;
  return at == std::string::npos ? 0 : std::stod(text.substr(at + key.size()));
}

TEST(CardTrains, AreThoseOfTheCardWhicheverCameFirst) {
  ThreadPool threads(0);
  for (const Pulses& p : {Pulses{"fig3b", 1.5, -1.2, 20, 120, 1}, Pulses{"fig4", 2, -2, 40, 12, 1},
                          Pulses{"fig3b", 1.5, -0.8, 60, 60, 6}}) {
    const CardTrains trains = card_trains(card_of_pulses(p), 300, threads);
    ASSERT_EQ(trains.up.size(), p.up + 1);
    ASSERT_EQ(trains.down.size(), p.down + 1);
    ASSERT_GE(trains.cycles, p.cycles);
    for (const bool down_first : {false, true}) {
      const auto run = run_of(p, trains.cycles, down_first, threads);
      // Tables differ a little with the range that they are made for.
      EXPECT_LT(trains.content_low, 1.002 * run.content_low) << p.base << down_first;
      EXPECT_GT(trains.content_high, 0.998 * run.content_high) << p.base << down_first;
      if (down_first) continue;
      const auto* last = &run.readings.back();
      EXPECT_NEAR(trains.down.back() / last->conductance, 1, 2e-3) << p.base;
      EXPECT_NEAR(trains.up.back() / (last - p.down)->conductance, 1, 2e-3) << p.base;
      if (trains.cycles > 1) {
        EXPECT_NEAR(trains.up.front() / (last - p.down - p.up)->conductance, 1, 2e-3) << p.base;
      }
    }
  }
}

TEST(CardTrains, RepeatWhereTheySayTheyDo) {
  ThreadPool threads(0);
  const Pulses p{"fig3b", 1.5, -0.8, 60, 60, 2};
  const CardTrains trains = card_trains(card_of_pulses(p), 300, threads);
  ASSERT_TRUE(trains.repeats);
  const double window = trains.up.back() - trains.up.front();
  EXPECT_NEAR(trains.down.back(), trains.up.front(), 0.0101 * window);
  // The cycle before was still further from repeating: it is the first.
  const auto readings = run_of(p, trains.cycles - 1, false, threads).readings;
  double off = 0;
  for (auto r = readings.end() - 120; r != readings.end(); ++r)
    off = std::max(off, std::abs(r->conductance - (r - 120)->conductance));
  EXPECT_GT(off, 0.0099 * window);
  // Ten times as many pulses down as the film gives back: it is emptied on and on.
  const CardTrains emptying = card_trains(card_of_pulses({"fig3b", 1.5, -1.2, 20, 120, 1}), 300, threads);
  EXPECT_FALSE(emptying.repeats);
  EXPECT_EQ(emptying.cycles, 1U);
  EXPECT_LT(emptying.down.back(), 0.7 * emptying.up.front());
}

TEST(AihwkitExport, HasOneWindowForStepsAndNoises) {
  ThreadPool threads(0);
  const Pulses p{"fig3b", 1.5, -0.8, 60, 60, 2};
  const auto card = card_of_pulses(p);
  const std::string text = export_text(card, Simulator::aihwkit, {}, "card.toml", threads);
  const auto cycle = static_cast<std::size_t>(after(text, "compact model: cycle "));
  const auto readings = run_of(p, cycle, false, threads).readings;
  const double low = (readings.end() - 1 - 120)->conductance, high = (readings.end() - 1 - 60)->conductance;
  const double from = after(text, "stand for G from "), to = after(text, " to ");
  EXPECT_NEAR(from / low, 1, 2e-3);
  EXPECT_NEAR(to / high, 1, 2e-3);
  EXPECT_THAT(text, HasSubstr("of 60 pulses of 1.5 V, 0.5 s and 60 of -0.8 V, 0.5 s"));
  EXPECT_THAT(text, Not(HasSubstr("do not repeat")));
  // In siemens the noises are the card's: 3 nS of a reading, 0.2 % of 4 uS of a step.
  const double siemens_of_weight = (to - from) / 2;
  EXPECT_NEAR(after(text, "w_noise = ") * siemens_of_weight / 3e-9, 1, 1e-4);
  EXPECT_NEAR(after(text, "dw_min_std=") * after(text, "dw_min=") * siemens_of_weight / 8e-9, 1, 1e-4);
}

TEST(AihwkitExport, SaysThatACycleDoesNotClose) {
  ThreadPool threads(0);
  const Pulses p{"fig3b", 1.5, -0.8, 30, 40, 1};
  auto card = card_of_pulses(p);
  const CardTrains trains = card_trains(card, 300, threads);
  const std::string text = export_text(card, Simulator::aihwkit, {}, "card.toml", threads);
  if (trains.repeats) GTEST_FAIL() << "after " << trains.cycles << " cycles";
  EXPECT_THAT(text, HasSubstr("Such cycles do not repeat: this one ends "));
  const double window = trains.up.back() - trains.down.back();
  EXPECT_NEAR(after(text, "this one ends "), 100 * (trains.up.front() - trains.down.back()) / window, 1);
  EXPECT_THAT(text, HasSubstr("% of its window below where it began"));
}

TEST(Exports, RefuseACardThatDoesNotKnowItsWindow) {
  ThreadPool threads(0);
  auto card = card_of_pulses({"fig4", 2, -2, 40, 12, 1});
  card.gmax = {1.08e-5, 6.6e-6, -2.2e-6, 2.4e-5};
  for (const auto to : {Simulator::aihwkit, Simulator::crosssim}) {
    std::string complaint = "exported";
    try {
      export_text(card, to, {}, "card.toml", threads);
    } catch (const InvalidInput& e) {
      complaint = e.what();
    }
    EXPECT_THAT(complaint, HasSubstr("gmax is 1.08e-05, its 95 % interval from -2.2e-06 to 2.4e-05 contains 0"));
  }
}

TEST(StepLaws, AnEmptiedFilmIsCalledThat) {
  const double up[] = {1e-9, 2e-9, 3e-9}, down[] = {3e-9, 1e-9, 1e-18, 1e-18};
  std::string complaint = "accepted";
  try {
    train_steps(up, down);
  } catch (const InvalidInput& e) {
    complaint = e.what();
  }
  EXPECT_THAT(complaint, HasSubstr("pulse 2 down finds the compact model's film emptied: G is at 1e-18 S"));
}

}  // namespace
}  // namespace ecram::calibration
