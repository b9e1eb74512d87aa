// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/step_laws.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "ecram/analysis/switching/exponential_law.h"
#include "ecram/core/errors.h"

namespace ecram::calibration {
namespace {

constexpr std::size_t grid = 401, nodes = 11;
constexpr double as_good = 1e-3;  // of the window: less than any reading tells apart

/// The step from progress s (0 at the start of the direction) where n pulses of curvature c cross the window.
double law_step(double s, double c, std::size_t n) {
  const double pulses = static_cast<double>(n);
  if (std::abs(c) < 1e-9) return 1 / pulses;
  return (-1 / std::expm1(-c) - s) * -std::expm1(-c / pulses);
}

double interpolated(const std::vector<double>& values, double at) {
  const double position = std::clamp(at, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(position), values.size() - 2);
  const double share = position - static_cast<double>(low);
  return (1 - share) * values[low] + share * values[low + 1];
}

/// States after each pulse of a whole train up and a whole train down.
std::vector<double> trains(const StepCurve& curve, const std::function<double(double)>& up,
                           const std::function<double(double)>& down) {
  std::vector<double> states;
  double s = 0;
  for (std::size_t i = 0; i < curve.up_pulses; ++i) states.push_back(s = std::clamp(s + up(s), 0.0, 1.0));
  s = 1;
  for (std::size_t i = 0; i < curve.down_pulses; ++i) states.push_back(s = std::clamp(s - down(s), 0.0, 1.0));
  return states;
}

void judge(const StepCurve& curve, const std::vector<double>& truth, StepLawFit& fit) {
  const auto step = [&](bool is_up, double s) {
    const double w = 2 * s - 1;
    if (fit.law == StepLaw::piecewise_step)
      return is_up ? fit.scale_up * interpolated(fit.nodes_up, s) / 2
                   : fit.scale_down * interpolated(fit.nodes_down, s) / 2;
    return is_up ? fit.scale_up * (1 - fit.gamma_up * w) / 2 : fit.scale_down * (1 + fit.gamma_down * w) / 2;
  };
  const auto states = trains(
      curve, [&](double s) { return step(true, s); }, [&](double s) { return step(false, s); });
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double off = std::abs(states[i] - truth[i]);
    sum += off * off;
    fit.misfit_max = std::max(fit.misfit_max, off);
  }
  fit.misfit_rms = std::sqrt(sum / static_cast<double>(truth.size()));
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

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
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

StepCurve step_curve(const record::DeviceCard& card) {
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
  curve.up_pulses = card.potentiation->pulses - 1;
  curve.down_pulses = card.depression->pulses - 1;
  for (std::size_t i = 0; i < grid; ++i) {
    const double s = static_cast<double>(i) / (grid - 1);
    curve.state.push_back(s);
    curve.up.push_back(law_step(s, up, curve.up_pulses));
    curve.down.push_back(law_step(1 - s, down, curve.down_pulses));
  }
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
  const auto truth = trains(
      curve, [&](double s) { return interpolated(curve.up, s); },
      [&](double s) { return interpolated(curve.down, s); });
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

  StepLawFit piecewise{StepLaw::piecewise_step};
  piecewise.scale_up = mean(up);
  piecewise.scale_down = mean(down);
  for (std::size_t i = 0; i < nodes; ++i) {
    const double s = static_cast<double>(i) / (nodes - 1);
    piecewise.nodes_up.push_back(2 * interpolated(curve.up, s) / piecewise.scale_up);
    piecewise.nodes_down.push_back(2 * interpolated(curve.down, s) / piecewise.scale_down);
  }
  fits.push_back(piecewise);

  for (StepLawFit& fit : fits) judge(curve, truth, fit);
  return fits;
}

const StepLawFit& best(const std::vector<StepLawFit>& fits) {
  const auto least = std::ranges::min_element(fits, {}, &StepLawFit::misfit_max);
  return *std::ranges::find_if(fits, [&](const StepLawFit& f) { return f.misfit_max <= least->misfit_max + as_good; });
}

}  // namespace ecram::calibration
