// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/simple_estimates.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "ecram/analysis/hall/reference.h"
#include "ecram/fit/residual_tests.h"
#include "ecram/signal/regression.h"

namespace ecram::analysis {
namespace {

using std::numbers::pi;

Estimate mean_of(const std::vector<double>& values) {
  const double n = double(values.size());
  double mean = 0, square = 0;
  for (double v : values) mean += v / n;
  for (double v : values) square += (v - mean) * (v - mean);
  Estimate e;
  e.value = mean;
  if (n < 2) return e;
  e.standard_error = std::sqrt(square / (n - 1) / n);
  const double t = fit::student_t_quantile(0.975, n - 1);
  e.low = mean - t * e.standard_error;
  e.high = mean + t * e.standard_error;
  return e;
}

void take_polynomial_away(std::vector<double>& values, int order) {
  std::vector<double> place(values.size());
  std::iota(place.begin(), place.end(), 0.0);
  Eigen::Map<Eigen::VectorXd> y(values.data(), static_cast<Eigen::Index>(values.size()));
  y = signal::least_squares(legendre(place, order), y).residual;
}

/// Takes away what is even in the field and the drift that bends within a period, as a fit to the whole record has them
/// beside offset, field and quadrature: a single period hardly tells a parabola from a cosine.
void take_even_and_drift_away(BinnedResistance& r, const Rotation& turn, int order) {
  constexpr double least_periods = 4;
  if (turn.periods < least_periods) return;
  const auto n = static_cast<Eigen::Index>(r.time.size());
  const auto bends = static_cast<Eigen::Index>(std::clamp(order, 2, static_cast<int>(0.5 * turn.periods)));
  const Eigen::Map<const Eigen::VectorXd> field(r.field.data(), n), field2(r.field2.data(), n), rate(r.rate.data(), n);
  Eigen::Map<Eigen::VectorXd> y(r.resistance.data(), n);
  Eigen::MatrixXd x(n, bends + 4);
  if (n < x.cols() + 10) return;
  x.leftCols(bends + 1) = legendre(r.time, static_cast<int>(bends));
  x.col(bends + 1) = field2.array() - field2.mean();
  x.col(bends + 2) = field;
  x.col(bends + 3) = rate;
  const auto fit = signal::least_squares(x, y);
  // The offset and its slope are left to the periods.
  if (fit.rank == x.cols()) y -= x.middleCols(2, bends) * fit.coefficient.segment(2, bends);
}

}  // namespace

LockIn lock_in(const BinnedResistance& record, const Rotation& turn, double amplitude, int order) {
  LockIn result;
  BinnedResistance r = record;
  take_even_and_drift_away(r, turn, order);
  const double period = 1 / turn.frequency, omega = 2 * pi * turn.frequency;
  const auto periods = static_cast<std::size_t>(turn.periods + 0.02);
  std::size_t from = 0;
  for (std::size_t p = 0; p < periods; ++p) {
    const double start = r.time.front() + double(p) * period;
    std::size_t to = from;
    while (to < r.time.size() && r.time[to] < start + period) ++to;
    if (to - from >= 6) {
      Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
      Eigen::Vector4d right = Eigen::Vector4d::Zero();
      const double level = r.resistance[from];
      for (std::size_t i = from; i < to; ++i) {
        const Eigen::Vector4d row(1, (r.time[i] - start) / period - 0.5, r.field[i] / amplitude,
                                  -r.rate[i] / (omega * amplitude));
        normal += row * row.transpose();
        right += row * (r.resistance[i] - level);
      }
      const Eigen::LDLT<Eigen::Matrix4d> solver(normal);
      if (solver.rcond() > 1e-8) {
        const Eigen::Vector4d c = solver.solve(right);
        result.time.push_back(start + period / 2);
        result.in_phase.push_back(c[2]);
        result.quadrature.push_back(c[3]);
      }
    }
    from = to;
  }
  if (!result.time.empty())
    result.mean = {mean_of(result.in_phase), mean_of(result.quadrature), double(result.time.size()) - 1};
  return result;
}

FourierHall fourier_hall(const BinnedResistance& r, const Rotation& turn, double amplitude, int order) {
  FourierHall result;
  const double whole = std::floor(turn.periods + 1e-6) / turn.frequency;
  const auto samples = static_cast<std::size_t>(whole / (r.time.back() - r.time.front()) * double(r.time.size() - 1));
  if (samples < 16 || r.time.size() < 16) return result;
  const double interval = whole / double(samples);
  std::vector<double> resistance = on_grid(r.time, r.resistance, samples, interval);
  const std::vector<double> field = on_grid(r.time, r.field, samples, interval);
  take_polynomial_away(resistance, order);
  result.resistance = signal::spectrum(resistance, interval);
  result.field = signal::spectrum(field, interval);

  const std::complex<double> b = signal::fourier_amplitude(field, interval, turn.frequency);
  const std::complex<double> line = signal::fourier_amplitude(resistance, interval, turn.frequency) / b * amplitude;
  // Beside the line, beyond the reach of the window, and away from the line of the even term.
  double noise = 0, count = 0;
  for (int k = -10; k <= 10; ++k) {
    const double f = turn.frequency + k / whole;
    if (std::abs(k) < 3 || f * whole < 1.5 || std::abs(f - 2 * turn.frequency) * whole < 2.5) continue;
    noise += std::norm(signal::fourier_amplitude(resistance, interval, f));
    count += 1;
  }
  if (count == 0) return result;
  const double error = std::sqrt(0.5 * noise / count) * amplitude / std::abs(b);
  // Each line beside has two parts; Hann's window makes neighbours (2/3) and their neighbours (1/6) alike.
  const double freedom = std::max(1.0, 2 * count / (1 + 2 * (4.0 / 9 + 1.0 / 36)));
  result.amplitude = {fit::student_estimate(line.real(), error, freedom),
                      fit::student_estimate(-line.imag(), error, freedom), freedom};
  return result;
}

}  // namespace ecram::analysis
