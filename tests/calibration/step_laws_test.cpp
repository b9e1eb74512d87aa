// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/step_laws.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/calibration/exports.h"
#include "ecram/core/errors.h"

namespace ecram::calibration {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Estimate known(double x) { return {x, 0, x, x}; }

record::DeviceCard card_with_labels(double up, double down, std::size_t pulses = 101) {
  record::DeviceCard card;
  card.device = "test";
  card.gmin = known(1e-6);
  card.gmax = known(5e-6);
  card.step_over_window = known(0.002);
  record::CardDirection d;
  d.pulses = pulses, d.described = true;
  d.nonlinearity = known(up);
  card.potentiation = d;
  d.nonlinearity = known(down);
  card.depression = d;
  return card;
}

TEST(StepLaws, SoftBoundsAreFoundWhereTheyAre) {
  // s += a (1 - s), s -= b s: soft bounds by definition; w = 2 s - 1 has the same rates.
  StepCurve curve;
  for (int i = 0; i <= 100; ++i) {
    const double s = i / 100.0;
    curve.state.push_back(s), curve.up.push_back(0.03 * (1 - s)), curve.down.push_back(0.02 * s);
  }
  for (int i = 1; i <= 200; ++i) {
    curve.up_train.push_back(1 - std::pow(0.97, i));
    curve.down_train.push_back(std::pow(0.98, i));
  }
  const auto fits = fit_step_laws(curve);
  const StepLawFit& chosen = best(fits);
  EXPECT_EQ(chosen.law, StepLaw::soft_bounds);
  EXPECT_NEAR(chosen.scale_up, 0.03, 1e-9);
  EXPECT_NEAR(chosen.scale_down, 0.02, 1e-9);
  EXPECT_LT(chosen.misfit_max, 1e-9);
}

TEST(StepLaws, TheExponentialLawIsALinearStep) {
  // n pulses of the exponential law end at the other side of the window, whatever the label: AIHWKIT's own update,
  // repeated, has to do that too.
  for (const double label : {0.122, 1.5, 2.075}) {
    const auto fits = fit_step_laws(law_steps(card_with_labels(label, -label)));
    const StepLawFit& linear = best(fits);
    ASSERT_EQ(linear.law, StepLaw::linear_step) << label;
    double w = -1;
    for (int i = 0; i < 100; ++i) w += linear.scale_up * (1 - linear.gamma_up * w);
    EXPECT_NEAR(w, 1, 1e-9) << label;
    for (int i = 0; i < 100; ++i) w -= linear.scale_down * (1 + linear.gamma_down * w);
    EXPECT_NEAR(w, -1, 1e-9) << label;
  }
}

/// Conductances of a device whose steps shrink beyond the middle of its window, up, and are even down.
struct KinkedTrains {
  std::vector<double> up{1e-6}, down;
};

KinkedTrains kinked_trains() {
  KinkedTrains t;
  double s = 0;
  while (s < 0.95) {
    s += s < 0.5 ? 0.02 : 0.02 - 0.03 * (s - 0.5);
    t.up.push_back(1e-6 + s * 4e-6);
  }
  t.down.push_back(t.up.back());
  for (int i = 1; i <= 100; ++i) t.down.push_back(1e-6 + s * 4e-6 * (1 - i / 100.0));
  return t;
}

TEST(StepLaws, AKinkNeedsPieces) {
  auto [up, down] = kinked_trains();
  const auto fits = fit_step_laws(train_steps(up, down));
  EXPECT_EQ(best(fits).law, StepLaw::piecewise_step);
  EXPECT_LT(best(fits).misfit_max, 0.005);
  // AIHWKIT's own update of the pieces, written out here, ends where the train did.
  const StepLawFit& pieces = best(fits);
  double w = -1;
  for (std::size_t i = 1; i < up.size(); ++i) {
    const double at = (w + 1) / 2 * static_cast<double>(pieces.nodes_up.size() - 1);
    const auto k = std::min(static_cast<std::size_t>(at), pieces.nodes_up.size() - 2);
    const double share = at - static_cast<double>(k);
    w += pieces.scale_up * ((1 - share) * pieces.nodes_up[k] + share * pieces.nodes_up[k + 1]);
    w = std::min(w, 1.0);
  }
  EXPECT_NEAR(w, 1, 0.01);
  // A straight line would be off by far more than the pieces.
  EXPECT_GT(fits[1].misfit_max, 3 * pieces.misfit_max);
  down[30] = down[29] * 1.001;
  EXPECT_THROW(train_steps(up, down), InvalidInput);
}

TEST(StepLaws, TrainsOfTheExponentialLawAreItsSteps) {
  // The same cycle told in the two ways: as a law with its label, and as readings.
  const auto from_law = law_steps(card_with_labels(1.5, -0.6));
  std::vector<double> up{2e-6}, down;
  for (const double s : from_law.up_train) up.push_back(2e-6 + 3e-6 * s);
  down.push_back(up.back());
  for (const double s : from_law.down_train) down.push_back(2e-6 + 3e-6 * s);
  const auto from_train = train_steps(up, down);
  ASSERT_EQ(from_train.up.size(), from_law.up.size());
  for (std::size_t i = 0; i < from_law.up.size(); ++i) {
    EXPECT_NEAR(from_train.up[i], from_law.up[i], 1e-9) << i;
    EXPECT_NEAR(from_train.down[i], from_law.down[i], 1e-9) << i;
  }
}

std::string refusal(const record::DeviceCard& card, Simulator simulator, const WriteConditions& c = {}) {
  ThreadPool threads(1);
  try {
    export_text(card, simulator, c, "card.toml", threads);
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "exported";
}

const WriteConditions all_known{1.5, -0.8, 0.5, 0.5, 0.1, {}};

TEST(Exports, HaveTheCardsNumbers) {
  ThreadPool threads(1);
  const auto card = card_with_labels(0.122, -0.206);
  const std::string cell = export_text(card, Simulator::neurosim, all_known, "card.toml", threads);
  for (const auto* line : {"maxConductance = 5e-06;", "minConductance = 1e-06;", "NL_LTP = 0.1220;",
                           "NL_LTD = -0.2060;", "maxNumLevelLTP = 100;", "writeVoltageLTD = 0.8;",
                           "writePulseWidthLTP = 0.5;", "sigmaCtoC = 0.002 * (maxConductance - minConductance);"})
    EXPECT_THAT(cell, HasSubstr(line));
  const std::string analog = export_text(card, Simulator::aihwkit, {}, "card.toml", threads);
  EXPECT_THAT(analog, HasSubstr("LinearStepDevice("));
  EXPECT_THAT(analog, HasSubstr("soft bounds     rms"));
  EXPECT_THAT(analog, Not(HasSubstr("allow_increasing")));
  // Rmin is 1/Gmax. Of 100 steps in 4 uS one is 40 nS: even between +-20 nS has a deviation of 11.547 nS; with 8 nS
  // (0.2 % of 4 uS) of the steps' own it is 14.0475 nS, of 5 uS 0.280951 %.
  const std::string cross = export_text(card, Simulator::crosssim, {}, "card.toml", threads);
  EXPECT_THAT(cross, HasSubstr("device.Rmin = 200000\n"));
  EXPECT_THAT(cross, HasSubstr("device.Rmax = 1e+06\n"));
  EXPECT_THAT(cross, HasSubstr("device.programming_error.magnitude = 0.00280951\n"));
  EXPECT_THAT(export_text(card_with_labels(-0.5, 0.5), Simulator::aihwkit, {}, "c", threads),
              HasSubstr("allow_increasing=True"));
}

TEST(Exports, RefuseByNameConditionsThatTheyDoNotUse) {
  const auto card = card_with_labels(0.1, -0.2);
  struct Given {
    WriteConditions conditions;
    const char* option;
    std::vector<Simulator> used_by;
  };
  const Given each[] = {{{.up_voltage = 1.5}, "--up-voltage", {Simulator::neurosim}},
                        {{.down_voltage = -0.8}, "--down-voltage", {Simulator::neurosim}},
                        {{.up_width = 0.5}, "--up-width", {Simulator::neurosim}},
                        {{.down_width = 0.5}, "--down-width", {Simulator::neurosim}},
                        {{.read_voltage = 0.1}, "--read-voltage", {Simulator::neurosim, Simulator::crosssim}},
                        {{.temperature = 300}, "--temperature", {Simulator::ngspice}}};
  for (const auto& given : each)
    for (const auto to : {Simulator::aihwkit, Simulator::neurosim, Simulator::crosssim, Simulator::ngspice}) {
      const bool used = std::ranges::find(given.used_by, to) != given.used_by.end();
      const auto unused = HasSubstr(std::string(given.option) + ": an export to " + std::string(name(to)));
      if (used)
        EXPECT_THAT(refusal(card, to, given.conditions), Not(unused));
      else
        EXPECT_THAT(refusal(card, to, given.conditions), unused);
    }
}

TEST(Exports, RefuseConditionsThatNoDeviceIsWrittenWith) {
  const auto card = card_with_labels(0.1, -0.2);
  const auto changed = [&](auto WriteConditions::*which, double value) {
    WriteConditions c = all_known;
    c.*which = value;
    return refusal(card, Simulator::neurosim, c);
  };
  EXPECT_EQ(refusal(card, Simulator::neurosim, all_known), "exported");
  EXPECT_EQ(changed(&WriteConditions::up_voltage, 1000), "exported");
  for (const double volts : {-1.5, 0.0, 1001.0})
    EXPECT_THAT(changed(&WriteConditions::up_voltage, volts), HasSubstr("--up-voltage: "));
  for (const double volts : {0.8, 0.0, -1001.0})
    EXPECT_THAT(changed(&WriteConditions::down_voltage, volts), HasSubstr("--down-voltage: "));
  for (const double volts : {-0.1, 0.0, 1001.0})
    EXPECT_THAT(changed(&WriteConditions::read_voltage, volts), HasSubstr("--read-voltage: "));
  EXPECT_THAT(changed(&WriteConditions::up_width, 0), HasSubstr("--up-width: "));
  for (const double kelvin : {0.0, -5.0, 100.0, 179.0, 2001.0})
    EXPECT_THAT(refusal(card, Simulator::ngspice, {.temperature = kelvin}),
                AllOf(HasSubstr("--temperature: "), HasSubstr("from 180 K")));
  EXPECT_THAT(refusal(card, Simulator::ngspice, {.temperature = 180}), HasSubstr("no compact model"));
  EXPECT_THAT(refusal(card, Simulator::ngspice, {.temperature = 2000}), HasSubstr("no compact model"));
  // Cards of before the signs were looked at.
  auto turned = card;
  turned.writing = record::CardWriting{-0.9, 1.7, 0.5, 0.5, 0.5, 0.1, 300};
  EXPECT_THAT(refusal(turned, Simulator::neurosim), HasSubstr("-0.9 V up and 1.7 V down"));
}

TEST(Exports, RefuseByNameWhatALawCannotExpress) {
  ThreadPool threads(1);
  auto card = card_with_labels(9.5, -0.2);
  EXPECT_THAT(refusal(card, Simulator::neurosim, all_known),
              HasSubstr("potentiation is 9.5; NeuroSim's table ends at 9"));
  card = card_with_labels(0.1, -0.2);
  EXPECT_THAT(refusal(card, Simulator::neurosim), HasSubstr("--up-voltage"));
  EXPECT_THAT(refusal(card, Simulator::ngspice), HasSubstr("no compact model"));
  card.conductance_unit = "arbitrary";
  EXPECT_THAT(refusal(card, Simulator::neurosim, all_known), HasSubstr("arbitrary units"));
  EXPECT_THAT(refusal(card, Simulator::crosssim), HasSubstr("arbitrary units"));
  EXPECT_EQ(refusal(card, Simulator::aihwkit), "exported");
  // Steps that may not vary at all do not, in an export, and it says so.
  card = card_with_labels(0.1, -0.2);
  card.step_over_window = {.value = 0.006, .standard_error = 0.005, .low = 0, .high = 0.016};
  EXPECT_THAT(export_text(card, Simulator::aihwkit, {}, "c", threads),
              AllOf(HasSubstr("dw_min_std=0,"), HasSubstr("no more than 1.6 % of the window")));
  record::CardDirection undescribed;
  undescribed.pulses = 101;
  card.depression = undescribed;
  EXPECT_THAT(refusal(card, Simulator::aihwkit), HasSubstr("does not describe the card's depression"));
  card.depression.reset();
  EXPECT_THAT(refusal(card, Simulator::aihwkit), HasSubstr("no depression"));
  card = card_with_labels(0.1, -0.2);
  card.gmin = known(0);
  EXPECT_THAT(refusal(card, Simulator::crosssim), HasSubstr("gmin"));
  EXPECT_THROW(simulator_named("spice"), InvalidInput);
}

}  // namespace
}  // namespace ecram::calibration
