// SPDX-License-Identifier: Apache-2.0
// Hall records and conduction laws; bench/peers/hall_peer.py times the same methods with NumPy and SciPy.
#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

#include "ecram/analysis/hall/ac_hall.h"
#include "ecram/analysis/transport/transport.h"
#include "ecram/synthetic/hall_record.h"

namespace ecram {
namespace {

synthetic::HallScene scene(double interval) {
  synthetic::HallScene s;
  s.misalignment = 1e-6;
  s.drift = {0.5};
  s.white_noise = 1e-5;
  s.flicker_corner = s.rotation_frequency;
  s.interval = interval;
  return s;
}

void million_readings(benchmark::State& state) {
  const auto s = scene(1200e-6);
  const auto record = synthetic::hall_record(s);
  for (auto _ : state) benchmark::DoNotOptimize(analysis::analyse_hall(record, s.bar));
}
BENCHMARK(million_readings)->Unit(benchmark::kMillisecond);

void sweep_of_26_records(benchmark::State& state) {
  auto s = scene(0.5);
  std::vector<analysis::HallRecord> records;
  for (; s.index < 26; ++s.index) records.push_back(synthetic::hall_record(s));
  for (auto _ : state)
    for (const auto& record : records) benchmark::DoNotOptimize(analysis::analyse_hall(record, s.bar));
}
BENCHMARK(sweep_of_26_records)->Unit(benchmark::kMillisecond);

void ten_thousand_bootstrap_fits(benchmark::State& state) {
  analysis::TemperatureSeries rho;
  RandomStream random(1, "readings");
  for (double t = 50; t <= 300; t += 10) {
    rho.temperature.push_back(t);
    rho.value.push_back(
        std::exp(physics::log_resistivity(physics::ConductionLaw::mott_3d, 3.083e7, t) + 0.01 * random.normal()));
    rho.error.push_back(0);
  }
  for (auto _ : state) benchmark::DoNotOptimize(analysis::fit_law(physics::ConductionLaw::mott_3d, rho, 10000));
}
BENCHMARK(ten_thousand_bootstrap_fits)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ecram

BENCHMARK_MAIN();
