// SPDX-License-Identifier: Apache-2.0
#include "ecram/synthetic/hall_record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

#include "ecram/analysis/hall/film.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/signal/spectrum.h"

namespace ecram::synthetic {
namespace {

using std::numbers::pi;

void check(const HallScene& s) {
  struct Number {
    double value;
    const char *what, *unit;
  };
  const Number not_negative[] = {{s.series_resistance, "series resistance", " ohm"},
                                 {s.speed_jitter, "speed jitter", ""},
                                 {s.white_noise, "white noise", " V"},
                                 {s.flicker_corner, "flicker corner", " Hz"},
                                 {s.longitudinal_noise, "longitudinal noise", " V"},
                                 {s.longitudinal_flicker_corner, "longitudinal flicker corner", " Hz"},
                                 {s.film_noise, "film noise", ""},
                                 {s.film_flicker_corner, "film flicker corner", " Hz"},
                                 {s.current_noise, "current noise", " A"},
                                 {s.field_noise, "field noise", " T"},
                                 {s.rc_time, "RC time", " s"},
                                 {s.mains_amplitude, "mains", " V"},
                                 {s.mains_frequency, "mains frequency", " Hz"},
                                 {s.mains_wander, "mains wander", " Hz"},
                                 {s.aperture, "aperture", " s"},
                                 {s.spike_size, "spike size", " V"},
                                 {s.resolution, "resolution", " V"},
                                 {s.range, "range", " V"}};
  for (const auto& [value, what, unit] : not_negative)
    if (!(value >= 0) || !std::isfinite(value)) throw InvalidInput("{} {}{}; expected 0 or more", what, value, unit);
  const Number positive[] = {{s.temperature, "temperature", " K"},
                             {s.density, "density", " m^-3"},
                             {s.mobility, "mobility", " m^2/(V s)"},
                             {s.field_amplitude, "field amplitude", " T"},
                             {s.rotation_frequency, "frequency", " Hz"},
                             {s.duration, "duration", " s"},
                             {s.interval, "interval", " s"}};
  for (const auto& [value, what, unit] : positive)
    if (!(value > 0) || !std::isfinite(value)) throw InvalidInput("{} {}{}; expected more than 0", what, value, unit);
  analysis::check(s.bar);
  if (!(std::abs(s.misalignment) < s.bar.length))
    throw InvalidInput("misalignment {:.6g} m; expected less than the length {:.6g} m", s.misalignment, s.bar.length);
  for (const double d : s.drift)
    if (!std::isfinite(d)) throw InvalidInput("drift {}; expected a number", d);
  if (s.speed_jitter > 0.3) throw InvalidInput("speed jitter {}; expected 0 to 0.3", s.speed_jitter);
  if (s.duration / s.interval < 2)
    throw InvalidInput("duration {} s; expected two readings or more, {} s apart", s.duration, s.interval);
  if (s.duration / s.interval > 1e8)
    throw InvalidInput("duration {} s; expected no more than 1e8 readings, {} s apart", s.duration, s.interval);
  if (s.duration * s.rotation_frequency > 1e6)
    throw InvalidInput("frequency {} Hz over {} s; expected no more than 1e6 turns", s.rotation_frequency, s.duration);
  double fall = 0;
  for (double d : s.resistance_drift) fall += std::abs(d);
  if (!(fall < 1)) throw InvalidInput("resistance drift of {:.3g} in all; expected less than 1", fall);
  if (!(s.time_jitter >= 0 && s.time_jitter < s.interval / 2))
    throw InvalidInput("time jitter {} s; expected less than half the interval", s.time_jitter);
  const double turns = s.mains_frequency * s.interval;
  if (s.mains_amplitude > 0 && s.mains_wander == 0 && s.time_jitter == 0 && std::abs(turns - std::round(turns)) < 1e-9)
    throw InvalidInput(
        "steady mains of {} Hz read every {} s fold down to a constant and would do nothing; expected a wander of "
        "their "
        "frequency, another frequency or another interval",
        s.mains_frequency, s.interval);
  if (s.aperture > s.interval)
    throw InvalidInput("aperture {} s; expected at most the interval {} s between readings", s.aperture, s.interval);
  if (!(s.spike_share >= 0 && s.spike_share < 1)) throw InvalidInput("spike share {}; expected 0 to 1", s.spike_share);
}

/// The shaft's angle, whose speed changes from period to period; before the record it has the first period's.
class Shaft {
 public:
  Shaft(const HallScene& s, RandomStream random) : frequency_(s.rotation_frequency), phase_(s.phase) {
    const auto periods = static_cast<std::size_t>(std::ceil(s.duration * frequency_)) + 2;
    double angle = 0;
    for (std::size_t p = 0; p <= periods; ++p) {
      speed_.push_back(1 + s.speed_jitter * random.normal());
      start_.push_back(angle);
      angle += 2 * pi * speed_.back();
    }
  }
  double angle(double time) const {
    const double turns = time * frequency_;
    const std::size_t p = std::min(static_cast<std::size_t>(std::max(0.0, turns)), start_.size() - 1);
    return phase_ + start_[p] + 2 * pi * speed_[p] * (turns - double(p));
  }
  double speed(double time) const {
    return 2 * pi * frequency_ *
           speed_[std::min(static_cast<std::size_t>(std::max(0.0, time * frequency_)), speed_.size() - 1)];
  }

 private:
  double frequency_, phase_;
  std::vector<double> start_, speed_;
};

/// Mains pick-up as a meter reads it: its frequency wanders, an Ornstein-Uhlenbeck process, and each reading is the
/// mean over the meter's aperture.
class Mains {
 public:
  Mains(const HallScene& s, RandomStream random) : s_(s), random_(random) {
    // At the start it may stand anywhere; a steady one starts at phase 0.
    if (s.mains_wander > 0) phase_ = 2 * pi * random_.uniform(), offset_ = s.mains_wander * random_.normal();
  }
  double reading(double time) {
    if (s_.mains_amplitude == 0) return 0;
    constexpr double correlation = 300;  // s: as the load of a grid changes
    const double step = time - time_, keep = std::exp(-step / correlation);
    const double before = offset_;
    if (s_.mains_wander > 0 && step > 0)
      offset_ = keep * offset_ + s_.mains_wander * std::sqrt(1 - keep * keep) * random_.normal();
    phase_ += 2 * pi * (s_.mains_frequency * step + 0.5 * (before + offset_) * step);
    time_ = time;
    // The mean of a sine over the aperture, whose middle is the reading's time.
    const double half = pi * (s_.mains_frequency + offset_) * s_.aperture;
    return s_.mains_amplitude * (half > 0 ? std::sin(half) / half : 1) * std::sin(phase_);
  }

 private:
  const HallScene& s_;
  RandomStream random_;
  double phase_ = 0, offset_ = 0, time_ = 0;
};

/// Where the lag y' = (v - y)/tau takes y in a step x, in units of tau, of an input v that is a parabola through its
/// values at the step's start, middle and end: the exact solution.
double after_lag(double y, const std::array<double, 3>& v, double x) {
  const double slope = 4 * v[1] - 3 * v[0] - v[2], curve = 2 * (v[0] + v[2]) - 4 * v[1];
  const double gone = -std::expm1(-x), first = 1 - gone / x, second = 1 - 2 * first / x;
  return y + (v[0] - y) * gone + slope * first + curve * second;
}

/// 1/f noise that is as strong as white noise of a standard deviation `white` at the corner frequency.
std::vector<double> flicker_noise(const HallScene& s, std::size_t samples, double white, double corner,
                                  RandomStream random) {
  if (!(corner > 0 && white > 0)) return std::vector<double>(samples, 0.0);
  const double white_density = 2 * white * white * s.interval;
  return noise_with_density(
      samples, s.interval, [&](double f) { return white_density * corner / f; }, random);
}

}  // namespace

std::vector<double> noise_with_density(std::size_t samples, double interval,
                                       const std::function<double(double)>& density, RandomStream& random) {
  const std::size_t length = signal::fast_length(4 * samples);
  const double step = 1 / (double(length) * interval);
  std::vector<std::complex<double>> components(length);
  for (std::size_t k = 1; k <= length / 2; ++k) {
    // The real part of the sum below then has the variance density * step from each frequency.
    const double size = std::sqrt(density(double(k) * step) * step);
    components[k] = {size * random.normal(), size * random.normal()};
  }
  const auto all = signal::fourier_transform(components, true);
  std::vector<double> noise(samples);
  for (std::size_t i = 0; i < samples; ++i) noise[i] = all[i].real();
  return noise;
}

HallTruth truth(const HallScene& s) {
  HallTruth t;
  t.hall_slope = (s.holes ? 1 : -1) / (constants::elementary_charge * s.density * s.bar.thickness);
  t.sheet_resistance = 1 / (constants::elementary_charge * s.density * s.mobility * s.bar.thickness);
  const double resistance =
      t.sheet_resistance * std::max(s.bar.length, s.bar.total_length) / s.bar.width + s.series_resistance;
  t.current = (s.reverse_current ? -1 : 1) * s.source_voltage / resistance;
  return t;
}

HallScene at_temperature(const HallScene& at_300K, physics::ConductionLaw law, double characteristic,
                         double temperature) {
  if (!(temperature > 0)) throw InvalidInput("temperature {} K; expected a positive one", temperature);
  HallScene scene = at_300K;
  scene.temperature = temperature;
  scene.density *= std::exp(physics::log_resistivity(law, characteristic, 300) -
                            physics::log_resistivity(law, characteristic, temperature));
  return scene;
}

analysis::HallRecord hall_record(const HallScene& s) {
  check(s);
  const HallTruth t = truth(s);
  const auto samples = static_cast<std::size_t>(std::floor(s.duration / s.interval + 1e-9));
  const Shaft shaft(s, RandomStream(s.seed, "stepper", s.index));
  RandomStream sampling(s.seed, "sampling", s.index), reading(s.seed, "reading noise", s.index),
      spike(s.seed, "spikes", s.index), other(s.seed, "other noise", s.index), own(s.seed, "film noise", s.index);

  const auto flicker = [&](double white, double corner, const char* name) {
    return flicker_noise(s, samples, white, corner, RandomStream(s.seed, name, s.index));
  };
  const auto slow = flicker(s.white_noise, s.flicker_corner, "flicker noise");
  const auto slow_along = flicker(s.longitudinal_noise, s.longitudinal_flicker_corner, "longitudinal flicker noise");
  const auto slow_film = flicker(s.film_noise, s.film_flicker_corner, "film flicker noise");

  Mains mains(s, RandomStream(s.seed, "mains", s.index));
  analysis::HallRecord record;
  record.name = "simulated";
  record.temperature.resize(1);
  const double hall = t.hall_slope * analysis::contact_factor(s.bar) * (s.bar.arms_swapped ? -1 : 1);
  const double offset = t.sheet_resistance * s.misalignment / s.bar.width;
  record.time.reserve(samples);
  for (std::size_t i = 0; i < samples; ++i)
    record.time.push_back(double(i) * s.interval + (i > 0 ? s.time_jitter * (2 * sampling.uniform() - 1) : 0));
  // Of each power of time, its mean over the readings: the film's truth is its mean where it was read.
  std::vector<double> mean(s.resistance_drift.size());
  for (const double time : record.time) {
    double power = 1;
    for (double& m : mean) m += (power *= time / s.duration) / double(samples);
  }
  const auto film = [&](double time) {
    double relative = 1, power = 1;
    for (std::size_t k = 0; k < mean.size(); ++k)
      relative += s.resistance_drift[k] * ((power *= time / s.duration) - mean[k]);
    return relative;
  };
  const auto seen = [&](double time) {
    const double angle = shaft.angle(time), b = s.field_amplitude * std::cos(angle);
    const double db = -s.field_amplitude * std::sin(angle) * shaft.speed(time);
    double relative = 1 + s.magnetoresistance * b * b, power = 1;
    for (double d : s.drift) relative += d * (power *= time / s.duration);
    return t.current * (offset * relative * film(time) + hall * b) + s.loop_area * db +
           s.pickup_in_phase * std::cos(angle) - s.pickup_quadrature * std::sin(angle);
  };
  // Long before the record whatever the lag began with is forgotten: exp(-25) is left of it.
  double last = -25 * s.rc_time, lagged = seen(last);
  for (std::size_t i = 0; i < samples; ++i) {
    if (i % 4096 == 0) stop_if_interrupted();
    const double time = record.time[i];
    double v = seen(time);
    if (s.rc_time > 0) {
      const int steps = static_cast<int>(std::ceil((time - last) * s.rotation_frequency * 100));
      for (int k = 0; k < steps; ++k) {
        if (k % 65536 == 65535) stop_if_interrupted();
        const double step = (time - last) / steps, from = last + k * step;
        lagged = after_lag(lagged, {seen(from), seen(from + step / 2), seen(from + step)}, step / s.rc_time);
      }
      v = lagged;
      last = time;
    }
    const double film_noise = t.current * t.sheet_resistance * (s.film_noise * own.normal() + slow_film[i]);
    v += film_noise * s.misalignment / s.bar.width;
    v += s.white_noise * reading.normal() + slow[i] + mains.reading(time);
    if (s.spike_share > 0 && spike.uniform() < s.spike_share) v += s.spike_size * spike.normal();
    if (s.resolution > 0) v = s.resolution * std::round(v / s.resolution);
    if (s.range > 0) v = std::clamp(v, -s.range, s.range);
    record.field.push_back(s.field_amplitude * std::cos(shaft.angle(time)) + s.field_noise * other.normal());
    record.voltage_xy.push_back(v);
    record.voltage_xx.push_back((t.current * t.sheet_resistance * film(time) + film_noise) * s.bar.length /
                                    s.bar.width +
                                s.longitudinal_noise * other.normal() + slow_along[i]);
    record.current.push_back(t.current + s.current_noise * other.normal());
    record.temperature[0].push_back(s.temperature);
  }
  return record;
}

}  // namespace ecram::synthetic
