// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/double_layer.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "ecram/device/stack.h"

namespace ecram::device {
namespace {

constexpr double long_enough = 2e4;  // time constants: the lag then changes a pulse by less than 1 %
constexpr double repeats = 2e-4;     // V between the beginnings of pulses that count as alike
constexpr int samples_a_hold = 14;
constexpr double least_move = 3e-6;  // of the content: less is not told from the full model's own error
constexpr double most_speed_up = 5;

constexpr double gauss_x[] = {0.0694318442029737, 0.3300094782075719, 0.6699905217924281, 0.9305681557970263};
constexpr double gauss_w[] = {0.1739274225687269, 0.3260725774312731, 0.3260725774312731, 0.1739274225687269};

void add_line(FollowedPath& path, double from, double to, double seconds) {
  for (int k = 0; k < 4; ++k) path.samples.push_back({from + (to - from) * gauss_x[k], gauss_w[k] * seconds});
}

/// How much faster the field has to be for a device to come from u = begin to end; 1 where no number in reach does
/// that.
double speed_up(const TransferField& field, double begin, double end, double seconds) {
  if (!(begin > 0 && begin < 1)) return 1;
  const auto goes_too_far = [&](double speed) {
    const double reached = cross_cells(field, begin, speed * seconds).content;
    return end > begin ? reached > end : reached < end;
  };
  double low = 1 / most_speed_up, high = most_speed_up;
  if (goes_too_far(low) || !goes_too_far(high)) return 1;
  for (int i = 0; i < 50; ++i) {
    const double middle = std::sqrt(low * high);
    (goes_too_far(middle) ? high : low) = middle;
  }
  return std::sqrt(low * high);
}

}  // namespace

void DoubleLayer::settle(double volts) {
  followed_ = resting_at_ = volts;
  resting_ = true;
}

void DoubleLayer::assume(const FollowedPath& pulse) {
  if (pulse.vacancies.empty()) return settle(pulse.end);
  full_->set_vacancies(pulse.vacancies);
  followed_ = pulse.end;
  resting_ = false;
}

double DoubleLayer::voltage_of(double temperature, const Reading& reading) const {
  return model_.at(temperature).gate_of_charge(std::log(reading.channel_vacancies), reading.double_layer_charge);
}

/// Puts the average device's content into the full model.
namespace {

/// Brings a channel's vacancies per area in each cell to a sum, in proportion, no cell beyond its sites.
void fill_to(std::span<double> vacancies, std::span<const double> width, double sites, double content) {
  constexpr double fullest = 0.995;
  for (int round = 0; round < 50; ++round) {
    double free = 0, full = 0;  // in cells that may take more, and in the others
    const auto is_full = [&](std::size_t i) { return vacancies[i] >= fullest * sites * width[i] * (1 - 1e-9); };
    for (std::size_t i = 0; i < vacancies.size(); ++i) (is_full(i) && round > 0 ? full : free) += vacancies[i];
    if (std::abs(free + full - content) < 1e-12 * content || !(free > 0)) return;
    for (std::size_t i = 0; i < vacancies.size(); ++i)
      if (round == 0 || !is_full(i))
        vacancies[i] = std::min(vacancies[i] * (content - full) / free, fullest * sites * width[i]);
  }
}

}  // namespace

void DoubleLayer::prepare(double temperature, double content) {
  const bool fresh = !full_;
  if (fresh) full_.emplace(model_.material(), model_.device(), Accuracy{.relative = 1e-7});
  auto vacancies = full_->vacancies();
  const Stack stack = make_stack(model_.material(), model_.device());
  fill_to(std::span(vacancies).subspan(stack.electrolyte_cells, stack.cells() - stack.electrolyte_cells),
          std::span(stack.width).subspan(stack.electrolyte_cells), model_.material().channel_site_density, content);
  full_->set_vacancies(vacancies);
  const double tau = model_.at(temperature).double_layer_time();
  if (resting_ || fresh) full_->hold(resting_at_, 200 * tau, temperature);
  resting_ = false;
}

FollowedPath DoubleLayer::followed_by_full_model(double temperature, double volts, double seconds) {
  FollowedPath path;
  const double tau = model_.at(temperature).double_layer_time();
  // Even steps of the logarithm from a small part of a time constant on.
  const double first = std::min(0.1 * tau, seconds / samples_a_hold);
  double done = 0, before = followed_;
  path.content_before = full_->read().channel_vacancies;
  for (int k = 0; k < samples_a_hold; ++k) {
    const double until = k + 1 == samples_a_hold
                             ? seconds
                             : first * std::pow(seconds / first, static_cast<double>(k) / (samples_a_hold - 1));
    if (!(until > done * (1 + 1e-9))) continue;
    full_->hold(volts, until - done, temperature);
    const double now = voltage_of(temperature, full_->read());
    add_line(path, before, now, until - done);
    before = now;
    done = until;
  }
  path.end = followed_ = before;
  const Reading last = full_->read();
  path.content_after = last.channel_vacancies;
  path.seen = model_.at(temperature).gate_of_conductance(std::log(last.channel_vacancies), last.sheet_conductance);
  return path;
}

std::vector<FollowedPath> DoubleLayer::train(double temperature, double content, double volts, double width,
                                             double rest, std::size_t pulses) {
  const double tau = model_.at(temperature).double_layer_time();
  if (width >= long_enough * tau && rest >= long_enough * tau) {
    FollowedPath path;
    path.samples.push_back({volts, width});
    path.samples.push_back({0, rest});
    path.end = 0;
    settle(0);
    return {path};
  }
  prepare(temperature, content);
  std::vector<FollowedPath> paths;
  for (std::size_t i = 0; i < std::min(pulses, most_pulses_followed); ++i) {
    const double begin = followed_;
    FollowedPath path = followed_by_full_model(temperature, volts, width);
    const FollowedPath tail = followed_by_full_model(temperature, 0, std::max(rest, 1e-3 * tau));
    path.samples.insert(path.samples.end(), tail.samples.begin(), tail.samples.end());
    path.end = tail.end;
    path.seen = tail.seen;
    path.content_after = tail.content_after;
    path.vacancies = full_->vacancies();
    paths.push_back(std::move(path));
    if (std::abs(followed_ - begin) < repeats) break;
  }
  return paths;
}

FollowedPath DoubleLayer::hold(double temperature, double content, double volts, double seconds) {
  const double tau = model_.at(temperature).double_layer_time();
  const bool already_there = resting_ && resting_at_ == volts;
  if (already_there) {
    FollowedPath path;
    path.samples.push_back({volts, seconds});
    path.end = path.seen = volts;
    return path;
  }
  prepare(temperature, content);
  const double followed_for = std::min(seconds, long_enough * tau);
  FollowedPath path = followed_by_full_model(temperature, volts, followed_for);
  if (seconds > followed_for) {
    path.samples.push_back({volts, seconds - followed_for});
    path.content_before = path.content_after = 0;
  }
  if (seconds >= long_enough * tau) settle(volts);
  path.end = followed_;
  if (resting_) path.seen = volts;
  return path;
}

FollowedPath DoubleLayer::ramp(double temperature, double content, double from, double to, double seconds) {
  const double tau = model_.at(temperature).double_layer_time();
  FollowedPath path;
  if (seconds >= 1000 * tau) {
    add_line(path, from, to, seconds);
    settle(to);
    path.end = path.seen = to;
    return path;
  }
  constexpr int stairs = 4;
  for (int k = 0; k < stairs; ++k) {
    const FollowedPath stair = hold(temperature, content, from + (to - from) * (k + 0.5) / stairs, seconds / stairs);
    path.samples.insert(path.samples.end(), stair.samples.begin(), stair.samples.end());
    path.end = stair.end;
    path.seen = stair.seen;
  }
  return path;
}

TransferField path_field(const CompactModel& model, double temperature, const Coordinate& coordinate,
                         const FollowedPath& path, double seconds, std::size_t cells) {
  const CompactTable& table = model.at(temperature);
  TransferField field;
  for (std::size_t i = 0; i <= cells; ++i) {
    const double content = coordinate.content(static_cast<double>(i) / static_cast<double>(cells));
    double net = 0, both = 0;
    for (const auto& s : path.samples) {
      const auto rates = table.rates(std::log(content), s.gate);
      net += s.seconds * (rates.into_channel - rates.out_of_channel);
      both += s.seconds * (rates.into_channel + rates.out_of_channel);
    }
    const double scale = coordinate.slope(content) / seconds;
    field.velocity.push_back(static_cast<float>(net * scale));
    field.activity.push_back(std::max(static_cast<float>(both * scale), std::abs(field.velocity.back())));
  }
  return field;
}

double path_speed(const TransferField& field, const Coordinate& coordinate, const FollowedPath& path, double seconds) {
  const double moved = path.content_after - path.content_before;
  if (!(std::abs(moved) > least_move * path.content_before)) return 1;
  return speed_up(field, coordinate.of(path.content_before), coordinate.of(path.content_after), seconds);
}

}  // namespace ecram::device
