// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ecram/analysis/hall/hall_record.h"
#include "ecram/core/estimate.h"
#include "ecram/core/warning.h"
#include "ecram/signal/regression.h"
#include "ecram/signal/spectrum.h"

namespace ecram::analysis {

struct HallOptions {
  double hall_factor = 1;         ///< r_H
  double rc_time = 0;             ///< s: lag of cable and film, if it is known, behind which all of V_xy stands
  double voltage_floor = 0;       ///< V: Hall voltages below it are not reported
  double current_floor = 0;       ///< A: currents below it are not believed
  double expected_frequency = 0;  ///< Hz of the rotation; 0: not known
  double source_voltage = 0;      ///< V over the whole bar and its contacts; 0: not known
  int most_drift_order = 8;       ///< of the polynomials that the data choose from
  /// A record of the same set-up at zero current, which tells pick-up and induction from the Hall signal.
  const HallRecord* zero_current = nullptr;
};

enum class Carrier { electrons, holes, not_detected };

/// A Hall resistance found in another, simpler way, to compare with.
struct SimpleHallEstimate {
  Estimate in_phase;    ///< ohm, at the field's amplitude
  Estimate quadrature;  ///< ohm
  double freedom = 0;   ///< degrees of freedom of their errors
};

/// Lock-in: amplitude in step with the field in every whole period, offset and slope of that period taken away.
struct LockIn {
  SimpleHallEstimate mean;
  std::vector<double> time, in_phase, quadrature;  ///< s, ohm, ohm: of each period
};

/// Fourier transform of R_xy and of B over whole periods.
struct FourierHall {
  SimpleHallEstimate amplitude;
  signal::Spectrum resistance, field;  ///< of R_xy (ohm) and of B (T)
};

/// The record as the fit saw it, for figures: one entry a bin.
struct HallTrace {
  std::vector<double> time, field, voltage;  ///< s, T, V
  std::vector<double> fitted, background;    ///< V: the whole model; the model without its Hall term
  std::vector<double> whitened_residual;
};

/// What a Hall measurement says of the film, however it was made. NaN where it does not say, as for density and
/// mobility where the Hall signal was not detected.
struct HallFilm {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  Carrier carrier = Carrier::not_detected;
  Estimate hall_slope;        ///< ohm/T: dR_xy/dB, corrected for the contacts
  Estimate hall_resistance;   ///< ohm: R_xy at the field's amplitude, with the amplitude's own error
  Estimate hall_coefficient;  ///< m^3/C
  Estimate sheet_density;     ///< 1/m^2
  Estimate density;           ///< 1/m^3
  Estimate mobility;          ///< m^2/(V s)
  Estimate resistivity;       ///< ohm m
  Estimate sheet_resistance;  ///< ohm
  double density_mobility_correlation = unknown;  ///< of the errors of density and mobility
  double largest_hall_slope = unknown;            ///< ohm/T: 95 % upper bound on its magnitude
  double least_density = unknown;                 ///< 1/m^3: the lower bound that goes with it
  double largest_mobility = unknown;              ///< m^2/(V s)
  double temperature = unknown;                   ///< K, the sensors fused; NaN without sensors
  double temperature_spread = 0;                  ///< K, between the sensors
  std::vector<Warning> warnings;
};

/// What one AC Hall record says.
struct HallResult : HallFilm {
  std::string name;
  double carrier_confidence = 0;  ///< probability that the sign is right, 0.5 to 1

  // The main estimate, by generalised least squares.
  Estimate in_phase;           ///< ohm: R_xy in step with the field, at its amplitude, not freed of the lag
  double signal_to_noise = 0;  ///< in_phase over its standard error
  Estimate phase;              ///< rad: by how much V_xy lags behind the field
  Estimate induced;            ///< V: amplitude of the part in quadrature (induction, lag and pick-up together), at the
                               ///< film where the lag is known
  Estimate even;               ///< ohm/T^2: magnetoresistance through misalignment
  Estimate offset;             ///< ohm: mean of R_xy without field; with V_th/I where a single steady current hides it
  Estimate pickup;             ///< V: in phase, where a zero or a reversed current separates it

  Estimate contact_resistance;  ///< ohm: what the source's voltage says beyond the film; needs it stated

  double field_amplitude = 0;  ///< T
  double frequency = 0;        ///< Hz
  double periods = 0;
  double current = 0;  ///< A, mean magnitude
  std::size_t readings = 0, rejected = 0;
  int drift_order = 0;
  bool longitudinal_regressor = false;  ///< V_xx helped to describe the offset
  bool pickup_separated = false;
  signal::NoiseColour colour;
  double white_noise = 0;  ///< V of one reading
  /// Hz where the coloured noise meets the white; 0: white; NaN: above the highest frequency that the readings show.
  double corner_frequency = 0;

  LockIn lock_in;
  FourierHall fourier;
  HallTrace trace;
};

/// The Hall signal of a record under a rotating field, by generalised least squares on
///
///     V_xy(t) = I(t) [ R_0 + sum_k c_k P_k(t) + b B + q (B^2 - <B^2>) ] + A dB/dt (+ a V_xx + p B) + noise,
///
/// P_k Legendre polynomials to an order that AICc chooses, B as seen through the lag rc_time, the noise white with
/// 1/f and 1/f^2 noise on it whose strengths come from restricted maximum likelihood. V_xx without its own part in
/// step with the field enters if AICc wants it; p, the pick-up in step with the motor, if the current changes within
/// the record or a record at zero current is given. Readings that stand out (spikes, range changes) are left out. See
/// docs/hall.md.
///
/// @throws InvalidInput  for records that cannot be analysed; the text says which rule failed, behind the name of the
///                       record that it failed for (this one or the one at zero current)
HallResult analyse_hall(const HallRecord& record, const HallBar& bar, const HallOptions& options = {});

}  // namespace ecram::analysis
