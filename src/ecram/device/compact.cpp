// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/compact.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ecram/core/errors.h"
#include "ecram/device/full_model.h"
#include "ecram/device/quasi_steady.h"

namespace ecram::device {
namespace {

constexpr double least = 1e-300;         // what a logarithm is taken of
constexpr double least_against = 1e-10;  // of the greater of two rates: less changes nothing

/// Cubic convolution's four weights at a share t of the way from the second node to the third.
std::array<double, 4> cubic_weights(double t) {
  const double t2 = t * t, t3 = t2 * t;
  return {(-t3 + 2 * t2 - t) / 2, (3 * t3 - 5 * t2 + 2) / 2, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2};
}

/// The four nodes about a position and their weights; beyond the ends the end's node stands for those that are not
/// there.
void nodes_about(double position, std::size_t count, std::size_t nodes[4], double weights[4]) {
  const double at = std::clamp(position, 0.0, static_cast<double>(count - 1));
  const auto cell = std::min(static_cast<std::size_t>(at), count - 2);
  const auto w = cubic_weights(at - static_cast<double>(cell));
  std::copy(w.begin(), w.end(), weights);
  nodes[0] = cell == 0 ? 0 : cell - 1;
  nodes[1] = cell;
  nodes[2] = cell + 1;
  nodes[3] = std::min(cell + 2, count - 1);
  // A straight line through the end instead of a repeated node.
  if (cell == 0) weights[1] += 2 * weights[0], weights[2] -= weights[0], weights[0] = 0;
  if (cell + 2 == count) weights[2] += 2 * weights[3], weights[1] -= weights[3], weights[3] = 0;
}

}  // namespace

CompactTable::CompactTable(const MaterialConstants& constants, const Device& device, const CompactRange& range,
                           double temperature, ThreadPool& threads)
    : low_(std::log(range.content_low)),
      step_((std::log(range.content_high) - low_) / static_cast<double>(range.content_nodes - 1)),
      rows_(range.content_nodes) {
  // Zero volts, where devices are read, is a node.
  gate_step_ = range.gate_step;
  const double below = std::ceil(-range.gate_low / gate_step_ - 1e-9);
  gate_low_ = -below * gate_step_;
  const double all = std::ceil(range.gate_high / gate_step_ - 1e-9) + below;
  columns_ = std::max<std::size_t>(static_cast<std::size_t>(all) + 1, 4);
  const QuasiSteadyStack stack(constants, device, temperature);
  double_layer_time_ = stack.double_layer_time();
  ends_ = ungated_conductance(constants, device, temperature);
  for (auto* values : {&into_, &out_of_, &conductance_, &hall_, &charge_}) values->resize(rows_ * columns_);
  threads.for_each(rows_, [&](std::size_t row) {
    QuasiSteadyStack own = stack;
    const double content = std::exp(low_ + step_ * static_cast<double>(row));
    for (std::size_t column = 0; column < columns_; ++column) {
      const QuasiSteady state = own.solve(content, gate_low_ + gate_step_ * static_cast<double>(column));
      const std::size_t at = row * columns_ + column;
      // The way against the field is soon less than rounding: a cliff of hundreds of decades, which no interpolation
      // would take without ringing.
      const double floor = std::max(least, least_against * std::max(state.into_channel, state.out_of_channel));
      into_[at] = std::log(std::max(state.into_channel, floor));
      out_of_[at] = std::log(std::max(state.out_of_channel, floor));
      conductance_[at] = std::log(std::max(state.sheet_conductance, least));
      hall_[at] = std::log(std::max(state.hall_density, least));
      charge_[at] = state.double_layer_charge;
    }
  });
}

CompactTable::Place CompactTable::place(double log_content, double gate) const {
  Place p;
  nodes_about((log_content - low_) / step_, rows_, p.row, p.by_row);
  nodes_about((gate - gate_low_) / gate_step_, columns_, p.column, p.by_column);
  return p;
}

double CompactTable::interpolate(const std::vector<double>& values, const Place& p) const {
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    const double* row = values.data() + p.row[i] * columns_;
    double along = 0;
    for (int j = 0; j < 4; ++j) along += p.by_column[j] * row[p.column[j]];
    sum += p.by_row[i] * along;
  }
  return sum;
}

CompactTable::Rates CompactTable::rates(double log_content, double gate) const {
  const Place p = place(log_content, gate);
  return {std::exp(interpolate(into_, p)), std::exp(interpolate(out_of_, p))};
}

double CompactTable::log_sheet_conductance(double log_content, double gate) const {
  return interpolate(conductance_, place(log_content, gate));
}

double CompactTable::hall_sheet_density(double log_content, double gate) const {
  return std::exp(interpolate(hall_, place(log_content, gate)));
}

/// Of values that grow with the voltage.
double CompactTable::gate_where(const std::vector<double>& values, double log_content, double wanted) const {
  const Place p = place(log_content, gate_low_);
  std::vector<double> along(columns_, 0.0);
  for (int i = 0; i < 4; ++i)
    for (std::size_t c = 0; c < columns_; ++c) along[c] += p.by_row[i] * values[p.row[i] * columns_ + c];
  // Outwards from zero volts: where the film is depleted the values are flat, and not in order to the last digit.
  const auto node = [&](std::size_t c) { return gate_low_ + gate_step_ * static_cast<double>(c); };
  auto c =
      static_cast<std::size_t>(std::clamp(std::round(-gate_low_ / gate_step_), 0.0, static_cast<double>(columns_ - 1)));
  const auto between = [&](std::size_t low, std::size_t high) {
    const double share = along[high] > along[low] ? (wanted - along[low]) / (along[high] - along[low]) : 0;
    return node(low) + gate_step_ * std::clamp(share, 0.0, 1.0);
  };
  for (; along[c] < wanted; ++c) {
    if (c + 1 == columns_) return node(c);
    if (along[c + 1] >= wanted) return between(c, c + 1);
  }
  for (; along[c] > wanted; --c) {
    if (c == 0) return node(0);
    if (along[c - 1] <= wanted) return between(c - 1, c);
  }
  return node(c);
}

double CompactTable::gate_of_charge(double log_content, double charge) const {
  return gate_where(charge_, log_content, charge);
}

double CompactTable::gate_of_conductance(double log_content, double sheet_conductance) const {
  return gate_where(conductance_, log_content, std::log(std::max(sheet_conductance, least)));
}

CompactModel::CompactModel(const MaterialConstants& constants, const Device& device, const CompactRange& range,
                           ThreadPool& threads)
    : constants_(constants), device_(device), range_(range), threads_(&threads) {
  validate(constants);
  validate(device);
  if (!(range.content_low > 0) || !(range.content_high > range.content_low) || !(range.gate_high > range.gate_low) ||
      range.content_nodes < 4 || !(range.gate_step > 0))
    throw InvalidInput("a compact model from {:.4g} to {:.4g} vacancies a square metre and {:.4g} to {:.4g} V is empty",
                       range.content_low, range.content_high, range.gate_low, range.gate_high);
}

const CompactTable& CompactModel::at(double temperature) const {
  auto& table = tables_[temperature];
  if (!table) table = std::make_unique<CompactTable>(constants_, device_, range_, temperature, *threads_);
  return *table;
}

double CompactModel::conductance(double content, double gate, double temperature) const {
  const CompactTable& table = at(temperature);
  const double gated =
      std::exp(table.log_sheet_conductance(std::log(content), gate)) * device_.gate_width / device_.gate_length;
  return 1 / (1 / gated + 1 / table.ends_conductance());
}

double Coordinate::content(double u) const {
  return logarithmic ? low * std::pow(high / low, u) : low + u * (high - low);
}

double Coordinate::of(double content) const {
  return logarithmic ? std::log(content / low) / std::log(high / low) : (content - low) / (high - low);
}

double Coordinate::slope(double content) const {
  return logarithmic ? 1 / (content * std::log(high / low)) : 1 / (high - low);
}

}  // namespace ecram::device
