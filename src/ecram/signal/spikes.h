// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace ecram::signal {

/// Median of each value and its `reach` neighbours on either side (of as many as there are, at the ends).
std::vector<double> running_median(std::span<const double> values, int reach);

/// The value in the middle; the upper of two. @pre not empty
double median(std::vector<double> values);

/// Which values stand more than `limit` scales from the running median over `2 reach + 1` values: 1 for a spike.
/// The scale is 1.4826 times the median distance from it, so that up to half of the values can be wrong. Bursts
/// longer than `reach` values are not spikes.
///
/// Source: Hampel's filter; Pearson, EURASIP J. Adv. Signal Process. 2016, 87.
std::vector<char> spikes(std::span<const double> values, int reach, double limit);

/// 1.4826 times the median absolute value: the standard deviation, for normal values with mean 0.
double robust_scale(std::vector<double> values);

}  // namespace ecram::signal
