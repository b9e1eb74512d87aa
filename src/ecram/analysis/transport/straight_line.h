// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "ecram/analysis/transport/transport.h"

namespace ecram::analysis {

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

std::vector<double> logarithms(const std::vector<double>& values);

/// 1/(relative error)^2, in units of its mean so that chi2 keeps a bearable size; all alike where none are stated.
std::vector<double> weights(const TemperatureSeries& s);

/// @throws InvalidInput  for fewer than `least` points
void check_points(const TemperatureSeries& s, std::size_t least, const char* what);

}  // namespace ecram::analysis
