// SPDX-License-Identifier: Apache-2.0
#include "ecram/analysis/hall/hall_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/fit/model_choice.h"
#include "ecram/signal/spikes.h"

namespace ecram::analysis {
namespace {

using constants::infinity;

/// Of a record: with fewer there is nothing to fit.
constexpr std::ptrdiff_t least_in_a_record = 8;

Eigen::Index size_of(const std::vector<double>& values) { return static_cast<Eigen::Index>(values.size()); }

Eigen::Map<const Eigen::VectorXd> vector(const std::vector<double>& values) { return {values.data(), size_of(values)}; }

/// Akaike's criterion, for noise of a colour that is the same for all candidates.
double criterion(double residual_square, std::size_t columns, std::size_t samples) {
  return fit::aicc(double(samples) * std::log(residual_square / double(samples)), columns + 1, samples);
}

double residual_square(const signal::Regression& fit) { return fit.white_variance * double(fit.degrees_of_freedom); }

/// Akaike's criterion for each order of the drift, the colour's log determinant apart, from the fit with all of them
/// last.
///
/// @param more  parameters than the columns and the noise's strength
std::vector<double> drift_criteria(const signal::Regression& full, int most, std::size_t more) {
  const auto columns = static_cast<std::size_t>(full.coefficient.size());
  std::vector<double> all(static_cast<std::size_t>(most) + 1);
  double square = residual_square(full);
  for (int k = most; k >= 0; --k) {
    const std::size_t left = columns - static_cast<std::size_t>(most - k);
    all[static_cast<std::size_t>(k)] = criterion(square, left + more, full.degrees_of_freedom + columns);
    square += full.explained[left - 1];
  }
  return all;
}

/// What stands out of the readings at the same level of the current: those of a current that is reversed from one to
/// the next all stand out of their neighbours.
std::vector<char> spikes_within(const CurrentLevels& levels, const std::vector<double>& values, int reach,
                                double limit) {
  if (levels.level.empty()) return signal::spikes(values, reach, limit);
  std::vector<char> found(values.size());
  for (std::size_t level = 0; level < static_cast<std::size_t>(levels.count); ++level) {
    std::vector<std::size_t> rows;
    std::vector<double> own;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (levels.level[i] == level) rows.push_back(i), own.push_back(values[i]);
    const std::vector<char> out = signal::spikes(own, reach, limit);
    for (std::size_t k = 0; k < rows.size(); ++k) found[rows[k]] = out[k];
  }
  return found;
}

/// HallReadings whose bin stands out of those within a turn on either side by more than seven robust standard
/// deviations, and by more than one and a half steps of the converter: a burst that is shorter than a turn. None where
/// bins are too few to say what is usual.
///
/// @param r         those rejected have no say
/// @param residual  V, of each reading
std::vector<char> disturbed_readings(const HallReadings& r, const std::vector<double>& residual, const Rotation& turn,
                                     double bins_per_period) {
  constexpr std::size_t least_bins = 60;
  constexpr double most = 7;
  std::vector<double> apart, count;
  std::vector<std::size_t> bin_of(r.time.size());
  double last = -1;
  for (std::size_t i = 0; i < r.time.size(); ++i) {
    if (r.rejected[i] != 0) continue;
    const double bin = std::floor((r.time[i] - r.time.front()) * turn.frequency * bins_per_period + 1e-9);
    if (bin != last) apart.push_back(0), count.push_back(0);
    last = bin;
    apart.back() += residual[i];
    count.back() += 1;
    bin_of[i] = apart.size() - 1;
  }
  std::vector<char> found(r.time.size());
  if (apart.size() < least_bins) return found;
  for (std::size_t b = 0; b < apart.size(); ++b) apart[b] /= std::sqrt(count[b]);  // all with noise of a reading
  const std::vector<double> usual =
      signal::running_median(apart, static_cast<int>(std::clamp(bins_per_period, 8.0, 40.0)));
  for (std::size_t b = 0; b < apart.size(); ++b) apart[b] = std::abs(apart[b] - usual[b]);
  double largest = 0;
  for (std::size_t i = 0; i < r.time.size(); ++i)
    if (r.rejected[i] == 0) largest = std::max(largest, std::abs(r.voltage_xy[i]));
  // What rounding leaves of readings without noise has a pattern, but is no disturbance.
  const double limit = std::max(most * signal::robust_scale(apart), 1e-9 * largest);
  if (!(limit > 0) || *std::max_element(apart.begin(), apart.end()) <= limit) return found;
  std::vector<double> kept;
  for (std::size_t i = 0; i < r.time.size(); ++i)
    if (r.rejected[i] == 0) kept.push_back(r.voltage_xy[i]);
  const double step = converter_step(kept);
  for (std::size_t i = 0; i < r.time.size(); ++i)
    if (const std::size_t b = bin_of[i];
        r.rejected[i] == 0 && apart[b] > limit && apart[b] > 1.5 * step * std::sqrt(count[b]))
      found[i] = 1;
  return found;
}

/// A: by how much the current changes within a bin, from one reading to the next in the median.
double change_within(const HallReadings& readings, const Bins& bins) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < readings.current.size(); ++i)
    steps.push_back(readings.current[i] - readings.current[i - 1]);
  return signal::robust_scale(std::move(steps)) * double(readings.time.size()) / double(bins.time.size());
}

/// Where the current was not switched between levels: its smooth part, if what it does beside that is no more than the
/// noise of its readings. Sets `modulated` if it is more, a fifth of the mean at least.
///
/// @param current_scale  A, of the record that this one goes with; 0: it is that record
void smooth_current(Block& block, const CurrentLevels& levels, int most_order, double current_scale) {
  const Smooth s = smooth(block.polynomials.leftCols(most_order + 1), block.bins.current);
  const double magnitude = mean_magnitude(block.bins.current);
  std::vector<double> deviation(block.bins.current);
  double square = 0;
  for (std::size_t i = 0; i < deviation.size(); ++i) {
    deviation[i] -= s.values[i];
    square += levels.reading_noise * levels.reading_noise / block.bins.weight[i] / double(deviation.size());
  }
  const double apart = signal::robust_scale(deviation);
  // What scatters by more than its own mean is no steady current, however it jumps from reading to reading: but it may
  // be the meter's noise at none.
  block.modulated = (apart * apart > square + 0.04 * magnitude * magnitude && apart > 1.5 * std::sqrt(square)) ||
                    (current_scale == 0 && apart > std::abs(mean(s.values)) && apart > 0.5 * magnitude);
  if (block.modulated) {
    // The readings are the regressor, bin by bin: their noise makes slope and resistance too small by this share.
    block.current = block.bins.current;
    block.current_noise = std::sqrt(square);
    block.current_error = square / (vector(block.current).squaredNorm() / double(deviation.size()));
  } else {
    block.current = s.values;
    block.current_error = std::hypot(s.mean_error, levels.rounding) / std::abs(mean(s.values));
  }
}

/// Nearly every reading of V_xy is at one of these limits, or within its noise of it.
[[noreturn]] void refuse_limits(const std::vector<Limit>& limits) {
  if (limits.size() > 1)
    throw InvalidInput(
        "V_xy stands at the end of its range nearly everywhere ({:.4g} or {:.4g} V), or its steps of {:.2g} V are "
        "coarser than the signal; expected a wider range or finer steps",
        limits[1].value, limits[0].value, limits[0].step);
  throw InvalidInput(
      "V_xy stands at the end of its range ({:.4g} V), or within its noise of it, nearly everywhere; expected a wider "
      "range",
      limits[0].value);
}

}  // namespace

double criterion(const signal::Regression& fit) {
  const auto p = static_cast<std::size_t>(fit.coefficient.size());
  return criterion(residual_square(fit), p, fit.degrees_of_freedom + p);
}

int best_drift_order(const HallModel& model, const signal::WhitenedModel& whitened, int most, bool with_longitudinal) {
  std::vector<double> all;
  if (model.drift.size() > 1) {
    for (int k = 0; k <= most; ++k)
      stop_if_interrupted(), all.push_back(criterion(whitened.fit(model.columns(k, with_longitudinal))));
  } else {
    all = drift_criteria(whitened.fit(model.columns(most, with_longitudinal)), most, 0);
  }
  // Of equals the highest.
  return most - static_cast<int>(std::min_element(all.rbegin(), all.rend()) - all.rbegin());
}

int drift_order_in_any_colour(const HallModel& model, const std::vector<double>& rates, int most) {
  std::vector<signal::NoiseColour> colours{{}};
  for (int k = 0; k < 10; ++k) colours.push_back({0.003 * std::pow(4.0, k), 0});
  for (int k = 0; k < 5; ++k) colours.push_back({0, 0.05 * std::pow(16.0, k)});
  // Akaike's 2 for a parameter would have every third record's noise for drift; this is Schwarz's ln n for n = 600.
  constexpr double more_than_akaike = 4.4;
  int order = 0;
  double best = infinity;
  for (const signal::NoiseColour& colour : colours) {
    stop_if_interrupted();
    const signal::WhitenedModel whitened(model.linear(), rates, colour);
    const auto all = drift_criteria(whitened.fit(model.columns(most)), most, colour.flicker + colour.brown > 0 ? 1 : 0);
    for (int k = 0; k <= most; ++k)
      if (const double c = all[static_cast<std::size_t>(k)] + whitened.log_determinant() + k * more_than_akaike;
          c < best)
        best = c, order = k;
  }
  return order;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

double mean_magnitude(std::span<const double> values) {
  double sum = 0;
  for (double v : values) sum += std::abs(v);
  return sum / double(values.size());
}

int most_drift_order(const Rotation& turn, int wanted) {
  return std::clamp(static_cast<int>(turn.periods) - 1, 1, std::max(1, wanted));
}

Block make_block(Bins bins, const Rotation& turn, const HallOptions& options, double current_scale,
                 const CurrentLevels& levels) {
  Block block;
  block.turn = turn;
  block.reference = reference(bins.time, bins.field, turn);
  const bool noisy = block.reference.left_noise > 0;
  block.field2 = bins.field2;
  // The noise would not average out of a square.
  if (noisy) std::ranges::transform(block.reference.smooth, block.field2.begin(), [](double b) { return b * b; });
  block.rc_time = options.rc_time;
  block.field = noisy ? block.reference.smooth : bins.field;
  block.rate = block.reference.rate;
  for (auto* column : {&block.field, &block.field2, &block.rate})
    *column = lagged(bins.time, *column, options.rc_time, turn);
  // What is gone before the second bin needs no column.
  if (options.rc_time > 0.2 * (bins.time[1] - bins.time[0])) block.restarts = lag_restarts(bins.time, turn);
  block.polynomials = legendre(bins.time, most_drift_order(turn, options.most_drift_order));
  block.bins = std::move(bins);

  const int most_order = std::min(4, static_cast<int>(block.polynomials.cols()) - 1);
  block.levels = levels.count;
  if (levels.count > 1) {
    block.current = block.bins.current;
    block.current_error = levels.error;
    block.level_limits = levels.limits;
    block.level_errors = levels.errors;
    const Smooth s = smooth(block.polynomials.leftCols(most_order + 1), block.current);
    std::vector<double> deviation(block.current);
    for (std::size_t i = 0; i < deviation.size(); ++i) deviation[i] -= s.values[i];
    const auto positive = std::count_if(block.current.begin(), block.current.end(), [](double i) { return i > 0; });
    const double share = double(positive) / double(block.current.size()), magnitude = mean_magnitude(block.current);
    block.modulated = (share > 0.05 && share < 0.95) || signal::robust_scale(deviation) > 0.2 * magnitude;
  } else {
    smooth_current(block, levels, most_order, current_scale);
  }
  if (mean_magnitude(block.current) <= 0.02 * current_scale) {
    block.no_current = true;
    block.modulated = false;
    block.current.assign(block.bins.time.size(), 0.0);
    block.current_error = block.current_noise = 0;
    block.level_limits.clear();
    block.level_errors.clear();
  }
  block.mean_field2 = mean(block.field2);
  return block;
}

std::vector<Eigen::Index> HallModel::columns(int drift_order, bool with_longitudinal) const {
  std::vector<Eigen::Index> all(separated ? 5 : 3);
  std::iota(all.begin(), all.end(), Eigen::Index{0});
  if (with_longitudinal) all.push_back(longitudinal);
  for (const auto& block : lines) all.insert(all.end(), block.begin(), block.end());
  for (const auto& block : thermal) all.insert(all.end(), block.begin(), block.end());
  for (const auto& block : fading) all.insert(all.end(), block.begin(), block.end());
  for (const auto& block : drift) all.insert(all.end(), block.begin(), block.begin() + drift_order + 1);
  return all;
}

HallModel hall_model(const std::vector<Block>& blocks, int drift_order, bool separated, bool candidates) {
  HallModel m;
  m.separated = separated;
  Eigen::Index rows = 0, columns = separated ? 5 : 3;
  bool along = false;
  for (const Block& block : blocks) {
    rows += size_of(block.bins.time);
    m.drift.emplace_back();
    m.thermal.emplace_back();
    m.lines.emplace_back();
    m.fading.emplace_back();
    for (int k = 0; k <= drift_order; ++k) m.drift.back().push_back(columns++);
    if (block.modulated) m.thermal.back() = {columns, columns + 1};
    columns += block.modulated ? 2 : 0;
    for (std::size_t k = 0; k < 2 * block.lines.size(); ++k) m.lines.back().push_back(columns++);
    const bool late = block.modulated && !block.restarts.empty();
    for (std::size_t k = 0; k < block.restarts.size() + (late ? 1 : 0); ++k) m.fading.back().push_back(columns++);
    along = along || (candidates && !block.bins.voltage_xx.empty() && !block.no_current && !block.modulated);
  }
  if (along) m.longitudinal = columns++;
  if (candidates) m.cubic = columns++;
  m.x.setZero(rows, columns);
  m.y.resize(rows);
  Eigen::Index row = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Block& block = blocks[b];
    const Bins& bins = block.bins;
    const Eigen::Index n = size_of(bins.time);
    m.interval.push_back(infinity);
    m.interval.insert(m.interval.end(), bins.interval.begin() + 1, bins.interval.end());
    m.weight.insert(m.weight.end(), bins.weight.begin(), bins.weight.end());
    m.y.segment(row, n) = vector(bins.voltage_xy);

    auto x = m.x.middleRows(row, n);
    const auto current = vector(block.current), field = vector(block.field), rate = vector(block.rate);
    // A changed current comes through the lag with all that it is a factor of; a steady one does not feel it.
    const auto seen = [&](const Eigen::VectorXd& v) -> Eigen::VectorXd {
      if (!block.modulated || !(block.rc_time > 0)) return v;
      const auto late = lagged(bins.time, {v.data(), bins.time.size()}, block.rc_time, block.turn);
      return vector(late);
    };
    // Averages of products, where the current changes within a bin.
    if (block.modulated) {
      x.col(HallModel::hall) = seen(vector(bins.current_field));
      x.col(HallModel::even) = seen(vector(bins.current_field2) - block.mean_field2 * current);
    } else {
      x.col(HallModel::hall) = current.cwiseProduct(field);
      x.col(HallModel::even) = current.cwiseProduct(vector(block.field2)) - block.mean_field2 * current;
    }
    x.col(HallModel::rate) = rate;
    if (separated) {
      x.col(HallModel::pickup) = field;
      x.col(HallModel::lag) = block.modulated ? seen(current.cwiseProduct(vector(block.reference.rate)))
                                              : Eigen::VectorXd(current.cwiseProduct(rate));
    }
    const Eigen::VectorXd size =
        block.no_current ? Eigen::VectorXd::Ones(n) : Eigen::VectorXd(current / mean_magnitude(block.current));
    for (std::size_t k = 0; k < m.drift[b].size(); ++k)
      x.col(m.drift[b][k]) = seen(size.cwiseProduct(block.polynomials.col(static_cast<Eigen::Index>(k))));
    for (std::size_t k = 0; k < block.lines.size(); ++k)
      for (Eigen::Index i = 0; i < n; ++i) {
        const double angle = 2 * std::numbers::pi * block.lines[k] * bins.time[static_cast<std::size_t>(i)];
        x(i, m.lines[b][2 * k]) = std::cos(angle);
        x(i, m.lines[b][2 * k + 1]) = std::sin(angle);
      }
    // A thermal voltage does not turn round with the current.
    for (std::size_t k = 0; k < m.thermal[b].size(); ++k)
      x.col(m.thermal[b][k]) = block.polynomials.col(static_cast<Eigen::Index>(k));
    // When between two readings a current was switched they do not say, and behind a lag that stays to be seen: later
    // by a moment, the lagged current is less by its rate, (I - lagged I) / tau, times that.
    if (m.fading[b].size() > block.restarts.size()) x.col(m.fading[b].back()) = size - seen(size);
    for (std::size_t k = 0; k < block.restarts.size(); ++k)
      for (Eigen::Index i = 0; i < n; ++i)
        if (const double since = bins.time[static_cast<std::size_t>(i)] - block.restarts[k]; since >= 0)
          x(i, m.fading[b][k]) = std::exp(-since / block.rc_time);
    if (m.longitudinal >= 0 && !bins.voltage_xx.empty() && !block.no_current) {
      // As it was read: freed of its part along the field it could not take the noise along the field away, and would
      // only make the residual, and with it the error, look smaller.
      const Eigen::VectorXd voltage = vector(bins.voltage_xx);
      const Eigen::VectorXd centred = voltage.array() - voltage.mean();
      const Eigen::VectorXd rest = signal::least_squares(block.polynomials.leftCols(drift_order + 1), voltage).residual;
      if (rest.norm() > 1e-9 * voltage.norm() && rest.norm() > 1e-5 * centred.norm()) x.col(m.longitudinal) = centred;
    }
    if (m.cubic >= 0) x.col(m.cubic) = current.cwiseProduct(field.cwiseAbs2().cwiseProduct(field));
    row += n;
  }
  for (Eigen::Index* candidate : {&m.cubic, &m.longitudinal})
    if (*candidate >= 0 && !(m.x.col(*candidate).norm() > 0)) {
      // They stand last, the cubic one behind: a column of zeros goes.
      const Eigen::Index last = m.x.cols() - 1;
      if (*candidate != last) {
        m.x.col(*candidate) = m.x.col(last);
        m.cubic = *candidate;
      }
      m.x.conservativeResize(Eigen::NoChange, last);
      *candidate = -1;
    }
  return m;
}

HallModel of_block(const HallModel& model, const std::vector<Block>& blocks, std::size_t block, int drift_order) {
  std::size_t from = 0;
  for (std::size_t b = 0; b < block; ++b) from += blocks[b].bins.time.size();
  const std::size_t rows = blocks[block].bins.time.size();
  std::vector<Eigen::Index> columns{HallModel::rate};
  // Without current pick-up is all there is; with a steady one it looks like the Hall term.
  if (!blocks[block].no_current) columns.insert(columns.end(), {HallModel::hall, HallModel::even});
  if (blocks[block].no_current || blocks[block].modulated) columns.push_back(HallModel::pickup);
  if (blocks[block].modulated) columns.push_back(HallModel::lag);
  for (const auto* own : {&model.lines[block], &model.thermal[block], &model.fading[block]})
    columns.insert(columns.end(), own->begin(), own->end());
  columns.insert(columns.end(), model.drift[block].begin(), model.drift[block].begin() + drift_order + 1);
  HallModel part;
  part.interval.assign(model.interval.begin() + static_cast<std::ptrdiff_t>(from),
                       model.interval.begin() + static_cast<std::ptrdiff_t>(from + rows));
  part.weight.assign(model.weight.begin() + static_cast<std::ptrdiff_t>(from),
                     model.weight.begin() + static_cast<std::ptrdiff_t>(from + rows));
  const auto first = static_cast<Eigen::Index>(from), count = static_cast<Eigen::Index>(rows);
  part.x = model.x.middleRows(first, count)(Eigen::all, columns);
  part.y = model.y.segment(first, count);
  return part;
}

HallModel excerpt(const HallModel& model) {
  constexpr Eigen::Index stretches = 4, length = 1024;
  if (model.x.rows() <= 2 * stretches * length) return model;
  HallModel part = model;
  part.x.resize(stretches * length, model.x.cols());
  part.y.resize(stretches * length);
  part.interval.clear();
  part.weight.clear();
  for (Eigen::Index s = 0; s < stretches; ++s) {
    const Eigen::Index from = s * (model.x.rows() - length) / (stretches - 1);
    part.x.middleRows(s * length, length) = model.x.middleRows(from, length);
    part.y.segment(s * length, length) = model.y.segment(from, length);
    for (Eigen::Index i = 0; i < length; ++i) {
      part.interval.push_back(i == 0 ? infinity : model.interval[static_cast<std::size_t>(from + i)]);
      part.weight.push_back(model.weight[static_cast<std::size_t>(from + i)]);
    }
  }
  return part;
}

std::vector<Eigen::Index> not_empty(const HallModel& model, std::vector<Eigen::Index> columns) {
  std::erase_if(columns, [&](Eigen::Index c) { return !(model.x.col(c).norm() > 0); });
  return columns;
}

Block despiked_block(HallReadings& r, const Rotation& turn, const HallOptions& options, double bins_per_period,
                     double current_scale) {
  constexpr int reach = 4;
  constexpr double most = 7;
  CurrentLevels levels = current_levels(r);
  std::vector<char> longitudinal(r.time.size());  // and others that are left out whatever V_xy is
  if (!r.voltage_xx.empty()) longitudinal = spikes_within(levels, r.voltage_xx, reach, 10);
  // Marks what stands out of these values, or of V_xx. Has anything changed?
  const auto mark = [&](const std::vector<double>& values) {
    std::vector<char> found = spikes_within(levels, values, reach, most);
    for (std::size_t i = 0; i < found.size(); ++i) found[i] |= longitudinal[i];
    const bool changed = found != r.rejected;
    r.rejected = std::move(found);
    return changed;
  };
  for (std::size_t i = 0; i < levels.uncertain.size(); ++i) longitudinal[i] |= levels.uncertain[i];
  if (levels.spikes > 0)
    r.warnings.push_back(
        {"current_spikes", 0, fmt::format("{} readings of the current stand out and were left out", levels.spikes)});
  if (levels.count > 1) r.current = std::move(levels.current);
  // A current that changes within the bins would average to nothing: then each reading is a bin.
  constexpr double most_bins = 65536;
  if (double(levels.steps) > 0.25 * bins_per_period * turn.periods)
    bins_per_period = std::max(bins_per_period, std::min(double(r.time.size()), most_bins) / turn.periods);
  const auto again = [&] {
    stop_if_interrupted();
    const auto left = std::count(r.rejected.begin(), r.rejected.end(), 0);
    if (left < least_in_a_record && !r.limits.empty()) refuse_limits(r.limits);
    if (left < least_in_a_record)
      throw InvalidInput("{} of {} readings do not stand out of V_xy or V_xx; at least {} are needed", left,
                         r.rejected.size(), least_in_a_record);
    return make_block(bin(r, turn, bins_per_period), turn, options, current_scale, levels);
  };

  mark(r.voltage_xy);
  std::vector<Block> one{again()};
  if (one[0].modulated && levels.count == 1 && r.time.size() > one[0].bins.time.size() &&
      change_within(r, one[0].bins) > 0.05 * mean_magnitude(one[0].bins.current)) {
    bins_per_period = std::max(bins_per_period, std::min(double(r.time.size()), most_bins) / turn.periods);
    one[0] = again();
  }
  std::vector<double> residual(r.time.size());
  // What each reading leaves of a fit to those that are not rejected. Was there enough for one?
  const auto fit_readings = [&] {
    const Block& block = one[0];
    const HallModel m = hall_model(one, static_cast<int>(block.polynomials.cols()) - 1, false, false);
    if (m.x.rows() < m.x.cols() + 2) return false;
    const auto fit = signal::least_squares(m.x, m.y);
    const double slope = fit.coefficient[HallModel::hall];
    // What is beside the Hall term is smooth enough for straight lines between bins, apart from the current, which may
    // be another at the next reading, and so is what a lag leaves of the field; without one the Hall term follows each
    // reading's field.
    Eigen::VectorXd resistance = Eigen::VectorXd::Zero(m.x.rows()), rest = m.y - fit.residual;
    rest -= slope * m.x.col(HallModel::hall);
    if (!block.no_current && block.rc_time == 0) {
      rest -= fit.coefficient[HallModel::even] * m.x.col(HallModel::even);
      resistance = fit.coefficient[HallModel::even] * (vector(block.field2).array() - block.mean_field2).matrix();
      for (std::size_t k = 0; k < m.drift[0].size(); ++k) {
        const double of_one = fit.coefficient[m.drift[0][k]];
        rest -= of_one * m.x.col(m.drift[0][k]);
        resistance += of_one / mean_magnitude(block.current) * block.polynomials.col(static_cast<Eigen::Index>(k));
      }
    }
    std::size_t b = 0;
    const std::size_t last = block.bins.time.size() - 1;
    for (std::size_t i = 0; i < r.time.size(); ++i) {
      while (b + 1 < last && block.bins.time[b + 1] < r.time[i]) ++b;
      const double share = (r.time[i] - block.bins.time[b]) / (block.bins.time[b + 1] - block.bins.time[b]);
      const auto between = [&](double from, double to) { return from + share * (to - from); };
      const auto at = static_cast<Eigen::Index>(b);
      const double current =
          block.modulated || block.levels > 1 ? r.current[i] : between(block.current[b], block.current[b + 1]);
      const double hall =
          block.rc_time > 0 ? between(m.x(at, HallModel::hall), m.x(at + 1, HallModel::hall)) : current * r.field[i];
      residual[i] = r.voltage_xy[i] - between(rest[at], rest[at + 1]) -
                    current * between(resistance[at], resistance[at + 1]) - slope * hall;
    }
    return true;
  };
  for (int pass = 0; pass < 2; ++pass) {
    if (!fit_readings() || !mark(residual)) break;
    one[0] = again();
  }
  // What disturbs more readings in a row than the medians reach stands out of the residual of a turn.
  const auto without_disturbed = [&] {
    const std::vector<char> others = r.rejected;
    std::vector<char> disturbed(r.time.size());
    for (int pass = 0; pass < 8; ++pass) {
      if (!fit_readings()) break;
      r.rejected = others;
      std::vector<char> found = disturbed_readings(r, residual, turn, bins_per_period);
      for (std::size_t i = 0; i < others.size(); ++i) r.rejected[i] |= found[i];
      if (found == disturbed) break;
      disturbed = std::move(found);
      one[0] = again();
    }
    std::size_t count = 0, stretches = 0;
    for (std::size_t i = 0; i < disturbed.size(); ++i) {
      count += disturbed[i] != 0 ? 1 : 0;
      stretches += disturbed[i] != 0 && (i == 0 || disturbed[i - 1] == 0) ? 1 : 0;
    }
    if (count > 0) {
      const auto first = std::find(disturbed.begin(), disturbed.end(), 1) - disturbed.begin();
      r.warnings.push_back(
          {"disturbed", 0,
           fmt::format("{} readings of V_xy stand out together, in {} stretch{} (the first at {:.6g} "
                       "s), and were left out",
                       count, stretches, stretches > 1 ? "es" : "", r.time[static_cast<std::size_t>(first)])});
    }
    return std::move(one[0]);
  };
  if (r.limits.empty()) return without_disturbed();

  // Leaving readings out for their own value would favour those that noise moved away from the limit: all go that the
  // fit to the others puts near it. Whether the limit is one shows when the crests have had no say in the fit.
  std::vector<char> cut(r.time.size());
  double noise = 0;
  const auto cut_away = [&] {
    std::fill(cut.begin(), cut.end(), 0);
    for (const Limit& limit : r.limits)
      for (std::size_t i = 0; i < residual.size(); ++i) {
        const double fitted = r.voltage_xy[i] - residual[i];
        if (r.voltage_xy[i] == limit.value || limit.side * (fitted - limit.value) > -3 * noise) cut[i] = 1;
      }
    // Spikes are looked for among the others.
    std::vector<double> rest;
    for (std::size_t i = 0; i < residual.size(); ++i)
      if (cut[i] == 0) rest.push_back(residual[i]);
    const std::vector<char> found = signal::spikes(rest, reach, most);
    for (std::size_t i = 0, k = 0; i < residual.size(); ++i)
      r.rejected[i] = cut[i] != 0 ? 1 : found[k++] | longitudinal[i];
  };
  for (int pass = 0; pass < 20; ++pass) {
    if (pass > 0) one[0] = again();
    if (!fit_readings()) refuse_limits(r.limits);
    std::vector<double> kept;
    for (std::size_t i = 0; i < residual.size(); ++i)
      if (r.rejected[i] == 0) kept.push_back(residual[i]);
    noise = signal::robust_scale(std::move(kept));
    const std::vector<char> before = r.rejected;
    cut_away();
    if (r.rejected == before) break;
  }
  std::vector<double> others;
  for (double v : r.voltage_xy)
    if (std::ranges::none_of(r.limits, [&](const Limit& limit) { return limit.value == v; })) others.push_back(v);
  const auto [least, largest] = std::ranges::minmax(others);
  const double others_step = least < largest ? converter_step(others) : infinity;
  std::erase_if(r.limits, [&](const Limit& limit) {
    double beyond = 0, count = 0;
    for (std::size_t i = 0; i < residual.size(); ++i)
      if (r.voltage_xy[i] == limit.value) beyond -= limit.side * residual[i], count += 1;
    beyond /= count;
    // Noise does not repeat an extreme but on a coarse converter, whose last step the fit crosses about its middle.
    // Further from the others than a step of theirs it is a drop-out, if the fit does not come near.
    const bool far = limit.step > std::max(1.5 * others_step, 10 * noise);
    return limit.step > noise && beyond < 0.4 * limit.step + 3 * noise / std::sqrt(count) &&
           beyond > -((far ? 0.6 : 1) * limit.step + 5 * noise);
  });
  cut_away();
  r.cut_off = static_cast<std::size_t>(std::count(cut.begin(), cut.end(), 1));
  if (r.cut_off > 0)
    r.warnings.push_back({"saturated", 0,
                          fmt::format("{} readings of V_xy stand at the end of the range, or within its noise of it, "
                                      "and were left out",
                                      r.cut_off)});
  one[0] = again();
  return without_disturbed();
}

std::size_t drop_outliers(std::vector<Block>& blocks, const std::vector<double>& residual) {
  std::size_t dropped = 0, row = 0;
  for (Block& block : blocks) {
    std::vector<char> keep;
    for (std::size_t i = 0; i < block.bins.time.size(); ++i) keep.push_back(std::abs(residual[row++]) <= 5 ? 1 : 0);
    const auto out = static_cast<std::size_t>(std::count(keep.begin(), keep.end(), 0));
    if (out == 0 || out > keep.size() / 10) continue;
    dropped += out;
    Bins& b = block.bins;
    for (auto* column : {&b.time, &b.interval, &b.weight, &b.field, &b.field2, &b.current, &b.current_field,
                         &b.current_field2, &b.current_cubed, &b.voltage_xy, &b.voltage_xx, &block.field, &block.field2,
                         &block.rate, &block.current, &block.reference.smooth, &block.reference.rate}) {
      if (column->empty()) continue;
      std::size_t to = 0;
      for (std::size_t i = 0; i < keep.size(); ++i)
        if (keep[i] != 0) (*column)[to++] = (*column)[i];
      column->resize(to);
    }
    for (std::size_t i = 1; i < b.time.size(); ++i) b.interval[i] = b.time[i] - b.time[i - 1];
    block.polynomials = legendre(b.time, static_cast<int>(block.polynomials.cols()) - 1);
  }
  return dropped;
}

}  // namespace ecram::analysis
