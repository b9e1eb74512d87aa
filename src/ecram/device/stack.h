// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ecram/device/electrons.h"

namespace ecram::device {

/// The stack cut into cells from the gate to the channel's far face: first the electrolyte's, then the channel's. The
/// interphase lies between the two and has no cells.
struct Stack {
  std::size_t electrolyte_cells = 0;
  std::vector<double> width;     ///< m
  std::vector<double> distance;  ///< m, from cell i to the next, without the interphase
  std::vector<double> coupling;  ///< F/m^2 from cell i-1 to i; [0]: from the gate to cell 0

  std::size_t cells() const { return width.size(); }
};

/// The planes of sites on either side of the interphase are one hop thick; from them cells grow into both layers. With
/// `refinement` 2 each cell is cut in two; the planes stay.
Stack make_stack(const MaterialConstants& constants, const Device& device, int refinement = 1);

/// Poisson's equation through the stack at one temperature,
///
///     coupling_i (phi_i-1 - phi_i) + coupling_i+1 (phi_i+1 - phi_i) + charge_i = 0,    phi at the gate = V,
///
/// no field beyond the far face; charge_i the cell's charge per area with electrons in equilibrium. It is the minimum
/// of a convex energy, so the solution is unique and Newton's method with a step that is shortened where the energy
/// does not fall finds it from anywhere.
class Electrostatics {
 public:
  Electrostatics(const MaterialConstants& constants, const Stack& stack);

  void set_temperature(double kelvin);
  const ElectronLaw& law() const { return law_; }

  /// @param vacancies  1/m^3, one for each cell
  /// @param gate       V
  /// @param potential  V, one for each cell: on entry where to begin, on return the solution to 1e-10 k T/q
  /// @throws Failure   if Newton's method does not converge
  void solve(std::span<const double> vacancies, double gate, std::span<double> potential);

  /// How the solution just found changes with the vacancies: result[j * cells + i] = d phi_i / d c_j, V m^3.
  void sensitivity(std::span<double> result);

  /// Charge per area on the gate in the solution just found, C/m^2.
  double gate_charge(double gate, std::span<const double> potential) const;

 private:
  double residual(std::span<const double> vacancies, double gate, std::span<const double> potential);
  void eliminate();
  /// @param first  the right side is zero before it
  void back_substitute(std::span<double> right, std::size_t first) const;

  const MaterialConstants* constants_;
  const Stack* stack_;
  ElectronLaw law_;
  double kelvin_ = 0;
  std::vector<double> residual_, diagonal_, by_vacancies_, inverse_pivot_, step_, trial_;
};

}  // namespace ecram::device
