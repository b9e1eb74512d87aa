// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/switching.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "analysis/switching/simulated_curve.h"
#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/analysis/switching/switching_card.h"
#include "ecram/analysis/variation/device_to_device.h"
#include "ecram/core/errors.h"
#include "support/warned.h"

namespace ecram::analysis {
namespace {

struct Device {
  double low_up = 1e-6, high_up = 3e-6, low_down = 1e-6, high_down = 3e-6;
  double c_up = 1, c_down = 2;
  int pulses = 101, cycles = 1;
  double reading = 0, step = 0;
};

PulseRecord measured(const Device& device, std::uint64_t seed = 1) {
  PulseRecord record;
  RandomStream random(seed, "device");
  for (int cycle = 0; cycle < device.cycles; ++cycle) {
    const double up = device.high_up - device.low_up, down = device.high_down - device.low_down;
    PulseTrain train;
    for (const double s : simulated_curve(device.pulses, device.c_up, device.reading / up, device.step / up, random))
      train.conductance.push_back(device.low_up + up * s);
    record.trains.push_back(train);
    train.conductance.clear();
    train.direction = Direction::depression;
    for (const double s :
         simulated_curve(device.pulses, device.c_down, device.reading / down, device.step / down, random))
      train.conductance.push_back(device.high_down - down * s);
    record.trains.push_back(train);
  }
  return record;
}

Switching analysed(const PulseRecord& record, int bootstrap = 0) {
  ThreadPool threads(2);
  return analyse_switching(record, {bootstrap, 1}, threads);
}

TEST(Switching, LabelsCarryNeuroSimsSigns) {
  const auto s = analysed(measured({}));
  EXPECT_NEAR(s.potentiation->nonlinearity.value, nonlinearity_label(1), 1e-8);
  EXPECT_NEAR(s.depression->nonlinearity.value, -nonlinearity_label(2), 1e-8);
  EXPECT_NEAR(s.potentiation->a.value, 1, 1e-8);
  EXPECT_NEAR(s.depression->a.value, -0.5, 1e-8);
  // NeuroSim's law with these A and B must give back the curve: G = Gmin + B (1 - exp(-x/A)), x from the low end.
  const auto& d = *s.depression;
  for (const double x : {0.0, 0.3, 1.0})
    EXPECT_NEAR(d.low.value + d.b.value * (1 - std::exp(-x / d.a.value)), 3e-6 - 2e-6 * law(1 - x, 2), 1e-14);
  EXPECT_NEAR(s.on_off.value, 3, 1e-9);
}

// A device whose two directions mirror each other has no asymmetry and steps alike in the middle of its window.
TEST(Switching, AMirroredDeviceIsSymmetric) {
  const auto s = analysed(measured({.c_up = 1.5, .c_down = 1.5}));
  // Up and down start steeply each: mirrored in pulse and conductance.
  EXPECT_NEAR(s.symmetry_point.value, 2e-6, 1e-13);
  const auto straight = analysed(measured({.c_up = 0, .c_down = 0}));
  EXPECT_NEAR(straight.asymmetry.value, 0, 1e-9);
}

// The symmetry point by its definition: one pulse up from there and one down move as far.
TEST(Switching, AtTheSymmetryPointStepsAreEqual) {
  const auto s = analysed(measured({.c_up = 1, .c_down = 3}));
  const auto step = [](double g, double start, double change, double c) {
    // The share of the run at which the law passes g, then one of the hundred pulses on.
    double low = 0, high = 1;
    for (int i = 0; i < 100; ++i) {
      const double middle = (low + high) / 2;
      ((start + change * law(middle, c) - g) * change < 0 ? low : high) = middle;
    }
    return start + change * law(low + 0.01, c) - g;
  };
  const double g = s.symmetry_point.value;
  EXPECT_NEAR(step(g, 1e-6, 2e-6, 1) / -step(g, 3e-6, -2e-6, 3), 1, 1e-4);
}

TEST(Switching, WindowsThatDifferAndTheHandoverAreSaid) {
  const auto even = analysed(measured({}));
  EXPECT_FALSE(warned(even, "window_mismatch"));
  EXPECT_FALSE(warned(even, "handover_drop"));
  const auto s = analysed(measured({.high_down = 2.5e-6}));
  EXPECT_TRUE(warned(s, "window_mismatch"));
  EXPECT_TRUE(warned(s, "handover_drop"));
  EXPECT_NEAR(s.handover_drop.value, 0.5 / 1.75, 1e-6);
}

TEST(Switching, OneDirectionOnlyGivesWhatItCan) {
  auto record = measured({});
  record.trains.pop_back();
  const auto s = analysed(record);
  EXPECT_FALSE(s.depression);
  EXPECT_NEAR(s.gmax.value, 3e-6, 1e-14);
  EXPECT_FALSE(s.symmetry_point.known());
}

TEST(Switching, ALawThatDoesNotHoldGivesNoLabel) {
  auto record = measured({});
  RandomStream random(2, "sigmoid");
  for (std::size_t i = 0; i < 101; ++i)
    record.trains[0].conductance[i] =
        1e-6 / (1 + std::exp(-(static_cast<double>(i) - 50) / 8)) + 2e-9 * random.normal();
  const auto s = analysed(record);
  EXPECT_FALSE(s.potentiation->described);
  EXPECT_FALSE(s.potentiation->nonlinearity.known());
  EXPECT_FALSE(s.potentiation->a.known());
  EXPECT_TRUE(warned(s, "law_does_not_fit"));
  EXPECT_TRUE(s.depression->described);
}

// Twenty cycles with reading noise r and step noise w: the two are told apart, and the three conventions follow.
TEST(CycleToCycle, ReadingNoiseAndStepNoiseAreToldApart) {
  const auto s = analysed(measured({.c_up = 0.01, .c_down = 0.01, .cycles = 20, .reading = 4e-9, .step = 6e-9}, 4));
  const auto& v = s.variation;
  EXPECT_EQ(v.cycles, 20U);
  EXPECT_NEAR(v.step_over_window.value, 6e-9 / 2e-6, 4 * v.step_over_window.standard_error);
  EXPECT_LT(v.step_over_window.standard_error, 2e-4);
  EXPECT_NEAR(v.raw_step_over_window.value, std::sqrt(36 + 2 * 16) * 1e-9 / 2e-6,
              4 * v.raw_step_over_window.standard_error);
  EXPECT_NEAR(v.step_over_mean_step.value, 6e-9 / 2e-8, 0.02);
  // The walk is widest at the end of a run: sd sqrt(100) 6 nS = 60 nS.
  EXPECT_GT(v.worst_spread, 40e-9);
  EXPECT_LT(v.worst_spread, 110e-9);
}

TEST(CycleToCycle, TheWorstPulseIsCountedThroughTheCycle) {
  Device device{.cycles = 4};
  auto record = measured(device);
  for (int cycle = 0; cycle < 4; ++cycle) record.trains[2 * cycle + 1].conductance[29] += 1e-8 * cycle;
  const auto s = analysed(record);
  EXPECT_EQ(*s.variation.worst_pulse, 101U + 30U);
  EXPECT_NEAR(s.variation.worst_spread, 1e-8 * std::sqrt(5.0 / 3), 1e-15);  // of 0, 1, 2, 3
}

// The same walk read after every pulse and after every tenth: what one pulse does is the same.
TEST(CycleToCycle, TheSpreadIsThatOfAPulseHoweverFarReadingsAreApart) {
  PulseRecord record;
  RandomStream random(6, "sparse");
  for (int cycle = 0; cycle < 20; ++cycle) {
    PulseTrain train;
    double g = 0;
    for (int pulse = 0; pulse <= 1000; ++pulse) {
      if (pulse % 10 == 0) {
        train.pulse.push_back(pulse);
        train.conductance.push_back(1e-6 + g);
      }
      g += 4e-9 + 4e-9 * random.normal();
    }
    record.trains.push_back(train);
  }
  const auto s = analysed(record);
  EXPECT_NEAR(s.variation.step_over_mean_step.value, 1, 4 * s.variation.step_over_mean_step.standard_error);
  EXPECT_LT(s.variation.step_over_mean_step.standard_error, 0.05);
}

// Cycles whose curvature differs: label and A must both hold the truth, and agree with each other.
TEST(Switching, CyclesThatDifferWidenLabelAndAAlike) {
  PulseRecord record;
  RandomStream random(7, "cycles");
  for (int cycle = 0; cycle < 10; ++cycle) {
    const double c = 3 + 0.5 * random.normal();
    PulseTrain train;
    for (const double s : simulated_curve(60, c, 0.002, 0, random)) train.conductance.push_back(1e-6 + 2e-6 * s);
    record.trains.push_back(train);
  }
  const auto d = *analysed(record).potentiation;
  EXPECT_LT(d.a.low, 1 / 3.0);
  EXPECT_GT(d.a.high, 1 / 3.0);
  EXPECT_NEAR(nonlinearity_label(1 / d.a.low), d.nonlinearity.high, 1e-9);
  EXPECT_NEAR(nonlinearity_label(1 / d.a.high), d.nonlinearity.low, 1e-9);
}

TEST(Switching, ADeadCycleIsLeftOutAndSaid) {
  auto record = measured({.cycles = 4, .reading = 1e-9});
  record.trains[2].first_line = 77;
  std::ranges::fill(record.trains[2].conductance, 1e-6);
  const auto s = analysed(record);
  EXPECT_EQ(s.potentiation->runs, 3U);
  EXPECT_NEAR(s.potentiation->nonlinearity.value, nonlinearity_label(1), 0.1);
  const auto warning = std::ranges::find(s.warnings, "no_change", &Warning::code);
  ASSERT_NE(warning, s.warnings.end());
  EXPECT_EQ(warning->row, 77U);
}

// A converter's steps and few digits are no noise with a colour: the label is given.
TEST(Switching, CoarseDigitsAreNotRefused) {
  for (const double grain : {1e-9, 2e-8}) {
    auto record = measured({.c_up = 0.5, .pulses = 300});
    for (auto& train : record.trains)
      for (double& g : train.conductance) g = std::round(g / grain) * grain;
    const auto s = analysed(record);
    EXPECT_TRUE(s.potentiation->described) << grain;
    EXPECT_NEAR(s.potentiation->nonlinearity.value, nonlinearity_label(0.5), 0.02) << grain;
  }
}

TEST(Switching, AHandoverIsSaidWithoutALawToo) {
  auto record = measured({});
  for (std::size_t t = 0; t < 2; ++t)
    for (std::size_t i = 0; i < 101; ++i) {
      const double s = 1 / (1 + std::exp(-(static_cast<double>(i) - 50) / 8));
      record.trains[t].conductance[i] = t == 0 ? 1e-6 + 2e-6 * s : 2.4e-6 - 1.4e-6 * s;
    }
  const auto s = analysed(record);
  EXPECT_FALSE(s.depression->described);
  EXPECT_TRUE(warned(s, "handover_drop"));
}

TEST(Switching, WindowsShiftedAgainstEachOtherAreSaid) {
  const auto s = analysed(measured({.low_down = 2e-6, .high_down = 4e-6}));
  EXPECT_TRUE(warned(s, "window_mismatch"));
  EXPECT_LT(s.gmin.low, 1e-6);
  EXPECT_GT(s.gmin.high, 2e-6);
}

// Three devices whose normalised curves are 0, 1/2 and 1 at one place: mean 1/2, standard deviation 1/2.
TEST(DeviceToDevice, SpreadOfNormalisedCurves) {
  const std::vector<DeviceCycle> devices{{{1, 1, 2}, {}}, {{10, 15, 20}, {}}, {{0, 5, 5}, {}}};
  const auto d = device_to_device(devices);
  EXPECT_DOUBLE_EQ(d.worst_place, 0.5);
  EXPECT_DOUBLE_EQ(d.worst_mean.value, 0.5);
  EXPECT_DOUBLE_EQ(d.worst_spread.value, 0.5);
  EXPECT_DOUBLE_EQ(d.spread_over_mean.value, 1);
  EXPECT_THROW(device_to_device(std::span(devices).first(2)), InvalidInput);
}

TEST(Switching, TheCardHoldsWhatWasFound) {
  auto record = measured({.reading = 5e-9});
  record.source = "a.csv";
  const auto s = analysed(record);
  const auto card = record::parse_device_card(record::device_card_text(card_of(std::span(&s, 1), {}, "mine")), "card");
  EXPECT_EQ(card.device, "mine");
  EXPECT_EQ(card.sources[0].file, "a.csv");
  EXPECT_EQ(card.potentiation->nonlinearity.value, s.potentiation->nonlinearity.value);
  EXPECT_EQ(card.depression->b.standard_error, s.depression->b.standard_error);
  EXPECT_EQ(card.step_over_window.high, s.variation.step_over_window.high);
}

TEST(Switching, NothingDependsOnTheNumberOfThreads) {
  const auto record = measured({.cycles = 9, .reading = 5e-9});
  ThreadPool one(1), three(3);
  const auto a = analyse_switching(record, {100, 5}, one), b = analyse_switching(record, {100, 5}, three);
  EXPECT_EQ(a.potentiation->nonlinearity.value, b.potentiation->nonlinearity.value);
  EXPECT_EQ(a.potentiation->nonlinearity.low, b.potentiation->nonlinearity.low);
  EXPECT_EQ(*a.potentiation->label_spread, *b.potentiation->label_spread);
  EXPECT_EQ(a.asymmetry.high, b.asymmetry.high);
}

}  // namespace
}  // namespace ecram::analysis
