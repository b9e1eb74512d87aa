// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ecram/device/compact.h"
#include "ecram/device/full_model.h"

namespace ecram::device {

/// The double layer through some time: the gate voltages that it has followed, with the seconds spent at each.
struct FollowedPath {
  struct Sample {
    double gate, seconds;
  };
  std::vector<Sample> samples;
  double end = 0;                                ///< V followed at the end
  double content_before = 0, content_after = 0;  ///< of the full model on this way, 1/m^2; 0 where it was not asked
  std::vector<double> vacancies;                 ///< of the full model at the end, 1/m^2; none where it was not asked
  double seen = 0;  ///< V at which the film would conduct as it does at the end: its ions may still be on their way
};

/// Of a train: by then its pulses repeat, or what they have of their own is slow beside the content's motion.
inline constexpr std::size_t most_pulses_followed = 100;

/// The fast state of the compact model. Its charge is expressed by the gate voltage at which the quasi-steady stack
/// would hold it, so that rates and conductance are those of one table.
///
/// The double layer is charged in more than one step: through the electrolyte in microseconds, then, the ions next to
/// the gate being used up, at the pace at which the gate gives new ones, up to a hundred times as long. No two time
/// constants describe that for all voltages, and the channel's ions need as long to level. So a short pulse is put
/// through the full model, on one device at the content of the average one, pulse after pulse until its double layer
/// repeats; a long pulse (and any hold) follows the gate with a lag that does not matter.
class DoubleLayer {
 public:
  explicit DoubleLayer(const CompactModel& model) : model_(model) {}

  /// Where the double layer is at now, V.
  double followed() const { return followed_; }

  /// The gate has been left alone for long, at a voltage and temperature.
  void settle(double volts);

  /// A pulse whose path is known has been given once more and has left the double layer like this.
  void assume(const FollowedPath& pulse);

  /// Paths of the first pulses of a train, each with its rest behind it, counted from now on, until they repeat: the
  /// last stands for all that follow. The double layer is left where the train leaves it.
  /// @param content  vacancies per area of the average device now
  std::vector<FollowedPath> train(double temperature, double content, double volts, double width, double rest,
                                  std::size_t pulses);

  /// The gate at `volts` from now on for `seconds`.
  FollowedPath hold(double temperature, double content, double volts, double seconds);

  /// The gate from one voltage to another, evenly in time.
  FollowedPath ramp(double temperature, double content, double from, double to, double seconds);

 private:
  FollowedPath followed_by_full_model(double temperature, double volts, double seconds);
  void prepare(double temperature, double content);
  double voltage_of(double temperature, const Reading& reading) const;

  const CompactModel& model_;
  std::optional<FullModel> full_;
  double followed_ = 0, resting_at_ = 0;
  bool resting_ = true;  ///< the double layer is in equilibrium at `resting_at_`: the full model need not know
};

/// Field of paths, averaged over the time that `seconds` counts: for a motion that changes u little, averages are all
/// there is (method of averaging; Sanders, Verhulst, Murdock, Averaging Methods in Nonlinear Dynamical Systems (2007)).
TransferField path_field(const CompactModel& model, double temperature, const Coordinate& coordinate,
                         const FollowedPath& path, double seconds, std::size_t cells = 256);

/// The number (1/5 to 5) that the path's field has to be multiplied by for the average device to move as far as it did
/// in the full model: what is not quasi-steady in a short pulse is in that number. 1 where the full model was not
/// asked.
double path_speed(const TransferField& field, const Coordinate& coordinate, const FollowedPath& path, double seconds);

}  // namespace ecram::device
