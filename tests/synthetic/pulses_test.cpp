// SPDX-License-Identifier: Apache-2.0
#include "ecram/synthetic/pulses.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "ecram/analysis/switching/switching.h"
#include "ecram/core/files.h"

namespace ecram::synthetic {
namespace {

TEST(DrawnPulses, TheAnalysisFindsTheTruth) {
  ThreadPool threads(2);
  const auto truth = drawn_after_fig3b();
  const auto found = analysis::analyse_switching(analysis::parse_pulses(draw_pulses(truth, 3), "drawn"), {}, threads);
  ASSERT_TRUE(found.potentiation && found.depression);
  EXPECT_LT(std::abs(found.potentiation->nonlinearity.value - 0.122),
            3.5 * found.potentiation->nonlinearity.standard_error);
  EXPECT_LT(std::abs(found.depression->nonlinearity.value + 0.206),
            3.5 * found.depression->nonlinearity.standard_error);
  EXPECT_LT(std::abs(found.gmin.value - truth.gmin), 3.5 * found.gmin.standard_error);
  EXPECT_LT(std::abs(found.gmax.value - truth.gmax), 3.5 * found.gmax.standard_error);
  EXPECT_LT(found.gmin.standard_error, 1e-8);
  EXPECT_EQ(found.potentiation->runs, 8U);
  EXPECT_EQ(found.potentiation->fit.noise_model, analysis::NoiseModel::reading);
  // 600 readings of a cycle, spread 35.9 nS estimated from 8 cycles: the largest of them is above the true spread.
  EXPECT_GT(found.variation.worst_spread, 35.9e-9);
  EXPECT_LT(found.variation.worst_spread, 3 * 35.9e-9);
}

// The file that the repository carries is the one that this code draws.
TEST(DrawnPulses, TheExampleIsWhatThisCodeDraws) {
  const MappedFile file(std::filesystem::path(std::getenv("ECRAM_SOURCE")) / "examples" / "pulses_drawn.csv");
  EXPECT_EQ(file.text(), draw_pulses(drawn_after_fig3b(), 1));
}

}  // namespace
}  // namespace ecram::synthetic
