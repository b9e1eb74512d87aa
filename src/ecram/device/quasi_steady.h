// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "ecram/device/stack.h"

namespace ecram::device {

/// The stack once everything fast has settled, at a given content of the channel: what the compact model is made of.
struct QuasiSteady {
  double into_channel = 0;         ///< vacancies that pass the interphase towards the channel, 1/(m^2 s)
  double out_of_channel = 0;       ///< and away from it
  double sheet_conductance = 0;    ///< of the gated film, S (a square)
  double hall_density = 0;         ///< the density that a Hall measurement sees, per area, 1/m^2
  double double_layer_charge = 0;  ///< minus the channel's charge, C/m^2

  double net() const { return into_channel - out_of_channel; }
};

/// The quasi-steady stack of docs/device.md, "The compact model": vacancies of the electrolyte in equilibrium with the
/// gate, those of the channel with each other, electrons with source and drain; only the interphase is not in
/// equilibrium. On the full model's own cells:
///
///     electrolyte  c_i = S_e / (1 + (S_e/c_0 - 1) exp(2 q (phi_i - V)/kT))
///     channel      c_i = S_c / (1 + exp(2 q phi_i/kT - mu)),   mu such that sum c_i h_i = N
///
/// in Poisson's equation, by Newton's method on all potentials and mu together.
class QuasiSteadyStack {
 public:
  QuasiSteadyStack(const MaterialConstants& constants, const Device& device, double temperature);

  /// @param content  N, vacancies per area in the channel, 1/m^2; above 0
  /// @param gate     V: the gate voltage that the double layer has followed
  ///
  /// Begins at the solution of the call before, so that neighbours are cheap one after another.
  ///
  /// @throws Failure  if Newton's method does not converge
  QuasiSteady solve(double content, double gate);

  /// Time constant of the double layer at the interphase, charged through the electrolyte, s:
  /// (d_i/eps_i) L / sigma_ion with the ions' low-field conductivity.
  double double_layer_time() const;

 private:
  bool newton(double content, double gate);

  MaterialConstants constants_;
  Device device_;
  Stack stack_;
  ElectronLaw law_;
  double kelvin_;
  std::vector<double> level_;  ///< potentials in k T/q
  double mu_ = 0;
  bool begun_ = false;
};

/// What passes n barriers in a row under a constant field, from and to the faces' densities (docs/device.md, J_t).
/// @param from, to   densities on the electrolyte's and the channel's face, 1/m^3
/// @param drop       potential of the electrolyte's face less the channel's, V
QuasiSteady interphase_flux(const MaterialConstants& constants, const Device& device, double temperature, double from,
                            double to, double drop);

}  // namespace ecram::device
