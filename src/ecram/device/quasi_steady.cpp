// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/quasi_steady.h"

#include <algorithm>
#include <cmath>

#include "ecram/core/errors.h"

namespace ecram::device {
namespace {

constexpr double q = constants::elementary_charge;
constexpr double converged = 1e-9;  // k T
constexpr int most_iterations = 200;

/// Density of a lattice gas and its derivative by the level (k T) at which its occupation is one half.
struct LatticeGas {
  double density, slope;
};

LatticeGas lattice_gas(double sites, double level) {
  const double occupied = level > 0 ? 1 / (1 + std::exp(-level)) : std::exp(level) / (1 + std::exp(level));
  return {sites * occupied, sites * occupied * (1 - occupied)};
}

}  // namespace

QuasiSteady interphase_flux(const MaterialConstants& c, const Device& device, double temperature, double from,
                            double to, double drop) {
  const double kT = constants::boltzmann * temperature;
  const double barriers = c.interphase_thickness / c.hop_distance;
  const double total = vacancy_charge * q * drop / kT;  // 2 n w
  const double height = (c.transfer_energy + device.transfer_energy_shift) / kT;
  const double w = std::min(std::abs(total) / (2 * barriers), height);
  const double mott_gurney = w < 1e-4 ? 1 + w * w / 6 : std::sinh(w) / w;
  // Bernoulli's function x/(exp(x) - 1) of minus and plus the drop.
  const double against = std::abs(total) < 1e-8 ? 1 - total / 2 : total / std::expm1(total);
  const double along = against + total;
  const double rate = c.hop_distance * c.transfer_rate * std::exp(-height) / barriers * mott_gurney;
  QuasiSteady flux;
  flux.into_channel = rate * along * from * (1 - to / c.channel_site_density);
  flux.out_of_channel =
      rate * against * to * (1 - from / c.electrolyte_site_density) * std::exp(c.partition_energy / kT);
  // Beyond 700 k T the way against the field is none at all, whatever rounding says.
  flux.into_channel = std::max(flux.into_channel, 0.0);
  flux.out_of_channel = std::max(flux.out_of_channel, 0.0);
  return flux;
}

QuasiSteadyStack::QuasiSteadyStack(const MaterialConstants& constants, const Device& device, double temperature)
    : constants_(constants),
      device_(device),
      stack_(make_stack(constants, device)),
      law_(electron_law(constants, temperature)),
      kelvin_(temperature),
      level_(stack_.cells()) {}

double QuasiSteadyStack::double_layer_time() const {
  const MaterialConstants& c = constants_;
  const double kT = law_.thermal_energy;
  const double diffusion =
      c.hop_distance * c.hop_distance * c.attempt_frequency * std::exp(-c.electrolyte_hop_energy / kT);
  const double conductivity = vacancy_charge * vacancy_charge * q * q * c.electrolyte_vacancy_density * diffusion / kT;
  const double capacitance = c.interphase_permittivity * constants::vacuum_permittivity / c.interphase_thickness;
  return capacitance * device_.electrolyte_thickness / conductivity;
}

bool QuasiSteadyStack::newton(double content, double gate) {
  const MaterialConstants& c = constants_;
  const std::size_t n = stack_.cells();
  const double v = gate * q / law_.thermal_energy;
  const double at_rest =
      std::log(c.electrolyte_vacancy_density / (c.electrolyte_site_density - c.electrolyte_vacancy_density));
  const double scale = q * q / law_.thermal_energy;
  std::vector<double> right(n), border(n), pivot(n), bottom(n);
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    double sum = 0, sum_slope = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double here = level_[i], before = i == 0 ? v : level_[i - 1];
      double r = stack_.coupling[i] * (before - here), d = stack_.coupling[i];
      if (i + 1 < n) {
        r += stack_.coupling[i + 1] * (level_[i + 1] - here);
        d += stack_.coupling[i + 1];
      }
      const double h = stack_.width[i];
      border[i] = bottom[i] = 0;
      if (i < stack_.electrolyte_cells) {
        const LatticeGas ions = lattice_gas(c.electrolyte_site_density, at_rest - 2 * (here - v));
        r += scale * h * vacancy_charge * (ions.density - c.electrolyte_vacancy_density);
        d += scale * h * vacancy_charge * 2 * ions.slope;
      } else {
        const LatticeGas ions = lattice_gas(c.channel_site_density, mu_ - 2 * here);
        const ChannelCharge charge = channel_charge(law_, ions.density, here - law_.band_offset);
        r += scale * h * charge.density;
        d -= scale * h * (charge.by_level - 2 * charge.by_vacancies * ions.slope);
        border[i] = scale * h * charge.by_vacancies * ions.slope;
        bottom[i] = 2 * h * ions.slope;
        sum += h * ions.density;
        sum_slope += h * ions.slope;
      }
      right[i] = r;
      pivot[i] = d;
    }
    // (tridiagonal) dy = right + border dmu,  bottom . dy - sum_slope dmu = sum - content.
    for (std::size_t i = 1; i < n; ++i) {
      const double factor = stack_.coupling[i] / pivot[i - 1];
      pivot[i] -= factor * stack_.coupling[i];
      right[i] += factor * right[i - 1];
      border[i] += factor * border[i - 1];
    }
    for (std::size_t i = n; i-- > 0;) {
      const double next = i + 1 < n ? stack_.coupling[i + 1] : 0;
      right[i] = (right[i] + (i + 1 < n ? next * right[i + 1] : 0)) / pivot[i];
      border[i] = (border[i] + (i + 1 < n ? next * border[i + 1] : 0)) / pivot[i];
    }
    double from_right = 0, from_border = 0;
    for (std::size_t i = stack_.electrolyte_cells; i < n; ++i) {
      from_right += bottom[i] * right[i];
      from_border += bottom[i] * border[i];
    }
    // The content as a logarithm, which is nearly linear in mu: steps stay good far from the solution.
    const double missing = content > sum ? sum * std::log(content / sum) : content - sum;
    const double change = (missing + from_right) / (sum_slope - from_border);
    double largest = std::abs(change);
    for (std::size_t i = 0; i < n; ++i) {
      right[i] += border[i] * change;
      largest = std::max(largest, std::abs(right[i]));
    }
    if (!std::isfinite(largest)) return false;
    const double part = std::min(1.0, 4 / largest);
    for (std::size_t i = 0; i < n; ++i) level_[i] += part * right[i];
    mu_ += part * change;
    if (largest < converged) return true;
  }
  return false;
}

QuasiSteady QuasiSteadyStack::solve(double content, double gate) {
  const MaterialConstants& c = constants_;
  const auto begin_afresh = [&] {
    const double density = content / device_.channel_thickness;
    const double neutral = neutral_level(law_, density) + law_.band_offset;
    for (std::size_t i = 0; i < level_.size(); ++i)
      level_[i] = i < stack_.electrolyte_cells ? gate * q / law_.thermal_energy : neutral;
    mu_ = std::log(density / (c.channel_site_density - density)) + 2 * neutral;
  };
  if (!begun_) begin_afresh();
  begun_ = newton(content, gate);
  if (!begun_) {
    begin_afresh();
    begun_ = newton(content, gate);
  }
  if (!begun_) {
    // In steps from no voltage at all.
    begin_afresh();
    constexpr int steps = 40;
    for (int i = 0; i <= steps; ++i) {
      if (i == 0)
        for (std::size_t k = 0; k < stack_.electrolyte_cells; ++k) level_[k] = 0;
      begun_ = newton(content, gate * i / steps);
    }
  }
  if (!begun_)
    throw Failure("the quasi-steady stack does not converge at {:.4g} vacancies a square metre, {:.4g} V and {:.4g} K",
                  content, gate, kelvin_);

  const std::size_t front = stack_.electrolyte_cells;
  const double thermal_voltage = law_.thermal_energy / q;
  const double at_rest =
      std::log(c.electrolyte_vacancy_density / (c.electrolyte_site_density - c.electrolyte_vacancy_density));
  const double from =
      lattice_gas(c.electrolyte_site_density, at_rest - 2 * (level_[front - 1] - gate / thermal_voltage)).density;
  const double to = lattice_gas(c.channel_site_density, mu_ - 2 * level_[front]).density;
  QuasiSteady state =
      interphase_flux(c, device_, kelvin_, from, to, (level_[front - 1] - level_[front]) * thermal_voltage);
  for (std::size_t i = front; i < level_.size(); ++i) {
    const double vacancies = lattice_gas(c.channel_site_density, mu_ - 2 * level_[i]).density;
    const Electrons e = electrons(law_, vacancies, level_[i] - law_.band_offset);
    const double sigma = conductivity(law_, e.mobile());
    state.sheet_conductance += sigma * stack_.width[i];
    state.hall_density += hall_density(law_, e.band, sigma) * stack_.width[i];
    state.double_layer_charge -=
        q * stack_.width[i] * channel_charge(law_, vacancies, level_[i] - law_.band_offset).density;
  }
  return state;
}

}  // namespace ecram::device
