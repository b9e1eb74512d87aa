// SPDX-License-Identifier: Apache-2.0
// `ecram device` as a user meets it.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/expect_refused.h"
#include "support/run_program.h"

namespace ecram {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* head = "protocol = 1\ntemperature = \"300 K\"\n";
constexpr const char* train =
    "[[step]]\nkind = \"pulses\"\nvoltage = \"1.7 V\"\nwidth = \"0.5 s\"\nrest = \"0.5 s\"\npulses = 20\n";

std::string written(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder / name, std::ios::binary) << text;
  return (folder / name).string();
}

TEST(DeviceProgram, RunKeepsItsContract) {
  const TemporaryFolder folder;
  const std::string protocol = written(folder, "p.toml", std::string(head) + "[population]\ndevices = 3\n" + train);
  const std::string out = (folder / "out").string();
  const auto outcome = run_program("device run " + protocol + " --out " + out + " --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["schema"], "ecram-device-run");
  EXPECT_EQ(json["device_pulses"], 60);
  EXPECT_GT(json["steps"][0]["last_S"], json["steps"][0]["first_S"]);
  EXPECT_GT(json["steps"][0]["spread_S"], 0);
  const std::string csv = read_whole(folder / "out/readings.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 21);
  EXPECT_THAT(csv, HasSubstr("conductance_S,density_cm^-3,mobility_cm^2/V/"
                             "s,gate_current_A,energy_J,spread_S,low_S,high_S,device_1_S,device_2_S,device_3_S\n"));
  EXPECT_EQ(read_whole(folder / "out/run.h5").substr(1, 3), "HDF");
  EXPECT_THAT(read_whole(folder / "out/figure.svg"), HasSubstr("</svg>"));
  expect_refused(run_program("device run " + protocol + " --out " + out), "exists");
  // The same seed, the same bits, for one thread and for two.
  const auto one = run_program("device run " + protocol + " --json --threads 1");
  EXPECT_EQ(one.out, run_program("device run " + protocol + " --json --threads 2").out);
  EXPECT_NE(one.out, run_program("device run " + protocol + " --json --seed 9").out);
}

TEST(DeviceProgram, UnphysicalProtocolsAreRefused) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& text, const std::string& because) {
    expect_refused(run_program("device run " + written(folder, "p.toml", text) + " --out " + (folder / "out").string()),
                   because);
    EXPECT_EQ(entries(folder.path()), 1U);
  };
  const std::string pulse = "[[step]]\nkind = \"pulses\"\npulses = 3\n";
  refused("protocol = 1\ntemperature = \"-5 K\"\n" + std::string(train), "p.toml:2: temperature");
  refused(head + pulse + "voltage = \"1 V\"\nwidth = \"0 s\"\n",
          "p.toml:7: width in step 1 is \"0 s\", expected from 0.1 ns to 1e12 s");
  refused(head + pulse + "voltage = \"20 V\"\nwidth = \"1 s\"\n",
          "p.toml:3: 20 V on the gate is beyond the stack's breakdown");
  refused(head + pulse + "voltage = \"1 V\"\nwidht = \"1 s\"\n", "did you mean 'width'?");
  refused(std::string(head) + "device = \"fig33b\"\n" + train, "no device 'fig33b'");
  refused("nonsense", "not valid TOML");
  expect_refused(run_program("device run " + (folder / "none.toml").string()), "none.toml");
  expect_refused(run_program("device run " + (folder / "p.toml").string() + " --model quick"), "compact or full");
  expect_refused(run_program("device rnu"), "did you mean 'run'?");
}

TEST(DeviceProgram, AFitNeedsMoreReadingsThanParameters) {
  const TemporaryFolder folder;
  const std::string few = written(folder, "p.toml",
                                  std::string(head) +
                                      "[[step]]\nkind = \"pulses\"\nvoltage = \"1.7 V\"\n"
                                      "width = \"0.5 s\"\nrest = \"0.5 s\"\npulses = 4\n");
  const std::string data = written(folder, "d.csv", "conductance_S\n1e-6\n1.1e-6\n1.2e-6\n1.3e-6\n");
  const std::string card = " --card " + (folder / "c.toml").string();
  expect_refused(run_program("device fit " + few + "=" + data + card), "4 readings for 5 parameters");
  expect_refused(run_program("device fit " + data + card), "PROTOCOL.toml=READINGS.csv");
  const std::string short_data = written(folder, "s.csv", "conductance_S\n1e-6\n1.1e-6\n");
  expect_refused(run_program("device fit " + few + "=" + short_data + card), "2 rows, expected 4");
  const std::string negative = written(folder, "n.csv", "conductance_S\n1e-6\n-1.1e-6\n1e-6\n1e-6\n");
  expect_refused(run_program("device fit " + few + "=" + negative + card), "n.csv:3: conductance is");
  expect_refused(run_program("device fit " + few + "=" + data + card + " --parameters transfer_rtae"),
                 "did you mean 'transfer_rate'?");
  EXPECT_FALSE(fs::exists(folder / "c.toml"));
}

TEST(DeviceProgram, FittedCardsAreReadRunAndRefusedWhenChanged) {
  const TemporaryFolder folder;
  const std::string protocol = written(
      folder, "p.toml",
      std::string(head) + train +
          "[[step]]\nkind = \"pulses\"\nvoltage = \"-0.9 V\"\nwidth = \"0.5 s\"\nrest = \"0.5 s\"\npulses = 20\n");
  ASSERT_EQ(run_program("device run " + protocol + " --out " + (folder / "o").string()).status, 0);
  const std::string card = (folder / "c.toml").string();
  const auto fit = run_program("device fit " + protocol + "=" + (folder / "o/readings.csv").string() + " --card " +
                               card + " --parameters transfer_rate,gated_vacancy_density --json");
  ASSERT_EQ(fit.status, 0) << fit.err;
  const auto json = nlohmann::json::parse(fit.out);
  EXPECT_TRUE(json["parameters"]["transfer_rate"].contains("se"));
  EXPECT_TRUE(json["undetermined"].is_array());
  EXPECT_EQ(json["warnings"], nlohmann::json::array());
  EXPECT_EQ(run_program("card check " + card).status, 0);
  EXPECT_EQ(run_program("device run " + protocol + " --card " + card).status, 0);
  EXPECT_THAT(run_program("device export " + card + " --to ngspice").out, HasSubstr(".subckt ecram gate source drain"));
  expect_refused(run_program("device export " + card + " --to ngspice --temperature \"100 K\""),
                 "--temperature: 100, expected from 180 K, where the compact model begins");
  // Window and labels of the readings are on the card, so that every simulator can have it.
  const auto neurosim = run_program("device export " + card + " --to neurosim");
  EXPECT_EQ(neurosim.status, 0) << neurosim.err;
  EXPECT_THAT(neurosim.out, HasSubstr("writeVoltageLTD = 0.9;"));

  const std::string text = read_whole(card);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return written(folder, "other.toml", other);
  };
  for (const auto* command : {"device run ", "device export "}) {
    const std::string rest = command[7] == 'r' ? protocol + " --card " : "";
    const std::string to = command[7] == 'r' ? "" : " --to ngspice";
    expect_refused(run_program(command + rest + changed("device_card = 2", "device_card = 7") + to), "newer ecram");
    expect_refused(run_program(command + rest + changed("base = \"fig3b\"", "base = \"fig3a\"") + to), "checksum");
  }
}

TEST(DeviceProgram, AFitOfAnotherUnitIsSuspected) {
  const TemporaryFolder folder;
  const std::string protocol = written(folder, "p.toml", std::string(head) + train);
  std::string text = "conductance_mS\n";  // of a device of some uS
  for (int i = 0; i < 20; ++i) text += fmt::format("{}\n", 4.4 + 0.02 * i);
  const std::string fit =
      "device fit " + protocol + "=" + written(folder, "d.csv", text) + " --parameters hopping_prefactor";
  const auto told = run_program(fit);
  ASSERT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("warning: hopping_prefactor is "));
  EXPECT_THAT(told.out, HasSubstr("is the unit of the conductances right?"));
  const auto json = nlohmann::json::parse(run_program(fit + " --json").out);
  ASSERT_FALSE(json["warnings"].empty());
  EXPECT_EQ(json["warnings"][0]["code"], "far_from_start");
}

TEST(DeviceProgram, AFitThatFailedIsPrintedAndNotACard) {
  const TemporaryFolder folder;
  const std::string protocol = written(folder, "p.toml", std::string(head) + train);
  // Readings that swing by decades from pulse to pulse: of a broken contact, not of this device.
  std::string text = "conductance_S\n";
  for (int i = 0; i < 20; ++i) text += i % 2 == 0 ? "1e-8\n" : "1e-3\n";
  const std::string data = written(folder, "d.csv", text);
  const std::string card = (folder / "c.toml").string();
  const std::string fit = "device fit " + protocol + "=" + data + " --parameters hopping_prefactor";
  const auto outcome = run_program(fit + " --card " + card + " --json");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_GT(nlohmann::json::parse(outcome.out)["scatter"], 0.5);
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("c.toml: not written: readings scatter by"));
  EXPECT_FALSE(fs::exists(card));
  // --force replaces a card that exists; it makes no card of what is none.
  written(folder, "c.toml", "kept");
  EXPECT_EQ(run_program(fit + " --card " + card + " --force").status, 2);
  EXPECT_EQ(read_whole(card), "kept");
  EXPECT_EQ(run_program(fit).status, 0);
}

TEST(DeviceProgram, FitsRefuseNamesAndProtocolsThatDoNotFit) {
  const TemporaryFolder folder;
  const std::string a = written(folder, "a.toml", std::string(head) + train);
  const std::string b = written(folder, "b.toml", std::string(head) + "device = \"fig4\"\n" + train);
  std::string text = "G [uS]\n";
  for (int i = 0; i < 20; ++i) text += "1\n";
  const std::string data = fmt::format("={}", written(folder, "d.csv", text));
  const std::string card = fmt::format(" --card {}", (folder / "c.toml").string());
  const auto both = run_program(fmt::format("device fit {}{} {}{}{}", a, data, b, data, card));
  expect_refused(both, "b.toml: its device is 'fig4', that of ");
  EXPECT_THAT(both.err, HasSubstr("a.toml is the default"));
  expect_refused(run_program(fmt::format("device fit {}{}{} --name \"$(printf 'a\\nb')\"", a, data, card)),
                 R"(--name: the device's name "a\u000Ab" has control characters)");
  EXPECT_FALSE(fs::exists(folder / "c.toml"));
}

TEST(DeviceProgram, AFitSaysHowFarItIs) {
  const TemporaryFolder folder;
  const std::string protocol = written(folder, "p.toml", std::string(head) + train);
  ASSERT_EQ(run_program("device run " + protocol + " --device fig4 --out " + (folder / "o").string()).status, 0);
  // Progress is for terminals only: `script` is one.
  const std::string fit = std::string(std::getenv("ECRAM_EXECUTABLE")) + " device fit " + protocol + "=" +
                          (folder / "o/readings.csv").string() + " --parameters transfer_rate,hopping_prefactor";
  const std::string seen = (folder / "seen").string();
  ASSERT_EQ(std::system(("timeout 120 script -qec '" + fit + "' " + seen + " >/dev/null </dev/null").c_str()), 0);
  EXPECT_THAT(read_whole(seen), testing::ContainsRegex("fitting: iteration [0-9]+, scatter [0-9.e+-]+ %"));
  EXPECT_EQ(run_program(fit.substr(fit.find("device fit"))).err, "");
}

TEST(DeviceProgram, ExportsThatALawCannotExpressAreRefused) {
  const TemporaryFolder folder;
  const std::string csv = (fs::path(std::getenv("ECRAM_SOURCE")) / "examples" / "pulses_drawn.csv").string();
  const std::string card = (folder / "c.toml").string();
  ASSERT_EQ(run_program("pulses " + csv + " --card " + card).status, 0);
  expect_refused(run_program("device export " + card + " --to ngspice"), "no compact model");
  expect_refused(run_program("device export " + card + " --to neurosim"), "--up-voltage");
  expect_refused(run_program("device export " + card + " --to neurosimm"), "did you mean 'neurosim'?");
  expect_refused(run_program("device export " + card + " --to neurosim --up-width \"0 s\""), "--up-width");
  expect_refused(run_program("device export " + card + " --to ngspice --up-voltage \"1.5 V\""),
                 "--up-voltage: an export to ngspice has no place for it");
  expect_refused(run_program("device export " + card + " --to neurosim --down-voltage \"0.8 V\""),
                 "--down-voltage: 0.8, expected below 0");
  expect_refused(run_program("device export " + card + " --to ngspice --temperature \"5000 K\""), "up to 2000 K");
  EXPECT_EQ(run_program("device export " + card + " --to aihwkit --out " + (folder / "a.py").string()).status, 0);
  expect_refused(run_program("device export " + card + " --to aihwkit --out " + (folder / "a.py").string()), "exists");
  expect_refused(run_program("device export " + card + " --to aihwkit --force --out " + card), "is the card itself");
}

}  // namespace
}  // namespace ecram
