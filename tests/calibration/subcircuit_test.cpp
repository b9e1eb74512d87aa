// SPDX-License-Identifier: Apache-2.0
// The exported subcircuit, run by ngspice, against the compact model that it stands for.
#include "ecram/calibration/subcircuit.h"

#include <cmath>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ecram/calibration/device_fit.h"
#include "ecram/core/errors.h"
#include "support/temporary_folder.h"

namespace ecram::calibration {
namespace {

constexpr int pulses = 100;
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

/// Conductance at the end of each pulse's rest, by ngspice.
std::vector<double> by_ngspice(const std::string& subcircuit, double up, double down, const TemporaryFolder& folder) {
  const std::string data = (folder / "data").string();
  std::ofstream net(folder / "net.cir");
  net << "ecram\n" << subcircuit << "X1 g 0 d ecram\nVd d 0 " << read_voltage << "\nVg g 0 PWL(0 0";
  for (int i = 0; i < 2 * pulses; ++i) {
    const double v = i < pulses ? up : down, t = i * (width + rest), edge = 1e-6;
    net << fmt::format("\n+ {} 0 {} {} {} {} {} 0", t + edge, t + 2 * edge, v, t + width, v, t + width + edge);
  }
  net << ")\n.options reltol=1e-6\n.control\ntran 0.02 " << 2 * pulses * (width + rest) << " 0 0.05 uic\nwrdata "
      << data << " i(Vd)\nquit\n.endc\n.end\n";
  net.close();
  const std::string command =
      "timeout 100 ngspice -b " + (folder / "net.cir").string() + " >" + (folder / "log").string() + " 2>&1";
  EXPECT_NE(std::system(command.c_str()), -1);
  std::ifstream file(data);
  std::vector<double> times, currents;
  for (double t, i; file >> t >> i;) times.push_back(t), currents.push_back(-i);
  std::vector<double> conductance;
  std::size_t k = 1;
  for (int i = 1; i <= 2 * pulses; ++i) {
    const double t = i * (width + rest) - 1e-3;
    while (k < times.size() && times[k] < t) ++k;
    if (k >= times.size()) break;
    const double share = (t - times[k - 1]) / (times[k] - times[k - 1]);
    conductance.push_back(((1 - share) * currents[k - 1] + share * currents[k]) / read_voltage);
  }
  return conductance;
}

record::DeviceCard card_with_compact(const std::string& base, double up, double down) {
  DeviceFit fit;
  fit.device = device::shipped_device(base);
  Measurement m;
  m.protocol = protocol_of(up, down);
  m.file = "simulated";
  ThreadPool threads(1);
  return card_of(fit, std::span(&m, 1), base, "test", threads);
}

TEST(Subcircuit, FollowsTheCompactModelWithinOnePercent) {
  if (std::system("ngspice --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "ngspice is not there";
  ThreadPool threads(0);
  for (const auto& [base, up, down] : {std::tuple{"fig3b", 1.7, -0.9}, {"fig4", 1.7, -1.7}}) {
    const record::DeviceCard card = card_with_compact(base, up, down);
    const std::string text =
        ngspice_subcircuit(record::parse_device_card(record::device_card_text(card), "card"), 0, "card.toml", threads);
    const TemporaryFolder folder;
    const auto spice = by_ngspice(text, up, down, folder);
    device::RunOptions options;
    options.device = device::shipped_device(base);
    const auto compact = device::run_compact(protocol_of(up, down), options, threads);
    ASSERT_EQ(spice.size(), compact.readings.size()) << base;
    double low = INFINITY, high = 0, worst = 0;
    for (const auto& r : compact.readings) low = std::min(low, r.conductance), high = std::max(high, r.conductance);
    EXPECT_GT(high / low, 1.02) << base << ": the pulses move nothing";
    for (std::size_t i = 0; i < spice.size(); ++i) {
      worst = std::max(worst, std::abs(spice[i] / compact.readings[i].conductance - 1));
      EXPECT_NEAR(spice[i] / compact.readings[i].conductance, 1, 0.01) << base << " after pulse " << i + 1;
    }
    fmt::print("{}: on/off {:.3g}, ngspice within {:.2g} %\n", base, high / low, 100 * worst);
  }
}

TEST(Subcircuit, NeedsACompactModelAndItsPulses) {
  ThreadPool threads(1);
  EXPECT_THROW(ngspice_subcircuit({}, 0, "card.toml", threads), InvalidInput);
  record::DeviceCard card = card_with_compact("fig3b", 1.5, -1.5);
  card.writing.reset();
  EXPECT_THROW(ngspice_subcircuit(card, 0, "card.toml", threads), InvalidInput);
}

}  // namespace
}  // namespace ecram::calibration
