// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ecram::fit {

/// Akaike's information criterion with the correction for small samples,
///
///     AICc = D + 2 k + 2 k (k + 1) / (n - k - 1),
///
/// with D = -2 ln(likelihood) at its maximum. Only differences between models of the same data mean anything.
///
/// @param deviance    D
/// @param parameters  k, every fitted number counted, variances too
/// @param data        n; infinity is returned for n <= k + 1
/// Source: Hurvich and Tsai, Biometrika 76, 297 (1989).
double aicc(double deviance, std::size_t parameters, std::size_t data);

/// Each model's share of the evidence, exp(-AICc/2) normalised to one.
std::vector<double> akaike_weights(std::span<const double> criterion);

}  // namespace ecram::fit
