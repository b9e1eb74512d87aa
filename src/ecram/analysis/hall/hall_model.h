// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <Eigen/Core>

#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/analysis/hall/bins.h"
#include "ecram/analysis/hall/current_levels.h"
#include "ecram/analysis/hall/reference.h"
#include "ecram/signal/regression.h"

namespace ecram::analysis {

/// Binned readings of one record with everything that the model's columns are made of.
struct Block {
  Bins bins;
  Rotation turn;
  Reference reference;
  std::vector<double> field;    ///< T: what enters the Hall term, smooth if the sensor is noisy, and lagged
  std::vector<double> field2;   ///< T^2: of the even term; the mean of B^2 in each bin, lagged
  std::vector<double> rate;     ///< T/s: of the field, lagged
  std::vector<double> current;  ///< A: smooth where the source did not change it
  Eigen::MatrixXd polynomials;  ///< Legendre's, of the time: a row a bin, a column an order
  std::vector<double> lines;    ///< Hz: of disturbances beside the rotation; each has a cosine and a sine
  bool modulated = false;       ///< the current was reversed or switched within the record
  bool no_current = false;
  double rc_time = 0;  ///< s, of the lag that is known
  std::vector<double>
      restarts;              ///< s: from where on the voltage that the lag does not explain fades; of `lag_restarts`
  double mean_field2 = 0;    ///< T^2, of field2
  double current_error = 0;  ///< relative, of the current: in slope and resistance alike
  double current_noise = 0;  ///< A, of a bin's current, where that is used as it was read
  int levels = 1;            ///< that the current was switched between
  std::vector<double> level_limits, level_errors;  ///< A: between the levels; of each one's mean
};

double mean(std::span<const double> values);
double mean_magnitude(std::span<const double> values);

/// The highest order of the drift that so many periods can tell from the Hall signal, `wanted` at most.
int most_drift_order(const Rotation& turn, int wanted);

/// @param bins           with the current of the levels, if there are several
/// @param current_scale  A: smaller currents than 2 % of it are none
Block make_block(Bins bins, const Rotation& turn, const HallOptions& options, double current_scale,
                 const CurrentLevels& levels);

/// Bins of the usable readings after the spikes among them were marked in `readings`: those on a first fit's residual,
/// so that spikes are seen that stand on a drift.
Block despiked_block(HallReadings& readings, const Rotation& turn, const HallOptions& options, double bins_per_period,
                     double current_scale);

/// Takes the bins out of the blocks whose whitened residual stands out. Returns how many.
std::size_t drop_outliers(std::vector<Block>& blocks, const std::vector<double>& residual);

/// The model's columns for all blocks, one below the other:
///
///     hall, rate, even [, pickup, lag]; for each block its drift, if modulated a thermal voltage that drifts, its
///     lines, and behind a known lag what fades from its restarts on
///     [, V_xx less its mean] [, B^3]
struct HallModel {
  std::vector<double> interval, weight;  ///< s, readings
  Eigen::MatrixXd x;
  Eigen::VectorXd y;
  bool separated = false;  ///< pick-up and the lagging part of the Hall signal have columns of their own
  static constexpr Eigen::Index hall = 0, rate = 1, even = 2, pickup = 3, lag = 4;
  std::vector<std::vector<Eigen::Index>> drift;    ///< of each block, by rising order
  std::vector<std::vector<Eigen::Index>> thermal;  ///< of each block; empty if its current was not changed
  std::vector<std::vector<Eigen::Index>> lines;    ///< of each block: cosine and sine of each
  /// Of each block: exp(-t/tau) from each restart on, and what a changed current leaves of it when it changes.
  std::vector<std::vector<Eigen::Index>> fading;
  Eigen::Index longitudinal = -1, cubic = -1;  ///< -1: not there

  signal::LinearModel linear() const { return {interval, weight, x, y}; }

  /// The columns with the drift up to an order, without `cubic`. The drift stands last where a single block was not
  /// modulated, so that lower orders are this list's beginning.
  std::vector<Eigen::Index> columns(int drift_order, bool with_longitudinal = false) const;
};

/// @param candidates  with the columns V_xx and B^3, where there is something in them
HallModel hall_model(const std::vector<Block>& blocks, int drift_order, bool separated, bool candidates);

/// The rows of one block, with the columns that it can determine by itself.
HallModel of_block(const HallModel& model, const std::vector<Block>& blocks, std::size_t block, int drift_order);

/// Akaike's criterion of a fit, for noise of a colour that is the same for all candidates.
double criterion(const signal::Regression& fit);

/// The order of the drift that AICc prefers, `most` at most. Where the drift columns stand last, a single fit holds the
/// sums of squares of all lower orders; several records are fitted order by order.
int best_drift_order(const HallModel& model, const signal::WhitenedModel& whitened, int most, bool with_longitudinal);

/// The order of the drift that the data want whatever the noise's colour, that is together with the best of a grid of
/// colours: slow noise and drift are weighed against each other, a term of the drift at 6.4 in -2 ln of the likelihood
/// and a part of the noise at 2. A single record.
int drift_order_in_any_colour(const HallModel& model, const std::vector<double>& rates, int most);

/// Evenly spread stretches of a long model, enough to see the noise's colour.
HallModel excerpt(const HallModel& model);

/// Those of the columns that have something in them: what fades may have faded before an excerpt's stretch.
std::vector<Eigen::Index> not_empty(const HallModel& model, std::vector<Eigen::Index> columns);

}  // namespace ecram::analysis
