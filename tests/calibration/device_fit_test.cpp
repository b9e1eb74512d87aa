// SPDX-License-Identifier: Apache-2.0
// What a fit takes and what it refuses.
#include "ecram/calibration/device_fit.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "support/temporary_folder.h"

namespace ecram::calibration {
namespace {

using testing::AllOf;
using testing::HasSubstr;

device::Protocol protocol_of(double voltage, std::size_t pulses = 10) {
  device::Protocol p;
  p.source = "a.toml";
  p.noise = false;
  p.steps = {{device::PulseTrainStep{voltage, 0.5, 0.5, pulses, 1, {}, {}}, 1, ""}};
  return p;
}

Measurement measurement_of(const device::Protocol& protocol) {
  return {protocol, "r.csv", "", std::vector<double>(number_of_readings(protocol), 1e-6)};
}

template <class Work>
std::string refusal(Work&& work) {
  try {
    work();
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "accepted";
}

/// Reads three readings as a file has them.
class Readings : public testing::Test {
 protected:
  Measurement read(const std::string& text) {
    std::ofstream(folder_ / "p.toml") << "protocol = 1\ntemperature = \"300 K\"\n[[step]]\nkind = \"pulses\"\n"
                                         "voltage = \"1.7 V\"\nwidth = \"0.5 s\"\npulses = 3\n";
    std::ofstream(folder_ / "r.csv") << text;
    return read_measurement((folder_ / "p.toml").string() + "=" + (folder_ / "r.csv").string(), threads_);
  }
  std::string complaint(const std::string& text) {
    return refusal([&] { read(text); });
  }

 private:
  TemporaryFolder folder_;
  ThreadPool threads_{1};
};

TEST_F(Readings, HaveTheNamesOfFilesOfPulses) {
  for (const auto* text : {"conductance_S\n1e-6\n2e-6\n3e-6\n", "G [S]\n1e-6\n2e-6\n3e-6\n",
                           "Conductance/S\n1e-6\n2e-6\n3e-6\n", "pulse,g_ds (S)\n1,1e-6\n2,2e-6\n3,3e-6\n"})
    EXPECT_THAT(read(text).conductance, testing::ElementsAre(1e-6, 2e-6, 3e-6)) << text;
  EXPECT_THAT(read("G [uS]\n1\n2\n3\n").conductance,
              testing::Pointwise(testing::DoubleEq(), std::vector<double>{1e-6, 2e-6, 3e-6}));
  EXPECT_THAT(complaint("conductance\n1\n2\n3\n"),
              AllOf(HasSubstr("r.csv:1: column 'conductance' has no unit"), HasSubstr("'conductance_S' or 'G [uS]'")));
  EXPECT_THAT(complaint("conductivity_S\n1\n2\n3\n"),
              AllOf(HasSubstr("r.csv:1: no column 'conductance'"), HasSubstr("'conductance_S' or 'G [uS]'")));
  EXPECT_THAT(complaint("G_S,conductance_S\n1,1\n2,2\n3,3\n"), HasSubstr("'G_S' and 'conductance_S'"));
}

TEST_F(Readings, ThatNoChannelHasAreRefused) {
  EXPECT_THAT(complaint("conductance_S\n1e-6\n9.9e37\n1e-6\n"),
              HasSubstr("r.csv:3: conductance is 9.9e+37 S, expected 1e-18 to 1000 S"));
  EXPECT_THAT(complaint("conductance_nS\n1\n1\n1e-10\n"),
              AllOf(HasSubstr("r.csv:4: conductance is 1e-19 S"), HasSubstr("is 'nS' its unit?")));
  EXPECT_THAT(complaint("conductance_S\n1e-6\n-1e-6\n1e-6\n"), HasSubstr("r.csv:3: conductance is -1e-06, expected "));
  EXPECT_EQ(complaint("conductance_S\n1e-17\n999\n1e-6\n"), "accepted");
}

TEST(DeviceFit, IsOfOneDevice) {
  ThreadPool threads(1);
  const auto fitted = [&](const device::Protocol& other) {
    const Measurement both[] = {measurement_of(protocol_of(1.7)), measurement_of(other)};
    return refusal([&] { fit_device(both, {"fig3b", {"hopping_prefactor"}}, threads); });
  };
  device::Protocol b = protocol_of(1.7);
  b.source = "b.toml";
  EXPECT_EQ(fitted(b), "accepted");
  b.device = "fig4";
  EXPECT_EQ(fitted(b), "b.toml: its device is 'fig4', that of a.toml is the default; a fit is of one device");
  b = protocol_of(1.7);
  b.source = "b.toml";
  b.ambient = device::Ambient::vacuum;
  EXPECT_THAT(fitted(b), AllOf(HasSubstr("b.toml: its device is the default in vacuum"), HasSubstr("a.toml")));
  b = protocol_of(1.7);
  b.source = "b.toml";
  b.stated = {{"gate_length", 4e-5}};
  EXPECT_THAT(fitted(b), AllOf(HasSubstr("b.toml"), HasSubstr("a.toml")));
}

TEST(DeviceFit, TrialsThatNoDeviceCanHaveDoNotEndIt) {
  // Beside a film that is filled: a few tenths of a per cent more and no table of its contents can be made.
  ThreadPool threads(0);
  Measurement m = measurement_of(protocol_of(1.7));
  m.protocol.stated = {{"gated_vacancy_density", 1.7975e27}};
  device::RunOptions truth;
  truth.device = device::shipped_device("fig3b");
  device::apply_stated(m.protocol, truth.constants, truth.device);
  truth.constants.hopping_prefactor *= 1.3;
  const auto readings = device::run_compact(m.protocol, truth, threads).readings;
  for (std::size_t i = 0; i < readings.size(); ++i) m.conductance[i] = readings[i].conductance;
  device::RunOptions beyond = truth;
  beyond.device.gated_vacancy_density *= 1.002;
  EXPECT_THROW(device::run_compact(m.protocol, beyond, threads), InvalidInput);
  const DeviceFit fit =
      fit_device(std::span(&m, 1), {"fig3b", {"gated_vacancy_density", "hopping_prefactor"}}, threads);
  EXPECT_NEAR(fit.parameters[1].value.value / truth.constants.hopping_prefactor, 1, 0.01);
  // The start is the user's: it is refused.
  m.protocol.stated[0].value *= 1.002;
  EXPECT_THAT(refusal([&] {
                fit_device(std::span(&m, 1), {"fig3b", {"gated_vacancy_density", "hopping_prefactor"}}, threads);
              }),
              HasSubstr("expected at most"));
}

TEST(DeviceFit, ALogarithmCannotStartAtZero) {
  ThreadPool threads(0);
  Measurement m = measurement_of(protocol_of(1.7));
  m.protocol.stated = {{"deep_density", 0}};
  EXPECT_THAT(refusal([&] {
                fit_device(std::span(&m, 1), {"fig3b", {"hopping_prefactor", "deep_density"}}, threads);
              }),
              AllOf(HasSubstr("parameter deep_density starts at 0 1/m^3, expected above 0"), HasSubstr("logarithm")));
}

/// What the model of fig3b would read, times a factor.
Measurement simulated(const device::Protocol& protocol, double times, ThreadPool& threads) {
  Measurement m;
  m.protocol = protocol;
  m.file = "r.csv";
  device::RunOptions truth;
  truth.device = device::shipped_device("fig3b");
  for (const auto& r : device::run_compact(protocol, truth, threads).readings)
    m.conductance.push_back(times * r.conductance);
  return m;
}

TEST(DeviceFit, SuspectsAUnitThatIsWrongByAThousand) {
  ThreadPool threads(0);
  for (const double times : {1e-3, 20.0, 1e3}) {
    const Measurement m = simulated(protocol_of(1.7), times, threads);
    const DeviceFit fit = fit_device(std::span(&m, 1), {"fig3b", {"hopping_prefactor"}}, threads);
    // Nearly all of the resistance is the film's and the ends', both of which go with the prefactor.
    EXPECT_NEAR(fit.parameters[0].value.value / (4.1e6 * times), 1, 0.2) << times;
    const auto warnings = warnings_of(fit);
    const bool far = times < 0.01 || times > 100;
    ASSERT_EQ(warnings.size(), far ? 1U : 0U) << times;
    if (!far) continue;
    EXPECT_EQ(warnings[0].code, "far_from_start");
    EXPECT_THAT(warnings[0].text, AllOf(HasSubstr("hopping_prefactor is "), HasSubstr("its start of 4.1e+06 S/m"),
                                        HasSubstr("is the unit of the conductances right?")));
    const auto card = card_of(fit, std::span(&m, 1), "fig3b", "test", threads);
    EXPECT_TRUE(std::ranges::any_of(card.warnings, [](const Warning& w) { return w.code == "far_from_start"; }));
  }
}

/// A combination of parameters, in the units of an open direction: where it leads, and how far off the readings are
/// there, as chi squared over the scatter's variance above that of the fit.
double objection(const DeviceFit& fit, const Measurement& m, double steps, ThreadPool& threads) {
  device::RunOptions there;
  there.constants = fit.constants;
  there.device = fit.device;
  const auto& weights = fit.open[0].weights;
  there.constants.transfer_rate *= std::exp(steps * weights[0]);
  there.constants.interphase_thickness += steps * weights[1] * 1.2e-9 / 3;
  there.constants.partition_energy += steps * weights[2] * 0.1 * 1.602176634e-19;
  there.device.gated_vacancy_density *= std::exp(steps * weights[3]);
  there.constants.hopping_prefactor *= std::exp(steps * weights[4]);
  const auto chi2 = [&](const device::RunOptions& options) {
    double sum = 0;
    const auto readings = device::run_compact(m.protocol, options, threads).readings;
    for (std::size_t i = 0; i < readings.size(); ++i)
      sum += std::pow(std::log(m.conductance[i] / readings[i].conductance) / fit.scatter, 2);
    return sum;
  };
  device::RunOptions here;
  here.constants = fit.constants;
  here.device = fit.device;
  return chi2(there) - chi2(here);
}

TEST(DeviceFit, TellsHowFarAnOpenCombinationGoesByTheModel) {
  // Sixty pulses up at one temperature leave rate, density and prefactor nearly in one line, which bends.
  ThreadPool threads(0);
  Measurement m = simulated(protocol_of(1.5, 60), 1, threads);
  for (std::size_t i = 0; i < m.conductance.size(); ++i)  // readings that scatter by 0.35 %
    m.conductance[i] *= 1 + 0.0035 * std::sqrt(2.0) * std::sin(2.4 * static_cast<double>(i));
  const DeviceFit fit = fit_device(std::span(&m, 1), {"fig3b", {}}, threads);
  ASSERT_FALSE(fit.open.empty());
  const OpenDirection& open = fit.open[0];
  // The first order would have it that a whole step is nothing; the model is asked.
  EXPECT_GT(open.standard_error, 2);
  EXPECT_LT(open.reach, 1);
  ASSERT_GT(open.reach, 0);
  constexpr double allowed = 2.004 * 2.004;  // t(0.975, 55 degrees of freedom), squared
  EXPECT_LE(std::max(objection(fit, m, open.reach, threads), objection(fit, m, -open.reach, threads)), 1.05 * allowed);
  EXPECT_GE(std::max(objection(fit, m, 2 * open.reach, threads), objection(fit, m, -2 * open.reach, threads)),
            0.95 * allowed);
  const std::string text = sentence(fit, open);
  EXPECT_THAT(text, AllOf(HasSubstr("near the fit"), HasSubstr("the valley bends")));
  EXPECT_THAT(text, testing::Not(HasSubstr("standard error")));
}

/// Two pulses' readings, off the model's by factors exp(+-scatter/sqrt(2)): of one prefactor, that scatter.
DeviceFit fit_of_two_readings(double scatter, ThreadPool& threads) {
  Measurement m = measurement_of(protocol_of(1.7, 2));
  device::RunOptions truth;
  truth.device = device::shipped_device("fig3b");
  const auto readings = device::run_compact(m.protocol, truth, threads).readings;
  for (std::size_t i = 0; i < 2; ++i)
    m.conductance[i] = readings[i].conductance * std::exp((i == 0 ? 1 : -1) * scatter / std::sqrt(2.0));
  return fit_device(std::span(&m, 1), {"fig3b", {"hopping_prefactor"}}, threads);
}

TEST(DeviceFit, IntervalsAreStudents) {
  // With one degree of freedom 95 % are within 12.706 standard errors (tables of the t distribution), not 1.96.
  ThreadPool threads(0);
  const DeviceFit fit = fit_of_two_readings(0.01, threads);
  EXPECT_NEAR(fit.scatter, 0.01, 1e-4);
  const Estimate& e = fit.parameters[0].value;
  const double relative = e.standard_error / e.value;
  EXPECT_NEAR(relative, 0.01 / std::sqrt(2.0), 1e-3);
  EXPECT_NEAR(std::log(e.high / e.value) / relative, 12.706, 0.01);
  EXPECT_NEAR(std::log(e.value / e.low) / relative, 12.706, 0.01);
}

TEST(DeviceFit, AFewReadingsDoNotDetermineWhatManyWould) {
  // A standard error of 0.35 of a factor e: at 95 % a factor of 80 either way, with one degree of freedom.
  ThreadPool threads(0);
  const DeviceFit fit = fit_of_two_readings(0.5, threads);
  ASSERT_EQ(fit.open.size(), 1U);
  EXPECT_NEAR(fit.open[0].standard_error, 0.5 / std::sqrt(2.0), 0.05);
  EXPECT_TRUE(std::isnan(fit.parameters[0].value.standard_error));
}

TEST(FittedCard, IsNotOfAFitThatFailed) {
  ThreadPool threads(1);
  const Measurement m = measurement_of(protocol_of(1.7));
  DeviceFit fit;
  fit.device = device::shipped_device("fig3b");
  fit.converged = true;
  const auto carded = [&] { return refusal([&] { card_of(fit, std::span(&m, 1), "fig3b", "test", threads); }); };
  EXPECT_EQ(carded(), "accepted");
  for (const double scatter : {0.51, 8.8, double(INFINITY), std::nan("")}) {
    fit.scatter = scatter;
    EXPECT_THAT(carded(), HasSubstr("expected 50 % at most")) << scatter;
  }
  fit.scatter = 0.01;
  fit.converged = false;
  EXPECT_THAT(carded(), HasSubstr("did not converge"));
}

TEST(FittedCard, CallsUpWhatItsVoltageSays) {
  ThreadPool threads(1);
  DeviceFit fit;
  fit.device = device::shipped_device("fig3b");
  fit.converged = true;
  Measurement m;
  m.protocol = protocol_of(0);  // a train at 0 V writes neither way
  device::EnduranceStep turned;
  turned.up = {-0.9, 0.4, 0.6, 20, 1, {}, {}};
  turned.down = {1.7, 0.3, 0.5, 20, 1, {}, {}};
  turned.cycles = 3;
  m.protocol.steps.push_back({turned, 2, ""});
  for (std::size_t i = 0; i < 10; ++i) m.conductance.push_back(1e-6);
  for (std::size_t cycle = 0; cycle < 3; ++cycle) {
    for (std::size_t i = 0; i < 20; ++i) m.conductance.push_back(2e-6 - 1e-6 * static_cast<double>(i + 1) / 20);
    for (std::size_t i = 0; i < 20; ++i) m.conductance.push_back(1e-6 + 1e-6 * static_cast<double>(i + 1) / 20);
  }
  const auto card = card_of(fit, std::span(&m, 1), "fig3b", "test", threads);
  const auto writing = card.writing.value_or(record::CardWriting{});
  EXPECT_EQ(writing.up_voltage, 1.7);
  EXPECT_EQ(writing.up_width, 0.3);
  EXPECT_EQ(writing.down_voltage, -0.9);
  EXPECT_EQ(writing.down_width, 0.4);
  EXPECT_EQ(writing.rest, 0.5);
  EXPECT_EQ(writing.down_rest, 0.6);
  const auto potentiation = card.potentiation.value_or(record::CardDirection{});
  EXPECT_EQ(potentiation.runs, 3U);
  EXPECT_GT(potentiation.mean_step.value, 0);
  // Without pulses down there is nothing to say of writing.
  Measurement up_only = measurement_of(protocol_of(1.7));
  up_only.protocol.steps.push_back({device::PulseTrainStep{0, 0.5, 0.5, 10, 1, {}, {}}, 2, ""});
  up_only.conductance.resize(number_of_readings(up_only.protocol), 1e-6);
  EXPECT_FALSE(card_of(fit, std::span(&up_only, 1), "fig3b", "test", threads).writing);
}

}  // namespace
}  // namespace ecram::calibration
