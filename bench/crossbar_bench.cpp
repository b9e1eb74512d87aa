// SPDX-License-Identifier: Apache-2.0
// The paper's network trained on one core: every instruction set of the machine, and OpenBLAS beside them. With it the
// bytes of weights that an update moves and what the machine's second-level cache can move.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "ecram/core/random.h"
#include "ecram/crossbar/descent.h"
#include "ecram/crossbar/mnist.h"
#ifdef ECRAM_HAS_OPENBLAS
#include "openblas_network.h"
#endif

namespace {

using namespace ecram;
using crossbar::Network;

const std::vector<std::size_t> paper_units{784, 256, 128, 10};
constexpr float rate = 0.01F;
constexpr std::size_t pictures = 10000;  // a benchmark's iteration

const crossbar::Digits& digits() {
  static const crossbar::Digits read = crossbar::find_digits("");
  return read;
}

const crossbar::LitPixels& lit_pixels() {
  static const crossbar::LitPixels lit(digits().training);
  return lit;
}

std::vector<std::uint32_t> some_pictures() {
  std::vector<std::uint32_t> which(digits().training.count());
  std::iota(which.begin(), which.end(), 0U);
  RandomStream random(1, "order of pictures");
  for (std::size_t i = which.size(); i > 1; --i)
    std::swap(which[i - 1], which[random.below(static_cast<std::uint32_t>(i))]);
  which.resize(pictures);
  return which;
}

Network start() { return crossbar::untrained_network(paper_units, crossbar::Activation::sigmoid, 1, 0); }

/// Bytes of weights read and written for one picture: the first layer's lit rows are read twice (forward, update) and
/// written once, so are all rows of the others, where the backward product shares the update's pass.
double weight_bytes_per_picture() {
  double lit = 0;
  for (std::size_t i = 0; i < lit_pixels().count(); ++i) lit += static_cast<double>(lit_pixels().where(i).size());
  lit /= static_cast<double>(lit_pixels().count());
  double numbers = lit * static_cast<double>(paper_units[1]);
  for (std::size_t l = 1; l + 1 < paper_units.size(); ++l) {
    const std::size_t row = (paper_units[l + 1] + 15) / 16 * 16;
    numbers += static_cast<double>(paper_units[l] * row);
  }
  return 3 * numbers * sizeof(float);
}

void report(benchmark::State& state, double bytes_per_picture) {
  const auto all = static_cast<double>(state.iterations() * pictures);
  state.counters["us_per_sample"] =
      benchmark::Counter(all / 1e6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  if (bytes_per_picture > 0) {
    state.counters["kB_per_sample"] = bytes_per_picture / 1e3;
    state.counters["GB/s"] = benchmark::Counter(all * bytes_per_picture / 1e9, benchmark::Counter::kIsRate);
  }
  state.SetLabel(digits().name);
}

void train(benchmark::State& state, const std::string& target) {
  if (std::ranges::count(crossbar::simd_targets(), target) == 0) return state.SkipWithError("not on this machine");
  crossbar::use_simd_target(target);
  const auto which = some_pictures();
  crossbar::Descent descent(start(), rate, 1);
  while (state.KeepRunning()) benchmark::DoNotOptimize(descent.learn(lit_pixels(), which));
  crossbar::use_simd_target("");
  report(state, weight_bytes_per_picture());
}

void classify(benchmark::State& state) {
  crossbar::Descent descent(start(), rate, 1);
  const crossbar::LitPixels test(digits().test);
  while (state.KeepRunning()) benchmark::DoNotOptimize(descent.classify(test));
  state.counters["us_per_picture"] = benchmark::Counter(static_cast<double>(state.iterations() * test.count()) / 1e6,
                                                        benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// y += x, both together so many kB: two numbers read and one written, as an update does.
void bandwidth(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0)) * 1024 / (2 * sizeof(float));
  std::vector<float> x(count, 1.0F), y(count, 1.0F);
  while (state.KeepRunning()) {
    for (std::size_t i = 0; i < count; ++i) y[i] += x[i];
    benchmark::ClobberMemory();
  }
  state.counters["GB/s"] = benchmark::Counter(static_cast<double>(state.iterations() * count * 3 * sizeof(float)) / 1e9,
                                              benchmark::Counter::kIsRate);
}

#ifdef ECRAM_HAS_OPENBLAS
void openblas(benchmark::State& state) {
  const auto which = some_pictures();
  bench::OpenBlasNetwork network(start(), rate);
  while (state.KeepRunning()) benchmark::DoNotOptimize(network.learn(digits().training, which));
  report(state, 0);
}

/// Both must have learned the same, or the comparison means nothing.
bool same_loss() {
  const auto which = some_pictures();
  const double ours = crossbar::Descent(start(), rate, 1).learn(lit_pixels(), which).loss;
  const double theirs = bench::OpenBlasNetwork(start(), rate).learn(digits().training, which);
  fmt::print("mean loss over the first {} pictures: {:.6f}, with OpenBLAS {:.6f}\n", which.size(),
             ours / static_cast<double>(which.size()), theirs / static_cast<double>(which.size()));
  return std::abs(ours - theirs) < 1e-3 * ours;
}
#endif

BENCHMARK_CAPTURE(train, avx512, "AVX-512")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(train, avx2, "AVX2")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(train, baseline, "baseline")->Unit(benchmark::kMillisecond);
#ifdef ECRAM_HAS_OPENBLAS
BENCHMARK(openblas)->Unit(benchmark::kMillisecond);
#endif
BENCHMARK(classify)->Unit(benchmark::kMillisecond);
BENCHMARK(bandwidth)->Arg(16)->Arg(800)->Arg(65536);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
#ifdef ECRAM_HAS_OPENBLAS
  if (!same_loss()) {
    fmt::print(stderr, "crossbar_bench: the two networks do not learn the same\n");
    return 3;
  }
#else
  fmt::print("built without OpenBLAS: nothing to compare with\n");
#endif
  benchmark::RunSpecifiedBenchmarks();
}
