// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <complex>
#include <functional>
#include <numbers>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/Dense>

#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/core/thread_pool.h"
#include "ecram/signal/spectrum.h"
#include "ecram/synthetic/hall_record.h"

namespace ecram::analysis {

/// The paper's record: 15 periods of 80 s, a reading a second, and noise that leaves the Hall signal `snr` standard
/// errors high in white noise.
inline synthetic::HallScene paper_scene(double snr) {
  synthetic::HallScene scene;
  scene.misalignment = 1e-6;
  scene.loop_area = 1e-5;
  const auto t = synthetic::truth(scene);
  const double amplitude = std::abs(t.hall_slope * scene.field_amplitude * t.current);
  scene.white_noise = amplitude / snr * std::sqrt(600.0);
  return scene;
}

/// Covariance of a scene's noise between two readings so many intervals apart: white, and 1/f as it is drawn, that is
/// the transform of its density on a circle of four record lengths.
inline std::vector<double> noise_covariance(const synthetic::HallScene& s) {
  const auto samples = static_cast<std::size_t>(s.duration / s.interval + 0.5);
  const std::size_t length = signal::fast_length(4 * samples);
  std::vector<double> covariance(samples, 0.0);
  covariance[0] = s.white_noise * s.white_noise;
  if (s.flicker_corner > 0) {
    const double step = 1 / (double(length) * s.interval);
    std::vector<std::complex<double>> power(length);
    for (std::size_t k = 1; k <= length / 2; ++k)
      power[k] = 2 * s.white_noise * s.white_noise * s.interval * s.flicker_corner / (double(k) * step) * step;
    const auto transform = signal::fourier_transform(power, true);
    for (std::size_t i = 0; i < samples; ++i) covariance[i] += transform[i].real();
  }
  return covariance;
}

/// Cramer-Rao bound on the standard error of R_xy at the field's amplitude, by the textbook's formula with the dense
/// covariance; unknown beside it: the offset, its drift to the given order, the quadrature and the even term.
inline double cramer_rao(const synthetic::HallScene& s, int drift_order) {
  const auto covariance = noise_covariance(s);
  const auto n = static_cast<Eigen::Index>(covariance.size());
  Eigen::MatrixXd k(n, n), x(n, 4 + drift_order);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) k(i, j) = covariance[static_cast<std::size_t>(std::abs(i - j))];
    const double time = double(i) * s.interval, angle = 2 * std::numbers::pi * s.rotation_frequency * time + s.phase;
    x(i, 0) = std::cos(angle);
    x(i, 1) = std::sin(angle);
    x(i, 2) = std::cos(angle) * std::cos(angle);
    for (int d = 0; d <= drift_order; ++d) x(i, 3 + d) = std::pow(2 * time / s.duration - 1, d);
  }
  const Eigen::MatrixXd information = x.transpose() * k.llt().solve(x);
  return std::sqrt(information.inverse()(0, 0)) / std::abs(synthetic::truth(s).current);
}

struct Statistics {
  double root_mean_square = 0;     ///< of the error of R_xy, ohm
  double bias_over_error = 0;      ///< mean error over the mean standard error
  double coverage = 0;             ///< share of 95 % intervals that hold the truth
  double within = 0;               ///< share of records whose density is within 3 %
  double wrong_sign = 0;           ///< share of records with the wrong carrier type
  double wrong_estimate_sign = 0;  ///< share of records whose estimate has the wrong sign, detected or not
  double detected = 0;
};

/// Analyses `records` records of the scene, each with its own noise.
inline Statistics statistics(synthetic::HallScene scene, int records, const HallOptions& options = {}) {
  const auto t = synthetic::truth(scene);
  const double resistance = t.hall_slope * scene.field_amplitude;
  std::vector<HallResult> results(static_cast<std::size_t>(records));
  ThreadPool pool;
  pool.for_each(results.size(), [&](std::size_t i) {
    synthetic::HallScene own = scene;
    own.index = i;
    const HallResult r = analyse_hall(synthetic::hall_record(own), scene.bar, options);
    results[i].hall_resistance = r.hall_resistance;
    results[i].density = r.density;
    results[i].carrier = r.carrier;
  });
  Statistics s;
  double error = 0;
  for (const auto& r : results) {
    const double off = r.hall_resistance.value - resistance;
    s.root_mean_square += off * off / records;
    s.bias_over_error += off / records;
    error += r.hall_resistance.standard_error / records;
    s.coverage += (r.hall_resistance.low <= resistance && resistance <= r.hall_resistance.high ? 1.0 : 0.0) / records;
    s.within += (std::abs(r.density.value / scene.density - 1) < 0.03 ? 1.0 : 0.0) / records;
    const Carrier right = scene.holes ? Carrier::holes : Carrier::electrons;
    s.detected += (r.carrier != Carrier::not_detected ? 1.0 : 0.0) / records;
    s.wrong_estimate_sign += (r.hall_resistance.value * resistance < 0 ? 1.0 : 0.0) / records;
    s.wrong_sign += (r.carrier != Carrier::not_detected && r.carrier != right ? 1.0 : 0.0) / records;
  }
  s.bias_over_error /= error;
  s.root_mean_square = std::sqrt(s.root_mean_square);
  return s;
}

}  // namespace ecram::analysis
