// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "ecram/core/thread_pool.h"
#include "ecram/core/warning.h"
#include "ecram/device/run.h"
#include "ecram/record/device_card.h"

/// Compact models fitted to measurements.
namespace ecram::calibration {

/// What was done to a device, and the conductances read meanwhile, in the protocol's order.
struct Measurement {
  device::Protocol protocol;
  std::string file, sha256;         ///< of the readings
  std::vector<double> conductance;  ///< S, above 0; NaN for a reading that is missing
};

/// Reads "PROTOCOL.toml=READINGS.csv": the readings have a column of conductances (by any name that a file of pulses
/// may give it: docs/pulse-files.md) with its unit and a row for each reading of the protocol, as `ecram device run`
/// writes them.
///
/// @throws InvalidInput  for another form, files that cannot be read, two columns of conductances or none, one without
///                       unit, a number of rows that is not the protocol's number of readings, conductances that are
///                       not between 1e-18 and 1e3 S, a protocol that waits for a conductance
///                       (until_above, until_below) or has more than one device
Measurement read_measurement(const std::string& argument, ThreadPool& threads);

/// How many readings a protocol gives.
std::size_t number_of_readings(const device::Protocol& protocol);

struct DeviceFitOptions {
  std::string base = "fig3b";           ///< shipped device to begin with
  std::vector<std::string> parameters;  ///< names to fit; empty: `default_parameters`
};

/// transfer_rate, interphase_thickness, partition_energy, gated_vacancy_density and hopping_prefactor; at two
/// temperatures or more also transfer_energy and t0.
std::vector<std::string> default_parameters(std::span<const Measurement> measurements);

struct FittedParameter {
  std::string name, unit;
  Estimate value;         ///< in `unit`; of a parameter that the data leave open, without error
  double start = 0;       ///< in `unit`
  bool at_bound = false;  ///< stands at the end of what is physical: the data want more, or something else
};

/// A combination of parameters that the data leave open: weights of unit length on the parameters in units of
/// `plausible`, and how far it may move, in those units, before the data object: to first order at the minimum, and by
/// the model itself, since the valley in which the data leave it open bends.
struct OpenDirection {
  std::vector<double> weights;
  double standard_error = 0;  ///< to first order
  double reach = 0;           ///< of 1, 1/2, 1/4 ... the greatest step that the data, at 95 %, allow both ways; 0: none
};

struct DeviceFit {
  device::MaterialConstants constants;
  device::Device device;
  std::vector<FittedParameter> parameters;
  std::vector<std::vector<double>> correlation;  ///< of the fitted parameters
  std::vector<OpenDirection> open;
  std::size_t readings = 0;
  double scatter = 0;  ///< relative, of readings about the fit
  bool converged = false;
};

/// Least squares of ln G over all readings of all measurements. Rates, densities and prefactors are fitted as their
/// logarithms, within the ranges that are physical (device::parameters). Standard errors are those of the covariance
/// s^2 (J^T J)^-1, intervals those of Student's t with readings - parameters degrees of freedom. What the data do not
/// determine is read off the Fisher information J^T J / s^2 in units of what is plausible of each parameter (a factor e
/// of a rate or density, 0.1 eV, a third of a thickness): its eigenvectors whose 95 % interval is wider than +-2 are
/// open, and a parameter that they leave uncertain by more than +-1 (95 %) has no error of its own.
///
/// Trial parameters that no device can have count as far from any reading. Says how far it is on a terminal.
///
/// @throws InvalidInput  for measurements whose protocols name different devices, fewer readings than parameters, an
///                       unknown parameter, one that starts at 0 and is fitted as its logarithm, a start that cannot
///                       be run
DeviceFit fit_device(std::span<const Measurement> measurements, const DeviceFitOptions& options, ThreadPool& threads);

/// "transfer_rate times 2 with transfer_energy +0.07 eV ...": one sentence for people, of a step as long as `reach`.
std::string sentence(const DeviceFit& fit, const OpenDirection& direction);

/// What is suspicious about a fit: "far_from_start", a value a hundred times its start or a hundredth of it, as of data
/// in another unit than they say.
std::vector<Warning> warnings_of(const DeviceFit& fit);

/// The fit as a card. Window, labels and noise are measured: those that `analyse_switching` finds in the first
/// measurement that has trains of pulses in both directions, read after each pulse. Up and down are signs of voltages.
///
/// @throws InvalidInput  for a fit that is none: readings that scatter by more than half about it, no convergence
record::DeviceCard card_of(const DeviceFit& fit, std::span<const Measurement> measurements, const std::string& base,
                           const std::string& name, ThreadPool& threads);

/// The constants and the device of a card's compact model.
/// @throws InvalidInput  for a card without one, a parameter that is not known or not physical
void compact_of(const record::DeviceCard& card, device::MaterialConstants& constants, device::Device& device);

}  // namespace ecram::calibration
