// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/core/random.h"
#include "support/warned.h"

namespace ecram::analysis {
namespace {

const HallBar thin_bar{60e-6, 20e-6, 4.5e-9, 0, 0, false};
constexpr double slope = -38000, sheet = 7.7e6, offset = 3.8e5, level = 4e-9;  // ohm/T, ohm, ohm, A

/// The current that flows at a reading, in units of `level`.
using Course = std::function<double(int)>;

struct Scene {
  Course course = [](int) { return 1.0; };
  double meter_noise = 0;  ///< of the current, in units of `level`
  double pickup = 0;       ///< V
  double bend = 0;         ///< relative change of R_xx with the square of the current
  double meter_step = 0;   ///< of the current's readings, in units of `level`; 0: none
  Course reading = {};     ///< what the meter shows in place of the current, in units of `level`
};

/// 15 turns in 1200 readings, written down term by term.
HallRecord record_of(const Scene& scene, std::uint64_t index) {
  RandomStream random(7, "switched current", index);
  HallRecord r;
  for (int i = 0; i < 1200; ++i) {
    const double field = 0.6 * std::cos(2 * std::numbers::pi * i / 80), share = scene.course(i),
                 current = level * share;
    r.time.push_back(i);
    r.field.push_back(field);
    r.voltage_xy.push_back(current * (offset * (1 + 0.2 * i / 1200) + slope * field) + scene.pickup * field / 0.6 +
                           2e-5 * random.normal());
    r.voltage_xx.push_back(3 * current * sheet * (1 + scene.bend * share * share) + 2e-5 * random.normal());
    const double shown = (scene.reading ? scene.reading(i) : share) + scene.meter_noise * random.normal();
    r.current.push_back(level *
                        (scene.meter_step > 0 ? scene.meter_step * std::round(shown / scene.meter_step) : shown));
  }
  return r;
}

bool holds(const Estimate& e, double truth) {
  return std::abs(e.value - truth) < 4.5 * e.standard_error + 1e-6 * std::abs(truth);
}

Course square_wave(int length, double one, double other) {
  return [=](int i) { return (i / length) % 2 == 0 ? one : other; };
}

// Two levels are a straight line's: they say nothing of I^3 beside I and a constant, and R_xx is that of the film.
TEST(HallCurrent, TwoLevelsSayNothingOfLinearity) {
  const struct {
    int length;
    double one, other;
  } waves[] = {{100, 1, 0.5}, {40, 1, 0.5},   {40, 1, 0}, {100, 1, 0.75},
               {100, 1, -1},  {100, 1, -0.5}, {3, 1, -1}, {1, 1, -1}};
  for (const auto& wave : waves)
    for (std::uint64_t index = 0; index < 3; ++index) {
      const HallResult r = analyse_hall(record_of({square_wave(wave.length, wave.one, wave.other)}, index), thin_bar);
      const std::string name = std::to_string(wave.length) + ", " + std::to_string(wave.other);
      EXPECT_TRUE(holds(r.sheet_resistance, sheet)) << name << ": " << r.sheet_resistance.value;
      EXPECT_LT(r.sheet_resistance.standard_error / sheet, 1e-4) << name;
      EXPECT_TRUE(holds(r.hall_slope, slope)) << name << ": " << r.hall_slope.value;
      EXPECT_FALSE(warned(r, "nonlinear_current")) << name;
    }
}

TEST(HallCurrent, RandomReversals) {
  RandomStream coin(3, "reversals");
  std::vector<double> sign;
  for (int i = 0; i < 1200; ++i) sign.push_back(coin.below(2) == 0 ? 1 : -1);
  const Course course = [&](int i) { return sign[static_cast<std::size_t>(i)]; };
  for (const double noise : {0.0, 0.1}) {
    const HallResult r = analyse_hall(record_of({course, noise, 3e-5}, 1), thin_bar);
    EXPECT_TRUE(holds(r.sheet_resistance, sheet)) << r.sheet_resistance.value;
    EXPECT_TRUE(holds(r.hall_slope, slope)) << r.hall_slope.value;
    EXPECT_TRUE(holds(r.pickup, 3e-5)) << r.pickup.value;
    EXPECT_FALSE(warned(r, "nonlinear_current"));
  }
}

// Three levels tell a bend: here of 5 % at the largest current.
TEST(HallCurrent, ThreeLevelsTellABend) {
  const Course three = [](int i) { return (i / 100) % 3 == 0 ? 1 : (i / 100) % 3 == 1 ? 0.5 : -1; };
  const HallResult straight = analyse_hall(record_of({three}, 1), thin_bar);
  EXPECT_FALSE(warned(straight, "nonlinear_current"));
  EXPECT_TRUE(holds(straight.sheet_resistance, sheet)) << straight.sheet_resistance.value;
  const HallResult bent = analyse_hall(record_of({three, 0, 0, -0.05}, 1), thin_bar);
  EXPECT_TRUE(warned(bent, "nonlinear_current"));
}

// A meter's noise of up to 40 % of a steady current is not a changed current.
TEST(HallCurrent, NoisyReadingsOfASteadyCurrent) {
  for (const double noise : {0.1, 0.3, 0.4})
    for (std::uint64_t index = 0; index < 5; ++index) {
      const HallResult r = analyse_hall(record_of({[](int) { return 1.0; }, noise}, index), thin_bar);
      EXPECT_FALSE(r.pickup_separated) << noise;
      EXPECT_TRUE(holds(r.sheet_resistance, sheet)) << noise << ": " << r.sheet_resistance.value;
      EXPECT_NEAR(r.sheet_resistance.standard_error / sheet, noise / std::sqrt(1200), 0.1 * noise / std::sqrt(1200));
      EXPECT_TRUE(holds(r.hall_slope, slope)) << noise << ": " << r.hall_slope.value;
      EXPECT_NEAR(r.mobility.value, -slope / sheet, 5 * r.mobility.standard_error);
    }
}

// A meter coarser than its noise shows two or three codes with nothing between them: they are no levels, and what they
// leave in the mean is in the error. Where the current stands between two codes differs from record to record: the root
// mean square of 20 errors over those stated has a standard error of 0.16.
TEST(HallCurrent, CoarseReadingsOfASteadyCurrent) {
  constexpr int records = 20;
  const struct {
    double noise, step;
  } meters[] = {{0.012, 0.04}, {0.04, 0.04}, {0.012, 0.024}, {0.1, 0.25}, {0.02, 0.1}, {0.3, 0.5}, {0.4, 0.2}};
  for (const auto& [noise, step] : meters) {
    double square = 0;
    for (int index = 0; index < records; ++index) {
      const double share = 1 + step * index / records;
      const Course course = [=](int) { return share; };
      const HallRecord record = record_of({course, noise, 0, 0, step},
                                          static_cast<std::uint64_t>(1000 * step) + static_cast<std::uint64_t>(index));
      const HallResult r = analyse_hall(record, thin_bar);
      EXPECT_FALSE(r.pickup_separated) << noise << ", " << step;
      EXPECT_FALSE(warned(r, "current_spikes"));
      EXPECT_NEAR(r.mobility.value, -slope / sheet, 5 * r.mobility.standard_error) << noise << ", " << step;
      EXPECT_NEAR(r.sheet_resistance.value / sheet, 1, 0.5 * step);
      square += std::pow((r.sheet_resistance.value - sheet) / r.sheet_resistance.standard_error, 2) / records;
      if (index % 8 != 0) continue;
      HallRecord across_only = record;
      across_only.voltage_xx.clear();
      const HallResult across = analyse_hall(across_only, thin_bar);
      EXPECT_FALSE(across.pickup_separated) << noise << ", " << step;
      EXPECT_TRUE(holds(across.hall_slope, slope)) << noise << ", " << step << ": " << across.hall_slope.value;
    }
    EXPECT_LT(std::sqrt(square), 1.5) << noise << ", " << step;
    EXPECT_GT(std::sqrt(square), 0.3) << noise << ", " << step;
  }
}

// A source that alternates at every reading, or every few, is switched however coarse the meter is: the voltages show
// it, and without V_xx that the levels are far apart.
TEST(HallCurrent, CoarseReadingsOfASwitchedCurrent) {
  const struct {
    int length;
    double one, other;
  } waves[] = {{1, 1, -1}, {2, 1, -1}, {100, 1, -1}, {1, 1, 0.5}, {40, 1, 0.5}, {40, 1, 0}};
  for (const auto& wave : waves)
    for (const bool along : {true, false}) {
      HallRecord record = record_of({square_wave(wave.length, wave.one, wave.other), 0.012, 3e-5, 0, 0.04}, 1);
      if (!along) record.voltage_xx.clear();
      const HallResult r = analyse_hall(record, thin_bar);
      const std::string name = std::to_string(wave.length) + ", " + std::to_string(wave.other);
      EXPECT_TRUE(r.pickup_separated) << name;
      EXPECT_TRUE(holds(r.hall_slope, slope)) << name << ": " << r.hall_slope.value;
      EXPECT_TRUE(holds(r.pickup, 3e-5)) << name << ": " << r.pickup.value;
      EXPECT_TRUE(!along || holds(r.sheet_resistance, sheet)) << name << ": " << r.sheet_resistance.value;
    }
}

// Readings of the current that no voltage goes with are wrong, be they single, many, at one value or in a row.
TEST(HallCurrent, WrongReadingsOfTheCurrent) {
  RandomStream random(11, "wrong readings");
  std::vector<double> chance;
  for (int i = 0; i < 1200; ++i) chance.push_back(random.uniform());
  const auto now_and_then = [&](double share, double factor, const Course& course) {
    return Course([=](int i) { return course(i) * (chance[static_cast<std::size_t>(i)] < share ? factor : 1); });
  };
  const Course in_a_row = [](int i) { return i >= 400 && i < 420 ? 1.5 : 1; };
  const Course steady = [](int) { return 1.0; }, reversed = square_wave(100, 1, -1);
  const struct {
    Course course, reading;
  } cases[] = {{steady, now_and_then(0.02, 1.5, steady)},
               {steady, now_and_then(0.01, 1.2, steady)},
               {steady, now_and_then(0.02, 0, steady)},
               {steady, now_and_then(0.004, 1.5, steady)},
               {steady, in_a_row},
               {reversed, now_and_then(0.04, 1.5, reversed)},
               {reversed, now_and_then(0.04, 0.2, reversed)}};
  int number = 0;
  for (const auto& [course, reading] : cases) {
    ++number;
    int wrong = 0;
    for (int i = 0; i < 1200; ++i) wrong += course(i) != reading(i) ? 1 : 0;
    for (const double noise : {0.0, 0.001, 0.01}) {
      if (number == 2 && noise == 0) continue;  // so it may as well be a meter with steps of 20 %
      const HallResult r = analyse_hall(record_of({course, noise, 0, 0, 0, reading}, 5), thin_bar);
      const std::string count = std::to_string(wrong) + " readings of the current";
      EXPECT_TRUE(std::ranges::any_of(r.warnings, [&](const Warning& w) { return w.text.starts_with(count); }))
          << number;
      EXPECT_TRUE(holds(r.sheet_resistance, sheet)) << number << ": " << r.sheet_resistance.value;
      EXPECT_LT(r.sheet_resistance.standard_error / sheet, 2e-3) << number;
      EXPECT_TRUE(holds(r.hall_slope, slope)) << number << ": " << r.hall_slope.value;
    }
  }
  EXPECT_FALSE(warned(analyse_hall(record_of({steady, 0.01}, 5), thin_bar), "current_spikes"));
}

// Reversals in blocks, read with noise: each level is as good as its mean.
TEST(HallCurrent, NoisyReadingsOfAReversedCurrent) {
  for (const double noise : {0.001, 0.01, 0.1, 0.3})
    for (const int length : {100, 400, 600})
      for (std::uint64_t index = 0; index < 3; ++index) {
        const HallResult r = analyse_hall(record_of({square_wave(length, 1, -1), noise, 3e-5}, index), thin_bar);
        const std::string name = std::to_string(noise) + ", " + std::to_string(length);
        EXPECT_EQ(r.carrier, Carrier::electrons) << name;
        EXPECT_TRUE(r.pickup_separated) << name;
        EXPECT_TRUE(holds(r.sheet_resistance, sheet)) << name << ": " << r.sheet_resistance.value;
        EXPECT_TRUE(holds(r.hall_slope, slope)) << name << ": " << r.hall_slope.value;
        EXPECT_LT(r.sheet_resistance.standard_error / sheet, 1.2 * noise / std::sqrt(1200) + 1e-4) << name;
        EXPECT_NEAR(r.mobility.value, -slope / sheet, 5 * r.mobility.standard_error) << name;
      }
}

// Of levels near each other R_xx is what the voltage changes by over what the current does: the levels' errors then
// weigh more than in their mean. 20 records each, whose root mean square has a standard error of 0.16.
TEST(HallCurrent, ErrorsOfTheLevelsAreInTheResistance) {
  const struct {
    Course course;
    double noise;
  } cases[] = {{square_wave(100, 1, 0.5), 0.1},
               {square_wave(100, 1, 0.9), 0.03},
               {[](int i) { return 1 - 0.2 * ((i / 60) % 5); }, 0.01}};
  for (const auto& [course, noise] : cases) {
    double square = 0;
    constexpr int records = 20;
    for (std::uint64_t index = 0; index < records; ++index) {
      const HallResult r = analyse_hall(record_of({course, noise}, index), thin_bar);
      square += std::pow((r.sheet_resistance.value - sheet) / r.sheet_resistance.standard_error, 2) / records;
    }
    EXPECT_LT(std::sqrt(square), 1.5) << noise;
    EXPECT_GT(std::sqrt(square), 0.5) << noise;
  }
}

// A current that varies all the time is used as it was read; where that has noise, the result says so.
TEST(HallCurrent, ContinuouslyVaryingCurrent) {
  const Course wave = [](int i) { return std::cos(2 * std::numbers::pi * i / 30); };
  const HallResult quiet = analyse_hall(record_of({wave}, 1), thin_bar);
  EXPECT_TRUE(quiet.pickup_separated);
  EXPECT_TRUE(holds(quiet.hall_slope, slope)) << quiet.hall_slope.value;
  EXPECT_TRUE(holds(quiet.sheet_resistance, sheet)) << quiet.sheet_resistance.value;
  EXPECT_FALSE(warned(quiet, "noisy_current"));
  EXPECT_TRUE(warned(analyse_hall(record_of({wave, 0.2}, 1), thin_bar), "noisy_current"));
  const HallResult decay = analyse_hall(record_of({[](int i) { return std::exp(-i / 300.0); }}, 1), thin_bar);
  EXPECT_TRUE(holds(decay.hall_slope, slope)) << decay.hall_slope.value;
  EXPECT_TRUE(holds(decay.sheet_resistance, sheet)) << decay.sheet_resistance.value;
}

// A current that goes round with the readings has few values, but no levels; neither its own lines nor those that it
// makes of the Hall signal are disturbances.
TEST(HallCurrent, SinesInStepWithTheReadings) {
  for (const double period : {16.5, 33.0, 82.5, 165.0}) {
    const Course wave = [=](int i) { return std::sin(2 * std::numbers::pi * i / period); };
    for (std::uint64_t index = 0; index < 5; ++index) {
      const HallResult r = analyse_hall(record_of({wave}, index), thin_bar);
      EXPECT_TRUE(holds(r.hall_slope, slope)) << period << ": " << r.hall_slope.value;
      EXPECT_TRUE(holds(r.sheet_resistance, sheet)) << period << ": " << r.sheet_resistance.value;
      EXPECT_LT(r.hall_slope.standard_error / std::abs(slope), 0.02) << period;
      EXPECT_FALSE(warned(r, "line_in_noise")) << period;
      EXPECT_FALSE(warned(r, "noisy_current")) << period;
    }
  }
}

// R_xy without field has its own sign, whichever way the current flows.
TEST(HallCurrent, OffsetHasItsSign) {
  for (const double sign : {1.0, -1.0}) {
    const HallResult r = analyse_hall(record_of({[=](int) { return sign; }}, 1), thin_bar);
    EXPECT_TRUE(holds(r.offset, 1.1 * offset)) << r.offset.value;
    EXPECT_TRUE(holds(r.hall_slope, slope)) << r.hall_slope.value;
  }
}

}  // namespace
}  // namespace ecram::analysis
