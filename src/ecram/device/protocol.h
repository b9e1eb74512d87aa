// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ecram/device/parameters.h"

/// What is done to a device, as a TOML file says it: docs/device-run.md is its contract.
namespace ecram::device {

inline constexpr int protocol_version = 1;

/// Rectangular pulses on the gate, all alike, each followed by a rest at 0 V; the channel is read at the end of a rest.
struct PulseTrainStep {
  double voltage = 0;                              ///< V
  double width = 0;                                ///< s
  double rest = 0;                                 ///< s
  std::size_t count = 0;                           ///< pulses
  std::size_t read_every = 1;                      ///< a reading after every so many pulses, and after the last
  std::optional<double> until_above, until_below;  ///< S: end once the conductance is there
};

/// The gate swept linearly through corners, read at even steps of voltage while it is applied.
struct SweepStep {
  std::vector<double> corners;  ///< V, at least two; neighbours differ
  double rate = 0;              ///< V/s
  double reading_step = 0;      ///< V
};

/// Nothing on the gate (or a constant voltage), the channel read at times that are evenly spaced in their logarithm.
struct RetentionStep {
  double duration = 0;       ///< s
  double first_reading = 1;  ///< s after the beginning
  std::size_t readings = 0;
  double voltage = 0;  ///< V on the gate
};

/// Cycles of pulses up and pulses down.
struct EnduranceStep {
  PulseTrainStep up, down;
  std::size_t cycles = 0;
  std::size_t record_every = 1;  ///< readings are kept of every so many cycles, the first and the last among them
};

/// The stage is set to another temperature; the device is read after a wait at 0 V there.
struct TemperatureStep {
  double temperature = 0;  ///< K
  double duration = 0;     ///< s
};

struct ProtocolStep {
  std::variant<PulseTrainStep, SweepStep, RetentionStep, EnduranceStep, TemperatureStep> what;
  std::size_t line = 0;  ///< of the file
  std::string label;     ///< for people, "potentiation"; may be empty
};

/// Spreads between devices of a population, and what varies in each.
struct PopulationChoice {
  std::size_t devices = 1;
  std::optional<double> thickness_spread, area_spread;  ///< relative standard deviations; none: the device's own
  std::optional<double> barrier_spread;                 ///< J
};

/// A number of the device or its materials that the protocol states itself, in place of the shipped one.
struct StatedParameter {
  std::string name;  ///< as `parameters` has it
  double value = 0;  ///< SI

  bool operator==(const StatedParameter&) const = default;
};

struct Protocol {
  std::string source;  ///< file name for messages
  std::string title;
  std::string device;                   ///< name of a shipped device; empty: the card's, or the default
  std::vector<StatedParameter> stated;  ///< what [device] and [material] change of it
  std::optional<Ambient> ambient;       ///< likewise
  double temperature = 300;             ///< K at the start
  double read_voltage = 0.01;           ///< V on the drain
  std::uint64_t seed = 1;
  bool noise = true;  ///< chance: counting of ions, temperature drift, reading
  PopulationChoice population;
  std::vector<ProtocolStep> steps;
};

/// @throws InvalidInput  "source:line: ..." for a text that is no TOML, of another version, with an unknown key (the
///                       nearest known one is named), a missing one, a value of another type or another unit, or one
///                       that is not physical: negative kelvin, a pulse of no width, no pulses, a sweep at no rate
Protocol parse_protocol(std::string_view text, const std::string& source);

Protocol read_protocol(const std::filesystem::path& path);

/// Does the protocol describe a device of its own?
bool states_a_device(const Protocol& protocol);

/// Puts what the protocol states into the constants and the device that it begins from.
/// @throws InvalidInput  naming the protocol, if what comes out is not physical
void apply_stated(const Protocol& protocol, MaterialConstants& constants, Device& device);

/// @param breakdown_voltage  V: the largest magnitude that the stack bears
/// @throws InvalidInput  naming the step whose gate voltage is beyond it
void check_gate_voltages(const Protocol& protocol, double breakdown_voltage);

/// Largest number of pulses that the protocol gives a device, and its length in time without `until_*`.
struct ProtocolLength {
  double pulses = 0;
  double seconds = 0;
};
ProtocolLength length(const Protocol& protocol);

}  // namespace ecram::device
