// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/switching.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include "ecram/analysis/switching/direction_finding.h"
#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/analysis/switching/mean_curve.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/random.h"

namespace ecram::analysis {
namespace {

using constants::infinity;
using constants::nan;

/// The law of one direction, G against the share of the run given.
struct Law {
  double start = 0, change = 0, curvature = 0, pulses = 1;

  double at(double share) const { return start + change * exponential_law(share, curvature); }
  /// The step that the next pulse makes where the conductance is g: pull() times the distance to where the law ends,
  /// start + change / (1 - exp(-c)); first_step() - pull() (g - start) has a limit for the straight line.
  double pull() const { return -std::expm1(-curvature / pulses); }
  double first_step() const { return change * exponential_law(1 / pulses, curvature); }
};

Law law_of(const DirectionFinding& finding) {
  return {finding.fit.start, finding.fit.change, finding.fit.curvature.value,
          finding.pulse.back() - finding.pulse.front()};
}

/// The law with its parameters drawn from their covariance.
Law drawn(const DirectionFinding& finding, RandomStream& random) {
  Eigen::Matrix3d covariance;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      covariance(i, j) = finding.fit.covariance[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  // A parameter without an error (a start taken for exact) has a zero on the diagonal: LDLT takes that.
  const Eigen::LDLT<Eigen::Matrix3d> root(covariance);
  Eigen::Vector3d z(random.normal(), random.normal(), random.normal());
  z.array() *= root.vectorD().array().max(0.0).sqrt();
  const Eigen::Vector3d shift = root.transpositionsP().transpose() * (root.matrixL() * z).eval();
  Law law = law_of(finding);
  law.start += shift(0);
  law.change += shift(1);
  law.curvature += shift(2);
  return law;
}

double asymmetry(const Law& up, const Law& down, double window) {
  double largest = 0;
  for (int i = 0; i <= 500; ++i) largest = std::max(largest, std::abs(up.at(i / 500.0) - down.at(1 - i / 500.0)));
  return largest / window;
}

/// Where the two steps cancel: both are linear in the conductance.
double symmetry_point(const Law& up, const Law& down) {
  return (up.first_step() + up.pull() * up.start + down.first_step() + down.pull() * down.start) /
         (up.pull() + down.pull());
}

/// Value at the estimate, error and interval from the law's parameters drawn from their covariance.
template <class Quantity>
Estimate by_drawing(const Switching& s, std::uint64_t seed, Quantity quantity) {
  constexpr std::uint64_t draws = 1000;
  std::vector<double> values;
  for (std::uint64_t i = 0; i < draws; ++i) {
    RandomStream random(seed, "law", i);
    const Law up = drawn(*s.potentiation, random), down = drawn(*s.depression, random);
    if (const double v = quantity(up, down); std::isfinite(v)) values.push_back(v);
  }
  const double value = quantity(law_of(*s.potentiation), law_of(*s.depression));
  if (values.size() < draws * 9 / 10) return {value, nan, nan, nan};
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double mean = 0, square = 0;
  for (const double v : values) mean += v / n;
  for (const double v : values) square += (v - mean) * (v - mean);
  const auto quantile = [&](double q) { return values[static_cast<std::size_t>(q * (n - 1) + 0.5)]; };
  // A maximum of magnitudes is larger in every draw than where it is zero: the interval still holds the estimate.
  return {value, std::sqrt(square / (n - 1)), std::min(value, quantile(0.025)), std::max(value, quantile(0.975))};
}

/// The mean of one end of the window over the directions that there are.
Estimate mean_end(const Switching& s, Estimate DirectionFinding::*end) {
  if (!s.potentiation) return (*s.depression).*end;
  if (!s.depression) return (*s.potentiation).*end;
  const Estimate &up = (*s.potentiation).*end, &down = (*s.depression).*end;
  return normal_estimate((up.value + down.value) / 2, std::hypot(up.standard_error, down.standard_error) / 2);
}

void find_window(Switching& s) {
  s.gmin = mean_end(s, &DirectionFinding::low);
  s.gmax = mean_end(s, &DirectionFinding::high);
}

/// Windows whose ends differ: warned of, and no mean of theirs is better known than they agree.
void compare_windows(Switching& s) {
  const DirectionFinding &up = *s.potentiation, &down = *s.depression;
  const double low = up.low.value - down.low.value, high = up.high.value - down.high.value;
  const double width = std::max(up.high.value - up.low.value, down.high.value - down.low.value);
  if (!(std::max(std::abs(low), std::abs(high)) > 0.1 * width)) return;
  s.warnings.push_back(
      {"window_mismatch", 0,
       fmt::format("the windows of potentiation and depression differ by {:.0f} % of the larger at the "
                   "low end and {:.0f} % at the high end; Gmin, Gmax, asymmetry and symmetry point "
                   "depend on which is meant",
                   100 * std::abs(low) / width, 100 * std::abs(high) / width)});
  const auto spread = [](const Estimate& e, double difference) {
    return normal_estimate(e.value, std::hypot(e.standard_error, difference / 2));
  };
  if (up.described && down.described) {
    s.gmin = spread(s.gmin, low);
    s.gmax = spread(s.gmax, high);
  }
}

void find_on_off(Switching& s) {
  if (s.arbitrary_units || !(s.gmin.value > 0) || s.gmin.low <= 0) return;
  // A ratio's error is that of its logarithm: the interval stays positive.
  const double ratio = s.gmax.value / s.gmin.value;
  const double relative = std::hypot(s.gmax.standard_error / s.gmax.value, s.gmin.standard_error / s.gmin.value);
  s.on_off = {ratio, ratio * relative, ratio * std::exp(-1.96 * relative), ratio * std::exp(1.96 * relative)};
}

void find_resolved_states(Switching& s) {
  double variance = 0, directions = 0, readings = 0;
  for (const auto* d : {&s.potentiation, &s.depression})
    if (*d && (*d)->described && !(*d)->fit.exact) {
      const double runs = static_cast<double>((*d)->runs);  // the mean of the runs is quieter than one of them
      const CurveFit& fit = (*d)->fit;
      const double gathered = std::isinf(fit.noise.fading) ? 1 : fit.noise.gathered(infinity);
      variance += runs * (fit.reading_noise * fit.reading_noise + gathered * fit.step_noise * fit.step_noise);
      readings += static_cast<double>((*d)->pulses);
      ++directions;
    }
  if (variance == 0) return;
  const double sigma = std::sqrt(variance / directions), window = s.gmax.value - s.gmin.value;
  const double levels = window / (2 * 1.959963984540054 * sigma);
  s.resolved_states = normal_estimate(1 + levels, levels / std::sqrt(2 * readings));
}

void find_handover(Switching& s, const PulseRecord& record) {
  const double window = s.gmax.value - s.gmin.value;
  std::vector<double> drops;
  for (std::size_t i = 0; i + 1 < record.trains.size(); ++i)
    if (record.trains[i].direction == Direction::potentiation &&
        record.trains[i + 1].direction == Direction::depression)
      drops.push_back(record.trains[i].conductance.back() - record.trains[i + 1].conductance.front());
  if (drops.size() >= 3) {
    const auto n = static_cast<double>(drops.size());
    double mean = 0, square = 0;
    for (const double d : drops) mean += d / n;
    for (const double d : drops) square += (d - mean) * (d - mean);
    s.handover_drop = scaled(normal_estimate(mean, std::sqrt(square / (n - 1) / n)), 1 / window);
  } else if (s.potentiation->described && s.depression->described) {
    const Estimate &last = s.potentiation->high, &first = s.depression->high;
    s.handover_drop = scaled(
        normal_estimate(last.value - first.value, std::hypot(last.standard_error, first.standard_error)), 1 / window);
  } else if (!drops.empty()) {
    s.handover_drop.value = drops[0] / window;
  }
  if (!s.handover_drop.known()) return;
  // The first reading of depression is the one after its first pulse: that step is no fault. Without a law it is taken
  // to be as large as the largest of the first five that follow.
  double first_step = 0;
  if (s.depression->described) {
    first_step = std::abs(law_of(*s.depression).first_step()) / window;
  } else {
    const auto& curve = s.depression->mean_curve;
    for (std::size_t i = 0; i < 5 && i + 1 < curve.size(); ++i)
      first_step = std::max(first_step, std::abs(curve[i + 1] - curve[i]) / window);
  }
  const double drop = s.handover_drop.value, excess = std::max(drop - first_step, -drop);
  const double error = std::isfinite(s.handover_drop.standard_error) ? s.handover_drop.standard_error : 0;
  if (excess > 0.02 && excess > 3 * error)
    s.warnings.push_back({"handover_drop", s.depression->first_line,
                          fmt::format("between the last reading of potentiation and the first of depression the "
                                      "conductance changes by {:.1f} % of the window, more than a pulse does; a model "
                                      "that joins the two curves cannot follow",
                                      -100 * drop)});
}

StepSpread spread_of(const DirectionFinding& d, const MeanCurve& runs) {
  if (runs.runs.size() >= 2) return step_spread(runs.runs, runs.pulse);
  const Law law = law_of(d);
  std::vector<double> values;
  for (const double p : runs.pulse) values.push_back(law.at((p - runs.pulse.front()) / law.pulses));
  return step_spread(*runs.runs[0], values, runs.pulse);
}

Estimate over(const Estimate& spread, const Estimate& unit) {
  const double size = std::abs(unit.value);
  Estimate result = scaled(spread, 1 / size);
  if (unit.standard_error > 0)
    result.standard_error = std::hypot(result.standard_error, result.value * unit.standard_error / size);
  return result;
}

void find_variation(Switching& s, const MeanCurve& up, const MeanCurve& down) {
  std::optional<StepSpread> spread;
  double mean_step = 0, mean_interval = 0, directions = 0;  // of a pulse, and from reading to reading
  for (const auto& [d, runs] : {std::pair(&s.potentiation, &up), std::pair(&s.depression, &down)}) {
    if (!*d) continue;
    s.variation.cycles = std::max(s.variation.cycles, runs->runs.size());
    // About the law only where there is one; about the mean of the runs always.
    if (runs->runs.size() < 2 && (!(*d)->described || (*d)->fit.exact)) continue;
    const StepSpread own = spread_of(**d, *runs);
    spread = spread ? pooled(*spread, own) : own;
    mean_step += std::abs((*d)->mean_step.value);
    mean_interval += std::abs((*d)->mean_step.value) * (runs->pulse.back() - runs->pulse.front()) /
                     static_cast<double>(runs->pulse.size() - 1);
    ++directions;
  }
  if (spread) {
    const double window_error = std::hypot(s.gmin.standard_error, s.gmax.standard_error);
    const Estimate window{s.gmax.value - s.gmin.value, window_error, nan, nan};
    const Estimate step{mean_step / directions, nan, nan, nan}, interval{mean_interval / directions, nan, nan, nan};
    s.variation.step_over_window = over(spread->step_noise, window);
    s.variation.raw_step_over_window = over(spread->raw, window);
    s.variation.step_over_mean_step = over(spread->step_noise, step);
    s.variation.raw_step_over_mean_step = over(spread->raw, interval);
  }
  if (const auto worst = worst_pulse(up.runs, down.runs)) {
    s.variation.worst_pulse = worst->pulse;
    s.variation.worst_mean = worst->mean;
    s.variation.worst_spread = worst->spread;
    const double ratio = worst->spread / std::abs(worst->mean);
    const auto n = static_cast<double>(s.variation.cycles);
    s.variation.worst_spread_over_mean = normal_estimate(ratio, ratio / std::sqrt(2 * (n - 1)));
  }
}

}  // namespace

Switching analyse_switching(const PulseRecord& record, const SwitchingOptions& options, ThreadPool& threads) {
  Switching s;
  s.source = record.source;
  s.sha256 = record.sha256;
  s.layout = record.layout;
  s.arbitrary_units = record.arbitrary_units;
  s.warnings = record.warnings;

  const MeanCurve up = mean_curve(record, Direction::potentiation), down = mean_curve(record, Direction::depression);
  if (!up.runs.empty()) s.potentiation = find_direction(Direction::potentiation, up, options, threads, s.warnings);
  if (!down.runs.empty()) s.depression = find_direction(Direction::depression, down, options, threads, s.warnings);
  if (!s.potentiation && !s.depression) throw InvalidInput("no run of pulses");

  find_window(s);
  if (s.potentiation && s.depression) compare_windows(s);
  find_on_off(s);
  find_resolved_states(s);
  if (s.potentiation && s.depression) {
    find_handover(s, record);
    if (s.potentiation->described && s.depression->described) {
      const double window = s.gmax.value - s.gmin.value;
      s.asymmetry = by_drawing(s, options.seed, [&](const Law& u, const Law& d) { return asymmetry(u, d, window); });
      s.symmetry_point = by_drawing(s, options.seed, symmetry_point);
      const auto straight = [](const DirectionFinding& d) { return std::abs(d.fit.curvature.value) < 1e-8; };
      if ((straight(*s.potentiation) && straight(*s.depression)) ||
          !(s.symmetry_point.value > s.gmin.value && s.symmetry_point.value < s.gmax.value)) {
        s.symmetry_point = {};
        s.warnings.push_back(
            {"no_symmetry_point", 0, "steps up and steps down are nowhere in the window equally large"});
      }
    }
  }
  find_variation(s, up, down);
  return s;
}

}  // namespace ecram::analysis
