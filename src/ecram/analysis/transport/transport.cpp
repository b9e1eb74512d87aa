// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/transport/transport.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/random.h"
#include "ecram/fit/least_squares.h"
#include "ecram/fit/model_choice.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {
namespace {

using constants::boltzmann;
using physics::ConductionLaw;

/// A weighted straight line y = a + b x, its variance from the residuals.
struct StraightLine {
  double a = 0, b = 0, a_error = 0, b_error = 0, correlation = 0, chi2 = 0, freedom = 0;
};

/// The numbers of a straight line that do not depend on y: made once for many bootstrap samples.
class LineFitter {
 public:
  LineFitter(std::vector<double> x, std::vector<double> weight) : x_(std::move(x)), weight_(std::move(weight)) {
    for (std::size_t i = 0; i < x_.size(); ++i) sum_ += weight_[i], centre_ += weight_[i] * x_[i];
    centre_ /= sum_;
    for (std::size_t i = 0; i < x_.size(); ++i) spread_ += weight_[i] * (x_[i] - centre_) * (x_[i] - centre_);
  }

  StraightLine fit(const std::vector<double>& y) const {
    double mean = 0, slope = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
      mean += weight_[i] * y[i], slope += weight_[i] * (x_[i] - centre_) * y[i];
    StraightLine line;
    line.b = slope / spread_;
    line.a = mean / sum_ - line.b * centre_;
    for (std::size_t i = 0; i < y.size(); ++i) line.chi2 += weight_[i] * std::pow(y[i] - line.a - line.b * x_[i], 2);
    line.freedom = double(y.size()) - 2;
    const double variance = line.chi2 / line.freedom;
    line.b_error = std::sqrt(variance / spread_);
    line.a_error = std::sqrt(variance * (1 / sum_ + centre_ * centre_ / spread_));
    line.correlation = -centre_ / std::sqrt(spread_ / sum_ + centre_ * centre_);
    return line;
  }

  /// Share of point i in its own fitted value.
  double leverage(std::size_t i) const {
    return weight_[i] * (1 / sum_ + (x_[i] - centre_) * (x_[i] - centre_) / spread_);
  }

  const std::vector<double>& x() const { return x_; }
  const std::vector<double>& weight() const { return weight_; }

 private:
  std::vector<double> x_, weight_;
  double sum_ = 0, centre_ = 0, spread_ = 0;
};

Estimate student(double value, double error, double freedom) {
  const double t = fit::student_t_quantile(0.975, freedom);
  return {value, error, value - t * error, value + t * error};
}

std::vector<double> logarithms(const std::vector<double>& values) {
  std::vector<double> logs;
  for (double v : values) logs.push_back(std::log(v));
  return logs;
}

/// 1/(relative error)^2, in units of its mean so that chi2 keeps a bearable size; all alike where none are stated.
std::vector<double> weights(const TemperatureSeries& s) {
  std::vector<double> w(s.value.size(), 1.0);
  if (s.error.size() != s.value.size() ||
      std::any_of(s.error.begin(), s.error.end(), [](double e) { return !(e > 0); }))
    return w;
  double mean = 0;
  for (std::size_t i = 0; i < w.size(); ++i) mean += (w[i] = std::pow(s.value[i] / s.error[i], 2)) / double(w.size());
  for (double& v : w) v /= mean;
  return w;
}

void check_points(const TemperatureSeries& s, std::size_t least, const char* what) {
  if (s.value.size() < least)
    throw InvalidInput("{} points of {}; at least {} are needed", s.value.size(), what, least);
}

/// Deviance of a normal model with its variance profiled out; weights that are the same for all models drop out.
double criterion(double chi2, std::size_t points, std::size_t parameters) {
  return fit::aicc(double(points) * std::log(chi2 / double(points)), parameters + 1, points);
}

LineFitter law_line(ConductionLaw law, const TemperatureSeries& s) {
  std::vector<double> x;
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
    return values[static_cast<std::size_t>(share * double(values.size() - 1) + 0.5)];
  };
  return {value, std::sqrt(square), at(0.025), at(0.975)};
}

/// chi2 of the best exp[(T0/T)^p] for one p.
double chi2_of_exponent(const TemperatureSeries& s, const std::vector<double>& y, const std::vector<double>& w,
                        double p) {
  std::vector<double> x;
  for (double t : s.temperature) x.push_back(std::pow(t / 250, -p));
  return LineFitter(std::move(x), w).fit(y).chi2;
}

/// p by least squares, the interval by the profile: where chi2 exceeds its minimum by t^2 s^2.
Estimate free_exponent(const TemperatureSeries& s) {
  const auto y = logarithms(s.value);
  const auto w = weights(s);
  const auto chi2 = [&](double p) { return chi2_of_exponent(s, y, w, p); };
  constexpr double least = 0.01, most = 4;
  double best = least, smallest = chi2(least);
  for (double p = least; p <= most; p *= 1.02)
    if (const double c = chi2(p); c < smallest) smallest = c, best = p;
  double a = best / 1.03, b = best * 1.03;
  constexpr double golden = 0.6180339887498949;
  for (int i = 0; i < 60; ++i) {
    const double left = b - golden * (b - a), right = a + golden * (b - a);
    (chi2(left) < chi2(right) ? b : a) = chi2(left) < chi2(right) ? right : left;
  }
  Estimate e;
  e.value = 0.5 * (a + b);
  const double freedom = double(y.size()) - 3;
  if (freedom < 1) return e;
  smallest = chi2(e.value);
  const auto edge = [&](double t, double limit) {
    const double wanted = smallest * (1 + t * t / freedom);
    if (chi2(limit) < wanted)
      return limit == least ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    double in = e.value, out = limit;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (in + out);
      (chi2(middle) < wanted ? in : out) = middle;
    }
    return in;
  };
  const double t = fit::student_t_quantile(0.975, freedom);
  e.low = edge(t, least);
  e.high = edge(t, most);
  const double one_low = edge(1, least), one_high = edge(1, most);
  e.standard_error = std::isfinite(one_low) && std::isfinite(one_high) ? 0.5 * (one_high - one_low)
                                                                       : std::numeric_limits<double>::quiet_NaN();
  return e;
}

double zabrodskii_slope(const std::vector<double>& temperature, const std::vector<double>& w) {
  std::vector<double> x, y;
  for (std::size_t i = 0; i < w.size(); ++i)
    if (w[i] > 0) x.push_back(std::log(temperature[i])), y.push_back(std::log(w[i]));
  if (x.size() < 3) return std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> ones(x.size(), 1.0);
  return -LineFitter(x, ones).fit(y).b;
}

/// The plot's slope, its error from curves drawn with the noise about the best smooth law: neighbouring points of the
/// plot share readings, so that its own scatter does not tell.
Estimate zabrodskii(const TemperatureSeries& s, const std::vector<double>& w, double exponent, std::uint64_t seed) {
  const auto y = logarithms(s.value);
  std::vector<double> x;
  for (double t : s.temperature) x.push_back(std::pow(t / 250, -exponent));
  const LineFitter fitter(x, weights(s));
  const StraightLine line = fitter.fit(y);
  const double noise = std::sqrt(line.chi2 / std::max(1.0, line.freedom - 1));
  constexpr std::size_t trials = 400;
  std::vector<double> slopes;
  for (std::size_t trial = 0; trial < trials; ++trial) {
    RandomStream random(seed, "Zabrodskii plot", trial);
    std::vector<double> rho;
    for (std::size_t i = 0; i < x.size(); ++i)
      rho.push_back(std::exp(line.b * x[i] + noise / std::sqrt(fitter.weight()[i]) * random.normal()));
    const double slope = zabrodskii_slope(s.temperature, physics::reduced_activation_energy(s.temperature, rho));
    if (std::isfinite(slope)) slopes.push_back(slope);
  }
  const double value = zabrodskii_slope(s.temperature, w);
  if (slopes.size() < trials / 2)
    return {value, std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity(),
            std::numeric_limits<double>::infinity()};
  const Estimate spread = percentiles(std::move(slopes), value);
  return normal_estimate(value, spread.standard_error);
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

FreezeOut fit_freeze_out(const TemperatureSeries& n, const TransportOptions& o) {
  const auto y = logarithms(n.value);
  const auto w = weights(n);
  const auto model = [&](std::span<const double> p, double t) {
    return std::log(physics::freeze_out_density(
        {std::exp(p[0]), p[1] * constants::elementary_charge, std::exp(p[2]), o.effective_mass, o.degeneracy}, t));
  };
  fit::LeastSquaresProblem problem;
  problem.residuals = y.size();
  problem.residual = [&](std::span<const double> p, std::span<double> r) {
    for (std::size_t i = 0; i < y.size(); ++i) r[i] = std::sqrt(w[i]) * (y[i] - model(p, n.temperature[i]));
  };
  const double infinite = std::numeric_limits<double>::infinity();
  const double slope = std::clamp(arrhenius_energy(n, 0).value / constants::elementary_charge, 0.01, 1.0);
  const double most = *std::max_element(y.begin(), y.end());
  problem.bounds = {{most - 1, most + 40}, {1e-4, 3}, {std::log(1e-9), std::log(0.99)}};
  fit::LeastSquaresFit best;
  best.chi2 = infinite;
  // The compensated and the uncompensated regime are far apart: start in both.
  for (const auto& start :
       {std::array{most + 3, slope, std::log(0.3)}, std::array{most + 3, 2 * slope, std::log(1e-5)},
        std::array{most + 8, slope, std::log(0.9)}, std::array{most + 1, 2 * slope, std::log(1e-3)}}) {
    const auto tried = fit::least_squares(problem, start);
    if (tried.chi2 < best.chi2) best = tried;
  }
  FreezeOut f;
  const double freedom = std::max(1.0, double(y.size()) - 3);
  const auto error = [&](std::size_t k) { return best.standard_error(k); };
  const auto exponential = [&](std::size_t k) {
    const Estimate e = student(best.parameters[k], error(k), freedom);
    return Estimate{std::exp(e.value), std::exp(e.value) * e.standard_error, std::exp(e.low), std::exp(e.high)};
  };
  f.density = exponential(0);
  f.depth = scaled(student(best.parameters[1], error(1), freedom), constants::elementary_charge);
  f.compensation = exponential(2);
  f.determined = best.converged && std::isfinite(error(0) + error(1) + error(2)) && error(0) < 3 && error(2) < 3 &&
                 error(1) < 0.5 * best.parameters[1];
  return f;
}

}  // namespace

LawFit fit_law(ConductionLaw law, const TemperatureSeries& s, std::size_t bootstrap, std::uint64_t seed) {
  check_points(s, 4, "resistivity");
  const LineFitter fitter = law_line(law, s);
  const std::vector<double> y = law_ordinate(law, s);
  const StraightLine line = fitter.fit(y);
  LawFit f;
  f.law = law;
  f.log_prefactor = student(line.a, line.a_error, line.freedom);
  f.characteristic = characteristic(law, student(line.b, line.b_error, line.freedom));
  f.correlation = line.correlation;
  f.chi2 = line.chi2;
  f.aicc = criterion(line.chi2, y.size(), 2);
  if (bootstrap >= 2) {
    // Residuals brought to one variance by their weight and their leverage.
    std::vector<double> standardised, sample(y.size()), values;
    for (std::size_t i = 0; i < y.size(); ++i)
      standardised.push_back((y[i] - line.a - line.b * fitter.x()[i]) *
                             std::sqrt(fitter.weight()[i] / (1 - fitter.leverage(i))));
    values.reserve(bootstrap);
    for (std::size_t b = 0; b < bootstrap; ++b) {
      if (b % 1024 == 0) stop_if_interrupted();
      RandomStream random(seed, "bootstrap of a conduction law", b);
      for (std::size_t i = 0; i < y.size(); ++i)
        sample[i] = line.a + line.b * fitter.x()[i] +
                    standardised[random.below(static_cast<std::uint32_t>(y.size()))] / std::sqrt(fitter.weight()[i]);
      values.push_back(characteristic(law, {fitter.fit(sample).b, 0, 0, 0}).value);
    }
    f.bootstrap = percentiles(std::move(values), f.characteristic.value);
  }
  return f;
}

Estimate arrhenius_energy(const TemperatureSeries& s, double power) {
  check_points(s, 3, "an Arrhenius plot");
  std::vector<double> x, y = logarithms(s.value);
  for (std::size_t i = 0; i < y.size(); ++i) {
    x.push_back(-1 / (boltzmann * s.temperature[i]));
    y[i] -= power * std::log(s.temperature[i]);
  }
  const StraightLine line = LineFitter(std::move(x), weights(s)).fit(y);
  return student(line.b, line.b_error, line.freedom);
}

std::vector<ArrheniusWindow> arrhenius_windows(const TemperatureSeries& s, std::size_t least) {
  std::vector<ArrheniusWindow> windows;
  for (std::size_t from = 0; from + least <= s.value.size(); ++from)
    for (std::size_t to = from + least; to <= s.value.size(); ++to) {
      TemperatureSeries part;
      const auto cut = [&](const std::vector<double>& v) {
        return v.empty() ? v
                         : std::vector<double>(v.begin() + static_cast<std::ptrdiff_t>(from),
                                               v.begin() + static_cast<std::ptrdiff_t>(to));
      };
      part.temperature = cut(s.temperature);
      part.value = cut(s.value);
      part.error = cut(s.error);
      windows.push_back({part.temperature.front(), part.temperature.back(), to - from, arrhenius_energy(part)});
    }
  return windows;
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
        "{} points of resistivity and {} of density between {} and {} K; at least 5 of resistivity or 4 of "
        "density are needed",
        rho.value.size(), n.value.size(), o.from, o.to > 0 ? o.to : std::numeric_limits<double>::infinity());

  if (rho.value.size() >= 5) {
    std::vector<double> aicc;
    r.conductivity_energy = scaled(arrhenius_energy(rho), -1);
    const bool falls = r.conductivity_energy.value > 0;
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
    r.hopping_preferred = std::min(three.aicc, two.aicc) < polaron;
    // The two laws' own Akaike weights; odds below two to one decide nothing.
    if (std::isfinite(three.aicc) || std::isfinite(two.aicc))
      r.three_dimensional = 1 / (1 + std::exp(0.5 * (three.aicc - two.aicc)));
    r.dimension = r.three_dimensional > 2.0 / 3 ? "3D" : r.three_dimensional < 1.0 / 3 ? "2D" : "undetermined";
    // Mott's laws against all others: beyond ten units of AICc behind the best there is no support (Burnham and
    // Anderson, 2002); twice that, since errors estimated from the same points make these units smaller than they look.
    const bool supported = r.hopping_preferred && std::min(three.aicc, two.aicc) < best + 20;
    if (!supported) r.dimension = "undetermined";
    // A density of states per volume belongs to the law in three dimensions, one per area to that in two.
    const bool volume = o.density_of_states || (!o.sheet_density_of_states && three.aicc < two.aicc);
    const LawFit& mott = volume ? three : two;
    r.hop_law = mott.law;
    const auto states = volume ? o.density_of_states : o.sheet_density_of_states;
    if (supported && mott.characteristic.value > 0)
      r.hop = states ? physics::mott_hopping(mott.law, mott.characteristic.value, *states, 300)
                     : physics::mott_hopping_of_length(mott.law, mott.characteristic.value, o.localisation_length, 300);
    std::sort(r.laws.begin(), r.laws.end(), [](const LawFit& a, const LawFit& b) { return a.aicc < b.aicc; });
    r.exponent = free_exponent(rho);
    r.reduced_activation = physics::reduced_activation_energy(rho.temperature, rho.value);
    r.zabrodskii_exponent = zabrodskii(rho, r.reduced_activation, r.exponent.value, o.seed);
    const double residual = std::sqrt(r.laws[0].chi2 / double(rho.value.size() - 2));
    if (residual > 0.2)
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
    double centre = 0;
    for (double t : mu.temperature) centre += std::log(t) / double(mu.temperature.size());
    for (double t : mu.temperature) x.push_back(std::log(t) - centre);
    const StraightLine line = LineFitter(std::move(x), weights(mu)).fit(logarithms(mu.value));
    r.mobility_power = student(line.b, line.b_error, line.freedom);
    const Estimate level = student(line.a, line.a_error, line.freedom);
    r.mobility = {std::exp(level.value), std::exp(level.value) * level.standard_error, std::exp(level.low),
                  std::exp(level.high)};
  }
  return r;
}

}  // namespace ecram::analysis
