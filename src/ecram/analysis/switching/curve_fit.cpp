// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/curve_fit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

#include <Eigen/Dense>
#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>

#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/random.h"
#include "ecram/fit/least_squares.h"
#include "ecram/fit/model_choice.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {
namespace {

using constants::infinity;

/// The fit at one curvature and one noise: what is left when start and change are eliminated.
struct Projection {
  double start = 0, change = 0;
  double square_sum = 0;  ///< of the whitened residuals
  double deviance = 0;    ///< -2 ln(restricted likelihood), up to a constant of the data
};

class Curve {
 public:
  Curve(std::span<const double> pulse, std::span<const double> conductance, NoiseModel model)
      : pulse_(pulse), conductance_(conductance), model_(model), ones_(pulse.size(), 1.0), law_(pulse.size()) {
    const double first = pulse.front(), span = pulse.back() - first;
    for (const double x : pulse) share_.push_back((x - first) / span);
    for (auto* series : {&white_data_, &white_ones_, &white_law_}) series->resize(pulse.size());
  }

  Projection project(double curvature, const CurveNoise& noise) {
    const Whitening whitening(pulse_, noise);
    if (curvature != law_curvature_) {  // searches for the noise ask many times at one curvature
      for (std::size_t i = 0; i < law_.size(); ++i) law_[i] = exponential_law(share_[i], curvature);
      law_curvature_ = curvature;
    }
    whitening.apply(conductance_, white_data_);
    whitening.apply(law_, white_law_);
    const auto n = static_cast<Eigen::Index>(whitening.size());
    const Eigen::Map<const Eigen::VectorXd> y(white_data_.data(), n), s(white_law_.data(), n);
    Projection result;
    double log_information = 0;
    if (whitening.starts_exactly()) {
      result.start = conductance_[0];
      result.change = allowed_change(s.dot(y) / s.squaredNorm());
      result.square_sum = (y - result.change * s).squaredNorm();
    } else {
      whitening.apply(ones_, white_ones_);
      const Eigen::Map<const Eigen::VectorXd> o(white_ones_.data(), n);
      // Take the constant out of both first: the two regressors are far from orthogonal.
      const double oo = o.squaredNorm(), y_mean = o.dot(y) / oo, s_mean = o.dot(s) / oo;
      const Eigen::VectorXd y_rest = y - y_mean * o, s_rest = s - s_mean * o;
      result.change = allowed_change(s_rest.dot(y_rest) / s_rest.squaredNorm());
      result.start = y_mean - result.change * s_mean;
      result.square_sum = (y_rest - result.change * s_rest).squaredNorm();
      log_information = std::log(oo);
    }
    result.deviance =
        freedom() * std::log(std::max(result.square_sum, std::numeric_limits<double>::min()) / freedom()) +
        whitening.log_variance() + log_information;
    return result;
  }

  /// The noise of the model that fits best at this curvature.
  CurveNoise best_noise(double curvature) {
    switch (model_) {
      case NoiseModel::reading:
        return {0};
      case NoiseModel::step:
        return {1};
      case NoiseModel::both:
        return {best_share(curvature, infinity)};
      case NoiseModel::fading:
        return frozen_ ? *frozen_ : best_fading(curvature);
    }
    return {};
  }

  /// From now on the noise stays as it is at this curvature. Noise and law are orthogonal parameters of a normal
  /// likelihood: near the minimum the one hardly moves with the other.
  void freeze_noise(double curvature) {
    frozen_.reset();
    frozen_ = best_noise(curvature);
  }

  double profile_deviance(double curvature) { return project(curvature, best_noise(curvature)).deviance; }

  /// Data less the constant that the restricted likelihood takes out.
  double freedom() const { return static_cast<double>(pulse_.size()) - 1; }

  /// Beyond this a whole curve happens within a fifth of a pulse.
  double largest_curvature() const {
    double least = infinity;
    for (std::size_t i = 1; i < share_.size(); ++i) least = std::min(least, share_[i] - share_[i - 1]);
    return 5 / least;
  }

  std::span<const double> pulse() const { return pulse_; }
  std::span<const double> conductance() const { return conductance_; }
  const std::vector<double>& share() const { return share_; }

 private:
  /// Logistic: the ratio of the two variances on a logarithmic scale.
  static double share_of(double u) { return 1 / (1 + std::exp(-u)); }

  double best_share(double curvature, double fading) {
    const auto deviance = [&](double u) { return project(curvature, {share_of(u), fading}).deviance; };
    return share_of(scan_minimum(deviance, -16, 12, 4));
  }

  CurveNoise best_fading(double curvature) {
    const auto noise = [&](double u) { return CurveNoise{best_share(curvature, std::exp(u)), std::exp(u)}; };
    const auto deviance = [&](double u) { return project(curvature, noise(u)).deviance; };
    // From noise that is gone with the next pulse to noise that lasts the run.
    return noise(scan_minimum(deviance, -1, std::log(pulse_.back() - pulse_.front()), 1));
  }

  /// A one-dimensional minimum: a scan that brackets it, then Brent's method.
  template <class Function>
  static double scan_minimum(Function f, double low, double high, double spacing) {
    double best = low, least = infinity;
    for (double u = low; u <= high; u += spacing)
      if (const double d = f(u); d < least) {
        least = d;
        best = u;
      }
    return boost::math::tools::brent_find_minima(f, std::max(low, best - spacing), std::min(high, best + spacing), 12)
        .first;
  }

  /// At least half of the change that was observed, and in its direction.
  double allowed_change(double change) const {
    return observed_change_ > 0 ? std::max(change, observed_change_ / 2) : std::min(change, observed_change_ / 2);
  }

  /// Between the means of the first and the last twentieth of the readings.
  double observed_change() const {
    const std::size_t some = std::max<std::size_t>(1, conductance_.size() / 20);
    const auto mean = [&](std::span<const double> part) {
      return std::accumulate(part.begin(), part.end(), 0.0) / static_cast<double>(part.size());
    };
    return mean(conductance_.last(some)) - mean(conductance_.first(some));
  }

  std::span<const double> pulse_, conductance_;
  NoiseModel model_;
  std::vector<double> share_, ones_, law_, white_data_, white_ones_, white_law_;
  double law_curvature_ = std::numeric_limits<double>::quiet_NaN();
  double observed_change_ = observed_change();
  std::optional<CurveNoise> frozen_;
};

/// The curvature with the least profile deviance: a scan that brackets it, then Brent's method.
double best_curvature(Curve& curve) {
  std::vector<double> scan{0};
  for (double c = 0.5; c < curve.largest_curvature(); c *= 1.7) {
    scan.push_back(c);
    scan.insert(scan.begin(), -c);
  }
  std::size_t best = 0;
  double least = infinity;
  for (std::size_t i = 0; i < scan.size(); ++i)
    if (const double d = curve.profile_deviance(scan[i]); d < least) {
      least = d;
      best = i;
    }
  const double low = scan[best > 0 ? best - 1 : 0], high = scan[std::min(best + 1, scan.size() - 1)];
  return boost::math::tools::brent_find_minima([&](double c) { return curve.profile_deviance(c); }, low, high, 40)
      .first;
}

/// Where the profile deviance has risen by `rise` on one side of the minimum; infinite where it never does.
double interval_end(Curve& curve, double best, double least, double rise, double first_step) {
  const double furthest = curve.largest_curvature();
  double inside = best, step = first_step, outside = best + step;
  while (curve.profile_deviance(outside) - least < rise) {
    inside = outside;
    if (std::abs(outside) >= furthest) return std::copysign(infinity, first_step);
    step *= 2;
    outside = std::clamp(best + step, -furthest, furthest);
  }
  const auto above = [&](double curvature) { return curve.profile_deviance(curvature) - least - rise; };
  const auto near = [&](double a, double b) { return std::abs(b - a) <= 1e-6 * std::abs(first_step); };
  std::uintmax_t evaluations = 60;
  const auto [low, high] =
      boost::math::tools::toms748_solve(above, std::min(inside, outside), std::max(inside, outside), near, evaluations);
  return (low + high) / 2;
}

/// Whitened residuals of the law at (start, change, c).
std::vector<double> whitened_residuals(const Curve& curve, const CurveNoise& noise, double start, double change,
                                       double curvature) {
  std::vector<double> residual(curve.pulse().size());
  for (std::size_t i = 0; i < residual.size(); ++i)
    residual[i] = curve.conductance()[i] - start - change * exponential_law(curve.share()[i], curvature);
  const Whitening whitening(curve.pulse(), noise);
  std::vector<double> whitened(residual.size());
  whitening.apply(residual, whitened);
  whitened.resize(whitening.size());
  return whitened;
}

/// Least squares on the whitened residuals at the noise found: the minimum to full precision, and the covariance.
void refine(const Curve& curve, CurveFit& fit) {
  const bool exact_start = fit.noise.step_share >= 1;
  const std::size_t first = exact_start ? 1 : 0;  // the start is then a reading, not a parameter
  const double scale = std::abs(fit.change);
  fit::LeastSquaresProblem problem;
  problem.residuals = curve.pulse().size() - first;
  problem.residual = [&](std::span<const double> p, std::span<double> r) {
    const double start = exact_start ? fit.start : p[0] * scale;
    const auto whitened = whitened_residuals(curve, fit.noise, start, p[1 - first] * scale, p[2 - first]);
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = whitened[i] / scale;
  };
  std::vector<double> p{fit.start / scale, fit.change / scale, fit.curvature.value};
  if (exact_start) p.erase(p.begin());
  const auto result = fit::least_squares(problem, p);
  fit.converged = result.converged;
  if (!exact_start) fit.start = result.parameters[0] * scale;
  fit.change = result.parameters[1 - first] * scale;
  fit.curvature.value = result.parameters[2 - first];
  for (std::size_t i = first; i < 3; ++i)
    for (std::size_t j = first; j < 3; ++j) {
      const double unit = (i < 2 ? scale : 1) * (j < 2 ? scale : 1);
      fit.covariance[i][j] =
          unit * result.covariance(static_cast<Eigen::Index>(i - first), static_cast<Eigen::Index>(j - first));
    }
  fit.curvature.standard_error = std::sqrt(fit.covariance[2][2]);
}

/// The law against the law with two more shapes, p(1-p)(1-2p) and p(1-p)(1-6p+6p^2), which bend it where no change
/// of its own parameters can.
void test_shape(const Curve& curve, CurveFit& fit) {
  const auto n = static_cast<Eigen::Index>(curve.pulse().size());
  Eigen::MatrixXd columns(n, 5);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double p = curve.share()[static_cast<std::size_t>(i)], q = p * (1 - p);
    columns.row(i) << exponential_law(p, fit.curvature.value), exponential_law_derivative(p, fit.curvature.value),
        q * (1 - 2 * p), q * (1 - 6 * q), 1;
  }
  const Whitening whitening(curve.pulse(), fit.noise);
  const auto rows = static_cast<Eigen::Index>(whitening.size());
  const bool exact_start = whitening.starts_exactly();
  const Eigen::Index count = exact_start ? 4 : 5;
  Eigen::MatrixXd white(n, count);
  for (Eigen::Index j = 0; j < count; ++j)
    whitening.apply({columns.col(j).data(), static_cast<std::size_t>(n)},
                    {white.col(j).data(), static_cast<std::size_t>(n)});
  auto residual = whitened_residuals(curve, fit.noise, fit.start, fit.change, fit.curvature.value);
  const Eigen::Map<const Eigen::VectorXd> r(residual.data(), rows);
  const double small = r.squaredNorm();
  const Eigen::VectorXd beta = white.topRows(rows).colPivHouseholderQr().solve(r);
  const double large = (r - white.topRows(rows) * beta).squaredNorm();
  if (rows <= count + 1) return;
  fit.shape_p = fit::f_test(small, large, 2, static_cast<std::size_t>(rows - count)).p_value;

  Eigen::VectorXd added = columns.leftCols(count) * beta;
  if (exact_start) added.array() -= added(0);
  fit.shape_misfit = std::sqrt(added.squaredNorm() / static_cast<double>(n)) / std::abs(fit.change);
  // The label's own definition, on the law with the shapes added.
  const double first = fit.start + added(0), change = fit.change + added(n - 1) - added(0);
  const double sign = fit.curvature.value < 0 ? -1 : 1;
  double distance = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double p = curve.share()[static_cast<std::size_t>(i)];
    const double g = fit.start + fit.change * exponential_law(p, fit.curvature.value) + added(i);
    distance = std::max(distance, sign * ((g - first) / change - p));
  }
  const double label = sign * distance / (0.07 * std::sqrt(2.0));
  fit.label_shift = std::abs(label - nonlinearity_label(fit.curvature.value));
}

void test_residuals(const Curve& curve, CurveFit& fit) {
  auto whitened = whitened_residuals(curve, fit.noise, fit.start, fit.change, fit.curvature.value);
  double sum = 0;
  for (const double x : whitened) sum += x * x;
  const double sigma = std::sqrt(sum / (curve.freedom() - 2));
  const double window = std::abs(fit.change);
  fit.reading_noise = sigma * std::sqrt(1 - fit.noise.step_share);
  fit.step_noise = sigma * std::sqrt(fit.noise.step_share);
  // Below a part in 10^9 residuals are the rounding of the file's digits, not noise with a colour.
  fit.exact = sigma < 1e-9 * window;
  for (double& x : whitened) x /= sigma > 0 ? sigma : 1;
  fit.innovations = std::move(whitened);
  if (fit.exact) return;
  const std::size_t n = fit.innovations.size();
  const std::size_t lags = std::min<std::size_t>(10, n / 4);
  if (lags >= 2) {
    fit.whiteness_p = fit::ljung_box(fit.innovations, lags).p_value;
    fit.first_autocorrelation = fit::autocorrelation(fit.innovations, 1);
  }
  test_shape(curve, fit);
}

void check(std::span<const double> pulse, std::span<const double> conductance) {
  if (pulse.size() != conductance.size())
    throw InvalidInput("{} pulses but {} conductances", pulse.size(), conductance.size());
  if (pulse.size() < 5) throw InvalidInput("{} pulses; a curve needs at least 5", pulse.size());
  for (std::size_t i = 1; i < pulse.size(); ++i)
    if (!(pulse[i] > pulse[i - 1])) throw InvalidInput("pulse number {} does not rise above the one before", i);
  const auto [least, most] = std::ranges::minmax_element(conductance);
  if (!(*most > *least)) throw InvalidInput("the conductance does not change in {} pulses", pulse.size());
}

}  // namespace

std::string_view name(NoiseModel model) {
  switch (model) {
    case NoiseModel::reading:
      return "reading";
    case NoiseModel::step:
      return "step";
    case NoiseModel::both:
      return "reading + step";
    case NoiseModel::fading:
      return "reading + fading step";
  }
  return "";
}

bool CurveFit::contradicted() const {
  if (exact) return false;
  const bool coloured = whiteness_p < 1e-3 && std::abs(first_autocorrelation) > 0.25 &&
                        std::hypot(reading_noise, step_noise) > 0.01 * std::abs(change);
  const bool bent = shape_p < 1e-3 && shape_misfit > 0.02;
  return !converged || coloured || bent;
}

CurveFit fit_curve(std::span<const double> pulse, std::span<const double> conductance, NoiseModel model) {
  check(pulse, conductance);
  Curve curve(pulse, conductance, model);
  CurveFit fit;
  fit.noise_model = model;
  double c = 0;
  if (model == NoiseModel::fading) {
    // Law and noise in turn, from the straight line on: three rounds are enough, being nearly orthogonal.
    for (int round = 0; round < 3; ++round) {
      curve.freeze_noise(c);
      c = best_curvature(curve);
    }
  } else {
    c = best_curvature(curve);
  }
  fit.noise = curve.best_noise(c);
  const Projection best = curve.project(c, fit.noise);
  fit.deviance = best.deviance;
  fit.start = best.start;
  fit.change = best.change;
  fit.curvature.value = c;
  // change, curvature and sigma; then the share of step noise, and its fading. The start is in no likelihood here.
  const std::size_t parameters = model == NoiseModel::fading ? 5 : model == NoiseModel::both ? 4 : 3;
  fit.aicc = fit::aicc(best.deviance, parameters, static_cast<std::size_t>(curve.freedom()));
  refine(curve, fit);
  test_residuals(curve, fit);
  if (fit.exact) {
    // Never narrower than what rounding in the fit itself leaves of c.
    const double half = std::max(2 * fit.curvature.standard_error, 1e-9);
    fit.curvature.low = fit.curvature.value - half;
    fit.curvature.high = fit.curvature.value + half;
    return fit;
  }
  const double nu = curve.freedom() - 2, t = fit::student_t_quantile(0.975, nu);
  const double rise = curve.freedom() * std::log1p(t * t / nu);
  const double error = fit.curvature.standard_error, step = std::isfinite(error) ? t * error : 1;
  fit.curvature.low = interval_end(curve, fit.curvature.value, best.deviance, rise, -step);
  fit.curvature.high = interval_end(curve, fit.curvature.value, best.deviance, rise, step);
  return fit;
}

CurveFit fit_curve(std::span<const double> pulse, std::span<const double> conductance) {
  CurveFit best = fit_curve(pulse, conductance, NoiseModel::reading);
  if (best.exact) {
    best.akaike_weight = 1;
    return best;
  }
  std::vector<double> criterion{best.aicc};
  std::vector<Estimate> curvature{best.curvature};
  std::size_t chosen = 0;
  const auto take = [&](CurveFit fit) {
    best = std::move(fit);
    chosen = criterion.size() - 1;
  };
  double least_staying = infinity;
  for (const NoiseModel model : {NoiseModel::step, NoiseModel::both}) {
    CurveFit fit = fit_curve(pulse, conductance, model);
    criterion.push_back(fit.aicc);
    curvature.push_back(fit.curvature);
    least_staying = std::min(least_staying, fit.deviance);
    if (fit.aicc < best.aicc) take(std::move(fit));
  }
  // Fading noise is looked for where readings alone do not explain the scatter, and there are pulses enough to see it.
  if (best.noise_model != NoiseModel::reading && pulse.size() >= 30) {
    CurveFit fit = fit_curve(pulse, conductance, NoiseModel::fading);
    if (fit.deviance < least_staying - 20) {
      criterion.push_back(fit.aicc);
      curvature.push_back(fit.curvature);
      take(std::move(fit));
    }
  }
  const auto weights = fit::akaike_weights(criterion);
  best.akaike_weight = weights[chosen];
  // Few pulses may not decide between the models: then the interval is that of all that are in question.
  best.undecided = best.akaike_weight < 0.7;
  if (best.undecided) {
    double sum = 0, low = 0, high = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] < 0.1) continue;
      sum += weights[i];
      low += weights[i] * curvature[i].low;
      high += weights[i] * curvature[i].high;
    }
    best.curvature.low = std::min(low / sum, best.curvature.low);
    best.curvature.high = std::max(high / sum, best.curvature.high);
  }
  return best;
}

std::vector<double> draw_curve(const CurveFit& fit, std::span<const double> pulse, std::uint64_t seed,
                               std::uint64_t draw) {
  RandomStream random(seed, "curve", draw);
  const double first = pulse.front(), span = pulse.back() - first;
  std::vector<double> curve;
  double wander = 0;
  for (std::size_t i = 0; i < pulse.size(); ++i) {
    if (i > 0) {
      const double distance = pulse[i] - pulse[i - 1];
      wander = wander * fit.noise.kept(distance) +
               fit.step_noise * std::sqrt(fit.noise.gathered(distance)) * random.normal();
    }
    const double law = fit.start + fit.change * exponential_law((pulse[i] - first) / span, fit.curvature.value);
    curve.push_back(law + wander + fit.reading_noise * random.normal());
  }
  return curve;
}

Estimate bootstrap_curvature(const CurveFit& fit, std::span<const double> pulse, int draws, std::uint64_t seed,
                             ThreadPool& threads) {
  std::vector<Estimate> again(static_cast<std::size_t>(draws));
  threads.for_each(again.size(), [&](std::size_t i) {
    if (!interrupt_requested()) again[i] = fit_curve(pulse, draw_curve(fit, pulse, seed, i), fit.noise_model).curvature;
  });
  stop_if_interrupted();
  std::vector<double> ratio, value;
  for (const Estimate& c : again) {
    if (!(c.standard_error > 0)) continue;
    ratio.push_back((c.value - fit.curvature.value) / c.standard_error);
    value.push_back(c.value);
  }
  if (ratio.size() < 40)
    throw InvalidInput("{} of {} bootstrap fits can be used; at least 40 are needed", ratio.size(), draws);
  std::ranges::sort(ratio);
  const auto quantile = [&](double q) {
    const double position = q * static_cast<double>(ratio.size() - 1);
    const auto i = static_cast<std::size_t>(position);
    const std::size_t next = std::min(i + 1, ratio.size() - 1);
    return ratio[i] + (ratio[next] - ratio[i]) * (position - static_cast<double>(i));
  };
  double mean = 0, variance = 0;
  for (const double v : value) mean += v / static_cast<double>(value.size());
  for (const double v : value) variance += (v - mean) * (v - mean) / static_cast<double>(value.size() - 1);
  const double c = fit.curvature.value, se = fit.curvature.standard_error;
  return {c, std::sqrt(variance), c - se * quantile(0.975), c - se * quantile(0.025)};
}

}  // namespace ecram::analysis
