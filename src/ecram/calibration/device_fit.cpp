// SPDX-License-Identifier: Apache-2.0
#include "ecram/calibration/device_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include "ecram/analysis/switching/pulse_columns.h"
#include "ecram/analysis/switching/switching_card.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/nearest.h"
#include "ecram/core/progress.h"
#include "ecram/core/sha256.h"
#include "ecram/core/units.h"
#include "ecram/core/version.h"
#include "ecram/fit/least_squares.h"
#include "ecram/fit/residual_tests.h"
#include "ecram/record/table.h"

namespace ecram::calibration {
namespace {

using constants::nan;
constexpr double least_conductance = 1e-30;                          // S
constexpr double least_plausible = 1e-18, greatest_plausible = 1e3;  // S: no channel, no instrument is beyond
constexpr double greatest_scatter = 0.5;                             // of readings about a fit that describes them
constexpr double told_weight = 0.1;  // of a plausible step, times the standard error: less is left out of the sentence
// Half widths of 95 % intervals, in plausible units: a combination beyond is open, and a parameter that open ones leave
// so uncertain has no error of its own.
constexpr double open_half_width = 2, own_half_width = 1;
constexpr double model_noise = 1e-5;  // of ln G: the compact model's tables are no smoother
constexpr int most_halvings = 10;     // of a step along an open combination, until the data allow it
constexpr double far_from_start = 100;

/// A parameter as the fit sees it: a number whose unit step is what is plausible.
struct Handle {
  device::Parameter parameter;
  bool logarithmic = false;
  double plausible = 1;  ///< of the logarithm, or in the parameter's unit

  double to_fit(double value) const {
    return (logarithmic ? std::log(value / parameter.scale) : value / parameter.scale) / plausible;
  }
  double from_fit(double x) const { return (logarithmic ? std::exp(x * plausible) : x * plausible) * parameter.scale; }
};

Handle handle_of(const device::Parameter& p) {
  Handle h{p};
  const std::string_view unit = p.unit;
  h.logarithmic = unit == "1/s" || unit == "1/m^3" || unit == "S/m" || unit == "K" || unit == "1/m^2" ||
                  unit == "1/(m^2 s)" || unit == "V/m" || unit == "cm^2/(V s)";
  if (!h.logarithmic) h.plausible = unit == "eV" ? 0.1 : std::max(std::abs(*p.value / p.scale), 0.1) / 3;
  return h;
}

struct Model {
  device::MaterialConstants constants;
  device::Device device;
};

std::vector<device::Parameter> all_parameters(Model& model) {
  auto all = device::parameters(model.constants);
  const auto more = device::parameters(model.device);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Handle handle_named(Model& model, std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto& p : all_parameters(model)) {
    if (p.name == name) return handle_of(p);
    known.push_back(p.name);
  }
  throw InvalidInput("no parameter '{}'{}", name, did_you_mean(name, known));
}

std::vector<double> log_conductances(const Model& model, const Measurement& m, ThreadPool& threads) {
  stop_if_interrupted();
  device::RunOptions options;
  options.constants = model.constants;
  options.device = model.device;
  const device::RunResult run = device::run_compact(m.protocol, options, threads);
  if (run.interrupted) throw Interrupted();
  std::vector<double> result;
  result.reserve(run.readings.size());
  for (const auto& r : run.readings) result.push_back(std::log(std::max(r.conductance, least_conductance)));
  return result;
}

/// ln G of every reading of the measurements, by the model. Parameters that no device can have are as far from any
/// measurement as can be.
/// @returns  can a device have them?
bool predict(const Model& model, std::span<const Measurement> measurements, ThreadPool& threads,
             std::vector<double>& log_conductance) {
  log_conductance.clear();
  bool possible = true;
  const auto far_away = [&](const Measurement& m) {
    possible = false;
    log_conductance.insert(log_conductance.end(), m.conductance.size(), std::log(least_conductance));
  };
  for (const Measurement& m : measurements) {
    try {
      const auto readings = log_conductances(model, m, threads);
      log_conductance.insert(log_conductance.end(), readings.begin(), readings.end());
    } catch (const Failure&) {
      far_away(m);
    } catch (const InvalidInput&) {  // of the trial's numbers, not the user's: those were run before
      far_away(m);
    }
  }
  return possible;
}

std::size_t train_readings(const device::PulseTrainStep& s) { return (s.count + s.read_every - 1) / s.read_every; }

/// Which way a train writes, by the sign of its voltage: 1 up, -1 down, 0 not at all.
int direction_of(const device::PulseTrainStep& s) { return s.voltage > 0 ? 1 : s.voltage < 0 ? -1 : 0; }

const device::PulseTrainStep* first_train(const Measurement& m, int direction) {
  for (const auto& step : m.protocol.steps) {
    if (const auto* s = std::get_if<device::PulseTrainStep>(&step.what); s != nullptr && direction_of(*s) == direction)
      return s;
    if (const auto* e = std::get_if<device::EnduranceStep>(&step.what))
      for (const auto* s : {&e->up, &e->down})
        if (direction_of(*s) == direction) return s;
  }
  return nullptr;
}

/// How many readings a step gives.
std::size_t readings_of(const device::ProtocolStep& step) {
  struct Visitor {
    std::size_t operator()(const device::PulseTrainStep& s) const { return train_readings(s); }
    std::size_t operator()(const device::EnduranceStep& e) const {
      const std::size_t cycles = (e.cycles - 1) / e.record_every + 1 + ((e.cycles - 1) % e.record_every != 0 ? 1 : 0);
      return cycles * (train_readings(e.up) + train_readings(e.down));
    }
    std::size_t operator()(const device::SweepStep& w) const {
      std::size_t total = 0;
      for (std::size_t i = 1; i < w.corners.size(); ++i)
        total += static_cast<std::size_t>(
            std::max(1.0, std::round(std::abs(w.corners[i] - w.corners[i - 1]) / w.reading_step)));
      return total;
    }
    std::size_t operator()(const device::RetentionStep& r) const { return r.readings; }
    std::size_t operator()(const device::TemperatureStep&) const { return 1; }
  };
  return std::visit(Visitor{}, step.what);
}

/// The measured trains of pulses, as a file of pulses would have them: those read after every pulse, without gaps.
/// Nothing where a direction is missing.
std::optional<analysis::PulseRecord> pulses_of(const Measurement& m) {
  if (m.conductance.size() != number_of_readings(m.protocol)) return std::nullopt;
  analysis::PulseRecord record;
  record.source = m.file;
  record.sha256 = m.sha256;
  record.layout = "readings of " + m.protocol.source;
  std::size_t at = 0;
  bool up = false, down = false;
  const auto add = [&](const device::PulseTrainStep& s) {
    const auto first = m.conductance.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<double> g(first, first + static_cast<std::ptrdiff_t>(train_readings(s)));
    at += g.size();
    const int direction = direction_of(s);
    if (direction == 0 || s.read_every != 1 || g.size() < analysis::fewest_pulses ||
        std::ranges::any_of(g, [](double x) { return x != x; }))
      return;
    (direction > 0 ? up : down) = true;
    analysis::PulseTrain& train = record.trains.emplace_back();
    train.direction = direction > 0 ? analysis::Direction::potentiation : analysis::Direction::depression;
    train.conductance = std::move(g);
  };
  for (const auto& step : m.protocol.steps) {
    if (const auto* s = std::get_if<device::PulseTrainStep>(&step.what)) {
      add(*s);
    } else if (const auto* e = std::get_if<device::EnduranceStep>(&step.what)) {
      for (std::size_t c = 0; c < e->cycles; ++c)
        if (c % e->record_every == 0 || c + 1 == e->cycles) add(e->up), add(e->down);
    } else {
      at += readings_of(step);
    }
  }
  if (!up || !down) return std::nullopt;
  return record;
}

/// The one column whose name is that of a conductance, in any spelling that a file of pulses may have.
std::size_t conductance_column(const record::Table& table) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    if (analysis::role_of(column.name, column.unit) != analysis::Role::conductance) continue;
    if (found)
      throw InvalidInput("{}: columns '{}' and '{}' are conductances both; expected one", record::where_header(table),
                         record::printable(table.columns[*found].header), record::printable(column.header));
    found = i;
  }
  if (!found) analysis::refuse_without(table, "conductance", "one with its unit, as 'conductance_S' or 'G [uS]'");
  return *found;
}

/// A device as a protocol names it: "like fig4", "fig4 in vacuum".
std::string device_named(const device::Protocol& p) {
  std::string text = p.device.empty() ? "the default" : fmt::format("'{}'", p.device);
  if (p.ambient) text += fmt::format(" in {}", device::name(*p.ambient));
  return text;
}

/// One fit is of one device, whatever it is called in the files.
void refuse_several_devices(std::span<const Measurement> measurements) {
  const device::Protocol& first = measurements.front().protocol;
  for (const Measurement& m : measurements) {
    const device::Protocol& p = m.protocol;
    if (p.device != first.device || p.ambient != first.ambient)
      throw InvalidInput("{}: its device is {}, that of {} is {}; a fit is of one device", p.source, device_named(p),
                         first.source, device_named(first));
    if (p.stated != first.stated)
      throw InvalidInput("{}: [device] and [material] are not those of {}; a fit is of one device", p.source,
                         first.source);
  }
}

}  // namespace

std::size_t number_of_readings(const device::Protocol& protocol) {
  std::size_t total = 0;
  for (const auto& step : protocol.steps) total += readings_of(step);
  return total;
}

Measurement read_measurement(const std::string& argument, ThreadPool& threads) {
  const auto equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
    throw InvalidInput("{}: expected PROTOCOL.toml=READINGS.csv, what was done and what was read", argument);
  Measurement m;
  m.protocol = device::read_protocol(argument.substr(0, equals));
  m.protocol.noise = false;
  if (m.protocol.population.devices != 1)
    throw InvalidInput("{}: a population of {} devices; a fit is of one", m.protocol.source,
                       m.protocol.population.devices);
  for (const auto& step : m.protocol.steps)
    if (const auto* s = std::get_if<device::PulseTrainStep>(&step.what);
        s != nullptr && (s->until_above || s->until_below))
      throw InvalidInput("{}:{}: until_above and until_below leave the number of pulses open; a fit needs it",
                         m.protocol.source, step.line);
  m.file = argument.substr(equals + 1);
  m.sha256 = sha256(MappedFile(m.file).text());
  const record::Table table = record::read_table(m.file, threads);
  const std::size_t index = conductance_column(table);
  const std::string& unit = table.columns[index].unit;
  if (unit.empty())
    throw InvalidInput("{}: column '{}' has no unit; expected one, as 'conductance_S' or 'G [uS]'",
                       record::where_header(table), record::printable(table.columns[index].header));
  const double factor = naming(record::where_header(table), [&] { return unit_factor(unit, "S"); });
  const auto values = record::numbers(table, index);
  for (std::size_t row = 0; row < values.size(); ++row) {
    const double g = factor * values[row];
    if (g <= 0)
      throw InvalidInput("{}: conductance is {}, expected above 0 (an empty cell is a missing reading)",
                         record::where(table, row), values[row]);
    if (g < least_plausible || g > greatest_plausible)
      throw InvalidInput("{}: conductance is {:g} S, expected {:g} to {:g} S (is '{}' its unit?)",
                         record::where(table, row), g, least_plausible, greatest_plausible, record::printable(unit));
    m.conductance.push_back(g);
  }
  const std::size_t expected = number_of_readings(m.protocol);
  if (m.conductance.size() != expected)
    throw InvalidInput("{}: {} rows, expected {}: a reading each of {}", m.file, m.conductance.size(), expected,
                       m.protocol.source);
  return m;
}

std::vector<std::string> default_parameters(std::span<const Measurement> measurements) {
  std::set<double> temperatures;
  for (const Measurement& m : measurements) {
    temperatures.insert(m.protocol.temperature);
    for (const auto& step : m.protocol.steps)
      if (const auto* t = std::get_if<device::TemperatureStep>(&step.what)) temperatures.insert(t->temperature);
  }
  std::vector<std::string> names{"transfer_rate", "interphase_thickness", "partition_energy", "gated_vacancy_density",
                                 "hopping_prefactor"};
  if (temperatures.size() > 1) names.insert(names.end(), {"transfer_energy", "t0"});
  return names;
}

DeviceFit fit_device(std::span<const Measurement> measurements, const DeviceFitOptions& options, ThreadPool& threads) {
  Model model{{}, device::shipped_device(options.base)};
  refuse_several_devices(measurements);
  device::apply_stated(measurements.front().protocol, model.constants, model.device);
  const auto names = options.parameters.empty() ? default_parameters(measurements) : options.parameters;
  std::vector<Handle> handles;
  std::vector<double> start;
  fit::LeastSquaresProblem problem;
  for (const std::string& name : names) {
    if (std::ranges::count(names, name) > 1) throw InvalidInput("parameter '{}' is to be fitted twice", name);
    handles.push_back(handle_named(model, name));
    const Handle& h = handles.back();
    const double value = *h.parameter.value / h.parameter.scale;
    if (h.logarithmic && !(value > 0))
      throw InvalidInput(
          "parameter {} starts at {:g} {}, expected above 0: it is fitted as its logarithm (a start for it in [device] "
          "or [material] of the protocol, or another --base?)",
          name, value, h.parameter.unit);
    problem.bounds.push_back(
        {h.to_fit(h.parameter.low * h.parameter.scale), h.to_fit(h.parameter.high * h.parameter.scale)});
    fit::Bounds& range = problem.bounds.back();
    if (!std::isfinite(range.low)) range.low = -1e3;
    // A start at the end of its range may be rounded out of it; one beyond is refused with the model's first run.
    start.push_back(std::clamp(h.to_fit(*h.parameter.value), range.low, range.high));
  }
  std::vector<double> measured;
  for (const Measurement& m : measurements)
    for (const double g : m.conductance) measured.push_back(std::log(g));
  const auto there =
      static_cast<std::size_t>(std::ranges::count_if(measured, [](double g) { return std::isfinite(g); }));
  if (there <= names.size())
    throw InvalidInput("{} readings for {} parameters; expected more readings than parameters", there, names.size());

  for (const Measurement& m : measurements) log_conductances(model, m, threads);  // refuses a start that cannot be run
  Progress progress("fitting", 0);
  std::size_t iteration = 0;
  double least = std::numeric_limits<double>::infinity();
  std::vector<double> predicted;
  const auto residuals = [&](std::span<const double> x, std::span<double> r) {
    for (std::size_t i = 0; i < handles.size(); ++i) *handles[i].parameter.value = handles[i].from_fit(x[i]);
    const bool possible = predict(model, measurements, threads, predicted);
    std::size_t k = 0;
    double sum = 0;
    for (std::size_t i = 0; i < measured.size(); ++i)
      if (std::isfinite(measured[i])) {
        r[k] = measured[i] - predicted[i];
        sum += r[k] * r[k];
        ++k;
      }
    least = std::min(least, sum);
    progress.update(fmt::format("iteration {}, scatter {:.3g} %", iteration,
                                100 * std::sqrt(least / static_cast<double>(there - names.size()))));
    return possible;
  };
  problem.residuals = there;
  problem.residual = residuals;
  // One-sided differences: a model run is dear, and its tables are smooth to 1e-5. The side is the one on which a
  // device can be; where it can be on neither, nothing is known of that parameter's slope.
  constexpr double step = 2e-3;
  problem.jacobian = [&](std::span<const double> x, Eigen::Ref<Eigen::MatrixXd> jacobian) {
    ++iteration;
    std::vector<double> at(x.begin(), x.end()), here(there), beside(there);
    residuals(at, here);
    for (std::size_t j = 0; j < at.size(); ++j) {
      double sign = at[j] + step > problem.bounds[j].high ? -1 : 1;
      const auto beside_is_possible = [&] {
        at[j] = x[j] + sign * step;
        return residuals(at, beside);
      };
      if (!beside_is_possible()) {
        sign = -sign;
        if (!beside_is_possible()) beside = here;
      }
      at[j] = x[j];
      for (std::size_t i = 0; i < there; ++i)
        jacobian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = (beside[i] - here[i]) / (sign * step);
    }
  };
  const fit::LeastSquaresFit found = fit::least_squares(problem, start);

  DeviceFit fit;
  std::vector<double> last(there);
  residuals(found.parameters, last);
  fit.converged = found.converged;
  fit.readings = there;
  const std::size_t n = names.size();
  // Do the data allow this step along `direction`, both ways where the parameters' ranges do?
  const auto allowed = [&](const Eigen::VectorXd& direction, double step_length, double most_chi2) {
    std::vector<double> at(n), off(there);
    bool tried = false;
    for (const double sign : {1.0, -1.0}) {
      bool inside = true;
      for (std::size_t i = 0; i < n; ++i) {
        at[i] = found.parameters[i] + sign * step_length * direction(static_cast<Eigen::Index>(i));
        inside = inside && at[i] >= problem.bounds[i].low && at[i] <= problem.bounds[i].high;
      }
      if (!inside) continue;  // no device is there to object to
      tried = true;
      residuals(at, off);
      double chi2 = 0;
      for (const double r : off) chi2 += r * r;
      if (chi2 > most_chi2) return false;
    }
    return tried;
  };
  fit.scatter = std::sqrt(found.chi2 / static_cast<double>(there - n));

  Eigen::MatrixXd jacobian(static_cast<Eigen::Index>(there), static_cast<Eigen::Index>(n));
  problem.jacobian(found.parameters, jacobian);
  // A perfect fit knows no more than the model's tables do.
  const double variance = std::max(fit.scatter * fit.scatter, model_noise * model_noise);
  // The scatter is itself estimated: of few readings it is often much too small, which Student's t allows for.
  const double t = fit::student_t_quantile(0.975, static_cast<double>(there - n));
  const Eigen::MatrixXd information = jacobian.transpose() * jacobian / variance;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(information);
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(information.rows(), information.cols());
  std::vector<double> left_open(n, 0.0);
  for (Eigen::Index k = 0; k < information.rows(); ++k) {
    const double value = std::max(eigen.eigenvalues()(k), 1e-30);
    const Eigen::VectorXd direction = eigen.eigenvectors().col(k);
    covariance += direction * direction.transpose() / value;
    if (t / std::sqrt(value) <= open_half_width) continue;
    OpenDirection open{{}, 1 / std::sqrt(value), 1};
    int halvings = 0;
    while (halvings <= most_halvings && !allowed(direction, open.reach, found.chi2 + t * t * variance))
      open.reach /= 2, ++halvings;
    if (halvings > most_halvings) open.reach = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double weight = direction(static_cast<Eigen::Index>(i));
      open.weights.push_back(weight);
      left_open[i] += weight * weight / value;
    }
    fit.open.push_back(std::move(open));
  }
  residuals(found.parameters, last);  // slopes and steps have left the model beside the minimum
  fit.constants = model.constants;
  fit.device = model.device;
  fit.correlation.assign(n, std::vector<double>(n, 1));
  for (std::size_t i = 0; i < n; ++i) {
    const auto a = static_cast<Eigen::Index>(i);
    for (std::size_t j = 0; j < n; ++j) {
      const auto b = static_cast<Eigen::Index>(j);
      fit.correlation[i][j] = covariance(a, b) / std::sqrt(covariance(a, a) * covariance(b, b));
    }
    const Handle& h = handles[i];
    const double x = found.parameters[i], error = std::sqrt(covariance(a, a));
    FittedParameter p{names[i], std::string(h.parameter.unit), {}, h.from_fit(start[i]) / h.parameter.scale};
    p.value.value = h.from_fit(x) / h.parameter.scale;
    p.at_bound = found.at_bound[i];
    if (t * std::sqrt(left_open[i]) < own_half_width && !found.at_bound[i]) {
      p.value.low = h.from_fit(x - t * error) / h.parameter.scale;
      p.value.high = h.from_fit(x + t * error) / h.parameter.scale;
      p.value.standard_error = h.logarithmic ? p.value.value * h.plausible * error : h.plausible * error;
    } else {
      p.value.standard_error = nan;
      p.value.low = -std::numeric_limits<double>::infinity();
      p.value.high = std::numeric_limits<double>::infinity();
    }
    fit.parameters.push_back(std::move(p));
  }
  return fit;
}

std::string sentence(const DeviceFit& fit, const OpenDirection& direction) {
  Model model{fit.constants, fit.device};
  const bool bends = direction.reach < 1;
  std::string text = bends ? "the data leave open, near the fit: " : "the data leave open: ";
  bool first = true;
  for (std::size_t i = 0; i < fit.parameters.size(); ++i) {
    const double weight = direction.weights[i];
    if (std::abs(weight) * std::min(direction.standard_error, 100.0) < told_weight) continue;
    const Handle h = handle_named(model, fit.parameters[i].name);
    // A step of nothing says no direction: where the model allows none, the first order's is told.
    const double change = weight * h.plausible * (direction.reach > 0 ? direction.reach : 1);
    if (!first) text += " with ";
    text += h.logarithmic ? fmt::format("{} times {:.3g}", h.parameter.name, std::exp(change))
                          : fmt::format("{} {:+.3g} {}", h.parameter.name, change, h.parameter.unit);
    first = false;
  }
  if (direction.reach == 0)
    return text +
           " (to first order only: the valley bends, and a thousandth of this step by the model is off the data)";
  if (bends) return text + " (either way by the model, but not twice as far: the valley bends, and goes on unseen)";
  return text + " (either way by the model; more was not tried)";
}

std::vector<Warning> warnings_of(const DeviceFit& fit) {
  std::vector<Warning> warnings;
  for (const FittedParameter& p : fit.parameters) {
    const double times = p.value.value / p.start;
    if (!(p.start > 0) || !(times > 0) || (times < far_from_start && times > 1 / far_from_start)) continue;
    warnings.push_back({"far_from_start", 0,
                        fmt::format("{} is {:.3g} times its start of {:.3g} {}: is the unit of the conductances right?",
                                    p.name, times, p.start, p.unit)});
  }
  return warnings;
}

record::DeviceCard card_of(const DeviceFit& fit, std::span<const Measurement> measurements, const std::string& base,
                           const std::string& name, ThreadPool& threads) {
  if (!(fit.scatter <= greatest_scatter))
    throw InvalidInput(
        "readings scatter by {:.3g} % about the fit, expected {:g} % at most: the model does not describe this device, "
        "and its card would be of nothing (other --parameters, another --base?)",
        100 * fit.scatter, 100 * greatest_scatter);
  if (!fit.converged)
    throw InvalidInput(
        "the fit did not converge, so that neither its values nor their errors hold; expected a minimum (fewer "
        "--parameters, another --base?)");
  record::DeviceCard card;
  for (const Measurement& m : measurements) {
    const auto record = pulses_of(m);
    if (!record) continue;
    const auto switching = analysis::analyse_switching(*record, {}, threads);
    card = analysis::card_of({&switching, 1}, std::nullopt, name);
    card.sources.clear();
    break;
  }
  card.device = name;
  card.program = fmt::format("ecram {} ({})", version(), commit());
  for (const Measurement& m : measurements)
    card.sources.push_back({m.file, m.sha256, "readings of " + m.protocol.source});
  record::CardCompact compact;
  compact.base = base;
  compact.reading_noise = fit.scatter;
  Model model{fit.constants, fit.device};
  for (const auto& p : all_parameters(model)) {
    record::CardParameter parameter{std::string(p.name), std::string(p.unit), false, {}};
    const auto fitted = std::ranges::find(fit.parameters, p.name, &FittedParameter::name);
    if (fitted != fit.parameters.end()) {
      parameter.fitted = true;
      parameter.value = fitted->value;
    } else {
      parameter.value.value = *p.value / p.scale;
    }
    compact.parameters.push_back(std::move(parameter));
  }
  for (std::size_t i = 0; i < fit.parameters.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      compact.correlations.push_back({fit.parameters[j].name, fit.parameters[i].name, fit.correlation[i][j]});
  for (const OpenDirection& open : fit.open) compact.undetermined.push_back(sentence(fit, open));
  for (Warning& warning : warnings_of(fit)) card.warnings.push_back(std::move(warning));
  card.compact = std::move(compact);
  for (const Measurement& m : measurements) {
    const auto* up = first_train(m, 1);
    const auto* down = first_train(m, -1);
    if (up == nullptr || down == nullptr) continue;
    card.writing = record::CardWriting{
        up->voltage, down->voltage, up->width, down->width, up->rest, m.protocol.read_voltage, m.protocol.temperature};
    // Only where it says something: programs that do not know this key read the card otherwise.
    if (down->rest != up->rest) card.writing->down_rest = down->rest;
    break;
  }
  return card;
}

void compact_of(const record::DeviceCard& card, device::MaterialConstants& constants, device::Device& device) {
  if (!card.compact) throw InvalidInput("the card has no compact model; 'ecram device fit' writes cards with one");
  Model model{{}, device::shipped_device(card.compact->base)};
  for (const auto& p : card.compact->parameters) {
    const Handle h = handle_named(model, p.name);
    if (h.parameter.unit != p.unit)
      throw InvalidInput("parameter {} has the unit '{}', expected '{}'", p.name, p.unit, h.parameter.unit);
    *h.parameter.value = p.value.value * h.parameter.scale;
  }
  validate(model.constants);
  validate(model.device);
  constants = model.constants;
  device = model.device;
}

}  // namespace ecram::calibration
