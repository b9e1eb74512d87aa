// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/descent.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include <fmt/ranges.h>

#include "ecram/core/errors.h"

// Three instruction sets: what is in between gains nothing here and costs compile time. SVE's vectors, of a length not
// known at compile time, cannot stand in arrays.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ecram/crossbar/descent.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#ifndef ECRAM_DESCENT_STATE
#define ECRAM_DESCENT_STATE
namespace ecram::crossbar {

/// Weights with each input's row filled up to whole cache lines, and what one picture leaves in the layer.
struct PaddedLayer {
  std::size_t inputs, outputs, stride;
  AlignedFloats weights, biases;
  AlignedFloats output;  ///< activations; probabilities in the last layer
  AlignedFloats delta;   ///< derivative of the loss by what goes into the units
};

/// What a picture of a batch leaves until the batch is whole and the weights may change.
struct Waiting {
  std::span<const std::uint16_t> lit;
  AlignedFloats pixels;
  std::vector<AlignedFloats> outputs, deltas;  ///< of each layer
};

struct Descent::State {
  Activation activation;
  float rate;
  std::size_t batch;
  std::vector<PaddedLayer> layers;
  AlignedFloats pixels;                   ///< values of the lit pixels
  std::vector<std::uint16_t> every_unit;  ///< 0, 1, 2, ...: the rows of a layer that is not sparse
  std::vector<Waiting> waiting;           ///< of a batch of one picture, nothing ever is
};

}  // namespace ecram::crossbar
#endif

HWY_BEFORE_NAMESPACE();
namespace ecram::crossbar::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most a cache line, so that rows are whole numbers of vectors for every instruction set.
using Lanes = hn::CappedTag<float, AlignedFloats::per_line>;
using Vector = hn::Vec<Lanes>;
constexpr Lanes lanes;
constexpr std::size_t width = hn::MaxLanes(Lanes{});
// As many vectors as fit into registers beside those that pass through.
constexpr int block = width == AlignedFloats::per_line ? 16 : 8;

/// The rows of a layer's weights that take part, and the input at each.
struct Rows {
  const std::uint16_t* row;
  const float* value;
  std::size_t count;
};

template <int vectors>
HWY_INLINE void add_rows(const float* weights, std::size_t stride, Rows rows, float* sum) {
  Vector partial[vectors];
  for (int v = 0; v < vectors; ++v) partial[v] = hn::Load(lanes, sum + v * width);
  for (std::size_t r = 0; r < rows.count; ++r) {
    const float* row = weights + rows.row[r] * stride;
    const Vector value = hn::Set(lanes, rows.value[r]);
    for (int v = 0; v < vectors; ++v) partial[v] = hn::MulAdd(value, hn::Load(lanes, row + v * width), partial[v]);
  }
  for (int v = 0; v < vectors; ++v) hn::Store(partial[v], lanes, sum + v * width);
}

template <int vectors>
HWY_INLINE void add_outer_product(float* weights, std::size_t stride, Rows rows, float scale, const float* delta) {
  Vector d[vectors];
  for (int v = 0; v < vectors; ++v) d[v] = hn::Mul(hn::Set(lanes, scale), hn::Load(lanes, delta + v * width));
  for (std::size_t r = 0; r < rows.count; ++r) {
    float* row = weights + rows.row[r] * stride;
    const Vector value = hn::Set(lanes, rows.value[r]);
    for (int v = 0; v < vectors; ++v)
      hn::Store(hn::MulAdd(value, d[v], hn::Load(lanes, row + v * width)), lanes, row + v * width);
  }
}

/// Sums of the lanes of four vectors, added to sum[0 ... 3].
HWY_INLINE void add_lane_sums(Vector a, Vector b, Vector c, Vector d, float* sum) {
#if HWY_TARGET == HWY_SCALAR
  for (const Vector v : {a, b, c, d}) *sum++ += hn::GetLane(v);
#else
  const Vector ac = hn::Add(hn::InterleaveLower(lanes, a, c), hn::InterleaveUpper(lanes, a, c));
  const Vector bd = hn::Add(hn::InterleaveLower(lanes, b, d), hn::InterleaveUpper(lanes, b, d));
  // Each block of four lanes now holds its share of the four sums, in order.
  const Vector abcd = hn::Add(hn::InterleaveLower(lanes, ac, bd), hn::InterleaveUpper(lanes, ac, bd));
  HWY_ALIGN float lane[width];
  hn::Store(abcd, lanes, lane);
  const hn::CappedTag<float, 4> four;
  auto total = hn::Load(four, sum);
  for (std::size_t i = 0; i < width; i += 4) total = hn::Add(total, hn::Load(four, lane + i));
  hn::Store(total, four, sum);
#endif
}

/// product[i] += weights[i] . delta, and, if asked, weights[i] += scale * input[i] * delta afterwards, in one pass.
template <int vectors, bool update>
HWY_INLINE void multiply_and_update(float* weights, std::size_t stride, std::size_t padded_inputs, const float* input,
                                    float scale, const float* delta, float* product) {
  Vector d[vectors];
  for (int v = 0; v < vectors; ++v) d[v] = hn::Load(lanes, delta + v * width);
  for (std::size_t i = 0; i < padded_inputs; i += 4) {
    Vector sum[4];
    for (int k = 0; k < 4; ++k) {
      float* row = weights + (i + k) * stride;
      sum[k] = hn::Zero(lanes);
      const Vector step = hn::Set(lanes, scale * input[i + k]);
      for (int v = 0; v < vectors; ++v) {
        const Vector w = hn::Load(lanes, row + v * width);
        sum[k] = hn::MulAdd(w, d[v], sum[k]);
        if constexpr (update) hn::Store(hn::MulAdd(step, d[v], w), lanes, row + v * width);
      }
    }
    add_lane_sums(sum[0], sum[1], sum[2], sum[3], product + i);
  }
}

/// Calls work(number of vectors as a constant, first column) until all columns of a row are covered.
template <class Work>
HWY_INLINE void for_blocks(std::size_t stride, Work&& work) {
  std::size_t column = 0;
  const auto cover = [&]<int vectors>(std::integral_constant<int, vectors> size) HWY_ATTR {
    for (; column + vectors * width <= stride; column += vectors * width) work(size, column);
  };
  if constexpr (block == 16) cover(std::integral_constant<int, 16>{});
  cover(std::integral_constant<int, 8>{});
  cover(std::integral_constant<int, 4>{});
  cover(std::integral_constant<int, 2>{});
  cover(std::integral_constant<int, 1>{});
}

/// exp(x) to 2 units in the last place; x is held to -87 ... 88, where single precision can hold the result.
HWY_INLINE Vector exponential(Vector x) {
  const auto set = [](double number) HWY_ATTR { return hn::Set(lanes, static_cast<float>(number)); };
  x = hn::Min(hn::Max(x, set(-87)), set(88));
  // exp(x) = 2^n exp(r), |r| <= ln 2 / 2. ln 2 in two parts: n times the first is exact.
  const Vector n = hn::Round(hn::Mul(x, set(1.4426950408889634)));
  Vector r = hn::NegMulAdd(n, set(0.693145751953125), x);
  r = hn::NegMulAdd(n, set(1.42860682030941723212e-6), r);
  // Taylor to the seventh power: the next term is 5e-9 at most.
  Vector sum = set(1.0 / 5040);
  for (const double c : {1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0}) sum = hn::MulAdd(sum, r, set(c));
  const hn::RebindToSigned<Lanes> integers;
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(integers, n), hn::Set(integers, 127)));
  return hn::Mul(sum, hn::BitCast(lanes, exponent));
}

HWY_INLINE Vector activated(Activation activation, Vector z) {
  const Vector one = hn::Set(lanes, 1.0F);
  switch (activation) {
    case Activation::sigmoid:
      return hn::Div(one, hn::Add(one, exponential(hn::Neg(z))));
    case Activation::tanh:
      return hn::Sub(one, hn::Div(hn::Set(lanes, 2.0F), hn::Add(one, exponential(hn::Add(z, z)))));
    case Activation::relu:
      break;
  }
  return hn::Max(z, hn::Zero(lanes));
}

/// The activation's derivative, from its value.
HWY_INLINE Vector slope(Activation activation, Vector a) {
  const Vector one = hn::Set(lanes, 1.0F);
  switch (activation) {
    case Activation::sigmoid:
      return hn::Mul(a, hn::Sub(one, a));
    case Activation::tanh:
      return hn::NegMulAdd(a, a, one);
    case Activation::relu:
      break;
  }
  return hn::IfThenElse(hn::Gt(a, hn::Zero(lanes)), one, hn::Zero(lanes));
}

void forward(Descent::State& state, Rows rows) {
  for (std::size_t l = 0; l < state.layers.size(); ++l) {
    PaddedLayer& layer = state.layers[l];
    float* sum = layer.output.data();
    std::copy_n(layer.biases.data(), layer.stride, sum);
    const float* weights = layer.weights.data();
    for_blocks(layer.stride, [&](auto vectors, std::size_t column)
                                 HWY_ATTR { add_rows<vectors>(weights + column, layer.stride, rows, sum + column); });
    if (l + 1 == state.layers.size()) break;
    for (std::size_t i = 0; i < layer.stride; i += width)
      hn::Store(activated(state.activation, hn::Load(lanes, sum + i)), lanes, sum + i);
    std::fill(sum + layer.outputs, sum + layer.stride, 0.0F);  // what fills up the line is no unit
    rows = {state.every_unit.data(), sum, layer.outputs};
  }
}

/// Turns the last layer's sums into probabilities. @return -ln of that of `label`
float softmax(PaddedLayer& last, unsigned label) {
  float* z = last.output.data();
  const float largest = *std::max_element(z, z + last.outputs);
  const float at_label = z[label];
  for (std::size_t i = 0; i < last.stride; i += width)
    hn::Store(exponential(hn::Sub(hn::Load(lanes, z + i), hn::Set(lanes, largest))), lanes, z + i);
  const float total = std::accumulate(z, z + last.outputs, 0.0F);
  for (std::size_t i = 0; i < last.outputs; ++i) z[i] /= total;
  std::fill(z + last.outputs, z + last.stride, 0.0F);
  return std::log(total) + largest - at_label;
}

template <bool update>
void backward(Descent::State& state, unsigned label) {
  const float step = -state.rate;
  PaddedLayer& last = state.layers.back();
  std::copy_n(last.output.data(), last.stride, last.delta.data());
  last.delta.data()[label] -= 1;
  for (std::size_t l = state.layers.size() - 1; l > 0; --l) {
    PaddedLayer& layer = state.layers[l];
    PaddedLayer& below = state.layers[l - 1];
    float* product = below.delta.data();
    std::fill_n(product, below.stride, 0.0F);
    float* weights = layer.weights.data();
    const float* input = below.output.data();
    const float* delta = layer.delta.data();
    for_blocks(layer.stride, [&](auto vectors, std::size_t column) HWY_ATTR {
      multiply_and_update<vectors, update>(weights + column, layer.stride, below.stride, input, step, delta + column,
                                           product);
    });
    for (std::size_t i = 0; i < below.stride; i += width)
      hn::Store(hn::Mul(hn::Load(lanes, product + i), slope(state.activation, hn::Load(lanes, input + i))), lanes,
                product + i);
  }
}

void update_biases(PaddedLayer& layer, float step, const float* delta) {
  float* biases = layer.biases.data();
  for (std::size_t i = 0; i < layer.stride; i += width)
    hn::Store(hn::MulAdd(hn::Set(lanes, step), hn::Load(lanes, delta + i), hn::Load(lanes, biases + i)), lanes,
              biases + i);
}

void update_weights(PaddedLayer& layer, Rows rows, float step, const float* delta) {
  float* weights = layer.weights.data();
  for_blocks(layer.stride, [&](auto vectors, std::size_t column) HWY_ATTR {
    add_outer_product<vectors>(weights + column, layer.stride, rows, step, delta + column);
  });
}

Rows lit_rows(Descent::State& state, const LitPixels& images, std::size_t image) {
  const auto where = images.where(image);
  const auto grey = images.grey(image);
  float* value = state.pixels.data();
  for (std::size_t i = 0; i < grey.size(); ++i) value[i] = static_cast<float>(grey[i]) * (1.0F / 255);
  return {where.data(), value, where.size()};
}

void finish_batch(Descent::State& state) {
  const float step = -state.rate / static_cast<float>(state.waiting.size());
  for (const Waiting& picture : state.waiting) {
    Rows rows{picture.lit.data(), picture.pixels.data(), picture.lit.size()};
    for (std::size_t l = 0; l < state.layers.size(); ++l) {
      PaddedLayer& layer = state.layers[l];
      update_weights(layer, rows, step, picture.deltas[l].data());
      update_biases(layer, step, picture.deltas[l].data());
      rows = {state.every_unit.data(), picture.outputs[l].data(), layer.outputs};
    }
  }
  state.waiting.clear();
}

Pass learn(Descent::State& state, const LitPixels& images, std::span<const std::uint32_t> which) {
  Pass pass;
  PaddedLayer& last = state.layers.back();
  for (std::size_t i = 0; i < which.size(); ++i) {
    const Rows rows = lit_rows(state, images, which[i]);
    const unsigned label = images.label(which[i]);
    forward(state, rows);
    const float* z = last.output.data();
    if (static_cast<std::size_t>(std::max_element(z, z + last.outputs) - z) == label) ++pass.correct;
    const float loss = softmax(last, label);
    if (!std::isfinite(loss)) {
      pass.not_finite = i;
      return pass;
    }
    pass.loss += static_cast<double>(loss);
    if (state.batch == 1) {
      backward<true>(state, label);
      for (PaddedLayer& layer : state.layers) update_biases(layer, -state.rate, layer.delta.data());
      update_weights(state.layers.front(), rows, -state.rate, state.layers.front().delta.data());
    } else {
      backward<false>(state, label);
      Waiting& waiting = state.waiting.emplace_back(Waiting{images.where(which[i]), state.pixels, {}, {}});
      for (const PaddedLayer& layer : state.layers) {
        waiting.outputs.push_back(layer.output);
        waiting.deltas.push_back(layer.delta);
      }
      if (state.waiting.size() == state.batch) finish_batch(state);
    }
  }
  return pass;
}

void classify(Descent::State& state, const LitPixels& images, std::uint8_t* labels) {
  const PaddedLayer& last = state.layers.back();
  for (std::size_t i = 0; i < images.count(); ++i) {
    forward(state, lit_rows(state, images, i));
    const float* z = last.output.data();
    labels[i] = static_cast<std::uint8_t>(std::max_element(z, z + last.outputs) - z);
  }
}

void exponentials(float* x, std::size_t padded) {
  for (std::size_t i = 0; i < padded; i += width) hn::Store(exponential(hn::Load(lanes, x + i)), lanes, x + i);
}

}  // namespace ecram::crossbar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecram::crossbar {

HWY_EXPORT(learn);
HWY_EXPORT(finish_batch);
HWY_EXPORT(classify);
HWY_EXPORT(exponentials);

Descent::Descent(const Network& network, float rate, std::size_t batch) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.activation = network.activation;
  state.rate = rate;
  state.batch = batch;
  state.pixels = AlignedFloats(network.layers.front().inputs);
  std::size_t most = 0;
  for (const Layer& layer : network.layers) {
    const std::size_t stride = AlignedFloats(layer.outputs).size();
    const std::size_t padded_inputs = AlignedFloats(layer.inputs).size();
    PaddedLayer padded{layer.inputs,
                       layer.outputs,
                       stride,
                       AlignedFloats(padded_inputs * stride),
                       AlignedFloats(stride),
                       AlignedFloats(stride),
                       AlignedFloats(stride)};
    for (std::size_t i = 0; i < layer.inputs; ++i)
      std::copy_n(layer.weights.data() + i * layer.outputs, layer.outputs, padded.weights.data() + i * stride);
    std::ranges::copy(layer.biases, padded.biases.data());
    state.layers.push_back(std::move(padded));
    most = std::max(most, layer.outputs);
  }
  state.every_unit.resize(most);
  std::iota(state.every_unit.begin(), state.every_unit.end(), std::uint16_t{0});
}

Descent::Descent(Descent&&) noexcept = default;
Descent& Descent::operator=(Descent&&) noexcept = default;
Descent::~Descent() = default;

Pass Descent::learn(const LitPixels& images, std::span<const std::uint32_t> which) {
  return HWY_DYNAMIC_DISPATCH(learn)(*state_, images, which);
}

void Descent::finish_batch() { HWY_DYNAMIC_DISPATCH(finish_batch)(*state_); }

std::vector<std::uint8_t> Descent::classify(const LitPixels& images) {
  std::vector<std::uint8_t> labels(images.count());
  HWY_DYNAMIC_DISPATCH(classify)(*state_, images, labels.data());
  return labels;
}

Network Descent::network() const {
  Network network{state_->activation, {}};
  for (const PaddedLayer& padded : state_->layers) {
    Layer layer{padded.inputs, padded.outputs, {}, {}};
    for (std::size_t i = 0; i < padded.inputs; ++i) {
      const float* row = padded.weights.data() + i * padded.stride;
      layer.weights.insert(layer.weights.end(), row, row + padded.outputs);
    }
    layer.biases.assign(padded.biases.data(), padded.biases.data() + padded.outputs);
    network.layers.push_back(std::move(layer));
  }
  return network;
}

std::vector<float> exponential(std::span<const float> x) {
  AlignedFloats padded(x.size());
  std::ranges::copy(x, padded.data());
  HWY_DYNAMIC_DISPATCH(exponentials)(padded.data(), padded.size());
  return {padded.data(), padded.data() + x.size()};
}

namespace {

/// The targets that both the machine and the program have, the best first.
std::vector<std::int64_t> usable_targets() {
  std::vector<std::int64_t> targets;
  for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
    targets.push_back(rest & -rest);
  return targets;
}

std::string name_of(std::int64_t target) {
  if (target == HWY_STATIC_TARGET) return "baseline";
  const std::string_view name = hwy::TargetName(target);
  return name == "AVX3" ? "AVX-512" : std::string(name);
}

}  // namespace

std::string simd_target() { return name_of(usable_targets().front()); }

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : usable_targets()) names.push_back(name_of(target));
  return names;
}

void use_simd_target(const std::string& name) {
  hwy::SetSupportedTargetsForTest(0);  // all of them again
  if (!name.empty()) {
    const auto targets = usable_targets();
    const auto chosen = std::ranges::find(targets, name, name_of);
    if (chosen == targets.end())
      throw InvalidInput("no SIMD target '{}' here, there is {}", name, fmt::join(simd_targets(), ", "));
    hwy::SetSupportedTargetsForTest(*chosen);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace ecram::crossbar
#endif
