// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/transport/straight_line.h"

#include <algorithm>

#include "ecram/core/errors.h"

namespace ecram::analysis {

std::vector<double> logarithms(const std::vector<double>& values) {
  std::vector<double> logs;
  for (double v : values) logs.push_back(std::log(v));
  return logs;
}

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

}  // namespace ecram::analysis
