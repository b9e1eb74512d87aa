// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/pulse_record.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/random.h"

namespace ecram::analysis {
namespace {

using testing::Contains;
using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pointwise;

constexpr double elementary_charge = 1.602176634e-19, planck = 6.62607015e-34;

PulseRecord parse(const std::string& text, std::optional<double> read_voltage = {}) {
  return parse_pulses(text, "f.csv", {read_voltage});
}

std::string refusal(const std::string& text, std::optional<double> read_voltage = {}) {
  try {
    parse(text, read_voltage);
    return "accepted";
  } catch (const InvalidInput& e) {
    return e.what();
  }
}

std::vector<std::string> codes(const PulseRecord& record) {
  std::vector<std::string> all;
  for (const auto& warning : record.warnings) all.push_back(warning.code);
  return all;
}

const Warning& warning(const PulseRecord& record, const std::string& code) {
  for (const auto& candidate : record.warnings)
    if (candidate.code == code) return candidate;
  throw std::runtime_error("no warning " + code);
}

/// Saturating rise and fall between 1 and 3, of `count` values each.
double rise(int pulse, int count) { return 1 + 2 * (1 - std::exp(-3.0 * (pulse + 1) / count)); }
double fall(int pulse, int count) { return 4 - rise(pulse, count); }

std::vector<double> train(double (*law)(int, int), int count, double unit = 1) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(law(i, count) * unit);
  return values;
}

std::string up_and_down(const std::string& header, int count) {
  std::string text = header + "\n";
  for (int i = 0; i < count; ++i) text += fmt::format("{},{}\n", rise(i, count), fall(i, count));
  return text;
}

// ---- two columns

TEST(PulseRecordTwoColumns, AllTheirNamesAndUnits) {
  struct Case {
    const char* header;
    double unit;
  };
  for (const auto& [header, unit] :
       {Case{"up_uS,down_uS", 1e-6}, Case{"LTP [nS],LTD [nS]", 1e-9}, Case{"Potentiation (S),Depression (S)", 1},
        Case{"SET [mS],RESET [mS]", 1e-3}, Case{"G_up [uS],G_down [uS]", 1e-6},
        Case{"LTP conductance (\u00b5S),LTD conductance (\u00b5S)", 1e-6},
        Case{"up [G0],down [G0]", 2 * elementary_charge * elementary_charge / planck}}) {
    const auto record = parse(up_and_down(header, 30));
    EXPECT_EQ(record.layout, "two columns");
    EXPECT_FALSE(record.arbitrary_units);
    ASSERT_EQ(record.trains.size(), 2U) << header;
    EXPECT_EQ(record.trains[0].direction, Direction::potentiation);
    EXPECT_EQ(record.trains[1].direction, Direction::depression);
    EXPECT_THAT(record.trains[0].conductance, Pointwise(DoubleEq(), train(rise, 30, unit))) << header;
    EXPECT_THAT(record.trains[1].conductance, Pointwise(DoubleEq(), train(fall, 30, unit))) << header;
    EXPECT_TRUE(record.trains[0].pulse.empty());
    EXPECT_EQ(record.trains[0].first_line, 2U);
    EXPECT_THAT(codes(record), ElementsAre()) << header;
  }
}

TEST(PulseRecordTwoColumns, DepressionMayStandFirst) {
  const auto record = parse("down,up\n3,1\n2.9,1.1\n2.8,1.2\n2.7,1.3\n2.6,1.4\n");
  EXPECT_EQ(record.trains[0].direction, Direction::potentiation);
  EXPECT_THAT(record.trains[0].conductance, ElementsAre(1, 1.1, 1.2, 1.3, 1.4));
}

TEST(PulseRecordTwoColumns, UnequalLengthsAndHoles) {
  const auto record = parse("up,down\n1,9\n2,8\n,7\n4,6\n5,5\n6,\n7,\n");
  EXPECT_THAT(record.trains[0].conductance, ElementsAre(1, 2, 4, 5, 6, 7));
  EXPECT_THAT(record.trains[0].pulse, ElementsAre(0, 1, 3, 4, 5, 6));
  EXPECT_THAT(record.trains[1].conductance, ElementsAre(9, 8, 7, 6, 5));
  EXPECT_TRUE(record.trains[1].pulse.empty());
  EXPECT_THAT(codes(record), Contains("missing_reading"));
}

TEST(PulseRecordTwoColumns, CurrentsTakeAReadVoltage) {
  const std::string text = "up_nA,down_nA\n1,9\n2,8\n3,7\n4,6\n5,5\n";
  EXPECT_THAT(parse(text, 0.1).trains[0].conductance, Pointwise(DoubleEq(), std::vector{1e-8, 2e-8, 3e-8, 4e-8, 5e-8}));
  EXPECT_THAT(refusal(text), HasSubstr("--read-voltage"));
}

TEST(PulseRecordTwoColumns, PulseNumbersOfTheirOwn) {
  const auto record = parse("pulse,up,down\n10,1,9\n20,2,8\n30,3,7\n40,4,6\n50,5,5\n");
  EXPECT_THAT(record.trains[1].pulse, ElementsAre(10, 20, 30, 40, 50));
}

TEST(PulseRecordTwoColumns, DepressionListedBackwardsIsTurnedRound) {
  const auto record = parse("up_S,down_S\n1,1\n2,2\n3,3\n4,4\n5,5\n");
  EXPECT_THAT(record.trains[1].conductance, ElementsAre(5, 4, 3, 2, 1));
  EXPECT_EQ(record.trains[1].first_line, 6U);
  EXPECT_THAT(codes(record), ElementsAre("depression_counts_backwards", "few_pulses"));
}

// ---- long form

TEST(PulseRecordLongForm, WordsAndSignsOfAnyCase) {
  for (const auto& [up, down] :
       {std::pair{"1", "-1"}, std::pair{"+1", "-1"}, std::pair{"Up", "DOWN"}, std::pair{"potentiation", "depression"},
        std::pair{"LTP", "ltd"}, std::pair{"set", "Reset"}, std::pair{"+", "-"}}) {
    std::string text = "direction\tpulse\tG [uS]\n";
    for (int i = 0; i < 25; ++i) text += fmt::format("{}\t{}\t{}\n", down, i, fall(i, 25));
    for (int i = 0; i < 25; ++i) text += fmt::format("{}\t{}\t{}\n", up, i, rise(i, 25));
    const auto record = parse(text);
    EXPECT_EQ(record.layout, "long form");
    ASSERT_EQ(record.trains.size(), 2U) << up;
    EXPECT_EQ(record.trains[0].direction, Direction::potentiation);
    EXPECT_THAT(record.trains[0].conductance, Pointwise(DoubleEq(), train(rise, 25, 1e-6))) << up;
    EXPECT_THAT(record.trains[1].conductance, Pointwise(DoubleEq(), train(fall, 25, 1e-6))) << up;
    EXPECT_EQ(record.trains[0].first_line, 27U);
    EXPECT_THAT(codes(record), ElementsAre()) << up;
  }
}

// The same device written down forwards and backwards, and with its rows in any order, is the same.
TEST(PulseRecordLongForm, DepressionMayCountEitherWayAndRowsStandInAnyOrder) {
  std::vector<std::string> rows;
  for (int i = 0; i < 30; ++i) {
    rows.push_back(fmt::format("up,{},{}\n", i + 0.5, rise(i, 30)));
    rows.push_back(fmt::format("down,{},{}\n", 29 - i + 0.25, fall(i, 30)));
  }
  for (int shuffle = 0; shuffle < 5; ++shuffle) {
    RandomStream random(3, "shuffle", static_cast<std::uint64_t>(shuffle));
    if (shuffle > 0)
      for (std::size_t i = rows.size(); i > 1; --i)
        std::swap(rows[i - 1], rows[random.below(static_cast<std::uint32_t>(i))]);
    std::string text = "direction,pulse,conductance_S\n";
    for (const auto& row : rows) text += row;
    const auto record = parse(text);
    ASSERT_EQ(record.trains.size(), 2U);
    EXPECT_THAT(record.trains[0].conductance, Pointwise(DoubleEq(), train(rise, 30)));
    EXPECT_THAT(record.trains[1].conductance, Pointwise(DoubleEq(), train(fall, 30)));
    EXPECT_EQ(record.trains[0].pulse.front(), 0.5);
    EXPECT_EQ(record.trains[1].pulse[7], 7);
    EXPECT_THAT(codes(record), ElementsAre("depression_counts_backwards"));
  }
}

// A step that saturates at once says its direction by its ends, though it hardly correlates with the pulse number.
TEST(PulseRecordLongForm, TheTrendOfAStepIsSeen) {
  std::string text = "direction,pulse,conductance_S\n";
  for (int i = 0; i < 100; ++i) text += fmt::format("up,{},{}\n", i, i == 0 ? 1.0 : 3.0);
  for (int i = 0; i < 100; ++i) text += fmt::format("down,{},{}\n", i, i == 99 ? 3.0 : 1.0);
  const auto record = parse(text);
  EXPECT_EQ(record.trains[0].conductance.front(), 1);
  EXPECT_EQ(record.trains[1].conductance.front(), 3);
  EXPECT_EQ(codes(record), std::vector<std::string>{"depression_counts_backwards"});
}

// Noise without any trend is left as it is: of 200 such files hardly one may be turned round.
TEST(PulseRecordLongForm, NoiseDecidesNothing) {
  int turned = 0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    RandomStream random(11, "no trend", trial);
    std::string text = "direction,pulse,conductance_S\n";
    for (int i = 0; i < 100; ++i) text += fmt::format("down,{},{}\n", i, 10 + random.normal());
    const auto record = parse(text);
    EXPECT_THAT(codes(record), Contains("one_direction_only"));
    for (const auto& code : codes(record)) turned += code == "depression_counts_backwards" ? 1 : 0;
  }
  EXPECT_LE(turned, 2);
}

TEST(PulseRecordLongForm, CyclesByTheirColumn) {
  std::string text = "cycle,direction,pulse,conductance_S\n";
  for (const int cycle : {2, 1})
    for (const int sign : {-1, 1})
      for (int i = 0; i < 6; ++i) text += fmt::format("{},{},{},{}\n", cycle, sign, i, 10 * cycle + sign * i);
  const auto record = parse(text);
  ASSERT_EQ(record.trains.size(), 4U);
  EXPECT_THAT(record.trains[0].conductance, ElementsAre(10, 11, 12, 13, 14, 15));
  EXPECT_THAT(record.trains[1].conductance, ElementsAre(10, 9, 8, 7, 6, 5));
  EXPECT_EQ(record.trains[2].direction, Direction::potentiation);
  EXPECT_EQ(record.trains[2].conductance[5], 25);
}

TEST(PulseRecordLongForm, CyclesOneAfterAnotherNeedNoColumn) {
  std::string restarting = "direction,pulse,conductance_S\n", running = restarting;
  for (int cycle = 0; cycle < 3; ++cycle)
    for (const int sign : {1, -1})
      for (int i = 0; i < 6; ++i) {
        const double value = 10 * cycle + sign * i;
        restarting += fmt::format("{},{},{}\n", sign, i, value);
        running += fmt::format("{},{},{}\n", sign, 12 * cycle + (sign > 0 ? 0 : 6) + i, value);
      }
  for (const auto& text : {restarting, running}) {
    const auto record = parse(text);
    ASSERT_EQ(record.trains.size(), 6U);
    EXPECT_THAT(record.trains[4].conductance, ElementsAre(20, 21, 22, 23, 24, 25));
    EXPECT_EQ(record.trains[5].direction, Direction::depression);
    EXPECT_THAT(codes(record), Contains("cycles_from_order"));
  }
}

TEST(PulseRecordLongForm, RepeatedPulseNumbersAreAveraged) {
  std::string text = "direction,pulse,conductance_S,energy_fJ\n";
  for (int i = 0; i < 6; ++i) text += fmt::format("up,{},{},2\nup,{},{},4\n", i, i, i, i + 1);
  const auto record = parse(text);
  ASSERT_EQ(record.trains.size(), 1U);
  EXPECT_THAT(record.trains[0].conductance, ElementsAre(0.5, 1.5, 2.5, 3.5, 4.5, 5.5));
  EXPECT_THAT(record.trains[0].energy, Pointwise(DoubleNear(1e-27), std::vector<double>(6, 3e-15)));
  EXPECT_EQ(warning(record, "duplicate_pulse_numbers").row, 3U);
  EXPECT_THAT(warning(record, "duplicate_pulse_numbers").text, HasSubstr("6 rows"));
}

// ---- time-ordered trace

std::string trace(int cycles, int pulses, double plus, double minus, const std::string& header = "V,conductance_S") {
  std::string text = header + "\n";
  for (int cycle = 0; cycle < cycles; ++cycle) {
    for (int i = 0; i < pulses; ++i) text += fmt::format("{},{}\n", plus, rise(i, pulses) + cycle);
    for (int i = 0; i < pulses; ++i) text += fmt::format("{},{}\n", minus, fall(i, pulses) + cycle);
  }
  return text;
}

TEST(PulseRecordTrace, IsCutIntoTrains) {
  const auto record = parse(trace(3, 25, 1.5, -1));
  EXPECT_EQ(record.layout, "time-ordered trace");
  ASSERT_EQ(record.trains.size(), 6U);
  for (int cycle = 0; cycle < 3; ++cycle) {
    const auto& up = record.trains[static_cast<std::size_t>(2 * cycle)];
    EXPECT_EQ(up.direction, Direction::potentiation);
    EXPECT_EQ(up.first_line, static_cast<std::size_t>(2 + 50 * cycle));
    EXPECT_EQ(up.conductance.size(), 25U);
    EXPECT_DOUBLE_EQ(up.conductance[3], rise(3, 25) + cycle);
    EXPECT_EQ(record.trains[static_cast<std::size_t>(2 * cycle + 1)].direction, Direction::depression);
  }
  EXPECT_THAT(codes(record), ElementsAre());
}

TEST(PulseRecordTrace, NegativeVoltageMayPotentiate) {
  const auto record = parse(trace(2, 25, -1.5, 1));
  ASSERT_EQ(record.trains.size(), 4U);
  EXPECT_EQ(record.trains[0].direction, Direction::potentiation);
  EXPECT_THAT(record.trains[0].conductance, Pointwise(DoubleEq(), train(rise, 25)));
  EXPECT_THAT(codes(record), ElementsAre("voltage_sign_reversed"));
}

TEST(PulseRecordTrace, DirectionColumnInsteadOfVoltage) {
  std::string text = "Direction,Conductance (nS)\n";
  for (int i = 0; i < 25; ++i) text += fmt::format("up,{}\n", rise(i, 25));
  for (int i = 0; i < 25; ++i) text += fmt::format("down,{}\n", fall(i, 25));
  const auto record = parse(text);
  EXPECT_EQ(record.layout, "time-ordered trace");
  EXPECT_THAT(record.trains[1].conductance, Pointwise(DoubleEq(), train(fall, 25, 1e-9)));
  EXPECT_THAT(codes(record), ElementsAre());
}

TEST(PulseRecordTrace, CyclesSplitTrainsOfOneDirection) {
  std::string text = "cycle,pulse_V,conductance_S\n";
  for (int cycle = 1; cycle <= 3; ++cycle)
    for (int i = 0; i < 20; ++i) text += fmt::format("{},2,{}\n", cycle, rise(i, 20));
  EXPECT_EQ(parse(text).trains.size(), 3U);
}

TEST(PulseRecordTrace, ReadRowsAreNoPulses) {
  // The first row reads the state before; each pulse is read on the next row, the third never.
  const auto record = parse(
      "V_pulse [V],G "
      "[S]\n0,1\n2,\n0,2\n2,\n0,3\n0,3.5\n2,\n2,\n0,5\n2,\n0,6\n2,\n0,7\n2,\n0,8\n-2,7\n-2,6\n-2,5\n-2,4\n"
      "-2,3\n");
  ASSERT_EQ(record.trains.size(), 2U);
  EXPECT_THAT(record.trains[0].conductance, ElementsAre(2, 3, 5, 6, 7, 8));
  EXPECT_THAT(record.trains[0].pulse, ElementsAre(0, 1, 3, 4, 5, 6));
  EXPECT_THAT(record.trains[1].conductance, ElementsAre(7, 6, 5, 4, 3));
  EXPECT_THAT(codes(record), Contains("read_only_rows"));
  EXPECT_EQ(warning(record, "missing_reading").row, 8U);
}

TEST(PulseRecordTrace, OverflowsAreLeftOut) {
  std::string text = "V,I [A],V_read [V]\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("1,{},0.5\n", i == 3 ? 9.9e37 : i * 1e-9);
  const auto record = parse(text);
  EXPECT_EQ(record.trains[0].conductance.size(), 19U);
  EXPECT_DOUBLE_EQ(record.trains[0].conductance[3], 8e-9);
  EXPECT_EQ(record.trains[0].pulse[3], 4);
  EXPECT_EQ(warning(record, "overflow_reading").row, 5U);
}

TEST(PulseRecordTrace, ResistancesAreTurnedIntoConductances) {
  const auto record = parse("V,R [kOhm]\n1,100\n1,50\n1,25\n1,20\n1,10\n");
  EXPECT_THAT(record.trains[0].conductance, Pointwise(DoubleEq(), std::vector{1e-5, 2e-5, 4e-5, 5e-5, 1e-4}));
  EXPECT_EQ(refusal("V,R [kOhm]\n1,100\n1,0\n"), "f.csv:3: a resistance of zero; it has no conductance");
}

// E = Q V = I V t, and the file's own number before both.
TEST(PulseRecordTrace, EnergyOfAPulse) {
  const std::string rows = "-1.5,1,2,3,10,4\n-1.5,2,2,3,10,4\n-1.5,3,2,3,10,4\n-1.5,4,2,3,10,4\n-1.5,5,2,3,10,4\n";
  const auto energy = [&rows](const std::string& names) {
    return parse(names + "\n" + rows).trains.at(0).energy.at(4);
  };
  EXPECT_DOUBLE_EQ(energy("V [V],G [nS],charge_fC,Ig [nA],width_us,energy_fJ"), 4e-15);
  EXPECT_DOUBLE_EQ(energy("V [V],G [nS],charge_fC,Ig [nA],width_us,x"), 1.5 * 2e-15);
  EXPECT_DOUBLE_EQ(energy("V [V],G [nS],x,Ig [nA],width_us,y"), 1.5 * 3e-9 * 10e-6);
  const auto record = parse("V,G [nS],x,Ig [nA],width_us,y\n" + rows);
  EXPECT_TRUE(record.trains[0].energy.empty());
  EXPECT_EQ(warning(record, "no_energy").text,
            "Column 'V' has no unit, so that the energy of a pulse is not known; expected V.");
}

TEST(PulseRecordTrace, ShortRunsAmongManyAreDropped) {
  const auto record = parse(trace(2, 25, 1, -1) + "1,2\n1,3\n-1,2\n");
  EXPECT_EQ(record.trains.size(), 4U);
  EXPECT_THAT(codes(record), ElementsAre("short_run_dropped"));
  EXPECT_EQ(record.warnings[0].row, 102U);
}

// ---- warnings and refusals

TEST(PulseRecord, ArbitraryUnitsAndNegativeValues) {
  const auto record = parse("up,down\n-1,1\n0,0.5\n1,0\n2,-0.5\n3,-1\n");
  EXPECT_TRUE(record.arbitrary_units);
  EXPECT_THAT(codes(record),
              ElementsAre("negative_conductance", "negative_conductance", "arbitrary_units", "few_pulses"));
  EXPECT_EQ(record.warnings[0].row, 2U);
  EXPECT_EQ(record.warnings[1].row, 5U);
  EXPECT_TRUE(parse("up [a.u.],down [arb. units]\n1,3\n2,2\n3,1\n4,0\n5,0\n").arbitrary_units);
  EXPECT_TRUE(parse("V,current\n1,3\n1,4\n1,5\n1,6\n1,7\n").arbitrary_units);
}

TEST(PulseRecord, UnknownColumnsAreIgnoredAloud) {
  const auto record = parse("V,G [S],time_s,humour\n1,1,0,x\n1,2,1,y\n1,3,2,z\n1,4,3,a\n1,5,4,b\n");
  EXPECT_EQ(warning(record, "ignored_column").text,
            "Column 'humour' has a name that is not known here; it was ignored.");
  EXPECT_THAT(codes(record), ElementsAre("ignored_column", "few_pulses", "one_direction_only"));
}

TEST(PulseRecord, FormatOfTheFileIsWarnedOf) {
  std::string text =
      "\xEF\xBB\xBF"
      "up_uS;down_uS\r\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("1,{};9,{}\n", 10 + i, 50 - i);
  const auto record = parse(text);
  EXPECT_THAT(codes(record), ElementsAre("byte_order_mark", "mixed_line_ends", "decimal_commas"));
  EXPECT_DOUBLE_EQ(record.trains[0].conductance[3], 1.13e-6);
}

TEST(PulseRecord, RefusedInOneLine) {
  EXPECT_EQ(refusal("conductance_S\n1\n2\n"),
            "f.csv:1: no column 'direction'; found 'conductance_S'; expected 'direction' or 'pulse_voltage' beside the "
            "conductance");
  EXPECT_EQ(refusal("pulse_V,conductence_S\n1,2\n"),
            "f.csv:1: no column 'conductance'; found 'pulse_V', 'conductence_S'; expected 'conductance', 'current' or "
            "'resistance', or the two columns 'up' and 'down' (did you mean 'conductance' by 'conductence_S'?)");
  EXPECT_EQ(
      refusal("V,I [A]\n1,2\n"),
      "f.csv:1: column 'I [A]' holds currents; expected --read-voltage to turn them into conductances, or a column "
      "'read_voltage_V'");
  EXPECT_EQ(refusal("V,I [A]\n1,2\n", 0.0), "--read-voltage 0: expected a voltage other than zero");
  EXPECT_EQ(refusal("V,G [wibble]\n1,2\n"),
            "f.csv:1: column 'G [wibble]': unknown unit 'wibble'; expected S or a multiple of it");
  EXPECT_EQ(refusal("V,G [V]\n1,2\n"), "f.csv:1: column 'G [V]': unit 'V' does not measure the same as S");
  EXPECT_EQ(refusal("V [S],G [S]\n1,2\n"), "f.csv:1: column 'V [S]': unit 'S' does not measure the same as V");
  EXPECT_EQ(refusal("V,G [S]\n1,2\n1,NaN\n"), "f.csv:3: 'NaN' in column 'G [S]'; expected a number");
  EXPECT_EQ(refusal("V,G [S]\n1,2\n1,3\n1,4\n"), "f.csv:2: 3 pulses in one direction; at least 5 are needed");
  EXPECT_EQ(refusal("V,G [S]\n1,2\n1,3\n-1,4\n"), "f.csv:2: at most 2 pulses in one direction; at least 5 are needed");
  EXPECT_EQ(refusal("V,G [S]\n0,2\n0,3\n"), "f.csv: no pulse with a reading");
  EXPECT_EQ(refusal("direction,pulse,G [S]\nup,1,2\nzap,2,3\n"),
            "f.csv:3: direction 'zap' in column 'direction'; expected potentiation or depression, up or down, 1 or -1");
  EXPECT_EQ(
      refusal("direction,pulse,G [S]\ndepresion,1,2\n"),
      "f.csv:2: direction 'depresion' in column 'direction'; expected potentiation or depression, up or down, 1 or "
      "-1 (did you mean 'depression'?)");
  EXPECT_EQ(refusal("direction,pulse,G [S]\n1,1,2\n2,2,3\n"),
            "f.csv:3: direction 2 in column 'direction'; expected 1 (potentiation), -1 (depression) or 0 (read only)");
  EXPECT_EQ(refusal("direction,pulse,G [S]\nup,1,2\nup,,3\n"),
            "f.csv:3: no pulse number in this row; expected a number");
  EXPECT_EQ(refusal("cycle,V,G [S]\n1,1,2\n,1,3\n"),
            "f.csv:3: column 'cycle' is empty in this row; expected the number of the cycle");
  EXPECT_EQ(refusal("up_S,down\n1,2\n"),
            "f.csv:1: of the columns 'up_S' and 'down' only one has a unit; expected both or "
            "none");
  EXPECT_EQ(refusal("1,2\n3,4\n"),
            "f.csv:1: the first line holds numbers; expected a header with the names of the 2 columns");
  EXPECT_EQ(refusal(""), "f.csv: the file is empty");
}

// Oracle: the digest of "abc" in FIPS 180-4's example is well known; here of a file's bytes by sha256sum.
TEST(PulseRecord, ChecksumIsOfTheFilesBytes) {
  EXPECT_EQ(parse("up,down\n1,5\n2,4\n3,3\n4,2\n5,1\n").sha256,
            "b71d88671186cc4bdb495d970cf2b16f2cc4b763212e24d8ad0d49d5fcad27d6");
}

// Whatever bytes a file has, it is read or refused in one line, and what is read keeps its promises.
TEST(PulseRecord, MutatedFilesAreReadOrRefused) {
  const std::string seeds[] = {
      "up_uS,down_uS\n1,9\n2,8\n3,7\n4,6\n5,5\n6,\n",
      "direction,pulse,G "
      "[nS]\nup,0,1\nup,1,2\nup,2,3\nup,3,4\nup,4,5\ndown,0,1\ndown,1,2\ndown,2,3\ndown,3,4\ndown,4,5\n",
      "V "
      "[V];I/"
      "nA;read_voltage_V;Ig_nA;width_us;cycle\n1,5;1;0,1;2;3;1\n1,5;2;0,1;2;3;1\n1,5;3;0,1;2;3;1\n1,5;4;0,1;2;3;1\n"
      "1,5;5;0,1;2;3;1\n-1,5;4;0,1;2;3;1\n-1,5;3;0,1;2;3;1\n-1,5;2;0,1;2;3;1\n-1,5;1;0,1;2;3;1\n-1,5;0;0,1;2;3;1\n"};
  constexpr std::string_view bytes = "\n\r\t ,;.\"#%+-eE0123456789aNif[]()/_upVGI\xB5\xFF";
  std::size_t refused = 0;
  constexpr std::uint64_t trials = 3000;
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    RandomStream random(8, "mutated pulses", trial);
    std::string text = seeds[random.below(std::size(seeds))];
    for (std::uint32_t edits = 1 + random.below(4); edits > 0 && !text.empty(); --edits) {
      const auto at = random.below(static_cast<std::uint32_t>(text.size()));
      switch (random.below(3)) {
        case 0:
          text[at] = bytes[random.below(bytes.size())];
          break;
        case 1:
          text.insert(at, 1, bytes[random.below(bytes.size())]);
          break;
        default:
          text.erase(at, 1 + random.below(6));
      }
    }
    try {
      const auto record = parse(text, trial % 2 == 0 ? std::optional<double>() : 0.1);
      ASSERT_FALSE(record.trains.empty());
      for (const auto& one : record.trains) {
        ASSERT_GE(one.conductance.size(), fewest_pulses);
        for (const double value : one.conductance) ASSERT_TRUE(std::isfinite(value)) << text;
        if (!one.pulse.empty()) {
          ASSERT_EQ(one.pulse.size(), one.conductance.size());
        }
        for (std::size_t i = 1; i < one.pulse.size(); ++i) ASSERT_LT(one.pulse[i - 1], one.pulse[i]) << text;
        if (!one.energy.empty()) {
          ASSERT_EQ(one.energy.size(), one.conductance.size());
        }
        ASSERT_GT(one.first_line, 1U);
      }
    } catch (const InvalidInput& e) {
      ++refused;
      ASSERT_EQ(std::strpbrk(e.what(), "\n\r"), nullptr) << e.what();
    }
  }
  EXPECT_GT(refused, trials / 10);
  EXPECT_LT(refused, trials * 9 / 10);
}

// ---- files that others measured

std::filesystem::path shared_file(const char* name) {
  const char* folder = std::getenv("ECRAM_DATA");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder) / "pulses" / name;
}

TEST(PulseRecordOfRealFiles, SilverInSilicon) {
  const auto path = shared_file("ag_asi_jo2010.csv");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared data";
  const auto record = read_pulses(path);
  EXPECT_EQ(record.layout, "long form");
  ASSERT_EQ(record.trains.size(), 2U);
  const auto& up = record.trains[0];
  const auto& down = record.trains[1];
  EXPECT_EQ(up.conductance.size(), 91U);
  EXPECT_EQ(up.conductance.front(), 2.92308e-9);
  EXPECT_EQ(up.pulse[1], 0.857143);
  EXPECT_EQ(up.first_line, 6U);
  EXPECT_EQ(down.conductance.size(), 78U);
  EXPECT_EQ(down.conductance.front(), 4.17692e-8);
  EXPECT_EQ(down.pulse.front(), 0);
  EXPECT_NEAR(down.pulse[1], 100.571 - 98.8574, 1e-12);
  EXPECT_EQ(down.first_line, 174U);
  EXPECT_THAT(codes(record), ElementsAre("depression_counts_backwards"));
}

TEST(PulseRecordOfRealFiles, ReramInArbitraryUnits) {
  const auto path = shared_file("reram_gong2018.csv");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared data";
  const auto record = read_pulses(path);
  EXPECT_EQ(record.layout, "two columns");
  EXPECT_TRUE(record.arbitrary_units);
  ASSERT_EQ(record.trains.size(), 2U);
  EXPECT_EQ(record.trains[0].conductance.size(), 1000U);
  EXPECT_EQ(record.trains[1].conductance.size(), 1000U);
  EXPECT_EQ(record.trains[1].conductance.front(), 0.76667);
  EXPECT_THAT(codes(record), ElementsAre("negative_conductance", "negative_conductance", "arbitrary_units"));
  EXPECT_EQ(record.warnings[0].row, 4U);
}

// One number given twice, in the middle of an exact curve: averaged, and the curve stays one.
TEST(LongForm, ANumberGivenTwiceDoesNotCutTheRun) {
  for (const int twice : {3, 49, 95}) {
    std::string csv = "direction,pulse,G [uS]\n";
    for (const char* direction : {"up", "down"})
      for (int i = 0; i < 100; ++i)
        for (int repeat = 0; repeat < (i == twice ? 2 : 1); ++repeat)
          csv += std::string(direction) + "," + std::to_string(i) + "," +
                 std::to_string(direction[0] == 'u' ? 1 + 0.01 * i : 2 - 0.01 * i) + "\n";
    const auto record = parse_pulses(csv, "a.csv");
    ASSERT_EQ(record.trains.size(), 2U) << twice;
    EXPECT_EQ(record.trains[0].conductance.size(), 100U) << twice;
    EXPECT_TRUE(
        std::ranges::any_of(record.warnings, [](const Warning& w) { return w.code == "duplicate_pulse_numbers"; }));
  }
}

}  // namespace
}  // namespace ecram::analysis
