// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/step_laws.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/core/errors.h"
#include "ecram/device/run.h"

namespace ecram::calibration {
namespace {

constexpr std::size_t grid = 1601;
constexpr std::array<std::size_t, 4> node_counts{11, 21, 51, 101};
constexpr double as_good = 1e-3;  // of the window: less than any reading tells apart

/// The step from progress s (0 at the start of the direction) where n pulses of curvature c cross the window.
double law_step(double s, double c, std::size_t n) {
  const double pulses = static_cast<double>(n);
  if (std::abs(c) < 1e-9) return 1 / pulses;
  return (-1 / std::expm1(-c) - s) * -std::expm1(-c / pulses);
}

/// Progress after i pulses of n, of curvature c.
double law_state(std::size_t i, double c, std::size_t n) {
  const double share = static_cast<double>(i) / static_cast<double>(n);
  return std::abs(c) < 1e-9 ? share : std::expm1(-c * share) / std::expm1(-c);
}

/// y on the even grid from 0 to 1, by straight lines through (x, y), x rising; the outer lines go on to the ends, but
/// not through 0: a step that was never seen is not one back.
std::vector<double> on_grid(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> values;
  std::size_t k = 0;
  for (std::size_t i = 0; i < grid; ++i) {
    const double at = static_cast<double>(i) / (grid - 1);
    if (x.size() == 1) {
      values.push_back(y.front());
      continue;
    }
    while (k + 2 < x.size() && at > x[k + 1]) ++k;
    const double share = (at - x[k]) / (x[k + 1] - x[k]);
    const double value = (1 - share) * y[k] + share * y[k + 1];
    values.push_back(at < x.front() || at > x.back() ? std::max(value, 0.01 * std::min(y[k], y[k + 1])) : value);
  }
  return values;
}

double interpolated(const std::vector<double>& values, double at) {
  const double position = std::clamp(at, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(position), values.size() - 2);
  const double share = position - static_cast<double>(low);
  return (1 - share) * values[low] + share * values[low + 1];
}

/// The law run through whole trains, against the curve's own.
void judge(const StepCurve& curve, StepLawFit& fit) {
  const auto step = [&](bool is_up, double s) {
    const double w = 2 * s - 1;
    if (fit.law == StepLaw::piecewise_step)
      return is_up ? fit.scale_up * interpolated(fit.nodes_up, s) / 2
                   : fit.scale_down * interpolated(fit.nodes_down, s) / 2;
    return is_up ? fit.scale_up * (1 - fit.gamma_up * w) / 2 : fit.scale_down * (1 + fit.gamma_down * w) / 2;
  };
  double sum = 0;
  const auto follow = [&](bool is_up, const std::vector<double>& truth) {
    double s = is_up ? curve.up_start : 1;
    for (const double state : truth) {
      s = std::clamp(is_up ? s + step(true, s) : s - step(false, s), 0.0, 1.0);
      const double off = std::abs(s - state);
      sum += off * off;
      fit.misfit_max = std::max(fit.misfit_max, off);
    }
  };
  follow(true, curve.up_train);
  follow(false, curve.down_train);
  fit.misfit_rms = std::sqrt(sum / static_cast<double>(curve.up_train.size() + curve.down_train.size()));
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// Steps at even nodes, as few of them as serve.
StepLawFit pieces(const StepCurve& curve) {
  std::vector<StepLawFit> fits;
  for (const std::size_t nodes : node_counts) {
    StepLawFit fit{StepLaw::piecewise_step};
    fit.scale_up = 2 * mean(curve.up);
    fit.scale_down = 2 * mean(curve.down);
    for (std::size_t i = 0; i < nodes; ++i) {
      const double s = static_cast<double>(i) / static_cast<double>(nodes - 1);
      fit.nodes_up.push_back(2 * interpolated(curve.up, s) / fit.scale_up);
      fit.nodes_down.push_back(2 * interpolated(curve.down, s) / fit.scale_down);
    }
    judge(curve, fit);
    fits.push_back(std::move(fit));
  }
  return best(fits);
}

struct Line {
  double at_middle, slope;
};

/// y = at_middle + slope w by least squares, w even and symmetric about 0.
Line straight_line(const std::vector<double>& w, const std::vector<double>& y) {
  double sum = 0, product = 0, square = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    sum += y[i];
    product += w[i] * y[i];
    square += w[i] * w[i];
  }
  return {sum / static_cast<double>(w.size()), product / square};
}

}  // namespace

std::string_view name(StepLaw law) {
  switch (law) {
    case StepLaw::linear_step:
      return "linear step";
    case StepLaw::soft_bounds:
      return "soft bounds";
    case StepLaw::piecewise_step:
      break;
  }
  return "piecewise step";
}

StepCurve law_steps(const record::DeviceCard& card) {
  const auto curvature = [&](const std::optional<record::CardDirection>& direction, const char* which) {
    if (!direction) throw InvalidInput("the card has no {}, and the export needs both directions", which);
    if (!direction->described || !direction->nonlinearity.known())
      throw InvalidInput("the exponential law does not describe the card's {} (described = false)", which);
    if (direction->pulses < 2)
      throw InvalidInput("the card's {} has {} pulses, expected 2 or more", which, direction->pulses);
    return analysis::curvature_of_label(direction->nonlinearity.value);
  };
  const double up = curvature(card.potentiation, "potentiation");
  const double down = -curvature(card.depression, "depression");  // the label's sign is that of pulses counted back
  StepCurve curve;
  const std::size_t up_pulses = card.potentiation->pulses - 1, down_pulses = card.depression->pulses - 1;
  for (std::size_t i = 0; i < grid; ++i) {
    const double s = static_cast<double>(i) / (grid - 1);
    curve.state.push_back(s);
    curve.up.push_back(law_step(s, up, up_pulses));
    curve.down.push_back(law_step(1 - s, down, down_pulses));
  }
  // The law itself, not its steps added up.
  for (std::size_t i = 1; i <= up_pulses; ++i) curve.up_train.push_back(law_state(i, up, up_pulses));
  for (std::size_t i = 1; i <= down_pulses; ++i) curve.down_train.push_back(1 - law_state(i, down, down_pulses));
  return curve;
}

std::pair<double, double> window_of(std::span<const double> up, std::span<const double> down) {
  return std::minmax({up.front(), up.back(), down.back()});
}

StepCurve train_steps(std::span<const double> up, std::span<const double> down) {
  const auto [low, high] = window_of(up, down);
  if (!(high > low)) throw InvalidInput("the pulses do not move the compact model");
  StepCurve curve;
  curve.up_start = (up.front() - low) / (high - low);
  for (std::size_t i = 0; i < grid; ++i) curve.state.push_back(static_cast<double>(i) / (grid - 1));
  const auto steps = [&](std::span<const double> train, bool is_up, std::vector<double>& after) {
    std::vector<double> state, step;  // progress in the direction, and the step from there
    const auto progress = [&](double g) { return is_up ? (g - low) / (high - low) : (high - g) / (high - low); };
    for (std::size_t i = 1; i < train.size(); ++i) {
      if (train[i] <= device::least_conductance)
        throw InvalidInput(
            "pulse {} {} finds the compact model's film emptied: G is at {:g} S, below which none is given; the card's "
            "pulses take out more than they bring back",
            i, is_up ? "up" : "down", device::least_conductance);
      const double from = progress(train[i - 1]), to = progress(train[i]);
      if (!(to > from))
        throw InvalidInput("pulse {} {} moves the compact model by {:.3g} of the window, which no update law has", i,
                           is_up ? "up" : "down", to - from);
      state.push_back(from), step.push_back(to - from);
      after.push_back(is_up ? to : 1 - to);
    }
    return on_grid(state, step);
  };
  curve.up = steps(up, true, curve.up_train);
  curve.down = steps(down, false, curve.down_train);
  std::ranges::reverse(curve.down);  // from progress to state
  return curve;
}

std::vector<StepLawFit> fit_step_laws(const StepCurve& curve) {
  const std::size_t n = curve.state.size();
  std::vector<double> w, up, down;
  for (std::size_t i = 0; i < n; ++i) {
    // The last of the steps may be none at all: soft bounds are that.
    const bool inside = i > 0 && i + 1 < n;
    if (!(curve.up[i] >= 0) || !(curve.down[i] >= 0) || (inside && (curve.up[i] == 0 || curve.down[i] == 0)))
      throw InvalidInput("a pulse {} at {:.3g} of the window moves the device by {:.3g} of it, which no update law has",
                         curve.up[i] > 0 ? "down" : "up", curve.state[i],
                         curve.up[i] > 0 ? -curve.down[i] : curve.up[i]);
    w.push_back(2 * curve.state[i] - 1);
    up.push_back(2 * curve.up[i]);
    down.push_back(2 * curve.down[i]);
  }
  std::vector<StepLawFit> fits;

  StepLawFit soft{StepLaw::soft_bounds};
  double towards_up = 0, towards_down = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    towards_up += up[i] * (1 - w[i]);
    towards_down += down[i] * (1 + w[i]);
    squares += (1 - w[i]) * (1 - w[i]);
  }
  soft.scale_up = towards_up / squares;
  soft.scale_down = towards_down / squares;
  soft.gamma_up = soft.gamma_down = 1;
  fits.push_back(soft);

  const Line line_up = straight_line(w, up), line_down = straight_line(w, down);
  StepLawFit linear{StepLaw::linear_step};
  linear.scale_up = line_up.at_middle;
  linear.scale_down = line_down.at_middle;
  linear.gamma_up = -line_up.slope / line_up.at_middle;
  linear.gamma_down = line_down.slope / line_down.at_middle;
  fits.push_back(linear);

  for (StepLawFit& fit : fits) judge(curve, fit);
  fits.push_back(pieces(curve));
  return fits;
}

const StepLawFit& best(const std::vector<StepLawFit>& fits) {
  const auto least = std::ranges::min_element(fits, {}, &StepLawFit::misfit_max);
  return *std::ranges::find_if(fits, [&](const StepLawFit& f) { return f.misfit_max <= least->misfit_max + as_good; });
}

}  // namespace ecram::calibration
