// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ecram/analysis/switching/curve_noise.h"
#include "ecram/core/estimate.h"
#include "ecram/core/thread_pool.h"

namespace ecram::analysis {

/// Which noise a curve has: that of independent readings, that of steps that accumulate, both, or readings and steps
/// whose noise fades within the run (curve_noise.h).
enum class NoiseModel { reading, step, both, fading };

/// "reading", "step", "reading + step", "reading + fading step".
std::string_view name(NoiseModel model);

/// The exponential law fitted to one curve,
///
///     G(p) = start + change S(p; c) + noise,      p = (pulse - first pulse) / (last pulse - first pulse).
///
/// `start` and `change` are linear and are eliminated at every c (variable projection; Golub and Pereyra, SIAM J.
/// Numer. Anal. 10, 413 (1973)); the likelihood is that of the data less one constant (restricted likelihood), so that
/// reading noise and step noise are compared on the same data. The 95 % interval of c is that of the profile
/// likelihood, with the F distribution's quantile in place of the chi-square one, which makes it exact for a law that
/// is linear in c and reading noise. Standard errors are those of the covariance at the minimum.
struct CurveFit {
  NoiseModel noise_model = NoiseModel::reading;
  CurveNoise noise;
  double start = 0;                                   ///< G at the first pulse by the law
  double change = 0;                                  ///< G at the last pulse less `start`; negative for depression
  std::array<std::array<double, 3>, 3> covariance{};  ///< of start, change, curvature
  Estimate curvature;        ///< c = 1/A in the order of time: positive where the first pulses do most
  double reading_noise = 0;  ///< standard deviation of a reading, in the unit of G
  double step_noise = 0;     ///< standard deviation that one pulse adds, in the unit of G
  double deviance = 0;       ///< -2 ln(restricted likelihood), up to a constant of the data
  double aicc = 0;
  double akaike_weight = 0;  ///< share of the evidence among the noise models tried
  bool undecided = false;    ///< that share is below 0.7: the interval of c is the mean of the models' own, weighted
  bool converged = false;

  // The residual tests.
  bool exact = false;                ///< residuals are rounding errors: nothing to test
  double whiteness_p = 1;            ///< Ljung-Box on the innovations
  double first_autocorrelation = 0;  ///< of the innovations
  double shape_p = 1;                ///< F test of the law against the law with two more shapes
  double shape_misfit = 0;           ///< root-mean-square of what these shapes add, over the window
  double label_shift = 0;            ///< by how much they would change the nonlinearity label
  std::vector<double> innovations;   ///< whitened residuals over their standard deviation

  /// Do the residuals contradict the fit? Then its numbers mean nothing. Both tests have to find something that is
  /// significant (p < 0.001) and large enough to matter: innovations correlated by 0.25 or more where the scatter is
  /// more than 1 % of the window (below, it is the grain of the file's digits or of a converter), or a shape that
  /// differs from the law by 2 % of the window or more.
  bool contradicted() const;
};

/// Fits the law with one noise model.
///
/// @param pulse        pulse numbers, strictly increasing, at least 5
/// @param conductance  one for each pulse
/// @throws InvalidInput  if there are too few points or the conductance does not change at all
CurveFit fit_curve(std::span<const double> pulse, std::span<const double> conductance, NoiseModel model);

/// Fits the law with every noise model and takes the one that the data support most (AICc). Noise that fades is
/// believed only if it is better than noise that stays by 20 in -2 ln(likelihood): a random walk looks as if it faded
/// by 16 once in a hundred times (Dickey and Fuller, Econometrica 49, 1057 (1981), with a trend).
CurveFit fit_curve(std::span<const double> pulse, std::span<const double> conductance);

/// A curve drawn from the law and the noise of a fit.
/// @param draw  index of the random stream
std::vector<double> draw_curve(const CurveFit& fit, std::span<const double> pulse, std::uint64_t seed,
                               std::uint64_t draw);

/// 95 % interval of the curvature by parametric bootstrap: `draws` curves are drawn from the fit, fitted again with the
/// same noise model, and the quantiles of (c* - c)/se* turned round (the bootstrap-t interval; Efron and Tibshirani, An
/// Introduction to the Bootstrap, 1993, section 12.5, here with parametric samples). It corrects the bias that
/// fits to accumulated noise have on few pulses.
Estimate bootstrap_curvature(const CurveFit& fit, std::span<const double> pulse, int draws, std::uint64_t seed,
                             ThreadPool& threads);

}  // namespace ecram::analysis
