// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/chapters/conduction.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/analysis/transport/transport.h"
#include "ecram/core/constants.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/random.h"
#include "ecram/report/format.h"
#include "ecram/report/hall.h"
#include "ecram/synthetic/hall_record.h"

namespace ecram::study {
namespace {

using report::Draw;
constexpr double meV = 1e-3 * constants::elementary_charge;
constexpr double mott_temperature = 3.083e7;  // K: gives 98.9 meV between 200 and 300 K
constexpr double cable_capacitance = 10e-12;  // F

/// The film's set-up at 300 K: the paper's bar, with what disturbs such a record.
synthetic::HallScene scene_300K(std::uint64_t seed) {
  synthetic::HallScene scene;
  scene.misalignment = 1e-6;
  scene.drift = {0.05, -0.02};
  scene.resistance_drift = {0.01};
  scene.flicker_corner = scene.rotation_frequency;
  scene.loop_area = 1e-5;
  scene.longitudinal_noise = 10e-6;
  scene.spike_share = 0.005;
  scene.spike_size = 1e-3;
  scene.seed = seed;
  return scene;
}

/// The record's noise grows, and its lag with it, as the film freezes: Johnson noise of the bar in 1 Hz beside the
/// amplifier's 10 uV, and the cable's capacitance charged through the bar.
synthetic::HallScene scene_at(double temperature, std::uint64_t seed, std::uint64_t index) {
  auto scene =
      synthetic::at_temperature(scene_300K(seed), physics::ConductionLaw::mott_3d, mott_temperature, temperature);
  const double resistance = synthetic::truth(scene).sheet_resistance * scene.bar.length / scene.bar.width;
  scene.white_noise = std::hypot(10e-6, std::sqrt(4 * constants::boltzmann * temperature * resistance));
  scene.rc_time = cable_capacitance * resistance;
  scene.index = index;
  return scene;
}

/// The scene's record as its sensors and the analysis see it.
analysis::HallResult analyse_with_sensors(const synthetic::HallScene& scene, const std::vector<double>& kelvins) {
  auto record = synthetic::hall_record(scene);
  record.temperature.clear();
  for (double t : kelvins) record.temperature.emplace_back(record.time.size(), t);
  analysis::HallOptions options;
  options.rc_time = scene.rc_time;  // from the measured resistance and the cable's capacitance
  return analysis::analyse_hall(record, scene.bar, options);
}

struct Sweep {
  std::vector<analysis::HallResult> results;
  analysis::TransportTable table;
};

Sweep simulate_sweep(const StudyContext& context) {
  std::vector<double> temperatures;
  for (double t = 50; t <= 300; t += 10) temperatures.push_back(t);
  Sweep sweep;
  sweep.results.resize(temperatures.size());
  context.threads->for_each(temperatures.size(), [&](std::size_t i) {
    stop_if_interrupted();
    // Three sensors, each with an error of its own, and a sample that they follow to half a kelvin.
    const double t = temperatures[i];
    RandomStream cryostat(context.seed, "cryostat", i);
    const auto scene = scene_at(t + 0.5 * cryostat.normal(), context.seed, i);
    sweep.results[i] = analyse_with_sensors(scene, {t - 0.2, t, t + 0.3});
  });
  sweep.table.source = "simulated sweep";
  for (const auto& r : sweep.results) {
    const auto add = [&](analysis::TemperatureSeries& series, const Estimate& e) {
      if (!e.known()) return;
      series.temperature.push_back(r.temperature);
      series.value.push_back(e.value);
      series.error.push_back(e.standard_error);
    };
    add(sweep.table.resistivity, r.resistivity);
    add(sweep.table.density, r.density);
    add(sweep.table.mobility, r.mobility);
  }
  return sweep;
}

std::string hop_sentence(const analysis::TransportResult& window, double thickness) {
  if (!window.hop) return "No hop is told: Mott's laws are not preferred clearly enough.";
  return fmt::format(
      "The hop at 300 K is {} for a localisation length of {} (assumed), {} than the film is thick ({}).",
      report::with_prefix(window.hop->distance, "m", 3), report::with_prefix(window.hop->localisation_length, "m", 3),
      window.hop->distance > thickness ? "longer" : "shorter", report::with_prefix(thickness, "m", 2));
}

report::Figure record_figure(const analysis::HallResult& r, const analysis::HallBar& bar) {
  report::Figure f{.panels = report::hall_record_panels(r), .columns = 2, .height = 880};
  f.panels.push_back(report::hall_bar_panel(bar));
  return f;
}

report::Figure sweep_figure(const Sweep& sweep, const analysis::TransportResult& window) {
  const auto& rho = sweep.table.resistivity;
  const auto& mu = sweep.table.mobility;
  const auto& n = sweep.table.density;
  const auto mott = std::find_if(window.laws.begin(), window.laws.end(),
                                 [](const auto& f) { return f.law == physics::ConductionLaw::mott_3d; });
  std::vector<double> x, law, reciprocal, line, mobility, mobility_error_low, mobility_error_high;
  for (double t : rho.temperature) {
    x.push_back(std::pow(t, -0.25));
    if (mott != window.laws.end())
      law.push_back(
          std::exp(mott->log_prefactor.value + physics::log_resistivity(mott->law, mott->characteristic.value, t)));
  }
  double level = 0, count = 0;
  for (std::size_t i = 0; i < n.value.size(); ++i)
    if (n.temperature[i] >= 200)
      level += std::log(n.value[i]) + window.density_energy.value / (constants::boltzmann * n.temperature[i]),
          count += 1;
  for (double t : n.temperature) {
    reciprocal.push_back(1000 / t);
    line.push_back(std::exp(level / count - window.density_energy.value / (constants::boltzmann * t)));
  }
  for (std::size_t i = 0; i < mu.value.size(); ++i) {
    mobility.push_back(1e4 * mu.value[i]);
    mobility_error_low.push_back(1e4 * (mu.value[i] - mu.error[i]));
    mobility_error_high.push_back(1e4 * (mu.value[i] + mu.error[i]));
  }
  report::Figure f{.columns = 3, .width = 960, .height = 340};
  f.panels.push_back({.title = "resistivity",
                      .x = {.label = "T^(−1/4)", .unit = "K^(−1/4)"},
                      .y = {.label = "resistivity", .unit = "Ω m", .log = true},
                      .series = {{.name = "records", .draw = Draw::points, .x = x, .y = rho.value}}});
  if (!law.empty()) f.panels.back().series.push_back({.name = "Mott, 200–300 K", .draw = Draw::line, .x = x, .y = law});
  f.panels.push_back({.title = "Hall mobility",
                      .x = {.label = "temperature", .unit = "K"},
                      .y = {.label = "mobility", .unit = "cm²/(V s)"},
                      .series = {{.draw = Draw::points,
                                  .x = mu.temperature,
                                  .y = mobility,
                                  .low = mobility_error_low,
                                  .high = mobility_error_high}}});
  f.panels.push_back({.title = "carrier density",
                      .x = {.label = "1000/T", .unit = "1/K"},
                      .y = {.label = "density", .unit = "1/m³", .log = true},
                      .series = {{.name = "records", .draw = Draw::points, .x = reciprocal, .y = n.value},
                                 {.name = fmt::format("{:.1f} meV, 200–300 K", window.density_energy.value / meV),
                                  .draw = Draw::line,
                                  .x = reciprocal,
                                  .y = line}}});
  return f;
}

/// Where the stage says 200 K the sample can be at 208 K: what the sensors make of it, and what it does to an energy.
report::Paragraph stage_paragraph(const analysis::HallResult& room, std::uint64_t seed) {
  constexpr double stage = 200, sample = 208;
  const auto cold = analyse_with_sensors(scene_at(sample, seed, 1000), {stage, sample - 0.2, sample + 0.1});
  const auto energy = [&](double temperature) {
    return constants::boltzmann * std::log(room.density.value / cold.density.value) /
           (1 / temperature - 1 / room.temperature) / meV;
  };
  return fmt::format(
      "Where the stage says 200 K the sample can be at 208 K (Fig. 4c). A record at 208 K with one sensor at the stage "
      "and two at the sample is put to their median, {:.1f} K, and their disagreement of {:.1f} K is reported. Its "
      "density of {} and that at 300 K are {:.1f} meV apart at the fused temperature; at the stage's they would be "
      "{:.1f} meV.",
      cold.temperature, cold.temperature_spread, report::with_uncertainty(scaled(cold.density, 1e-6), "cm⁻³"),
      energy(cold.temperature), energy(stage));
}

report::Table law_table(const analysis::TransportResult& r) {
  report::Table t{.caption = "Conduction laws fitted to ln(resistivity) between 200 and 300 K",
                  .header = {"law", "Akaike weight", "T0 or energy"},
                  .numeric = {false, true, true}};
  for (const auto& f : r.laws) {
    const bool t0 = physics::has_characteristic_temperature(f.law);
    t.rows.emplace_back(std::vector<report::Cell>{
        std::string(physics::name(f.law)), fmt::format("{:.4f}", f.weight),
        report::with_uncertainty(scaled(f.characteristic, t0 ? 1 : 1 / meV), t0 ? "K" : "meV")});
  }
  return t;
}

ChapterText write_conduction(const StudyContext& context) {
  const Sweep sweep = simulate_sweep(context);
  analysis::TransportOptions options;
  options.from = 200;
  options.to = 300;
  options.bootstrap = context.effort == Effort::quick ? 200 : 2000;
  options.seed = context.seed;
  const auto window = analysis::analyse_transport(sweep.table, options);
  options.from = options.to = 0;
  const auto whole = analysis::analyse_transport(sweep.table, options);
  const auto& room = sweep.results.back();

  ChapterText text;
  text.blocks.emplace_back(
      report::Paragraph("The film's Hall voltage is a tenth of a millivolt under an offset seventeen times as large "
                        "that drifts. A slowly rotating magnet "
                        "moves it to a frequency of its own. The records here are simulated after the paper's numbers "
                        "(60 × 20 µm², 4.5 nm, 0.1 V, 0.6 T at "
                        "0.75 rpm, 20 minutes a temperature) with drift, white and 1/f noise, induction, spikes, "
                        "the cable's lag and a temperature that is known to half a kelvin, and analysed as "
                        "measured ones would be. Density and its temperature law, mobility and carrier type are put "
                        "in: finding them again tests the analysis, and the rows of "
                        "the table are marked calibrated."));
  text.blocks.emplace_back(
      report::FigureBlock{record_figure(room, scene_300K(context.seed).bar),
                          report::Paragraph("The record at 300 K, as in Fig. 2a: trace, what is left without offset "
                                            "and drift, spectra, lock-in period by period; and the axes, the "
                                            "current's direction and the arms' polarity that all signs refer to.")});
  text.blocks.emplace_back(report::Paragraph(
      fmt::format("At 300 K the three estimates of R_xy are {} by generalised least squares, {} by lock-in and {} by "
                  "Fourier transform.",
                  report::with_prefix(room.hall_resistance, "Ω"), report::with_prefix(room.lock_in.mean.in_phase, "Ω"),
                  report::with_prefix(room.fourier.amplitude.in_phase, "Ω"))));
  text.blocks.emplace_back(report::FigureBlock{
      sweep_figure(sweep, window),
      report::Paragraph("Resistivity, mobility and density from 300 K to 50 K in 10 K steps, as in Fig. 2b and 2c.")});
  text.blocks.emplace_back(law_table(window));
  analysis::TemperatureSeries alike = whole.used.density;
  std::ranges::fill(alike.error, 0);
  const Estimate unweighted = analysis::arrhenius_energy(alike);
  const auto [low, high] =
      std::minmax_element(whole.windows.begin(), whole.windows.end(),
                          [](const auto& a, const auto& b) { return a.energy.value < b.energy.value; });
  text.blocks.emplace_back(report::Paragraph(
      fmt::format("The density's Arrhenius energy is {} between 200 and 300 K and {} over all temperatures, where "
                  "the errors of the cold readings, large, leave the line to the warm ones (without weights {:.0f} "
                  "meV); of n/T^1.5 "
                  "it is {} between 200 and 300 K. Over all windows of at least five "
                  "points it runs from {:.0f} meV ({:.0f} to {:.0f} K) to {:.0f} meV ({:.0f} to {:.0f} K): one "
                  "variable-range-hopping curve has no single activation energy, and 98.9 meV names a window of "
                  "temperatures as much as a level. With constant mobility, which hopping itself does not explain, T0 "
                  "= 3.083·10⁷ K was chosen to give it. "
                  "Between three and two dimensions of Mott's law the data here say: {}. {}",
                  report::with_uncertainty(scaled(window.density_energy, 1 / meV), "meV"),
                  report::with_uncertainty(scaled(whole.density_energy, 1 / meV), "meV"), unweighted.value / meV,
                  report::with_uncertainty(scaled(window.density_energy_band, 1 / meV), "meV"), low->energy.value / meV,
                  low->from, low->to, high->energy.value / meV, high->from, high->to, window.dimension,
                  hop_sentence(window, scene_300K(context.seed).bar.thickness))));

  text.blocks.emplace_back(stage_paragraph(room, context.seed));

  const char* note = "put into the simulated records, found again by the analysis";
  text.findings.push_back(
      {"fig2.carrier_type", std::string(report::carrier_word(room.carrier)), Origin::calibrated, note});
  text.findings.push_back({"fig2.mobility_cm2_per_Vs", scaled(whole.mobility, 1e4), Origin::calibrated, note});
  text.findings.push_back({"fig2.donor_activation_meV", scaled(window.density_energy, 1 / meV), Origin::calibrated,
                           "T0 of Mott's law was chosen for it, at constant mobility"});
  text.findings.push_back({"fig2.resistivity_law",
                           fmt::format("Mott VRH {} small-polaron hopping at 200-300 K; dimension {}",
                                       window.hopping_preferred ? "better than" : "not better than", window.dimension),
                           Origin::calibrated, note});
  return text;
}

}  // namespace

Chapter conduction_chapter() { return {"conduction", "Channel conduction", write_conduction}; }

}  // namespace ecram::study
