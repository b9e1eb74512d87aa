// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/switching/mean_curve.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace ecram::analysis {
namespace {

bool changes(const PulseTrain& train) {
  const auto [low, high] = std::ranges::minmax(train.conductance);
  return low < high;
}

}  // namespace

MeanCurve mean_curve(const PulseRecord& record, Direction direction) {
  // Runs are alike if they have as many readings and the same pulse numbers.
  std::map<std::pair<std::size_t, std::vector<double>>, std::vector<const PulseTrain*>> groups;
  MeanCurve mean;
  std::size_t total = 0;
  const bool all_dead = std::ranges::none_of(
      record.trains, [&](const PulseTrain& train) { return train.direction == direction && changes(train); });
  for (const PulseTrain& train : record.trains)
    if (train.direction == direction) {
      if (!all_dead && !changes(train)) {
        if (mean.dead++ == 0) mean.first_dead_line = train.first_line;
        continue;
      }
      groups[{train.conductance.size(), train.pulse}].push_back(&train);
      ++total;
    }
  if (total == 0) return mean;
  const auto largest = std::ranges::max_element(
      groups, {}, [](const auto& group) { return std::pair(group.second.size(), group.first.first); });
  mean.runs = largest->second;
  mean.left_out = total - mean.runs.size();
  mean.pulse = largest->first.second;
  const std::size_t n = largest->first.first;
  if (mean.pulse.empty()) {
    mean.pulse.resize(n);
    std::iota(mean.pulse.begin(), mean.pulse.end(), 0.0);
  }
  mean.conductance.assign(n, 0);
  for (const PulseTrain* run : mean.runs)
    for (std::size_t i = 0; i < n; ++i) mean.conductance[i] += run->conductance[i];
  if (mean.runs.size() > 1)
    for (double& g : mean.conductance) g /= static_cast<double>(mean.runs.size());
  return mean;
}

void thin(std::vector<double>& pulse, std::vector<double>& conductance, std::size_t most) {
  const std::size_t n = pulse.size();
  if (n <= most) return;
  const std::size_t stride = (n - 1 + most - 2) / (most - 1);
  std::size_t kept = 0;
  for (std::size_t i = (n - 1) % stride; i < n; i += stride) {
    // The first point begins the law, so it is kept too: it stands in for the first of the strided ones.
    const std::size_t from = kept == 0 ? 0 : i;
    pulse[kept] = pulse[from];
    conductance[kept] = conductance[from];
    ++kept;
  }
  pulse.resize(kept);
  conductance.resize(kept);
}

}  // namespace ecram::analysis
