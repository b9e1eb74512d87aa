// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/transport/transport.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "ecram/analysis/transport/freeze_out.h"
#include "ecram/analysis/transport/straight_line.h"
#include "ecram/analysis/transport/zabrodskii.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/random.h"
#include "ecram/fit/model_choice.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {
namespace {

using constants::boltzmann;
using physics::ConductionLaw;

/// Deviance of a normal model with its variance profiled out; weights that are the same for all models drop out. Below
/// the rounding of ln(rho) no model is better than another.
double law_criterion(double chi2, std::size_t points, std::size_t parameters) {
  constexpr double rounding = 1e-14;
  return fit::aicc(double(points) * std::log(std::max(chi2 / double(points), rounding * rounding)), parameters + 1,
                   points);
}

LineFitter law_line(ConductionLaw law, const TemperatureSeries& s) {
  std::vector<double> x;
  x.reserve(s.temperature.size());
  const double p = physics::exponent(law);
  for (double t : s.temperature)
    x.push_back(physics::has_characteristic_temperature(law) ? std::pow(t, -p) : 1 / (boltzmann * t));
  return {std::move(x), weights(s)};
}

/// ln(rho) less the law's power of T.
std::vector<double> law_ordinate(ConductionLaw law, const TemperatureSeries& s) {
  std::vector<double> y = logarithms(s.value);
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] -= physics::has_characteristic_temperature(law) ? 0 : physics::log_resistivity(law, 0, s.temperature[i]);
  return y;
}

/// T0 of a slope T0^p, or E itself. The interval is that of the slope, carried over.
Estimate characteristic(ConductionLaw law, const Estimate& slope) {
  if (!physics::has_characteristic_temperature(law)) return slope;
  const double p = physics::exponent(law);
  const auto t0 = [&](double b) { return b > 0 ? std::pow(b, 1 / p) : 0.0; };
  return {t0(slope.value),
          slope.value > 0 ? t0(slope.value) * slope.standard_error / (p * slope.value)
                          : std::numeric_limits<double>::quiet_NaN(),
          t0(slope.low), t0(slope.high)};
}

Estimate percentiles(std::vector<double> values, double value) {
  std::sort(values.begin(), values.end());
  double mean = 0, square = 0;
  for (double v : values) mean += v / double(values.size());
  for (double v : values) square += (v - mean) * (v - mean) / double(values.size() - 1);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(std::lround(share * double(values.size() - 1)))];
  };
  return {value, std::sqrt(square), at(0.025), at(0.975)};
}

TemperatureSeries within(const TemperatureSeries& s, const TransportOptions& o) {
  TemperatureSeries part;
  for (std::size_t i = 0; i < s.value.size(); ++i) {
    if ((o.from > 0 && s.temperature[i] < o.from - 1e-9) || (o.to > 0 && s.temperature[i] > o.to + 1e-9)) continue;
    part.temperature.push_back(s.temperature[i]);
    part.value.push_back(s.value[i]);
    if (!s.error.empty()) part.error.push_back(s.error[i]);
  }
  return part;
}

constexpr double decisive_odds = 10;

/// Of one law against another, by their Akaike weights.
double odds(double aicc, double other) { return std::exp(0.5 * (other - aicc)); }

/// Mott's laws against small polarons; neither where both are beyond `limit`, another law being that much better.
Preference preference(double mott, double polaron, double limit) {
  if (!(std::min(mott, polaron) < limit)) return Preference::neither;
  if (odds(mott, polaron) >= decisive_odds) return Preference::mott;
  if (odds(polaron, mott) >= decisive_odds) return Preference::small_polaron;
  return Preference::undetermined;
}

/// Mott's hop at 300 K, unless it is one that cannot be: within one localised state, over less than atoms or more than
/// a micrometre, or over more energy than a gap's.
void find_hop(TransportResult& r, const LawFit& mott, const TransportOptions& o) {
  constexpr double temperature = 300, largest_energy = constants::elementary_charge, shortest = 1e-10, longest = 1e-6;
  const double t0 = mott.characteristic.value;
  if (!(t0 > 0)) return;
  const auto states = mott.law == ConductionLaw::mott_3d ? o.density_of_states : o.sheet_density_of_states;
  const physics::Hopping hop = states
                                   ? physics::mott_hopping(mott.law, t0, *states, temperature)
                                   : physics::mott_hopping_of_length(mott.law, t0, o.localisation_length, temperature);
  if (hop.distance > hop.localisation_length && hop.distance > shortest && hop.distance < longest &&
      hop.energy < largest_energy) {
    r.hop = hop;
    r.hop_of_states = states.has_value();
    return;
  }
  r.warnings.push_back(
      {"hop_not_physical", 0,
       fmt::format(
           "T0 of {:.3g} K means a hop at 300 K over {:.3g} m, {:.3g} localisation lengths, and {:.3g} eV; expected "
           "0.1 nm to 1 um, more than one length and less than 1 eV: no hop",
           t0, hop.distance, hop.distance / hop.localisation_length, hop.energy / constants::elementary_charge)});
}

/// Errors of less than the digits of a double bear are those of rounding, and say nothing of the measurement.
bool forget_rounding(Estimate& e, double scale) {
  constexpr double rounding = 1e-10;
  if (!e.known() || !(e.standard_error < rounding * scale)) return false;
  e = {.value = e.value};
  return true;
}

/// @returns  whether there was any
bool forget_rounding(TransportResult& r) {
  bool any = false;
  const auto relative = [&](Estimate& e) { any |= forget_rounding(e, std::abs(e.value)); };
  for (LawFit& f : r.laws) {
    relative(f.characteristic);
    relative(f.bootstrap);
    forget_rounding(f.log_prefactor, std::max(1.0, std::abs(f.log_prefactor.value)));
  }
  for (ReducedActivation& p : r.zabrodskii_plot) relative(p.w);
  for (ArrheniusWindow& w : r.windows) relative(w.energy);
  for (Estimate* e : {&r.exponent, &r.zabrodskii_exponent, &r.conductivity_energy, &r.density_energy,
                      &r.density_energy_band, &r.mobility})
    relative(*e);
  any |= forget_rounding(r.mobility_power, 1);
  if (r.freeze_out)
    for (Estimate* e : {&r.freeze_out->density, &r.freeze_out->depth, &r.freeze_out->compensation}) relative(*e);
  return any;
}

}  // namespace

LawFit fit_law(ConductionLaw law, const TemperatureSeries& s, std::size_t bootstrap, std::uint64_t seed) {
  check_points(s, 4, "resistivity");
  const LineFitter fitter = law_line(law, s);
  const std::vector<double> y = law_ordinate(law, s);
  const StraightLine line = fitter.fit(y);
  LawFit f;
  f.law = law;
  f.log_prefactor = fit::student_estimate(line.a, line.a_error, line.freedom);
  f.characteristic = characteristic(law, fit::student_estimate(line.b, line.b_error, line.freedom));
  f.correlation = line.correlation;
  f.chi2 = line.chi2;
  f.aicc = law_criterion(line.chi2, y.size(), 2);
  if (bootstrap >= 2) {
    // Residuals brought to one variance by their weight and their leverage, and to mean zero. Only the slope is wanted,
    // and it is linear in them.
    std::vector<double> standardised, share, values;
    double mean = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double free = std::max(1 - fitter.leverage(i), 1e-9);
      standardised.push_back((y[i] - line.a - line.b * fitter.x()[i]) * std::sqrt(fitter.weight()[i] / free));
      mean += standardised.back() / double(y.size());
      share.push_back(fitter.slope_share(i) / std::sqrt(fitter.weight()[i]));
    }
    for (double& r : standardised) r -= mean;
    values.reserve(bootstrap);
    const auto points = static_cast<std::uint32_t>(y.size());
    for (std::size_t b = 0; b < bootstrap; ++b) {
      if (b % 256 == 0) stop_if_interrupted();
      RandomStream random(seed, "bootstrap of a conduction law", b);
      double slope = line.b;
      for (const double part : share) slope += part * standardised[random.below(points)];
      values.push_back(characteristic(law, {slope, 0, 0, 0}).value);
    }
    f.bootstrap = percentiles(std::move(values), f.characteristic.value);
  }
  return f;
}

TransportResult analyse_transport(const TransportTable& table, const TransportOptions& o) {
  TransportResult r;
  r.used = table;
  r.used.resistivity = within(table.resistivity, o);
  r.used.density = within(table.density, o);
  r.used.mobility = within(table.mobility, o);
  r.warnings = table.warnings;
  const auto& rho = r.used.resistivity;
  const auto& n = r.used.density;
  if (rho.value.size() < 5 && n.value.size() < 4)
    throw InvalidInput(
        "{} values of resistivity and {} of density{}; expected at least 5 of resistivity or 4 of density",
        rho.value.size(), n.value.size(),
        o.from > 0 || o.to > 0
            ? fmt::format(" from {} to {} K", o.from, o.to > 0 ? o.to : std::numeric_limits<double>::infinity())
            : "");

  if (rho.value.size() >= 5) {
    std::vector<double> aicc;
    r.conductivity_energy = scaled(arrhenius_energy(rho), -1);
    // Beyond its scatter, and beyond the rounding of a resistivity that is constant.
    const bool falls =
        r.conductivity_energy.low > 0 &&
        r.conductivity_energy.value / boltzmann * (1 / rho.temperature.front() - 1 / rho.temperature.back()) > 1e-9;
    for (ConductionLaw law : physics::conduction_laws) {
      r.laws.push_back(fit_law(law, rho, o.bootstrap, o.seed));
      // A law whose energy or temperature may be none at all is none.
      const Estimate& found = r.laws.back().characteristic;
      if (!falls || !((std::isnan(found.low) ? found.value : found.low) > 0))
        r.laws.back().aicc = std::numeric_limits<double>::infinity();
      aicc.push_back(r.laws.back().aicc);
    }
    const double best = *std::min_element(aicc.begin(), aicc.end());
    if (std::isfinite(best)) {
      const auto weight = fit::akaike_weights(aicc);
      for (std::size_t i = 0; i < weight.size(); ++i) r.laws[i].weight = weight[i];
    } else {
      r.warnings.push_back(
          {"resistivity_does_not_fall", 0,
           "the resistivity does not fall with temperature: no hopping or activated law describes it"});
    }
    const auto of = [&](ConductionLaw law) {
      return *std::find_if(r.laws.begin(), r.laws.end(), [&](const LawFit& f) { return f.law == law; });
    };
    const LawFit three = of(ConductionLaw::mott_3d), two = of(ConductionLaw::mott_2d);
    const double polaron =
        std::min(of(ConductionLaw::small_polaron_adiabatic).aicc, of(ConductionLaw::small_polaron_nonadiabatic).aicc);
    const double mott_aicc = std::min(three.aicc, two.aicc);
    // The two laws' own Akaike weights; odds below two to one decide nothing.
    if (std::isfinite(three.aicc) || std::isfinite(two.aicc))
      r.three_dimensional = 1 / (1 + std::exp(0.5 * (three.aicc - two.aicc)));
    r.dimension = r.three_dimensional > 2.0 / 3 ? "3D" : r.three_dimensional < 1.0 / 3 ? "2D" : "undetermined";
    // Mott's laws against all others: ten units of AICc behind the best there is no support (Burnham and Anderson,
    // 2002). With the errors' size known that is 1 in 640 by chance; estimated from few points it takes more units for
    // that.
    const double freedom = double(rho.value.size()) - 3;
    const double t = fit::student_t_quantile(1 - 0.5 / 640, freedom);
    const double unsupported = double(rho.value.size()) * std::log1p(t * t / freedom);
    const auto closest = std::min_element(r.laws.begin(), r.laws.end(),
                                          [](const LawFit& one, const LawFit& other) { return one.aicc < other.aicc; });
    const double residual = std::sqrt(closest->chi2 / double(rho.value.size() - 2));
    const bool some_law_fits = residual < 0.2;
    const double span = rho.temperature.back() / rho.temperature.front() - 1;
    const bool wide = span > 0.01;
    if (!wide)
      r.warnings.push_back(
          {"narrow_range", 0,
           fmt::format(
               "the temperatures are within {:.3g} K, less than 1 %, at {:.4g} K: all laws are one straight line "
               "there, and none is told from another",
               rho.temperature.back() - rho.temperature.front(), rho.temperature.front())});
    const bool believable = wide && some_law_fits && std::isfinite(best);
    r.preference = believable ? preference(mott_aicc, polaron, best + unsupported) : Preference::undetermined;
    r.hopping_preferred = r.preference == Preference::mott;
    if (!r.hopping_preferred) r.dimension = "undetermined";
    // A hop is of a variable range: hopping between neighbours must be excluded like small polarons.
    if (r.hopping_preferred && odds(mott_aicc, of(ConductionLaw::nearest_neighbour).aicc) >= decisive_odds) {
      // A density of states per volume belongs to the law in three dimensions, one per area to that in two.
      const bool volume = o.density_of_states || (!o.sheet_density_of_states && three.aicc < two.aicc);
      r.hop_law = volume ? ConductionLaw::mott_3d : ConductionLaw::mott_2d;
      find_hop(r, volume ? three : two, o);
    }
    std::sort(r.laws.begin(), r.laws.end(), [](const LawFit& a, const LawFit& b) { return a.aicc < b.aicc; });
    if (falls && wide) {
      const FreeExponent free = free_exponent(rho);
      ZabrodskiiPlot plot = zabrodskii(rho, free);
      r.exponent = free.exponent;
      r.zabrodskii_plot = std::move(plot.points);
      r.zabrodskii_exponent = plot.exponent;
      if (plot.straight < 1e-3)
        r.warnings.push_back({"zabrodskii_plot_bent", 0,
                              "the Zabrodskii plot is not straight: no one power of T holds over the whole range"});
    }
    if (!some_law_fits)
      r.warnings.push_back(
          {"no_law_fits", 0,
           fmt::format("even the best law leaves {:.0f} % of scatter in the resistivity", 100 * residual)});
  }
  if (n.value.size() >= 4) {
    r.density_energy = arrhenius_energy(n);
    r.density_energy_band = arrhenius_energy(n, 1.5);
    if (table.sheet_density)
      r.warnings.push_back({"freeze_out_needs_volume", 0,
                            "the density is per area: freeze-out needs it per volume, divided by the thickness"});
    else if (degenerate(n, o.effective_mass))
      r.warnings.push_back({"degenerate_density", 0,
                            "the density exceeds what a band that is not degenerate holds (N_c): no freeze-out of a "
                            "donor is fitted"});
    else if (n.value.size() >= 6)
      r.freeze_out = fit_freeze_out(n, o);
    r.windows = arrhenius_windows(n);
  } else {
    TemperatureSeries sigma = rho;
    for (std::size_t i = 0; i < sigma.value.size(); ++i) {
      sigma.value[i] = 1 / rho.value[i];
      if (!sigma.error.empty()) sigma.error[i] = rho.error[i] / (rho.value[i] * rho.value[i]);
    }
    r.windows = arrhenius_windows(sigma);
  }
  if (r.used.mobility.value.size() >= 3) {
    std::vector<double> x;
    const auto& mu = r.used.mobility;
    x.reserve(mu.temperature.size());
    double centre = 0;
    for (double t : mu.temperature) centre += std::log(t) / double(mu.temperature.size());
    for (double t : mu.temperature) x.push_back(std::log(t) - centre);
    const StraightLine line = LineFitter(std::move(x), weights(mu)).fit(logarithms(mu.value));
    r.mobility_power = fit::student_estimate(line.b, line.b_error, line.freedom);
    const Estimate level = fit::student_estimate(line.a, line.a_error, line.freedom);
    r.mobility = {std::exp(level.value), std::exp(level.value) * level.standard_error, std::exp(level.low),
                  std::exp(level.high)};
  }
  if (forget_rounding(r))
    r.warnings.push_back({"fits_to_rounding", 0,
                          "the data follow a line to their last digits: they have no noise to tell errors from, and "
                          "these are unknown"});
  return r;
}

}  // namespace ecram::analysis
