// SPDX-License-Identifier: Apache-2.0
#include "ecram/signal/regression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <Eigen/Cholesky>
#include <Eigen/QR>

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

/// Whitens the columns in place. Returns ln det of the noise's covariance.
double whiten_columns(RowMajor& values, const LinearModel& model, const std::vector<double>& rates,
                      NoiseColour colour) {
  return whiten(relaxations(rates, colour), model.interval, model.weight,
                {values.data(), static_cast<std::size_t>(values.size())}, static_cast<std::size_t>(values.cols()));
}

Eigen::MatrixXd normal_matrix(const RowMajor& values) {
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(values.cols(), values.cols());
  normal.selfadjointView<Eigen::Lower>().rankUpdate(values.transpose());
  normal.triangularView<Eigen::StrictlyUpper>() = normal.transpose();
  return normal;
}

/// -2 ln of the restricted likelihood, the noise's variance profiled out.
double restricted_deviance(const Scaled& start, const LinearModel& model, const std::vector<double>& rates,
                           NoiseColour colour) {
  RowMajor values = start.values;
  const double log_determinant = whiten_columns(values, model, rates, colour);
  const Eigen::Index n = values.rows(), p = values.cols() - 1;
  // The last diagonal element of the factor of X and y together is the residual's length.
  const Eigen::MatrixXd l = normal_matrix(values).llt().matrixL();
  const double residual_square = l(p, p) * l(p, p);
  return double(n - p) * std::log(residual_square / double(n - p)) + log_determinant +
         2 * l.diagonal().head(p).array().log().sum();
}

void check(Eigen::Index samples, Eigen::Index columns) {
  if (samples < columns + 2)
    throw InvalidInput("{} samples cannot determine {} coefficients and the noise", samples, columns);
}

}  // namespace

WhitenedModel::WhitenedModel(const LinearModel& model, const std::vector<double>& rates, NoiseColour colour)
    : colour_(colour) {
  Scaled start = scaled(model);
  scale_ = std::move(start.scale);
  values_ = std::move(start.values);
  log_determinant_ = whiten_columns(values_, model, rates, colour);
  normal_ = normal_matrix(values_);
}

WhitenedModel::WhitenedModel(const LinearModel& model, const std::vector<double>& rates,
                             const std::vector<NoiseColour>& colour, const std::vector<double>& variance) {
  Scaled start = scaled(model);
  scale_ = std::move(start.scale);
  values_ = std::move(start.values);
  const auto columns = static_cast<std::size_t>(values_.cols());
  std::size_t record = 0;
  for (std::size_t from = 0, to = 0; from < model.weight.size(); from = to, ++record) {
    for (to = from + 1; to < model.weight.size() && std::isfinite(model.interval[to]);) ++to;
    if (record >= colour.size() || record >= variance.size()) break;
    whiten(relaxations(rates, colour[record]), model.interval.subspan(from, to - from),
           model.weight.subspan(from, to - from), {values_.data() + from * columns, (to - from) * columns}, columns);
    values_.middleRows(static_cast<Eigen::Index>(from), static_cast<Eigen::Index>(to - from)) *=
        std::sqrt(variance[0] / variance[record]);
  }
  if (record != colour.size() || record != variance.size())
    throw InvalidInput("{} colours and {} variances of noise for another number of records", colour.size(),
                       variance.size());
  colour_ = colour[0];
  normal_ = normal_matrix(values_);
}

Regression WhitenedModel::fit(std::span<const Eigen::Index> columns) const {
  const Eigen::Index n = values_.rows(), p = static_cast<Eigen::Index>(columns.size()), y = values_.cols() - 1;
  check(n, p);
  const Eigen::Map<const Eigen::Matrix<Eigen::Index, Eigen::Dynamic, 1>> chosen(columns.data(), p);
  const Eigen::MatrixXd normal = normal_(chosen, chosen);
  const Eigen::VectorXd right = normal_(chosen, y), unscale = scale_(chosen).cwiseInverse();
  const Eigen::LLT<Eigen::MatrixXd> factor(normal);
  if (factor.info() != Eigen::Success) throw InvalidInput("the columns of the model depend on each other");
  const Eigen::MatrixXd inverse = factor.solve(Eigen::MatrixXd::Identity(p, p));
  // A column that the others explain but for 1e-6 of itself has nothing to say of its own.
  for (Eigen::Index c = 0; c < p; ++c)
    if (!(inverse(c, c) * normal(c, c) < 1e12) || inverse(c, c) < 0)
      throw InvalidInput("column {} of the model depends on the others", chosen[c]);

  const Eigen::VectorXd coefficient = factor.solve(right);
  Eigen::VectorXd all = Eigen::VectorXd::Zero(y);
  all(chosen) = coefficient;
  const Eigen::VectorXd residual = values_.col(y) - values_.leftCols(y) * all;
  Regression fit;
  fit.colour = colour_;
  fit.degrees_of_freedom = static_cast<std::size_t>(n - p);
  fit.white_variance = residual.squaredNorm() / double(n - p);
  fit.coefficient = coefficient.cwiseProduct(unscale);
  fit.covariance = fit.white_variance * (unscale.asDiagonal() * inverse * unscale.asDiagonal());
  const Eigen::VectorXd along = factor.matrixL().solve(right);
  for (double part : along) fit.explained.push_back(part * part);
  const Eigen::VectorXd standardised = residual / std::sqrt(fit.white_variance);
  fit.whitened_residual.assign(standardised.data(), standardised.data() + n);
  return fit;
}

Regression generalised_least_squares(const LinearModel& model, const std::vector<double>& rates, NoiseColour colour) {
  check(model.x.rows(), model.x.cols());
  std::vector<Eigen::Index> all(static_cast<std::size_t>(model.x.cols()));
  std::iota(all.begin(), all.end(), Eigen::Index{0});
  return WhitenedModel(model, rates, colour).fit(all);
}

LeastSquares least_squares(const Eigen::Ref<const Eigen::MatrixXd>& x, const Eigen::Ref<const Eigen::VectorXd>& y,
                           const Eigen::VectorXd& weight) {
  const Eigen::Index p = x.cols();
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(p, p);
  Eigen::VectorXd right;
  if (weight.size() == 0) {
    normal.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
    normal.triangularView<Eigen::StrictlyUpper>() = normal.transpose();
    right.noalias() = x.transpose() * y;
  } else {
    const Eigen::MatrixXd weighted = weight.asDiagonal() * x;
    normal.noalias() = x.transpose() * weighted;
    right.noalias() = weighted.transpose() * y;
  }
  // Columns of very different size: each brought to length 1.
  Eigen::VectorXd scale = normal.diagonal().cwiseSqrt();
  for (double& s : scale) s = s > 0 ? 1 / s : 0;
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> decomposition(p, p);
  decomposition.setThreshold(1e-13);
  decomposition.compute(scale.asDiagonal() * normal * scale.asDiagonal());
  LeastSquares result;
  result.rank = decomposition.rank();
  result.inverse = scale.asDiagonal() * decomposition.pseudoInverse() * scale.asDiagonal();
  result.coefficient = scale.cwiseProduct(decomposition.solve(scale.cwiseProduct(right)));
  result.residual = y - x * result.coefficient;
  return result;
}

namespace {

constexpr double none = -16;  // ln of a part's strength below which it is as good as absent

/// The restricted deviance over the plane of the logarithms of both parts.
class Likelihood {
 public:
  struct Point {
    std::array<double, 2> at{none, none};
    double deviance = 0;
    NoiseColour colour() const { return {part(at[0]), part(at[1])}; }
  };

  Likelihood(const LinearModel& model, const std::vector<double>& rates)
      : model_(model), rates_(rates), start_(scaled(model)) {
    check(model.x.rows(), model.x.cols());
    // It does not see what the columns can reach; taking the most of it away beforehand keeps the digits.
    start_.values.col(model.x.cols()) = least_squares(model.x, model.y).residual;
  }
  Point at(double flicker, double brown) const {
    Point p{{std::max(flicker, none), std::max(brown, none)}, 0};
    const double d = restricted_deviance(start_, model_, rates_, p.colour());
    p.deviance = std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
    return p;
  }

 private:
  static double part(double logarithm) { return logarithm <= none ? 0.0 : std::exp(std::min(logarithm, 25.0)); }
  const LinearModel& model_;
  const std::vector<double>& rates_;
  Scaled start_;
};

using Corner = Likelihood::Point;

constexpr std::array flickers{-6.0, -4.0, -2.5, -1.0, 0.5, 2.0, 4.0, 7.0};
constexpr std::array browns{-3.0, 0.0, 3.0, 6.0, 9.0};

/// The most likely strength of one part, the other absent: the best of the grid, refined by golden sections between its
/// neighbours.
Corner best_alone(std::span<const double> grid, const auto& corner) {
  std::size_t best = 0;
  std::vector<Corner> tried;
  for (double strength : grid) {
    tried.push_back(corner(strength));
    if (tried.back().deviance < tried[best].deviance) best = tried.size() - 1;
  }
  Corner found = tried[best];
  double low = best > 0 ? grid[best - 1] : grid[0] - 3, high = best + 1 < grid.size() ? grid[best + 1] : grid[best] + 6;
  constexpr double golden = 0.6180339887498949;
  Corner left = corner(high - golden * (high - low)), right = corner(low + golden * (high - low));
  for (int step = 0; step < 7; ++step) {
    if (left.deviance < right.deviance) {
      high = low + golden * (high - low);
      right = left;
      left = corner(high - golden * (high - low));
    } else {
      low = high - golden * (high - low);
      left = right;
      right = corner(low + golden * (high - low));
    }
    for (const Corner& c : {left, right})
      if (c.deviance < found.deviance) found = c;
  }
  return found;
}

Corner most_likely(const Likelihood& likelihood) {
  const auto corner = [&](double flicker, double brown) { return likelihood.at(flicker, brown); };
  Corner best = corner(none, none);
  for (double flicker : flickers)
    if (const Corner c = corner(flicker, none); c.deviance < best.deviance) best = c;
  for (double brown : browns)
    if (const Corner c = corner(best.at[0], brown); c.deviance < best.deviance) best = c;

  // Nelder and Mead's simplex.
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
  return *std::min_element(simplex.begin(), simplex.end(), by_deviance);
}

}  // namespace

NoiseColour estimate_colour(const LinearModel& model, const std::vector<double>& rates) {
  return most_likely(Likelihood(model, rates)).colour();
}

std::vector<LikelyColour> likely_colours(const LinearModel& model, const std::vector<double>& rates) {
  constexpr double flicker_cost = 2, brown_cost = 6.4;
  const Likelihood likelihood(model, rates);
  const Corner white = likelihood.at(none, none), both = most_likely(likelihood);
  std::vector<LikelyColour> all{{{}, 0}};
  const auto add = [&](const Corner& c, double cost) {
    // A part of no strength is the white noise again.
    const double gain = white.deviance - c.deviance;
    if (gain > 0.01) all.push_back({c.colour(), 0.5 * (gain - cost)});
  };
  constexpr double negligible = -4.6;                       // ln of a weight beside the best
  const double most_gain = white.deviance - both.deviance;  // no part alone does better than both together
  if (most_gain > 0.01) {
    add(both, flicker_cost + brown_cost);
    add(best_alone(flickers, [&](double f) { return likelihood.at(f, none); }), flicker_cost);
    if (0.5 * (most_gain - brown_cost) > all.back().weight + negligible)
      add(best_alone(browns, [&](double b) { return likelihood.at(none, b); }), brown_cost);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.weight > b.weight; });
  const double most = all[0].weight;  // still as a logarithm
  std::erase_if(all, [&](const LikelyColour& c) { return c.weight < most + negligible; });
  double sum = 0;
  for (LikelyColour& c : all) sum += c.weight = std::exp(c.weight - most);
  for (LikelyColour& c : all) c.weight /= sum;
  return all;
}

}  // namespace ecram::signal
