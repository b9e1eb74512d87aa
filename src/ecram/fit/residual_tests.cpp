// SPDX-License-Identifier: Apache-2.0
#include "ecram/fit/residual_tests.h"

#include <limits>
#include <numeric>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace ecram::fit {
namespace bm = boost::math;

double autocorrelation(std::span<const double> residuals, std::size_t lag) {
  const std::size_t n = residuals.size();
  const double mean = std::accumulate(residuals.begin(), residuals.end(), 0.0) / static_cast<double>(n);
  double product = 0, square = 0;
  for (std::size_t i = 0; i < n; ++i) {
    square += (residuals[i] - mean) * (residuals[i] - mean);
    if (i + lag < n) product += (residuals[i] - mean) * (residuals[i + lag] - mean);
  }
  return square > 0 ? product / square : 0;
}

TestResult ljung_box(std::span<const double> residuals, std::size_t lags, std::size_t fitted) {
  const auto n = static_cast<double>(residuals.size());
  double q = 0;
  for (std::size_t k = 1; k <= lags; ++k) {
    const double rho = autocorrelation(residuals, k);
    q += rho * rho / (n - static_cast<double>(k));
  }
  q *= n * (n + 2);
  return {q, bm::cdf(bm::complement(bm::chi_squared(static_cast<double>(lags - fitted)), q))};
}

TestResult f_test(double chi2_small, double chi2_large, std::size_t extra, std::size_t freedom) {
  const auto k = static_cast<double>(extra), nu = static_cast<double>(freedom);
  if (!(chi2_large > 0) || chi2_small <= chi2_large) return {};
  const double f = (chi2_small - chi2_large) / k / (chi2_large / nu);
  return {f, bm::cdf(bm::complement(bm::fisher_f(k, nu), f))};
}

double student_t_quantile(double probability, double freedom) {
  return bm::quantile(bm::students_t(freedom), probability);
}

Estimate student_estimate(double value, double standard_error, double freedom) {
  const double t = freedom > 0 ? student_t_quantile(0.975, freedom) : std::numeric_limits<double>::quiet_NaN();
  return {value, standard_error, value - t * standard_error, value + t * standard_error};
}

double freedom_of_sum(std::initializer_list<ErrorPart> parts) {
  double square = 0, fourth = 0;
  for (const ErrorPart& part : parts) {
    const double e2 = part.error * part.error;
    square += e2;
    if (e2 > 0) fourth += e2 * e2 / part.freedom;
  }
  return fourth > 0 ? square * square / fourth : std::numeric_limits<double>::infinity();
}

}  // namespace ecram::fit
