// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>

#include "ecram/core/estimate.h"

namespace ecram::fit {

struct TestResult {
  double statistic = 0;
  double p_value = 1;  ///< probability of a statistic at least as large if the hypothesis holds
};

/// Are the residuals uncorrelated? The portmanteau test of Ljung and Box, Biometrika 65, 297 (1978):
///
///     Q = n (n + 2) sum over k = 1 ... lags of rho_k^2 / (n - k),
///
/// which is chi-square with lags - fitted degrees of freedom for white residuals.
///
/// @param residuals  in order, of one variance; more than lags + 1 of them
/// @param fitted     how many parameters of the noise's correlation were fitted; fewer than lags
TestResult ljung_box(std::span<const double> residuals, std::size_t lags, std::size_t fitted = 0);

/// Correlation of the residuals with themselves `lag` places on.
double autocorrelation(std::span<const double> residuals, std::size_t lag);

/// Does the larger model explain more than chance? F test of nested least-squares fits.
///
/// @param chi2_small, chi2_large  sums of squares without and with the extra parameters; small >= large
/// @param extra                   number of extra parameters
/// @param freedom                 data minus parameters of the larger model, positive
TestResult f_test(double chi2_small, double chi2_large, std::size_t extra, std::size_t freedom);

/// Quantile of Student's t distribution: P(t <= quantile) = probability.
double student_t_quantile(double probability, double freedom);

/// A least-squares estimate with its 95 % interval by Student's t; bounds are NaN without degrees of freedom.
Estimate student_estimate(double value, double standard_error, double freedom);

/// One of several independent errors of a sum.
struct ErrorPart {
  double error = 0;    ///< standard error, in the sum's unit; parts of 0 do not count
  double freedom = 0;  ///< degrees of freedom that it was estimated with; infinite for a known one
};

/// The degrees of freedom with which Student's t is nearest to the distribution of a sum over its estimated error:
/// (sum of e^2)^2 / sum of e^4 / nu. Infinite without an error of finite ones.
///
/// Source: Satterthwaite, Biometrics Bulletin 2, 110 (1946), eq. 17; Welch, Biometrika 34, 28 (1947).
double freedom_of_sum(std::initializer_list<ErrorPart> parts);

}  // namespace ecram::fit
