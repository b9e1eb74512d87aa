// SPDX-License-Identifier: Apache-2.0
// From `simulate` over `hall` to `transport`, as a user meets them.
#include <cmath>
#include <functional>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "support/expect_refused.h"

namespace ecram {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* bar = " --length '60 um' --width '20 um' --thickness '4.5 nm'";
constexpr const char* scene =
    " --misalignment '1 um' --drift 0.5 --white-noise '10 uV' --flicker-corner '12.5 mHz' --longitudinal-noise '10 uV'";

nlohmann::json json_of(const std::string& arguments) {
  const auto outcome = run_program(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out);
}

std::vector<std::string> codes(const nlohmann::json& j) {
  std::vector<std::string> all;
  for (const auto& w : j.at("warnings")) {
    EXPECT_TRUE(w.contains("row"));
    EXPECT_FALSE(w.at("text").get<std::string>().empty());
    all.push_back(w.at("code"));
  }
  return all;
}

/// Does the 95 % interval, drawn out to twice its width, hold the truth?
void expect_holds(const nlohmann::json& estimate, double truth) {
  ASSERT_TRUE(estimate.at("value").is_number()) << estimate;
  const double low = estimate.at("low"), high = estimate.at("high");
  EXPECT_GT(truth, low - 0.5 * (high - low)) << estimate;
  EXPECT_LT(truth, high + 0.5 * (high - low)) << estimate;
  EXPECT_GT(estimate.at("se"), 0);
}

/// Cells of a CSV, to spoil a record cell by cell.
using Cells = std::vector<std::vector<std::string>>;

Cells cells_of(const fs::path& path) {
  Cells cells;
  std::istringstream lines(read_whole(path));
  for (std::string line, cell; std::getline(lines, line);) {
    cells.emplace_back();
    for (std::istringstream row(line); std::getline(row, cell, ',');) cells.back().push_back(cell);
  }
  return cells;
}

void write_cells(const fs::path& path, const Cells& cells) {
  std::string text;
  for (const auto& row : cells) text += fmt::format("{}\n", fmt::join(row, ","));
  write(path, text);
}

enum Column { time, field, v_xy, v_xx, current, temperature };

class HallProgram : public testing::Test {
 protected:
  /// A simulated record and its truth.
  nlohmann::json simulate(const std::string& name, const std::string& more = {}, const std::string& base = scene) {
    return json_of(fmt::format("simulate hall --out {} {} {}", path(name), base, more));
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TemporaryFolder folder_;
};

TEST_F(HallProgram, FindsTheSimulatedTruth) {
  for (const char* carrier : {"n", "p"}) {
    const std::string name = fmt::format("{}.csv", carrier);
    const auto truth = simulate(name, fmt::format("--carrier {}", carrier));
    const auto j = json_of("hall --json " + path(name) + bar);
    EXPECT_EQ(j.at("schema"), "ecram-hall");
    EXPECT_EQ(j.at("version"), 1);
    EXPECT_EQ(j.at("carrier_type"), carrier);
    EXPECT_GT(j.at("carrier_confidence"), 0.999);
    for (const char* key : {"density_m3", "sheet_density_m2", "mobility_m2_per_Vs", "resistivity_ohm_m",
                            "hall_resistance_ohm", "hall_slope_ohm_per_T"})
      expect_holds(j.at(key), truth.at(key));
    EXPECT_LT(j.at("density_m3").at("se").get<double>(), 0.01 * truth.at("density_m3").get<double>());
    EXPECT_LT(j.at("density_mobility_correlation"), -0.99);
    for (const char* way : {"lock_in", "fourier"})
      expect_holds(j.at(way).at("in_phase_ohm"), truth.at("hall_resistance_ohm"));
    EXPECT_NEAR(j.at("frequency_Hz").get<double>(), 0.0125, 1e-5);
    EXPECT_THAT(codes(j), testing::ElementsAre("current_not_reversed", "pickup_not_separable"));
  }
}

// Every key that docs/hall.md promises.
TEST_F(HallProgram, JsonKeepsItsContract) {
  simulate("a.csv");
  const auto j = json_of("hall --json " + path("a.csv") + bar);
  for (const char* key :
       {"density_m3", "sheet_density_m2", "mobility_m2_per_Vs", "resistivity_ohm_m", "sheet_resistance_ohm",
        "hall_resistance_ohm", "hall_slope_ohm_per_T", "hall_coefficient_m3_per_C", "contact_resistance_ohm",
        "phase_rad", "induced_V", "pickup_V", "even_ohm_per_T2", "offset_ohm"})
    for (const char* part : {"value", "se", "low", "high"}) EXPECT_TRUE(j.at(key).contains(part)) << key;
  for (const char* key :
       {"file", "carrier_type", "carrier_confidence", "density_mobility_correlation", "bounds", "signal_to_noise",
        "lock_in", "fourier", "field_amplitude_T", "frequency_Hz", "periods", "current_A", "temperature_K",
        "temperature_spread_K", "readings", "rejected", "drift_order", "noise", "warnings"})
    EXPECT_TRUE(j.contains(key)) << key;
  EXPECT_TRUE(j.at("pickup_V").at("value").is_null());
  simulate("b.csv", "--index 1");
  EXPECT_EQ(json_of("hall --json " + path("a.csv") + " " + path("b.csv") + bar).at("records").size(), 2U);
}

TEST_F(HallProgram, NoSignalIsNotDetectedAndHasBounds) {
  simulate("a.csv", "--density '3.6e21 cm^-3' --white-noise '10 mV'", "");
  const auto j = json_of("hall --json " + path("a.csv") + bar);
  ASSERT_EQ(j.at("carrier_type"), "not detected");  // as 95 of 100 records are, this one among them
  EXPECT_TRUE(j.at("density_m3").at("value").is_null());
  EXPECT_TRUE(j.at("mobility_m2_per_Vs").at("value").is_null());
  EXPECT_GT(j.at("bounds").at("least_density_m3"), 0);
  EXPECT_GT(j.at("bounds").at("largest_hall_slope_ohm_per_T"), 0);
  // Instruments that cannot see it: the same without chance.
  simulate("b.csv");
  const auto floor = json_of("hall --json --voltage-floor '1 mV' " + path("b.csv") + bar);
  EXPECT_EQ(floor.at("carrier_type"), "not detected");
  EXPECT_THAT(codes(floor), testing::Contains("below_floor"));
}

TEST_F(HallProgram, ZeroCurrentSeparatesThePickup) {
  const auto truth = simulate("on.csv", "--pickup '20 uV'");
  simulate("off.csv", "--pickup '20 uV' --source-voltage '0 V' --index 1");
  const auto j = json_of("hall --json " + path("on.csv") + " --zero-current " + path("off.csv") + bar);
  expect_holds(j.at("density_m3"), truth.at("density_m3"));
  expect_holds(j.at("pickup_V"), 20e-6);
  EXPECT_THAT(codes(j), testing::Not(testing::Contains("pickup_not_separable")));
}

// What the source's voltage says beyond the film is the series resistance that was put in.
TEST_F(HallProgram, ContactsAreSeenThroughTheSourcesVoltage) {
  simulate("a.csv", "--series-resistance '20 MOhm' --total-length '260 um'");
  const auto j = json_of("hall --json --source-voltage '0.1 V' --total-length '260 um' " + path("a.csv") + bar);
  expect_holds(j.at("contact_resistance_ohm"), 20e6);
  EXPECT_THAT(codes(j), testing::Contains("contact_resistance"));
  simulate("b.csv", "--total-length '260 um'");
  EXPECT_THAT(codes(json_of("hall --json --source-voltage '0.1 V' --total-length '260 um' " + path("b.csv") + bar)),
              testing::Not(testing::Contains("contact_resistance")));
}

// Another resistance at another current is not Ohm's law.
TEST_F(HallProgram, RecordsAtSeveralCurrentsAreCompared) {
  simulate("a.csv");
  simulate("b.csv", "--source-voltage '0.2 V' --index 1");
  simulate("c.csv", "--source-voltage '0.2 V' --index 2 --mobility '45 cm^2/(V s)'");
  const auto same = json_of("hall --json " + path("a.csv") + " " + path("b.csv") + bar).at("records");
  EXPECT_THAT(codes(same[1]), testing::Not(testing::Contains("nonlinear_current")));
  const auto other = json_of("hall --json " + path("a.csv") + " " + path("c.csv") + bar).at("records");
  EXPECT_THAT(codes(other[0]), testing::Not(testing::Contains("nonlinear_current")));
  EXPECT_THAT(codes(other[1]), testing::Contains("nonlinear_current"));
}

// Without noise nobody knows how wrong V_xx is, and no error of 1e-15 is claimed.
TEST_F(HallProgram, AnUnseenErrorIsNoSmallError) {
  simulate("a.csv", "--white-noise '10 uV'", "");
  const auto j = json_of("hall --json " + path("a.csv") + bar);
  EXPECT_TRUE(j.at("resistivity_ohm_m").at("value").is_number());
  EXPECT_TRUE(j.at("resistivity_ohm_m").at("se").is_null());
  EXPECT_TRUE(j.at("mobility_m2_per_Vs").at("se").is_number());
  EXPECT_THAT(codes(j), testing::Contains("longitudinal_error_unknown"));
  const auto text = run_program("hall " + path("a.csv") + bar);
  EXPECT_THAT(text.out, HasSubstr("resistivity                3.468 ohm cm"));
}

TEST_F(HallProgram, ThreeSensorsAreFusedAndOneInCelsiusIsNoticed) {
  simulate("a.csv", "--temperature '208 K'");
  Cells cells = cells_of(folder_ / "a.csv");
  cells[0].insert(cells[0].end(), {"temperature_2 [K]", "temperature_stage [K]"});
  for (std::size_t i = 1; i < cells.size(); ++i) cells[i].insert(cells[i].end(), {"207.6", "200"});
  write_cells(folder_ / "b.csv", cells);
  const auto j = json_of("hall --json " + path("b.csv") + bar);
  EXPECT_NEAR(j.at("temperature_K").get<double>(), 207.6, 1e-9);
  EXPECT_NEAR(j.at("temperature_spread_K").get<double>(), 8, 1e-9);
  EXPECT_THAT(codes(j), testing::Contains("temperature_disagreement"));
  for (std::size_t i = 1; i < cells.size(); ++i) cells[i].back() = "-65.15";
  write_cells(folder_ / "c.csv", cells);
  expect_refused(run_program("hall " + path("c.csv") + bar), "Celsius");
  cells[0].back() = "temperature_stage [degC]";
  write_cells(folder_ / "d.csv", cells);
  EXPECT_NEAR(json_of("hall --json " + path("d.csv") + bar).at("temperature_K").get<double>(), 208, 1e-9);
}

// Whatever its capitals; not its error, nor in the place of the time.
TEST_F(HallProgram, TemperatureHeadersAreRecognised) {
  simulate("a.csv", "--temperature '208 K'");
  Cells cells = cells_of(folder_ / "a.csv");
  for (const char* name : {"TEMPERATURE [K]", "Temp [K]", "sample temperature [K]", "T [K]", "t_stage [K]", "T1 [K]"}) {
    cells[0][temperature] = name;
    write_cells(folder_ / "b.csv", cells);
    EXPECT_EQ(json_of("hall --json " + path("b.csv") + bar).at("temperature_K"), 208.0) << name;
  }
  cells[0][time] = "t [s]";
  cells[0][temperature] = "T [K]";
  for (auto& row : cells) std::swap(row[time], row[temperature]);
  write_cells(folder_ / "c.csv", cells);
  EXPECT_EQ(json_of("hall --json " + path("c.csv") + bar).at("temperature_K"), 208.0);
  cells = cells_of(folder_ / "a.csv");
  for (auto& row : cells) row.emplace_back("0.5");
  cells[0].back() = "temperature_error [K]";
  write_cells(folder_ / "d.csv", cells);
  EXPECT_EQ(json_of("hall --json " + path("d.csv") + bar).at("temperature_K"), 208.0);
  for (const char* asked : {"temperature_1", "Temperature_1", "temperature_1 [K]"})
    EXPECT_EQ(
        json_of(fmt::format("hall --json --temperature '{}' {}{}", asked, path("d.csv"), bar)).at("temperature_K"),
        208.0);
}

TEST_F(HallProgram, WritesTableTraceAndFigureWhole) {
  simulate("a.csv");
  const std::string outputs =
      fmt::format(" --table {} --trace {} --plot {}", path("t.csv"), path("trace.csv"), path("p.svg"));
  ASSERT_EQ(run_program("hall " + path("a.csv") + bar + outputs).status, 0);
  EXPECT_EQ(cells_of(folder_ / "t.csv").size(), 2U);
  EXPECT_GT(cells_of(folder_ / "trace.csv").size(), 500U);
  const auto figure = read_whole(folder_ / "p.svg");
  for (const char* text : {"record", "power spectral density", "Fourier transform of B", "lock-in", "axes and signs",
                           "+B and +z towards the reader"})
    EXPECT_THAT(figure, HasSubstr(text));
  expect_refused(run_program("hall " + path("a.csv") + bar + outputs), "exists already; --force replaces it");
  EXPECT_EQ(run_program("hall " + path("a.csv") + bar + outputs + " --force").status, 0);
  const auto record = read_whole(folder_ / "a.csv");
  expect_refused(run_program("hall " + path("a.csv") + bar + " --force --table " + path("a.csv")),
                 "is an input itself");
  EXPECT_EQ(read_whole(folder_ / "a.csv"), record);
  EXPECT_EQ(entries(folder_.path()), 4U);
}

TEST_F(HallProgram, RefusesBadRecordsAndWritesNothing) {
  simulate("good.csv");
  const Cells good = cells_of(folder_ / "good.csv");
  using Spoil = std::function<void(Cells&)>;
  const auto each = [](Column column, const std::string& value) {
    return [=](Cells& c) {
      for (std::size_t i = 1; i < c.size(); ++i) c[i][column] = value;
    };
  };
  const auto rename = [](Column column, const std::string& name) { return [=](Cells& c) { c[0][column] = name; }; };
  const std::pair<Spoil, const char*> cases[] = {
      {each(field, "0.6"), "constant"},
      {rename(field, "note [T]"), "no column for the reference"},
      {[](Cells& c) { c.resize(120); }, "at least two"},
      {[](Cells& c) { std::reverse(c.begin() + 1, c.end()); }, "line 3: time 1198 s after 1199 s"},
      {[](Cells& c) { c[500][time] = c[499][time]; }, "line 501: time"},
      {rename(time, "time [ms]"), "is the time in another unit?"},
      {rename(time, "time [V]"), "unit 'V'"},
      {rename(time, "time"), "no unit"},
      {[](Cells& c) {
         Cells few{c[0]};
         for (std::size_t i = 1; i < c.size(); i += 25) few.push_back(c[i]);
         c = few;
       },
       "aliased"},
      {each(v_xy, "9.9E37"), "every reading of V_xy is an overflow"},
      {each(v_xx, "9.9E37"), "every reading of V_xx is an overflow"},
      {each(current, "9.9E37"), "every reading of the current is an overflow"},
      {[](Cells& c) {
         c[0][current] = "current [nA]";
         for (std::size_t i = 1; i < c.size(); ++i) c[i][current] = "9.9E37";
       },
       "every reading of the current is an overflow"},
      {each(v_xy, "0.00133"), "V_xy does not change"},
      {[](Cells& c) {
         for (std::size_t i = 1; i < c.size(); ++i) c[i][v_xy] = i % 80 < 40 ? "0.0016" : "0.0018";
       },
       "stands at the end of its range"},
      {[](Cells& c) { c[3][temperature].assign(1, '0'); }, "bad.csv:4: temperature_1 of 0 K"},
      {[](Cells& c) { c[9][temperature] = "-300"; }, "bad.csv:10: temperature_1 of -300 K"},
      {[](Cells& c) {
         for (std::size_t i = 1; i < c.size(); ++i) std::swap(c[i][v_xy], c[i][v_xx]);
       },
       "swapped"},
      {each(current, "0"), "current is zero"},
      {each(temperature, "-65"), "Celsius"},
      {[](Cells& c) { c[3][v_xy] = "oops"; }, "bad.csv:4"},
  };
  for (const auto& [spoil, because] : cases) {
    Cells bad = good;
    spoil(bad);
    write_cells(folder_ / "bad.csv", bad);
    expect_refused(
        run_program(fmt::format("hall {}{} --table {} --plot {}", path("bad.csv"), bar, path("t.csv"), path("p.svg"))),
        because);
    EXPECT_EQ(entries(folder_.path()), 2U) << because;
  }
  const std::pair<std::string, std::string> options[] = {
      {" --length '60 um' --width '20 um' --thickness '-4.5 nm'", "thickness -4.5e-09 m"},
      {" --length '60 um' --width '20 um'", "--thickness is not given"},
      {" --length '60 um' --width 20 --thickness '4.5 nm'", "--width: '20' has no unit"},
      {std::string(bar) + " --current-floor '1 uA'", "below the instrument's floor"},
      {std::string(bar) + " --speed '0.75 Hz'", "is the time in another unit?"},
      {std::string(bar) + " --hall-factor=-1", "--hall-factor"},
      {std::string(bar) + " --vxy Vxz", "Vxz"},
      {std::string(bar) + " --rc-time '-1 s'", "--rc-time"},
      {std::string(bar) + " --rc-time '500 s'", "an RC time of 500 s"},
      {std::string(bar) + " --arm-width '30 um'", "a fifth of the channel's width, up to which its correction holds"},
      {" --geometry " + path("none.toml"), "ecram: " + path("none.toml") + ": cannot be read"},
  };
  for (const auto& [text, because] : options)
    expect_refused(run_program("hall " + path("good.csv") + text + " --table " + path("t.csv")), because);
  write(folder_ / "bar.toml", std::string("length = \"60 um\"\nwidht = \"20 um\"\n"));
  expect_refused(run_program("hall " + path("good.csv") + " --geometry " + path("bar.toml")), "did you mean 'width'");
  expect_refused(run_program("hall " + path("good.csv") + bar + " --plot " + path("p.jpg")), "p.jpg");
  EXPECT_FALSE(fs::exists(folder_ / "t.csv"));
}

// The same eight readings as a sheet of 1 kohm with R_H B / d = 10 ohm at 0.5 T would give.
TEST_F(HallProgram, DirectCurrentReadings) {
  std::string rows = "configuration,current [A],voltage [V],field [T]\n";
  const double adjacent = 1000 * std::log(2.0) / M_PI;
  for (const char* pair : {"21-34", "32-41", "43-12", "14-23"})
    rows += fmt::format("{},1e-3,{},0\n", pair, 1e-3 * adjacent);
  for (const char* pair : {"12-34", "23-41", "34-12", "41-23"})
    rows += fmt::format("{},1e-3,{},0\n", pair, -1e-3 * adjacent);
  for (const char* pair : {"31-42", "42-13"})
    rows += fmt::format("{},1e-3,-10e-3,0.5\n{},1e-3,10e-3,-0.5\n", pair, pair);
  for (const char* pair : {"13-42", "24-13"})
    rows += fmt::format("{},1e-3,10e-3,0.5\n{},1e-3,-10e-3,-0.5\n", pair, pair);
  write(folder_ / "eight.csv", rows);
  const auto j = json_of("hall --json --van-der-pauw --thickness '100 nm' " + path("eight.csv"));
  EXPECT_NEAR(j.at("sheet_resistance_ohm").at("value").get<double>(), 1000, 1e-6);
  EXPECT_NEAR(j.at("hall_slope_ohm_per_T").at("value").get<double>(), -20, 1e-9);
  EXPECT_EQ(j.at("carrier_type"), "n");

  std::string points = "field [T],current [A],V_xy [V],V_xx [V]\n";
  for (double b : {-0.5, 0.5})
    for (double i : {-1e-3, 1e-3})
      points += fmt::format("{},{},{},{}\n", b, i, i * (3 + 20 * b) + 1e-6, i * 2000 - 2e-6);
  write(folder_ / "points.csv", points);
  const auto dc =
      json_of("hall --json --dc --length '40 um' --width '20 um' --thickness '100 nm' " + path("points.csv"));
  EXPECT_NEAR(dc.at("hall_slope_ohm_per_T").at("value").get<double>(), 20, 1e-9);
  EXPECT_NEAR(dc.at("sheet_resistance_ohm").at("value").get<double>(), 1000, 1e-6);
  EXPECT_EQ(dc.at("carrier_type"), "p");
  expect_refused(run_program("hall --dc --length '40 um' --width '20 um' --thickness '100 nm' --plot " + path("p.svg") +
                             " " + path("points.csv")),
                 "DC readings");

  // The names of records are those of DC readings.
  const std::string other = "Bz [T],I_ds [A],V_hall [V],V_xx [V]" + points.substr(points.find('\n'));
  write(folder_ / "other.csv", other);
  EXPECT_EQ(json_of("hall --json --dc --length '40 um' --width '20 um' --thickness '100 nm' " + path("other.csv"))
                .at("hall_slope_ohm_per_T"),
            dc.at("hall_slope_ohm_per_T"));

  // What is not detected has its bounds, and what was not measured is not called undetected.
  std::string noise = "field [T],current [A],V_xy [V]\n";
  for (int i = 0; i < 8; ++i)
    noise += fmt::format("{},{},{}\n", i % 2 == 0 ? 0.5 : -0.5, i % 4 < 2 ? 1e-3 : -1e-3, i % 3 == 0 ? 1e-6 : -1e-6);
  write(folder_ / "noise.csv", noise);
  const auto none =
      run_program("hall --dc --length '40 um' --width '20 um' --thickness '100 nm' " + path("noise.csv")).out;
  EXPECT_THAT(none, HasSubstr("not detected"));
  EXPECT_THAT(none, HasSubstr("(95 %)"));
  EXPECT_THAT(none, HasSubstr("density                    above"));
  write(folder_ / "sheet.csv", rows.substr(0, rows.find("31-42")));
  const std::string sheet = "hall --van-der-pauw --thickness '100 nm' " + path("sheet.csv");
  EXPECT_THAT(run_program(sheet).out, HasSubstr("not measured"));
  EXPECT_EQ(json_of(sheet + " --json").at("carrier_type"), "not measured");

  // An option that says nothing of the kind of file is named, not passed over.
  const std::string dc_call = "hall --dc --length '40 um' --width '20 um' --thickness '100 nm' " + path("points.csv");
  for (const char* option : {"--rc-time '1 s'", "--speed '1 rpm'", "--zero-current x.csv", "--field-amplitude '1 T'",
                             "--source-voltage '1 V'", "--set-current '1 A'", "--time x", "--angle x", "--trace x.csv"})
    expect_refused(run_program(dc_call + " " + option), std::string(option).substr(0, std::string(option).find(' ')));
  const std::string eight_call = "hall --van-der-pauw --thickness '100 nm' " + path("eight.csv");
  for (const char* option : {"--length '1 um'", "--width '1 um'", "--arms-swapped", "--vxy x", "--field x",
                             "--current x", "--temperature x", "--rc-time '1 s'", "--plot x.svg"})
    expect_refused(run_program(eight_call + " " + option),
                   std::string(option).substr(0, std::string(option).find(' ')));
  write(folder_ / "export.txt",
        "[Sample parameters]\nThickness =\t1.5 [um]\n[Measurements]\n<Step 1: Hall>\nTemperature [K]\tField [G]\t"
        "Resistivity [ohm cm]\tHall Coefficient [cm^3/C]\n100.5\t3.0E+3\t5.0E-1\t-6.2415E+2\n");
  EXPECT_EQ(json_of("hall --json " + path("export.txt")).at("carrier_type"), "n");
  for (const char* option : {"--thickness '1 um'", "--geometry x.toml", "--voltage-floor '1 V'", "--dc", "--vxy x"})
    expect_refused(run_program("hall " + path("export.txt") + " " + option), "says nothing of a Lake Shore export");
  EXPECT_FALSE(fs::exists("x.csv"));
  EXPECT_FALSE(fs::exists("x.svg"));
}

TEST_F(HallProgram, TheFileAtFaultIsNamed) {
  simulate("on.csv");
  simulate("short.csv", "--duration '100 s'");
  for (const auto& call : {path("on.csv") + bar + " --zero-current " + path("short.csv"), path("short.csv") + bar}) {
    const auto outcome = run_program("hall " + call);
    expect_refused(outcome, "short.csv: ");
    EXPECT_THAT(outcome.err, testing::Not(HasSubstr("on.csv")));
  }
  expect_refused(run_program("hall " + path("on.csv") + bar + " --field-amplitude '0.6 T'"), "--field-amplitude");
  expect_refused(run_program("hall " + path("on.csv") + bar + " --set-current '4 nA' --current I"), "--set-current");
}

// The whole way, against what was put in: density by Mott's law, mobility constant.
TEST_F(HallProgram, FromTheSweepToTheLaw) {
  const std::string sweep = path("sweep");
  ASSERT_EQ(run_program("simulate hall --out " + sweep +
                        " --sweep '300 K:200 K:10 K' --white-noise '1 uV' --longitudinal-noise '10 uV' "
                        "--misalignment '1 um'")
                .status,
            0);
  EXPECT_EQ(entries(sweep), 12U);
  const auto truth = nlohmann::json::parse(read_whole(fs::path(sweep) / "truth.json"));
  ASSERT_EQ(truth.size(), 11U);
  ASSERT_EQ(run_program("hall " + sweep + "/*K.csv" + bar + " --table " + path("table.csv")).status, 0);
  const auto j = json_of("transport --json --bootstrap 200 " + path("table.csv"));
  EXPECT_EQ(j.at("preferred_law"), "mott_3d");
  EXPECT_EQ(j.at("hopping_preferred"), true);
  EXPECT_EQ(j.at("mott_dimension"), "3D");
  expect_holds(j.at("laws")[0].at("T0_K"), 3.083e7);
  expect_holds(j.at("mobility_m2_per_Vs"), 50e-4);
  EXPECT_NEAR(j.at("density_energy_meV").at("value").get<double>(), 98.9, 0.5);
  for (const char* key : {"exponent", "zabrodskii_exponent", "conductivity_energy_meV", "hop_300K", "windows",
                          "freeze_out", "mobility_power", "density_over_T1.5_energy_meV", "warnings"})
    EXPECT_TRUE(j.contains(key)) << key;
  expect_refused(run_program("simulate hall --out " + sweep + " --sweep '300 K:200 K:10 K'"), "exists");
}

TEST(TransportProgram, RefusesAndWritesNothing) {
  const TemporaryFolder folder;
  const std::string in = (folder / "t.csv").string(), out = (folder / "w.csv").string();
  const std::pair<const char*, const char*> files[] = {
      {"temperature [K],resistivity [ohm m]\n300,1\n290,2\n300,3\n280,4\n", "t.csv:4: temperature 300 K stands"},
      {"temperature [K],resistivity [ohm m]\n300,1\n-20,2\n280,3\n270,4\n", "t.csv:3: temperature -20 K"},
      {"temperature [K],resistivity [ohm m]\n27,1\n17,2\n7,3\n-3,4\n", "degrees Celsius?"},
      {"temperature [K],resistivity [ohm m]\n300,1\n290,-2\n280,3\n270,4\n", "t.csv:3"},
      {"temperature,resistivity [ohm m]\n300,1\n290,2\n280,3\n270,4\n", "no unit"},
      {"temperature [K],resistivity [ohm m]\n300,1\n290,2\n", "at least 5"},
      {"temperature [K],note\n300,1\n290,2\n", "neither resistivity"},
      {"temperature [K],resistivity\n300,1\n290,2\n280,3\n", "'resistivity' has no unit"},
      {"temperature [K],resistivity [ohm m]\n", "t.csv"},
      {"temperature [K],resistivity [ohm m]\n300,1\n", "at least 5"},
      {"temperature [K],resistivity [ohm m]\n300,1\n290,9.9E37\n280,3\n", "no overflow (9.9E37)"},
      {"temperature [K],T [K],resistivity [ohm m]\n300,300,1\n", "both the temperature"},
      {"temperature [K],resistivity [ohm m],resistivity [ohm cm]\n300,300,1\n", "resistivity"},
      {"temperature [K],resistivity [ohm m],resistivity_error [ohm m]\n300,1,-1\n", "standard error"},
      {"temperature [K],resistivity [ohm m],conductivity [S/m]\n300,1,1\n", "both the resistivity"},
      {"temperature [K],resistance [ohm],conductance [S]\n300,1,1\n", "both the resistance"},
      {"temperature [K],resistivity [ohm m]\n300,1\n2001,2\n", "t.csv:3: temperature 2001 K; expected 2000 K"},
      {"", "empty"},
  };
  for (const auto& [text, because] : files) {
    write(in, text);
    expect_refused(run_program(fmt::format("transport {} --windows {}", in, out)), because);
    EXPECT_EQ(entries(folder.path()), 1U) << because;
  }
  write(in, "temperature [degC],resistivity [ohm m]\n27,1\n17,1.3\n7,1.7\n-3,2.2\n-13,3\n");
  EXPECT_EQ(run_program(fmt::format("transport {} --windows {} --bootstrap 0", in, out)).status, 0);
  const auto table = read_whole(in);
  expect_refused(run_program(fmt::format("transport {} --windows {} --force", in, in)), "is an input itself");
  expect_refused(run_program(fmt::format("transport {} --windows {}", in, out)), "exists already");
  expect_refused(run_program(fmt::format("transport {} --from '300 K' --to '200 K'", in)), "--to");
  expect_refused(run_program(fmt::format("transport {} --from '20 degC' --to '30 degC'", in)), "at least 5");
  const std::pair<const char*, const char*> options[] = {
      {"--localisation-length '-1 nm'", "--localisation-length (in m) -1e-09"},
      {"--to '0 K'", "--to '0 K'; expected a temperature above 0 K"},
      {"--to='-5 K'", "--to '-5 K'"},
      {"--from '0 K'", "--from '0 K'"},
      {"--localisation-length '1 nm' --density-of-states '1e19 cm^-3 eV^-1'", "expected one"},
      {"--density-of-states '1e19 cm^-3'", "--density-of-states '1e19 cm^-3'; expected a number per volume or area"},
      {"--density-of-states '-1e19 cm^-3 eV^-1'", "--density-of-states '-1e19 cm^-3 eV^-1'; expected more than 0"},
      {"--bootstrap=-5", "--bootstrap -5; expected 0 (none) or 2 to 1000000"},
      {"--bootstrap 1", "--bootstrap 1; expected 0 (none) or 2"},
      {"--effective-mass inf", "--effective-mass inf; expected 0.001 to 1000"},
      {"--degeneracy 0", "--degeneracy 0"},
  };
  for (const auto& [option, because] : options)
    expect_refused(run_program(fmt::format("transport {} {}", in, option)), because);
  EXPECT_EQ(read_whole(in), table);
}

// The hop says where its localisation length is from.
TEST(TransportProgram, SaysWhatIsAssumed) {
  const TemporaryFolder folder;
  const std::string in = (folder / "t.csv").string();
  std::string rows = "temperature [K],resistivity [ohm m]\n";
  for (int t = 50; t <= 300; t += 10) rows += fmt::format("{},{:.6g}\n", t, std::exp(std::pow(3.083e7 / t, 0.25)));
  write(in, rows);
  const auto assumed = run_program("transport --bootstrap 0 " + in);
  EXPECT_THAT(assumed.out, HasSubstr("localisation length 1 nm, assumed)"));
  EXPECT_THAT(assumed.out, HasSubstr("Mott hopping before small polarons"));
  EXPECT_EQ(json_of("transport --json --bootstrap 0 " + in).at("mott_or_small_polaron"), "mott");
  EXPECT_THAT(run_program("transport --bootstrap 0 --density-of-states '1e19 cm^-3 eV^-1' " + in).out,
              HasSubstr(", from the density of states assumed)"));
}

TEST(SimulateProgram, RefusesAndWritesNothing) {
  const TemporaryFolder folder;
  const std::string out = (folder / "a.csv").string();
  const std::pair<const char*, const char*> cases[] = {
      {"--density '-1 cm^-3'", "--density '-1 cm^-3'; expected more than 0"},
      {"--white-noise '-1 uV'", "--white-noise '-1 uV'; expected 0 or more"},
      {"--frequency '0 Hz'", "frequency 0 Hz; expected more than 0"},
      {"--speed-jitter 0.5", "--speed-jitter 0.5; expected 0 to 0.3"},
      {"--total-length '50 um'", "expected at least the length 6e-05 m"},
      {"--arm-width '30 um'", "a fifth of the channel's width"},
      {"--misalignment '1 m'", "misalignment 1 m; expected less than the length 6e-05 m"},
      {"--index=-1", "--index"},
      {"--law foo", "--law: in vain by itself; expected --sweep with it"},
      {"--mott-temperature '1 m'", "--mott-temperature: in vain by itself"},
      {"--activation-energy '1 m'", "--activation-energy: in vain by itself"},
      {"--sweep '300 K:200 K:50 K' --mott-temperature '0 K'", "--mott-temperature '0 K'; expected more than 0"},
      {"--sweep '300 K:200 K:50 K' --activation-energy '1 eV'", "expected --law arrhenius"},
      {"--sweep '300 K:200 K:50 K' --law arrhenius --mott-temperature '1 K'", "expected --law mott"},
      {"--sweep '300 K:200 K:50 K' --temperature '300 K'", "--temperature: in vain beside --sweep"},
      {"--flicker-corner '1 Hz'", "--flicker-corner: in vain by itself; expected --white-noise with it"},
      {"--longitudinal-flicker-corner '1 Hz'", "expected --longitudinal-noise"},
      {"--film-flicker-corner '1 Hz'", "expected --film-noise"},
      {"--spike-share 0.1", "expected --spike-size"},
      {"--spike-size '1 V'", "expected --spike-share"},
      {"--mains-frequency '60 Hz'", "expected --mains with it"},
      {"--mains-wander '1 mHz'", "expected --mains with it"},
      {"--aperture '20 ms'", "expected --mains with it"},
      {"--drift 0.1", "expected --misalignment with it"},
      {"--magnetoresistance '1 T^-2'", "expected --misalignment with it"},
      {"--thickness 4.5", "--thickness: '4.5' has no unit"},
      {"--carrier x", "--carrier 'x'"},
      {"--duration '1 s'", "duration 1 s; expected two readings or more, 1 s apart"},
      {"--time-jitter '1 s'", "half the"},
      {"--spike-share 2 --spike-size '1 V'", "--spike-share 2; expected 0 to 1"},
      {"--film-noise=-1", "--film-noise -1; expected 0 to 1"},
      {"--mains '1 mV' --mains-wander '0 Hz'", "would do nothing"},
      {"--aperture '2 s' --mains '1 mV'", "aperture"},
      {"--sweep 300", "--sweep"},
      {"--sweep '300 K:200 K:0 K'", "FROM:TO:STEP"},
      {"--law ohm --sweep '300 K:200 K:50 K'", "--law 'ohm'"},
  };
  for (const auto& [options, because] : cases) {
    expect_refused(run_program(fmt::format("simulate hall --out {} {}", out, options)), because);
    EXPECT_EQ(entries(folder.path()), 0U) << because;
  }
  ASSERT_EQ(run_program("simulate hall --out " + out).status, 0);
  expect_refused(run_program("simulate hall --out " + out), "exists already; --force replaces it");
}

// What was put in and can be asked for; the parts that an analysis finds, under its own names.
TEST_F(HallProgram, TheTruthHoldsEveryDisturbance) {
  const auto truth =
      simulate("a.csv",
               "--loop-area '1 cm^2' --pickup '3 uV' --pickup-quadrature '2 uV' --rc-time '0.5 s' --series-resistance "
               "'1 MOhm' --resistance-drift 0.1 --film-noise 1e-4 --film-flicker-corner '1 mHz' --longitudinal-flicker-"
               "corner '2 mHz'");
  const std::pair<const char*, double> numbers[] = {{"pickup_V", 3e-6},
                                                    {"pickup_quadrature_V", 2e-6},
                                                    {"loop_area_m2", 1e-4},
                                                    {"induced_V", 1e-4 * 2 * M_PI * 0.0125 * 0.6},
                                                    {"rc_time_s", 0.5},
                                                    {"contact_resistance_ohm", 1e6},
                                                    {"flicker_corner_Hz", 12.5e-3},
                                                    {"longitudinal_noise_V", 10e-6},
                                                    {"longitudinal_flicker_corner_Hz", 2e-3},
                                                    {"film_noise", 1e-4},
                                                    {"film_flicker_corner_Hz", 1e-3},
                                                    {"frequency_Hz", 0.0125}};
  for (const auto& [key, value] : numbers) EXPECT_NEAR(truth.at(key).get<double>(), value, 1e-12 * value) << key;
  // A square of the film is rho/d; the arms stand 1 um of the 20 um width apart.
  EXPECT_NEAR(truth.at("offset_ohm").get<double>(), truth.at("resistivity_ohm_m").get<double>() / 4.5e-9 / 20, 1e-3);
  EXPECT_EQ(truth.at("drift"), nlohmann::json({0.5}));
  EXPECT_EQ(truth.at("resistance_drift"), nlohmann::json({0.1}));

  const auto quiet = simulate("b.csv", "--loop-area '100 cm^2' --white-noise '1 uV'", "");
  expect_holds(json_of("hall --json " + path("b.csv") + bar).at("induced_V"), quiet.at("induced_V"));
}

// The film's drift leaves its mean resistivity at the readings what the truth says, to the noise: 1e-6 of it.
TEST_F(HallProgram, ADriftingFilmHasItsTrueResistivity) {
  const auto truth = simulate("a.csv", "--resistance-drift 0.5 --longitudinal-noise '10 uV'", "");
  const double rho = json_of("hall --json " + path("a.csv") + bar).at("resistivity_ohm_m").at("value");
  EXPECT_NEAR(rho / truth.at("resistivity_ohm_m").get<double>(), 1, 2e-5);
}

// Ctrl-C is heard while a long record is drawn and while its text is made; nothing is left behind.
TEST(SimulateProgram, StopsWhenAskedTo) {
  const TemporaryFolder folder;
  for (const char* after : {"0.3", "2.5"}) {
    const auto outcome = run_program("simulate hall --duration '6000000 s' --out " + (folder / "a.csv").string(),
                                     fmt::format("timeout --preserve-status -s INT {}", after));
    EXPECT_EQ(outcome.status, 130) << outcome.err;
    EXPECT_EQ(entries(folder.path()), 0U);
  }
}

TEST(SimulateProgram, SweepsNameEveryRecord) {
  const TemporaryFolder folder;
  const auto out = (folder / "sweep").string();
  ASSERT_EQ(
      run_program(fmt::format("simulate hall --out {} --sweep '300 K:299 K:0.25 K' --duration '200 s'", out)).status,
      0);
  EXPECT_EQ(entries(folder / "sweep"), 6U);  // five records and their truth
  EXPECT_TRUE(fs::exists(folder / "sweep/299.25K.csv"));
}

// A polarity that would turn the carriers' sign is told, not analysed.
TEST(HallPolarity, ReversedCurrentIsRefused) {
  const TemporaryFolder folder;
  const auto record = (folder / "r.csv").string();
  ASSERT_EQ(run_program(fmt::format("simulate hall --out {} --white-noise '1 uV'", record)).status, 0);
  const auto command =
      fmt::format("hall {} --length 60um --width 20um --thickness 4.5nm --set-current='-4 nA'", record);
  expect_refused(run_program(command), "--set-current is for records without");  // measured beats set
  std::string text = read_whole(record);
  text.replace(text.find("current"), 7, "monitor");  // a column that nobody knows
  std::ofstream(record) << text;
  expect_refused(run_program(command), "polarity reversed");
}

}  // namespace
}  // namespace ecram
