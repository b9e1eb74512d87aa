// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ecram/analysis/transport/transport.h"
#include "ecram/core/random.h"

namespace ecram::analysis {
namespace {

// The truth is put in by hand: Mott's law with the T0 of the paper's donor, and one level of 98.9 meV (1147.7 K). On
// dense tables neighbouring readings differ by less than their noise: derivatives there say nothing.
TEST(ZabrodskiiPlot, ItsIntervalCoversTheTruthOnSparseAndDenseTables) {
  constexpr int trials = 400;
  TransportOptions options;
  options.bootstrap = 0;
  for (const double truth : {0.25, 1.0})
    for (const double from : {50.0, 200.0})
      for (const int points : {11, 26, 500, 2000}) {
        const auto about = fmt::format("p = {}, {} points from {} K", truth, points, from);
        const double t0 = truth == 1 ? 1147.7 : 3.083e7;
        int covered = 0, bent = 0;
        double mean = 0, square = 0, stated = 0;
        for (int trial = 0; trial < trials; ++trial) {
          RandomStream random(11, about, static_cast<std::uint64_t>(trial));
          TransportTable table;
          for (int i = 0; i < points; ++i) {
            const double t = from + (300 - from) * i / (points - 1);
            table.resistivity.temperature.push_back(t);
            table.resistivity.value.push_back(1e-6 * std::exp(std::pow(t0 / t, truth) + 0.01 * random.normal()));
            table.resistivity.error.push_back(0);
          }
          const TransportResult r = analyse_transport(table, options);
          const Estimate& p = r.zabrodskii_exponent;
          ASSERT_TRUE(p.known()) << about;
          covered += p.low < truth && truth < p.high ? 1 : 0;
          mean += p.value / trials;
          square += (p.value - truth) * (p.value - truth) / trials;
          stated += p.standard_error * p.standard_error / trials;  // the square is what has no bias
          for (const Warning& w : r.warnings) bent += w.code == "zabrodskii_plot_bent" ? 1 : 0;
        }
        const double spread = std::sqrt(square);
        EXPECT_GT(covered / double(trials), 0.95 - 0.034) << about;
        // With few points the number of windows goes with the noise estimated: a noise thought too large gives fewer of
        // them, and an interval that is too wide by some per cent.
        EXPECT_LT(covered / double(trials), points > 11 ? 0.95 + 0.034 : 1) << about;
        EXPECT_LT(std::abs(mean - truth), 0.1 * spread + 3 * spread / std::sqrt(double(trials))) << about;
        EXPECT_NEAR(std::sqrt(stated) / spread, 1, 0.12) << about;
        EXPECT_LE(bent, 3) << about;
        RecordProperty(
            fmt::format("p{}_{}K_{}", truth, from, points),
            fmt::format("mean {:.4f}, spread {:.4f}, covered {:.3f}", mean, spread, covered / double(trials)));
      }
}

}  // namespace
}  // namespace ecram::analysis
