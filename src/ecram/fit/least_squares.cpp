// SPDX-License-Identifier: Apache-2.0
#include "ecram/fit/least_squares.h"

#include <algorithm>
#include <cmath>

#include <Eigen/QR>
#include <cminpack.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::fit {
namespace {

using constants::nan;

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

void evaluate_residuals(const LeastSquaresProblem& problem, std::span<const double> p, std::span<double> r) {
  problem.residual(p, r);
  // A model that leaves its domain is a bad step, not an end: an enormous sum makes lmder shorten it.
  for (double& x : r)
    if (!std::isfinite(x)) x = 1e100;
}

/// d r / d p. Central differences, one-sided on a bound: their error, about 1e-10 of the derivative, does not show in
/// the covariance.
void jacobian_at(const LeastSquaresProblem& problem, std::span<const double> at, Eigen::Ref<Eigen::MatrixXd> jacobian) {
  if (problem.jacobian) {
    problem.jacobian(at, jacobian);
    return;
  }
  std::vector<double> p(at.begin(), at.end()), above(static_cast<std::size_t>(jacobian.rows())), below(above);
  const double relative_step = std::cbrt(std::numeric_limits<double>::epsilon());
  for (std::size_t j = 0; j < p.size(); ++j) {
    const Bounds bounds = problem.bounds.empty() ? Bounds{} : problem.bounds[j];
    const double step = relative_step * (at[j] == 0 ? 1 : std::abs(at[j]));
    const double high = std::min(at[j] + step, bounds.high), low = std::max(at[j] - step, bounds.low);
    p[j] = high;
    evaluate_residuals(problem, p, above);
    p[j] = low;
    evaluate_residuals(problem, p, below);
    p[j] = at[j];
    for (std::size_t i = 0; i < above.size(); ++i)
      jacobian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = (above[i] - below[i]) / (high - low);
  }
}

int evaluate(void* context, int m, int n, const double* u, double* r, double* jacobian, int /*leading*/, int flag) {
  auto& task = *static_cast<Task*>(context);
  if (flag != 2) {
    evaluate_residuals(task.problem, task.parameters(u), {r, static_cast<std::size_t>(m)});
    return 0;
  }
  Eigen::Map<Eigen::MatrixXd> j(jacobian, m, n);
  jacobian_at(task.problem, task.parameters(u), j);
  if (!task.problem.bounds.empty())
    for (int column = 0; column < n; ++column) j.col(column) *= slope(task.problem.bounds[column], u[column]);
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

/// s^2 (J^T J)^-1 of the parameters that are free; NaN for one on a bound, and for all where the columns of J depend on
/// one another.
Eigen::MatrixXd covariance_of(const Eigen::MatrixXd& jacobian, double chi2, const std::vector<bool>& held) {
  std::vector<Eigen::Index> free;
  for (std::size_t j = 0; j < held.size(); ++j)
    if (!held[j]) free.push_back(static_cast<Eigen::Index>(j));
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Constant(jacobian.cols(), jacobian.cols(), nan);
  const auto freedom = jacobian.rows() - static_cast<Eigen::Index>(free.size());
  if (free.empty() || freedom <= 0) return covariance;
  Eigen::MatrixXd j = jacobian(Eigen::all, free);
  // Parameters come in all sizes: with columns of length one the rank does not depend on their units.
  const Eigen::RowVectorXd length = j.colwise().norm();
  if (!(length.minCoeff() > 0)) return covariance;
  j.array().rowwise() /= length.array();
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(j);
  if (qr.rank() < j.cols()) return covariance;
  const Eigen::MatrixXd r = qr.matrixR().topRows(j.cols()).triangularView<Eigen::Upper>();
  const Eigen::MatrixXd inverse = r.triangularView<Eigen::Upper>().solve(Eigen::MatrixXd::Identity(j.cols(), j.cols()));
  const Eigen::MatrixXd scaled =
      qr.colsPermutation() * (inverse * inverse.transpose()) * qr.colsPermutation().transpose();
  for (std::size_t a = 0; a < free.size(); ++a)
    for (std::size_t b = 0; b < free.size(); ++b) {
      const auto ia = static_cast<Eigen::Index>(a), ib = static_cast<Eigen::Index>(b);
      covariance(free[a], free[b]) = scaled(ia, ib) / length(ia) / length(ib) * chi2 / static_cast<double>(freedom);
    }
  return covariance;
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
  const int info = lmder(evaluate, &task, m, n, u.data(), r.data(), jacobian.data(), m, tolerance, tolerance, 0, 400,
                         scale.data(), 1, 100, 0, &evaluations, &jacobians, pivot.data(), qtf.data(), wa1.data(),
                         wa2.data(), wa3.data(), wa4.data());

  LeastSquaresFit fit;
  // 1-4: a tolerance was met; 6-8: they are tighter than the machine allows, which is a minimum too.
  fit.converged = (info >= 1 && info <= 4) || (info >= 6 && info <= 8);
  const auto parameters = task.parameters(u.data());
  fit.parameters.assign(parameters.begin(), parameters.end());
  for (const double x : r) fit.chi2 += x * x;

  // lmder leaves the Jacobian of the step before the last; the covariance wants the one at the minimum.
  Eigen::MatrixXd at_minimum(m, n);
  jacobian_at(problem, fit.parameters, at_minimum);
  fit.at_bound.resize(start.size());
  for (std::size_t j = 0; j < start.size(); ++j)
    fit.at_bound[j] = !problem.bounds.empty() && on_bound(problem.bounds[j], fit.parameters[j]);
  fit.covariance = covariance_of(at_minimum, fit.chi2, fit.at_bound);
  return fit;
}

}  // namespace ecram::fit
