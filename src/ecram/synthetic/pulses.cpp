// SPDX-License-Identifier: Apache-2.0
#include "ecram/synthetic/pulses.h"

#include <fmt/format.h>

#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/core/random.h"

namespace ecram::synthetic {

PulseTruth drawn_after_fig3b() {
  PulseTruth truth;
  truth.gmin = 5.5e-6;
  truth.gmax = 8.5e-6;
  truth.label_potentiation = 0.122;
  truth.label_depression = 0.206;
  truth.pulses = 300;
  truth.cycles = 8;
  truth.volts_up = 1.5;
  truth.volts_down = -0.8;
  truth.width = 0.5;
  truth.reading_noise = 35.9e-9;
  return truth;
}

std::string draw_pulses(const PulseTruth& truth, std::uint64_t seed) {
  std::string csv = fmt::format(
      "# DRAWN, not measured: a made-up device that follows the exponential law, with nonlinearity labels {} (up) and\n"
      "# {} (down), window {} to {} uS, and normal reading noise of {} nS. Seed {}.\n"
      "pulse_V,pulse_width_s,conductance_uS\n",
      truth.label_potentiation, truth.label_depression, truth.gmin * 1e6, truth.gmax * 1e6, truth.reading_noise * 1e9,
      seed);
  const double up = analysis::curvature_of_label(truth.label_potentiation);
  const double down = analysis::curvature_of_label(truth.label_depression);
  const double window = truth.gmax - truth.gmin;
  RandomStream random(seed, "drawn pulses");
  for (int cycle = 0; cycle < truth.cycles; ++cycle)
    for (const bool rising : {true, false})
      for (int i = 0; i < truth.pulses; ++i) {
        const double share = i / (truth.pulses - 1.0);
        const double law = rising ? truth.gmin + window * analysis::exponential_law(share, up)
                                  : truth.gmax - window * analysis::exponential_law(share, down);
        csv += fmt::format("{},{},{:.6f}\n", rising ? truth.volts_up : truth.volts_down, truth.width,
                           (law + truth.reading_noise * random.normal()) * 1e6);
      }
  return csv;
}

}  // namespace ecram::synthetic
