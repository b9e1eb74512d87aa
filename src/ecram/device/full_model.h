// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "ecram/device/parameters.h"

namespace ecram::device {

/// How finely the full model is solved. The defaults keep G within 0.1 % of half the tolerance and 0.5 % of half the
/// cells.
struct Accuracy {
  double relative =
      1e-7;  ///< CVODE's tolerance on the channel's content; that on its shape and the double layer's follows it
  int refinement = 1;  ///< each cell of the grid is cut into so many
};

/// What the channel shows at a moment: what a Hall measurement at that gate voltage would give.
struct Reading {
  double conductance = 0;          ///< S, of gated part and ends in series
  double gated_conductance = 0;    ///< S
  double sheet_conductance = 0;    ///< S per square, under the gate
  double hall_density = 0;         ///< 1/m^3, averaged over the thickness
  double hall_mobility = 0;        ///< m^2/(V s)
  double channel_vacancies = 0;    ///< 1/m^2
  double double_layer_charge = 0;  ///< C/m^2 drawn into the channel beyond neutrality: minus the channel's charge
};

/// The full model of one device. Vacancies are integrated by SUNDIALS CVODE (variable order BDF, its own error control;
/// Hindmarsh et al., ACM TOMS 31, 363 (2005)), the potential is solved for at each evaluation. Not to be shared between
/// threads.
class FullModel {
 public:
  /// Starts at rest: the channel as the device says, the electrolyte as the constants say.
  ///
  /// @throws InvalidInput  for constants or a device that are not physical
  FullModel(const MaterialConstants& constants, const Device& device, const Accuracy& accuracy = {});
  FullModel(FullModel&&) noexcept;
  FullModel& operator=(FullModel&&) noexcept;
  ~FullModel();

  /// Holds the gate at `volts` and the device at `kelvin` for `seconds`. The voltage jumps at the beginning.
  ///
  /// @throws InvalidInput  for a time or temperature that is not positive, a voltage beyond breakdown
  /// @throws Failure       if CVODE gives up
  void hold(double volts, double seconds, double kelvin);

  /// Brings the device to another temperature at once; nothing moves.
  /// @throws InvalidInput  for a temperature that is not positive
  void set_temperature(double kelvin);

  /// At the gate voltage of the last `hold` (0 V before any) and the temperature of that or of `set_temperature`.
  Reading read();

  /// Vacancies per area in each cell and, last, in the reservoir, 1/m^2. Their sum is conserved.
  std::vector<double> vacancies() const;
  void set_vacancies(std::span<const double> vacancies);

  /// Takes vacancies out of the reservoir into the channel (1/m^2; negative: back), spread as the channel's are.
  ///
  /// @throws InvalidInput  if there are not so many
  void move_into_channel(double vacancies);

  /// Potential in each cell, V; positions of the cells' centres from the gate, m.
  std::vector<double> potential();
  std::vector<double> positions() const;

  /// Of CVODE, since the beginning: for tests and benchmarks.
  struct Effort {
    long steps = 0, evaluations = 0, jacobians = 0;
  };
  Effort effort() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Conductance of the ungated ends, S; infinite where there are none.
double ungated_conductance(const MaterialConstants& constants, const Device& device, double kelvin);

/// Leakage current through the electrolyte, A, by Poole and Frenkel's law; it has the sign of the voltage.
double leakage_current(const MaterialConstants& constants, const Device& device, double volts, double kelvin);

}  // namespace ecram::device
