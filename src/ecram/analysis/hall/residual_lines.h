// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

namespace ecram::analysis {

/// Cosine and sine of a frequency (Hz), a row a time (s).
Eigen::MatrixXd sine_columns(std::span<const double> time, double frequency);

/// Frequencies (Hz) of up to three lines that stand out of a residual's spectrum by more than thirty times its median
/// nearby: mains hum folded down by the sampling, a pump, a compressor. White noise of a thousand values has such a
/// peak once in a million records. Not looked for at the rotation and its first harmonics, where the model has columns
/// of its own, nor below two periods in the record, where the drift is.
std::vector<double> residual_lines(std::span<const double> time, std::span<const double> residual, double rotation);

}  // namespace ecram::analysis
