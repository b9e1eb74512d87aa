// SPDX-License-Identifier: Apache-2.0
#include "ecram/fit/least_squares.h"

#include <algorithm>
#include <cmath>

#include <cminpack.h>

#include "ecram/core/errors.h"

namespace ecram::fit {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The parameter p as a function of the free variable u; see the header.
double inside(const Bounds& bounds, double u) {
  const bool has_low = std::isfinite(bounds.low), has_high = std::isfinite(bounds.high);
  if (has_low && has_high) return bounds.low + (bounds.high - bounds.low) * (1 + std::sin(u)) / 2;
  if (has_low) return bounds.low - 1 + std::sqrt(1 + u * u);
  if (has_high) return bounds.high + 1 - std::sqrt(1 + u * u);
  return u;
}

double slope(const Bounds& bounds, double u) {
  const bool has_low = std::isfinite(bounds.low), has_high = std::isfinite(bounds.high);
  if (has_low && has_high) return (bounds.high - bounds.low) * std::cos(u) / 2;
  if (has_low) return u / std::sqrt(1 + u * u);
  if (has_high) return -u / std::sqrt(1 + u * u);
  return 1;
}

/// The inverse of `inside`.
double outside(const Bounds& bounds, double p) {
  const bool has_low = std::isfinite(bounds.low), has_high = std::isfinite(bounds.high);
  if (has_low && has_high)
    return std::asin(std::clamp(2 * (p - bounds.low) / (bounds.high - bounds.low) - 1, -1.0, 1.0));
  if (has_low) return std::sqrt((p - bounds.low + 1) * (p - bounds.low + 1) - 1);
  if (has_high) return std::sqrt((bounds.high + 1 - p) * (bounds.high + 1 - p) - 1);
  return p;
}

/// What cminpack hands back to us at each call.
struct Task {
  const LeastSquaresProblem& problem;
  std::vector<double> p;

  std::span<const double> parameters(const double* u) {
    for (std::size_t j = 0; j < p.size(); ++j) p[j] = problem.bounds.empty() ? u[j] : inside(problem.bounds[j], u[j]);
    return p;
  }
};

int evaluate_residuals(void* context, int m, int /*n*/, const double* u, double* r, int /*flag*/) {
  auto& task = *static_cast<Task*>(context);
  task.problem.residual(task.parameters(u), {r, static_cast<std::size_t>(m)});
  // A model that leaves its domain is a bad step, not an end: an enormous sum makes lmder shorten it.
  for (int i = 0; i < m; ++i)
    if (!std::isfinite(r[i])) r[i] = 1e100;
  return 0;
}

int evaluate(void* context, int m, int n, const double* u, double* r, double* jacobian, int leading, int flag) {
  auto& task = *static_cast<Task*>(context);
  if (flag != 2) return evaluate_residuals(context, m, n, u, r, flag);
  Eigen::MatrixXd j(m, n);
  task.problem.jacobian(task.parameters(u), j);
  for (int column = 0; column < n; ++column) {
    const double factor = task.problem.bounds.empty() ? 1 : slope(task.problem.bounds[column], u[column]);
    for (int row = 0; row < m; ++row) jacobian[row + column * leading] = j(row, column) * factor;
  }
  return 0;
}

void check(const LeastSquaresProblem& problem, std::span<const double> start) {
  if (problem.residuals < start.size())
    throw InvalidInput("{} data points do not determine {} parameters", problem.residuals, start.size());
  if (problem.bounds.empty()) return;
  if (problem.bounds.size() != start.size())
    throw InvalidInput("{} bounds for {} parameters", problem.bounds.size(), start.size());
  for (std::size_t j = 0; j < start.size(); ++j)
    if (!(start[j] >= problem.bounds[j].low && start[j] <= problem.bounds[j].high))
      throw InvalidInput("parameter {} starts at {}, outside its bounds [{}, {}]", j, start[j], problem.bounds[j].low,
                         problem.bounds[j].high);
}

/// Close enough to a bound that the data, not the bound, cannot be what holds it there.
bool on_bound(const Bounds& bounds, double p) {
  const double scale = std::isfinite(bounds.high - bounds.low) ? bounds.high - bounds.low : 1 + std::abs(p);
  return p - bounds.low < 1e-9 * scale || bounds.high - p < 1e-9 * scale;
}

}  // namespace

double LeastSquaresFit::standard_error(std::size_t parameter) const {
  const auto i = static_cast<Eigen::Index>(parameter);
  return std::sqrt(covariance(i, i));
}

LeastSquaresFit least_squares(const LeastSquaresProblem& problem, std::span<const double> start) {
  check(problem, start);
  const int m = static_cast<int>(problem.residuals), n = static_cast<int>(start.size());
  std::vector<double> u(start.begin(), start.end());
  if (!problem.bounds.empty())
    for (int j = 0; j < n; ++j) u[j] = outside(problem.bounds[j], start[j]);

  std::vector<double> r(m), jacobian(static_cast<std::size_t>(m) * n), scale(n), qtf(n), wa1(n), wa2(n), wa3(n), wa4(m);
  std::vector<int> pivot(n);
  problem.residual(start, r);
  if (!std::ranges::all_of(r, [](double x) { return std::isfinite(x); }))
    throw InvalidInput("the model is not finite at the start of the fit");

  Task task{problem, std::vector<double>(n)};
  constexpr double tolerance = 1e-15;
  int evaluations = 0, jacobians = 0;
  const int info = problem.jacobian
                       ? lmder(evaluate, &task, m, n, u.data(), r.data(), jacobian.data(), m, tolerance, tolerance, 0,
                               400, scale.data(), 1, 100, 0, &evaluations, &jacobians, pivot.data(), qtf.data(),
                               wa1.data(), wa2.data(), wa3.data(), wa4.data())
                       : lmdif(evaluate_residuals, &task, m, n, u.data(), r.data(), tolerance, tolerance, 0,
                               400 * (n + 1), 0, scale.data(), 1, 100, 0, &evaluations, jacobian.data(), m,
                               pivot.data(), qtf.data(), wa1.data(), wa2.data(), wa3.data(), wa4.data());

  LeastSquaresFit fit;
  // 1-4: a tolerance was met; 6-8: they are tighter than the machine allows, which is a minimum too.
  fit.converged = (info >= 1 && info <= 4) || (info >= 6 && info <= 8);
  const auto parameters = task.parameters(u.data());
  fit.parameters.assign(parameters.begin(), parameters.end());
  for (const double x : r) fit.chi2 += x * x;

  // `jacobian` now holds R of the pivoted QR of J; covar turns it into (J^T J)^-1 in place, with zeros where a column
  // depends on the others.
  covar(n, jacobian.data(), m, pivot.data(), 1e-14, wa1.data());
  const double variance = m > n ? fit.chi2 / (m - n) : nan;
  fit.covariance.resize(n, n);
  fit.at_bound.resize(n);
  for (int j = 0; j < n; ++j) fit.at_bound[j] = !problem.bounds.empty() && on_bound(problem.bounds[j], parameters[j]);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      const double di = problem.bounds.empty() ? 1 : slope(problem.bounds[i], u[i]);
      const double dj = problem.bounds.empty() ? 1 : slope(problem.bounds[j], u[j]);
      const bool determined =
          !fit.at_bound[i] && !fit.at_bound[j] && jacobian[i + i * m] > 0 && jacobian[j + j * m] > 0;
      fit.covariance(i, j) = determined ? variance * jacobian[i + j * m] * di * dj : nan;
    }
  return fit;
}

}  // namespace ecram::fit
