// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/core/estimate.h"
#include "ecram/core/warning.h"

/// The device card: what was found out about a device, with where it comes from, as a TOML file that a person can read
/// and later rooms consume. docs/device-card.md is its contract.
namespace ecram::record {

inline constexpr int device_card_version = 2;  ///< the newest that is read; without a compact model, 1 is written

struct CardSource {
  std::string file, sha256, layout;
};

/// One direction of the exponential law G = Gmin + B (1 - exp(-p/A)), with the sign conventions of NeuroSim.
struct CardDirection {
  std::size_t pulses = 0, runs = 0;
  std::string noise_model;
  bool described = false;  ///< false: the law does not hold, and nonlinearity, A and B are unknown
  Estimate nonlinearity, a, b;
  Estimate low, high, mean_step;  ///< in the card's unit of conductance
  double reading_noise = 0, step_noise = 0;
  double whiteness_p = 1, shape_p = 1, shape_misfit = 0;  ///< residual tests; misfit over the window
  Estimate label_spread;                                  ///< from run to run; a value without error
  Estimate energy_per_pulse;                              ///< J
};

/// One parameter of a compact model: fitted with its uncertainty, or taken as it was.
struct CardParameter {
  std::string name, unit;
  bool fitted = false;
  Estimate value;  ///< in `unit`
};

struct CardCorrelation {
  std::string first, second;
  double value = 0;
};

/// How the device was written and read.
struct CardWriting {
  double up_voltage = 0, down_voltage = 0;  ///< V
  double up_width = 0, down_width = 0;      ///< s
  double rest = 0;                          ///< s, after a pulse up
  double read_voltage = 0;                  ///< V
  double temperature = 0;                   ///< K
  std::optional<double> down_rest = {};     ///< s, after a pulse down, where it is another
};

/// A compact model (`ecram device fit`): all its parameters by name, and what the data say and do not say of them.
struct CardCompact {
  std::string base;          ///< the shipped device whose numbers were the start
  double reading_noise = 0;  ///< relative scatter of the readings about the fit
  std::vector<CardParameter> parameters;
  std::vector<CardCorrelation> correlations;  ///< of fitted parameters
  std::vector<std::string> undetermined;      ///< one sentence for each combination that the data leave open
};

struct DeviceCard {
  std::string device;   ///< a name for people
  std::string program;  ///< version and commit that made the card
  std::string law = "exponential";
  std::string conductance_unit = "S";  ///< or "arbitrary"
  std::vector<CardSource> sources;     ///< numbers are of the first; device_to_device is over all

  Estimate gmin, gmax, on_off, resolved_states, asymmetry, symmetry_point, handover_drop;
  std::optional<CardDirection> potentiation, depression;

  std::size_t cycles = 0;
  Estimate step_over_window, raw_step_over_window, step_over_mean_step, raw_step_over_mean_step;
  Estimate worst_spread_over_mean;

  std::size_t devices = 0;  ///< 0: not known
  Estimate device_worst_mean, device_worst_spread;

  std::optional<CardCompact> compact;  ///< version 2
  std::optional<CardWriting> writing;  ///< version 2

  std::vector<Warning> warnings;
};

/// A card's name goes into figures, netlists and programs as it is: it is one line without control characters.
/// @throws InvalidInput  showing them
void check_device_name(std::string_view name);

/// The card as a TOML document. Unknown numbers are left out. It carries a checksum of its own text.
/// @throws InvalidInput  as check_device_name
std::string device_card_text(const DeviceCard& card);

/// @throws InvalidInput  "source:line: ..." for a text that is no TOML, of a newer version, with an unknown key (the
///                       nearest known one is named), a missing one, a value of another type or out of its range,
///                       a name with control characters, or a checksum that is not that of the text
DeviceCard parse_device_card(std::string_view text, const std::string& source);

DeviceCard read_device_card(const std::filesystem::path& path);

}  // namespace ecram::record
