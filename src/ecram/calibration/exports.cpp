// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/exports.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ecram/calibration/card_trains.h"
#include "ecram/calibration/export_head.h"
#include "ecram/calibration/step_laws.h"
#include "ecram/calibration/subcircuit.h"
#include "ecram/core/errors.h"
#include "ecram/core/nearest.h"

namespace ecram::calibration {
namespace {

/// NeuroSim looks its A up in a table of labels from 0.01 to 9.00.
constexpr double least_label = 0.01, greatest_label = 9.0;

/// In the order of `Simulator`.
constexpr std::array<std::string_view, 4> simulators{"aihwkit", "neurosim", "crosssim", "ngspice"};

/// Of the window: a simulated device further off is another one.
constexpr double greatest_misfit = 0.1;

std::string plain(double x) { return fmt::format("{:.6g}", x); }

void require_siemens(const record::DeviceCard& card, const char* simulator) {
  if (card.conductance_unit != "S")
    throw InvalidInput("the card's conductance is in arbitrary units, and {} wants siemens", simulator);
}

void require_window(const record::DeviceCard& card) {
  if (!card.gmin.known() || !card.gmax.known() || !(card.gmax.value > card.gmin.value))
    throw InvalidInput("the card has no window (gmin and gmax)");
  // (In arbitrary units a conductance may be below 0.)
  if (card.gmin.value > 0 && card.gmax.low <= 0)
    throw InvalidInput(
        "the card does not know its window: gmax is {:.4g}, its 95 % interval from {:.4g} to {:.4g} contains 0 (trains "
        "up and down that do not cross the same window?)",
        card.gmax.value, card.gmax.low, card.gmax.high);
}

double window(const record::DeviceCard& card) { return card.gmax.value - card.gmin.value; }

/// Standard deviation of a step from cycle to cycle, over the window; 0 where the card does not know it, or only that
/// it may be none.
double step_spread(const record::DeviceCard& card) {
  if (card.step_over_window.known()) return card.step_over_window.low > 0 ? card.step_over_window.value : 0;
  double most = 0;
  for (const auto* d : {&card.potentiation, &card.depression})
    if (*d) most = std::max(most, (*d)->step_noise);
  return most / window(card);
}

/// What the card cannot tell from nothing, said in the export: empty where it can.
std::string unresolved_step_spread(const record::DeviceCard& card, std::string_view comment) {
  const Estimate& e = card.step_over_window;
  if (!e.known() || e.low > 0) return {};
  return fmt::format("{} Steps vary by no more than {:.2g} % of the window from cycle to cycle (95 %): taken as 0.\n",
                     comment, 100 * e.high);
}

double reading_noise(const record::DeviceCard& card) {
  double most = 0;
  for (const auto* d : {&card.potentiation, &card.depression})
    if (*d) most = std::max(most, (*d)->reading_noise);
  return most;
}

/// Steps, of what they are, and the conductances that they cross, in the card's unit.
struct StepSource {
  StepCurve curve;
  std::string from;
  double low = 0, high = 0;
};

/// Of the compact model where the card has one: the exponential law alone cannot tell laws apart.
StepSource steps_of(const record::DeviceCard& card, ThreadPool& threads) {
  if (!card.compact || !card.writing || !card.potentiation || !card.depression)
    return {law_steps(card), "the card's exponential law", card.gmin.value, card.gmax.value};
  const auto& w = *card.writing;
  const CardTrains trains = card_trains(card, w.temperature, threads);
  std::string from = fmt::format(
      "the card's compact model: cycle {} of {} pulses of {:g} V, {:g} s and {} of {:g} V, {:g} s", trains.cycles,
      trains.up_pulses, w.up_voltage, w.up_width, trains.down_pulses, w.down_voltage, w.down_width);
  const auto [low, high] = window_of(trains.up, trains.down);
  const double back = (trains.down.back() - trains.up.front()) / (high - low);
  from += trains.repeats ? fmt::format(",\n# from which on they repeat within 1 % of their window")
                         : fmt::format(
                               ",\n# the last that was measured. Such cycles do not repeat: this one ends {:.2g} % of "
                               "its window {} where it began",
                               100 * std::abs(back), back < 0 ? "below" : "above");
  return {train_steps(trains.up, trains.down), std::move(from), low, high};
}

std::string aihwkit(const record::DeviceCard& card, const std::string& file, ThreadPool& threads) {
  require_window(card);
  const StepSource source = steps_of(card, threads);
  const auto fits = fit_step_laws(source.curve);
  const StepLawFit& chosen = best(fits);
  if (chosen.misfit_max > greatest_misfit)
    throw InvalidInput(
        "no update law of AIHWKIT follows the card's steps: the nearest, {}, is off by {:.3g} % of the window, "
        "expected "
        "{:g} % at most",
        name(chosen.law), 100 * chosen.misfit_max, 100 * greatest_misfit);

  std::string text = export_head(card, file, "#", "AIHWKIT device configuration");
  text += fmt::format(
      "# Weights -1 ... 1 stand for G from {} to {} {}. Steps are those of\n# {}.\n"
      "# Misfit of G after each pulse of whole trains, in % of that window:\n",
      plain(source.low), plain(source.high), card.conductance_unit == "S" ? "S" : "(arbitrary units)", source.from);
  for (const StepLawFit& fit : fits)
    fmt::format_to(std::back_inserter(text), "#   {:<15} rms {:.4g}, greatest {:.4g}{}\n", name(fit.law),
                   100 * fit.misfit_rms, 100 * fit.misfit_max, &fit == &chosen ? "   <- used" : "");
  text += "# The card says how steps vary from cycle to cycle, not how devices differ: every *_dtod is 0.\n";
  text += unresolved_step_spread(card, "#");

  // AIHWKIT's update: the direction with the larger step has dw_min, the other |up_down| of it less.
  const double dw_min = std::max(chosen.scale_up, chosen.scale_down);
  const double up_down =
      chosen.scale_up < chosen.scale_down ? chosen.scale_up / dw_min - 1 : 1 - chosen.scale_down / dw_min;
  // The card's spreads are of its measured window, weights of the one that the steps cross.
  const double weight_of_siemens = 2 / (source.high - source.low);
  const double dw_min_std = step_spread(card) * window(card) * weight_of_siemens / dw_min;
  const double read_noise = reading_noise(card) * weight_of_siemens;
  const char* type = chosen.law == StepLaw::linear_step   ? "LinearStepDevice"
                     : chosen.law == StepLaw::soft_bounds ? "SoftBoundsDevice"
                                                          : "PiecewiseStepDevice";
  fmt::format_to(std::back_inserter(text),
                 "from aihwkit.simulator.configs import SingleRPUConfig\n"
                 "from aihwkit.simulator.configs.devices import {0}\n\n"
                 "rpu_config = SingleRPUConfig(\n    device={0}(\n"
                 "        w_min=-1.0,\n        w_max=1.0,\n        dw_min={1},\n        up_down={2},\n"
                 "        dw_min_std={3},\n",
                 type, plain(dw_min), plain(up_down), plain(dw_min_std));
  if (chosen.law != StepLaw::piecewise_step) text += "        mult_noise=False,\n";
  if (chosen.law == StepLaw::linear_step) {
    fmt::format_to(std::back_inserter(text), "        gamma_up={},\n        gamma_down={},\n", plain(chosen.gamma_up),
                   plain(chosen.gamma_down));
    text += "        gamma_up_dtod=0.0,\n        gamma_down_dtod=0.0,\n";
    if (chosen.gamma_up < 0 || chosen.gamma_down < 0) text += "        allow_increasing=True,\n";
  }
  if (chosen.law == StepLaw::piecewise_step) {
    const auto list = [](const std::vector<double>& values) {
      std::vector<std::string> texts;
      std::ranges::transform(values, std::back_inserter(texts), plain);
      return fmt::format("{}", fmt::join(texts, ", "));
    };
    fmt::format_to(std::back_inserter(text), "        piecewise_up=[{}],\n        piecewise_down=[{}],\n",
                   list(chosen.nodes_up), list(chosen.nodes_down));
  }
  text +=
      "        dw_min_dtod=0.0,\n        up_down_dtod=0.0,\n        w_min_dtod=0.0,\n        w_max_dtod=0.0,\n    "
      ")\n)\n";
  if (read_noise > 0)
    // Drawn anew at each reading, as write_noise_std would not be.
    fmt::format_to(std::back_inserter(text),
                   "rpu_config.forward.w_noise_type = type(rpu_config.forward.w_noise_type).ADDITIVE_CONSTANT\n"
                   "rpu_config.forward.w_noise = {}\n",
                   plain(read_noise));
  return text;
}

const record::CardDirection& neurosim_direction(const std::optional<record::CardDirection>& direction,
                                                const char* which) {
  if (!direction) throw InvalidInput("the card has no {}, and NeuroSim needs both directions", which);
  if (!direction->described || !direction->nonlinearity.known())
    throw InvalidInput("the exponential law, which is NeuroSim's, does not describe the card's {} (described = false)",
                       which);
  const double label = direction->nonlinearity.value;
  if (std::abs(label) > greatest_label)
    throw InvalidInput("the nonlinearity label of the card's {} is {:.4g}; NeuroSim's table ends at {:g}", which, label,
                       greatest_label);
  return *direction;
}

double required(const std::optional<double>& value, const char* what, const char* option) {
  if (value) return *value;
  throw InvalidInput("the card does not know the {}, which NeuroSim needs; expected {}", what, option);
}

std::string neurosim(const record::DeviceCard& card, const WriteConditions& c, const std::string& file) {
  require_siemens(card, "NeuroSim");
  require_window(card);
  const auto& up = neurosim_direction(card.potentiation, "potentiation");
  const auto& down = neurosim_direction(card.depression, "depression");
  const double up_voltage = required(c.up_voltage, "amplitude of the pulses up", "--up-voltage");
  const double down_voltage = required(c.down_voltage, "amplitude of the pulses down", "--down-voltage");
  if (!(up_voltage > 0) || !(down_voltage < 0))
    throw InvalidInput("the pulses are of {:g} V up and {:g} V down, expected above 0 and below 0 V", up_voltage,
                       down_voltage);
  const double up_width = required(c.up_width, "width of the pulses up", "--up-width");
  const double down_width = required(c.down_width, "width of the pulses down", "--down-width");
  const double read_voltage = required(c.read_voltage, "read voltage", "--read-voltage");

  const double mean = (card.gmin.value + card.gmax.value) / 2;
  const double noise = reading_noise(card) / mean;
  std::string text = export_head(card, file, "//", "NeuroSim cell parameters");
  const auto line = [&](const char* key, const std::string& value, const char* unit) {
    fmt::format_to(std::back_inserter(text), "{} = {};{}{}\n", key, value, *unit != 0 ? "  // " : "", unit);
  };
  // A label of 0 has no place in NeuroSim's table: the least that it has is a straight line to 0.04 % of the window.
  const auto label = [](double value) {
    return fmt::format("{:.4f}", std::copysign(std::max(std::abs(value), least_label), value));
  };
  text += unresolved_step_spread(card, "//");
  text += "// In the constructor of RealDevice:\n";
  line("maxConductance", plain(card.gmax.value), "S");
  line("minConductance", plain(card.gmin.value), "S");
  line("readVoltage", plain(read_voltage), "V");
  line("writeVoltageLTP", plain(std::abs(up_voltage)), "V");
  line("writeVoltageLTD", plain(std::abs(down_voltage)), "V");
  line("writePulseWidthLTP", plain(up_width), "s");
  line("writePulseWidthLTD", plain(down_width), "s");
  line("maxNumLevelLTP", fmt::format("{}", up.pulses - 1), "");
  line("maxNumLevelLTD", fmt::format("{}", down.pulses - 1), "");
  line("nonlinearWrite", "true", "");
  line("NL_LTP", label(up.nonlinearity.value), "");
  line("NL_LTD", label(down.nonlinearity.value), "");
  line("sigmaDtoD", "0", "of the labels: the card does not say how they differ between devices");
  line("sigmaCtoC", fmt::format("{} * (maxConductance - minConductance)", plain(step_spread(card))), "S a pulse");
  line("readNoise", noise > 0 ? "true" : "false", "");
  line("sigmaReadNoise", plain(noise), "relative, at the middle of the window");
  text += "// In train.py of DNN+NeuroSim:\n";
  fmt::format_to(std::back_inserter(text),
                 "// args.nonlinearityLTP = {}\n// args.nonlinearityLTD = {}\n// args.max_level = {}\n"
                 "// args.c2cVari = {}\n// args.d2dVari = 0.0\n// args.onoffratio = {}\n",
                 label(up.nonlinearity.value), label(down.nonlinearity.value), std::min(up.pulses, down.pulses) - 1,
                 plain(step_spread(card)), plain(card.gmax.value / card.gmin.value));
  return text;
}

std::string crosssim(const record::DeviceCard& card, const WriteConditions& c, const std::string& file) {
  require_siemens(card, "CrossSim");
  require_window(card);
  if (!(card.gmin.value > 0))
    throw InvalidInput("the card's gmin is {:.4g} S; CrossSim's Rmax is its inverse, expected above 0",
                       card.gmin.value);
  std::string text = export_head(card, file, "#", "CrossSim device parameters");
  // Programmed until it is right, a device is off by up to half a step either way, and by what the last step missed.
  double pulses = 0;
  for (const auto* d : {&card.potentiation, &card.depression})
    if (*d) pulses = std::max(pulses, static_cast<double>((*d)->pulses));
  const double step = pulses > 1 ? 1 / (pulses - 1) : 0;
  const double programming = std::hypot(step_spread(card), step / std::sqrt(12.0)) * window(card) / card.gmax.value;
  const double reading = reading_noise(card) / card.gmax.value;
  text +=
      "# Errors are in units of Gmax. A weight that is programmed until it is right is off by half a mean step either "
      "way "
      "and by what its last step missed.\n" +
      unresolved_step_spread(card, "#") +
      "from simulator import CrossSimParameters\n\nparams = CrossSimParameters()\ndevice = params.xbar.device\n";
  fmt::format_to(std::back_inserter(text),
                 "device.cell_bits = 0\ndevice.Rmin = {}\ndevice.Rmax = {}\ndevice.infinite_on_off_ratio = False\n",
                 plain(1 / card.gmax.value), plain(1 / card.gmin.value));
  if (c.read_voltage) fmt::format_to(std::back_inserter(text), "device.Vread = {}\n", plain(*c.read_voltage));
  const auto error = [&](const char* which, double magnitude) {
    if (!(magnitude > 0)) {
      fmt::format_to(std::back_inserter(text), "device.{}.enable = False\n", which);
      return;
    }
    fmt::format_to(std::back_inserter(text),
                   "device.{0}.enable = True\ndevice.{0}.model = \"NormalIndependentDevice\"\n"
                   "device.{0}.magnitude = {1}\n",
                   which, plain(magnitude));
  };
  error("programming_error", programming);
  error("read_noise", reading);
  return text;
}

}  // namespace

Simulator simulator_named(std::string_view name) {
  const auto found = std::ranges::find(simulators, name);
  if (found == simulators.end())
    throw InvalidInput("no export to '{}'{}; expected aihwkit, neurosim, crosssim or ngspice", name,
                       did_you_mean(name, simulators));
  return static_cast<Simulator>(found - simulators.begin());
}

std::string_view name(Simulator simulator) { return simulators[static_cast<std::size_t>(simulator)]; }

void check_conditions(Simulator simulator, const WriteConditions& conditions) {
  struct Option {
    const char* name;
    const std::optional<double>& value;
    double low, high;
    const char* expected;
    std::vector<Simulator> used_by;
  };
  constexpr double most_volts = 1e3, most_seconds = 1e9;
  constexpr double least_kelvin = 180, most_kelvin = 2000;  // below, the compact model's double layer is frozen
  constexpr const char *above_zero = "above 0 and up to 1000 V", *below_zero = "below 0 and down to -1000 V",
                       *width = "above 0 and up to 1e9 s";
  const Option options[] = {
      {"--up-voltage", conditions.up_voltage, 0, most_volts, above_zero, {Simulator::neurosim}},
      {"--down-voltage", conditions.down_voltage, -most_volts, 0, below_zero, {Simulator::neurosim}},
      {"--up-width", conditions.up_width, 0, most_seconds, width, {Simulator::neurosim}},
      {"--down-width", conditions.down_width, 0, most_seconds, width, {Simulator::neurosim}},
      {"--read-voltage",
       conditions.read_voltage,
       0,
       most_volts,
       above_zero,
       {Simulator::neurosim, Simulator::crosssim}},
      {"--temperature",
       conditions.temperature,
       least_kelvin,
       most_kelvin,
       "from 180 K, where the compact model begins, up to 2000 K",
       {Simulator::ngspice}}};
  for (const Option& option : options) {
    if (!option.value) continue;
    if (std::ranges::find(option.used_by, simulator) == option.used_by.end())
      throw InvalidInput("{}: an export to {} has no place for it", option.name, name(simulator));
    const double x = *option.value;
    if (!(x >= option.low && x <= option.high) || x == 0)
      throw InvalidInput("{}: {:g}, expected {}", option.name, x, option.expected);
  }
}

std::string export_text(const record::DeviceCard& card, Simulator simulator, const WriteConditions& given,
                        const std::string& file, ThreadPool& threads) {
  check_conditions(simulator, given);
  WriteConditions conditions = given;
  if (card.writing) {
    const auto otherwise = [](std::optional<double>& value, double cards) {
      if (!value) value = cards;
    };
    otherwise(conditions.up_voltage, card.writing->up_voltage);
    otherwise(conditions.down_voltage, card.writing->down_voltage);
    otherwise(conditions.up_width, card.writing->up_width);
    otherwise(conditions.down_width, card.writing->down_width);
    otherwise(conditions.read_voltage, card.writing->read_voltage);
  }
  switch (simulator) {
    case Simulator::aihwkit:
      return aihwkit(card, file, threads);
    case Simulator::neurosim:
      return neurosim(card, conditions, file);
    case Simulator::crosssim:
      return crosssim(card, conditions, file);
    case Simulator::ngspice:
      break;
  }
  return ngspice_subcircuit(card, conditions.temperature.value_or(0), file, threads);
}

}  // namespace ecram::calibration
