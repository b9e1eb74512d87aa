// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/run.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <tuple>

#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/random.h"
#include "ecram/device/compact.h"
#include "ecram/device/double_layer.h"
#include "ecram/device/full_model.h"
#include "ecram/device/quasi_steady.h"
#include "ecram/device/walk.h"

namespace ecram::device {
namespace {

constexpr std::size_t devices_a_block = 4096;  // a multiple of 64; fits into a second-level cache with its times
constexpr double drift_step = 0.5;             // K, over which derivatives by temperature are taken
constexpr double settled = 5e-3;               // V: double layers that count as alike
constexpr double alike_contents = 0.1;         // of the logarithm
constexpr std::size_t conductance_nodes = 1025;
constexpr std::size_t pulses_between_looks = 100;  // at wear and at the double layer
constexpr double renewed_after = 1.0 / 64;         // of the contents: how much faster each device is

/// What differs between devices, one number for each; the average device has 1, 1, 0.
struct Differences {
  std::vector<double> thickness, area, barrier, wear_onset;  ///< relative, relative, J, pulses
};

Differences alike(std::size_t devices, double wear_onset) {
  return {std::vector<double>(devices, 1.0), std::vector<double>(devices, 1.0), std::vector<double>(devices, 0.0),
          std::vector<double>(devices, wear_onset)};
}

/// Thickness, area and onset are lognormal, so that none is negative; barriers are normal.
Differences drawn(const Chance& c, std::size_t devices, std::uint64_t seed) {
  Differences d = alike(devices, c.wear_onset);
  for (std::size_t i = 0; i < devices; ++i) {
    RandomStream random(seed, "device", i);
    d.thickness[i] = std::exp(c.thickness_spread * random.normal());
    d.area[i] = std::exp(c.area_spread * random.normal());
    d.barrier[i] = c.barrier_spread * random.normal();
    d.wear_onset[i] = c.wear_onset * std::exp(c.wear_onset_spread * random.normal());
  }
  return d;
}

/// The average device with one number less and more: what differences between devices are derived from.
struct Variation {
  CompactModel less, more;
  double contents_less = 1, contents_more = 1;  ///< per area at the average device's density, against its own
  double step = 0;                              ///< from `less` to `more`: J of a barrier, ln of a thickness
};

/// The average device, and what its devices differ by where they do.
struct Family {
  CompactModel average;
  std::optional<Variation> barrier, thickness;
};

/// Steps are the spreads, so that a derivative is that of the devices that there are; a channel's is at most a tenth.
Family make_family(const RunOptions& options, const CompactRange& range, const Chance& chance, ThreadPool& threads) {
  Family family{CompactModel(options.constants, options.device, range, threads), {}, {}};
  const auto varied = [&](double shift, double thickness) {
    Device device = options.device;
    device.transfer_energy_shift += shift;
    device.channel_thickness *= thickness;
    CompactRange own = range;
    own.content_low *= thickness, own.content_high *= thickness;
    return CompactModel(options.constants, device, own, threads);
  };
  if (const double e = chance.barrier_spread; e > 0) family.barrier = {varied(-e, 1), varied(e, 1), 1, 1, 2 * e};
  if (const double t = std::min(chance.thickness_spread, 0.1); t > 0)
    family.thickness = {varied(0, std::exp(-t)), varied(0, std::exp(t)), std::exp(-t), std::exp(t), 2 * t};
  return family;
}

/// d ln|velocity|/dx at each node, of fields at x less and more that are `step` apart.
std::vector<float> by_difference(const TransferField& field, const TransferField& less, const TransferField& more,
                                 double step) {
  constexpr double least_share = 0.02;  // of the passages: where they balance, a velocity has no logarithm
  std::vector<float> by;
  for (std::size_t i = 0; i < field.velocity.size(); ++i) {
    const double v = static_cast<double>(field.velocity[i]),
                 least = least_share * static_cast<double>(field.activity[i]);
    const double a = static_cast<double>(less.velocity[i]), b = static_cast<double>(more.velocity[i]);
    const double sign = v < 0 ? -1 : 1, scale = std::max(std::abs(v), least);
    if (!(scale > 0))
      by.push_back(0);
    else if (std::min(sign * a, sign * b) > least)
      by.push_back(static_cast<float>(std::log(b / a) / step));
    else
      by.push_back(static_cast<float>(sign * (b - a) / (scale * step)));
  }
  return by;
}

/// A population of compact devices, and what a protocol does to it.
class Population {
 public:
  Population(const Family& family, const Coordinate& coordinate, const Chance& chance, Differences differences,
             double start_content, std::uint64_t seed, ThreadPool& threads)
      : family_(family),
        model_(family.average),
        coordinate_(coordinate),
        chance_(chance),
        differences_(std::move(differences)),
        seed_(seed),
        threads_(threads),
        drift_random_(seed, "temperature"),
        content_(differences_.area.size(), static_cast<float>(coordinate.of(start_content))),
        unworn_(content_.size()),
        effective_time_(content_.size()),
        double_layer_(family.average) {
    for (const double d : differences_.thickness) log_thickness_.push_back(std::log(d));
    lowest_ = highest_ = content_.front();
    first_onset_ = *std::ranges::min_element(differences_.wear_onset);
    if (chance_.temperature_drift > 0) drift_ = chance_.temperature_drift * drift_random_.normal();
  }

  Operations operations() {
    return {[this] { leave_train(); },
            [this](const PulseTrainStep& train, std::size_t count) { pulses(train, count); },
            [this](double from, double to, double seconds) { ramp(from, to, seconds); },
            [this](double volts, double seconds) { hold(volts, seconds); },
            [this](double kelvin) { set_temperature(kelvin); },
            [this](RunReading& reading) { read(reading); },
            {}};
  }

  /// Contents seen, as u.
  float lowest() const { return lowest_; }
  float highest() const { return highest_; }

 private:
  void set_temperature(double kelvin) {
    temperature_ = kelvin;
    trains_.clear();
    train_ = nullptr;
    last_path_ = nullptr;
    conductances_.clear();
    double_layer_.settle(0);  // a stage takes its time
    seen_ = 0;
    set_wear();
  }

  void set_wear() {
    for (std::size_t i = 0; i < unworn_.size(); ++i)
      unworn_[i] = static_cast<float>(
          std::exp(-std::max(0.0, strong_pulses_ - differences_.wear_onset[i]) / chance_.wear_scale));
    width_ = -1;
  }

  struct CachedField {
    TransferField field;
    double by_temperature = 0;  ///< d ln(velocity)/dT, 1/K
    /// d ln|velocity| at each node by the barrier, 1/J, and by ln(thickness); empty where devices do not differ.
    std::vector<float> by_barrier, by_thickness;
  };

  static double mean_speed(const TransferField& field) {
    double sum = 0;
    for (const float v : field.velocity) sum += std::abs(static_cast<double>(v));
    return sum;
  }

  bool devices_differ() const { return family_.barrier || family_.thickness; }

  double mean_u() const {
    double sum = 0;
    for (const float u : content_) sum += static_cast<double>(u);
    return std::clamp(sum / static_cast<double>(content_.size()), 0.0, 1.0);
  }

  /// Effective times of a pulse: how much faster than the average each device is in this field, at its own content of
  /// the moment. They hold until the devices have moved on by `renewed_after`.
  void set_effective_times(const CachedField& f, double width) {
    const std::size_t devices = content_.size(), blocks = (devices + devices_a_block - 1) / devices_a_block;
    std::vector<float> longest(blocks, 0.0F);
    const float cells = static_cast<float>(f.field.velocity.size() - 1);
    const auto block_times = [&](std::size_t block) {
      const std::size_t end = std::min(devices, (block + 1) * devices_a_block);
      for (std::size_t i = block * devices_a_block; i < end; ++i) {
        float faster = 0;
        if (devices_differ()) {
          const float at = std::clamp(content_[i], 0.0F, 1.0F) * cells;
          const float cell = std::min(std::floor(at), cells - 1), share = at - cell;
          const auto node = static_cast<std::size_t>(cell);
          const auto there = [&](const std::vector<float>& by) {
            return by.empty() ? 0 : static_cast<double>((1 - share) * by[node] + share * by[node + 1]);
          };
          // A device e^40 times as fast is there at once, and its time still a number.
          faster = static_cast<float>(std::clamp(
              there(f.by_barrier) * differences_.barrier[i] + there(f.by_thickness) * log_thickness_[i], -40.0, 40.0));
        }
        effective_time_[i] = static_cast<float>(width) * unworn_[i] * std::exp(faster);
        longest[block] = std::max(longest[block], effective_time_[i]);
      }
    };
    if (blocks == 1)
      block_times(0);
    else
      threads_.for_each(blocks, block_times);
    longest_time_ = static_cast<double>(*std::ranges::max_element(longest));
    width_ = width;
    timed_field_ = &f;
    timed_at_ = mean_u();
  }

  void advance(const CachedField& cached_field, double width, std::size_t count, std::uint64_t pulse_number) {
    if (width != width_ ||
        (devices_differ() && (timed_field_ != &cached_field || std::abs(mean_u() - timed_at_) > renewed_after)))
      set_effective_times(cached_field, width);
    const double scale = std::exp(cached_field.by_temperature * drift_);
    const std::size_t parts = parts_of_pulse(cached_field.field, longest_time_ * scale);
    const std::size_t blocks = (content_.size() + devices_a_block - 1) / devices_a_block;
    const auto work = [&](std::size_t block) {
      const std::size_t first = block * devices_a_block;
      const std::size_t here = std::min(devices_a_block, content_.size() - first);
      CountingNoise noise;
      noise.ions = chance_.counting ? ions_ : 0;
      noise.seed = seed_;
      noise.first_device = first;
      noise.first_pulse = pulse_number;
      give_pulses({content_.data() + first, here}, {effective_time_.data() + first, here}, cached_field.field, parts,
                  count, noise, scale);
    };
    if (blocks == 1)
      work(0);
    else
      threads_.for_each(blocks, work);
    const auto [low, high] = std::ranges::minmax(content_);
    lowest_ = std::min(lowest_, low);
    highest_ = std::max(highest_, high);
  }

  /// Vacancies per area of the average device.
  double mean_content() const { return coordinate_.content(mean_u()); }

  using FieldKey = std::array<double, 7>;

  struct Train {
    std::vector<std::unique_ptr<CachedField>> fields;
    std::vector<FollowedPath> paths;
  };

  /// Contents that are so much alike that the double layer follows the gate in the same way.
  double content_class() const {
    double sum = 0;
    const std::size_t some = std::min<std::size_t>(content_.size(), 64);
    for (std::size_t i = 0; i < some; ++i) sum += static_cast<double>(content_[i]);
    const double content = coordinate_.content(std::clamp(sum / static_cast<double>(some), 0.0, 1.0));
    return std::round(std::log(content) / alike_contents);
  }

  /// The fields of the first pulses of a train. One that has been given before from the same double layer is known, if
  /// as many of its pulses have been followed: a shorter one has not come to where its pulses repeat.
  const Train& train_fields(const PulseTrainStep& s, std::size_t count, bool going_on) {
    const double begin = std::round(double_layer_.followed() / settled) * settled;
    const auto followed = static_cast<double>(std::min(count, most_pulses_followed));
    auto& train = trains_[FieldKey{s.voltage, s.width, s.rest, begin, content_class(), followed, going_on ? 1.0 : 0.0}];
    if (train.fields.empty())
      for (FollowedPath& path : double_layer_.train(temperature_, mean_content(), s.voltage, s.width, s.rest, count)) {
        train.fields.push_back(make_field(path, s.width));
        train.paths.push_back(std::move(path));
      }
    return train;
  }

  std::unique_ptr<CachedField> make_field(const FollowedPath& path, double seconds) {
    auto made = std::make_unique<CachedField>();
    TransferField& field = made->field;
    field = path_field(model_, temperature_, coordinate_, path, seconds);
    if (chance_.temperature_drift > 0) {
      const double here = mean_speed(field);
      const double warmer = mean_speed(path_field(model_, temperature_ + drift_step, coordinate_, path, seconds));
      made->by_temperature = here > 0 ? std::log(warmer / here) / drift_step : 0;
    }
    const auto by = [&](const std::optional<Variation>& variation) {
      if (!variation) return std::vector<float>{};
      const auto varied = [&](const CompactModel& model, double contents) {
        const Coordinate own{coordinate_.low * contents, coordinate_.high * contents, coordinate_.logarithmic};
        return path_field(model, temperature_, own, path, seconds);
      };
      return by_difference(field, varied(variation->less, variation->contents_less),
                           varied(variation->more, variation->contents_more), variation->step);
    };
    made->by_barrier = by(family_.barrier);
    made->by_thickness = by(family_.thickness);
    // What the full model adds is not asked again for each of them: it is the same number for all.
    const auto speed = static_cast<float>(path_speed(field, coordinate_, path, seconds));
    for (auto* values : {&field.velocity, &field.activity})
      for (float& v : *values) v *= speed;
    return made;
  }

  /// Pulses that may be given before wear, the double layer or how much faster each device is are looked at again.
  std::size_t pulses_until_look(const CachedField& f, double width) const {
    if (!devices_differ()) return pulses_between_looks;
    const auto cells = static_cast<double>(f.field.velocity.size() - 1);
    const double speed = std::abs(static_cast<double>(f.field.velocity[static_cast<std::size_t>(mean_u() * cells)]));
    const double pulses = renewed_after / std::max(speed * width, 1e-9);
    return static_cast<std::size_t>(std::clamp(pulses, 1.0, static_cast<double>(pulses_between_looks)));
  }

  void pulses(const PulseTrainStep& train, std::size_t count) {
    const bool strong = std::abs(train.voltage) >= chance_.strong_voltage;
    if (train_ == nullptr) {
      class_of_train_ = content_class();
      train_ = &train_fields(train, train.count, false);
      given_of_train_ = 0;
      repeats_ = false;
    }
    for (std::size_t given = 0; given < count;) {
      repeats_ = repeats_ || given_of_train_ + 1 >= train_->fields.size();
      if (repeats_ && content_class() != class_of_train_) {
        class_of_train_ = content_class();
        double_layer_.assume(*last_path_);
        // One pulse from here on tells what pulses do at this content; more would carry the full model away from it.
        train_ = &train_fields(train, 1, true);
      }
      const std::size_t which = repeats_ ? train_->fields.size() - 1 : given_of_train_;
      const CachedField& field = *train_->fields[which];
      const std::size_t now = repeats_ ? std::min(count - given, pulses_until_look(field, train.width)) : 1;
      if (strong && strong_pulses_ + static_cast<double>(now) > first_onset_) set_wear();
      advance(field, train.width, now, pulse_number_);
      pulse_number_ += now;
      given += now;
      given_of_train_ += now;
      if (strong) strong_pulses_ += static_cast<double>(now);
      last_path_ = &train_->paths[which];
      seen_ = last_path_->seen;
      drift_on(static_cast<double>(now) * (train.width + train.rest));
    }
  }

  /// The double layer is where the last pulse has left it, however many of its train were followed.
  void leave_train() {
    if (last_path_ != nullptr) double_layer_.assume(*last_path_);
    train_ = nullptr;
    last_path_ = nullptr;
  }

  void follow(const FollowedPath& path, double seconds) {
    const auto field = make_field(path, seconds);
    advance(*field, seconds, 1, pulse_number_++);
    width_ = -1;  // the times are of a field that is gone
    seen_ = path.seen;
    drift_on(seconds);
  }

  void ramp(double from, double to, double seconds) {
    leave_train();
    follow(double_layer_.ramp(temperature_, mean_content(), from, to, seconds), seconds);
  }

  void hold(double volts, double seconds) {
    leave_train();
    follow(double_layer_.hold(temperature_, mean_content(), volts, seconds), seconds);
  }

  void drift_on(double seconds) {
    if (chance_.temperature_drift <= 0) return;
    const double kept = std::exp(-seconds / chance_.drift_time);
    drift_ = drift_ * kept + chance_.temperature_drift * std::sqrt(1 - kept * kept) * drift_random_.normal();
  }

  /// ln(sheet conductance) on even u, at the voltage that the double layer has followed.
  /// @param contents  per area at the average device's density, against its own
  const std::vector<double>& conductances(const CompactModel& model, double contents, double kelvin) {
    const double gate = std::round(seen_ / settled) * settled;
    auto& curve = conductances_[{gate, kelvin, contents}];
    if (curve.empty()) {
      const CompactTable& table = model.at(kelvin);
      for (std::size_t i = 0; i < conductance_nodes; ++i) {
        const double u = static_cast<double>(i) / (conductance_nodes - 1);
        curve.push_back(table.log_sheet_conductance(std::log(contents * coordinate_.content(u)), gate));
      }
    }
    return curve;
  }

  void read(RunReading& reading) {
    if (conductances_.size() > 256) conductances_.clear();
    const std::vector<double>& cold = conductances(model_, 1, temperature_);
    const bool drifts = chance_.temperature_drift > 0;
    const std::vector<double>& warm = drifts ? conductances(model_, 1, temperature_ + drift_step) : cold;
    const auto& by_thickness = family_.thickness;
    const auto side = [&](const CompactModel& model, double contents) {
      return std::span<const double>(conductances(model, contents, temperature_));
    };
    std::span<const double> thin, thick;
    if (by_thickness) {
      thin = side(by_thickness->less, by_thickness->contents_less);
      thick = side(by_thickness->more, by_thickness->contents_more);
    }
    // The ends drift with the film that they are made of.
    double ends = model_.at(temperature_).ends_conductance();
    if (drifts && std::isfinite(ends))
      ends *= std::pow(model_.at(temperature_ + drift_step).ends_conductance() / ends, drift_ / drift_step);
    const double squares = model_.device().gate_width / model_.device().gate_length;
    const std::size_t devices = content_.size();
    values_.resize(devices);
    // Lognormal, so that no noise makes a reading negative.
    const double spread = std::sqrt(std::log1p(chance_.reading_noise * chance_.reading_noise));
    const auto work = [&](std::size_t i) {
      const double at = std::clamp(static_cast<double>(content_[i]), 0.0, 1.0) * (conductance_nodes - 1);
      const auto node = std::min(static_cast<std::size_t>(at), conductance_nodes - 2);
      const double share = at - static_cast<double>(node);
      double value = (1 - share) * cold[node] + share * cold[node + 1];
      if (drifts) value += drift_ / drift_step * ((1 - share) * warm[node] + share * warm[node + 1] - value);
      if (by_thickness) {
        const double change = (1 - share) * (thick[node] - thin[node]) + share * (thick[node + 1] - thin[node + 1]);
        value += log_thickness_[i] / by_thickness->step * change;
      }
      const double gated = std::exp(value) * squares, own_ends = ends * differences_.thickness[i];
      double conductance = std::max(differences_.area[i] / (1 / gated + 1 / own_ends), least_conductance);
      if (spread > 0) {
        RandomStream random(seed_, "reading", reading_number_ * devices + i);
        conductance *= std::exp(spread * random.normal() - spread * spread / 2);
      }
      values_[i] = conductance;
    };
    const std::size_t blocks = (devices + devices_a_block - 1) / devices_a_block;
    const auto read_block = [&](std::size_t block) {
      const std::size_t end = std::min(devices, (block + 1) * devices_a_block);
      for (std::size_t i = block * devices_a_block; i < end; ++i) work(i);
    };
    if (blocks == 1)
      read_block(0);
    else
      threads_.for_each(blocks, read_block);
    ++reading_number_;
    double sum = 0, squares_sum = 0;
    for (const double g : values_) sum += g;
    reading.conductance = sum / static_cast<double>(devices);
    for (const double g : values_) squares_sum += (g - reading.conductance) * (g - reading.conductance);
    reading.spread = devices > 1 ? std::sqrt(squares_sum / static_cast<double>(devices - 1)) : 0;
    const CompactTable& table = model_.at(temperature_);
    const double sheet_density = table.hall_sheet_density(std::log(mean_content()), seen_);
    reading.hall_density = sheet_density / model_.device().channel_thickness;
    reading.hall_mobility = std::exp(table.log_sheet_conductance(std::log(mean_content()), seen_)) /
                            (constants::elementary_charge * sheet_density);
    const auto [low, high] = std::ranges::minmax(values_);
    reading.low = low, reading.high = high;
    if (devices > 1 && devices <= most_devices_kept) reading.each = values_;
  }

 public:
  /// Ions that make u = 1, for the counting statistics; the coordinate has to be even.
  void set_ions(double ions) { ions_ = ions; }

 private:
  const Family& family_;
  const CompactModel& model_;
  Coordinate coordinate_;
  Chance chance_;
  Differences differences_;
  std::uint64_t seed_;
  ThreadPool& threads_;
  RandomStream drift_random_;
  std::vector<double> log_thickness_;
  std::vector<float> content_, unworn_, effective_time_;
  float lowest_ = 0, highest_ = 0;
  const CachedField* timed_field_ = nullptr;  ///< what `effective_time_` is of, when the mean u was `timed_at_`
  double timed_at_ = 0, longest_time_ = 0;
  DoubleLayer double_layer_;
  double temperature_ = 300, seen_ = 0, drift_ = 0, width_ = -1, ions_ = 0;
  double strong_pulses_ = 0, first_onset_ = 0;
  std::uint64_t pulse_number_ = 0, reading_number_ = 0;
  std::map<FieldKey, Train> trains_;
  const Train* train_ = nullptr;
  const FollowedPath* last_path_ = nullptr;  ///< of the pulse given last, while its train goes on
  double class_of_train_ = 0;
  bool repeats_ = false;  ///< the train has come to where its pulses are all alike
  std::size_t given_of_train_ = 0;
  std::map<std::array<double, 3>, std::vector<double>> conductances_;
  std::vector<double> values_;
};

std::pair<double, double> gate_range(const Protocol& protocol) {
  double low = 0, high = 0;
  const auto see = [&](double v) { low = std::min(low, v), high = std::max(high, v); };
  for (const ProtocolStep& step : protocol.steps) {
    if (const auto* s = std::get_if<PulseTrainStep>(&step.what)) see(s->voltage);
    if (const auto* s = std::get_if<SweepStep>(&step.what))
      for (const double v : s->corners) see(v);
    if (const auto* s = std::get_if<RetentionStep>(&step.what)) see(s->voltage);
    if (const auto* s = std::get_if<EnduranceStep>(&step.what)) see(s->up.voltage), see(s->down.voltage);
  }
  // Room for a double layer that is thrown beyond zero by the other direction's step.
  return {low - 0.2 * (high - low) - 0.05, high + 0.2 * (high - low) + 0.05};
}

/// The device's content at the beginning, 1/m^2.
double start_content(const Device& device) { return device.gated_vacancy_density * device.channel_thickness; }

Chance chance_of(const Protocol& protocol, const Chance& given) {
  Chance c = given;
  if (!protocol.noise) {  // devices still differ
    c.counting = false;
    c.temperature_drift = c.reading_noise = 0;
  }
  const PopulationChoice& p = protocol.population;
  if (p.devices == 1) c.thickness_spread = c.area_spread = c.barrier_spread = c.wear_onset_spread = 0;
  if (p.thickness_spread) c.thickness_spread = *p.thickness_spread;
  if (p.area_spread) c.area_spread = *p.area_spread;
  if (p.barrier_spread) c.barrier_spread = *p.barrier_spread;
  return c;
}

/// The gate's leakage at each reading, and its energy in the pulse before it.
void add_leakage(const Protocol& protocol, const RunOptions& options, RunResult& result) {
  for (RunReading& r : result.readings) {
    r.gate_current = leakage_current(options.constants, options.device, r.gate, r.temperature);
    const auto& step = protocol.steps[r.step].what;
    const PulseTrainStep* train = std::get_if<PulseTrainStep>(&step);
    if (const auto* cycles = std::get_if<EnduranceStep>(&step)) train = r.down ? &cycles->down : &cycles->up;
    if (train != nullptr) r.energy = std::abs(r.gate * r.gate_current) * train->width;
  }
}

/// Below, the double layer is frozen, which the compact model takes to be at rest between pulses.
void check_double_layer(const Protocol& protocol, const RunOptions& options) {
  constexpr double coldest = 180;  // K
  constexpr double slowest = 1e4;  // s
  double least = protocol.temperature;
  for (const ProtocolStep& step : protocol.steps)
    if (const auto* change = std::get_if<TemperatureStep>(&step.what)) least = std::min(least, change->temperature);
  if (least < coldest)
    throw InvalidInput("{}: {:g} K; the compact model holds from {:g} K on: expected that, or --model full",
                       protocol.source, least, coldest);
  const double tau = QuasiSteadyStack(options.constants, options.device, least).double_layer_time();
  if (!(tau <= slowest))
    throw InvalidInput(
        "{}: at {:g} K the double layer takes {:.3g} s to charge; the compact model holds up to {:g} s: expected an "
        "electrolyte that conducts better, or --model full",
        protocol.source, least, tau, slowest);
}

}  // namespace

RunResult run_compact(const Protocol& protocol, const RunOptions& options, ThreadPool& threads) {
  validate(options.constants, options.device);
  check_gate_voltages(protocol, breakdown_voltage(options.constants, options.device));
  check_double_layer(protocol, options);
  const Chance chance = chance_of(protocol, options.chance);
  const double start = start_content(options.device);

  // The contents that the protocol visits, by the average device and ones as far from it as there are.
  CompactRange range;
  std::tie(range.gate_low, range.gate_high) = gate_range(protocol);
  double lowest = 0, highest = 0;
  for (double reach = 8;; reach *= 4) {
    range.content_low = start / reach;
    range.content_high =
        std::min(start * reach, 0.9 * options.constants.channel_site_density * options.device.channel_thickness);
    const Family wide = make_family(options, range, chance, threads);
    const Coordinate scout{range.content_low, range.content_high, true};
    const double barrier = 3 * chance.barrier_spread, thick = std::exp(3 * chance.thickness_spread);
    Differences few = alike(5, chance.wear_onset);
    few.barrier = {0, barrier, barrier, -barrier, -barrier};
    few.thickness = {1, thick, 1 / thick, thick, 1 / thick};
    Chance quiet = no_chance();
    quiet.wear_onset = chance.wear_onset, quiet.wear_scale = chance.wear_scale;
    Population scouts(wide, scout, quiet, few, start, protocol.seed, threads);
    RunResult seen;
    walk(protocol, scouts.operations(), few.barrier.size(), seen);
    if (seen.interrupted) {  // nothing of the user's devices yet
      RunResult nothing;
      nothing.interrupted = true;
      return nothing;
    }
    lowest = scout.content(static_cast<double>(scouts.lowest()));
    highest = scout.content(static_cast<double>(scouts.highest()));
    // A film that fills up stays at its fullest in a wider range too.
    const bool fullest = range.content_high < start * reach;
    const bool inside = scouts.lowest() > 0.02F && (fullest || scouts.highest() < 0.98F);
    if (inside || reach > 1e4) break;
  }
  const double margin = 0.1 * (highest - lowest) + 0.02 * start;
  const double full = options.constants.channel_site_density * options.device.channel_thickness;
  range.content_low = std::min(std::max(lowest - margin, lowest / 2), 0.95 * full);
  range.content_high = std::min(highest + margin, 0.97 * full);
  const Family family = make_family(options, range, chance, threads);

  const Coordinate coordinate{range.content_low, range.content_high, false};
  Population population(family, coordinate, chance, drawn(chance, protocol.population.devices, protocol.seed), start,
                        protocol.seed, threads);
  population.set_ions((range.content_high - range.content_low) * options.device.gate_length *
                      options.device.gate_width);
  RunResult result;
  result.simd = pulse_kernel_target();
  walk(protocol, population.operations(), protocol.population.devices, result);
  add_leakage(protocol, options, result);
  result.content_low = coordinate.content(static_cast<double>(population.lowest()));
  result.content_high = coordinate.content(static_cast<double>(population.highest()));
  result.beyond_tables = highest > 0.95 * full || population.lowest() <= 0 || population.highest() >= 1;
  return result;
}

namespace {

/// The full model as the compact one has it at the beginning: nothing is known of what was before, so its double layer
/// has settled at 0 V and 300 K, and its content is the device's.
FullModel rested_model(const RunOptions& options) {
  constexpr double kelvin = 300, longest = 1e6;  // s: an electrolyte that insulates has no double layer to wait for
  FullModel model(options.constants, options.device, options.accuracy);
  const double tau = QuasiSteadyStack(options.constants, options.device, kelvin).double_layer_time();
  const double content = model.read().channel_vacancies;
  model.hold(0, std::min(2e4 * tau, longest), kelvin);
  model.move_into_channel(content - model.read().channel_vacancies);
  return model;
}

}  // namespace

RunResult run_full(const Protocol& protocol, const RunOptions& options) {
  if (protocol.population.devices > 1)
    throw InvalidInput("{}: the full model runs one device, the population has {}", protocol.source,
                       protocol.population.devices);
  validate(options.constants, options.device);
  check_gate_voltages(protocol, breakdown_voltage(options.constants, options.device));
  FullModel model = rested_model(options);
  double temperature = protocol.temperature;
  const auto pulses = [&](const PulseTrainStep& train, std::size_t count) {
    for (std::size_t i = 0; i < count && !interrupt_requested(); ++i) {
      model.hold(train.voltage, train.width, temperature);
      model.hold(0, std::max(train.rest, 1e-9), temperature);  // a device is read at zero volts
    }
  };
  const auto ramp = [&](double from, double to, double seconds) {
    constexpr int parts = 8;  // a ramp as a staircase
    for (int k = 0; k < parts; ++k) model.hold(from + (to - from) * (k + 0.5) / parts, seconds / parts, temperature);
  };
  const auto hold = [&](double volts, double seconds) { model.hold(volts, seconds, temperature); };
  const auto set_temperature = [&](double kelvin) {
    temperature = kelvin;
    model.set_temperature(kelvin);
  };
  const auto read = [&](RunReading& reading) {
    const Reading r = model.read();
    reading.conductance = reading.low = reading.high = std::max(r.conductance, least_conductance);
    reading.hall_density = r.hall_density, reading.hall_mobility = r.hall_mobility;
  };
  Operations operations{[] {}, pulses, ramp, hold, set_temperature, read, {}};
  if (options.average)
    operations.cycles = [&](const EnduranceStep& s) {
      const auto pulse = [](const PulseTrainStep& t) { return GatePulse{t.voltage, t.width, std::max(t.rest, 1e-9)}; };
      return averaged_cycles(model, pulse_cycle(s.up.count, pulse(s.up), s.down.count, pulse(s.down)), s.cycles,
                             temperature);
    };
  RunResult result;
  walk(protocol, operations, 1, result);
  add_leakage(protocol, options, result);
  return result;
}

namespace {

std::size_t last_endurance(const Protocol& protocol) {
  std::size_t found = protocol.steps.size();
  for (std::size_t i = 0; i < protocol.steps.size(); ++i)
    if (std::holds_alternative<EnduranceStep>(protocol.steps[i].what)) found = i;
  return found;
}

}  // namespace

CycleSpread cycle_spread(const Protocol& protocol, const RunResult& result, std::size_t pulse) {
  const std::size_t step = last_endurance(protocol);
  std::map<std::size_t, std::vector<double>> by_pulse;
  if (step < protocol.steps.size()) {
    const std::size_t up = std::get<EnduranceStep>(protocol.steps[step].what).up.count;
    for (const RunReading& r : result.readings)
      if (r.step == step) by_pulse[r.pulse + (r.down ? up : 0)].push_back(r.conductance);
  }
  const std::size_t cycles = by_pulse.empty() ? 0 : by_pulse.rbegin()->second.size();
  if (cycles < 3) throw InvalidInput("{} recorded cycles, expected three or more for their spread", cycles);
  CycleSpread worst;
  for (const auto& [number, values] : by_pulse) {
    if (pulse != 0 && number != pulse) continue;
    double mean = 0, squares = 0;
    for (const double g : values) mean += g / static_cast<double>(values.size());
    for (const double g : values) squares += (g - mean) * (g - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    if (worst.cycles == 0 || deviation > worst.deviation) worst = {values.size(), number, mean, deviation};
  }
  return worst;
}

std::vector<CycleShare> cycle_shares(const Protocol& protocol, const RunOptions& options, const RunResult& result,
                                     ThreadPool& threads) {
  const std::size_t step = last_endurance(protocol);
  if (!protocol.noise || result.interrupted || step == protocol.steps.size()) return {};
  const auto& endurance = std::get<EnduranceStep>(protocol.steps[step].what);
  if ((endurance.cycles - 1) / endurance.record_every + 1 < 3) return {};
  std::vector<CycleShare> shares{{"all", cycle_spread(protocol, result), 1}};
  Protocol quiet = protocol;
  quiet.noise = false;
  const RunResult without = run_compact(quiet, options, threads);
  double sum = 0;
  const auto add = [&](const char* cause, const RunResult& run) {
    CycleShare one{cause, cycle_spread(protocol, run, shares.front().spread.pulse), 0};
    one.share = one.spread.deviation * one.spread.deviation;
    sum += one.share;
    shares.push_back(one);
  };
  if (without.interrupted) return {};
  add("state", without);
  const Chance& c = options.chance;
  for (const char* cause : {"counting of ions", "temperature", "reading"}) {
    RunOptions alone = options;
    const std::string_view which = cause;
    alone.chance.counting = c.counting && which == "counting of ions";
    alone.chance.temperature_drift = which == "temperature" ? c.temperature_drift : 0;
    alone.chance.reading_noise = which == "reading" ? c.reading_noise : 0;
    RunResult run = run_compact(protocol, alone, threads);
    if (run.interrupted || run.readings.size() != without.readings.size()) return {};
    for (std::size_t i = 0; i < run.readings.size(); ++i)
      run.readings[i].conductance -= without.readings[i].conductance;
    add(cause, run);
  }
  for (std::size_t i = 1; i < shares.size(); ++i) shares[i].share /= sum > 0 ? sum : 1;
  return shares;
}

}  // namespace ecram::device
