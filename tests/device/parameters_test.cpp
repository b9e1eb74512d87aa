// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/parameters.h"

#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/device/chance.h"
#include "ecram/device/full_model.h"

namespace ecram::device {
namespace {

TEST(Parameters, EveryNumberHasAPlaceItComesFrom) {
  MaterialConstants c;
  EXPECT_EQ(parameters(c).size(), sizeof(MaterialConstants) / sizeof(double));  // nothing left out
  Chance chance;
  EXPECT_EQ(parameters(chance).size(), sizeof(Chance) / sizeof(double) - 1);  // `counting` is no number
  Device d;
  std::set<std::string> names;
  for (const auto& list : {parameters(c), parameters(d), parameters(chance)})
    for (const Parameter& p : list) {
      EXPECT_TRUE(names.insert(std::string(p.name)).second) << p.name;
      EXPECT_FALSE(p.source.empty()) << p.name;
      EXPECT_LT(p.low, p.high) << p.name;
    }
  validate(c);
  for (const Device& shipped : shipped_devices()) validate(shipped);
}

TEST(Parameters, UnphysicalOnesAreNamed) {
  MaterialConstants c;
  c.transfer_energy = -0.5 * electron_volt;
  try {
    validate(c);
    FAIL();
  } catch (const InvalidInput& e) {
    EXPECT_STREQ(e.what(), "transfer_energy is -0.5 eV, expected 0.1 to 3 eV");
  }
  try {
    shipped_device("fig3B");
    FAIL();
  } catch (const InvalidInput& e) {
    EXPECT_STREQ(e.what(), "no device 'fig3B' (did you mean 'fig3b'?)");
  }
}

// Poole and Frenkel: ln(J/E) against sqrt(E) is straight with the slope beta/(k T).
TEST(Parameters, LeakageIsAStraightLineOfPooleAndFrenkel) {
  const MaterialConstants c;
  const Device d = shipped_device("fig3h");
  const auto ordinate = [&](double volts) {
    return std::log(leakage_current(c, d, volts, 300) / (volts / d.electrolyte_thickness));
  };
  const auto root = [&](double volts) { return std::sqrt(volts / d.electrolyte_thickness); };
  const double first = (ordinate(2) - ordinate(1)) / (root(2) - root(1));
  const double second = (ordinate(4) - ordinate(3)) / (root(4) - root(3));
  EXPECT_NEAR(first / second, 1, 1e-9);
  // beta = 3.79e-5 eV (m/V)^(1/2) for a relative permittivity of 4.
  EXPECT_NEAR(first * 0.025852, 3.794e-5, 1e-7);
  EXPECT_DOUBLE_EQ(leakage_current(c, d, -2, 300), -leakage_current(c, d, 2, 300));
}

}  // namespace
}  // namespace ecram::device
