// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "ecram/signal/regression.h"

namespace ecram::analysis {
namespace {

/// Relative to the amplitude: a noisier sensor would bias the slope by more than 1e-5.
constexpr double noisy_sensor = 0.002;

/// Value and slope, at the middle, of the cubic through neighbouring bins.
struct Tangent {
  double value = 0, slope = 0;
};

Tangent cubic(std::span<const double> time, std::span<const double> field, std::size_t from, std::size_t to, double at,
              double scale) {
  Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
  Eigen::Vector4d right = Eigen::Vector4d::Zero();
  for (std::size_t i = from; i < to; ++i) {
    const double s = (time[i] - at) / scale;
    const Eigen::Vector4d row(1, s, s * s, s * s * s);
    normal += row * row.transpose();
    right += row * field[i];
  }
  const Eigen::Vector4d c = normal.ldlt().solve(right);
  return {c[0], c[1] / scale};
}

/// One sine through each period's worth of neighbours, in place of the cubic: next to none of the sensor's noise is
/// left, at the price of following changes of speed from period to period only.
void smooth_over_periods(std::span<const double> time, std::span<const double> field, const Rotation& turn,
                         Reference& r) {
  const double omega = 2 * std::numbers::pi * turn.frequency, reach = 0.5 / turn.frequency;
  std::size_t from = 0, to = 0;
  double left = 0;
  for (std::size_t i = 0; i < time.size(); ++i) {
    while (time[from] < time[i] - reach) ++from;
    while (to < time.size() && time[to] <= time[i] + reach) ++to;
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    for (std::size_t j = from; j < to; ++j) {
      const double s = omega * (time[j] - time[i]);
      const Eigen::Vector3d row(1, std::cos(s), std::sin(s));
      normal += row * row.transpose();
      right += row * field[j];
    }
    const Eigen::LDLT<Eigen::Matrix3d> solver(normal);
    const Eigen::Vector3d c = solver.solve(right);
    r.smooth[i] = c[0] + c[1];
    r.rate[i] = omega * c[2];
    const Eigen::Vector3d middle(1, 1, 0);
    left += middle.dot(solver.solve(middle)) / double(time.size());
  }
  r.left_noise = r.noise * std::sqrt(left);
}

}  // namespace

Reference reference(std::span<const double> time, std::span<const double> field, const Rotation& turn) {
  constexpr std::size_t reach = 3;
  const std::size_t n = time.size();
  const double omega = 2 * std::numbers::pi * turn.frequency;
  Reference r{std::vector<double>(n), std::vector<double>(n), 0, 0, 0};

  // One sine over everything: the smooth field where bins are few, and the fallback beside gaps.
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  std::vector<double> cosine(n), sine(n);
  for (std::size_t i = 0; i < n; ++i) {
    cosine[i] = std::cos(omega * time[i]);
    sine[i] = std::sin(omega * time[i]);
    const Eigen::Vector3d row(1, cosine[i], sine[i]);
    normal += row * row.transpose();
    right += row * field[i];
  }
  const Eigen::Vector3d all = normal.ldlt().solve(right);
  const auto global = [&](std::size_t i) {
    return Tangent{all[0] + all[1] * cosine[i] + all[2] * sine[i], omega * (all[2] * cosine[i] - all[1] * sine[i])};
  };

  const bool dense = double(n) / turn.periods >= 24;
  double residual = 0, counted = 0;
  for (std::size_t i = 0; i < n; ++i) {
    Tangent tangent;
    const std::size_t from = std::min(i - std::min(i, reach), n > 2 * reach ? n - 2 * reach - 1 : 0);
    const std::size_t to = std::min(n, from + 2 * reach + 1);
    const double span = to > from ? time[to - 1] - time[from] : 0;
    const bool local = dense && to - from == 2 * reach + 1 && span < 0.3 / turn.frequency;
    if (!local) {
      tangent = global(i);
    } else {
      const double h = span / double(2 * reach);
      bool even = i >= reach && i + reach < n;
      for (std::size_t j = from; even && j < to; ++j)
        even = std::abs(time[j] - time[from] - double(j - from) * h) < 1e-6 * h;
      if (even) {
        // The same cubic for evenly spaced bins (Savitzky and Golay).
        const auto b = [&](std::ptrdiff_t k) {
          return field[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) + k)];
        };
        tangent.value = (7 * b(0) + 6 * (b(1) + b(-1)) + 3 * (b(2) + b(-2)) - 2 * (b(3) + b(-3))) / 21;
        tangent.slope = (58 * (b(1) - b(-1)) + 67 * (b(2) - b(-2)) - 22 * (b(3) - b(-3))) / (252 * h);
      } else {
        tangent = cubic(time, field, from, to, time[i], h);
      }
    }
    r.smooth[i] = tangent.value;
    r.rate[i] = tangent.slope;
    if (dense && !local) continue;
    residual += (field[i] - tangent.value) * (field[i] - tangent.value);
    counted += 1;
  }
  // A cubic through seven points takes 7/21 of independent noise at its middle with it; a sine takes next to nothing.
  r.noise = counted > 0 ? std::sqrt(residual / counted / (dense ? 1 - 7.0 / 21 : 1)) : 0;
  // Least squares on a sine in n bins have this error, and no smoothing lessens it. What the cubic leaves of the sine
  // itself is no noise.
  if (dense) {
    const double step = 2 * std::numbers::pi * turn.periods / double(n);
    const double kept = (7 + 12 * std::cos(step) + 6 * std::cos(2 * step) - 4 * std::cos(3 * step)) / 21;
    const double own = 1.5 * (1 - kept) * turn.amplitude * std::numbers::sqrt2 / 2 / std::sqrt(1 - 7.0 / 21);
    if (r.noise > own)
      r.scale_error = std::sqrt(r.noise * r.noise - own * own) / turn.amplitude * std::sqrt(2 / double(n));
  }
  if (r.noise > noisy_sensor * turn.amplitude && dense) smooth_over_periods(time, field, turn, r);
  return r;
}

std::vector<double> lagged(std::span<const double> time, std::span<const double> u, double tau, const Rotation& turn) {
  std::vector<double> x(u.begin(), u.end());
  const std::size_t n = u.size();
  if (!(tau > 0) || n < 3) return x;
  const auto rows = static_cast<Eigen::Index>(n);
  constexpr int harmonics = 2;
  Eigen::MatrixXd sines(rows, 1 + 2 * harmonics), behind(rows, 1 + 2 * harmonics);
  sines.col(0).setOnes();
  behind.col(0).setOnes();
  for (int k = 1; k <= harmonics; ++k) {
    const double omega = 2 * std::numbers::pi * turn.frequency * k, lag = omega * tau, left = 1 / (1 + lag * lag);
    for (Eigen::Index i = 0; i < rows; ++i) {
      const double angle = omega * (time[static_cast<std::size_t>(i)] - time[0]), c = std::cos(angle),
                   s = std::sin(angle);
      sines(i, 2 * k - 1) = c;
      sines(i, 2 * k) = s;
      behind(i, 2 * k - 1) = left * (c + lag * s);
      behind(i, 2 * k) = left * (s - lag * c);
    }
  }
  const auto fit = signal::least_squares(sines, Eigen::Map<const Eigen::VectorXd>(u.data(), rows));
  const Eigen::VectorXd& rest = fit.residual;
  const Eigen::VectorXd steady = behind * fit.coefficient;

  const auto slope = [&](std::size_t i) {
    return (rest[Eigen::Index(i)] - rest[Eigen::Index(i) - 1]) / (time[i] - time[i - 1]);
  };
  // Half the second derivative about sample i.
  const auto bend = [&](std::size_t i) {
    const std::size_t j = std::clamp<std::size_t>(i, 1, n - 2);
    return (slope(j + 1) - slope(j)) / (time[j + 1] - time[j - 1]);
  };
  double state = 0;
  x[0] = steady[0];
  for (std::size_t i = 1; i < n; ++i) {
    // The rest = straight line + c s (s - h) between the samples; the lag's equation is solved exactly for that.
    const double h = time[i] - time[i - 1], b = slope(i), c = 0.5 * (bend(i - 1) + bend(i)), fade = std::exp(-h / tau);
    const double now = rest[Eigen::Index(i)], before = rest[Eigen::Index(i) - 1];
    state = now - tau * b + (state - before + tau * b) * fade + c * ((2 * tau - h) - (2 * tau + h) * fade) * tau;
    x[i] = steady[Eigen::Index(i)] + state;
  }
  return x;
}

std::vector<double> lag_restarts(std::span<const double> time, const Rotation& turn) {
  constexpr std::size_t most = 8, least_after = 3;
  std::vector<double> intervals;
  for (std::size_t i = 1; i < time.size(); ++i) intervals.push_back(time[i] - time[i - 1]);
  std::vector<double> sorted(intervals);
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  double least = std::max(0.3 / turn.frequency, 5 * *middle);
  std::vector<double> gaps;
  for (double t : intervals)
    if (t > least) gaps.push_back(t);
  if (gaps.size() > most) {
    std::nth_element(gaps.begin(), gaps.begin() + most, gaps.end(), std::greater<>());
    least = gaps[most];
  }
  std::vector<double> restarts{time[0]};
  for (std::size_t i = 1, last = 0; i + least_after <= time.size(); ++i)
    if (intervals[i - 1] > least && i >= last + least_after) restarts.push_back(time[i]), last = i;
  return restarts;
}

std::vector<double> on_grid(std::span<const double> time, std::span<const double> values, std::size_t samples,
                            double interval) {
  std::vector<double> grid(samples);
  std::size_t b = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    const double t = time.front() + double(i) * interval;
    while (b + 2 < time.size() && time[b + 1] < t) ++b;
    grid[i] = values[b] + (values[b + 1] - values[b]) * std::clamp((t - time[b]) / (time[b + 1] - time[b]), 0.0, 1.0);
  }
  return grid;
}

Eigen::MatrixXd legendre(std::span<const double> time, int order) {
  const auto n = static_cast<Eigen::Index>(time.size());
  Eigen::ArrayXd x = Eigen::Map<const Eigen::ArrayXd>(time.data(), n);
  const double span = time.back() - time.front();
  x = span > 0 ? Eigen::ArrayXd((2 * x - time.front() - time.back()) / span) : Eigen::ArrayXd::Zero(n);
  Eigen::MatrixXd p = Eigen::MatrixXd::Ones(n, order + 1);
  if (order > 0) p.col(1) = x;
  for (int k = 2; k <= order; ++k)
    p.col(k) = ((2 * k - 1) * x * p.col(k - 1).array() - (k - 1) * p.col(k - 2).array()) / k;
  return p;
}

}  // namespace ecram::analysis
