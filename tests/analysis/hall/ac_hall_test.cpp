// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/ac_hall.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/hall/hall_statistics.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/random.h"
#include "support/warned.h"

namespace ecram::analysis {
namespace {

using synthetic::HallScene;
using testing::HasSubstr;

constexpr double over = std::numeric_limits<double>::infinity();  // a reading out of the instrument's range

std::string complaint(const HallRecord& record, const HallBar& bar = HallScene{}.bar, const HallOptions& options = {}) {
  try {
    analyse_hall(record, bar, options);
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "accepted";
}

HallResult analyse(const HallScene& scene, const HallOptions& options = {}) {
  return analyse_hall(synthetic::hall_record(scene), scene.bar, options);
}

TEST(AcHall, FindsTheFilmWithoutNoise) {
  for (bool holes : {false, true})
    for (bool reversed : {false, true}) {
      auto scene = paper_scene(1e7);
      scene.holes = holes;
      scene.reverse_current = reversed;
      scene.drift = {0.3, -0.1};
      const HallResult r = analyse(scene);
      EXPECT_EQ(r.carrier, holes ? Carrier::holes : Carrier::electrons);
      EXPECT_NEAR(r.density.value / scene.density, 1, 1e-5);
      EXPECT_NEAR(r.mobility.value / scene.mobility, 1, 1e-5);
      const double resistivity = 1 / (constants::elementary_charge * scene.density * scene.mobility);
      EXPECT_NEAR(r.resistivity.value / resistivity, 1, 1e-9);
      EXPECT_NEAR(r.sheet_density.value, scene.density * 4.5e-9, 1e-5 * r.sheet_density.value);
      EXPECT_NEAR(r.hall_resistance.value, synthetic::truth(scene).hall_slope * 0.6,
                  1e-5 * std::abs(r.hall_resistance.value));
      EXPECT_NEAR(r.frequency, 0.0125, 1e-6);
    }
}

// The induced voltage is the loop's area times the rate of change of the field.
TEST(AcHall, FindsTheInducedVoltage) {
  auto scene = paper_scene(1e4);
  scene.loop_area = 1e-4;
  const HallResult r = analyse(scene);
  EXPECT_NEAR(r.induced.value, 1e-4 * 0.6 * 2 * std::numbers::pi * 0.0125,
              4 * r.induced.standard_error + 1e-4 * r.induced.value);
}

TEST(AcHall, ThreeEstimatesAgree) {
  auto scene = paper_scene(100);
  scene.drift = {0.2};
  const HallResult r = analyse(scene);
  const double truth = synthetic::truth(scene).hall_slope * 0.6;
  for (const Estimate& e : {r.hall_resistance, r.lock_in.mean.in_phase, r.fourier.amplitude.in_phase})
    EXPECT_NEAR(e.value, truth, 4 * e.standard_error);
  EXPECT_FALSE(warned(r, "estimates_disagree"));
  EXPECT_EQ(r.lock_in.in_phase.size(), 15u);
}

// A term in B^2 or a bent drift is none of the lock-in's: 40 records, of whose intervals 38 hold the truth.
TEST(AcHall, LockInIsFreeOfEvenTermAndBentDrift) {
  for (const bool bent : {false, true}) {
    auto scene = paper_scene(300);
    scene.phase = 1;
    if (bent)
      scene.drift = {0, 1};
    else
      scene.magnetoresistance = 0.1;
    const double truth = synthetic::truth(scene).hall_slope * 0.6;
    int held = 0;
    for (scene.index = 0; scene.index < 40; ++scene.index) {
      const HallResult r = analyse(scene);
      const Estimate& e = r.lock_in.mean.in_phase;
      held += e.low <= truth && truth <= e.high ? 1 : 0;
      EXPECT_FALSE(warned(r, "estimates_disagree")) << scene.index;
    }
    EXPECT_GE(held, 33) << bent;
  }
}

// Two to four periods: the lock-in's error is then made of as many values.
TEST(AcHall, FewPeriodsDoNotDisagree) {
  for (const double periods : {2.0, 3.0, 4.0}) {
    auto scene = paper_scene(100);
    scene.duration = 80 * periods + 1;
    int disagree = 0;
    for (scene.index = 0; scene.index < 60; ++scene.index) disagree += warned(analyse(scene), "estimates_disagree");
    EXPECT_EQ(disagree, 0) << periods;
  }
}

// The pick-up that a record at zero current tells is known no better than that record allows: at ten times the noise
// its error is all of the lock-in's.
TEST(AcHall, SubtractedPickupHasItsError) {
  auto scene = paper_scene(1000);
  const auto t = synthetic::truth(scene);
  scene.pickup_in_phase = 0.2 * std::abs(t.hall_slope * 0.6 * t.current);
  int lock_in = 0, fourier = 0;
  constexpr int records = 40;
  for (scene.index = 0; scene.index < 2 * records; scene.index += 2) {
    auto off = scene;
    off.source_voltage = 0;
    off.white_noise *= 10;
    ++off.index;
    const HallRecord zero = synthetic::hall_record(off);
    HallOptions options;
    options.zero_current = &zero;
    const HallResult r = analyse(scene, options);
    const auto holds = [&](const Estimate& e) { return e.low <= t.hall_slope * 0.6 && t.hall_slope * 0.6 <= e.high; };
    lock_in += holds(r.lock_in.mean.in_phase) ? 1 : 0;
    fourier += holds(r.fourier.amplitude.in_phase) ? 1 : 0;
    EXPECT_NEAR(r.lock_in.mean.in_phase.standard_error / std::abs(t.hall_slope * 0.6), 0.01, 0.002);
  }
  EXPECT_GE(lock_in, 34);
  EXPECT_GE(fourier, 34);
}

TEST(AcHall, LagIsSeenInThePhaseAndTakenOutWhereItIsKnown) {
  auto scene = paper_scene(1e5);
  scene.loop_area = 0;
  scene.rc_time = 2;
  const double lag = 2 * 2 * std::numbers::pi * 0.0125;  // omega tau
  const HallResult r = analyse(scene);
  EXPECT_NEAR(r.phase.value, std::atan(lag), 2e-3);
  EXPECT_NEAR(r.density.value / scene.density, 1 + lag * lag, 3e-3);  // in phase only 1/(1 + (omega tau)^2) is left
  HallOptions known;
  known.rc_time = 2;
  EXPECT_TRUE(warned(r, "lag_or_induction"));
  const HallResult corrected = analyse(scene, known);
  EXPECT_FALSE(warned(corrected, "lag_or_induction"));
  EXPECT_NEAR(corrected.density.value / scene.density, 1, 5e-4);
  EXPECT_NEAR(corrected.phase.value, 0, 2e-3);
}

// A record at zero current tells the lag from induction, which is here as large.
TEST(AcHall, LagThatZeroCurrentTellsIsCorrectedFor) {
  for (const double time : {2.0, 4.0, 8.0}) {
    auto scene = paper_scene(1000);
    scene.loop_area = 1e-3;
    scene.rc_time = time;
    const HallResult alone = analyse(scene);
    auto off = scene;
    off.source_voltage = 0;
    off.index = 1;
    const HallRecord zero = synthetic::hall_record(off);
    HallOptions options;
    options.zero_current = &zero;
    const HallResult r = analyse(scene, options);
    EXPECT_GT(std::abs(alone.density.value / scene.density - 1), 0.02);
    EXPECT_TRUE(warned(r, "lag_corrected"));
    EXPECT_FALSE(warned(r, "estimates_disagree"));
    EXPECT_NEAR(r.density.value / scene.density, 1, 4 * r.density.standard_error / scene.density) << time;
    EXPECT_LT(r.density.standard_error / scene.density, 0.005);
  }
}

TEST(AcHall, ZeroCurrentSeparatesThePickup) {
  auto scene = paper_scene(1000);
  const double hall = std::abs(synthetic::truth(scene).hall_slope * 0.6 * synthetic::truth(scene).current);
  scene.pickup_in_phase = 0.2 * hall;
  const HallResult alone = analyse(scene);
  EXPECT_TRUE(warned(alone, "pickup_not_separable"));
  EXPECT_GT(std::abs(alone.density.value / scene.density - 1), 0.1);
  auto off = scene;
  off.source_voltage = 0;
  off.index = 1;
  const HallRecord zero = synthetic::hall_record(off);
  HallOptions options;
  options.zero_current = &zero;
  const HallResult both = analyse(scene, options);
  EXPECT_NEAR(both.density.value / scene.density, 1, 0.01);
  EXPECT_FALSE(warned(both, "estimates_disagree"));
  EXPECT_NEAR(both.pickup.value, scene.pickup_in_phase, 4 * both.pickup.standard_error);

  auto reversed = scene;
  reversed.reverse_current = true;
  reversed.index = 2;
  const HallRecord back = synthetic::hall_record(reversed);
  options.zero_current = &back;
  EXPECT_NEAR(analyse(scene, options).density.value / scene.density, 1, 0.01);
}

// A current reversed within the record separates it too.
TEST(AcHall, CurrentReversedWithinTheRecord) {
  auto scene = paper_scene(1000);
  const double hall = std::abs(synthetic::truth(scene).hall_slope * 0.6 * synthetic::truth(scene).current);
  auto quiet = scene;
  quiet.loop_area = 0;
  HallRecord record = synthetic::hall_record(quiet);
  for (std::size_t i = 0; i < record.time.size(); ++i) {
    const double sign = (i / 100) % 2 == 0 ? 1 : -1;
    record.voltage_xy[i] = sign * record.voltage_xy[i] + 3 * hall + 0.2 * hall * record.field[i] / 0.6;
    record.voltage_xx[i] *= sign;
    record.current[i] *= sign;
  }
  const HallResult r = analyse_hall(record, scene.bar);
  EXPECT_TRUE(r.pickup_separated);
  EXPECT_NEAR(r.density.value / scene.density, 1, 0.01);
  EXPECT_NEAR(r.pickup.value, 0.2 * hall, 4 * r.pickup.standard_error);
}

TEST(AcHall, FiniteContactsAndSwappedArms) {
  auto scene = paper_scene(1e5);
  scene.bar.arm_width = 2e-6;
  scene.bar.total_length = 260e-6;
  scene.bar.arms_swapped = true;
  scene.bar.arm_position = 0;
  const HallResult r = analyse(scene);
  EXPECT_NEAR(r.density.value / scene.density, 1, 1e-4);
  EXPECT_EQ(r.carrier, Carrier::electrons);
  EXPECT_NEAR(contact_factor(scene.bar), 1 - 2 * 0.1 / std::numbers::pi, 1e-8);
}

/// What is left of the Hall voltage at a distance from an end contact, by relaxation of Laplace's equation for the
/// potential that the contact adds: odd across the bar, minus the Hall potential (the coordinate) on the contact.
double relaxed_hall_share(double length, double at) {
  constexpr int across = 40;
  const int along = static_cast<int>(length * across);
  std::vector<std::vector<double>> u(static_cast<std::size_t>(along) + 1, std::vector<double>(across + 1, 0.0));
  for (int j = 0; j <= across; ++j) u.front()[j] = u.back()[j] = 0.5 - double(j) / across;
  for (int sweep = 0; sweep < 4000; ++sweep)
    for (int i = 1; i < along; ++i)
      for (int j = 0; j <= across; ++j) {
        // No current through the sides: the mirror image stands beyond them.
        const double sides = u[i][j == 0 ? 1 : j - 1] + u[i][j == across ? across - 1 : j + 1];
        u[i][j] += 1.9 * (0.25 * (u[i - 1][j] + u[i + 1][j] + sides) - u[i][j]);
      }
  const auto& there = u[static_cast<std::size_t>(std::lround((0.5 * length + at) * across))];
  return 1 - (there.front() - there.back());
}

TEST(AcHall, EndContactsShortCircuitTheHallVoltage) {
  for (const double length : {2.0, 3.0})
    for (const double at : {0.0, 0.5}) {
      HallBar bar{1e-6, 1, 1, 0, length, false};
      bar.arm_position = at;
      EXPECT_NEAR(contact_factor(bar), relaxed_hall_share(length, at), 0.004) << length << ", " << at;
    }
}

// The same from a series along the bar instead of across it: sines of n pi x / L that vanish on the contacts.
TEST(AcHall, ShortCircuitOfShortBars) {
  for (const double length : {0.85, 1.0, 1.5, 3.0})
    for (const double at : {0.0, 0.2}) {
      double share = 0;
      for (int n = 1; n < 400001; n += 2) {
        const double k = n * std::numbers::pi;
        share += 8 * length / (k * k) * std::sin(k * (0.5 + at / length)) * std::tanh(0.5 * k / length);
      }
      HallBar bar{1e-6, 1, 1, 0, length, false};
      bar.arm_position = at;
      EXPECT_NEAR(contact_factor(bar), share, 1e-5) << length << ", " << at;
    }
}

// Mains at 50.03 Hz, read once a second, is a line at 0.03 Hz: found, named, and no burden on the Hall signal.
TEST(AcHall, FoldedMainsIsFittedAndNamed) {
  auto scene = paper_scene(200);
  const HallResult quiet = analyse(scene);
  EXPECT_FALSE(warned(quiet, "line_in_noise"));
  scene.mains_amplitude = 5 * scene.white_noise;
  scene.mains_frequency = 50.03;
  const HallResult r = analyse(scene);
  EXPECT_TRUE(warned(r, "line_in_noise"));
  EXPECT_NEAR(r.density.value / scene.density, 1, 4 * quiet.density.standard_error / scene.density);
  EXPECT_LT(r.density.standard_error, 1.1 * quiet.density.standard_error);
}

// Noise that V_xx has along the field is not taken from it where its arms see the Hall voltage as well.
TEST(AcHall, HallSignalInVxxIsNotTakenForOffset) {
  auto scene = paper_scene(1000);
  scene.misalignment = 10e-6;
  scene.film_noise = 1e-4;
  HallRecord record = synthetic::hall_record(scene);
  EXPECT_TRUE(analyse_hall(record, scene.bar).longitudinal_regressor);
  const double hall = synthetic::truth(scene).hall_slope * synthetic::truth(scene).current;
  for (std::size_t i = 0; i < record.time.size(); ++i) record.voltage_xx[i] += hall * record.field[i];
  const HallResult r = analyse_hall(record, scene.bar);
  EXPECT_FALSE(r.longitudinal_regressor);
  EXPECT_TRUE(warned(r, "longitudinal_hall"));
  EXPECT_NEAR(r.density.value / scene.density, 1, 4 * r.density.standard_error / scene.density);
}

TEST(AcHall, SensorInCelsiusIsNoticed) {
  HallRecord record = synthetic::hall_record(paper_scene(100));
  record.temperature = {std::vector<double>(1200, 300.0), std::vector<double>(1200, 26.9)};
  EXPECT_THAT(complaint(record), HasSubstr("Celsius"));
  record.temperature[1].assign(1200, over);
  EXPECT_DOUBLE_EQ(analyse_hall(record, HallScene{}.bar).temperature, 300);
}

// An error of the current moves density and resistivity, but not the mobility, which is a ratio of two voltages.
TEST(AcHall, CurrentErrorIsInTheDensityOnly) {
  auto scene = paper_scene(1e5);
  scene.longitudinal_noise = 1e-6;
  const double quiet = analyse(scene).density.standard_error / scene.density;
  scene.current_noise = 0.1 * synthetic::truth(scene).current;
  const HallResult r = analyse(scene);
  EXPECT_NEAR(r.density.standard_error / scene.density, 0.1 / std::sqrt(1200), 0.001);
  EXPECT_GT(r.density.standard_error / scene.density, 20 * quiet);
  EXPECT_LT(r.mobility.standard_error / scene.mobility, 5 * quiet);
  EXPECT_NEAR(r.density.value / scene.density, 1, 4 * 0.1 / std::sqrt(1200));
  EXPECT_NEAR(r.mobility.value / scene.mobility, 1, 1e-3);
}

// V_xx that is rounded to steps much larger than its noise is not known better than the steps allow.
TEST(AcHall, RoundedReadingsHaveTheErrorOfTheirSteps) {
  auto scene = paper_scene(1000);
  scene.longitudinal_noise = 0.2e-3;
  HallRecord record = synthetic::hall_record(scene);
  for (double& v : record.voltage_xx) v = 1e-3 * std::round(v / 1e-3);
  const HallResult r = analyse_hall(record, scene.bar);
  EXPECT_GT(r.resistivity.standard_error / r.resistivity.value, 1e-3 / std::sqrt(12.0) / 0.1);
}

// A resistance that falls with the square of the current, in a record whose current is reversed and stepped.
TEST(AcHall, NonlinearityInTheCurrentIsNoticed) {
  auto scene = paper_scene(1000);
  scene.loop_area = 0;
  scene.longitudinal_noise = 1e-6;
  HallRecord record = synthetic::hall_record(scene);
  auto bent = record;
  for (std::size_t i = 0; i < record.time.size(); ++i) {
    const double factor = ((i / 100) % 2 == 0 ? 1 : -1) * ((i / 200) % 2 == 0 ? 1 : 0.5);
    for (auto* r : {&record, &bent}) {
      r->voltage_xy[i] *= factor;
      r->voltage_xx[i] *= factor;
      r->current[i] *= factor;
    }
    bent.voltage_xx[i] *= 1 - 0.05 * factor * factor;
  }
  EXPECT_FALSE(warned(analyse_hall(record, scene.bar), "nonlinear_current"));
  EXPECT_TRUE(warned(analyse_hall(bent, scene.bar), "nonlinear_current"));
}

TEST(AcHall, CovarianceOfDensityAndMobility) {
  const HallResult r = analyse(paper_scene(50));
  EXPECT_LT(r.density_mobility_correlation, -0.999);  // R_xx is known much better than R_xy
  EXPECT_NEAR(r.density.standard_error / r.density.value, 0.02, 0.005);
}

// The stepper's speed changes by 2 % from turn to turn: R_xy at the amplitude is no better known than the amplitude.
// 100 records, the coverage has a standard error of 2.2 %.
TEST(AcHall, SpeedJitterDoesNotSpoilTheAmplitude) {
  auto scene = paper_scene(3000);
  scene.speed_jitter = 0.02;
  const Statistics s = statistics(scene, 100);
  EXPECT_GT(s.coverage, 0.88);
  EXPECT_LT(s.root_mean_square, 1.3 * std::abs(synthetic::truth(scene).hall_slope) * 0.6 / 3000);
  const HallResult r = analyse(scene);
  EXPECT_NEAR(r.field_amplitude, 0.6, 1e-4);
  EXPECT_GE(r.hall_resistance.standard_error / std::abs(r.hall_resistance.value),
            r.hall_slope.standard_error / std::abs(r.hall_slope.value));
}

// The message names the file that is bad, not the one it is an option of.
TEST(AcHall, TheRecordAtFaultIsNamed) {
  HallRecord on = synthetic::hall_record(paper_scene(100));
  on.name = "on.csv";
  auto scene = paper_scene(100);
  scene.source_voltage = 0;
  scene.index = 1;
  HallRecord off = synthetic::hall_record(scene);
  off.name = "off.csv";
  HallOptions options;
  options.zero_current = &off;
  EXPECT_EQ(complaint(on, scene.bar, options), "accepted");
  const HallRecord good = off;
  off.field.assign(off.field.size(), 0.5);
  EXPECT_THAT(complaint(on, scene.bar, options), testing::StartsWith("off.csv: the field is constant"));
  off = good;
  off.current = on.current;
  EXPECT_THAT(complaint(on, scene.bar, options), testing::StartsWith("off.csv: 1 of the other record's current"));
  off = good;
  on.voltage_xy.assign(on.voltage_xy.size(), over);
  EXPECT_THAT(complaint(on, scene.bar, options), testing::StartsWith("on.csv: every reading"));
}

TEST(AcHall, NoisyFieldSensorDoesNotBias) {
  auto scene = paper_scene(3000);
  scene.field_noise = 0.03;
  const HallResult r = analyse(scene);
  EXPECT_NEAR(r.density.value / scene.density, 1, 0.004);
  EXPECT_TRUE(warned(r, "noisy_field"));
}

TEST(AcHall, GapsOverflowsAndSaturation) {
  auto scene = paper_scene(1000);
  HallRecord record = synthetic::hall_record(scene);
  HallRecord gaps;
  gaps.temperature.resize(1);
  for (std::size_t i = 0; i < record.time.size(); ++i) {
    if (i > 400 && i < 550) continue;
    gaps.time.push_back(record.time[i]);
    gaps.field.push_back(record.field[i]);
    gaps.current.push_back(record.current[i]);
    gaps.voltage_xx.push_back(record.voltage_xx[i]);
    gaps.voltage_xy.push_back(i % 97 == 0 ? over : i > 800 && i < 810 ? 1.0 : record.voltage_xy[i]);
    gaps.temperature[0].push_back(300);
  }
  const HallResult r = analyse_hall(gaps, scene.bar);
  EXPECT_NEAR(r.density.value / scene.density, 1, 0.01);
  EXPECT_TRUE(warned(r, "overflow"));
  EXPECT_TRUE(warned(r, "saturated"));
}

// Wrong readings of the field: slope and amplitude are those of the record without them.
TEST(AcHall, FieldThatStandsOutIsLeftOut) {
  const auto scene = paper_scene(300);
  const HallRecord good = synthetic::hall_record(scene);
  const double slope = synthetic::truth(scene).hall_slope;
  auto one = good, minus = good, several = good;
  one.field[600] = 0.9;
  minus.field[640] = -1;
  RandomStream random(1, "wrong readings");
  for (int k = 0; k < 12; ++k) several.field[random.below(1200)] = k % 2 == 0 ? 0.8 : -0.8;
  for (const HallRecord& record : {one, minus, several}) {
    const HallResult r = analyse_hall(record, scene.bar);
    EXPECT_TRUE(warned(r, "field_spikes"));
    EXPECT_NEAR(r.field_amplitude, 0.6, 1e-3);
    EXPECT_NEAR(r.hall_slope.value / slope, 1, 4.0 / 300);
  }
  EXPECT_FALSE(warned(analyse_hall(good, scene.bar), "field_spikes"));
}

// A sensor that ends at 0.5 T of 0.6 T; and one that merely counts in steps of 10 mT.
TEST(AcHall, FieldSensorsAtTheEndOfTheirRange) {
  const auto scene = paper_scene(300);
  HallRecord record = synthetic::hall_record(scene);
  HallRecord coarse = record;
  for (double& b : record.field) b = std::clamp(b, -0.5, 0.5);
  for (double& b : coarse.field) b = 0.01 * std::round(b / 0.01);
  const HallResult r = analyse_hall(record, scene.bar);
  EXPECT_TRUE(warned(r, "field_saturated"));
  EXPECT_NEAR(r.field_amplitude, 0.6, 1e-3);
  EXPECT_NEAR(r.hall_slope.value / synthetic::truth(scene).hall_slope, 1,
              4 * r.hall_slope.standard_error / std::abs(r.hall_slope.value));
  EXPECT_LT(r.hall_slope.standard_error / std::abs(r.hall_slope.value), 0.01);
  EXPECT_FALSE(warned(analyse_hall(coarse, scene.bar), "field_saturated"));
}

// A converter that counts in steps near its noise repeats its crests: no range ends there.
TEST(AcHall, CoarseCrestsAreNoSaturation) {
  for (const auto& [step, noise] : {std::pair{20e-6, 3e-6}, {10e-6, 1e-6}, {5e-6, 1e-6}}) {
    auto scene = paper_scene(100);
    scene.white_noise = noise;
    scene.resolution = step;
    for (scene.index = 0; scene.index < 20; ++scene.index) {
      scene.phase = 0.3 * double(scene.index);
      const HallResult r = analyse(scene);
      EXPECT_FALSE(warned(r, "saturated")) << step << ", " << scene.index;
      EXPECT_LT(r.rejected, 5u);
    }
  }
}

// Records of which the range's end or the converter's steps leave nothing are refused, whatever the two leave of them.
TEST(AcHall, CoarseOrSaturatedVxyIsRefused) {
  HallScene scene;
  scene.misalignment = 1e-6;
  scene.white_noise = 10e-6;
  const HallRecord good = synthetic::hall_record(scene);
  const auto refused = [&](double step, double most) {
    HallRecord record = good;
    for (double& v : record.voltage_xy) {
      v = std::min(v, most);
      if (step > 0) v = step * std::round(v / step);
    }
    return complaint(record);
  };
  EXPECT_EQ(refused(0, 1), "accepted");
  EXPECT_THAT(refused(200e-6, 1), HasSubstr("stands at the end of its range nearly everywhere (0.0016 or 0.0018 V)"));
  EXPECT_THAT(refused(0, 1.55e-3), HasSubstr("stands at the end of its range (0.00155 V)"));
  EXPECT_THAT(refused(0, 1.33e-3), HasSubstr("V_xy does not change (0.00133 V throughout)"));
  EXPECT_THAT(refused(1e-3, 1), HasSubstr("V_xy does not change (0.002 V throughout)"));
  EXPECT_THAT(refused(10e-3, 1), HasSubstr("V_xy does not change (0 V throughout)"));
  EXPECT_THAT(refused(60e-6, 1.65e-3), HasSubstr("more than twice its noise"));
  // Where the range's end is no step, too: of what is left the sign would be wrong.
  HallRecord record = good;
  for (double& v : record.voltage_xy) v = std::min(60e-6 * std::round(v / 60e-6), 1.65e-3);
  EXPECT_THAT(complaint(record), HasSubstr("more than twice its noise"));
}

/// 15 turns with a Hall voltage of 58 uV on 750 uV, in noise of 10 uV, written down term by term.
HallRecord plain_record(std::uint64_t index) {
  RandomStream random(12, "plain record", index);
  HallRecord r;
  for (int i = 0; i < 1200; ++i) {
    const double field = 0.6 * std::cos(2 * std::numbers::pi * i / 80 + 0.3);
    r.time.push_back(i);
    r.field.push_back(field);
    r.current.push_back(2.5e-9);
    r.voltage_xy.push_back(2.5e-9 * (3e5 - 38528 * field) + 1e-5 * random.normal());
    r.voltage_xx.push_back(2.5e-9 * 1.156e7 + 1e-5 * random.normal());
  }
  return r;
}

// Readings of nothing in a row are left out wherever in the turn they fall, for what the others say is known.
TEST(AcHall, DropOutsAreLeftOut) {
  const HallBar bar = HallScene{}.bar;
  for (const int length : {6, 10, 30, 60})
    for (int from = 300; from < 380; from += 10) {
      HallRecord record = plain_record(static_cast<std::uint64_t>(from + length));
      for (int i = from; i < from + length; ++i) record.voltage_xy[static_cast<std::size_t>(i)] = 0;
      const HallResult r = analyse_hall(record, bar);
      EXPECT_NEAR(r.hall_slope.value, -38528, 4.5 * r.hall_slope.standard_error) << length << ", " << from;
      EXPECT_LT(r.hall_slope.standard_error, 320) << length << ", " << from;
      EXPECT_NEAR(double(r.rejected), length, 2) << from;
      EXPECT_TRUE(warned(r, "saturated")) << length << ", " << from;
    }
}

// A magnet that stands still is refused for that, whatever its sensor's noise looks like: white, rounded, or wandering.
TEST(AcHall, ConstantFieldWithNoiseIsRefused) {
  for (std::uint64_t index = 0; index < 20; ++index) {
    RandomStream random(14, "field", index);
    HallRecord white = plain_record(index);
    HallRecord rounded = white, wandering = white, none = white;
    double walk = 0;
    for (std::size_t i = 0; i < white.field.size(); ++i) {
      white.field[i] = 0.6 + 1e-3 * random.normal();
      rounded.field[i] = 0.6 + 1e-4 * std::round(random.normal());
      walk = 0.99 * walk + 1e-3 * random.normal();
      wandering.field[i] = 0.6 + walk;
      none.field[i] = 1e-5 * random.normal();
    }
    for (const HallRecord* record : {&white, &rounded, &wandering, &none})
      EXPECT_THAT(complaint(*record), HasSubstr("the field is constant")) << index;
  }
  // A sensor's noise of a third of the amplitude, and a stray field of eight amplitudes, hide no turning magnet.
  RandomStream random(15, "field");
  HallRecord noisy = plain_record(1), stray = noisy;
  for (double& b : noisy.field) b += 0.2 * random.normal();
  for (double& b : stray.field) b += 4.8;
  EXPECT_EQ(complaint(noisy), "accepted");
  EXPECT_EQ(complaint(stray), "accepted");
}

// A record without noise tells no error: null, and neither lines nor bends in what the digits leave.
TEST(AcHall, ReadingsThatFitExactlyHaveAnUnknownError) {
  const HallBar bar = HallScene{}.bar;
  for (const double slope : {-38528.0, 38528.0, 0.0})
    for (const double digits : {0.0, 1e-13}) {
      HallRecord record = plain_record(1);
      for (std::size_t i = 0; i < record.time.size(); ++i) {
        double& v = record.voltage_xy[i];
        v = 2.5e-9 * (3e5 * std::exp(1e-4 * double(i)) + slope * record.field[i]);
        if (digits > 0) v = digits * std::round(v / digits);
      }
      const HallResult r = analyse_hall(record, bar);
      EXPECT_EQ(r.carrier, slope < 0 ? Carrier::electrons : slope > 0 ? Carrier::holes : Carrier::not_detected);
      EXPECT_NEAR(r.hall_slope.value, slope, 1e-3);
      EXPECT_TRUE(warned(r, "error_unknown"));
      for (const Estimate* e : {&r.hall_slope, &r.hall_resistance, &r.in_phase, &r.induced, &r.density, &r.mobility,
                                &r.lock_in.mean.in_phase, &r.fourier.amplitude.in_phase})
        EXPECT_FALSE(std::isfinite(e->standard_error) || std::isfinite(e->low) || std::isfinite(e->high)) << slope;
      for (const char* code : {"line_in_noise", "nonlinear_hall", "estimates_disagree", "noise_changes"})
        EXPECT_FALSE(warned(r, code)) << code;
    }
  // The error of the current is known all the same: 1 % of each of 1200 readings.
  HallRecord record = plain_record(1);
  RandomStream random(16, "current");
  for (std::size_t i = 0; i < record.time.size(); ++i) {
    record.voltage_xy[i] = 2.5e-9 * (3e5 - 38528 * record.field[i]);
    record.current[i] *= 1 + 0.01 * random.normal();
  }
  const HallResult r = analyse_hall(record, bar);
  EXPECT_NEAR(r.hall_slope.standard_error / 38528, 0.01 / std::sqrt(1200), 0.1 * 0.01 / std::sqrt(1200));
  EXPECT_FALSE(warned(analyse_hall(plain_record(1), bar), "error_unknown"));
}

// So are bursts, which have a scatter of their own, up to a turn of 80 readings; the result names them.
TEST(AcHall, BurstsAreLeftOut) {
  const HallBar bar = HallScene{}.bar;
  for (const int length : {6, 10, 30, 60})
    for (const double height : {2e-3, -3e-4}) {
      HallRecord record = plain_record(static_cast<std::uint64_t>(length));
      RandomStream random(13, "burst");
      for (int i = 317; i < 317 + length; ++i)
        record.voltage_xy[static_cast<std::size_t>(i)] += height + 1e-5 * random.normal();
      const HallResult r = analyse_hall(record, bar);
      EXPECT_EQ(r.carrier, Carrier::electrons);
      EXPECT_NEAR(r.hall_slope.value, -38528, 4.5 * r.hall_slope.standard_error) << length << ", " << height;
      EXPECT_LT(r.hall_slope.standard_error, 320) << length << ", " << height;
      EXPECT_NEAR(double(r.rejected), length, 2) << height;
      EXPECT_TRUE(warned(r, "disturbed")) << length << ", " << height;
    }
  EXPECT_FALSE(warned(analyse_hall(plain_record(1), bar), "disturbed"));
}

// Rounding in steps of five times the noise goes with the signal. 80 records, each with another offset from the steps:
// of 95 % intervals 71 or more hold the truth but in 1 of 50 such tests.
TEST(AcHall, CoarseStepsAreInTheError) {
  HallScene scene;
  scene.white_noise = 10e-6;
  scene.resolution = 50e-6;
  const auto truth = synthetic::truth(scene);
  int held = 0;
  for (scene.index = 0; scene.index < 80; ++scene.index) {
    scene.misalignment = 1e-6 * (1 + 0.0137 * double(scene.index));
    scene.phase = 0.37 * double(scene.index);
    const HallResult r = analyse(scene);
    EXPECT_TRUE(warned(r, "coarse_resolution"));
    const double resistance = truth.hall_slope * scene.field_amplitude;
    held += r.hall_resistance.low < resistance && resistance < r.hall_resistance.high ? 1 : 0;
  }
  EXPECT_GE(held, 71);
  scene.resolution = 10e-6;
  EXPECT_FALSE(warned(analyse(scene), "coarse_resolution"));
  scene.resolution = 0;
  scene.white_noise = 0;
  EXPECT_FALSE(warned(analyse(scene), "coarse_resolution"));
}

// At four and five readings a period B^3 is a sum of the other columns.
TEST(AcHall, FewReadingsAPeriod) {
  for (const double interval : {20.0, 16.0, 11.0}) {
    auto scene = paper_scene(1000);
    scene.interval = interval;
    const HallResult r = analyse(scene);
    EXPECT_EQ(r.carrier, Carrier::electrons) << interval;
    EXPECT_NEAR(r.density.value, scene.density, 4 * r.density.standard_error) << interval;
    EXPECT_LT(r.density.standard_error, 0.05 * scene.density) << interval;
  }
}

TEST(AcHall, LagOfManyTurnsIsRefused) {
  HallOptions options;
  options.rc_time = 500;  // 39 radians: 2.5 % are left
  EXPECT_THAT(complaint(synthetic::hall_record(paper_scene(100)), HallScene{}.bar, options),
              HasSubstr("RC time of 500 s leaves 2.5 %"));
}

TEST(AcHall, TemperatureThatMovesIsNoticed) {
  HallRecord record = synthetic::hall_record(paper_scene(100));
  record.temperature = {std::vector<double>(1200, 300.0)};
  record.temperature[0][600] = 250;  // a single reading is none of it
  EXPECT_FALSE(warned(analyse_hall(record, HallScene{}.bar), "temperature_moves"));
  for (std::size_t i = 0; i < 1200; ++i) record.temperature[0][i] = 300 - 240 * double(i) / 1199;
  EXPECT_TRUE(warned(analyse_hall(record, HallScene{}.bar), "temperature_moves"));
}

// V_xx whose drift ends at the range: what is left says the mean as it would be without the range.
TEST(AcHall, SaturatedVxxIsLeftOut) {
  auto scene = paper_scene(300);
  scene.longitudinal_noise = 1e-4;
  scene.resistance_drift = {0.2};
  HallRecord record = synthetic::hall_record(scene);
  for (double& v : record.voltage_xx) v = std::min(v, 0.102);
  const HallResult r = analyse_hall(record, scene.bar);
  EXPECT_TRUE(warned(r, "longitudinal_saturated"));
  EXPECT_NEAR(r.density.value / scene.density, 1, 4 * r.density.standard_error / scene.density);
  record.voltage_xx = synthetic::hall_record(scene).voltage_xx;
  for (double& v : record.voltage_xx) v = 1e-3 * std::round(v / 1e-3);
  EXPECT_FALSE(warned(analyse_hall(record, scene.bar), "longitudinal_saturated"));
}

// Overflows are no readings that stand out, and count among the record's readings.
TEST(AcHall, OverflowsAreCountedOnce) {
  HallRecord record = synthetic::hall_record(paper_scene(300));
  for (std::size_t i = 0; i < 1200; ++i)
    if (i % 3 != 0) record.voltage_xy[i] = over;
  const HallResult r = analyse_hall(record, HallScene{}.bar);
  EXPECT_EQ(r.readings, 1200u);
  EXPECT_EQ(r.rejected, 800u);
  EXPECT_FALSE(warned(r, "many_rejected"));
}

TEST(AcHall, SaysWhatIsNotThere) {
  const HallResult r = analyse(paper_scene(0.01));
  ASSERT_EQ(r.carrier, Carrier::not_detected);  // as 95 of 100 records are, this one among them
  EXPECT_TRUE(std::isnan(r.density.value));
  EXPECT_TRUE(std::isnan(r.mobility.value));
  EXPECT_GT(r.largest_hall_slope, 0);
  HallOptions floor;
  floor.voltage_floor = 1;
  const HallResult below = analyse(paper_scene(100), floor);
  EXPECT_EQ(below.carrier, Carrier::not_detected);
  EXPECT_TRUE(warned(below, "below_floor"));
  EXPECT_TRUE(std::isnan(below.density.value));
}

TEST(AcHall, SensorsAreFused) {
  HallRecord record = synthetic::hall_record(paper_scene(100));
  record.temperature = {std::vector<double>(1200, 200.0), std::vector<double>(1200, 208.0),
                        std::vector<double>(1200, 207.5)};
  const HallResult r = analyse_hall(record, HallScene{}.bar);
  EXPECT_DOUBLE_EQ(r.temperature, 207.5);
  EXPECT_TRUE(warned(r, "temperature_disagreement"));
}

TEST(AcHall, RefusesBadRecords) {
  const HallRecord good = synthetic::hall_record(paper_scene(100));
  auto r = good;
  r.field.assign(r.field.size(), 0.5);
  EXPECT_THAT(complaint(r), HasSubstr("constant"));
  auto scene = paper_scene(100);
  scene.duration = 100;
  EXPECT_THAT(complaint(synthetic::hall_record(scene)), HasSubstr("at least two"));
  r = good;
  r.time[700] = r.time[698];
  EXPECT_THAT(complaint(r), HasSubstr("row 700: time"));
  scene = paper_scene(100);
  scene.interval = 27;
  EXPECT_THAT(complaint(synthetic::hall_record(scene)), HasSubstr("aliased"));
  r = good;
  r.voltage_xy.assign(r.voltage_xy.size(), over);
  EXPECT_THAT(complaint(r), HasSubstr("overflow"));
  auto bar = scene.bar;
  bar.thickness = -4.5e-9;
  EXPECT_THAT(complaint(good, bar), HasSubstr("thickness"));
  r = good;
  std::swap(r.voltage_xx, r.voltage_xy);
  EXPECT_THAT(complaint(r), HasSubstr("swapped"));
  r = good;
  r.current.assign(r.current.size(), 0);
  EXPECT_THAT(complaint(r), HasSubstr("current is zero"));
  HallOptions options;
  options.expected_frequency = 12.5;
  EXPECT_THAT(complaint(good, scene.bar, options), HasSubstr("another unit"));
  options = {};
  options.current_floor = 1;
  EXPECT_THAT(complaint(good, scene.bar, options), HasSubstr("floor"));
}

// A record without a spike loses no reading, whatever its phase and however V_xx drifts.
TEST(AcHall, NothingIsLeftOutWhereNothingIsWrong) {
  for (const double phase : {0.0, 0.8, 1.57, 2.4}) {
    synthetic::HallScene scene;
    scene.phase = phase;
    scene.misalignment = 1e-6;
    scene.white_noise = scene.longitudinal_noise = 10e-6;
    scene.resistance_drift = {0.3, -0.2};
    const HallResult r = analyse_hall(synthetic::hall_record(scene), scene.bar, {});
    EXPECT_EQ(r.rejected, 0U) << phase;
    EXPECT_TRUE(std::ranges::none_of(r.warnings, [](const Warning& w) {
      return w.code == "field_spikes" || w.code == "many_rejected";
    })) << phase;
  }
}

/// A record written down term by term behind a first-order lag: fifteen turns of 0.6 T in 1200 s.
struct Lagging {
  static constexpr double omega = 2 * std::numbers::pi * 0.0125, amplitude = 0.6, slope = -38000, offset = 3.8e5,
                          current = 4e-9, noise = 2e-6;
  double tau = 0;          ///< s
  double loop_area = 0;    ///< m^2
  double transient = 0;    ///< V at the record's beginning
  double gap = 0;          ///< s, after the 400th
  double reversal = 2000;  ///< s; the current flows the other way from then on

  HallRecord record(std::uint64_t index) const {
    RandomStream random(11, "lagging", index);
    HallRecord r;
    const std::complex<double> turn(0, omega), left = 1.0 / (1.0 + turn * tau);
    const auto start = std::polar(1.0, 0.7 * double(index));
    const auto steady = [&](double t) {
      return current * (offset + slope * amplitude * std::real(left * start * std::exp(turn * t)));
    };
    for (int i = 0; i < 1200; ++i) {
      if (i > 400 && i < 400 + gap) continue;
      const double t = i;
      r.time.push_back(t);
      r.field.push_back(amplitude * std::real(start * std::exp(turn * t)));
      // What reverses with the current settles on the other value from the one that it had then.
      const double film = t < reversal ? steady(t) : -steady(t) + 2 * steady(reversal) * std::exp((reversal - t) / tau);
      r.voltage_xy.push_back(film + loop_area * amplitude * std::real(turn * left * start * std::exp(turn * t)) +
                             transient * std::exp(-t / tau) + noise * random.normal());
      r.current.push_back(t < reversal ? current : -current);
    }
    return r;
  }

  /// How many of twenty 95 % intervals of the slope hold the truth; their errors are what the lag leaves of the signal
  /// allows.
  int held() const {
    HallOptions known;
    known.rc_time = tau;
    int count = 0;
    for (std::uint64_t index = 0; index < 20; ++index) {
      const HallResult r = analyse_hall(record(index), HallScene{}.bar, known);
      const double bound = noise / current / amplitude * std::hypot(1, omega * tau) * std::sqrt(2.0 / 1200);
      EXPECT_LT(r.hall_slope.standard_error, 1.5 * bound) << tau << ", " << index;
      EXPECT_FALSE(warned(r, "line_in_noise")) << tau << ", " << index;
      EXPECT_FALSE(warned(r, "nonlinear_hall")) << tau << ", " << index;
      count += r.hall_slope.low <= slope && slope <= r.hall_slope.high ? 1 : 0;
    }
    return count;
  }
};

// One to ten radians, from a steady state, from a contact made as the record begins, and with a gap of an eighth: of 20
// intervals 16 or more hold but in 1 of 400 such tests.
TEST(AcHall, KnownLagOfManyRadians) {
  for (const double radians : {1.0, 2.5, 5.0, 9.5}) {
    const double tau = radians / Lagging::omega;
    EXPECT_GE((Lagging{.tau = tau}.held()), 16) << radians;
    EXPECT_GE((Lagging{.tau = tau, .transient = -5e-4}.held()), 16) << radians;
    EXPECT_GE((Lagging{.tau = tau, .gap = 150}.held()), 16) << radians;
  }
}

// What the loop induces comes through the same lag, and a reversed current as well.
TEST(AcHall, EverythingComesThroughTheLag) {
  EXPECT_GE((Lagging{.tau = 30, .loop_area = 2e-3}.held()), 16);
  EXPECT_GE((Lagging{.tau = 15, .loop_area = 2e-3, .reversal = 610}.held()), 16);
  HallOptions known;
  known.rc_time = 30;
  const HallResult r = analyse_hall(Lagging{.tau = 30, .loop_area = 2e-3}.record(1), HallScene{}.bar, known);
  EXPECT_NEAR(r.induced.value, 2e-3 * Lagging::amplitude * Lagging::omega, 4 * r.induced.standard_error);
}

// A zero error of both voltmeters, of 2 % of V_xx and a fifth of the offset: a record at zero or reversed current
// tells.
TEST(AcHall, ZeroErrorsOfTheVoltmeters) {
  auto scene = paper_scene(1000);
  scene.longitudinal_noise = 1e-6;
  const auto t = synthetic::truth(scene);
  const double offset = t.sheet_resistance * scene.misalignment / scene.bar.width;
  const auto with_errors = [&](const HallScene& s) {
    HallRecord record = synthetic::hall_record(s);
    for (double& v : record.voltage_xx) v += 0.02 * 3 * t.current * t.sheet_resistance;
    for (double& v : record.voltage_xy) v += 0.2 * offset * t.current;
    return record;
  };
  const HallRecord on = with_errors(scene);
  const HallResult alone = analyse_hall(on, scene.bar);
  EXPECT_TRUE(warned(alone, "current_not_reversed"));
  for (const bool reversed : {false, true}) {
    int resistances = 0, offsets = 0;
    for (std::uint64_t index = 0; index < 20; ++index) {
      auto one = scene, other = scene;
      one.index = 2 * index;
      other.index = 2 * index + 1;
      other.reverse_current = reversed;
      if (!reversed) other.source_voltage = 0;
      const HallRecord second = with_errors(other);
      HallOptions options;
      options.zero_current = &second;
      const HallResult r = analyse_hall(with_errors(one), scene.bar, options);
      EXPECT_FALSE(warned(r, "current_not_reversed"));
      EXPECT_LT(r.sheet_resistance.standard_error, 1e-5 * t.sheet_resistance);
      EXPECT_LT(r.offset.standard_error, 0.01 * offset);
      const auto holds = [](const Estimate& e, double truth) { return e.low <= truth && truth <= e.high ? 1 : 0; };
      resistances += holds(r.sheet_resistance, t.sheet_resistance);
      offsets += holds(r.offset, offset);
    }
    EXPECT_GE(resistances, 16) << reversed;
    EXPECT_GE(offsets, 16) << reversed;
  }
}

// Noise of the field's sensor is in the slope, that is in the density; in R_xy at the amplitude it cancels for the most
// part, for an amplitude too large makes the slope too small. 150 records: the coverage has a standard error of 1.8 %.
TEST(AcHall, NoiseOfTheFieldSensorIsInTheErrors) {
  auto scene = paper_scene(1000);
  scene.field_noise = 0.06;
  const auto t = synthetic::truth(scene);
  double slope = 0, square = 0;
  constexpr int records = 150;
  for (scene.index = 0; scene.index < records; ++scene.index) {
    const HallResult r = analyse(scene);
    slope += r.hall_slope.low <= t.hall_slope && t.hall_slope <= r.hall_slope.high ? 1.0 / records : 0;
    square += std::pow((r.hall_resistance.value - 0.6 * t.hall_slope) / r.hall_resistance.standard_error, 2) / records;
  }
  EXPECT_GT(slope, 0.90);
  EXPECT_LT(slope, 0.99);
  EXPECT_GT(std::sqrt(square), 0.8);
  EXPECT_LT(std::sqrt(square), 1.2);
}

// The mean of B^2 over a bin is not the square of the mean of B. A sensor that stands off zero makes the difference one
// of the slope: 800 exact readings a turn in bins of twenty.
TEST(AcHall, EvenTermIsAveragedAfterSquaring) {
  auto scene = paper_scene(1e6);
  scene.interval = 0.1;
  scene.loop_area = 0;
  const auto t = synthetic::truth(scene);
  const double even = 0.5 * t.sheet_resistance * scene.misalignment / scene.bar.width;
  HallRecord record = synthetic::hall_record(scene);
  for (std::size_t i = 0; i < record.time.size(); ++i) {
    const double plain = record.field[i];
    record.field[i] += 0.15;
    record.voltage_xy[i] +=
        t.current * (t.hall_slope * (record.field[i] - plain) + even * record.field[i] * record.field[i]);
  }
  const HallResult r = analyse_hall(record, scene.bar);
  EXPECT_NEAR(r.even.value / even, 1, 1e-4);
  EXPECT_NEAR(r.hall_slope.value / t.hall_slope, 1, 1e-5);
  EXPECT_NEAR(r.lock_in.mean.in_phase.value / t.hall_slope / 0.6, 1, 1e-3);
}

// Twelve readings: 95 % intervals of the sheet resistance and of the mobility hold the truth in 95 % of 500 records,
// with a standard error of 1 %; by the normal distribution it were some 90 %.
TEST(AcHall, FewReadingsHaveStudentsIntervals) {
  auto scene = paper_scene(1000);
  scene.loop_area = 0;
  scene.interval = 15.1;
  scene.duration = 185;
  scene.longitudinal_noise = 3e-3;
  const double sheet = synthetic::truth(scene).sheet_resistance;
  double resistance = 0, mobility = 0;
  constexpr int records = 500;
  for (scene.index = 0; scene.index < records; ++scene.index) {
    const HallResult r = analyse(scene);
    resistance += r.sheet_resistance.low <= sheet && sheet <= r.sheet_resistance.high ? 1.0 / records : 0;
    mobility += r.mobility.low <= scene.mobility && scene.mobility <= r.mobility.high ? 1.0 / records : 0;
  }
  EXPECT_GT(resistance, 0.925);
  EXPECT_GT(mobility, 0.925);
}

// 1/f noise that is the stronger one up to the highest frequency that the readings show: where it meets the white noise
// cannot be seen.
TEST(AcHall, CornerAboveTheSamplingIsNotThere) {
  auto scene = paper_scene(100);
  scene.flicker_corner = 0.05;
  EXPECT_NEAR(std::log(analyse(scene).corner_frequency / 0.05), 0, 1);
  scene.white_noise *= 1e-3;
  scene.flicker_corner = 100;
  EXPECT_TRUE(std::isnan(analyse(scene).corner_frequency));
}

// Readings at uneven times of an exact field, and readings of a noisy one at even times: none of them stands out.
TEST(AcHall, UnevenTimesAndNoiseAreNoFieldSpikes) {
  for (std::uint64_t index = 0; index < 60; ++index) {
    RandomStream random(index, "uneven");
    auto scene = paper_scene(100);
    scene.index = index;
    HallRecord record = synthetic::hall_record(scene);
    const double hall = synthetic::truth(scene).hall_slope * synthetic::truth(scene).current;
    for (double& t : record.time) t = 1200 * random.uniform();
    std::sort(record.time.begin(), record.time.end());
    for (std::size_t i = 0; i < record.time.size(); ++i) {
      const double plain = record.field[i];
      record.field[i] = 0.6 * std::cos(2 * std::numbers::pi * 0.0125 * record.time[i] + double(index));
      record.voltage_xy[i] += hall * (record.field[i] - plain);
    }
    const HallResult uneven = analyse_hall(record, scene.bar);
    EXPECT_FALSE(warned(uneven, "field_spikes")) << index;
    // One that does stand out is found there, too.
    record.field[700] += record.field[700] > 0 ? -0.5 : 0.5;
    EXPECT_TRUE(warned(analyse_hall(record, scene.bar), "field_spikes")) << index;
    scene.field_noise = 0.03 * 0.6;
    EXPECT_FALSE(warned(analyse(scene), "field_spikes")) << index;
  }
}

// A wrong reading takes none of its neighbours along: on the slope, on the crest, two side by side.
TEST(AcHall, NeighboursOfAFieldSpikeAreKept) {
  const auto scene = paper_scene(300);
  const HallRecord good = synthetic::hall_record(scene);
  for (std::size_t at = 600; at < 640; ++at)
    for (const std::size_t length : {1, 2}) {
      HallRecord record = good;
      for (std::size_t i = at; i < at + length; ++i) record.field[i] = record.field[i] > 0 ? -1 : 1;
      EXPECT_EQ(analyse_hall(record, scene.bar).rejected, length) << at;
    }
}

}  // namespace
}  // namespace ecram::analysis
