// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "ecram/signal/coloured_noise.h"

namespace ecram::signal {

/// White noise with 1/f and 1/f^2 noise on it, in units of the white variance (of a sample of weight 1).
struct NoiseColour {
  double flicker = 0;  ///< variance of every relaxation of the ladder: 1/f
  double brown = 0;    ///< variance of the slowest relaxation, on top of that: 1/f^2
};

/// A linear model fitted by generalised least squares.
struct Regression {
  Eigen::VectorXd coefficient;
  Eigen::MatrixXd covariance;  ///< of the coefficients, with the noise's estimated variance
  double white_variance = 0;   ///< of a sample of weight 1, in the square of the unit of y
  NoiseColour colour;
  std::vector<double> whitened_residual;  ///< of each sample; standard normal if model and colour are right
  std::size_t degrees_of_freedom = 0;
  /// By how much each column lessens the whitened sum of squared residuals, entered after those before it. So the model
  /// without its last k columns has the sum white_variance * degrees_of_freedom + the last k of these.
  std::vector<double> explained;
};

/// Samples of a linear model y = X b + noise.
struct LinearModel {
  std::span<const double> interval;     ///< s, time since the sample before; infinity where a new record starts
  std::span<const double> weight;       ///< how many readings each sample averages; 0 < weight
  Eigen::Ref<const Eigen::MatrixXd> x;  ///< one row a sample, one column a coefficient
  Eigen::Ref<const Eigen::VectorXd> y;
};

/// A model's columns and y in units in which noise of the given colour is white with variance 1: made once, and fitted
/// with as many choices of its columns as wanted.
class WhitenedModel {
 public:
  /// @throws InvalidInput  for a column of zeros
  WhitenedModel(const LinearModel& model, const std::vector<double>& rates, NoiseColour colour);

  /// The same for several records (a new one starts where the interval is infinite), each with noise of its own.
  ///
  /// @param variance  of the records' white noise; only its ratios matter, the fit finds the size anew, in units of the
  ///                  first record's
  /// @throws InvalidInput  also for another number of colours or variances than of records
  WhitenedModel(const LinearModel& model, const std::vector<double>& rates, const std::vector<NoiseColour>& colour,
                const std::vector<double>& variance);

  /// Generalised least squares on some of the columns, in the order given.
  ///
  /// @throws InvalidInput  if there are fewer samples than columns + 2, or the columns depend on each other
  Regression fit(std::span<const Eigen::Index> columns) const;

  /// ln det of the noise's covariance in units of the white variance: what the likelihoods of two colours differ by
  /// beside their sums of squares. For a single colour only.
  double log_determinant() const { return log_determinant_; }

 private:
  NoiseColour colour_;
  double log_determinant_ = 0;
  Eigen::VectorXd scale_;                                                          // of the columns
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values_;  // whitened, y last
  Eigen::MatrixXd normal_;                                                         // of values_
};

/// Least squares in noise of the given colour on all columns: WhitenedModel(model, rates, colour).fit(all).
Regression generalised_least_squares(const LinearModel& model, const std::vector<double>& rates, NoiseColour colour);

/// Ordinary least squares, columns of zeros and columns that depend on others allowed.
struct LeastSquares {
  Eigen::VectorXd coefficient;  ///< the shortest one (of scaled columns) where it is not unique
  Eigen::VectorXd residual;     ///< y - X b
  Eigen::MatrixXd inverse;      ///< (X^T W X)^-1: times the variance of a sample of weight 1, the covariance
  Eigen::Index rank = 0;        ///< fewer than columns: they depend on each other
};

/// @param weight  of each sample; empty: all alike
LeastSquares least_squares(const Eigen::Ref<const Eigen::MatrixXd>& x, const Eigen::Ref<const Eigen::VectorXd>& y,
                           const Eigen::VectorXd& weight = {});

/// The noise's colour by restricted maximum likelihood: the likelihood of what is left of y in every direction that
/// the model's columns cannot reach, so that the columns do not make the noise look smaller than it is (Patterson and
/// Thompson, Biometrika 58, 545 (1971)). The flicker and the brown part are each at least 0.
NoiseColour estimate_colour(const LinearModel& model, const std::vector<double>& rates);

/// A colour with the weight of its evidence.
struct LikelyColour {
  NoiseColour colour;
  double weight = 0;
};

/// White noise alone, with flicker, with brown and with both, each as likely as it can be, with the weights of their
/// evidence, the best first, those of less than a hundredth of the best left out. Flicker costs Akaike's 2 in -2 ln of
/// the likelihood; brown, which looks like a drift, 6.4. A part that is there by chance only, which in white noise is
/// every second one, adds little to the noise at a frequency but much to what is slower than the record, and so to the
/// error of a mean: there its weight counts.
///
/// Source: Burnham and Anderson, Model Selection and Multimodel Inference, 2nd ed. (2002), section 2.9.
std::vector<LikelyColour> likely_colours(const LinearModel& model, const std::vector<double>& rates);

}  // namespace ecram::signal
