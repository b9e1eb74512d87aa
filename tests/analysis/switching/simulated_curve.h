// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <numeric>
#include <vector>

#include "ecram/core/random.h"

namespace ecram::analysis {

inline std::vector<double> pulse_numbers(int n) {
  std::vector<double> pulse(static_cast<std::size_t>(n));
  std::iota(pulse.begin(), pulse.end(), 0.0);
  return pulse;
}

/// The law written in its own right, G = B (1 - exp(-p/A)) on [0, 1], or the straight line at c = 0.
inline double law(double p, double c) { return c == 0 ? p : (1 - std::exp(-c * p)) / (1 - std::exp(-c)); }

/// A curve of window 1 with independent noise on each reading and a random walk of the steps.
inline std::vector<double> simulated_curve(int n, double c, double reading, double step, RandomStream& random) {
  std::vector<double> g;
  double walk = 0;
  for (int i = 0; i < n; ++i) {
    if (i > 0) walk += step * random.normal();
    g.push_back(law(i / (n - 1.0), c) + walk + reading * random.normal());
  }
  return g;
}

/// A curve whose steps depend on the state the device is in, as NeuroSim simulates it: the state does what the law
/// would from there, and a random step is added.
inline std::vector<double> state_driven_curve(int n, double c, double step, RandomStream& random) {
  const double keep = std::exp(-c / (n - 1)), end = c == 0 ? 0 : 1 / (1 - std::exp(-c));
  std::vector<double> g{0};
  for (int i = 1; i < n; ++i)
    g.push_back(g.back() + (c == 0 ? 1.0 / (n - 1) : (end - g.back()) * (1 - keep)) + step * random.normal());
  return g;
}

}  // namespace ecram::analysis
