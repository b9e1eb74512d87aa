// SPDX-License-Identifier: Apache-2.0
// The exported subcircuit, run by ngspice, against the compact model that it stands for.
#include "ecram/calibration/subcircuit.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ecram/calibration/device_fit.h"
#include "ecram/core/errors.h"
#include "support/temporary_folder.h"

namespace ecram::calibration {
namespace {

constexpr std::size_t pulses = 100;
constexpr double width = 0.5, rest = 0.5, read_voltage = 0.1;

/// 100 + 100 pulses.
device::Protocol protocol_of(double up, double down) {
  device::Protocol p;
  p.source = "test";
  p.noise = false;
  p.read_voltage = read_voltage;
  p.steps = {{device::PulseTrainStep{up, width, rest, pulses, 1, {}, {}}, 1, ""},
             {device::PulseTrainStep{down, width, rest, pulses, 1, {}, {}}, 1, ""}};
  return p;
}

struct Trace {
  std::vector<double> time, values;
};

/// The `current` (A) of the drain's source and the `state`, the gate going through a pulse of each voltage.
/// @param analysis  "op", "tran ..."
std::map<std::string, Trace> by_ngspice(const std::string& subcircuit, const std::vector<double>& voltages,
                                        const std::string& instance, const std::string& analysis,
                                        const TemporaryFolder& folder) {
  std::ofstream net(folder / "net.cir");
  net << "ecram\n" << subcircuit << "X1 g 0 d ecram" << instance << "\nVd d 0 " << read_voltage << "\nVg g 0 PWL(0 0";
  for (std::size_t i = 0; i < voltages.size(); ++i) {
    const double v = voltages[i], t = static_cast<double>(i) * (width + rest), edge = 1e-6;
    net << fmt::format("\n+ {} 0 {} {} {} {} {} 0", t + edge, t + 2 * edge, v, t + width, v, t + width + edge);
  }
  net << ")\n.options reltol=1e-6\n.control\n" << analysis << "\n";
  const std::map<std::string, std::string> vectors{{"current", "i(Vd)"}, {"state", "v(x1.y)"}};
  for (const auto& [name, vector] : vectors) net << "wrdata " << (folder / name).string() << " " << vector << "\n";
  net << "quit\n.endc\n.end\n";
  net.close();
  const std::string command =
      "timeout 100 ngspice -b " + (folder / "net.cir").string() + " >" + (folder / "log").string() + " 2>&1";
  EXPECT_NE(std::system(command.c_str()), -1);
  std::map<std::string, Trace> traces;
  for (const auto& [name, vector] : vectors) {
    std::ifstream file(folder / name);
    Trace& trace = traces[name];
    for (double t, x; file >> t >> x;) trace.time.push_back(t), trace.values.push_back(x);
  }
  return traces;
}

std::string transient(std::size_t all_pulses, const char* with) {
  return fmt::format("tran 0.02 {} 0 0.05{}", static_cast<double>(all_pulses) * (width + rest), with);
}

std::vector<double> train(double voltage, std::size_t count = pulses) { return std::vector<double>(count, voltage); }

std::vector<double> operator+(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// At the end of each pulse's rest.
std::vector<double> conductances(const Trace& current, std::size_t all_pulses) {
  std::vector<double> conductance;
  std::size_t k = 1;
  for (std::size_t i = 1; i <= all_pulses; ++i) {
    const double t = static_cast<double>(i) * (width + rest) - 1e-3;
    while (k < current.time.size() && current.time[k] < t) ++k;
    if (k >= current.time.size()) break;
    const double share = (t - current.time[k - 1]) / (current.time[k] - current.time[k - 1]);
    conductance.push_back(-((1 - share) * current.values[k - 1] + share * current.values[k]) / read_voltage);
  }
  return conductance;
}

/// @returns  are the tests to be run? Where changes are checked they have to be.
bool has_ngspice() {
  const bool there = std::system("ngspice --version >/dev/null 2>&1") == 0;
  if (!there && std::getenv("CI") != nullptr) ADD_FAILURE() << "ngspice is not there (package ngspice)";
  return there;
}

record::DeviceCard card_with_compact(const std::string& base, double up, double down) {
  DeviceFit fit;
  fit.device = device::shipped_device(base);
  fit.converged = true;
  Measurement m;
  m.protocol = protocol_of(up, down);
  m.file = "simulated";
  ThreadPool threads(1);
  return card_of(fit, std::span(&m, 1), base, "test", threads);
}

TEST(Subcircuit, FollowsTheCompactModelWithinOnePercent) {
  if (!has_ngspice()) GTEST_SKIP() << "ngspice is not there";
  ThreadPool threads(0);
  for (const auto& [base, up, down] : {std::tuple{"fig3b", 1.7, -0.9}, {"fig4", 1.7, -1.7}}) {
    const record::DeviceCard card = card_with_compact(base, up, down);
    const std::string text =
        ngspice_subcircuit(record::parse_device_card(record::device_card_text(card), "card"), 0, "card.toml", threads);
    device::RunOptions options;
    options.device = device::shipped_device(base);
    const auto compact = device::run_compact(protocol_of(up, down), options, threads);
    double low = INFINITY, high = 0;
    for (const auto& r : compact.readings) low = std::min(low, r.conductance), high = std::max(high, r.conductance);
    EXPECT_GT(high / low, 1.02) << base << ": the pulses move nothing";
    // From an operating point and from the initial conditions.
    for (const auto* with : {"", " uic"}) {
      const TemporaryFolder folder;
      const auto traces = by_ngspice(text, train(up) + train(down), "", transient(2 * pulses, with), folder);
      const auto spice = conductances(traces.at("current"), 2 * pulses);
      ASSERT_EQ(spice.size(), compact.readings.size()) << base << with;
      double worst = 0;
      for (std::size_t i = 0; i < spice.size(); ++i) {
        worst = std::max(worst, std::abs(spice[i] / compact.readings[i].conductance - 1));
        EXPECT_NEAR(spice[i] / compact.readings[i].conductance, 1, 0.01) << base << with << " after pulse " << i + 1;
      }
      fmt::print("{}{}: on/off {:.3g}, ngspice within {:.2g} %\n", base, with, high / low, 100 * worst);
    }
  }
}

TEST(Subcircuit, FollowsTrainsOfUnequalLength) {
  if (!has_ngspice()) GTEST_SKIP() << "ngspice is not there";
  ThreadPool threads(0);
  const double up = 1.5, down = -1.2;
  record::DeviceCard card = card_with_compact("fig3b", up, down);
  record::CardDirection direction;
  direction.runs = 1;
  direction.pulses = 20;
  card.potentiation = direction;
  direction.pulses = 120;
  card.depression = direction;
  const std::string text = ngspice_subcircuit(card, 0, "card.toml", threads);
  device::Protocol protocol = protocol_of(up, down);
  std::get<device::PulseTrainStep>(protocol.steps[0].what).count = 20;
  std::get<device::PulseTrainStep>(protocol.steps[1].what).count = 120;
  device::RunOptions options;
  options.device = device::shipped_device("fig3b");
  const auto compact = device::run_compact(protocol, options, threads);
  const TemporaryFolder folder;
  const auto traces = by_ngspice(text, train(up, 20) + train(down, 120), "", transient(140, ""), folder);
  const auto spice = conductances(traces.at("current"), 140);
  ASSERT_EQ(spice.size(), compact.readings.size());
  double worst = 0;
  for (std::size_t i = 0; i < spice.size(); ++i)
    worst = std::max(worst, std::abs(spice[i] / compact.readings[i].conductance - 1));
  EXPECT_LT(worst, 0.01);
  EXPECT_LT(compact.readings.back().conductance, 0.2 * compact.readings.front().conductance);  // they cross a lot
  fmt::print("{} -> {} S: ngspice within {:.2g} %\n", compact.readings.front().conductance,
             compact.readings.back().conductance, 100 * worst);
}

TEST(Subcircuit, AnOperatingPointHasTheDeviceAsItWasFitted) {
  if (!has_ngspice()) GTEST_SKIP() << "ngspice is not there";
  ThreadPool threads(0);
  const record::DeviceCard card = card_with_compact("fig4", 1.7, -1.7);
  const std::string text = ngspice_subcircuit(card, 0, "card.toml", threads);
  // Read at once, without a pulse.
  device::Protocol untouched;
  untouched.source = "test";
  untouched.noise = false;
  untouched.read_voltage = read_voltage;
  untouched.steps = {{device::TemperatureStep{300, 0}, 1, ""},
                     {device::PulseTrainStep{1.7, width, rest, 1, 1, {}, {}}, 2, ""}};
  device::RunOptions options;
  options.device = device::shipped_device("fig4");
  const double fresh = device::run_compact(untouched, options, threads).readings[0].conductance;
  const TemporaryFolder folder;
  const auto point = by_ngspice(text, {1.7}, "", "op", folder);
  ASSERT_EQ(point.at("current").values.size(), 1U);
  EXPECT_NEAR(-point.at("current").values[0] / read_voltage / fresh, 1, 0.01);
  // Also one that was asked for, and one that there is not.
  for (const auto& [start, state] : {std::pair{" start=0.5", 0.5}, {" start=7", 1.0}}) {
    const TemporaryFolder other;
    const auto begun = by_ngspice(text, {1.7}, start, "op", other);
    ASSERT_EQ(begun.at("state").values.size(), 1U);
    EXPECT_NEAR(begun.at("state").values[0], state, 1e-6) << start;
  }
}

TEST(Subcircuit, MorePulsesThanItWasFittedForStayInItsRange) {
  if (!has_ngspice()) GTEST_SKIP() << "ngspice is not there";
  ThreadPool threads(0);
  const double up = 1.7, down = -0.9;
  const std::string text = ngspice_subcircuit(card_with_compact("fig3b", up, down), 0, "card.toml", threads);
  for (const auto& [start, beyond, back] : {std::tuple{" start=0.97", up, down}, {" start=-0.97", down, up}}) {
    // At twice the voltage, too: the fitted one's rates are used.
    const auto voltages = train(2 * beyond, 60) + train(back, 10);
    const TemporaryFolder folder;
    const auto traces = by_ngspice(text, voltages, start, transient(voltages.size(), ""), folder);
    const auto g = conductances(traces.at("current"), voltages.size());
    ASSERT_EQ(g.size(), voltages.size()) << start;
    for (const double y : traces.at("state").values) ASSERT_LE(std::abs(y), 1.001) << start;
    const double sign = beyond > 0 ? 1 : -1;
    for (std::size_t i = 1; i < g.size(); ++i) {
      const double step = sign * (g[i] / g[i - 1] - 1);
      ASSERT_TRUE(i < 60 ? step > -1e-6 : step < 0) << start << ", pulse " << i + 1 << " moves it by " << step;
    }
    EXPECT_LT(sign * (g[59] / g[50] - 1), 0.1 * sign * (g[9] / g[0] - 1)) << start << ": the end is not reached";
  }
}

TEST(Subcircuit, TextsOfTheCardCannotLeaveItsHead) {
  ThreadPool threads(0);
  record::DeviceCard card = card_with_compact("fig3b", 1.7, -0.9);
  card.device = "mine\n.include /etc/passwd";
  card.program = "ecram\rx";
  const std::string text = ngspice_subcircuit(card, 0, "a\n.control\nshell ls\n.endc", threads);
  EXPECT_EQ(text.find("\n.include"), std::string::npos);
  EXPECT_EQ(text.find("\n.control"), std::string::npos);
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(Subcircuit, NeedsACompactModelAndItsPulses) {
  ThreadPool threads(1);
  EXPECT_THROW(ngspice_subcircuit({}, 0, "card.toml", threads), InvalidInput);
  record::DeviceCard card = card_with_compact("fig3b", 1.5, -1.5);
  card.writing.reset();
  EXPECT_THROW(ngspice_subcircuit(card, 0, "card.toml", threads), InvalidInput);
  // Cards of before the signs were looked at.
  card = card_with_compact("fig3b", 1.5, -1.5);
  card.writing = record::CardWriting{-1.5, 1.5, width, width, rest, read_voltage, 300};
  EXPECT_THROW(ngspice_subcircuit(card, 0, "card.toml", threads), InvalidInput);
}

}  // namespace
}  // namespace ecram::calibration
