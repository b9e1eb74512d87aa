// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/subcircuit.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <numbers>
#include <vector>

#include <Eigen/QR>
#include <fmt/format.h>

#include "ecram/calibration/device_fit.h"
#include "ecram/core/errors.h"
#include "ecram/device/compact.h"

namespace ecram::calibration {
namespace {

constexpr int content_power = 4, gate_power = 7;
constexpr std::size_t content_points = 25, gate_points = 49;
constexpr double worst_allowed = 0.02;
constexpr double rates_that_matter = 1e-3;  // of the greatest of both directions at a voltage

struct Point {
  double y, v, value, weight;
};

/// Coefficients of y^i v^j, i the slow index, by weighted least squares in Chebyshev polynomials would be better
/// conditioned; with both variables within -1 ... 1 powers are good to the eighth.
struct Polynomial {
  Eigen::VectorXd coefficients;

  double operator()(double y, double v) const {
    double sum = 0, by_y = 1;
    for (int i = 0; i <= content_power; ++i, by_y *= y) {
      double by_v = by_y;
      for (int j = 0; j <= gate_power; ++j, by_v *= v) sum += coefficients(i * (gate_power + 1) + j) * by_v;
    }
    return sum;
  }
};

Polynomial fitted(const std::vector<Point>& points) {
  constexpr int terms = (content_power + 1) * (gate_power + 1);
  Eigen::MatrixXd design(static_cast<Eigen::Index>(points.size()), terms);
  Eigen::VectorXd values(static_cast<Eigen::Index>(points.size()));
  for (std::size_t k = 0; k < points.size(); ++k) {
    const auto row = static_cast<Eigen::Index>(k);
    double by_y = points[k].weight;
    for (int i = 0; i <= content_power; ++i, by_y *= points[k].y) {
      double by_v = by_y;
      for (int j = 0; j <= gate_power; ++j, by_v *= points[k].v) design(row, i * (gate_power + 1) + j) = by_v;
    }
    values(row) = points[k].weight * points[k].value;
  }
  return {design.colPivHouseholderQr().solve(values)};
}

/// Greatest relative error of the exponential of the polynomial.
double misfit(const Polynomial& polynomial, const std::vector<Point>& points) {
  double worst = 0;
  for (const Point& p : points)
    if (p.weight >= 1) worst = std::max(worst, std::abs(std::expm1(polynomial(p.y, p.v) - p.value)));
  return worst;
}

/// Horner's scheme in v inside Horner's scheme in y, for ngspice's expressions.
std::string expression(const Polynomial& p) {
  std::string text;
  for (int i = content_power; i >= 0; --i) {
    std::string inner;
    for (int j = gate_power; j >= 0; --j) {
      const double c = p.coefficients(i * (gate_power + 1) + j);
      inner = inner.empty() ? fmt::format("({:.10g})", c) : fmt::format("({:.10g}+V(w)*{})", c, inner);
    }
    text = text.empty() ? inner : fmt::format("({}+V(y)*{})", inner, text);
  }
  return text;
}

/// Contents that a train up and a train down reach, beginning with the card's own.
std::pair<double, double> reached(const device::MaterialConstants& constants, const device::Device& device,
                                  const record::CardWriting& writing, double temperature, std::size_t pulses,
                                  ThreadPool& threads) {
  device::Protocol protocol;
  protocol.source = "export";
  protocol.noise = false;
  protocol.temperature = temperature;
  device::PulseTrainStep up{writing.up_voltage, writing.up_width, writing.rest, pulses, pulses, {}, {}};
  device::PulseTrainStep down{writing.down_voltage, writing.down_width, writing.rest, pulses, pulses, {}, {}};
  protocol.steps = {{up, 0, ""}, {down, 0, ""}, {down, 0, ""}};
  device::RunOptions options;
  options.constants = constants;
  options.device = device;
  const auto run = device::run_compact(protocol, options, threads);
  return {run.content_low, run.content_high};
}

}  // namespace

std::string ngspice_subcircuit(const record::DeviceCard& card, double temperature, const std::string& file,
                               ThreadPool& threads) {
  device::MaterialConstants constants;
  device::Device device;
  compact_of(card, constants, device);
  if (!card.writing)
    throw InvalidInput("the card does not say how the device was written ([writing]), which sets a subcircuit's range");
  if (temperature == 0) temperature = card.writing->temperature;
  const std::size_t pulses = card.potentiation ? card.potentiation->pulses : 100;
  const auto [low, high] = reached(constants, device, *card.writing, temperature, pulses, threads);

  device::CompactRange range;
  range.content_low = low, range.content_high = high;
  const double gate_low = std::min(0.0, card.writing->down_voltage),
               gate_high = std::max(0.0, card.writing->up_voltage);
  range.gate_low = gate_low - 0.1, range.gate_high = gate_high + 0.1;
  range.gate_step = 0.05;
  const device::CompactModel model(constants, device, range, threads);
  const device::CompactTable& table = model.at(temperature);

  const double log_middle = (std::log(high) + std::log(low)) / 2, log_half = (std::log(high) - std::log(low)) / 2;
  const double gate_middle = (gate_high + gate_low) / 2, gate_half = (gate_high - gate_low) / 2;
  std::vector<Point> into, out_of, sheet;
  for (std::size_t j = 0; j < gate_points; ++j) {
    // Denser towards the ends, where pulses are.
    const double v = -std::cos(std::numbers::pi * (static_cast<double>(j) + 0.5) / gate_points) /
                     std::cos(std::numbers::pi * 0.5 / gate_points);
    for (std::size_t i = 0; i < content_points; ++i) {
      const double y = 2 * static_cast<double>(i) / (content_points - 1) - 1;
      const double log_content = log_middle + log_half * y, gate = gate_middle + gate_half * v;
      const auto rates = table.rates(log_content, gate);
      const double scale = 1 / (std::exp(log_content) * log_half);
      const double more = std::max(rates.into_channel, rates.out_of_channel);
      // A direction that is not the greater one need only be seen to be small.
      const auto weight = [&](double rate) { return rate >= rates_that_matter * more ? 1 : 0.01; };
      const auto least = [&](double rate) { return std::log(std::max(rate, 1e-12 * more) * scale); };
      into.push_back({y, v, least(rates.into_channel), weight(rates.into_channel)});
      out_of.push_back({y, v, least(rates.out_of_channel), weight(rates.out_of_channel)});
      const double squares = device.gate_width / device.gate_length;
      sheet.push_back({y, v, table.log_sheet_conductance(log_content, gate) + std::log(squares), 1});
    }
  }
  const Polynomial forward = fitted(into), backward = fitted(out_of), conductance = fitted(sheet);
  // Where devices are read and written is what counts.
  const auto at_use = [&](std::vector<Point> points, std::initializer_list<double> gates) {
    std::erase_if(points, [&](const Point& p) {
      const double gate = gate_middle + gate_half * p.v;
      return std::ranges::none_of(gates, [&](double g) { return std::abs(gate - g) < 0.03 * 2 * gate_half; });
    });
    return points;
  };
  const double rate_misfit =
      std::max(misfit(forward, at_use(into, {gate_high})), misfit(backward, at_use(out_of, {gate_low})));
  const double conductance_misfit = misfit(conductance, at_use(sheet, {0}));
  if (rate_misfit > worst_allowed || conductance_misfit > worst_allowed)
    throw InvalidInput(
        "the subcircuit's polynomials miss the compact model's rates by {:.2g} % and G by {:.2g} %, expected 2 % at "
        "most: "
        "the card's pulses cross too much of it",
        100 * rate_misfit, 100 * conductance_misfit);

  const double capacitance = constants.interphase_permittivity * constants::vacuum_permittivity /
                             constants.interphase_thickness * device.gate_length * device.gate_width;
  const double start = (std::log(device.gated_vacancy_density * device.channel_thickness) - log_middle) / log_half;
  const double ends = table.ends_conductance();
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(
      out,
      "* ECRAM subcircuit of '{}', from {}\n* exported by {}\n* at {:.6g} K; greatest misfit of rates {:.2g} "
      "%, of conductance {:.2g} % of the compact model's\n* for gate voltages from {:.4g} to {:.4g} V\n",
      card.device, file, card.program, temperature, 100 * rate_misfit, 100 * conductance_misfit, gate_low, gate_high);
  fmt::format_to(out, ".subckt ecram gate source drain\n");
  fmt::format_to(out, "Rg gate followed {:.8g}\nCg followed source {:.8g}\n", table.double_layer_time() / capacitance,
                 capacitance);
  fmt::format_to(out, "Bw w 0 V = min(1, max(-1, (V(followed,source)-({:.10g}))/{:.10g}))\n", gate_middle, gate_half);
  fmt::format_to(out, "By 0 y I = exp({}) - exp({})\nCy y 0 1 ic={:.10g}\n", expression(forward), expression(backward),
                 start);
  const std::string film = expression(conductance);
  if (std::isfinite(ends))
    fmt::format_to(out, "Bc drain source I = V(drain,source)/(exp(-({})) + {:.8g})\n", film, 1 / ends);
  else
    fmt::format_to(out, "Bc drain source I = V(drain,source)*exp({})\n", film);
  text += ".ends ecram\n";
  return text;
}

}  // namespace ecram::calibration
