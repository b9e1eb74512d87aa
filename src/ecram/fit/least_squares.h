// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include <Eigen/Core>

namespace ecram::fit {

/// Where a parameter may lie. Infinite: not bounded on that side.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// min over p of sum_i r_i(p)^2, with r_i = (data_i - model_i(p)) / sigma_i, or any weighting that makes the residuals
/// independent with one variance.
struct LeastSquaresProblem {
  std::size_t residuals = 0;  ///< how many there are
  /// Writes the residuals at parameters p.
  std::function<void(std::span<const double> p, std::span<double> r)> residual;
  /// Writes d r_i / d p_j into column j of a residuals x parameters matrix; left empty, central differences are taken.
  std::function<void(std::span<const double> p, Eigen::Ref<Eigen::MatrixXd> jacobian)> jacobian;
  /// One for each parameter, or none at all.
  std::vector<Bounds> bounds;
};

struct LeastSquaresFit {
  std::vector<double> parameters;
  /// Parameters' covariance, s^2 (J^T J)^-1 with s^2 = chi2 / (residuals - parameters): the linear approximation at
  /// the minimum, for residuals of one unknown variance. NaN in the rows and columns of a parameter that ended on a
  /// bound (the others' are then those at fixed bound), and everywhere if the data do not determine the parameters.
  Eigen::MatrixXd covariance;
  double chi2 = 0;             ///< sum of squared residuals at the minimum
  bool converged = false;      ///< false: `parameters` is the best point seen, not a minimum
  std::vector<bool> at_bound;  ///< the parameter lies on a bound: its error is not that of the covariance

  double standard_error(std::size_t parameter) const;
};

/// Levenberg-Marquardt by cminpack's lmder: More, Garbow, Hillstrom, User guide for
/// MINPACK-1, ANL-80-74 (1980).
///
/// A bounded parameter is replaced by one that is not: p = low + (high - low) (1 + sin u) / 2 between two bounds,
/// p = low - 1 + sqrt(1 + u^2) above one, and the mirror of it below one (the transformations of MINUIT: James and
/// Roos, Comput. Phys. Commun. 10, 343 (1975)). The covariance is that of p, not u.
///
/// @param start  one value for each parameter, inside its bounds
/// @throws InvalidInput  if there are fewer residuals than parameters, `start` is outside the bounds, or the residuals
///                       at `start` are not finite
LeastSquaresFit least_squares(const LeastSquaresProblem& problem, std::span<const double> start);

}  // namespace ecram::fit
