// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/protocol.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"

namespace ecram::device {
namespace {

using testing::HasSubstr;

constexpr const char* head = "protocol = 1\ntemperature = \"300 K\"\n";

std::string pulses(const std::string& more = {}) {
  return std::string(head) + "[[step]]\nkind = \"pulses\"\nvoltage = \"1500 mV\"\nwidth = \"500 ms\"\npulses = 300\n" +
         more;
}

std::string refusal(const std::string& text) {
  try {
    parse_protocol(text, "p.toml");
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "taken";
}

TEST(Protocol, ReadsUnitsIntoSi) {
  const Protocol p = parse_protocol(pulses("rest = \"2 us\"\nuntil_above = \"38.9 nS\"\n"), "p.toml");
  ASSERT_EQ(p.steps.size(), 1U);
  const auto& train = std::get<PulseTrainStep>(p.steps[0].what);
  EXPECT_DOUBLE_EQ(train.voltage, 1.5);
  EXPECT_DOUBLE_EQ(train.width, 0.5);
  EXPECT_DOUBLE_EQ(train.rest, 2e-6);
  EXPECT_EQ(train.count, 300U);
  EXPECT_DOUBLE_EQ(*train.until_above, 38.9e-9);
  EXPECT_EQ(p.steps[0].line, 3U);
  const Protocol celsius = parse_protocol(
      "protocol = 1\ntemperature = \"25 degC\"\n[[step]]\nkind = \"temperature\"\n"
      "to = \"-65 degC\"\n",
      "p.toml");
  EXPECT_DOUBLE_EQ(celsius.temperature, 298.15);
  EXPECT_DOUBLE_EQ(std::get<TemperatureStep>(celsius.steps[0].what).temperature, 208.15);
}

TEST(Protocol, KeepsTheOrderOfSteps) {
  const Protocol p = parse_protocol(
      std::string(head) +
          "[population]\ndevices = 10\nthickness_spread = 0.02\nbarrier_spread = \"2 meV\"\n"
          "[[step]]\nkind = \"sweep\"\ncorners = [\"0 V\", \"3 V\", \"-3 V\", \"0 V\"]\nrate = \"0.1 V/s\"\n"
          "reading_step = \"50 mV\"\n"
          "[[step]]\nkind = \"endurance\"\ncycles = 7\nup = { voltage = \"5 V\", width = \"50 ms\", pulses = 100 }\n"
          "down = { voltage = \"-1.5 V\", width = \"50 ms\", pulses = 90 }\n"
          "[[step]]\nkind = \"temperature\"\nto = \"260 K\"\nduration = \"30 min\"\n"
          "[[step]]\nkind = \"retention\"\nduration = \"3 h\"\nreadings = 20\n",
      "p.toml");
  ASSERT_EQ(p.steps.size(), 4U);
  EXPECT_EQ(p.population.devices, 10U);
  EXPECT_NEAR(*p.population.barrier_spread, 2e-3 * 1.602176634e-19, 1e-28);
  EXPECT_EQ(std::get<SweepStep>(p.steps[0].what).corners, (std::vector<double>{0, 3, -3, 0}));
  EXPECT_EQ(std::get<EnduranceStep>(p.steps[1].what).down.count, 90U);
  EXPECT_DOUBLE_EQ(std::get<RetentionStep>(p.steps[3].what).duration, 10800);
  // 12 V of sweep at 0.1 V/s, 7 cycles of 190 pulses, 30 minutes, 3 hours.
  EXPECT_DOUBLE_EQ(length(p).seconds, 120 + 7 * 190 * 0.05 + 1800 + 10800);
  EXPECT_DOUBLE_EQ(length(p).pulses, 7 * 190);
}

TEST(Protocol, RefusesWhatIsNotPhysical) {
  EXPECT_EQ(refusal(pulses()), "taken");
  for (const auto* version : {"1.0", "true", "\"1\""})
    EXPECT_THAT(refusal(std::string("protocol = ") + version + "\n"), HasSubstr("whole number")) << version;
  EXPECT_THAT(refusal("protocol = 1\ntitle = \"a\\u001b[31mred\"\ntemperature = \"300 K\"\n"),
              HasSubstr("p.toml:2: title in the protocol has control characters"));
  EXPECT_EQ(refusal("protocol = 1\ntemperature = \"-3 K\"\n[[step]]\nkind = \"pulses\"\n"),
            "p.toml:2: temperature in the protocol is \"-3 K\", expected a temperature from 20 K to 2000 K");
  const std::string stage = std::string(head) + "[[step]]\nkind = \"temperature\"\nto = ";
  EXPECT_THAT(refusal(stage + "\"0 K\"\n"), HasSubstr("p.toml:5: to in step 1 is \"0 K\""));
  EXPECT_THAT(refusal(stage + "\"-274 degC\"\n"), HasSubstr("from 20 K"));
  const std::string train = std::string(head) + "[[step]]\nkind = \"pulses\"\nvoltage = \"1 V\"\n";
  EXPECT_EQ(refusal(train + "width = \"0 s\"\npulses = 1\n"),
            "p.toml:6: width in step 1 is \"0 s\", expected from 0.1 ns to 1e12 s");
  EXPECT_THAT(refusal(train + "width = \"1 s\"\npulses = 0\n"), HasSubstr("p.toml:7: pulses in step 1 is 0"));
  EXPECT_THAT(refusal(train + "width = \"1 V\"\npulses = 1\n"), HasSubstr("p.toml:6: width in step 1: "));
  EXPECT_THAT(refusal(train + "width = 1\npulses = 1\n"), HasSubstr("a number and its unit"));
  EXPECT_THAT(refusal(train + "width = \"nan s\"\npulses = 1\n"), HasSubstr("p.toml:6: "));
}

TEST(Protocol, NamesTheNearestKey) {
  EXPECT_EQ(refusal(pulses("witdh = \"1 s\"\n")), "p.toml:8: unknown key 'witdh' in step 1 (did you mean 'width'?)");
  EXPECT_THAT(refusal(std::string(head) + "[[step]]\nkind = \"puls\"\n"), HasSubstr("did you mean 'pulses'?"));
  EXPECT_THAT(refusal(std::string(head) + "sede = 3\n[[step]]\nkind = \"pulses\"\n"),
              HasSubstr("did you mean 'seed'?"));
  EXPECT_THAT(refusal(std::string(head) + "[[step]]\nkind = \"pulses\"\nvoltage = \"1 V\"\npulses = 3\n"),
              HasSubstr("step 1 has no key 'width'"));
  EXPECT_THAT(refusal(head), HasSubstr("no steps"));
  EXPECT_THAT(refusal("temperature = \"300 K\"\n"), HasSubstr("not a protocol"));
  EXPECT_THAT(refusal("protocol = 2\n"), HasSubstr("version 2"));
  EXPECT_THAT(refusal("protocol = \n"), HasSubstr("p.toml:1: not valid TOML"));
  EXPECT_THAT(refusal(std::string(head) + "[[step]]\nkind = \"endurance\"\ncycles = 3\n"
                                          "up = { voltage = \"5 V\", width = \"1 s\", pulses = 3, wide = 2 }\n"),
              HasSubstr("p.toml:6: unknown key 'wide' in 'up' of an endurance"));
}

TEST(Protocol, StatesADeviceOfOnesOwn) {
  const std::string own =
      "[device]\nlike = \"fig4\"\nambient = \"air\"\ngate_length = \"0.04 mm\"\n"
      "[material]\ntransfer_energy = \"0.7 eV\"\nt0_exponent = 1.0\n";
  const Protocol p = parse_protocol(pulses() + own, "p.toml");
  EXPECT_TRUE(states_a_device(p));
  MaterialConstants constants;
  Device device = shipped_device(p.device);
  apply_stated(p, constants, device);
  EXPECT_NEAR(device.gate_length, 40e-6, 1e-18);
  EXPECT_EQ(device.gate_width, shipped_device("fig4").gate_width);
  EXPECT_EQ(device.ambient, Ambient::air);
  EXPECT_NEAR(constants.transfer_energy, 0.7 * electron_volt, 1e-27);
  EXPECT_EQ(constants.t0_exponent, 1.0);
  EXPECT_FALSE(states_a_device(parse_protocol("device = \"fig4\"\n" + pulses(), "p.toml")));
}

TEST(Protocol, RefusesADeviceThatIsNotPhysical) {
  const std::string at = pulses();
  EXPECT_THAT(refusal(at + "[device]\ngate_lenght = \"1 um\"\n"), HasSubstr("did you mean 'gate_length'"));
  EXPECT_THAT(refusal(at + "[device]\ngate_length = \"1 V\"\n"), HasSubstr("does not measure the same as um"));
  EXPECT_THAT(refusal(at + "[device]\ngate_length = 60\n"), HasSubstr("not a text with a number and its unit"));
  EXPECT_THAT(refusal(at + "[material]\ntransfer_energy = \"7 eV\"\n"),
              HasSubstr("p.toml:9: transfer_energy is 7 eV, expected 0.1 to 3"));
  EXPECT_THAT(refusal(at + "[device]\nambient = \"nitrogen\"\n"), HasSubstr("expected air or vacuum"));
}

TEST(Protocol, RefusesMoreThanTheStackBears) {
  const Protocol p = parse_protocol(pulses("[[step]]\nkind = \"sweep\"\ncorners = [\"0 V\", \"-13 V\"]\n"
                                           "rate = \"1 V/s\"\nreading_step = \"0.1 V\"\n"),
                                    "p.toml");
  EXPECT_NO_THROW(check_gate_voltages(p, 13));
  try {
    check_gate_voltages(p, 12);
    FAIL();
  } catch (const InvalidInput& e) {
    EXPECT_EQ(std::string(e.what()),
              "p.toml:8: 13 V on the gate is beyond the stack's breakdown, expected 12 V at most");
  }
}

TEST(Protocol, ShippedOnesAreTheFiguresConditions) {
  const std::filesystem::path folder = std::filesystem::path(std::getenv("ECRAM_SOURCE")) / "recipes";
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const Protocol p = read_protocol(file.path());
    EXPECT_NO_THROW(check_gate_voltages(p, 10)) << file.path();
    EXPECT_FALSE(p.title.empty()) << file.path();
    ++files;
  }
  EXPECT_GE(files, 11U);
  const auto figure = [&](const char* name) { return read_protocol(folder / name); };
  EXPECT_EQ(length(figure("fig3b.toml")).pulses, 60 * 600);
  EXPECT_GT(length(figure("fig3cd.toml")).pulses, 221000);
  EXPECT_EQ(figure("fig3g.toml").population.devices, 10U);
  EXPECT_DOUBLE_EQ(std::get<PulseTrainStep>(figure("fig3h.toml").steps[0].what).width, 3e-6);
}

}  // namespace
}  // namespace ecram::device
