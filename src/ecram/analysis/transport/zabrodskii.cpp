// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/transport/zabrodskii.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "ecram/analysis/transport/straight_line.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {
namespace {

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

}  // namespace

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
  plot.exponent = fit::student_estimate(p, noise * unit_error, freedom);
  for (const SlopeWindow& window : windows) {
    const double factor = window.curvature(p), error = noise / std::sqrt(window.spread()) / factor;
    plot.points.push_back(
        {std::exp(window.at()), window.points(), fit::student_estimate(window.w() / factor, error, freedom)});
  }
  if (windows.size() > 2 && noise > 1e-9)
    plot.straight = fit::f_test(chi2 + noise * noise * freedom, noise * noise * freedom, windows.size() - 2,
                                static_cast<std::size_t>(freedom))
                        .p_value;
  return plot;
}

}  // namespace ecram::analysis
