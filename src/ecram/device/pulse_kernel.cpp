// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/pulse_kernel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <Random123/philox.h>

#include "ecram/core/errors.h"
#include "ecram/core/random.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ecram/device/pulse_kernel.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#ifndef ECRAM_PULSE_KERNEL_JOB
#define ECRAM_PULSE_KERNEL_JOB
namespace ecram::device {

constexpr std::size_t group_of_devices = 64, streams_of_group = group_of_devices / 4;

/// All that a call of the kernel needs, as plain numbers.
struct PulseJob {
  float* content;
  const float* effective_time;
  std::size_t devices;
  const float* velocity;
  const float* activity;
  std::size_t cells;
  bool driven;  ///< activity is |velocity| everywhere: no need to look it up
  std::size_t parts, pulses;
  float per_ion;  ///< 1/ions; 0: no noise
  double time_scale;
  std::uint32_t key[2];
  std::uint32_t purpose;
  std::uint64_t first_device, first_pulse;
};

}  // namespace ecram::device
#endif

HWY_BEFORE_NAMESPACE();
namespace ecram::device::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;
using Words = hn::RebindToUnsigned<Floats>;
using Integers = hn::RebindToSigned<Floats>;
using Vector = hn::Vec<Floats>;
using Word = hn::Vec<Words>;
constexpr Floats floats;
constexpr Words words;
constexpr Integers integers;
constexpr std::size_t width = hn::MaxLanes(Floats{});

HWY_INLINE Vector number(double x) { return hn::Set(floats, static_cast<float>(x)); }

/// High and low halves of the 64-bit products of 32-bit lanes.
HWY_INLINE void multiply_wide(Word a, Word b, Word& high, Word& low) {
#if HWY_TARGET == HWY_SCALAR
  const std::uint64_t product = std::uint64_t{hn::GetLane(a)} * hn::GetLane(b);
  high = hn::Set(words, static_cast<std::uint32_t>(product >> 32));
  low = hn::Set(words, static_cast<std::uint32_t>(product));
#else
  const hn::RepartitionToWide<Words> wide;
  const auto even = hn::BitCast(words, hn::MulEven(a, b));
  const auto odd = hn::BitCast(words, hn::MulEven(hn::BitCast(words, hn::ShiftRight<32>(hn::BitCast(wide, a))),
                                                  hn::BitCast(words, hn::ShiftRight<32>(hn::BitCast(wide, b)))));
  low = hn::OddEven(hn::BitCast(words, hn::ShiftLeft<32>(hn::BitCast(wide, odd))), even);
  high = hn::OddEven(odd, hn::BitCast(words, hn::ShiftRight<32>(hn::BitCast(wide, even))));
#endif
}

/// Philox4x32-10 (Salmon et al., SC'11) on one counter a lane, in place.
HWY_INLINE void philox(Word counter[4], std::uint32_t key0, std::uint32_t key1) {
  const Word multiplier0 = hn::Set(words, 0xD2511F53U), multiplier1 = hn::Set(words, 0xCD9E8D57U);
  for (int round = 0; round < 10; ++round) {
    Word high0, low0, high1, low1;
    multiply_wide(counter[0], multiplier0, high0, low0);
    multiply_wide(counter[2], multiplier1, high1, low1);
    counter[0] = hn::Xor(hn::Xor(high1, counter[1]), hn::Set(words, key0));
    counter[2] = hn::Xor(hn::Xor(high0, counter[3]), hn::Set(words, key1));
    counter[1] = low1;
    counter[3] = low0;
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
}

/// ln(x) of x in (0, 1], to 1e-7 of a unit: exponent and mantissa apart, the latter about 1 by the series of
/// 2 artanh(s), s = (m - 1)/(m + 1).
HWY_INLINE Vector logarithm(Vector x) {
  const auto bits = hn::BitCast(integers, x);
  // Mantissa to sqrt(1/2) ... sqrt(2).
  const auto shifted = hn::Sub(bits, hn::Set(integers, 0x3f3504f3));
  const Vector exponent = hn::ConvertTo(floats, hn::ShiftRight<23>(shifted));
  const Vector m =
      hn::BitCast(floats, hn::Add(hn::And(shifted, hn::Set(integers, 0x007fffff)), hn::Set(integers, 0x3f3504f3)));
  const Vector s = hn::Div(hn::Sub(m, number(1)), hn::Add(m, number(1)));
  const Vector s2 = hn::Mul(s, s);
  Vector sum = number(2.0 / 9);
  for (const double c : {2.0 / 7, 2.0 / 5, 2.0 / 3, 2.0}) sum = hn::MulAdd(sum, s2, number(c));
  return hn::MulAdd(exponent, number(std::numbers::ln2), hn::Mul(sum, s));
}

/// Two normal numbers from two words (Box and Muller, Ann. Math. Stat. 29, 610 (1958)). The radius has 24 random bits
/// and reaches 5.9 standard deviations; the angle has 32.
HWY_INLINE void normals(Word radius_bits, Word angle_bits, Vector& first, Vector& second) {
  const Vector share = hn::MulAdd(hn::ConvertTo(floats, hn::BitCast(integers, hn::ShiftRight<8>(radius_bits))),
                                  number(0x1p-24), number(0x1p-25));
  const Vector radius = hn::Sqrt(hn::Mul(number(-2), logarithm(share)));
  // The angle in turns, -1/2 ... 1/2: a quadrant and -1/8 ... 1/8 about it.
  const Vector turns = hn::Mul(hn::ConvertTo(floats, hn::BitCast(integers, angle_bits)), number(0x1p-32));
  const Vector quadrant = hn::Round(hn::Mul(turns, number(4)));
  const Vector x = hn::Mul(hn::NegMulAdd(quadrant, number(0.25), turns), number(2 * std::numbers::pi));
  const Vector x2 = hn::Mul(x, x);
  Vector sine = number(-1.0 / 5040);
  for (const double c : {1.0 / 120, -1.0 / 6, 1.0}) sine = hn::MulAdd(sine, x2, number(c));
  sine = hn::Mul(sine, x);
  Vector cosine = number(1.0 / 40320);
  for (const double c : {-1.0 / 720, 1.0 / 24, -0.5, 1.0}) cosine = hn::MulAdd(cosine, x2, number(c));
  // Quadrants 1 and 3 swap sine and cosine; the signs follow.
  const auto q = hn::ConvertTo(integers, quadrant);
  const auto one = hn::Set(integers, 1), two = hn::Set(integers, 2);
  const auto odd = hn::RebindMask(floats, hn::Eq(hn::And(q, one), one));
  const auto sign = [&](hn::Vec<Integers> n)
                        HWY_ATTR { return hn::BitCast(floats, hn::ShiftLeft<30>(hn::And(n, two))); };
  const Vector c = hn::Xor(hn::IfThenElse(odd, sine, cosine), sign(hn::Add(q, one)));
  const Vector s = hn::Xor(hn::IfThenElse(odd, cosine, sine), sign(q));
  first = hn::Mul(radius, c);
  second = hn::Mul(radius, s);
}

/// The four normal numbers of block `block` of the streams in the lanes.
HWY_INLINE void block_of_normals(const PulseJob& job, Word device_low, Word device_high, std::uint64_t block,
                                 Vector normal[4]) {
  Word counter[4] = {hn::Set(words, static_cast<std::uint32_t>(block)), device_low, device_high,
                     hn::Set(words, job.purpose)};
  philox(counter, job.key[0], job.key[1]);
  normals(counter[0], counter[1], normal[0], normal[1]);
  normals(counter[2], counter[3], normal[2], normal[3]);
}

template <bool driven>
HWY_INLINE Vector one_part(const PulseJob& job, Vector u, Vector time, Vector cells, Vector noise) {
  const Vector position = hn::Mul(u, cells);
  const Vector cell = hn::Min(hn::Floor(position), hn::Sub(cells, number(1)));
  const auto index = hn::ConvertTo(integers, cell);
  const Vector low = hn::GatherIndex(floats, job.velocity, index);
  const Vector slope = hn::Sub(hn::GatherIndex(floats, job.velocity + 1, index), low);
  const Vector velocity = hn::MulAdd(slope, hn::Sub(position, cell), low);
  const Vector y = hn::Mul(hn::Mul(slope, cells), time);
  // (exp(y) - 1)/y by its series: |y| is at most 1/4.
  Vector grown = number(1.0 / 24);
  for (const double c : {1.0 / 6, 1.0 / 2, 1.0}) grown = hn::MulAdd(grown, y, number(c));
  const Vector mean = hn::Mul(hn::Mul(velocity, time), grown);
  const Vector passages = driven ? hn::Abs(mean) : hn::Mul(hn::GatherIndex(floats, job.activity, index), time);
  const Vector spread = hn::Sqrt(hn::Mul(passages, number(static_cast<double>(job.per_ion))));
  const Vector moved = hn::MulAdd(spread, noise, hn::Add(u, mean));
  return hn::Min(hn::Max(moved, hn::Zero(floats)), number(1));
}

/// Pulses on four vectors of devices, which share the four normal numbers of each of their lanes' blocks.
template <bool driven>
HWY_INLINE void all_pulses(const PulseJob& job, Vector u[4], const Vector time[4], Word stream_low, Word stream_high) {
  const Vector cells = number(static_cast<double>(job.cells));
  const Vector share = number(job.time_scale / static_cast<double>(job.parts));
  // The noise of a pulse of several parts is that of its last, times the root of how many they are.
  const Vector root = number(std::sqrt(static_cast<double>(job.parts)));
  const Vector nothing = hn::Zero(floats);
  Vector part_time[4], normal[4] = {nothing, nothing, nothing, nothing};
  for (int k = 0; k < 4; ++k) part_time[k] = hn::Mul(time[k], share);
  for (std::size_t p = 0; p < job.pulses; ++p) {
    if (job.per_ion > 0) block_of_normals(job, stream_low, stream_high, job.first_pulse + p, normal);
    for (std::size_t part = 1; part < job.parts; ++part)
      for (int k = 0; k < 4; ++k) u[k] = one_part<driven>(job, u[k], part_time[k], cells, nothing);
    for (int k = 0; k < 4; ++k) u[k] = one_part<driven>(job, u[k], part_time[k], cells, hn::Mul(normal[k], root));
  }
}

/// Numbers first, first + 1, ... one a lane.
HWY_INLINE void count_on(std::uint64_t first, Word& low, Word& high) {
  HWY_ALIGN std::uint32_t lows[width], highs[width];
  for (std::size_t i = 0; i < width; ++i) {
    lows[i] = static_cast<std::uint32_t>(first + i);
    highs[i] = static_cast<std::uint32_t>((first + i) >> 32);
  }
  low = hn::Load(words, lows);
  high = hn::Load(words, highs);
}

void run(const PulseJob& job) {
  for (std::size_t group = 0; group < job.devices; group += group_of_devices) {
    HWY_ALIGN float u[group_of_devices] = {}, time[group_of_devices] = {};
    const std::size_t here = std::min(group_of_devices, job.devices - group);
    std::copy_n(job.content + group, here, u);
    std::copy_n(job.effective_time + group, here, time);
    // Narrow vectors take the group's streams in turn, so that which number is whose does not depend on the width.
    for (std::size_t lane = 0; lane < streams_of_group; lane += width) {
      Word low, high;
      count_on((job.first_device + group) / 4 + lane, low, high);
      Vector state[4], during[4];
      for (std::size_t k = 0; k < 4; ++k) {
        state[k] = hn::Load(floats, u + k * streams_of_group + lane);
        during[k] = hn::Load(floats, time + k * streams_of_group + lane);
      }
      if (job.driven)
        all_pulses<true>(job, state, during, low, high);
      else
        all_pulses<false>(job, state, during, low, high);
      for (std::size_t k = 0; k < 4; ++k) hn::Store(state[k], floats, u + k * streams_of_group + lane);
    }
    std::copy_n(u, here, job.content + group);
  }
}

void draw(const PulseJob& job, std::size_t blocks, float* out) {
  Word low, high;
  count_on(job.first_device, low, high);
  for (std::size_t b = 0; b < blocks; ++b) {
    Vector normal[4];
    block_of_normals(job, low, high, b, normal);
    for (const Vector& v : normal) *out++ = hn::GetLane(v);
  }
}

}  // namespace ecram::device::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecram::device {

HWY_EXPORT(run);
HWY_EXPORT(draw);

namespace {

// The same map from a purpose's name to 32 bits as RandomStream's.
constexpr std::uint32_t hash(std::string_view text) {
  std::uint32_t h = 2166136261U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
  return h;
}

PulseJob job_of(std::span<float> content, std::span<const float> effective_time, const TransferField& field,
                std::size_t parts, std::size_t pulses, const CountingNoise& noise, double time_scale) {
  bool driven = true;
  for (std::size_t i = 0; i < field.velocity.size(); ++i)
    driven = driven && field.activity[i] <= 1.0001F * std::abs(field.velocity[i]);
  const double per_ion = noise.ions > 0 && std::isfinite(noise.ions) ? 1 / noise.ions : 0;
  return {content.data(),
          effective_time.data(),
          content.size(),
          field.velocity.data(),
          field.activity.data(),
          field.velocity.size() - 1,
          driven,
          parts,
          pulses,
          static_cast<float>(per_ion),
          time_scale,
          {static_cast<std::uint32_t>(noise.seed), static_cast<std::uint32_t>(noise.seed >> 32)},
          hash("counting"),
          noise.first_device,
          noise.first_pulse};
}

}  // namespace

void validate(const TransferField& field) {
  if (field.velocity.size() < 2 || field.activity.size() != field.velocity.size())
    throw InvalidInput("a transfer field of {} velocities and {} activities, expected two or more of each, as many",
                       field.velocity.size(), field.activity.size());
  for (std::size_t i = 0; i < field.velocity.size(); ++i)
    if (!std::isfinite(field.velocity[i]) || !(field.activity[i] >= std::abs(field.velocity[i]) * 0.999F))
      throw InvalidInput("node {} of a transfer field has velocity {} and activity {}, expected no less activity", i,
                         field.velocity[i], field.activity[i]);
}

std::size_t parts_of_pulse(const TransferField& field, double longest_time) {
  const double cells = static_cast<double>(field.velocity.size() - 1);
  double fastest = 0, steepest = 0;
  for (std::size_t i = 0; i < field.velocity.size(); ++i) {
    fastest = std::max(fastest, static_cast<double>(std::abs(field.velocity[i])));
    if (i > 0) steepest = std::max(steepest, std::abs(static_cast<double>(field.velocity[i]) - field.velocity[i - 1]));
  }
  const double parts = std::max(fastest * cells * longest_time, 4 * steepest * cells * longest_time);
  return static_cast<std::size_t>(std::clamp(std::ceil(parts), 1.0, 1e6));
}

void give_pulses(std::span<float> content, std::span<const float> effective_time, const TransferField& field,
                 std::size_t parts, std::size_t pulses, const CountingNoise& noise, double time_scale) {
  if (parts > most_parts) {
    const double per_ion = noise.ions > 0 && std::isfinite(noise.ions) ? 1 / noise.ions : 0;
    for (std::size_t i = 0; i < content.size(); ++i) {
      double u = static_cast<double>(content[i]);
      for (std::size_t p = 0; p < pulses; ++p) {
        const Crossing after = cross_cells(field, u, time_scale * static_cast<double>(effective_time[i]));
        u = after.content;
        if (per_ion == 0) continue;
        RandomStream random(noise.seed, "counting in long pulses",
                            (noise.first_pulse + p) << 32 | (noise.first_device + i));
        u = std::clamp(u + std::sqrt(after.variance * per_ion) * random.normal(), 0.0, 1.0);
      }
      content[i] = static_cast<float>(u);
    }
    return;
  }
  if (noise.first_device % group_of_devices != 0)
    throw InvalidInput("a part of a population begins with device {}, expected a multiple of {}", noise.first_device,
                       group_of_devices);
  HWY_DYNAMIC_DISPATCH(run)(job_of(content, effective_time, field, parts, pulses, noise, time_scale));
}

Crossing cross_cells(const TransferField& field, double content, double seconds) {
  const auto cells = static_cast<double>(field.velocity.size() - 1);
  Crossing at{content, 0};
  auto cell = static_cast<std::size_t>(std::min(std::floor(content * cells), cells - 1));
  while (seconds > 0) {
    const double low = static_cast<double>(field.velocity[cell]), high = static_cast<double>(field.velocity[cell + 1]);
    const double share = at.content * cells - static_cast<double>(cell);
    const double velocity = low + share * (high - low), slope = (high - low) * cells;
    const bool up = velocity > 0;
    const double edge = (up ? static_cast<double>(cell + 1) : static_cast<double>(cell)) / cells;
    const double at_edge = up ? high : low;
    // Time to the cell's end, where the velocity keeps its sign until there.
    double time = seconds;
    bool leaves = false;
    if (velocity != 0 && velocity * at_edge > 0) {
      const double ratio = at_edge / velocity;
      const double needed = std::abs(ratio - 1) < 1e-6 ? (edge - at.content) / velocity : std::log(ratio) / slope;
      leaves = needed < seconds;
      if (leaves) time = needed;
    }
    const double y = slope * time;
    const double grown = std::abs(y) < 1e-6 ? time * (1 + y / 2) : std::expm1(y) / slope;
    const double doubled = std::abs(y) < 1e-6 ? time * (1 + y) : std::expm1(2 * y) / (2 * slope);
    const double activity =
        (static_cast<double>(field.activity[cell]) + static_cast<double>(field.activity[cell + 1])) / 2;
    at.variance = at.variance * std::exp(2 * y) + activity * doubled;
    at.content = leaves ? edge : std::clamp(at.content + velocity * grown, 0.0, 1.0);
    seconds -= time;
    if (!leaves) break;
    if ((up && cell + 1 == field.velocity.size() - 1) || (!up && cell == 0)) break;  // held at the end
    cell = up ? cell + 1 : cell - 1;
  }
  return at;
}

void give_pulses_plainly(std::span<float> content, std::span<const float> effective_time, const TransferField& field,
                         std::size_t parts, std::size_t pulses, const CountingNoise& noise, double time_scale) {
  const PulseJob job = job_of(content, effective_time, field, parts, pulses, noise, time_scale);
  const auto cells = static_cast<float>(job.cells);
  for (std::size_t i = 0; i < job.devices; ++i) {
    RandomStream random(noise.seed, "counting, plainly", noise.first_device + i);
    float u = content[i];
    const float h = effective_time[i] * static_cast<float>(time_scale / static_cast<double>(parts));
    for (std::size_t p = 0; p < pulses; ++p)
      for (std::size_t part = 0; part < parts; ++part) {
        const float position = u * cells, cell = std::min(std::floor(position), cells - 1);
        const auto index = static_cast<std::size_t>(cell);
        const float slope = field.velocity[index + 1] - field.velocity[index];
        const float y = slope * cells * h;
        const float grown = std::abs(y) > 1e-4F ? std::expm1(y) / y : 1 + y / 2;
        const float mean = (field.velocity[index] + slope * (position - cell)) * h * grown;
        const float passages = job.driven ? std::abs(mean) : field.activity[index] * h;
        float moved = u + mean;
        if (job.per_ion > 0 && part + 1 == parts)
          moved += std::sqrt(passages * job.per_ion * static_cast<float>(parts)) * static_cast<float>(random.normal());
        u = std::clamp(moved, 0.0F, 1.0F);
      }
    content[i] = u;
  }
}

std::vector<float> counting_normals(std::uint64_t seed, std::uint64_t stream, std::size_t blocks) {
  const TransferField none{{0, 0}, {0, 0}};
  std::vector<float> out(4 * blocks);
  CountingNoise noise;
  noise.seed = seed;
  noise.first_device = stream;
  HWY_DYNAMIC_DISPATCH(draw)(job_of({}, {}, none, 1, 1, noise, 1), blocks, out.data());
  return out;
}

std::string pulse_kernel_target() {
  const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
  const std::int64_t best = usable & -usable;
  if (best == HWY_STATIC_TARGET) return "baseline";
  const std::string_view name = hwy::TargetName(best);
  return name == "AVX3" ? "AVX-512" : std::string(name);
}

}  // namespace ecram::device
#endif
