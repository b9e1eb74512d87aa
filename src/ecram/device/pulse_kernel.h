// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Pulses on arrays of devices, in single precision and vectors of whatever the machine has.
namespace ecram::device {

/// How fast ions pass the interphase at one gate voltage and temperature, against the state: the moved vacancies u, as
/// a share of the content that the model covers. Even nodes from u = 0 to 1, linear between them.
struct TransferField {
  std::vector<float> velocity;  ///< du/dt, 1/s
  std::vector<float> activity;  ///< passages to and fro together, as du/dt counts them, 1/s; never below |velocity|
};

/// @throws InvalidInput  for fewer than two nodes, lists of different length, or an activity below the velocity
void validate(const TransferField& field);

/// Counting statistics: passages are independent, so their number in a pulse has the variance of its mean (Poisson;
/// Schottky, Ann. Phys. 362, 541 (1918)). In a pulse of effective time t, u gets a variance of activity t / ions.
struct CountingNoise {
  double ions = 0;  ///< vacancies that make u = 1; infinite or 0: no noise
  std::uint64_t seed = 1;
  std::uint64_t first_device = 0;  ///< number of the first of `content` in its population; a multiple of 64
  std::uint64_t first_pulse = 0;   ///< pulses that the population has had: each has its own random number
};

/// How many parts a pulse is cut into so that a part crosses no more than one cell of the field and the field's slope
/// changes u by less than a quarter of itself: the step below is then right to 1e-4 of itself.
/// @param longest_time  effective time of the device that has the greatest, s
std::size_t parts_of_pulse(const TransferField& field, double longest_time);

/// Gives every device `pulses` pulses. Within each part of a pulse the field about u is taken as linear and integrated
/// exactly (exponential Euler; Hochbruck and Ostermann, Acta Numerica 19, 209 (2010)):
///
///     du = v(u) h (exp(v' h) - 1)/(v' h),  h = effective_time / parts,
///     and after the last  u += sqrt(activity effective_time / ions) N(0, 1),
///
/// held to 0 ... 1. A pulse that would take more than `most_parts` is followed from cell to cell instead, exactly for
/// the field's straight pieces, at a cost that grows with the cells that it crosses (`cross_cells`).
///
/// Random numbers are Philox words of the streams (seed, "counting", index) that RandomStream has too, made normal by
/// Box and Muller in single precision. Four devices 16 apart share a stream, a block of it a pulse: the numbers are the
/// same for any split of the population at multiples of 64 and any number of threads.
///
/// @param content         u of each device, changed in place
/// @param effective_time  of a pulse, s, one for each device: its width, times how much faster that device is
/// @param time_scale      times that, for all of them
/// @param parts           of `parts_of_pulse`, the same for all parts of a population
void give_pulses(std::span<float> content, std::span<const float> effective_time, const TransferField& field,
                 std::size_t parts, std::size_t pulses, const CountingNoise& noise, double time_scale = 1);

inline constexpr std::size_t most_parts = 16;

/// Where a device at u is after `seconds` in the field, and the variance that counting has given it, for one ion making
/// u = 1: d(variance)/dt = 2 v' variance + activity along the way.
struct Crossing {
  double content = 0, variance = 0;
};
Crossing cross_cells(const TransferField& field, double content, double seconds);

/// The same in plain C++, one device after another: what the kernel is measured against.
void give_pulses_plainly(std::span<float> content, std::span<const float> effective_time, const TransferField& field,
                         std::size_t parts, std::size_t pulses, const CountingNoise& noise, double time_scale = 1);

/// The kernel's own normal numbers 0 ... 4 blocks - 1 of a stream, for tests of their distribution.
std::vector<float> counting_normals(std::uint64_t seed, std::uint64_t stream, std::size_t blocks);

/// "AVX-512", "AVX2" or "baseline": the vector instructions in use.
std::string pulse_kernel_target();

}  // namespace ecram::device
