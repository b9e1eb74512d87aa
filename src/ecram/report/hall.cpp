// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/hall.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ecram/report/format.h"
#include "ecram/report/json.h"

namespace ecram::report {
namespace {

using namespace analysis;
using nlohmann::ordered_json;

/// One quantity a line, the values in a column.
void add_line(std::string& text, std::string_view what, std::string_view value) {
  fmt::format_to(std::back_inserter(text), "  {:<26} {}\n", what, value);
}

void add_warnings(std::string& text, const std::vector<Warning>& warnings) {
  for (const auto& w : warnings) fmt::format_to(std::back_inserter(text), "  warning {}: {}\n", w.code, w.text);
}

/// What is known of a film whose Hall signal was not detected.
void add_bounds(std::string& text, const HallFilm& r) {
  add_line(text, "carrier type", "not detected");
  add_line(text, "Hall slope", fmt::format("below {:.3g} ohm/T (95 %)", r.largest_hall_slope));
  add_line(text, "density", fmt::format("above {:.3g} cm^-3", r.least_density * 1e-6));
  if (r.sheet_resistance.known())
    add_line(text, "mobility", fmt::format("below {:.3g} cm^2/(V s)", r.largest_mobility * 1e4));
}

/// Were there readings with a field, to find a Hall signal in?
bool hall_measured(const DcHallResult& r) { return r.hall_slope.known() || r.carrier != Carrier::not_detected; }

/// Of a result under a rotating field or at set fields.
ordered_json bounds_json(const auto& r) {
  return {{"largest_hall_slope_ohm_per_T", to_json(r.largest_hall_slope)},
          {"least_density_m3", to_json(r.least_density)},
          {"largest_mobility_m2_per_Vs", to_json(r.largest_mobility)}};
}

}  // namespace

const char* carrier_word(Carrier carrier) {
  return carrier == Carrier::electrons ? "n" : carrier == Carrier::holes ? "p" : "not detected";
}

ordered_json hall_json(const HallResult& r) {
  ordered_json j;
  j["file"] = r.name;
  j["carrier_type"] = carrier_word(r.carrier);
  j["carrier_confidence"] = to_json(r.carrier_confidence);
  j["density_m3"] = to_json(r.density);
  j["sheet_density_m2"] = to_json(r.sheet_density);
  j["mobility_m2_per_Vs"] = to_json(r.mobility);
  j["density_mobility_correlation"] = to_json(r.density_mobility_correlation);
  j["resistivity_ohm_m"] = to_json(r.resistivity);
  j["sheet_resistance_ohm"] = to_json(r.sheet_resistance);
  j["hall_resistance_ohm"] = to_json(r.hall_resistance);
  j["hall_slope_ohm_per_T"] = to_json(r.hall_slope);
  j["hall_coefficient_m3_per_C"] = to_json(r.hall_coefficient);
  j["bounds"] = bounds_json(r);
  j["contact_resistance_ohm"] = to_json(r.contact_resistance);
  j["signal_to_noise"] = to_json(r.signal_to_noise);
  j["phase_rad"] = to_json(r.phase);
  j["induced_V"] = to_json(r.induced);
  j["pickup_V"] = to_json(r.pickup);
  j["even_ohm_per_T2"] = to_json(r.even);
  j["offset_ohm"] = to_json(r.offset);
  const auto simple = [](const SimpleHallEstimate& e) {
    return ordered_json{{"in_phase_ohm", to_json(e.in_phase)}, {"quadrature_ohm", to_json(e.quadrature)}};
  };
  j["lock_in"] = simple(r.lock_in.mean);
  j["fourier"] = simple(r.fourier.amplitude);
  j["field_amplitude_T"] = r.field_amplitude;
  j["frequency_Hz"] = r.frequency;
  j["periods"] = r.periods;
  j["current_A"] = r.current;
  j["temperature_K"] = to_json(r.temperature);
  j["temperature_spread_K"] = r.temperature_spread;
  j["readings"] = r.readings;
  j["rejected"] = r.rejected;
  j["drift_order"] = r.drift_order;
  j["noise"] = {{"white_V", r.white_noise}, {"corner_Hz", to_json(r.corner_frequency)}};
  j["warnings"] = to_json(r.warnings);
  return j;
}

ordered_json dc_hall_json(const DcHallResult& r) {
  return {{"method", r.method},
          {"carrier_type", hall_measured(r) ? carrier_word(r.carrier) : "not measured"},
          {"density_m3", to_json(r.density)},
          {"sheet_density_m2", to_json(r.sheet_density)},
          {"mobility_m2_per_Vs", to_json(r.mobility)},
          {"resistivity_ohm_m", to_json(r.resistivity)},
          {"sheet_resistance_ohm", to_json(r.sheet_resistance)},
          {"hall_resistance_ohm", to_json(r.hall_resistance)},
          {"hall_slope_ohm_per_T", to_json(r.hall_slope)},
          {"density_mobility_correlation", to_json(r.density_mobility_correlation)},
          {"bounds", bounds_json(r)},
          {"temperature_K", to_json(r.temperature)},
          {"warnings", to_json(r.warnings)}};
}

std::string hall_text(const HallResult& r) {
  std::string text = r.name + "\n";
  const auto line = [&](std::string_view what, std::string_view value) { add_line(text, what, value); };
  if (r.carrier == Carrier::not_detected) {
    add_bounds(text, r);
  } else {
    line("carrier type", fmt::format("{} (probability {:.4f})", carrier_word(r.carrier), r.carrier_confidence));
    line("density", with_uncertainty(scaled(r.density, 1e-6), "cm^-3"));
    line("sheet density", with_uncertainty(scaled(r.sheet_density, 1e-4), "cm^-2"));
    if (r.mobility.known()) {
      const std::string correlation =
          std::isfinite(r.density_mobility_correlation)
              ? fmt::format(" (correlation with the density {:.2f})", r.density_mobility_correlation)
              : "";
      line("Hall mobility", with_uncertainty(scaled(r.mobility, 1e4), "cm^2/(V s)") + correlation);
    }
    line("R_xy at the amplitude", with_prefix(r.hall_resistance, "ohm"));
    line("Hall coefficient", with_uncertainty(r.hall_coefficient, "m^3/C"));
  }
  if (r.resistivity.known()) {
    line("resistivity", with_uncertainty(scaled(r.resistivity, 100), "ohm cm"));
    line("sheet resistance", with_prefix(r.sheet_resistance, "ohm"));
  }
  if (r.contact_resistance.known()) line("contacts and leads", with_prefix(r.contact_resistance, "ohm"));
  if (std::isfinite(r.signal_to_noise)) line("signal to noise", fmt::format("{:.3g}", r.signal_to_noise));
  if (r.lock_in.mean.in_phase.known()) line("lock-in, in phase", with_prefix(r.lock_in.mean.in_phase, "ohm"));
  if (r.lock_in.mean.quadrature.known()) line("lock-in, out of phase", with_prefix(r.lock_in.mean.quadrature, "ohm"));
  if (r.fourier.amplitude.in_phase.known()) line("Fourier transform", with_prefix(r.fourier.amplitude.in_phase, "ohm"));
  line("phase (V_xy behind B)", with_uncertainty(scaled(r.phase, 180 / std::numbers::pi), "deg"));
  line("in quadrature", with_prefix(r.induced, "V"));
  if (r.pickup.known()) line("pick-up, in phase", with_prefix(r.pickup, "V"));
  line("field", fmt::format("{:.4g} T at {:.5g} Hz, {:.3g} periods", r.field_amplitude, r.frequency, r.periods));
  line("current", with_prefix(r.current, "A"));
  if (std::isfinite(r.temperature)) line("temperature", fmt::format("{:.5g} K", r.temperature));
  line("noise", fmt::format("{} a reading, 1/f {}", with_prefix(r.white_noise, "V"),
                            std::isnan(r.corner_frequency) ? "as high as the readings show"
                            : r.corner_frequency > 0       ? "below " + with_prefix(r.corner_frequency, "Hz")
                                                           : "below no frequency"));
  line("readings", fmt::format("{}, {} left out; drift of order {}", r.readings, r.rejected, r.drift_order));
  add_warnings(text, r.warnings);
  return text;
}

std::string dc_hall_text(const DcHallResult& r) {
  std::string text;
  const auto line = [&](std::string_view what, std::string_view value) { add_line(text, what, value); };
  line("method", r.method);
  if (std::isfinite(r.temperature)) line("temperature", fmt::format("{:.5g} K", r.temperature));
  if (!hall_measured(r)) {
    line("carrier type", "not measured (no readings with a field)");
  } else if (r.carrier == Carrier::not_detected) {
    add_bounds(text, r);
  } else {
    line("carrier type", carrier_word(r.carrier));
    line("density", with_uncertainty(scaled(r.density, 1e-6), "cm^-3"));
    line("Hall mobility", with_uncertainty(scaled(r.mobility, 1e4), "cm^2/(V s)"));
  }
  line("resistivity", with_uncertainty(scaled(r.resistivity, 100), "ohm cm"));
  if (hall_measured(r)) line("Hall slope", with_uncertainty(r.hall_slope, "ohm/T"));
  add_warnings(text, r.warnings);
  return text;
}

std::string contact_curve_text(const ContactCurve& curve) {
  return fmt::format("  contact set {:<14} {}{}\n", curve.contact_set, with_prefix(curve.resistance, "ohm"),
                     curve.linear ? "" : ", not linear");
}

std::string hall_axes_text(const HallBar& bar, double hall_factor) {
  return fmt::format(
      "Axes: current along +x, +B along +z; V_xx upstream minus downstream arm, V_xy arm at -y minus arm at +y{}; r_H "
      "= {:.4g}.\n",
      bar.arms_swapped ? ", here swapped" : "", hall_factor);
}

Panel hall_bar_panel(const HallBar& bar) {
  const double half_length = 0.5 * std::max(bar.total_length, 1.6 * bar.length), half_width = 0.5 * bar.width;
  const double arm = 0.5 * (bar.arm_width > 0 ? bar.arm_width : 0.05 * bar.width), reach = half_width + 0.5 * bar.width;
  const double hall_x = bar.arm_position.value_or(0.5 * bar.length);
  std::vector<double> arms{-0.5 * bar.length, 0.5 * bar.length};
  if (bar.arm_position && std::abs(std::abs(hall_x) - 0.5 * bar.length) > 0.01 * bar.length) arms.push_back(hall_x);
  std::sort(arms.begin(), arms.end());
  // The outline, clockwise from the upper left corner, round the four arms.
  std::vector<double> x{-half_length}, y{half_width};
  const auto to = [&](double at_x, double at_y) { x.push_back(at_x), y.push_back(at_y); };
  for (const double side : {1.0, -1.0}) {
    for (const double centre : side > 0 ? arms : std::vector<double>(arms.rbegin(), arms.rend())) {
      to(centre - side * arm, side * half_width);
      to(centre - side * arm, side * reach);
      to(centre + side * arm, side * reach);
      to(centre + side * arm, side * half_width);
    }
    to(side * half_length, side * half_width);
    if (side > 0) to(half_length, -half_width);
  }
  to(-half_length, half_width);
  Panel panel{.title = "axes and signs",
              .x = {.label = "x", .unit = "m", .prefix = true, .low = -1.15 * half_length, .high = 1.15 * half_length},
              .y = {.label = "y", .unit = "m", .prefix = true, .low = -1.9 * reach, .high = 1.9 * reach},
              .series = {{.draw = Draw::line, .x = x, .y = y, .colour = Colour::grey}}};
  const double arm_x = 0.5 * bar.length, label = 1.25 * reach;
  panel.annotations = {
      {0, 0, "I →  (+x)"},
      {0, 1.65 * reach, "+B and +z towards the reader"},
      {-arm_x, label, "A"},
      {arm_x, label, "B"},
      {arm_x, -label, "C"},
      {0, -1.65 * reach, bar.arms_swapped ? "V_xx = A − B,  V_xy = B − C (swapped)" : "V_xx = A − B,  V_xy = C − B"}};
  return panel;
}

std::vector<Panel> hall_record_panels(const HallResult& r) {
  std::vector<double> hall(r.trace.voltage), term(r.trace.fitted);
  for (std::size_t i = 0; i < hall.size(); ++i) hall[i] -= r.trace.background[i], term[i] -= r.trace.background[i];
  return {
      {.title = "record",
       .x = {.label = "time", .unit = "s"},
       .y = {.label = "V_xy", .unit = "V", .prefix = true},
       .series = {{.name = "readings", .draw = Draw::points, .x = r.trace.time, .y = r.trace.voltage},
                  {.name = "fit", .draw = Draw::line, .x = r.trace.time, .y = r.trace.fitted}}},
      {.title = "without offset and drift",
       .x = {.label = "time", .unit = "s"},
       .y = {.label = "Hall voltage", .unit = "V", .prefix = true},
       .series = {{.draw = Draw::points, .x = r.trace.time, .y = hall},
                  {.draw = Draw::line, .x = r.trace.time, .y = term}}},
      {.title = "power spectral density",
       .x = {.label = "frequency", .unit = "Hz", .log = true},
       .y = {.label = "R_xy", .unit = "Ω²/Hz", .log = true},
       .series = {{.draw = Draw::line, .x = r.fourier.resistance.frequency, .y = r.fourier.resistance.density}},
       .rules = {{Rule::At::x, r.frequency, "rotation"}}},
      {.title = "Fourier transform of B",
       .x = {.label = "frequency", .unit = "Hz", .log = true},
       .y = {.label = "amplitude", .unit = "T", .log = true, .low = 1e-7 * r.field_amplitude},
       .series = {{.draw = Draw::line, .x = r.fourier.field.frequency, .y = r.fourier.field.amplitude}}},
      {.title = "lock-in",
       .x = {.label = "time", .unit = "s"},
       .y = {.label = "R_xy", .unit = "Ω", .prefix = true},
       .series = {
           {.name = "in phase", .draw = Draw::points_and_line, .x = r.lock_in.time, .y = r.lock_in.in_phase},
           {.name = "out of phase", .draw = Draw::points_and_line, .x = r.lock_in.time, .y = r.lock_in.quadrature}}}};
}

Figure hall_figure(const HallResult& r, const HallBar& bar) {
  Figure f{.title = r.name, .panels = hall_record_panels(r), .columns = 2};
  // A current that changes within the record has neither spectrum nor lock-in.
  std::erase_if(f.panels, [](const Panel& p) {
    return std::all_of(p.series.begin(), p.series.end(), [](const Series& s) { return s.x.empty(); });
  });
  std::vector<double> hall(r.trace.voltage);
  for (std::size_t i = 0; i < hall.size(); ++i) hall[i] -= r.trace.background[i];
  f.panels.push_back({.title = "Hall voltage against field",
                      .x = {.label = "field", .unit = "T"},
                      .y = {.label = "Hall voltage", .unit = "V", .prefix = true},
                      .series = {{.draw = Draw::points, .x = r.trace.field, .y = hall}}});
  f.panels.push_back({.title = "whitened residual",
                      .x = {.label = "time", .unit = "s"},
                      .y = {.label = "standard deviations"},
                      .series = {{.draw = Draw::points, .x = r.trace.time, .y = r.trace.whitened_residual}}});
  f.panels.push_back(hall_bar_panel(bar));
  f.height = 270 * static_cast<int>((f.panels.size() + 1) / 2);
  return f;
}

std::string hall_table_csv(const std::vector<HallRow>& rows) {
  std::string text =
      "temperature [K],resistivity [ohm m],resistivity_error [ohm m],density [1/m^3],density_error [1/m^3],"
      "mobility [m^2/(V s)],mobility_error [m^2/(V s)]\n";
  const auto cell = [](double v) { return std::isfinite(v) ? fmt::format("{}", v) : std::string(); };
  for (const auto& r : rows)
    text += fmt::format("{},{},{},{},{},{},{}\n", cell(r.temperature), cell(r.resistivity.value),
                        cell(r.resistivity.standard_error), cell(r.density.value), cell(r.density.standard_error),
                        cell(r.mobility.value), cell(r.mobility.standard_error));
  return text;
}

std::string hall_trace_csv(const HallResult& r) {
  std::string text = "time [s],field [T],V_xy [V],fitted [V],background [V],whitened_residual\n";
  for (std::size_t i = 0; i < r.trace.time.size(); ++i)
    text += fmt::format("{},{},{},{},{},{}\n", r.trace.time[i], r.trace.field[i], r.trace.voltage[i], r.trace.fitted[i],
                        r.trace.background[i], r.trace.whitened_residual[i]);
  return text;
}

}  // namespace ecram::report
