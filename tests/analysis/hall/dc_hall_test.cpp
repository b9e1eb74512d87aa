// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/dc_hall.h"

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

namespace ecram::analysis {
namespace {

const HallBar bar{60e-6, 20e-6, 100e-9, 0, 0, false};

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
  const DcHallResult r = analyse_dc_hall(record, bar);
  EXPECT_EQ(r.carrier, Carrier::electrons);
  EXPECT_NEAR(r.hall_slope.value, -300, 4 * r.hall_slope.standard_error);
  EXPECT_LT(r.hall_slope.standard_error, 1);
  EXPECT_NEAR(r.density.value, 1 / (constants::elementary_charge * 300 * 100e-9), 0.01 * r.density.value);
  EXPECT_NEAR(r.mobility.value, 300.0 / 3000, 1e-3);
  record.field.assign(8, 0.5);
  EXPECT_THROW(analyse_dc_hall(record, bar), InvalidInput);
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
  EXPECT_EQ(analyse_dc_hall(record, bar, 1, {1e-4, 1e-9}).carrier, Carrier::electrons);
  const DcHallResult below = analyse_dc_hall(record, bar, 1, {1e-3, 0});
  EXPECT_EQ(below.carrier, Carrier::not_detected);
  EXPECT_FALSE(below.density.known());
  EXPECT_NEAR(below.largest_hall_slope, 1e-3 / 1e-6 / 0.5, 1e-6);
  EXPECT_THROW(analyse_dc_hall(record, bar, 1, {0, 1e-5}), InvalidInput);
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
    const Estimate mobility = analyse_dc_hall(record, bar).mobility;
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

  std::string broken = lake_shore;
  broken.replace(broken.find("-1.0E-6\t"), 7, "oops---");
  write_file(folder / "broken.txt", broken);
  EXPECT_NO_THROW(read_lake_shore(folder / "broken.txt"));  // a line of words ends a table
  broken = lake_shore;
  broken.replace(broken.find("-1.99E-3"), 8, "-1.99x-3");
  write_file(folder / "broken.txt", broken);
  try {
    read_lake_shore(folder / "broken.txt");
    FAIL() << "accepted a number that is none";
  } catch (const InvalidInput& e) {
    EXPECT_NE(std::string(e.what()).find("broken.txt:12"), std::string::npos) << e.what();
  }
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
