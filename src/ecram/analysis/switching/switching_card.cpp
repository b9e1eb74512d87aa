// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/switching_card.h"

#include <fmt/format.h>

#include "ecram/core/version.h"

namespace ecram::analysis {
namespace {

record::CardDirection card_of(const DirectionFinding& d) {
  record::CardDirection card;
  card.pulses = d.pulses;
  card.runs = d.runs;
  card.noise_model = name(d.fit.noise_model);
  card.described = d.described;
  card.nonlinearity = d.nonlinearity;
  card.a = d.a;
  card.b = d.b;
  card.low = d.low;
  card.high = d.high;
  card.mean_step = d.mean_step;
  card.reading_noise = d.reading_noise;
  card.step_noise = d.step_noise;
  card.whiteness_p = d.fit.whiteness_p;
  card.shape_p = d.fit.shape_p;
  card.shape_misfit = d.fit.shape_misfit;
  if (d.label_spread) card.label_spread.value = *d.label_spread;
  card.energy_per_pulse = d.energy;
  return card;
}

}  // namespace

record::DeviceCard card_of(std::span<const Switching> switching, const std::optional<DeviceToDevice>& devices,
                           const std::string& device_name) {
  const Switching& s = switching.front();
  record::DeviceCard card;
  card.device = device_name;
  card.program = fmt::format("ecram {} ({})", version(), commit());
  card.conductance_unit = s.arbitrary_units ? "arbitrary" : "S";
  for (const Switching& one : switching) card.sources.push_back({one.source, one.sha256, one.layout});
  card.gmin = s.gmin;
  card.gmax = s.gmax;
  card.on_off = s.on_off;
  card.resolved_states = s.resolved_states;
  card.asymmetry = s.asymmetry;
  card.symmetry_point = s.symmetry_point;
  card.handover_drop = s.handover_drop;
  if (s.potentiation) card.potentiation = card_of(*s.potentiation);
  if (s.depression) card.depression = card_of(*s.depression);
  card.cycles = s.variation.cycles;
  card.step_over_window = s.variation.step_over_window;
  card.raw_step_over_window = s.variation.raw_step_over_window;
  card.step_over_mean_step = s.variation.step_over_mean_step;
  card.raw_step_over_mean_step = s.variation.raw_step_over_mean_step;
  card.worst_spread_over_mean = s.variation.worst_spread_over_mean;
  if (devices) {
    card.devices = devices->devices;
    card.device_worst_mean = devices->worst_mean;
    card.device_worst_spread = devices->worst_spread;
  }
  card.warnings = s.warnings;
  return card;
}

}  // namespace ecram::analysis
