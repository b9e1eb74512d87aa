// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ecram/core/thread_pool.h"
#include "ecram/record/device_card.h"

/// Device cards as other simulators want them. docs/device-run.md is the contract.
namespace ecram::calibration {

enum class Simulator { aihwkit, neurosim, crosssim, ngspice };

/// @throws InvalidInput  for a name that is none of aihwkit, neurosim, crosssim, ngspice
Simulator simulator_named(std::string_view name);
std::string_view name(Simulator simulator);

/// What a card does not always hold and a simulator asks for; a given one goes before the card's.
struct WriteConditions {
  std::optional<double> up_voltage = {}, down_voltage = {};  ///< V: up positive, down negative
  std::optional<double> up_width = {}, down_width = {};      ///< s
  std::optional<double> read_voltage = {};                   ///< V
  std::optional<double> temperature = {};                    ///< K, of the subcircuit
};

/// Refuses, by the name of the program's option, what the export has no place for and what no device is written with:
/// voltages of the other sign or beyond 1000 V, temperatures below 180 K (no compact model) or beyond 2000 K.
///
/// @throws InvalidInput  "--up-voltage: an export to ngspice has no place for it"
void check_conditions(Simulator simulator, const WriteConditions& conditions);

/// The card as text for the simulator: Python for AIHWKIT and CrossSim, C++ assignments for NeuroSim's cell, a netlist
/// for ngspice.
///
/// @param file  the card's name, for the text's head
/// @throws InvalidInput  as check_conditions; naming what the card lacks (a direction, units of conductance, pulse
/// amplitudes) or what the
///                       simulator's law cannot express (a label beyond NeuroSim's table, a step of the wrong sign)
std::string export_text(const record::DeviceCard& card, Simulator simulator, const WriteConditions& conditions,
                        const std::string& file, ThreadPool& threads);

}  // namespace ecram::calibration
