// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ecram/analysis/hall/hall_record.h"
#include "ecram/core/random.h"
#include "ecram/physics/conduction.h"

namespace ecram::synthetic {

/// Gaussian noise with the given one-sided power spectral density (unit^2/Hz), drawn in the frequency domain on a
/// circle four times as long as the record, so that the record's ends do not know of each other.
std::vector<double> noise_with_density(std::size_t samples, double interval,
                                       const std::function<double(double)>& density, RandomStream& random);

/// Everything that makes an AC Hall record. The defaults are the paper's film as far as its text says: 60 x 20 um^2,
/// 4.5 nm, 50 cm^2/(V s), 0.1 V, 0.75 rpm, 0.6 T, 20 minutes at one reading a second; without disturbances.
struct HallScene {
  // The film and its bar.
  double density = 3.6e22;  ///< 1/m^3
  double mobility = 50e-4;  ///< m^2/(V s)
  bool holes = false;
  analysis::HallBar bar{60e-6, 20e-6, 4.5e-9, 0, 0, false};
  double series_resistance = 0;  ///< ohm: contacts and ungated regions
  double misalignment = 0;       ///< m, between opposite Hall arms
  std::vector<double> drift;     ///< of the offset resistance, relative, as powers of time over duration: 1st, 2nd ...
  /// Of the film's sheet resistance about its mean over the readings, relative, in the same powers: V_xx drifts with
  /// it, and so does the offset.
  std::vector<double> resistance_drift;
  double magnetoresistance = 0;  ///< 1/T^2: relative change of the offset resistance

  // Source and magnet.
  double source_voltage = 0.1;  ///< V over bar and series resistance; 0: no current
  bool reverse_current = false;
  double field_amplitude = 0.6;        ///< T
  double rotation_frequency = 0.0125;  ///< Hz
  double phase = 0;                    ///< rad
  double speed_jitter = 0;             ///< relative, of the stepper's speed from period to period

  // The record.
  double duration = 1200;    ///< s
  double interval = 1;       ///< s
  double time_jitter = 0;    ///< s, uniform within -+ this of the reading's time
  double temperature = 300;  ///< K

  // What stands between film and file.
  double white_noise = 0;                  ///< V, of a reading of V_xy
  double flicker_corner = 0;               ///< Hz, where 1/f noise is as strong as white noise
  double longitudinal_noise = 0;           ///< V, of a reading of V_xx
  double longitudinal_flicker_corner = 0;  ///< Hz, of V_xx
  /// Relative, of the film's resistance from reading to reading: noise that V_xx and the offset share.
  double film_noise = 0;
  double film_flicker_corner = 0;  ///< Hz
  double current_noise = 0;        ///< A
  double field_noise = 0;          ///< T
  double loop_area = 0;            ///< m^2: induced voltage is the area times dB/dt
  double pickup_in_phase = 0;      ///< V, in step with the motor, whatever the current
  double pickup_quadrature = 0;    ///< V
  double rc_time = 0;              ///< s; the record begins in the steady state of the lag
  double mains_amplitude = 0;      ///< V
  double mains_frequency = 50;     ///< Hz, mean
  /// Hz: the mains' frequency wanders about its mean by this standard deviation, with a correlation time of minutes.
  /// No grid holds 50 Hz to the digit: readings a second apart fold it down not to 0 but to the tens of millihertz of
  /// its wander, where the Hall signal is.
  double mains_wander = 0;
  double aperture = 0;     ///< s, over which the meter averages each reading: 20 ms is one cycle of 50 Hz
  double spike_share = 0;  ///< of the readings
  double spike_size = 0;   ///< V, standard deviation of a spike
  double resolution = 0;   ///< V, the least step of V_xy; 0: none
  double range = 0;        ///< V, beyond which V_xy saturates; 0: none

  std::uint64_t seed = 1;
  std::uint64_t index = 0;  ///< of the record: same seed, other noise
};

/// What an analysis should find.
struct HallTruth {
  double hall_slope = 0;        ///< ohm/T, dR_xy/dB; negative for electrons
  double sheet_resistance = 0;  ///< ohm
  double current = 0;           ///< A
};

HallTruth truth(const HallScene& scene);

/// The scene's film at another temperature than 300 K: its density follows the conduction law and its mobility stays.
///
/// @param characteristic  T0 (K) or E (J) of the law
HallScene at_temperature(const HallScene& at_300K, physics::ConductionLaw law, double characteristic,
                         double temperature);

/// @throws InvalidInput  for a film, a bar or a sampling that cannot be
analysis::HallRecord hall_record(const HallScene& scene);

}  // namespace ecram::synthetic
