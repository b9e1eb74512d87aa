// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/stack.h"

#include <algorithm>
#include <cmath>

#include "ecram/core/errors.h"

namespace ecram::device {
namespace {

constexpr double finest = 0.12e-9;             // m: well below the double layer's thickness at rest
constexpr double growth = 1.6;                 // of each cell beyond the one before
constexpr double coarsest_electrolyte = 4e-9;  // m
constexpr double coarsest_channel = 0.9e-9;    // m

/// Widths that grow from `finest` and fill `length` exactly.
std::vector<double> growing(double length, double largest) {
  std::vector<double> widths;
  double filled = 0;
  for (double w = std::min(finest, length); filled < length * (1 - 1e-12); w = std::min(w * growth, largest)) {
    widths.push_back(w);
    filled += w;
  }
  for (double& w : widths) w *= length / filled;
  return widths;
}

}  // namespace

Stack make_stack(const MaterialConstants& constants, const Device& device, int refinement) {
  // The planes on either side of the interphase are one hop thick: a layer of sites, not a matter of the grid.
  const double plane =
      std::min({constants.hop_distance, device.electrolyte_thickness / 3, device.channel_thickness / 3});
  std::vector<double> coarse = growing(device.electrolyte_thickness - plane, coarsest_electrolyte);
  std::ranges::reverse(coarse);
  const std::vector<double> channel = growing(device.channel_thickness - plane, coarsest_channel);

  const auto parts = static_cast<std::size_t>(refinement);
  std::vector<double> widths;
  const auto add = [&](const std::vector<double>& layer) {
    for (const double w : layer) widths.insert(widths.end(), parts, w / static_cast<double>(parts));
  };
  add(coarse);
  widths.push_back(plane);
  const std::size_t electrolyte = widths.size();
  widths.push_back(plane);
  add(channel);

  Stack stack;
  stack.electrolyte_cells = electrolyte;
  stack.width = widths;

  const double interphase =
      constants.interphase_thickness / (constants::vacuum_permittivity * constants.interphase_permittivity);
  double behind = 0;  // half of the cell before: its distance and its inverse capacitance
  double behind_inverse = 0;
  for (std::size_t i = 0; i < stack.cells(); ++i) {
    const double permittivity =
        i < stack.electrolyte_cells ? constants.electrolyte_permittivity : constants.channel_permittivity;
    const double here = stack.width[i] / 2;
    const double here_inverse = here / (constants::vacuum_permittivity * permittivity);
    const double between = i == stack.electrolyte_cells ? interphase : 0;
    stack.coupling.push_back(1 / (behind_inverse + between + here_inverse));
    if (i > 0) stack.distance.push_back(behind + here);
    behind = here;
    behind_inverse = here_inverse;
  }
  return stack;
}

Electrostatics::Electrostatics(const MaterialConstants& constants, const Stack& stack)
    : constants_(&constants), stack_(&stack) {
  for (auto* v : {&residual_, &diagonal_, &by_vacancies_, &inverse_pivot_, &step_, &trial_}) v->resize(stack.cells());
}

void Electrostatics::set_temperature(double kelvin) {
  if (kelvin == kelvin_) return;
  law_ = electron_law(*constants_, kelvin);
  kelvin_ = kelvin;
}

double Electrostatics::residual(std::span<const double> vacancies, double gate, std::span<const double> potential) {
  const Stack& s = *stack_;
  const double q = constants::elementary_charge;
  const double per_volt = q / law_.thermal_energy;
  double largest = 0;  // as a voltage: over the diagonal
  for (std::size_t i = 0; i < s.cells(); ++i) {
    const double before = i == 0 ? gate : potential[i - 1];
    double r = s.coupling[i] * (before - potential[i]);
    double d = s.coupling[i];
    if (i + 1 < s.cells()) {
      r += s.coupling[i + 1] * (potential[i + 1] - potential[i]);
      d += s.coupling[i + 1];
    }
    if (i < s.electrolyte_cells) {
      r += vacancy_charge * q * s.width[i] * (vacancies[i] - constants_->electrolyte_vacancy_density);
      by_vacancies_[i] = vacancy_charge * q * s.width[i];
    } else {
      // A density that an integrator tries may lie a little below zero; states of negative number have no equilibrium.
      const ChannelCharge c =
          channel_charge(law_, std::max(vacancies[i], 0.0), per_volt * potential[i] - law_.band_offset);
      r += q * s.width[i] * c.density;
      d -= q * s.width[i] * c.by_level * per_volt;
      by_vacancies_[i] = vacancies[i] > 0 ? q * s.width[i] * c.by_vacancies : 0;
    }
    residual_[i] = r;
    diagonal_[i] = d;
    largest = std::max(largest, std::abs(r) / d);
  }
  return largest;
}

void Electrostatics::eliminate() {
  const Stack& s = *stack_;
  inverse_pivot_[0] = 1 / diagonal_[0];
  for (std::size_t i = 1; i < s.cells(); ++i)
    inverse_pivot_[i] = 1 / (diagonal_[i] - s.coupling[i] * s.coupling[i] * inverse_pivot_[i - 1]);
}

void Electrostatics::back_substitute(std::span<double> right, std::size_t first) const {
  const Stack& s = *stack_;
  const std::size_t last = s.cells() - 1;
  for (std::size_t i = first + 1; i <= last; ++i) right[i] += s.coupling[i] * inverse_pivot_[i - 1] * right[i - 1];
  right[last] *= inverse_pivot_[last];
  for (std::size_t i = last; i-- > 0;) right[i] = (right[i] + s.coupling[i + 1] * right[i + 1]) * inverse_pivot_[i];
}

void Electrostatics::solve(std::span<const double> vacancies, double gate, std::span<double> potential) {
  const std::size_t n = stack_->cells();
  const double thermal_voltage = law_.thermal_energy / constants::elementary_charge;
  residual(vacancies, gate, potential);
  for (int iteration = 0; iteration < 400; ++iteration) {
    eliminate();
    step_ = residual_;
    back_substitute(step_, 0);
    double slope = 0, length = 0;
    for (std::size_t i = 0; i < n; ++i) {
      slope += residual_[i] * step_[i];
      length = std::max(length, std::abs(step_[i]));
    }
    if (!std::isfinite(slope)) break;
    // Newton's convergence is quadratic: after a step of 1e-5 the error is below 1e-10, and the matrix is right to
    // 1e-5.
    if (length < 1e-5 * thermal_voltage) {
      for (std::size_t i = 0; i < n; ++i) potential[i] += step_[i];
      return;
    }
    // The residual is minus the energy's gradient: along the step it falls from `slope` and must not overshoot.
    double share = 1;
    for (int cut = 0; cut < 40; ++cut, share /= 2) {
      for (std::size_t i = 0; i < n; ++i) trial_[i] = potential[i] + share * step_[i];
      residual(vacancies, gate, trial_);
      double along = 0;
      for (std::size_t i = 0; i < n; ++i) along += residual_[i] * step_[i];
      if (along > -0.9 * slope) break;
    }
    std::ranges::copy(trial_, potential.begin());
  }
  throw Failure("the potential at {} V and {} K was not found", gate, kelvin_);
}

void Electrostatics::sensitivity(std::span<double> result) {
  const std::size_t n = stack_->cells();
  for (std::size_t j = 0; j < n; ++j) {
    // A unit charge in cell j: the forward sweep begins there.
    const std::span<double> column = result.subspan(j * n, n);
    std::ranges::fill(column, 0.0);
    column[j] = by_vacancies_[j];
    back_substitute(column, j);
  }
}

double Electrostatics::gate_charge(double gate, std::span<const double> potential) const {
  return stack_->coupling[0] * (gate - potential[0]);
}

}  // namespace ecram::device
