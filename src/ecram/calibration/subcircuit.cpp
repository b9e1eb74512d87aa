// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/subcircuit.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <vector>

#include <Eigen/QR>
#include <fmt/format.h>

#include "ecram/calibration/card_trains.h"
#include "ecram/calibration/device_fit.h"
#include "ecram/calibration/export_head.h"
#include "ecram/core/errors.h"
#include "ecram/device/compact.h"

namespace ecram::calibration {
namespace {

// Of the polynomials: where pulses empty a part of the film, the rate out of it has a step, which takes many powers.
constexpr int content_powers[] = {7, 11, 15, 19, 23};
constexpr int content_points = 201;
constexpr double good_enough = 0.005;
constexpr double gate_step = 0.1;  // V between nodes at most
constexpr double worst_allowed = 0.02;
constexpr double wall = 0.01;         // of the state, at either end
constexpr double least_rate = 1e-12;  // of the greater direction's: less makes no difference

/// A logarithm against state and voltage: a polynomial in y at each node of the voltage, its coefficients straight
/// lines between nodes.
struct Surface {
  std::vector<double> gate;
  std::vector<Eigen::VectorXd> coefficients;  ///< of y^0, y^1, ...
  std::vector<double> misfit;                 ///< greatest relative error of the exponential at each node
};

Surface fitted(const std::vector<double>& gates, int power,
               const std::function<double(double y, double gate)>& logarithm) {
  Surface surface{gates, {}, {}};
  Eigen::MatrixXd design(content_points, power + 1);
  for (Eigen::Index k = 0; k < content_points; ++k) {
    const double y = 2.0 * static_cast<double>(k) / (content_points - 1) - 1;
    for (Eigen::Index i = 0; i <= power; ++i) design(k, i) = std::pow(y, static_cast<double>(i));
  }
  const auto solver = design.colPivHouseholderQr();
  for (const double gate : gates) {
    Eigen::VectorXd values(content_points);
    for (Eigen::Index k = 0; k < content_points; ++k) values(k) = logarithm(design(k, 1), gate);
    surface.coefficients.emplace_back(solver.solve(values));
    const Eigen::VectorXd off = design * surface.coefficients.back() - values;
    surface.misfit.push_back(std::expm1(off.cwiseAbs().maxCoeff()));
  }
  return surface;
}

/// Horner's scheme in V(s), the state within its range, with coefficients of V(w), for ngspice's expressions.
std::string expression(const Surface& surface) {
  std::string text;
  for (Eigen::Index i = surface.coefficients.front().size() - 1; i >= 0; --i) {
    std::string coefficient = "pwl(V(w)";
    for (std::size_t k = 0; k < surface.gate.size(); ++k)
      coefficient += fmt::format(",{:.8g},{:.10g}", surface.gate[k], surface.coefficients[k](i));
    coefficient += ")";
    text = text.empty() ? coefficient : fmt::format("({}+V(s)*{})", coefficient, text);
  }
  return text;
}

}  // namespace

std::string ngspice_subcircuit(const record::DeviceCard& card, double temperature, const std::string& file,
                               ThreadPool& threads) {
  device::MaterialConstants constants;
  device::Device device;
  compact_of(card, constants, device);
  if (temperature == 0 && card.writing) temperature = card.writing->temperature;
  const CardTrains trains = card_trains(card, temperature, threads);
  const double low = 0.98 * trains.content_low, high = 1.02 * trains.content_high;

  device::CompactRange range;
  range.content_low = low, range.content_high = high;
  const double gate_low = std::min(0.0, card.writing->down_voltage),
               gate_high = std::max(0.0, card.writing->up_voltage);
  range.gate_low = gate_low - 0.1, range.gate_high = gate_high + 0.1;
  range.gate_step = 0.05;
  const device::CompactModel model(constants, device, range, threads);
  const device::CompactTable& table = model.at(temperature);

  const double log_middle = (std::log(high) + std::log(low)) / 2, log_half = (std::log(high) - std::log(low)) / 2;
  std::vector<double> gates;
  for (const auto& [from, to] : {std::pair{gate_low, 0.0}, {0.0, gate_high}}) {
    const int parts = static_cast<int>(std::ceil((to - from) / gate_step - 1e-9));
    for (int i = 0; i < parts; ++i) gates.push_back(from + (to - from) * i / parts);
  }
  gates.push_back(gate_high);
  const auto rate = [&](double y, double gate, bool into) {
    const double log_content = log_middle + log_half * y;
    const auto rates = table.rates(log_content, gate);
    const double more = std::max(rates.into_channel, rates.out_of_channel);
    return std::log(std::max(into ? rates.into_channel : rates.out_of_channel, least_rate * more) /
                    (std::exp(log_content) * log_half));
  };
  const double squares = device.gate_width / device.gate_length;
  const auto zero = static_cast<std::size_t>(std::ranges::find(gates, 0.0) - gates.begin());
  Surface forward, backward, conductance;
  double rate_misfit = 0, conductance_misfit = 0;
  for (const int power : content_powers) {
    forward = fitted(gates, power, [&](double y, double gate) { return rate(y, gate, true); });
    backward = fitted(gates, power, [&](double y, double gate) { return rate(y, gate, false); });
    conductance = fitted(gates, power, [&](double y, double gate) {
      return table.log_sheet_conductance(log_middle + log_half * y, gate) + std::log(squares);
    });
    // Where devices are written and read is what counts.
    rate_misfit = std::max(forward.misfit.back(), backward.misfit.front());
    conductance_misfit = conductance.misfit[zero];
    if (std::max(rate_misfit, conductance_misfit) <= good_enough) break;
  }
  if (rate_misfit > worst_allowed || conductance_misfit > worst_allowed)
    throw InvalidInput(
        "the subcircuit's polynomials miss the compact model's rates by {:.2g} % and G by {:.2g} %, expected 2 % at "
        "most: the card's pulses cross too much of it",
        100 * rate_misfit, 100 * conductance_misfit);

  const double capacitance = constants.interphase_permittivity * constants::vacuum_permittivity /
                             constants.interphase_thickness * device.gate_length * device.gate_width;
  const double start = (std::log(device.gated_vacancy_density * device.channel_thickness) - log_middle) / log_half;
  const double ends = table.ends_conductance();
  std::string text = export_head(card, file, "*", "ECRAM subcircuit");
  auto out = std::back_inserter(text);
  fmt::format_to(
      out,
      "* at {:.6g} K; greatest misfit of rates {:.2g} %, of conductance {:.2g} % of the compact model's\n"
      "*\n"
      "* Use: X1 gate source drain ecram [start=STATE]; .op, .dc and .tran with or without uic begin at that state.\n"
      "* The state, the node y of the subcircuit, is the logarithm of the channel's vacancies: -1 at {:.5g}, 1 at\n"
      "* {:.5g} a square metre; it does not leave them. That is what {} cycle{} of {} pulses up and {} down reach\n"
      "* with a margin{}. The fitted device begins at {:.5g}.\n"
      "* Gate to source from {:.4g} to {:.4g} V; a voltage beyond writes as the nearest of them. The channel is "
      "ohmic:\n"
      "* for reading, drain to source small against those. For pulses of milliseconds and more.\n"
      "* Not modelled: gate leakage, gate energy (the gate's capacitance is the interphase's alone), noise.\n",
      temperature, 100 * rate_misfit, 100 * conductance_misfit, low, high, trains.cycles, trains.cycles == 1 ? "" : "s",
      trains.up_pulses, trains.down_pulses,
      trains.repeats ? "; from then on they repeat within 1 % of their window" : "", start, gate_low, gate_high);
  fmt::format_to(out, ".subckt ecram gate source drain start={:.10g}\n", start);
  fmt::format_to(out, "Rg gate followed {:.8g}\nCg followed source {:.8g}\n", table.double_layer_time() / capacitance,
                 capacitance);
  fmt::format_to(out, "Bw w 0 V = min({:.8g}, max({:.8g}, V(followed,source)))\n", gate_high, gate_low);
  // An operating point knows no rates: there, at time 0, the state is drawn to its start. The ends are walls, in front
  // of which the way out fades over a hundredth of the range.
  text += "Bs s 0 V = min(1, max(-1, V(y)))\n";
  fmt::format_to(
      out,
      "By 0 y I = time > 0 ? exp({})*min(1,{}*(1-V(s))) - exp({})*min(1,{}*(1+V(s))) : {{max(-1,min(1,start))}}-V(y)\n",
      expression(forward), 1 / wall, expression(backward), 1 / wall);
  text += "Cy y 0 1 ic={max(-1,min(1,start))}\n";
  const std::string film = expression(conductance);
  if (std::isfinite(ends))
    fmt::format_to(out, "Bc drain source I = V(drain,source)/(exp(-({})) + {:.8g})\n", film, 1 / ends);
  else
    fmt::format_to(out, "Bc drain source I = V(drain,source)*exp({})\n", film);
  text += ".ends ecram\n";
  return text;
}

}  // namespace ecram::calibration
