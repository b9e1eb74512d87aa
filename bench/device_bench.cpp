// SPDX-License-Identifier: Apache-2.0
// Pulses on arrays of compact devices on one core, beside the same in plain C++.
#include <cmath>
#include <cstddef>
#include <vector>

#include <benchmark/benchmark.h>

#include "ecram/device/full_model.h"
#include "ecram/device/pulse_kernel.h"

namespace {

using namespace ecram::device;

// A device that 300 pulses of half a second carry across its window, slowing down on the way.
TransferField field() {
  TransferField f;
  for (int i = 0; i <= 128; ++i) {
    const float v = 0.0067F * std::exp(-0.5F * static_cast<float>(i) / 128);
    f.velocity.push_back(v);
    f.activity.push_back(v);
  }
  return f;
}

using Kernel = void (*)(std::span<float>, std::span<const float>, const TransferField&, std::size_t, std::size_t,
                        const CountingNoise&, double);

// Bytes: state and time in, state out. Operations: floating-point and integer ones of a device-pulse, counted in the
// source: a quarter of Philox (10 rounds of 2 wide products, 4 xor) and of two Box-Muller pairs, and the step.
constexpr double bytes_of_pass = 12, operations_of_pulse = 10 * 8 / 4.0 + 2 * 52 / 4.0 + 26;

void pulses(benchmark::State& state, Kernel kernel, bool noise) {
  const auto devices = static_cast<std::size_t>(state.range(0)), each = static_cast<std::size_t>(state.range(1));
  std::vector<float> content(devices, 0.1F), time(devices, 0.5F);
  const TransferField f = field();
  CountingNoise chance;
  chance.ions = noise ? 3e6 : 0;
  const std::size_t parts = parts_of_pulse(f, 0.5);
  while (state.KeepRunning()) {
    kernel(content, time, f, parts, each, chance, 1);
    chance.first_pulse += each;
    benchmark::ClobberMemory();
  }
  const double all = static_cast<double>(state.iterations()) * static_cast<double>(devices * each);
  state.counters["pulses/s"] = benchmark::Counter(all, benchmark::Counter::kIsRate);
  state.counters["GB/s"] =
      benchmark::Counter(all / static_cast<double>(each) * bytes_of_pass / 1e9, benchmark::Counter::kIsRate);
  if (noise) state.counters["Gop/s"] = benchmark::Counter(all * operations_of_pulse / 1e9, benchmark::Counter::kIsRate);
  state.SetLabel(pulse_kernel_target());
}

/// The full model: a pulse up and its rest, a pulse down and its rest, integrated. 20,000 take 20,000 times the time
/// shown for one.
void full(benchmark::State& state) {
  FullModel model({}, shipped_device("fig3b"));
  model.hold(0, 1, 300);
  const long before = model.effort().evaluations;
  while (state.KeepRunning())
    for (const double volts : {1.5, -0.8}) {
      model.hold(volts, 0.5, 300);
      model.hold(0, 0.5, 300);
    }
  const auto pulses = static_cast<double>(2 * state.iterations());
  state.counters["s/20000 pulses"] =
      benchmark::Counter(pulses / 20000, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["evaluations/pulse"] = static_cast<double>(model.effort().evaluations - before) / pulses;
}

void add(benchmark::State& state) {
  std::vector<float> x(static_cast<std::size_t>(state.range(0)), 1.0F), y(x.size(), 1.0F);
  while (state.KeepRunning()) {
    for (std::size_t i = 0; i < x.size(); ++i) y[i] += x[i];
    benchmark::ClobberMemory();
  }
  state.counters["GB/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(x.size()) * 12 / 1e9, benchmark::Counter::kIsRate);
}

}  // namespace

int main(int argc, char** argv) {
  using benchmark::RegisterBenchmark;
  // A train for all, and one pulse at a time for an array that does not fit into the caches.
  RegisterBenchmark("compact/train/noise", [](auto& s) { pulses(s, give_pulses, true); })->Args({4096, 100});
  RegisterBenchmark("compact/train/quiet", [](auto& s) { pulses(s, give_pulses, false); })->Args({4096, 100});
  RegisterBenchmark("compact/single/noise", [](auto& s) { pulses(s, give_pulses, true); })->Args({10'000'000, 1});
  RegisterBenchmark("plain/train/noise", [](auto& s) { pulses(s, give_pulses_plainly, true); })->Args({4096, 100});
  RegisterBenchmark("plain/train/quiet", [](auto& s) { pulses(s, give_pulses_plainly, false); })->Args({4096, 100});
  RegisterBenchmark("full", full)->Unit(benchmark::kMillisecond);
  RegisterBenchmark("memory/y+=x", add)->Arg(10'000'000);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
