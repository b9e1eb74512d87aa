// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/transport/transport.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

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
    // y about its mean as well: a point of great weight then adds no rounding of its own.
    double mean = 0, slope = 0;
    for (std::size_t i = 0; i < y.size(); ++i) mean += weight_[i] * y[i] / sum_;
    for (std::size_t i = 0; i < y.size(); ++i) slope += weight_[i] * (x_[i] - centre_) * (y[i] - mean);
    StraightLine line;
    line.b = slope / spread_;
    line.a = mean - line.b * centre_;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double r = y[i] - mean - line.b * (x_[i] - centre_);
      line.chi2 += weight_[i] * r * r;
    }
    line.freedom = double(y.size()) - 2;
    const double variance = line.chi2 / line.freedom;
    line.b_error = std::sqrt(variance / spread_);
    line.a_error = std::sqrt(variance * (1 / sum_ + centre_ * centre_ / spread_));
    line.correlation = -centre_ / std::sqrt(spread_ / sum_ + centre_ * centre_);
    return line;
  }

  /// What the slope takes of point i: b = sum of slope_share(i) y[i].
  double slope_share(std::size_t i) const { return weight_[i] * (x_[i] - centre_) / spread_; }

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
  constexpr double rounding = 1e-12;  // an error stated as less is no error
  for (std::size_t i = 0; i < w.size(); ++i)
    mean += (w[i] = std::pow(std::max(s.error[i] / s.value[i], rounding), -2)) / double(w.size());
  for (double& v : w) v /= mean;
  return w;
}

void check_points(const TemperatureSeries& s, std::size_t least, const char* what) {
  if (s.value.size() < least)
    throw InvalidInput("{} points of {}; at least {} are needed", s.value.size(), what, least);
}

/// Deviance of a normal model with its variance profiled out; weights that are the same for all models drop out. Below
/// the rounding of ln(rho) no model is better than another.
double criterion(double chi2, std::size_t points, std::size_t parameters) {
  constexpr double rounding = 1e-14;
  return fit::aicc(double(points) * std::log(std::max(chi2 / double(points), rounding * rounding)), parameters + 1,
                   points);
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

/// ln(rho) = a + b (T/250 K)^(-p) with p free.
struct FreeExponent {
  Estimate exponent;
  double slope = 0;    ///< b
  double noise = 0;    ///< standard deviation of ln(rho) of a point of weight 1
  double freedom = 0;  ///< of the noise
};

/// p by least squares, the interval by the profile: where chi2 exceeds its minimum by t^2 s^2.
FreeExponent free_exponent(const TemperatureSeries& s) {
  const auto y = logarithms(s.value);
  const auto w = weights(s);
  std::vector<double> log_t, x(y.size());
  for (double t : s.temperature) log_t.push_back(std::log(t / 250));
  double all = 0, slope = 0;
  for (double weight : w) all += weight;
  const auto chi2 = [&](double p) {
    double x_mean = 0, y_mean = 0, xx = 0, xy = 0, sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      x[i] = std::exp(-p * log_t[i]);
      x_mean += w[i] * x[i] / all;
      y_mean += w[i] * y[i] / all;
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
      xx += w[i] * (x[i] - x_mean) * (x[i] - x_mean);
      xy += w[i] * (x[i] - x_mean) * (y[i] - y_mean);
    }
    slope = xy / xx;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double r = y[i] - y_mean - slope * (x[i] - x_mean);
      sum += w[i] * r * r;
    }
    return sum;
  };
  constexpr double least = 0.01, most = 4;
  double best = least, smallest = chi2(least);
  for (double p = least; p <= most; p *= 1.02)
    if (const double c = chi2(p); c < smallest) smallest = c, best = p;
  double a = std::max(best / 1.03, least), b = std::min(best * 1.03, most);
  constexpr double golden = 0.6180339887498949;
  double left = b - golden * (b - a), right = a + golden * (b - a), at_left = chi2(left), at_right = chi2(right);
  for (int i = 0; i < 60; ++i) {
    if (at_left < at_right) {
      b = right, right = left, at_right = at_left;
      left = b - golden * (b - a), at_left = chi2(left);
    } else {
      a = left, left = right, at_left = at_right;
      right = a + golden * (b - a), at_right = chi2(right);
    }
  }
  FreeExponent f;
  Estimate& e = f.exponent;
  e.value = 0.5 * (a + b);
  f.freedom = double(y.size()) - 3;
  if (f.freedom < 1) return f;
  smallest = chi2(e.value);
  f.slope = slope;
  f.noise = std::sqrt(smallest / f.freedom);
  const auto edge = [&](double t, double limit) {
    const double wanted = smallest * (1 + t * t / f.freedom);
    if (chi2(limit) < wanted)
      return limit == least ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    double in = e.value, out = limit;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (in + out);
      (chi2(middle) < wanted ? in : out) = middle;
    }
    return in;
  };
  const double t = fit::student_t_quantile(0.975, f.freedom);
  e.low = edge(t, least);
  e.high = edge(t, most);
  const double one_low = edge(1, least), one_high = edge(1, most);
  e.standard_error = std::isfinite(one_low) && std::isfinite(one_high) ? 0.5 * (one_high - one_low)
                                                                       : std::numeric_limits<double>::quiet_NaN();
  return f;
}

/// Straight line of ln(rho) against ln(T) through the points of one window: its slope is -w.
class SlopeWindow {
 public:
  SlopeWindow(std::span<const double> log_t, std::span<const double> y, std::span<const double> weight)
      : log_t_(log_t), y_(y), weight_(weight) {
    double all = 0, cubes = 0, mean_y = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      all += weight[i];
      mean_ += weight[i] * log_t[i];
      mean_y += weight[i] * y[i];
    }
    mean_ /= all;
    mean_y /= all;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double d = log_t[i] - mean_;
      spread_ += weight[i] * d * d;
      cubes += weight[i] * d * d * d;
      w_ -= weight[i] * d * (y[i] - mean_y);
    }
    w_ /= spread_;
    at_ = mean_ + cubes / (2 * spread_);
  }

  double w() const { return w_; }

  /// What is left of the readings about the line once the curvature of a law with w = `level` at `at`, going as T^-p,
  /// is out of them: squares, weighted, with two degrees of freedom less than points.
  double residual(double p, double level) const {
    const auto straightened = [&](std::size_t i) {
      const double d = log_t_[i] - at_;
      return y_[i] - (p == 0 ? -level * d : level * std::expm1(-p * d) / p);
    };
    double mean = 0, all = 0, slope = 0, sum = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) mean += weight_[i] * straightened(i), all += weight_[i];
    mean /= all;
    for (std::size_t i = 0; i < y_.size(); ++i)
      slope += weight_[i] * (log_t_[i] - mean_) * (straightened(i) - mean) / spread_;
    for (std::size_t i = 0; i < y_.size(); ++i)
      sum += weight_[i] * std::pow(straightened(i) - mean - slope * (log_t_[i] - mean_), 2);
    return sum;
  }

  /// ln(T) at which a parabola has the slope of the line.
  double at() const { return at_; }

  /// 1/spread is the variance of w for noise 1.
  double spread() const { return spread_; }

  std::size_t points() const { return log_t_.size(); }

  /// w of the line through a curve whose own w goes as T^-p, over that curve's w at `at`: nearly 1.
  double curvature(double p) const {
    double sum = 0;
    for (std::size_t i = 0; i < log_t_.size(); ++i) {
      const double d = log_t_[i] - at_;
      sum += weight_[i] * (log_t_[i] - mean_) * (p == 0 ? d : -std::expm1(-p * d) / p);
    }
    return sum / spread_;
  }

 private:
  std::span<const double> log_t_, y_, weight_;
  double mean_ = 0, spread_ = 0, w_ = 0, at_ = 0;
};

/// How readings scatter.
struct Scatter {
  double noise = 0, freedom = 0;  ///< standard deviation of ln(rho) of a point of weight 1; degrees of freedom
};

/// Within the windows, which neither the slopes nor a wrong law touch; about the law with a free exponent where the
/// windows have too few readings for it.
Scatter scatter(const std::vector<SlopeWindow>& windows, double p, const FreeExponent& law) {
  constexpr double enough = 5;
  double sum = 0, freedom = 0;
  for (const SlopeWindow& window : windows) {
    sum += window.residual(p, window.w() / window.curvature(p));
    freedom += double(window.points()) - 2;
  }
  return freedom < enough ? Scatter{law.noise, law.freedom} : Scatter{std::sqrt(sum / freedom), freedom};
}

/// The same width in ln(T) for all, for then a law's curvature within them is alike and leaves the plot's slope alone.
/// As many as keep every w within a few per cent, for the sake of the plot: the fewer, the better known is its slope.
std::vector<SlopeWindow> slope_windows(std::span<const double> log_t, std::span<const double> y,
                                       std::span<const double> weight, const FreeExponent& law) {
  constexpr std::size_t most_windows = 8, least_points = 2;
  constexpr double well_known = 0.03;
  std::vector<SlopeWindow> windows;
  for (std::size_t count = most_windows; count >= 2; --count) {
    windows.clear();
    std::size_t from = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const double end = log_t.front() + (log_t.back() - log_t.front()) * double(k + 1) / double(count);
      std::size_t to = from;
      while (to < log_t.size() && (k + 1 == count || log_t[to] < end)) ++to;
      if (to < from + least_points) break;
      windows.emplace_back(log_t.subspan(from, to - from), y.subspan(from, to - from), weight.subspan(from, to - from));
      from = to;
    }
    if (windows.size() < count) continue;
    // By the scatter about the law, which is not that of the error: one that looks small by chance would choose more
    // windows and state too small an error for them. Where the law does not fit, by that within the windows.
    const double within = scatter(windows, law.exponent.value, law).noise;
    const double noise = within < law.noise / 2 ? within : law.noise;
    if (count == 2 || std::all_of(windows.begin(), windows.end(), [&](const SlopeWindow& window) {
          return noise < well_known * std::abs(window.w()) * std::sqrt(window.spread());
        }))
      return windows;
  }
  return {};
}

struct ZabrodskiiPlot {
  std::vector<ReducedActivation> points;
  Estimate exponent;
  double straight = 1;  ///< probability of a plot bent as much or more if it is straight
};

/// w = A T^-p fitted to the windows' slopes themselves, not to their logarithms: those are biased by noise and not
/// there for a w below zero.
ZabrodskiiPlot zabrodskii(const TemperatureSeries& s, const FreeExponent& law) {
  ZabrodskiiPlot plot;
  if (!(law.slope > 0) || law.freedom < 1) return plot;
  const auto y = logarithms(s.value), log_t = logarithms(s.temperature), weight = weights(s);
  const auto windows = slope_windows(log_t, y, weight, law);
  if (windows.empty()) return plot;

  double p = law.exponent.value, level = std::log(p * law.slope) + p * std::log(250);  // ln(A)
  double unit_error = 0;
  const auto misfit = [&](double at_level, double at_p) {
    double sum = 0;
    for (const SlopeWindow& window : windows) {
      const double r = window.w() - std::exp(at_level - at_p * window.at()) * window.curvature(at_p);
      sum += window.spread() * r * r;
    }
    return sum;
  };
  double chi2 = misfit(level, p);
  bool converged = false;
  for (int round = 0; round < 200 && !converged; ++round) {
    // Gauss and Newton's step: the linear model of ln(w) about the last, each window weighted by 1/(relative error)^2.
    std::vector<double> x, z, q;
    for (const SlopeWindow& window : windows) {
      const double model = std::exp(level - p * window.at()) * window.curvature(p);
      x.push_back(window.at());
      z.push_back(level - p * window.at() + (window.w() - model) / model);
      q.push_back(model * model * window.spread());
    }
    const LineFitter fitter(x, q);
    const StraightLine line = fitter.fit(z);
    unit_error = 0;
    for (std::size_t k = 0; k < x.size(); ++k) unit_error += fitter.slope_share(k) * fitter.slope_share(k) / q[k];
    unit_error = std::sqrt(unit_error);
    converged = std::abs(line.b + p) < 1e-9 * (1 + std::abs(p));
    // No further than the misfit falls: of a bent plot the whole step leads astray.
    double share = 1, new_p = 0, new_level = 0, new_chi2 = 0;
    for (;; share /= 2) {
      new_p = p + share * (-line.b - p);
      new_level = level + share * (line.a - level);
      new_chi2 = misfit(new_level, new_p);
      if (new_chi2 <= chi2 || converged || share < 1e-6) break;
    }
    converged = converged || share < 1e-6;
    if (share < 1e-6) break;  // at the minimum as far as rounding lets it be seen
    p = new_p, level = new_level, chi2 = new_chi2;
  }
  if (!converged || !std::isfinite(p)) return plot;

  const auto [noise, freedom] = scatter(windows, p, law);
  plot.exponent = student(p, noise * unit_error, freedom);
  for (const SlopeWindow& window : windows) {
    const double factor = window.curvature(p), error = noise / std::sqrt(window.spread()) / factor;
    plot.points.push_back({std::exp(window.at()), window.points(), student(window.w() / factor, error, freedom)});
  }
  if (windows.size() > 2 && noise > 1e-9)
    plot.straight = fit::f_test(chi2 + noise * noise * freedom, noise * noise * freedom, windows.size() - 2,
                                static_cast<std::size_t>(freedom))
                        .p_value;
  return plot;
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

/// ln(value) of a large table by means over narrow bins of one width in ln(T), their weights added: what a smooth law
/// is fitted to in bearable time. The bins are a 400th of the range wide, over which a law is straight.
struct Means {
  std::vector<double> temperature, y, weight;
};

Means means_in_bins(const TemperatureSeries& s) {
  constexpr std::size_t most = 400;
  Means m{s.temperature, logarithms(s.value), weights(s)};
  if (s.value.size() <= most) return m;
  const double first = std::log(s.temperature.front()), width = (std::log(s.temperature.back()) - first) / most;
  Means few;
  std::size_t bin = most;
  for (std::size_t i = 0; i < s.value.size(); ++i) {
    const auto here = std::min(most - 1, static_cast<std::size_t>((std::log(s.temperature[i]) - first) / width));
    if (few.y.empty() || here != bin) {
      few.temperature.push_back(0);
      few.y.push_back(0);
      few.weight.push_back(0);
      bin = here;
    }
    const double share = m.weight[i] / (few.weight.back() += m.weight[i]);
    few.temperature.back() += share * (s.temperature[i] - few.temperature.back());
    few.y.back() += share * (m.y[i] - few.y.back());
  }
  return few;
}

/// Boltzmann's statistics of a band, which charge neutrality is written with, end at N_c.
bool degenerate(const TemperatureSeries& n, double effective_mass) {
  for (std::size_t i = 0; i < n.value.size(); ++i)
    if (n.value[i] > physics::band_density_of_states(effective_mass, n.temperature[i])) return true;
  return false;
}

FreezeOut fit_freeze_out(const TemperatureSeries& n, const TransportOptions& o) {
  const Means means = means_in_bins(n);
  const auto &y = means.y, &w = means.weight;
  const auto model = [&](std::span<const double> p, double t) {
    return std::log(physics::freeze_out_density(
        {std::exp(p[0]), p[1] * constants::elementary_charge, std::exp(p[2]), o.effective_mass, o.degeneracy}, t));
  };
  fit::LeastSquaresProblem problem;
  problem.residuals = y.size();
  problem.residual = [&](std::span<const double> p, std::span<double> r) {
    for (std::size_t i = 0; i < y.size(); ++i) r[i] = std::sqrt(w[i]) * (y[i] - model(p, means.temperature[i]));
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

namespace {

/// Sums over some points about their own means: two such sets join without loss of digits (Chan, Golub and LeVeque, Am.
/// Stat. 37, 242 (1983)), which sums over all powers do not.
struct Moments {
  double weight = 0, x = 0, y = 0;  ///< sum of the weights, and the means
  double xx = 0, xy = 0, yy = 0;

  void join(const Moments& other) {
    const double all = weight + other.weight, dx = other.x - x, dy = other.y - y;
    const double share = other.weight / all, cross = weight * share;
    xx += other.xx + dx * dx * cross;
    xy += other.xy + dx * dy * cross;
    yy += other.yy + dy * dy * cross;
    x += dx * share;
    y += dy * share;
    weight = all;
  }
};

}  // namespace

std::vector<ArrheniusWindow> arrhenius_windows(const TemperatureSeries& s, std::size_t least) {
  least = std::max<std::size_t>(least, 3);
  const std::size_t points = s.value.size();
  const std::size_t blocks = std::min(points, most_window_edges - 1);
  std::vector<std::size_t> edge;
  for (std::size_t k = 0; k <= blocks; ++k) edge.push_back(blocks == 0 ? 0 : (k * points + blocks / 2) / blocks);
  const auto y = logarithms(s.value);
  const auto w = weights(s);
  std::vector<Moments> block(blocks);
  for (std::size_t k = 0; k < blocks; ++k)
    for (std::size_t i = edge[k]; i < edge[k + 1]; ++i)
      block[k].join({w[i], -1 / (boltzmann * s.temperature[i]), y[i], 0, 0, 0});

  std::vector<ArrheniusWindow> windows;
  for (std::size_t from = 0; from < blocks; ++from) {
    Moments sum;
    for (std::size_t to = from + 1; to <= blocks; ++to) {
      sum.join(block[to - 1]);
      const std::size_t count = edge[to] - edge[from];
      if (count < least) continue;
      const double slope = sum.xy / sum.xx, freedom = double(count) - 2;
      const double chi2 = std::max(0.0, sum.yy - slope * sum.xy);
      windows.push_back({s.temperature[edge[from]], s.temperature[edge[to] - 1], count,
                         student(slope, std::sqrt(chi2 / freedom / sum.xx), freedom)});
    }
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
    r.hopping_preferred = std::min(three.aicc, two.aicc) < polaron;
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
    const bool supported = some_law_fits && r.hopping_preferred && std::min(three.aicc, two.aicc) < best + unsupported;
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
    if (falls) {
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
