// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/dc_hall.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/random.h"
#include "support/temporary_folder.h"
#include "support/warned.h"

namespace ecram::analysis {
namespace {

const HallBar thick_bar{60e-6, 20e-6, 100e-9, 0, 0, false};

TEST(DcHall, ReversalsSeparateOffsetAndThermalVoltage) {
  DcHallRecord record;
  RandomStream random(1, "readings");
  for (double b : {-0.5, -0.25, 0.25, 0.5})
    for (double i : {-1e-6, 1e-6}) {
      record.field.push_back(b);
      record.current.push_back(i);
      record.voltage_xy.push_back(i * (20 - 300 * b) + 5e-3 + 1e-7 * random.normal());
      record.voltage_xx.push_back(i * 9000);
    }
  const DcHallResult r = analyse_dc_hall(record, thick_bar);
  EXPECT_EQ(r.carrier, Carrier::electrons);
  EXPECT_NEAR(r.hall_slope.value, -300, 4 * r.hall_slope.standard_error);
  EXPECT_LT(r.hall_slope.standard_error, 1);
  EXPECT_NEAR(r.density.value, 1 / (constants::elementary_charge * 300 * 100e-9), 0.01 * r.density.value);
  EXPECT_NEAR(r.mobility.value, 300.0 / 3000, 1e-3);
  record.field.assign(8, 0.5);
  EXPECT_THROW(analyse_dc_hall(record, thick_bar), InvalidInput);
}

// A Hall voltage of 1e-6 A times 300 ohm/T times 0.5 T is 150 uV: below a floor of 1 mV it may be anything up to it.
TEST(DcHall, FloorsOfTheInstruments) {
  DcHallRecord record;
  RandomStream random(1, "readings");
  for (double b : {-0.5, 0.5})
    for (double i : {-1e-6, 1e-6, -1e-6, 1e-6}) {
      record.field.push_back(b);
      record.current.push_back(i);
      record.voltage_xy.push_back(i * (20 - 300 * b) + 1e-7 * random.normal());
      record.voltage_xx.push_back(i * 9000);
    }
  EXPECT_EQ(analyse_dc_hall(record, thick_bar, 1, {1e-4, 1e-9}).carrier, Carrier::electrons);
  const DcHallResult below = analyse_dc_hall(record, thick_bar, 1, {1e-3, 0});
  EXPECT_EQ(below.carrier, Carrier::not_detected);
  EXPECT_FALSE(below.density.known());
  EXPECT_NEAR(below.largest_hall_slope, 1e-3 / 1e-6 / 0.5, 1e-6);
  EXPECT_THROW(analyse_dc_hall(record, thick_bar, 1, {0, 1e-5}), InvalidInput);
}

/// Eight points of R_xy = 20 ohm - 300 ohm/T B and R_xx = 9 kohm.
DcHallRecord eight_points(double noise) {
  DcHallRecord record;
  RandomStream random(3, "readings");
  for (double b : {-0.5, -0.25, 0.25, 0.5})
    for (double i : {-1e-6, 1e-6}) {
      record.field.push_back(b);
      record.current.push_back(i);
      record.voltage_xy.push_back(i * (20 - 300 * b) + 5e-3 + noise * random.normal());
      record.voltage_xx.push_back(i * 9000 + noise * random.normal());
    }
  return record;
}

std::string complaint(const DcHallRecord& record) {
  try {
    analyse_dc_hall(record, thick_bar);
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "accepted";
}

TEST(DcHall, SwappedVoltagesAreNoticed) {
  for (const double noise : {0.0, 1e-7, 1e-5}) {
    DcHallRecord record = eight_points(noise);
    EXPECT_EQ(complaint(record), "accepted") << noise;
    std::swap(record.voltage_xx, record.voltage_xy);
    EXPECT_NE(complaint(record).find("swapped"), std::string::npos) << noise << complaint(record);
  }
}

// As many readings as unknowns fit always: they have no error to tell.
TEST(DcHall, NoMoreReadingsThanUnknownsAreRefused) {
  DcHallRecord record = eight_points(1e-7);
  for (auto* column : {&record.field, &record.current, &record.voltage_xy, &record.voltage_xx}) {
    column->erase(column->begin() + 1, column->begin() + 6);
    ASSERT_EQ(column->size(), 3u);
  }
  EXPECT_NE(complaint(record).find("3 readings"), std::string::npos) << complaint(record);
  record.voltage_xx.clear();
  record.current.assign(3, 1e-6);  // then the thermal voltage is none of the unknowns
  EXPECT_EQ(complaint(record), "accepted");
  record.current.assign(3, 0);
  EXPECT_NE(complaint(record).find("current is zero"), std::string::npos);
}

TEST(DcHall, ReadingsThatFitExactlyHaveAnUnknownError) {
  const DcHallResult r = analyse_dc_hall(eight_points(0), thick_bar);
  EXPECT_EQ(r.carrier, Carrier::electrons);
  EXPECT_NEAR(r.hall_slope.value, -300, 1e-6);
  for (const Estimate& e : {r.hall_slope, r.density, r.mobility}) {
    EXPECT_TRUE(e.known());
    EXPECT_TRUE(std::isnan(e.standard_error) && std::isnan(e.low) && std::isnan(e.high));
  }
  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_EQ(r.warnings[0].code, "error_unknown");
}

/// R_xy = 20 ohm (1 + q B^2) - 300 ohm/T B and R_xx = 9 kohm (1 + q/100 B^2) at some fields, both currents, thrice.
DcHallRecord at_fields(const std::vector<double>& fields, double q, double noise, std::uint64_t index) {
  DcHallRecord record;
  RandomStream random(4, "readings", index);
  for (int repeat = 0; repeat < 3; ++repeat)
    for (double b : fields)
      for (double i : {-1e-6, 1e-6}) {
        record.field.push_back(b);
        record.current.push_back(i);
        record.voltage_xy.push_back(i * (20 * (1 + q * b * b) - 300 * b) + 5e-3 + noise * random.normal());
        record.voltage_xx.push_back(i * 9000 * (1 + 0.01 * q * b * b) + noise * random.normal());
      }
  return record;
}

// Of fields on one side q B^2 is slope: 20 ohm of offset with q = 10 / T^2 make 120 ohm/T between 0 and 0.6 T. Two
// fields cannot tell, which is said; three and more tell the slope, in 200 records each as well as their intervals
// state.
TEST(DcHall, FieldThatWasNotReversed) {
  for (const std::vector<double>& fields : {std::vector{0.0, 0.6}, {0.3, 0.6}}) {
    const DcHallResult r = analyse_dc_hall(at_fields(fields, 10, 1e-6, 1), thick_bar);
    EXPECT_EQ(r.method, "current reversal; field varied, not reversed");
    EXPECT_TRUE(warned(r, "field_not_reversed"));
    EXPECT_GT(std::abs(r.hall_slope.value + 300), 100);
  }
  for (const std::vector<double>& fields : {std::vector{0.0, 0.2, 0.4, 0.6}, {0.0, 0.3, 0.6}, {-0.6, 0.2, 0.5}}) {
    double held = 0;
    for (std::uint64_t index = 0; index < 200; ++index) {
      const DcHallResult r = analyse_dc_hall(at_fields(fields, 10, 1e-6, index), thick_bar);
      EXPECT_TRUE(warned(r, "field_not_reversed"));
      held += r.hall_slope.low < -300 && -300 < r.hall_slope.high ? 1.0 / 200 : 0;
    }
    EXPECT_NEAR(held, 0.95, 0.045);
  }
  for (const std::vector<double>& fields : {std::vector{-0.6, 0.6}, {-0.6, 0.0, 0.6}, {-0.6, 0.59}}) {
    const DcHallResult r = analyse_dc_hall(at_fields(fields, 10, 1e-6, 1), thick_bar);
    EXPECT_EQ(r.method, "field and current reversal");
    EXPECT_FALSE(warned(r, "field_not_reversed"));
    EXPECT_NEAR(r.hall_slope.value, -300, std::max(4.0, 4 * r.hall_slope.standard_error));
  }
  DcHallRecord steady = at_fields({0, 0.6}, 0, 1e-6, 1);
  for (auto* column : {&steady.field, &steady.current, &steady.voltage_xy, &steady.voltage_xx})
    for (std::size_t i = 0; i < 6; ++i) column->erase(column->begin() + static_cast<std::ptrdiff_t>(i));  // of -1 uA
  EXPECT_EQ(analyse_dc_hall(steady, thick_bar).method, "field varied, not reversed");
}

// The resistance is that without field: 9 kohm over three squares, where magnetoresistance adds 3.6 % at the largest.
TEST(DcHall, MagnetoresistanceIsNoneOfTheResistance) {
  double held = 0;
  for (std::uint64_t index = 0; index < 200; ++index) {
    const DcHallResult r = analyse_dc_hall(at_fields({-0.6, -0.3, 0, 0.3, 0.6}, 10, 1e-6, index), thick_bar);
    held += r.sheet_resistance.low < 3000 && 3000 < r.sheet_resistance.high ? 1.0 / 200 : 0;
    EXPECT_LT(r.sheet_resistance.standard_error, 0.3);
  }
  EXPECT_NEAR(held, 0.95, 0.045);
}

TEST(DcHall, FilesWithImpossibleTemperaturesAndGaps) {
  const TemporaryFolder folder;
  ThreadPool threads;
  const auto read = [&](const char* kelvin, const char* voltage) -> std::string {
    std::string text = "field [T],current [A],V_xy [V],temperature [K]\n";
    for (const char* b : {"-0.5", "0.5", "-0.4", "0.4"}) text += std::string(b) + ",1e-6,1e-3,300\n";
    write_file(folder / "a.csv", text + "0.3,1e-6," + voltage + "," + kelvin + "\n");
    try {
      const auto record = read_dc_hall(folder / "a.csv", {}, threads);
      return std::to_string(record.missing) + " missing";
    } catch (const InvalidInput& e) {
      return e.what();
    }
  };
  EXPECT_EQ(read("300", "1e-3"), "0 missing");
  EXPECT_EQ(read("300", ""), "1 missing");
  EXPECT_NE(read("-5", "1e-3").find("a.csv:6: temperature of -5 K"), std::string::npos) << read("-5", "1e-3");
  EXPECT_NE(read("3000", "1e-3").find("a.csv:6"), std::string::npos);
  EXPECT_NE(read("300", "9.9E37").find("a.csv:6: an overflow"), std::string::npos);
}

// van der Pauw's own equation is the oracle: exp(-pi R_A/R_s) + exp(-pi R_B/R_s) = 1.
TEST(VanDerPauw, SolvesItsEquation) {
  for (double ratio : {1.0, 1.5, 4.0, 30.0, 1e4}) {
    const double a = 100, b = a / ratio;
    const double sheet = std::numbers::pi / std::numbers::ln2 * van_der_pauw_f(a / b) * 0.5 * (a + b);
    EXPECT_NEAR(std::exp(-std::numbers::pi * a / sheet) + std::exp(-std::numbers::pi * b / sheet), 1, 1e-9) << ratio;
  }
  EXPECT_DOUBLE_EQ(van_der_pauw_f(3), van_der_pauw_f(1 / 3.0));
}

std::vector<VanDerPauwReading> square_sample(double hall_slope, double a, double b, double field) {
  const double i = 1e-6, offset = 3e-6;
  std::vector<VanDerPauwReading> r;
  for (const auto& [plus, minus, resistance] :
       {std::tuple{"21,34", "12,34", a}, {"32,41", "23,41", b}, {"43,12", "34,12", a}, {"14,23", "41,23", b}}) {
    r.push_back({plus, i, i * resistance + offset, 0});
    r.push_back({minus, i, -i * resistance + offset, 0});
  }
  for (double sign : {1.0, -1.0})
    for (const auto& [plus, minus] : {std::pair{"31,42", "13,42"}, {"42,13", "24,13"}}) {
      r.push_back({plus, i, i * (50 + hall_slope * sign * field) + offset, sign * field});
      r.push_back({minus, i, -i * (50 + hall_slope * sign * field) + offset, sign * field});
    }
  return r;
}

TEST(VanDerPauw, FindsSheetResistanceAndCarrier) {
  const DcHallResult r = analyse_van_der_pauw(square_sample(-40, 220, 220, 0.5), 1e-7);
  EXPECT_NEAR(r.sheet_resistance.value, std::numbers::pi / std::numbers::ln2 * 220, 1e-6);
  EXPECT_NEAR(r.hall_slope.value, -40, 1e-6);
  EXPECT_EQ(r.carrier, Carrier::electrons);
  EXPECT_NEAR(r.mobility.value, 40 / r.sheet_resistance.value, 1e-9);
  auto swapped = square_sample(-40, 220, 220, 0.5);
  std::swap(swapped[0].configuration, swapped[1].configuration);
  EXPECT_THROW(analyse_van_der_pauw(swapped, 1e-7), InvalidInput);
  auto missing = square_sample(-40, 220, 220, 0.5);
  missing.erase(missing.begin());
  EXPECT_THROW(analyse_van_der_pauw(missing, 1e-7), InvalidInput);
}

// The current's sign is the current's, not the configuration's: reversed with its voltage it changes nothing.
TEST(VanDerPauw, ReversedCurrent) {
  const auto forward = square_sample(-40, 220, 220, 0.5);
  auto back = forward, both = forward;
  for (auto& r : back)
    if (r.field != 0) r.current = -r.current, r.voltage = -(r.voltage - 3e-6) + 3e-6;
  both.insert(both.end(), back.begin() + 8, back.end());
  for (const auto& readings : {back, both}) {
    const DcHallResult r = analyse_van_der_pauw(readings, 1e-7);
    EXPECT_EQ(r.carrier, Carrier::electrons);
    EXPECT_NEAR(r.hall_slope.value, -40, 1e-6);
    EXPECT_NEAR(r.sheet_resistance.value, std::numbers::pi / std::numbers::ln2 * 220, 1e-6);
  }
}

// A magnet's remanence is no field: that of readings without field, of either sign and without Hall readings or with.
TEST(VanDerPauw, RemanenceIsNoField) {
  const double sheet = std::numbers::pi / std::numbers::ln2 * 220;
  for (const double remanence : {-1e-5, 3e-4, 0.012, -0.012}) {
    auto readings = square_sample(-40, 220, 220, 0.5);
    int number = 0;
    for (auto& r : readings)
      if (r.field == 0) r.field = remanence * (1 + 0.1 * (number++ % 3));
    const DcHallResult all = analyse_van_der_pauw(readings, 1e-7);
    EXPECT_NEAR(all.sheet_resistance.value, sheet, 1e-6) << remanence;
    EXPECT_NEAR(all.hall_slope.value, -40, 1e-6) << remanence;
    readings.resize(8);
    const DcHallResult eight = analyse_van_der_pauw(readings, 1e-7);
    EXPECT_NEAR(eight.sheet_resistance.value, sheet, 1e-6) << remanence;
    EXPECT_FALSE(eight.hall_slope.known());
    for (auto& r : readings) r.field = 0.5;
    EXPECT_THROW(analyse_van_der_pauw(readings, 1e-7), InvalidInput);
  }
}

TEST(VanDerPauw, RefusesWhatCannotBe) {
  const auto refused = [](const std::vector<VanDerPauwReading>& readings) -> std::string {
    try {
      analyse_van_der_pauw(readings, 1e-7);
    } catch (const InvalidInput& e) {
      return e.what();
    }
    return "accepted";
  };
  const auto good = square_sample(-40, 220, 220, 0.5);
  EXPECT_EQ(refused(good), "accepted");
  auto bad = good;
  bad.back().field = -0.3;
  EXPECT_NE(refused(bad).find("one field +B and one field -B"), std::string::npos) << refused(bad);
  bad = good;
  for (auto& r : bad) r.field = 0.5;
  EXPECT_NE(refused(bad).find("at zero field is missing"), std::string::npos);
  bad = good;
  for (auto& r : bad) r.current = 0;
  EXPECT_NE(refused(bad).find("current is zero"), std::string::npos);
  bad = good;
  for (auto& r : bad) r.temperature = {-5};
  EXPECT_NE(refused(bad).find("Celsius"), std::string::npos);
  for (auto& r : bad) r.temperature = {300, 301.5};
  EXPECT_EQ(analyse_van_der_pauw(bad, 1e-7).temperature, 300.75);
}

// One degree of freedom: Student's t is 12.7. Slopes of -36 and -44 have the standard error 4.
TEST(VanDerPauw, MobilityHasStudentsInterval) {
  auto readings = square_sample(-40, 220, 220, 0.5);
  for (auto& r : readings)
    if (r.field != 0) r.voltage *= r.configuration == "31,42" || r.configuration == "13,42" ? 0.98 : 1.02;
  const DcHallResult r = analyse_van_der_pauw(readings, 1e-7);
  EXPECT_NEAR((r.mobility.high - r.mobility.low) / (2 * r.mobility.value), 12.706 * 0.02, 0.002);
}

// The eight readings as ASTM F76 writes them, in quotes, beside numbers with decimal points.
TEST(VanDerPauw, ReadsConfigurationsInQuotes) {
  const TemporaryFolder folder;
  std::string text = "configuration,current [A],voltage [V],field [T]\n";
  for (const auto& r : square_sample(-40, 220, 220, 0.5))
    text += "\"" + r.configuration + "\"," + std::to_string(r.current) + "," + std::to_string(r.voltage) + "," +
            std::to_string(r.field) + "\n";
  write_file(folder / "eight.csv", text);
  ThreadPool threads;
  const auto readings = read_van_der_pauw(folder / "eight.csv", threads);
  ASSERT_EQ(readings.size(), 16u);
  EXPECT_EQ(readings[1].configuration, "12,34");
  EXPECT_DOUBLE_EQ(readings[15].field, -0.5);
}

TEST(VanDerPauw, RefusesOverflowsAndGaps) {
  const TemporaryFolder folder;
  ThreadPool threads;
  write_file(folder / "bad.csv",
             std::string("configuration,current [A],voltage [V],field [T]\n\"31,42\",1e-6,1e-3,\n"));
  EXPECT_THROW(read_van_der_pauw(folder / "bad.csv", threads), InvalidInput);  // a field that is missing is not none
  for (const char* cell : {"9.9E37", ""}) {
    write_file(folder / "bad.csv", std::string("configuration,current [A],voltage [V]\n\"21,34\",1e-6,") + cell +
                                       "\n\"12,34\",1e-6,-1e-3\n");
    EXPECT_THROW(read_van_der_pauw(folder / "bad.csv", threads), InvalidInput);
  }
}

// Four points of two levels of the field: 2000 records of 8 readings, the coverage has a standard error of 0.5 %.
TEST(DcHall, IntervalOfTheMobilityHolds) {
  RandomStream random(2, "readings");
  double covered = 0;
  for (int k = 0; k < 2000; ++k) {
    DcHallRecord record;
    for (double b : {-0.5, -0.25, 0.25, 0.5})
      for (double i : {-1e-6, 1e-6}) {
        record.field.push_back(b);
        record.current.push_back(i);
        record.voltage_xy.push_back(i * (20 - 300 * b) + 3e-6 * random.normal());
        record.voltage_xx.push_back(i * 9000);
      }
    const Estimate mobility = analyse_dc_hall(record, thick_bar).mobility;
    covered += mobility.low <= 0.1 && 0.1 <= mobility.high ? 1.0 / 2000 : 0;
  }
  EXPECT_NEAR(covered, 0.95, 0.02);
}

// Made up in the export's own layout, with Latin-1 units and a sensor that is not there.
constexpr const char* lake_shore =
    "[Sample parameters]\r\nSample Type:\tvan der Pauw\r\nThickness =\t1.5 [\xB5m]\r\nmy sample\r\n[Measurements]\r\n"
    "<Step 1: IV Curve Measurement>\r\nStart Time:\t01/01/01 00:00:00\r\n\r\nContact Sets:\tR12,12\r\n"
    "Best Fit Resistance [ohm] =\t2.0E+3\r\nCurrent [A]\tVoltage [V]\tField [G]\tTemperature [K]\r\n"
    "-1.0E-6\t-1.99E-3\t5.0E-1\tERROR\r\n0.0E-6\t1.0E-5\t-4.6E-1\tERROR\r\n1.0E-6\t2.01E-3\t1.0E-1\tERROR\r\n\r\n"
    "<Step 2: Variable Temperature Measurement>\r\nField at:\t3.0 [kG]\r\n\r\n"
    "Temperature [K]\tField [G]\tResistivity [ohm cm]\tHall Coefficient [cm\xB3/C]\tCarrier Density [1/cm\xB3]\tHall "
    "Mobility [cm\xB2/(VS)]\r\n"
    "100.5\t3.0000E+3\t5.0E-1\t-6.2415E+2\t-1.0000E+16\t-1.2483E+3\r\n"
    "0.0\t0.0000E+0\t1.0000E+101\t0.0000E+0\t0.0000E+0\t1.0000E+103\r\n";

TEST(LakeShore, ReadsTheExport) {
  const TemporaryFolder folder;
  write_file(folder / "export.txt", lake_shore);
  ASSERT_TRUE(is_lake_shore_export(folder / "export.txt"));
  const LakeShoreExport file = read_lake_shore(folder / "export.txt");
  EXPECT_NEAR(file.thickness, 1.5e-6, 1e-18);
  ASSERT_EQ(file.steps.size(), 2u);
  const auto curves = contact_curves(file);
  ASSERT_EQ(curves.size(), 1u);
  EXPECT_EQ(curves[0].contact_set, "R12,12");
  EXPECT_NEAR(curves[0].resistance.value, 2000, 1e-6);
  const auto points = lake_shore_points(file);
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].carrier, Carrier::electrons);
  EXPECT_NEAR(points[0].density.value, 1e22, 1e18);
  EXPECT_NEAR(points[0].mobility.value, 0.12483, 1e-6);
  EXPECT_NEAR(points[0].temperature, 100.5, 1e-12);
  EXPECT_NEAR(points[0].hall_slope.value, -6.2415e-4 / 1.5e-6, 1e-3);
  EXPECT_TRUE(points[0].warnings.empty());
  EXPECT_TRUE(std::isnan(points[0].density.standard_error));
}

/// The export with one text in it replaced by another, read and analysed; what it is refused for, or the points.
std::string refused_with(const std::string& from, const std::string& to, std::vector<DcHallResult>* points = nullptr) {
  const TemporaryFolder folder;
  std::string text = lake_shore;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  write_file(folder / "export.txt", text);
  try {
    const auto found = lake_shore_points(read_lake_shore(folder / "export.txt"));
    if (points != nullptr) *points = found;
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "accepted";
}

TEST(LakeShore, RefusesWhatCannotBe) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"-1.99E-3", "-1.99x-3", "export.txt:12: '-1.99x-3'"},
      {"-1.0E-6\t", "oops---\t", "export.txt:12: 'oops---'"},
      {"-1.99E-3", "nan", "export.txt:12: 'nan'"},
      {"1.5 [\xB5m]", "-1.5 [\xB5m]", "export.txt:3: Thickness -1.5"},
      {"1.5 [\xB5m]", "0 [\xB5m]", "export.txt:3: Thickness 0"},
      {"1.5 [\xB5m]", "1.5 [V]", "export.txt:3: Thickness"},
      {"Current [A]", "Current [V]", "export.txt:11: unit 'V' of 'Current'"},
      {"Temperature [K]\tField", "Temperature [G]\tField", "unit 'G' of 'Temperature'"},
      {"Voltage [V]", "Current [A]", "two columns 'Current'"},
      {"100.5\t", "-100.5\t", "Temperature of -100.5"},
      {"100.5\t", "100500\t", "Temperature of 100500"},
      {"3.0000E+3\t5", "3.0000E+7\t5", "tesla or gauss?"},
      {"\t5.0E-1\t-6", "\t-5.0E-1\t-6", "Resistivity of -5.0E-1"},
      {"\t-1.2483E+3", "", "export.txt:20: 5 cells under 6 headings"},
      {"\t-1.2483E+3", "\t-1.2483E+3\t7", "export.txt:20: 7 cells under 6 headings"},
      {"5.0E-1\t-6.2415E+2", "ERROR\tERROR", "none of 2 rows"},
      {"0.0\t0.0000E+0\t1", "\r\n0.0\t0.0000E+0\t1", "6 numbers without headings"},
      {"[Measurements]", "[Measuremen", "no [Measurements]"},
  };
  for (const auto& [from, to, because] : cases)
    EXPECT_NE(refused_with(from, to).find(because), std::string::npos) << to << ": " << refused_with(from, to);
}

// What exports hold: tabs at a line's end, columns of other names, an empty line below headings, units of other sizes.
TEST(LakeShore, AcceptsWhatExportsHold) {
  const std::pair<const char*, const char*> cases[] = {
      {"\t-1.2483E+3\r", "\t-1.2483E+3\t\t\r"},
      {"Hall Mobility [cm\xB2/(VS)]", "F Value []"},
      {"(VS)]\r\n100.5", "(VS)]\r\n\r\n100.5"},
      {"1.5 [\xB5m]", "1.5 um"},
      {"100.5\t", "+100.5\t"},
      {"-1.99E-3", "ERROR"},
  };
  for (const auto& [from, to] : cases) {
    std::vector<DcHallResult> points;
    EXPECT_EQ(refused_with(from, to, &points), "accepted") << to;
    ASSERT_EQ(points.size(), 1u) << to;
    EXPECT_NEAR(points[0].hall_slope.value, -6.2415e-4 / 1.5e-6, 1e-3) << to;
    EXPECT_TRUE(points[0].warnings.empty()) << to;
  }
}

TEST(LakeShore, ContradictionsHaveTheirLine) {
  for (const auto& [from, to] : {std::pair{"-1.0000E+16", "1.0000E+16"}, {"-1.2483E+3", "-2.2483E+3"}}) {
    std::vector<DcHallResult> points;
    EXPECT_EQ(refused_with(from, to, &points), "accepted");
    ASSERT_EQ(points.size(), 1u);
    ASSERT_EQ(points[0].warnings.size(), 1u) << to;
    EXPECT_EQ(points[0].warnings[0].code, "file_contradicts_itself");
    EXPECT_EQ(points[0].warnings[0].row, 20u);
  }
}

// R_xy is that of +B, whichever way the row's field points.
TEST(LakeShore, HallResistanceIsThatOfThePositiveField) {
  for (const char* field : {"3.0000E+3", "-3.0000E+3"}) {
    std::vector<DcHallResult> points;
    EXPECT_EQ(refused_with("100.5\t3.0000E+3", std::string("100.5\t") + field, &points), "accepted");
    ASSERT_EQ(points.size(), 1u);
    EXPECT_NEAR(points[0].hall_resistance.value, -6.2415e-4 / 1.5e-6 * 0.3, 1e-3) << field;
  }
}

// A mobility is a magnitude to many: without a sign it contradicts no coefficient.
TEST(LakeShore, MobilityWithoutASignIsNoContradiction) {
  std::vector<DcHallResult> points;
  EXPECT_EQ(refused_with("-1.2483E+3", "1.2483E+3", &points), "accepted");
  ASSERT_EQ(points.size(), 1u);
  EXPECT_TRUE(points[0].warnings.empty());
}

// A coefficient per area becomes one per volume through the thickness: -6.2415E+6 cm^2/C times 1.5e-4 cm is -936.2
// cm^3/C, or 6.667e15 carriers in a cm^3.
TEST(LakeShore, HallCoefficientOfASheet) {
  const TemporaryFolder folder;
  write_file(folder / "sheet.txt",
             "[Sample parameters]\r\nThickness =\t1.5 [\xB5m]\r\n[Measurements]\r\n<Step 1: Hall>\r\n\r\n"
             "Temperature [K]\tField [G]\tResistivity [ohm cm]\tHall Coefficient [cm\xB2/C]\r\n"
             "100.5\t3.0E+3\t5.0E-1\t-6.2415E+6\r\n");
  const auto points = lake_shore_points(read_lake_shore(folder / "sheet.txt"));
  ASSERT_EQ(points.size(), 1u);
  EXPECT_NEAR(points[0].density.value, 6.667e21, 1e18);
}

}  // namespace
}  // namespace ecram::analysis
