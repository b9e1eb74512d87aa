// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/transport/transport.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/random.h"
#include "support/temporary_folder.h"

namespace ecram::analysis {
namespace {

using physics::ConductionLaw;
constexpr double meV = 1e-3 * constants::elementary_charge;

TemperatureSeries draw(ConductionLaw law, double characteristic, double noise, std::uint64_t trial, double from = 200,
                       int points = 11) {
  RandomStream random(7, "readings", trial);
  TemperatureSeries s;
  for (int i = 0; i < points; ++i) {
    const double t = from + 10 * i;
    s.temperature.push_back(t);
    s.value.push_back(1e-6 * std::exp(physics::log_resistivity(law, characteristic, t) + noise * random.normal()));
    s.error.push_back(noise * s.value.back());
  }
  return s;
}

TEST(FitLaw, FindsEveryLawsParameters) {
  for (ConductionLaw law : physics::conduction_laws) {
    const double c = physics::has_characteristic_temperature(law) ? 1e6 : 120 * meV;
    const LawFit fit = fit_law(law, draw(law, c, 0, 1));
    EXPECT_NEAR(fit.characteristic.value, c, 1e-8 * c) << physics::name(law);
    EXPECT_NEAR(fit.log_prefactor.value, std::log(1e-6), 1e-6);
  }
}

// A straight Arrhenius line through Mott's law with T0 = 3.083e7 K between 200 and 300 K has 98.9 meV.
TEST(Arrhenius, MottsLawLooksLikeTheDonor) {
  TemperatureSeries rho = draw(ConductionLaw::mott_3d, 3.083e7, 0, 1);
  EXPECT_NEAR(-arrhenius_energy(rho).value / meV, 98.9, 0.05);
  rho = draw(ConductionLaw::mott_3d, 3.083e7, 0, 1, 50, 26);
  EXPECT_NEAR(-arrhenius_energy(rho).value / meV, 55, 0.5);
}

TEST(Transport, MeanArrheniusEnergyOfNoisyTrials) {
  double mean = 0;
  for (int trial = 0; trial < 200; ++trial)
    mean -= arrhenius_energy(draw(ConductionLaw::mott_3d, 3.083e7, 0.01, trial)).value / meV / 200;
  EXPECT_NEAR(mean, 98.9, 0.2);
}

TEST(Transport, MottAndSmallPolaronsAreToldApart) {
  TransportOptions options;
  options.bootstrap = 0;
  int mott = 0, polaron = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    TransportTable table;
    table.resistivity = draw(ConductionLaw::mott_3d, 3.083e7, 0.01, trial);
    const auto r = analyse_transport(table, options);
    mott += r.hopping_preferred ? 1 : 0;
    const auto law =
        trial % 2 == 0 ? ConductionLaw::small_polaron_adiabatic : ConductionLaw::small_polaron_nonadiabatic;
    table.resistivity = draw(law, 120 * meV, 0.01, trial);
    polaron += analyse_transport(table, options).hopping_preferred ? 0 : 1;
  }
  EXPECT_GE(mott, 0.95 * trials);
  EXPECT_GE(polaron, 0.95 * trials);
}

// At 1 % noise over 200 to 300 K the better of the two fits is the right one in two trials of three only, and about one
// in three decides nothing; at 0.1 % none is left undetermined.
TEST(Transport, MottsDimensionIsUndeterminedWhereItIs) {
  TransportOptions options;
  options.bootstrap = 0;
  constexpr int trials = 600;
  const std::pair<ConductionLaw, double> truths[] = {{ConductionLaw::mott_3d, 3.083e7},
                                                     {ConductionLaw::mott_2d, 6.9e5}};
  for (const auto& [law, t0] : truths) {
    const std::string right = law == ConductionLaw::mott_3d ? "3D" : "2D";
    int undetermined = 0, wrong = 0, better = 0;
    for (int trial = 0; trial < trials; ++trial) {
      TransportTable table;
      table.resistivity = draw(law, t0, 0.01, trial);
      const auto r = analyse_transport(table, options);
      undetermined += r.dimension == "undetermined" ? 1 : 0;
      wrong += r.dimension != "undetermined" && r.dimension != right ? 1 : 0;
      better += (r.three_dimensional > 0.5) == (law == ConductionLaw::mott_3d) ? 1 : 0;
      if (trial % 20 == 0) {
        table.resistivity = draw(law, t0, 0.001, trial);
        EXPECT_EQ(analyse_transport(table, options).dimension, right);
      }
    }
    EXPECT_NEAR(better / double(trials), 2.0 / 3, 0.06);
    EXPECT_NEAR(undetermined / double(trials), 1.0 / 3, 0.09);
    EXPECT_LT(wrong, 0.2 * trials);
  }
}

TEST(FitLaw, IntervalsCoverTheTruth) {
  int covered = 0, bootstrap = 0;
  constexpr int trials = 500;
  for (int trial = 0; trial < trials; ++trial) {
    const LawFit fit =
        fit_law(ConductionLaw::mott_3d, draw(ConductionLaw::mott_3d, 3.083e7, 0.01, trial, 50, 26), 400, trial);
    covered += fit.characteristic.low < 3.083e7 && 3.083e7 < fit.characteristic.high ? 1 : 0;
    bootstrap += fit.bootstrap.low < 3.083e7 && 3.083e7 < fit.bootstrap.high ? 1 : 0;
  }
  EXPECT_NEAR(covered / double(trials), 0.95, 0.03);
  EXPECT_NEAR(bootstrap / double(trials), 0.94, 0.04);
}

TEST(Transport, ExponentAndZabrodskiiPlot) {
  TransportTable table;
  table.resistivity = draw(ConductionLaw::mott_3d, 3.083e7, 0.003, 3, 50, 26);
  const auto r = analyse_transport(table);
  EXPECT_NEAR(r.exponent.value, 0.25, 4 * r.exponent.standard_error);
  EXPECT_LT(r.exponent.standard_error, 0.02);
  EXPECT_NEAR(r.zabrodskii_exponent.value, 0.25, 4 * r.zabrodskii_exponent.standard_error);
  EXPECT_NEAR(r.hop->distance, 6.7e-9, 0.3e-9);
}

TEST(Transport, FreezeOutFindsTheDonor) {
  TransportTable table;
  const physics::Donor donor{1e24, 100 * meV, 0.1, 1, 2};
  RandomStream random(3, "readings");
  for (double t = 40; t <= 400; t += 10) {
    table.density.temperature.push_back(t);
    table.density.value.push_back(physics::freeze_out_density(donor, t) * std::exp(0.005 * random.normal()));
    table.density.error.push_back(0);
  }
  const auto r = analyse_transport(table);
  ASSERT_TRUE(r.freeze_out.has_value());
  EXPECT_TRUE(r.freeze_out->determined);
  EXPECT_NEAR(r.freeze_out->depth.value, donor.depth, 4 * r.freeze_out->depth.standard_error);
  EXPECT_NEAR(r.freeze_out->compensation.value, 0.1, 4 * r.freeze_out->compensation.standard_error);
}

/// n of charge neutrality n + N_A = N_D/(1 + n g/N_c exp(E_D/kT)), by bisection of ln(n).
double by_bisection(double donors, double depth, double compensation, double t) {
  const double kT = 1.380649e-23 * t;
  const double n1 = 2 * std::pow(2 * 3.14159265358979 * 9.1093837e-31 * kT / (6.62607015e-34 * 6.62607015e-34), 1.5) /
                    2 * std::exp(-depth / kT);
  double low = -60, high = std::log(donors);
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2, n = std::exp(middle);
    (n + compensation * donors < donors / (1 + n / n1) ? low : high) = middle;
  }
  return std::exp((low + high) / 2);
}

// The slope of ln(n) is the depth with compensation and half of it without: where the data do not tell which, neither
// is told. Where they do, 95 % intervals hold the truth in 95 % of tables.
TEST(Transport, FreezeOutIsToldWhereItIsOneDonor) {
  struct Case {
    double compensation, from, noise;
    bool can_be_told;
  };
  for (const Case& c : {Case{1e-6, 100, 0.02, false}, Case{1e-2, 150, 0.01, false}, Case{0.3, 150, 0.01, true},
                        Case{0.9, 60, 0.01, true}}) {
    constexpr int tables = 40;
    int told = 0, held = 0;
    for (int seed = 0; seed < tables; ++seed) {
      TransportTable table;
      RandomStream random(static_cast<std::uint64_t>(seed), "freeze-out");
      for (double t = c.from; t <= 300; t += 10) {
        table.density.temperature.push_back(t);
        table.density.value.push_back(by_bisection(1e24, 60 * meV, c.compensation, t) *
                                      std::exp(c.noise * random.normal()));
        table.density.error.push_back(0);
      }
      const auto f = *analyse_transport(table).freeze_out;
      told += f.determined ? 1 : 0;
      held += f.depth.low <= 60 * meV && f.depth.high >= 60 * meV ? 1 : 0;
    }
    if (c.can_be_told) {
      EXPECT_GT(told, 0.9 * tables) << c.compensation;
      EXPECT_GE(held, 34) << c.compensation;  // of 40 at 95 %: fewer in 1 of 100 trials
    } else {
      EXPECT_LT(told, 0.15 * tables) << c.compensation;
    }
  }
}

// With little compensation it is told to be below something, and the rest is known.
TEST(Transport, FreezeOutWithoutCompensation) {
  TransportTable table;
  RandomStream random(7, "freeze-out");
  for (double t = 40; t <= 400; t += 10) {
    table.density.temperature.push_back(t);
    table.density.value.push_back(by_bisection(1e24, 60 * meV, 1e-8, t) * std::exp(0.005 * random.normal()));
    table.density.error.push_back(0);
  }
  const auto f = *analyse_transport(table).freeze_out;
  EXPECT_FALSE(f.determined);
  EXPECT_FALSE(f.compensation.known());
  EXPECT_LT(f.compensation_below, 1e-3);
  EXPECT_NEAR(f.depth.value, 60 * meV, 3 * f.depth.standard_error);
  EXPECT_LT(f.depth.standard_error, 2 * meV);
}

// A table of thousands of readings, fitted by means: the donor put in, better known than from forty.
TEST(Transport, FreezeOutOfADenseTable) {
  TransportTable table;
  const physics::Donor donor{1e24, 100 * meV, 0.1, 1, 2};
  RandomStream random(3, "dense readings");
  for (int i = 0; i < 4000; ++i) {
    // Two runs with a gap between them, which no mean may bridge.
    const double t = i < 2000 ? 40 + 0.05 * i : 250 + 0.075 * (i - 2000);
    table.density.temperature.push_back(t);
    table.density.value.push_back(physics::freeze_out_density(donor, t) * std::exp(0.01 * random.normal()));
    table.density.error.push_back(0);
  }
  const auto r = analyse_transport(table);
  ASSERT_TRUE(r.freeze_out.has_value());
  EXPECT_TRUE(r.freeze_out->determined);
  EXPECT_LT(r.freeze_out->depth.standard_error, 0.1 * meV);
  EXPECT_NEAR(r.freeze_out->depth.value, donor.depth, 4 * r.freeze_out->depth.standard_error);
  EXPECT_NEAR(r.freeze_out->compensation.value, 0.1, 4 * r.freeze_out->compensation.standard_error);
  EXPECT_NEAR(r.freeze_out->density.value, 1e24, 4 * r.freeze_out->density.standard_error);
}

// The density of states fixes the dimension: in two, T0 = 13.8 / (k g xi^2), so that xi follows from g.
TEST(Transport, DensityOfStatesFixesTheDimensionOfTheHop) {
  TransportTable table;
  table.resistivity = draw(ConductionLaw::mott_2d, 1e6, 0.003, 3, 50, 26);
  TransportOptions options;
  options.bootstrap = 0;
  const auto plain = analyse_transport(table, options);
  ASSERT_TRUE(plain.hop.has_value());
  EXPECT_EQ(plain.hop_law, ConductionLaw::mott_2d);
  const double sheet_states = 1e18 / constants::elementary_charge;  // 1e14 a cm^2 and eV
  options.sheet_density_of_states = sheet_states;
  const auto area = analyse_transport(table, options);
  EXPECT_EQ(area.hop_law, ConductionLaw::mott_2d);
  EXPECT_NEAR(area.hop->localisation_length, std::sqrt(13.8 / (constants::boltzmann * 1e6 * sheet_states)),
              0.05 * area.hop->localisation_length);
  options.sheet_density_of_states.reset();
  options.density_of_states = 1e26 / constants::elementary_charge;
  EXPECT_EQ(analyse_transport(table, options).hop_law, ConductionLaw::mott_3d);
}

TEST(Transport, NoHopBehindPolarons) {
  TransportTable table;
  table.resistivity = draw(ConductionLaw::small_polaron_adiabatic, 100 * meV, 0.003, 3, 100, 26);
  const auto r = analyse_transport(table);
  EXPECT_FALSE(r.hopping_preferred);
  EXPECT_FALSE(r.hop.has_value());
  EXPECT_EQ(r.dimension, "undetermined");
}

// A point of no stated error among precise ones says nothing; it must not take the others' weights away.
TEST(TransportTable, ValuesWithoutErrorAreLeftOut) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.csv";
  write_file(path,
             "temperature [K],resistivity [ohm cm],resistivity_error [ohm cm],sheet_density [cm^-2]\n"
             "300,1,0.01,1e10\n250,2,0.02,1e10\n200,4,,1e9\n150,8,0.08,1e9\n100,16,0.16,1e8\n");
  ThreadPool threads(1);
  const TransportTable t = read_transport_table(path, threads);
  ASSERT_EQ(t.resistivity.value.size(), 4u);
  EXPECT_NEAR(t.resistivity.error[1], 0.08e-2, 1e-9);
  ASSERT_EQ(t.warnings.size(), 1u);
  EXPECT_EQ(t.warnings[0].code, "error_missing");
  EXPECT_EQ(t.warnings[0].row, 4u);
  EXPECT_TRUE(t.sheet_density);
  EXPECT_FALSE(analyse_transport(t).freeze_out.has_value());
}

TEST(TransportTable, ReadsUnitsAndSorts) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.csv";
  write_file(path,
             "temperature [degC],resistivity [ohm cm],density [cm^-3]\n26.85,3.5,3.6e16\n-73.15,70,1e15\n-23.15,12,\n");
  ThreadPool threads(1);
  const TransportTable t = read_transport_table(path, threads);
  ASSERT_EQ(t.resistivity.value.size(), 3u);
  EXPECT_NEAR(t.resistivity.temperature[0], 200, 1e-9);
  EXPECT_NEAR(t.resistivity.value[2], 0.035, 1e-12);
  ASSERT_EQ(t.density.value.size(), 2u);
  EXPECT_NEAR(t.density.value[1], 3.6e22, 1e10);
}

TEST(TransportTable, RefusesWhatIsNoTemperature) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.csv";
  ThreadPool threads(1);
  const auto complaint = [&](const char* text) -> std::string {
    write_file(path, text);
    try {
      read_transport_table(path, threads);
    } catch (const InvalidInput& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_NE(complaint("temperature [K],resistivity [ohm m]\n300,1\n290,2\n300,3\n").find("csv:4: temperature 300 K"),
            std::string::npos);
  EXPECT_NE(complaint("temperature [K],resistivity [ohm m]\n25,1\n-10,2\n0,3\n").find("csv:3: temperature -10 K"),
            std::string::npos);
  EXPECT_NE(complaint("temperature [K],resistivity [ohm m]\n300,1\n290,-2\n").find("csv:3"), std::string::npos);
  EXPECT_NE(complaint("temperature [C],resistivity [ohm m]\n25,1\n").find("[degC]"), std::string::npos);
  EXPECT_NE(complaint("temperature [V],resistivity [ohm m]\n300,1\n").find("'temperature'"), std::string::npos);
  EXPECT_NE(complaint("temperature [K],T [K],resistivity [ohm m]\n300,300,1\n")
                .find("'temperature [K]' and 'T [K]' are both the temperature"),
            std::string::npos);
  EXPECT_NE(complaint("temperature [K],rho [ohm m],resistivity [ohm m]\n300,1,1\n").find("both the resistivity"),
            std::string::npos);
  const std::string errors = "temperature [K],resistivity [ohm m],resistivity_error [ohm m]\n300,1,0.1\n";
  EXPECT_NE(complaint((errors + "290,2,-0.1\n").c_str()).find("csv:3: resistivity_error is -0.1"), std::string::npos);
  EXPECT_NE(complaint((errors + "290,2,9.9E37\n").c_str()).find("csv:3: resistivity_error is an overflow"),
            std::string::npos);
  // What the instrument writes for an overflow does not depend on the unit that the column is in.
  for (const char* unit : {"ohm cm", "kohm m", "ohm m"})
    EXPECT_NE(complaint(fmt::format("temperature [K],resistivity [{}]\n300,1\n290,9.9E37\n280,3\n", unit).c_str())
                  .find("csv:3: resistivity is an overflow"),
              std::string::npos)
        << unit;
  EXPECT_NE(complaint("temperature [mK],resistivity [ohm m]\n300,1\n9.91E37,2\n")
                .find("csv:3: the temperature is an overflow"),
            std::string::npos);
}

TEST(TransportTable, NamesErrorsAsLargeAsTheirValuesAndTakesNoTimeForTemperature) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.csv";
  write_file(
      path,
      "t [s],temperature [K],resistivity [ohm m],resistivity_error [ohm m]\n0,300,1,0.1\n1,290,2,3\n2,280,3,0.1\n");
  ThreadPool threads(1);
  const TransportTable t = read_transport_table(path, threads);
  EXPECT_EQ(t.resistivity.temperature.front(), 280);
  ASSERT_EQ(t.warnings.size(), 1u);
  EXPECT_EQ(t.warnings[0].code, "error_exceeds_value");
  EXPECT_EQ(t.warnings[0].row, 3u);
}

TransportTable table_of_law(double (*resistivity)(double)) {
  TransportTable table;
  RandomStream random(5, "laws", 0);
  for (double t = 50; t <= 300; t += 10) {
    table.resistivity.temperature.push_back(t);
    table.resistivity.value.push_back(resistivity(t) * (1 + 0.01 * random.normal()));
    table.resistivity.error.push_back(0);
  }
  return table;
}

// Windows by joined sums against the same windows fitted one by one from their points.
TEST(Arrhenius, WindowsAreTheFitsOfTheirPoints) {
  for (const int points : {26, 500}) {
    TemperatureSeries s;
    RandomStream random(4, "windows", 0);
    for (int i = 0; i < points; ++i) {
      const double t = 50 + 250.0 * i / (points - 1);
      s.temperature.push_back(t);
      s.value.push_back(1e22 * std::exp(-1000 / t + 0.01 * random.normal()));
      s.error.push_back((0.005 + 0.01 * random.uniform()) * s.value.back());
    }
    const auto windows = arrhenius_windows(s);
    EXPECT_EQ(windows.size(), points == 26 ? 22u * 23 / 2 : 63u * 64 / 2);
    EXPECT_EQ(windows.front().from, 50);
    EXPECT_EQ(windows.back().to, 300);
    for (std::size_t k = 0; k < windows.size(); k += 17) {
      TemperatureSeries part;
      for (int i = 0; i < points; ++i)
        if (s.temperature[i] >= windows[k].from && s.temperature[i] <= windows[k].to) {
          part.temperature.push_back(s.temperature[i]);
          part.value.push_back(s.value[i]);
          part.error.push_back(s.error[i]);
        }
      ASSERT_EQ(part.value.size(), windows[k].points);
      const Estimate e = arrhenius_energy(part);
      EXPECT_NEAR(windows[k].energy.value, e.value, 1e-9 * e.value);
      EXPECT_NEAR(windows[k].energy.standard_error, e.standard_error, 1e-7 * e.standard_error);
      EXPECT_NEAR(windows[k].energy.high, e.high, 1e-9 * e.value);
    }
  }
}

// The truth is exact: in every window of an activated density the energy put in, even in those of a thousandth of a
// kelvin, where sums of plain powers have lost all digits.
TEST(Arrhenius, NarrowWindowsLoseNoDigits) {
  TemperatureSeries s;
  for (int i = 0; i < 60; ++i) {
    s.temperature.push_back(300 + 1e-4 * i);
    s.value.push_back(std::exp(-1160.4518121550082 / s.temperature.back()));
    s.error.push_back(0);
  }
  for (const auto& w : arrhenius_windows(s)) EXPECT_NEAR(w.energy.value / meV, 100, 0.01);
}

// On a dense table neighbouring readings differ by less than their noise; the exponent is that put in nevertheless.
TEST(Transport, ZabrodskiiExponentOfADenseTable) {
  TransportTable table;
  RandomStream random(9, "dense", 0);
  for (int i = 0; i < 2000; ++i) {
    const double t = 50 + 250 * i / 1999.0;
    table.resistivity.temperature.push_back(t);
    table.resistivity.value.push_back(std::exp(std::pow(3.083e7 / t, 0.25) + 0.01 * random.normal()));
    table.resistivity.error.push_back(0);
  }
  TransportOptions options;
  options.bootstrap = 0;
  const auto r = analyse_transport(table, options);
  EXPECT_LT(r.zabrodskii_exponent.standard_error, 0.01);
  EXPECT_NEAR(r.zabrodskii_exponent.value, 0.25, 4 * r.zabrodskii_exponent.standard_error);
  ASSERT_EQ(r.zabrodskii_plot.size(), 8u);
  for (const auto& p : r.zabrodskii_plot)
    EXPECT_NEAR(p.w.value, 0.25 * std::pow(3.083e7 / p.temperature, 0.25), 4.5 * p.w.standard_error);
}

// w of an exact law is p (T0/T)^p, by hand, whatever the windows and however few points they have.
TEST(Transport, ZabrodskiiPlotOfAnExactLaw) {
  for (const double p : {0.25, 0.5, 1.0})
    for (const int step : {1, 10, 40}) {
      TransportTable table;
      const double t0 = std::pow(18.0, 1 / p) * 100;
      for (int t = 50; t <= 300; t += step) {
        table.resistivity.temperature.push_back(t);
        table.resistivity.value.push_back(0.035 * std::exp(std::pow(t0 / t, p)));
        table.resistivity.error.push_back(0);
      }
      TransportOptions options;
      options.bootstrap = 0;
      const auto r = analyse_transport(table, options);
      EXPECT_NEAR(r.zabrodskii_exponent.value, p, 1e-6) << step;
      ASSERT_GE(r.zabrodskii_plot.size(), 2u);
      for (const auto& point : r.zabrodskii_plot) {
        const double w = p * std::pow(t0 / point.temperature, p);
        EXPECT_NEAR(point.w.value, w, 1e-5 * w);
      }
    }
}

// Two laws after one another: Efros and Shklovskii's below 120 K, one level above. No one exponent holds.
TEST(Transport, ABentZabrodskiiPlotIsSaid) {
  TransportTable table;
  RandomStream random(6, "bent", 0);
  for (double t = 40; t <= 300; t += 2) {
    const double hops = 1e-3 * std::exp(-std::sqrt(3000 / t)), level = 50 * std::exp(-1800 / t);
    table.resistivity.temperature.push_back(t);
    table.resistivity.value.push_back(std::exp(0.01 * random.normal()) / (hops + level));
    table.resistivity.error.push_back(0);
  }
  TransportOptions options;
  options.bootstrap = 0;
  const auto r = analyse_transport(table, options);
  for (const char* code : {"zabrodskii_plot_bent", "no_law_fits"})
    EXPECT_TRUE(std::ranges::any_of(r.warnings, [&](const Warning& w) { return w.code == code; })) << code;
  // Where no law describes the data, none has a hop or a dimension.
  EXPECT_FALSE(r.hop.has_value());
  EXPECT_EQ(r.dimension, "undetermined");
}

// True Mott data keep their hop: the better Mott law is within ten units of AICc of the best.
TEST(Transport, MottDataKeepTheirHop) {
  TransportOptions options;
  options.bootstrap = 0;
  int hops = 0;
  for (int trial = 0; trial < 300; ++trial) {
    TransportTable table;
    table.resistivity = draw(ConductionLaw::mott_3d, 3.083e7, 0.01, trial);
    hops += analyse_transport(table, options).hop ? 1 : 0;
  }
  EXPECT_GE(hops, 297);
}

// Efros and Shklovskii's law, not Mott's: no dimension and no hop of Mott's.
TEST(Transport, NoMottHopWhereAnotherHoppingLawWins) {
  const auto r = analyse_transport(table_of_law([](double t) { return 1e-3 * std::exp(std::sqrt(5000 / t)); }), {});
  EXPECT_EQ(r.laws[0].law, physics::ConductionLaw::efros_shklovskii);
  EXPECT_EQ(r.dimension, "undetermined");
  EXPECT_FALSE(r.hop.has_value());
}

// 5e21 per cubic centimetre are 200 times N_c at 300 K: no donor freezes out.
TEST(Transport, ADegenerateDensityHasNoFreezeOut) {
  TransportTable table;
  for (double t = 200; t <= 300; t += 10) {
    table.density.temperature.push_back(t);
    table.density.value.push_back(5e27 * std::exp(-200 / t));
    table.density.error.push_back(0);
  }
  const auto r = analyse_transport(table, {});
  EXPECT_FALSE(r.freeze_out.has_value());
  EXPECT_TRUE(std::ranges::any_of(r.warnings, [](const Warning& w) { return w.code == "degenerate_density"; }));
}

// One error of next to nothing among honest ones: that reading is taken as exact, and the rest still counts.
TEST(FitLaw, AnErrorOfNothingDoesNotSpoilTheFit) {
  TemperatureSeries s = draw(ConductionLaw::nearest_neighbour, 100 * meV, 0.01, 5);
  s.error[3] = 1e-300;
  const LawFit fit = fit_law(ConductionLaw::nearest_neighbour, s, 100);
  EXPECT_NEAR(fit.characteristic.value, 100 * meV, 5 * meV);
  EXPECT_TRUE(std::isfinite(fit.bootstrap.standard_error));
}

// A constant resistivity, exactly and with noise: nothing falls, no law, no exponent, no hop of yoctometres.
TEST(Transport, AConstantHasNoHoppingLaw) {
  for (const double noise : {0.0, 0.01}) {
    TransportTable table;
    RandomStream random(8, "constant", 0);
    for (double t = 200; t <= 300; t += 10) {
      table.resistivity.temperature.push_back(t);
      table.resistivity.value.push_back(1.5 * std::exp(noise * random.normal()));
      table.resistivity.error.push_back(0);
    }
    const auto r = analyse_transport(table, {});
    for (const LawFit& f : r.laws) EXPECT_EQ(f.weight, 0) << physics::name(f.law);
    EXPECT_FALSE(r.hop.has_value());
    EXPECT_FALSE(r.exponent.known());
    EXPECT_FALSE(r.zabrodskii_exponent.known());
  }
}

TEST(Transport, AMetalHasNoHoppingLaw) {
  const auto r = analyse_transport(table_of_law([](double t) { return 1e-6 * t; }), {});
  for (const LawFit& f : r.laws) EXPECT_EQ(f.weight, 0) << physics::name(f.law);
  EXPECT_TRUE(std::ranges::any_of(r.warnings, [](const Warning& w) { return w.code == "resistivity_does_not_fall"; }));
}

// Six points of small polarons with 5 % of noise say nothing of the law: less than one trial in 50 claims Mott's, or
// small polarons'. 1 % over 200 to 300 K is enough for either (MottAndSmallPolaronsAreToldApart).
TEST(Transport, NoisyPointsPreferNoLaw) {
  TransportOptions options;
  options.bootstrap = 0;
  constexpr int trials = 400;
  int mott = 0, polaron = 0, hops = 0;
  for (int trial = 0; trial < trials; ++trial) {
    TransportTable table;
    table.resistivity = draw(ConductionLaw::small_polaron_adiabatic, 120 * meV, 0.05, trial, 250, 6);
    const auto r = analyse_transport(table, options);
    mott += r.preference == Preference::mott ? 1 : 0;
    polaron += r.preference == Preference::small_polaron ? 1 : 0;
    hops += r.hop ? 1 : 0;
    EXPECT_EQ(r.hopping_preferred, r.preference == Preference::mott);
    EXPECT_TRUE(r.hopping_preferred || r.dimension == "undetermined");
  }
  EXPECT_LE(mott, trials / 50);
  EXPECT_LE(polaron, trials / 50);
  EXPECT_LE(hops, mott);
}

// Temperatures 1e-9 K apart: every law is the same straight line, whatever rounding makes of it.
TEST(Transport, ANarrowRangePrefersNoLaw) {
  for (const double step : {1e-9, 0.1}) {
    TransportTable table;
    for (int i = 0; i < 8; ++i) {
      table.resistivity.temperature.push_back(300 + step * i);
      table.resistivity.value.push_back(1e-3 * (1 - 0.1 * i + 0.004 * i * i));
      table.resistivity.error.push_back(0);
    }
    const auto r = analyse_transport(table, {});
    EXPECT_EQ(r.preference, Preference::undetermined);
    EXPECT_FALSE(r.hop.has_value());
    EXPECT_FALSE(r.exponent.known());
    EXPECT_FALSE(r.zabrodskii_exponent.known());
    EXPECT_TRUE(std::ranges::any_of(r.warnings, [](const Warning& w) { return w.code == "narrow_range"; }));
  }
}

// R/xi = (3/8)(T0/T)^(1/4): within one localised state below T0 = 1.5e4 K, and over more than 1 eV from 1.7e11 K on.
TEST(Transport, AHopThatCannotBeIsNone) {
  TransportOptions options;
  options.bootstrap = 0;
  for (const auto& [t0, physical] : {std::pair{1.2e4, false}, {2e4, true}, {1e11, true}, {3e11, false}}) {
    TransportTable table;
    for (double t = 50; t <= 300; t += 10) {
      table.resistivity.temperature.push_back(t);
      table.resistivity.value.push_back(1e-3 * std::exp(physics::log_resistivity(ConductionLaw::mott_3d, t0, t)));
      table.resistivity.error.push_back(0);
    }
    const auto r = analyse_transport(table, options);
    EXPECT_TRUE(r.hopping_preferred);
    EXPECT_EQ(r.hop.has_value(), physical) << t0;
    EXPECT_EQ(std::ranges::any_of(r.warnings, [](const Warning& w) { return w.code == "hop_not_physical"; }),
              !physical);
  }
}

// A density of states that would make the hop a millimetre, or less than an atom, is none of a film's.
TEST(Transport, AHopBeyondTheFilmIsNone) {
  TransportTable table;
  table.resistivity = draw(ConductionLaw::mott_3d, 3.083e7, 0.003, 3, 50, 26);
  TransportOptions options;
  options.bootstrap = 0;
  for (const auto& [states, physical] : {std::pair{1e9, false}, {1e25, true}, {1e38, false}}) {
    options.density_of_states = states / constants::elementary_charge;
    EXPECT_EQ(analyse_transport(table, options).hop.has_value(), physical) << states;
  }
}

// A table without noise has errors of rounding: they are none.
TEST(Transport, ErrorsOfRoundingAreUnknown) {
  const auto said = [](const TransportResult& r) {
    return std::ranges::any_of(r.warnings, [](const Warning& w) { return w.code == "fits_to_rounding"; });
  };
  TransportTable table;
  table.resistivity = draw(ConductionLaw::mott_3d, 3.083e7, 0, 1);
  table.mobility = table.resistivity;
  std::ranges::fill(table.mobility.value, 50e-4);
  const auto exact = analyse_transport(table, {});
  EXPECT_NEAR(exact.laws[0].characteristic.value, 3.083e7, 1);
  for (const Estimate& e :
       {exact.laws[0].characteristic, exact.laws[0].bootstrap, exact.exponent, exact.mobility, exact.mobility_power}) {
    EXPECT_TRUE(e.known());
    EXPECT_TRUE(std::isnan(e.standard_error) && std::isnan(e.low) && std::isnan(e.high));
  }
  EXPECT_TRUE(said(exact));
  // A misfit is an error that is known, and so is any noise.
  EXPECT_GT(exact.conductivity_energy.standard_error, 0);
  table.mobility = {};
  table.resistivity = draw(ConductionLaw::mott_3d, 3.083e7, 1e-6, 1);
  const auto noisy = analyse_transport(table, {});
  EXPECT_GT(noisy.laws[0].characteristic.standard_error, 0);
  EXPECT_FALSE(said(noisy));
}

}  // namespace
}  // namespace ecram::analysis
