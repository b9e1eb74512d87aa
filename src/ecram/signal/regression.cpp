// SPDX-License-Identifier: Apache-2.0
#include "ecram/signal/regression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>

#include "ecram/core/errors.h"

namespace ecram::signal {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Relaxations relaxations(const std::vector<double>& rates, NoiseColour colour) {
  Relaxations noise;
  if (colour.flicker <= 0 && colour.brown <= 0) return noise;
  noise.rate = rates;
  noise.power.assign(rates.size(), colour.flicker);
  noise.power.front() += colour.brown;
  return noise;
}

/// X and y side by side, each column of X scaled to a root mean square of 1.
struct Scaled {
  RowMajor values;
  Eigen::VectorXd scale;
};

Scaled scaled(const LinearModel& model) {
  const Eigen::Index n = model.x.rows(), p = model.x.cols();
  Scaled s{RowMajor(n, p + 1), Eigen::VectorXd(p)};
  for (Eigen::Index c = 0; c < p; ++c) {
    s.scale[c] = model.x.col(c).norm() / std::sqrt(double(n));
    if (!(s.scale[c] > 0)) throw InvalidInput("column {} of the model is zero", c);
    s.values.col(c) = model.x.col(c) / s.scale[c];
  }
  s.values.col(p) = model.y;
  return s;
}

/// What a likelihood needs of the whitened columns.
struct Whitened {
  RowMajor values;
  double log_determinant = 0;
  Eigen::MatrixXd normal;  // of all columns with y last
  Eigen::LLT<Eigen::MatrixXd> factor;
  Eigen::VectorXd coefficient;
  double residual_square = 0;
};

Whitened whitened(const Scaled& start, const LinearModel& model, const std::vector<double>& rates, NoiseColour colour) {
  Whitened w;
  w.values = start.values;
  const Eigen::Index p = w.values.cols() - 1;
  w.log_determinant =
      whiten(relaxations(rates, colour), model.interval, model.weight,
             {w.values.data(), static_cast<std::size_t>(w.values.size())}, static_cast<std::size_t>(p + 1));
  w.normal.setZero(p + 1, p + 1);
  w.normal.selfadjointView<Eigen::Lower>().rankUpdate(w.values.transpose());
  w.normal.triangularView<Eigen::StrictlyUpper>() = w.normal.transpose();
  w.factor.compute(w.normal.topLeftCorner(p, p));
  w.coefficient = w.factor.solve(w.normal.col(p).head(p));
  w.residual_square = (w.values.col(p) - w.values.leftCols(p) * w.coefficient).squaredNorm();
  return w;
}

/// -2 ln of the restricted likelihood, the noise's variance profiled out.
double restricted_deviance(const Whitened& w) {
  const Eigen::Index n = w.values.rows(), p = w.values.cols() - 1;
  const Eigen::MatrixXd l = w.factor.matrixL();
  return double(n - p) * std::log(w.residual_square / double(n - p)) + w.log_determinant +
         2 * l.diagonal().array().log().sum();
}

void check(const LinearModel& model) {
  const Eigen::Index n = model.x.rows(), p = model.x.cols();
  if (n < p + 2) throw InvalidInput("{} samples cannot determine {} coefficients and the noise", n, p);
}

}  // namespace

Regression generalised_least_squares(const LinearModel& model, const std::vector<double>& rates, NoiseColour colour) {
  check(model);
  const Scaled start = scaled(model);
  const Whitened w = whitened(start, model, rates, colour);
  const Eigen::Index n = w.values.rows(), p = w.values.cols() - 1;
  if (w.factor.info() != Eigen::Success) throw InvalidInput("the columns of the model depend on each other");
  const Eigen::MatrixXd inverse = w.factor.solve(Eigen::MatrixXd::Identity(p, p));
  // A column that the others explain but for 1e-6 of itself has nothing to say of its own.
  for (Eigen::Index c = 0; c < p; ++c)
    if (!(inverse(c, c) * w.normal(c, c) < 1e12) || inverse(c, c) < 0)
      throw InvalidInput("column {} of the model depends on the others", c);

  Regression fit;
  fit.colour = colour;
  fit.degrees_of_freedom = static_cast<std::size_t>(n - p);
  fit.white_variance = w.residual_square / double(n - p);
  fit.coefficient = w.coefficient.cwiseQuotient(start.scale);
  const Eigen::VectorXd unscale = start.scale.cwiseInverse();
  fit.covariance = fit.white_variance * (unscale.asDiagonal() * inverse * unscale.asDiagonal());
  const Eigen::VectorXd along = w.factor.matrixL().solve(w.normal.col(p).head(p));
  for (double part : along) fit.explained.push_back(part * part);
  const Eigen::VectorXd residual =
      (w.values.col(p) - w.values.leftCols(p) * w.coefficient) / std::sqrt(fit.white_variance);
  fit.whitened_residual.assign(residual.data(), residual.data() + n);
  return fit;
}

NoiseColour estimate_colour(const LinearModel& model, const std::vector<double>& rates) {
  check(model);
  const Scaled start = scaled(model);
  // Searched as logarithms; below `none` a part is as good as absent.
  constexpr double none = -16;
  const auto part = [](double logarithm) { return logarithm <= none ? 0.0 : std::exp(std::min(logarithm, 25.0)); };
  struct Corner {
    std::array<double, 2> at{none, none};
    double deviance = 0;
  };
  const auto corner = [&](double flicker, double brown) {
    Corner c{{std::max(flicker, none), std::max(brown, none)}, 0};
    const double d = restricted_deviance(whitened(start, model, rates, {part(c.at[0]), part(c.at[1])}));
    c.deviance = std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
    return c;
  };

  Corner best = corner(none, none);
  for (double flicker : {-6.0, -4.0, -2.5, -1.0, 0.5, 2.0, 4.0, 7.0})
    if (const Corner c = corner(flicker, none); c.deviance < best.deviance) best = c;
  for (double brown : {-3.0, 0.0, 3.0, 6.0, 9.0})
    if (const Corner c = corner(best.at[0], brown); c.deviance < best.deviance) best = c;

  // Nelder and Mead's simplex in the plane of both logarithms.
  std::array<Corner, 3> simplex{best, corner(best.at[0] + (best.at[0] > none ? 1 : 8), best.at[1]),
                                corner(best.at[0], best.at[1] + (best.at[1] > none ? 1 : 14))};
  const auto by_deviance = [](const Corner& a, const Corner& b) { return a.deviance < b.deviance; };
  for (int step = 0; step < 60; ++step) {
    std::sort(simplex.begin(), simplex.end(), by_deviance);
    if (simplex[2].deviance - simplex[0].deviance < 1e-3) break;
    const auto along = [&](double t) {
      std::array<double, 2> q{};
      for (int i = 0; i < 2; ++i) {
        const double middle = 0.5 * (simplex[0].at[i] + simplex[1].at[i]);
        q[i] = middle + t * (simplex[2].at[i] - middle);
      }
      return corner(q[0], q[1]);
    };
    const Corner reflected = along(-1);
    if (reflected.deviance < simplex[0].deviance) {
      const Corner further = along(-2);
      simplex[2] = further.deviance < reflected.deviance ? further : reflected;
    } else if (reflected.deviance < simplex[1].deviance) {
      simplex[2] = reflected;
    } else {
      const Corner closer = reflected.deviance < simplex[2].deviance ? along(-0.5) : along(0.5);
      if (closer.deviance < std::min(reflected.deviance, simplex[2].deviance)) {
        simplex[2] = closer;
      } else {
        for (int i = 1; i < 3; ++i)
          simplex[i] = corner(0.5 * (simplex[0].at[0] + simplex[i].at[0]), 0.5 * (simplex[0].at[1] + simplex[i].at[1]));
      }
    }
  }
  best = *std::min_element(simplex.begin(), simplex.end(), by_deviance);
  return {part(best.at[0]), part(best.at[1])};
}

}  // namespace ecram::signal
