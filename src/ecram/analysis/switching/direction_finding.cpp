// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/direction_finding.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/core/constants.h"
#include "ecram/core/interrupt.h"
#include "ecram/fit/residual_tests.h"

namespace ecram::analysis {
namespace {

using constants::infinity;
using constants::nan;

/// More points than these say nothing more about three parameters.
constexpr std::size_t most_points = 4000;
/// Nor do more runs about their spread.
constexpr std::size_t most_runs = 100;

std::string word(Direction direction) { return direction == Direction::potentiation ? "potentiation" : "depression"; }

/// The label as NeuroSim signs it: that of the curve drawn with depression's pulses counted backwards, from the lowest
/// conductance up, which turns the sign of its curvature round.
Estimate label_of(const Estimate& curvature, Direction direction) {
  const auto label = [](double c) {
    return std::isinf(c) ? std::copysign(1 / (0.07 * std::sqrt(2.0)), c) : nonlinearity_label(c);
  };
  const Estimate estimate{label(curvature.value),
                          curvature.standard_error * nonlinearity_label_derivative(curvature.value),
                          label(curvature.low), label(curvature.high)};
  return direction == Direction::potentiation ? estimate : scaled(estimate, -1);
}

/// 1/c. Where the interval of c holds zero, the curve may be straight, and A has no bounds.
Estimate reciprocal(const Estimate& c) {
  if (!(c.low > 0 || c.high < 0)) return {1 / c.value, nan, -infinity, infinity};
  return {1 / c.value, c.standard_error / (c.value * c.value), 1 / c.high, 1 / c.low};
}

/// B = window / (1 - exp(-c)), c with NeuroSim's sign; error by propagation from the covariance of window and c.
Estimate law_b(const CurveFit& fit, double sign) {
  const double c = sign * fit.curvature.value, window = std::abs(fit.change);
  const double denominator = -std::expm1(-c), value = window / denominator;
  if (!(fit.curvature.low > 0 || fit.curvature.high < 0)) return {value, nan, -infinity, infinity};
  const double by_window = 1 / denominator, by_c = -window * std::exp(-c) / (denominator * denominator);
  const double covariance = std::copysign(sign, fit.change * sign) * fit.covariance[1][2];
  const double c_variance = fit.curvature.standard_error * fit.curvature.standard_error;
  const double variance =
      by_window * by_window * fit.covariance[1][1] + by_c * by_c * c_variance + 2 * by_window * by_c * covariance;
  return normal_estimate(value, std::sqrt(std::max(0.0, variance)));
}

void explain(const CurveFit& fit, Direction direction, std::vector<Warning>& warnings) {
  if (!fit.converged) {
    warnings.push_back({"law_does_not_fit", 0, word(direction) + ": the fit of the exponential law did not converge"});
  } else if (fit.contradicted()) {
    const bool bent = fit.shape_p < 1e-3 && fit.shape_misfit > 0.02;
    warnings.push_back(
        {"law_does_not_fit", 0,
         bent ? fmt::format("{}: the curve is no exponential law: it differs from the best one by {:.1f} % of the "
                            "window (p = {:.1g}); no A, B or label is given",
                            word(direction), 100 * fit.shape_misfit, fit.shape_p)
              : fmt::format("{}: the residuals are correlated ({:.2f} from one to the next, p = {:.1g}), which none of "
                            "the noise models explains; no A, B or label is given",
                            word(direction), fit.first_autocorrelation, fit.whiteness_p)});
  } else if (!fit.exact && fit.shape_p < 1e-3) {
    warnings.push_back({"small_misfit", 0,
                        fmt::format("{}: the curve differs from the exponential law by {:.2f} % of the window; the "
                                    "label's interval is widened by {:.3f} for it",
                                    word(direction), 100 * fit.shape_misfit, fit.label_shift)});
  }
  if (fit.undecided && !fit.contradicted())
    warnings.push_back(
        {"noise_undecided", 0,
         fmt::format("{}: the data do not decide which noise they have ({} has a share of {:.0f} %); the "
                     "interval is the weighted mean of those in question",
                     word(direction), name(fit.noise_model), 100 * fit.akaike_weight)});
  const auto outliers = std::ranges::count_if(fit.innovations, [](double x) { return std::abs(x) > 5; });
  if (outliers > 0)
    warnings.push_back({"outliers", 0,
                        fmt::format("{}: {} reading{} more than 5 standard deviations off", word(direction), outliers,
                                    outliers == 1 ? " is" : "s are")});
}

/// What single runs, at most `most_runs` spread evenly over all, say on their own.
struct RunSpread {
  double label = 0, curvature = 0, start = 0, end = 0;  ///< standard deviations from run to run
  double runs = 0;                                      ///< how many were fitted
};

double deviation(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, square = 0;
  for (const double v : values) mean += v / n;
  for (const double v : values) square += (v - mean) * (v - mean);
  return std::sqrt(square / (n - 1));
}

RunSpread spread_of_runs(const MeanCurve& runs, NoiseModel model, ThreadPool& threads) {
  const std::size_t count = std::min(runs.runs.size(), most_runs);
  std::vector<double> label(count), curvature(count), start(count), end(count);
  threads.for_each(count, [&](std::size_t i) {
    if (interrupt_requested()) return;
    std::vector<double> pulse = runs.pulse, conductance = runs.runs[i * runs.runs.size() / count]->conductance;
    thin(pulse, conductance, most_points / 4);
    const CurveFit fit = fit_curve(pulse, conductance, model);
    label[i] = nonlinearity_label(fit.curvature.value);
    curvature[i] = fit.curvature.value;
    start[i] = fit.start;
    end[i] = fit.start + fit.change;
  });
  stop_if_interrupted();
  return {deviation(label), deviation(curvature), deviation(start), deviation(end), static_cast<double>(count)};
}

/// The estimate with at least the error that the spread of n runs gives their mean: cycles that differ by more than
/// their noise make the mean less certain than its own scatter says.
Estimate at_least(const Estimate& e, double spread, double n, double fitted_runs) {
  const double error = spread / std::sqrt(n);
  if (!(error > e.standard_error)) return e;
  const double half = fit::student_t_quantile(0.975, fitted_runs - 1) * error;
  return {e.value, error, std::min(e.low, e.value - half), std::max(e.high, e.value + half)};
}

/// An estimate that has a second source of error beside its own.
Estimate widened(const Estimate& e, double systematic) {
  return {e.value, std::hypot(e.standard_error, systematic), e.low - systematic, e.high + systematic};
}

void describe(DirectionFinding& d, const MeanCurve& runs, ThreadPool& threads, std::vector<Warning>& warnings) {
  const double sign = d.direction == Direction::potentiation ? 1 : -1;
  const auto& v = d.fit.covariance;
  Estimate first = normal_estimate(d.fit.start, std::sqrt(v[0][0]));
  Estimate last =
      normal_estimate(d.fit.start + d.fit.change, std::sqrt(std::max(0.0, v[0][0] + v[1][1] + 2 * v[0][1])));
  // All that may make c less certain is put on c, so that label, A and B agree with one another.
  if (!d.fit.exact && d.fit.shape_p < 1e-3)
    d.fit.curvature =
        widened(d.fit.curvature, d.fit.label_shift / nonlinearity_label_derivative(d.fit.curvature.value));
  if (runs.runs.size() >= 3) {
    const RunSpread spread = spread_of_runs(runs, d.fit.noise_model, threads);
    d.label_spread = spread.label;
    const auto n = static_cast<double>(runs.runs.size());
    if (n >= 8) {
      d.fit.curvature = at_least(d.fit.curvature, spread.curvature, n, spread.runs);
      first = at_least(first, spread.start, n, spread.runs);
      last = at_least(last, spread.end, n, spread.runs);
    }
  }
  d.nonlinearity = label_of(d.fit.curvature, d.direction);
  d.a = scaled(reciprocal(d.fit.curvature), sign);
  d.b = law_b(d.fit, sign);
  if (!std::isfinite(d.a.low))
    warnings.push_back(
        {"nearly_linear", 0, word(d.direction) + ": the curve may be a straight line, so A and B have no bounds"});
  d.low = d.fit.change > 0 ? first : last;
  d.high = d.fit.change > 0 ? last : first;
  const double span = d.pulse.back() - d.pulse.front();
  d.mean_step = normal_estimate(
      d.fit.change / span, std::max(std::sqrt(v[1][1]), std::abs(last.standard_error - first.standard_error)) / span);
}

void describe_by_observation(DirectionFinding& d, const MeanCurve& runs) {
  const auto [low, high] = std::ranges::minmax(runs.conductance);
  d.low.value = low;
  d.high.value = high;
  d.mean_step.value = (runs.conductance.back() - runs.conductance.front()) / (runs.pulse.back() - runs.pulse.front());
}

std::vector<StepBin> bin_steps(const MeanCurve& runs) {
  constexpr std::size_t bins = 12;
  double low = infinity, high = -infinity;
  for (const PulseTrain* run : runs.runs)
    for (const double g : run->conductance) {
      low = std::min(low, g);
      high = std::max(high, g);
    }
  struct Sum {
    double count = 0, place = 0, step = 0, square = 0;
  };
  std::vector<Sum> sums(bins);
  for (const PulseTrain* run : runs.runs)
    for (std::size_t i = 0; i + 1 < run->conductance.size(); ++i) {
      const double before = run->conductance[i], after = run->conductance[i + 1], place = (before + after) / 2;
      const double step = (after - before) / (runs.pulse[i + 1] - runs.pulse[i]);
      auto& sum = sums[std::min(bins - 1, static_cast<std::size_t>((place - low) / (high - low) * bins))];
      ++sum.count;
      sum.place += place;
      sum.step += step;
      sum.square += step * step;
    }
  std::vector<StepBin> result;
  for (const Sum& sum : sums)
    if (sum.count >= 2) {
      const double mean = sum.step / sum.count;
      const double variance = std::max(0.0, sum.square - sum.count * mean * mean) / (sum.count - 1);
      result.push_back({sum.place / sum.count, mean, std::sqrt(variance), static_cast<std::size_t>(sum.count)});
    }
  return result;
}

Estimate mean_energy(const MeanCurve& runs) {
  double count = 0, mean = 0, square = 0;
  for (const PulseTrain* run : runs.runs)
    for (const double e : run->energy)
      if (std::isfinite(e)) {
        ++count;
        const double before = e - mean;
        mean += before / count;
        square += before * (e - mean);
      }
  if (count == 0) return {};
  return count > 1 ? normal_estimate(mean, std::sqrt(square / (count - 1) / count)) : Estimate{mean, nan, nan, nan};
}

}  // namespace

DirectionFinding find_direction(Direction direction, const MeanCurve& runs, const SwitchingOptions& options,
                                ThreadPool& threads, std::vector<Warning>& warnings) {
  DirectionFinding d;
  d.direction = direction;
  d.pulses = runs.conductance.size();
  d.runs = runs.runs.size();
  d.first_line = runs.runs[0]->first_line;
  d.pulse = runs.pulse;
  d.mean_curve = runs.conductance;
  if (runs.left_out > 0)
    warnings.push_back({"unequal_runs", 0,
                        fmt::format("{}: {} of {} runs have other pulse numbers than the rest and are left out",
                                    word(direction), runs.left_out, runs.left_out + runs.runs.size())});
  if (runs.dead > 0)
    warnings.push_back({"no_change", runs.first_dead_line,
                        fmt::format("{}: in {} runs the conductance does not change, the first from this line on; they "
                                    "are left out",
                                    word(direction), runs.dead)});
  d.energy = mean_energy(runs);
  const auto [least, most] = std::ranges::minmax(runs.conductance);
  if (least == most) {
    warnings.push_back({"no_change", d.first_line, word(direction) + ": the conductance does not change"});
    describe_by_observation(d, runs);
    return d;
  }
  d.steps = bin_steps(runs);

  std::vector<double> pulse = runs.pulse, conductance = runs.conductance;
  thin(pulse, conductance, most_points);
  if (pulse.size() < runs.pulse.size())
    warnings.push_back({"thinned", 0,
                        fmt::format("{}: the law is fitted to {} of {} pulses, evenly spread", word(direction),
                                    pulse.size(), runs.pulse.size())});
  d.fit = fit_curve(pulse, conductance);
  d.reading_noise = d.fit.reading_noise * std::sqrt(static_cast<double>(d.runs));
  d.step_noise = d.fit.step_noise * std::sqrt(static_cast<double>(d.runs));
  if (options.bootstrap_draws > 0 && !d.fit.exact)
    d.fit.curvature = bootstrap_curvature(d.fit, pulse, options.bootstrap_draws, options.seed, threads);
  d.described = !d.fit.contradicted();
  explain(d.fit, direction, warnings);
  if (d.described) {
    describe(d, runs, threads, warnings);
  } else {
    describe_by_observation(d, runs);
  }
  return d;
}

}  // namespace ecram::analysis
