// SPDX-License-Identifier: Apache-2.0
// Hall records and conduction laws, and after them bench/peers/hall_peer.py, which times the same methods with NumPy
// and SciPy: the ratios stand below the table.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
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
  s.white_noise = s.longitudinal_noise = 1e-5;
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

/// 1e6 readings at eighty a period: the record with the most periods for its length.
void million_readings_of_12500_periods(benchmark::State& state) {
  auto s = scene(1e-3);
  s.duration = 1000;
  s.rotation_frequency = s.flicker_corner = 12.5;
  const auto record = synthetic::hall_record(s);
  analysis::HallOptions options;
  options.expected_frequency = s.rotation_frequency;
  for (auto _ : state) benchmark::DoNotOptimize(analysis::analyse_hall(record, s.bar, options));
}
BENCHMARK(million_readings_of_12500_periods)->Unit(benchmark::kMillisecond);

/// The usual table, with the processor seconds of each benchmark kept.
class Reporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration && !run.error_occurred)
        seconds[run.run_name.function_name] = run.cpu_accumulated_time / double(run.iterations);
    ConsoleReporter::ReportRuns(runs);
  }
  std::map<std::string, double> seconds;
};

/// Runs the peer and prints how many times as long it takes. ECRAM_PYTHON names the interpreter; without it the
/// system's own is tried where the first on the path has no NumPy.
void compare_with_peer(const std::map<std::string, double>& seconds) {
  const char* chosen = std::getenv("ECRAM_PYTHON");
  const std::string script = ECRAM_HALL_PEER;
  const std::string command =
      chosen != nullptr ? chosen + (" " + script) : "python3 " + script + " 2>/dev/null || /usr/bin/python3 " + script;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return;
  char name[128];
  double peer = 0;
  int lines = 0;
  while (std::fscanf(pipe, "%127s %lf", name, &peer) == 2) {
    ++lines;
    if (const auto own = seconds.find(name); own != seconds.end())
      std::printf("%-36s ecram %8.4f s   NumPy/SciPy %8.4f s   ratio %6.1f\n", name, own->second, peer,
                  peer / own->second);
  }
  if (pclose(pipe) != 0 || lines == 0)
    std::printf("no comparison: '%s' failed (NumPy and SciPy are needed; ECRAM_PYTHON names an interpreter)\n",
                command.c_str());
}

}  // namespace
}  // namespace ecram

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  ecram::Reporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  ecram::compare_with_peer(reporter.seconds);
}
