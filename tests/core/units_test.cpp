// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/units.h"

#include <gtest/gtest.h>

#include "ecram/core/errors.h"

namespace ecram {
namespace {

TEST(Units, LaboratoryUnitsInSi) {
  EXPECT_DOUBLE_EQ(unit_factor("uS", "S"), 1e-6);
  EXPECT_DOUBLE_EQ(unit_factor("\u00b5S", "S"), 1e-6);  // micro sign
  EXPECT_DOUBLE_EQ(unit_factor("\u03bcS", "S"), 1e-6);  // Greek mu
  EXPECT_DOUBLE_EQ(unit_factor("nA", "A"), 1e-9);
  EXPECT_DOUBLE_EQ(unit_factor("kOhm", "ohm"), 1e3);
  EXPECT_DOUBLE_EQ(unit_factor("Ohm", "ohm"), 1);
  EXPECT_DOUBLE_EQ(unit_factor("Ohms", "ohm"), 1);
  EXPECT_DOUBLE_EQ(unit_factor("Volts", "V"), 1);
  EXPECT_DOUBLE_EQ(unit_factor("G", "T"), 1e-4);  // gauss, not the constant of gravity
  EXPECT_DOUBLE_EQ(unit_factor("kG", "T"), 0.1);
  EXPECT_DOUBLE_EQ(unit_factor("Oe", "A/m"), 1e3 / (4 * 3.14159265358979323846));
  EXPECT_DOUBLE_EQ(unit_factor("meV", "J"), 1.602176634e-22);
  EXPECT_DOUBLE_EQ(unit_factor("cm2 V-1 s-1", "m2 V-1 s-1"), 1e-4);
  EXPECT_DOUBLE_EQ(unit_factor("fJ", "J"), 1e-15);
}

TEST(Units, QuantitiesWithAndWithoutASpace) {
  EXPECT_DOUBLE_EQ(quantity("12.7 mm", "m"), 0.0127);
  EXPECT_DOUBLE_EQ(quantity("12.7mm", "m"), 0.0127);
  EXPECT_DOUBLE_EQ(quantity(" +1.5e-1 V ", "V"), 0.15);
  EXPECT_DOUBLE_EQ(quantity("25 degC", "K"), 298.15);
  EXPECT_NEAR(quantity("180 deg", "rad"), 3.14159265358979, 1e-13);
  EXPECT_NEAR(quantity("0.75 rpm", "rad/s"), 2 * 3.14159265358979 * 0.0125, 1e-14);
}

TEST(Units, BadOnesAreNamed) {
  EXPECT_THROW(unit_factor("wibble", "S"), InvalidInput);
  EXPECT_THROW(unit_factor("V", "S"), InvalidInput);
  EXPECT_THROW(unit_factor("kOhm", "S"), InvalidInput);  // the reciprocal is another quantity
  EXPECT_THROW(quantity("5 s", "Hz"), InvalidInput);
  EXPECT_THROW(quantity("5", "m"), InvalidInput);
  EXPECT_THROW(quantity("mm", "m"), InvalidInput);
  EXPECT_THROW(quantity("nan m", "m"), InvalidInput);
  EXPECT_FALSE(is_unit("wibble"));
  EXPECT_TRUE(is_unit("mV"));
}

TEST(Units, TurnsAreTurnsInEveryUnit) {
  EXPECT_DOUBLE_EQ(turns_per_second("12.5 mHz"), 0.0125);
  EXPECT_NEAR(turns_per_second("0.75 rpm"), 0.0125, 1e-15);
  EXPECT_NEAR(turns_per_second("4.5 deg/s"), 0.0125, 1e-15);
  EXPECT_NEAR(turns_per_second("0.07853981633974483 rad/s"), 0.0125, 1e-15);
  EXPECT_THROW(turns_per_second("12 m"), InvalidInput);
}

}  // namespace
}  // namespace ecram
