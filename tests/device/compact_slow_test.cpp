// SPDX-License-Identifier: Apache-2.0
// The compact model against the full one: what the reduction keeps.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ecram/core/random.h"
#include "ecram/core/thread_pool.h"
#include "ecram/device/run.h"

namespace ecram::device {
namespace {

/// Pulses up, pulses down and a rest, of random shape: amplitudes that move the device and widths from 20 us to 2 s,
/// each with a pulse's rest of 1 to 100 ms, at 240 to 320 K.
Protocol random_protocol(std::uint64_t index) {
  RandomStream random(2024, "protocols", index);
  const auto between = [&](double low, double high) { return low + (high - low) * random.uniform(); };
  Protocol p;
  p.source = "random";
  p.noise = false;
  p.temperature = between(240, 320);
  const auto train = [&](double sign) {
    PulseTrainStep s;
    s.width = std::exp(between(std::log(20e-6), std::log(2.0)));
    // The shorter the pulse, the more it takes to move anything.
    const double most = 2.0 + 0.25 * std::log(2.0 / s.width);
    s.voltage = sign * between(0.5 * most, most);
    s.rest = std::exp(between(std::log(1e-3), std::log(0.1)));
    s.count = 10 + random.below(30);
    return ProtocolStep{s, 1, ""};
  };
  p.steps = {train(1), train(-1), ProtocolStep{RetentionStep{between(1, 1000), 0.5, 3, 0}, 1, ""}, train(1), train(-1)};
  // In every second pair of protocols the later trains are the first ones again, but for how many pulses they have.
  if (index % 4 >= 2)
    for (const std::size_t again : {3U, 4U}) {
      auto& later = std::get<PulseTrainStep>(p.steps[again].what);
      const std::size_t count = later.count;
      later = std::get<PulseTrainStep>(p.steps[again - 3].what);
      later.count = count;
    }
  return p;
}

TEST(CompactAgainstFull, SamePulseResponseOverRandomProtocols) {
  ThreadPool threads(0);
  double worst = 0;
  int moved = 0, overfilled = 0;
  for (std::uint64_t i = 0; moved < 40 && i < 60; ++i) {
    const Protocol protocol = random_protocol(i);
    RunOptions options;
    options.device = shipped_device(i % 2 == 0 ? "fig3b" : "fig4");
    const RunResult full = run_full(protocol, options), compact = run_compact(protocol, options, threads);
    ASSERT_EQ(full.readings.size(), compact.readings.size());
    double low = INFINITY, high = 0, off = 0;
    for (std::size_t k = 0; k < full.readings.size(); ++k) {
      low = std::min(low, full.readings[k].conductance);
      high = std::max(high, full.readings[k].conductance);
      off = std::max(off, std::abs(compact.readings[k].conductance - full.readings[k].conductance));
    }
    // More vacancies than the channel has sites for are another phase (docs/device.md): the tables end before.
    const double sites = options.constants.channel_site_density * options.device.channel_thickness;
    if (compact.content_high > 0.95 * sites) {
      ++overfilled;
      continue;
    }
    // A protocol that moves the device by less than a reading could tell has no window to speak of.
    if (high < 1.005 * low) continue;
    ++moved;
    worst = std::max(worst, off / (high - low));
    EXPECT_LT(off, 0.03 * (high - low)) << "protocol " << i << ", window " << low << " to " << high;
  }
  RecordProperty("worst_over_window", fmt::format("{}", worst));
  fmt::print("worst {:.3g} % of the window, {} protocols, {} more fill the channel\n", 100 * worst, moved, overfilled);
  EXPECT_EQ(moved, 40);
}

}  // namespace
}  // namespace ecram::device
