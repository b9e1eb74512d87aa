// SPDX-License-Identifier: Apache-2.0
#include "ecram/device/protocol.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/nearest.h"
#include "ecram/core/units.h"

namespace ecram::device {
namespace {

using constants::infinity;

// Beyond these a run is a typing error, not an experiment.
constexpr std::int64_t most_pulses = 1'000'000'000;
constexpr std::int64_t most_devices = 100'000'000;
constexpr double coldest = 20;         // K: nothing moves, and occupations leave the range of numbers
constexpr double most_readings = 1e7;  // of a step: what a file and a memory take
constexpr double most_pulses_in_all = 1e12;
constexpr double hottest = 2000;  // K: the films have long since crystallised and mixed

/// What a number may be: "above 0" and so on, for messages as well as for the check.
struct Range {
  double low, high;
  bool low_is_allowed;
  std::string_view expected;
};
constexpr Range above_zero{0, infinity, false, "above 0"};
constexpr Range read_voltage{0, 10, false, "above 0 and up to 10 V"};  // more heats or breaks a channel
constexpr Range any_number{-infinity, infinity, false, "finite"};
constexpr Range kelvin{coldest, hottest, true, "a temperature from 20 K to 2000 K"};
constexpr Range spread{0, 0.5, true, "between 0 and 0.5"};
constexpr Range barrier{0, 0.2 * electron_volt, true, "0 to 0.2 eV"};
constexpr Range time_span{1e-10, 1e12, true, "from 0.1 ns to 1e12 s"};
constexpr Range time_or_none{0, 1e12, true, "0 or more, and up to 1e12 s"};
constexpr Range sweep_rate{1e-12, 1e12, true, "from 1e-12 to 1e12 V/s"};

/// Reads the keys of one table, remembers which it saw, and refuses the others at the end.
class Keys {
 public:
  Keys(const std::string& source, const toml::table& table, std::string name)
      : source_(source), table_(table), name_(std::move(name)) {}

  std::string place(const toml::node& node) const { return fmt::format("{}:{}", source_, node.source().begin.line); }
  std::string place() const { return place(table_); }

  const toml::node* optional(std::string_view key) {
    known_.push_back(key);
    return table_.get(key);
  }
  const toml::node& required(std::string_view key) {
    const toml::node* node = optional(key);
    if (node != nullptr) return *node;
    missing_ = missing_.empty() ? std::string(key) : missing_;
    // An unknown key is probably the misspelt missing one: refuse_others says so, once all known ones are seen.
    static const toml::value<std::string> nothing{""};
    return nothing;
  }

  /// A number with a unit, in SI.
  double quantity_of(const toml::node& node, std::string_view key, std::string_view unit, const Range& range) const {
    const auto text = node.value_exact<std::string>();
    if (!text)
      throw InvalidInput("{}: {} in {} is not a text with a number and its unit, as \"1.5 {}\"", place(node), key,
                         name_, unit);
    const double value =
        naming(fmt::format("{}: {} in {}", place(node), key, name_), [&] { return quantity(*text, unit); });
    const bool low_enough = value <= range.high,
               high_enough = range.low_is_allowed ? value >= range.low : value > range.low;
    if (!low_enough || !high_enough)
      throw InvalidInput("{}: {} in {} is \"{}\", expected {}", place(node), key, name_, *text, range.expected);
    return value;
  }
  double quantity_of(std::string_view key, std::string_view unit, const Range& range) {
    const toml::node& node = required(key);
    return missing_.empty() ? quantity_of(node, key, unit, range) : 0;
  }
  template <class Value>
  void quantity_if(std::string_view key, std::string_view unit, const Range& range, Value& value) {
    if (const toml::node* node = optional(key)) value = quantity_of(*node, key, unit, range);
  }

  std::int64_t whole_of(const toml::node& node, std::string_view key, std::int64_t low, std::int64_t high) const {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < low || *value > high)
      throw InvalidInput("{}: {} in {} is {}, expected a whole number from {} to {}", place(node), key, name_,
                         value ? fmt::format("{}", *value) : "not a whole number", low, high);
    return *value;
  }
  std::size_t whole(std::string_view key, std::int64_t low, std::int64_t high) {
    const toml::node& node = required(key);
    return missing_.empty() ? static_cast<std::size_t>(whole_of(node, key, low, high)) : 0;
  }
  template <class Value>
  void whole_if(std::string_view key, std::int64_t low, std::int64_t high, Value& value) {
    if (const toml::node* node = optional(key)) value = static_cast<Value>(whole_of(*node, key, low, high));
  }
  /// A plain number without unit.
  template <class Value>
  void number_if(std::string_view key, const Range& range, Value& value) {
    const toml::node* node = optional(key);
    if (node == nullptr) return;
    const auto number = node->is_number() ? node->value<double>() : std::nullopt;
    if (!number || !(*number >= range.low) || !(*number <= range.high))
      throw InvalidInput("{}: {} in {} is {}, expected a number {}", place(*node), key, name_,
                         number ? fmt::format("{}", *number) : "not a number", range.expected);
    value = *number;
  }
  void text_if(std::string_view key, std::string& value) {
    const toml::node* node = optional(key);
    if (node == nullptr) return;
    const auto text = node->value_exact<std::string>();
    if (!text) throw InvalidInput("{}: {} in {} is not a text in quotes", place(*node), key, name_);
    // It goes to terminals, tables and figures as it is.
    if (std::ranges::any_of(*text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      throw InvalidInput("{}: {} in {} has control characters or ends of lines", place(*node), key, name_);
    value = *text;
  }
  void flag_if(std::string_view key, bool& value) {
    const toml::node* node = optional(key);
    if (node == nullptr) return;
    const auto flag = node->value_exact<bool>();
    if (!flag) throw InvalidInput("{}: {} in {} is not true or false", place(*node), key, name_);
    value = *flag;
  }
  const toml::table* table_if(std::string_view key) {
    const toml::node* node = optional(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) throw InvalidInput("{}: {} in {} is no table", place(*node), key, name_);
    return node->as_table();
  }

  void refuse_others() const {
    for (const auto& [key, node] : table_) {
      const std::string_view word = key.str();
      if (std::ranges::find(known_, word) == known_.end())
        throw InvalidInput("{}: unknown key '{}' in {}{}", place(node), word, name_, did_you_mean(word, known_));
    }
    if (!missing_.empty()) throw InvalidInput("{}: {} has no key '{}'", place(), name_, missing_);
  }

 private:
  const std::string& source_;
  const toml::table& table_;
  std::string name_, missing_;
  std::vector<std::string_view> known_;
};

PulseTrainStep pulses(Keys& keys) {
  PulseTrainStep step;
  step.voltage = keys.quantity_of("voltage", "V", any_number);
  step.width = keys.quantity_of("width", "s", time_span);
  keys.quantity_if("rest", "s", time_or_none, step.rest);
  step.count = keys.whole("pulses", 1, most_pulses);
  keys.whole_if("read_every", 1, most_pulses, step.read_every);
  keys.quantity_if("until_above", "S", above_zero, step.until_above);
  keys.quantity_if("until_below", "S", above_zero, step.until_below);
  if (static_cast<double>(step.count) / static_cast<double>(step.read_every) > most_readings)
    throw InvalidInput(
        "{}: {} pulses read after every {}, expected no more than {:g} readings; read_every makes them "
        "fewer",
        keys.place(), step.count, step.read_every, most_readings);
  return step;
}

SweepStep sweep(Keys& keys) {
  SweepStep step;
  step.rate = keys.quantity_of("rate", "V/s", sweep_rate);
  step.reading_step = keys.quantity_of("reading_step", "V", above_zero);
  if (const toml::node* node = keys.optional("corners")) {
    const toml::array* list = node->as_array();
    if (list == nullptr || list->size() < 2)
      throw InvalidInput("{}: corners in a sweep is not a list of two voltages or more, as [\"0 V\", \"3 V\"]",
                         keys.place(*node));
    for (const toml::node& item : *list) {
      step.corners.push_back(keys.quantity_of(item, "corners", "V", any_number));
      const std::size_t n = step.corners.size();
      if (n > 1 && step.corners[n - 1] == step.corners[n - 2])
        throw InvalidInput("{}: corners in a sweep has one voltage twice in a row, expected neighbours that differ",
                           keys.place(*node));
    }
  } else {
    keys.required("corners");
  }
  for (std::size_t i = 1; i < step.corners.size(); ++i)
    if (step.reading_step > 0 && std::abs(step.corners[i] - step.corners[i - 1]) / step.reading_step > most_readings)
      throw InvalidInput("{}: reading_step in a sweep is {} V, expected no more than {:g} readings", keys.place(),
                         step.reading_step, most_readings);
  return step;
}

RetentionStep retention(Keys& keys) {
  RetentionStep step;
  step.duration = keys.quantity_of("duration", "s", time_span);
  step.readings = keys.whole("readings", 1, static_cast<std::int64_t>(most_readings));
  step.first_reading = std::min(1.0, step.duration / 10);
  keys.quantity_if("first_reading", "s", time_span, step.first_reading);
  keys.quantity_if("voltage", "V", any_number, step.voltage);
  if (step.readings > 1 && step.duration > 0 && !(step.first_reading < step.duration))
    throw InvalidInput("{}: first_reading in a retention is {} s, expected before its end at {} s", keys.place(),
                       step.first_reading, step.duration);
  return step;
}

EnduranceStep endurance(const std::string& source, Keys& keys) {
  EnduranceStep step;
  const auto direction = [&](const char* name) {
    const toml::table* table = keys.table_if(name);
    if (table == nullptr) {
      keys.required(name);
      return PulseTrainStep{};
    }
    Keys inner(source, *table, fmt::format("'{}' of an endurance", name));
    const PulseTrainStep train = pulses(inner);
    inner.refuse_others();
    if (train.until_above || train.until_below)
      throw InvalidInput("{}: an endurance counts its pulses, expected no until_above or until_below", inner.place());
    return train;
  };
  step.up = direction("up");
  step.down = direction("down");
  step.cycles = keys.whole("cycles", 1, most_pulses);
  keys.whole_if("record_every", 1, most_pulses, step.record_every);
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  const double pulses = count(step.cycles) * (count(step.up.count) + count(step.down.count));
  if (pulses > most_pulses_in_all)
    throw InvalidInput("{}: {:.3g} pulses in an endurance, expected no more than {:g}", keys.place(), pulses,
                       most_pulses_in_all);
  const double readings =
      (count(step.cycles) / count(step.record_every) + 2) *
      (count(step.up.count) / count(step.up.read_every) + count(step.down.count) / count(step.down.read_every));
  if (readings > 2 * most_readings)
    throw InvalidInput(
        "{}: some {:.3g} readings in an endurance, expected no more than {:g}; record_every and "
        "read_every make them fewer",
        keys.place(), readings, 2 * most_readings);
  return step;
}

TemperatureStep temperature_step(Keys& keys) {
  TemperatureStep step;
  step.temperature = keys.quantity_of("to", "K", kelvin);
  keys.quantity_if("duration", "s", time_or_none, step.duration);
  return step;
}

constexpr std::string_view kinds[] = {"pulses", "sweep", "retention", "endurance", "temperature"};

ProtocolStep step_of(const std::string& source, const toml::table& table, std::size_t number) {
  Keys keys(source, table, fmt::format("step {}", number));
  std::string kind;
  keys.text_if("kind", kind);
  if (kind.empty())
    throw InvalidInput(
        "{}: step {} has no key 'kind'; expected one of pulses, sweep, retention, endurance, temperature", keys.place(),
        number);
  ProtocolStep step;
  step.line = table.source().begin.line;
  keys.text_if("label", step.label);
  switch (std::ranges::find(kinds, kind) - kinds) {
    case 0:
      step.what = pulses(keys);
      break;
    case 1:
      step.what = sweep(keys);
      break;
    case 2:
      step.what = retention(keys);
      break;
    case 3:
      step.what = endurance(source, keys);
      break;
    case 4:
      step.what = temperature_step(keys);
      break;
    default:
      throw InvalidInput("{}: no kind of step '{}'{}; expected pulses, sweep, retention, endurance or temperature",
                         keys.place(*table.get("kind")), kind, did_you_mean(kind, kinds));
  }
  keys.refuse_others();
  return step;
}

PopulationChoice population_of(const std::string& source, const toml::table& table) {
  Keys keys(source, table, "[population]");
  PopulationChoice choice;
  choice.devices = keys.whole("devices", 1, most_devices);
  keys.number_if("thickness_spread", spread, choice.thickness_spread);
  keys.number_if("area_spread", spread, choice.area_spread);
  keys.quantity_if("barrier_spread", "J", barrier, choice.barrier_spread);
  keys.refuse_others();
  if (choice.devices == 1 && (choice.thickness_spread || choice.area_spread || choice.barrier_spread))
    throw InvalidInput("{}: [population] of one device has no spread; expected devices = 2 or more", keys.place());
  return choice;
}

/// The numbers of [device] or [material]: each a parameter by its name, with its unit, within what is physical.
template <class Owner>
void state_parameters(Keys& keys, Owner owner, std::vector<StatedParameter>& stated) {
  for (const Parameter& p : parameters(owner)) {
    const toml::node* node = keys.optional(p.name);
    if (node == nullptr) continue;
    double value = 0;
    if (p.unit.empty()) {
      keys.number_if(p.name, any_number, value);
    } else {
      value = keys.quantity_of(*node, p.name, p.unit, any_number);  // in the parameter's own unit
    }
    const double slack = 1e-12 * (std::abs(p.low) + std::abs(p.high));
    if (!(value >= p.low - slack && value <= p.high + slack))
      throw InvalidInput("{}: {} is {:.6g} {}, expected {:.6g} to {:.6g} {}", keys.place(*node), p.name, value, p.unit,
                         p.low, p.high, p.unit);
    stated.push_back({std::string(p.name), value * p.scale});
  }
}

void device_of(const std::string& source, const toml::table& table, Protocol& protocol) {
  Keys keys(source, table, "[device]");
  keys.text_if("like", protocol.device);
  if (!protocol.device.empty()) naming(keys.place(*table.get("like")), [&] { shipped_device(protocol.device); });
  std::string ambient;
  keys.text_if("ambient", ambient);
  if (!ambient.empty()) {
    if (ambient != name(Ambient::air) && ambient != name(Ambient::vacuum))
      throw InvalidInput("{}: ambient is '{}', expected air or vacuum", keys.place(*table.get("ambient")), ambient);
    protocol.ambient = ambient == name(Ambient::air) ? Ambient::air : Ambient::vacuum;
  }
  state_parameters(keys, Device{}, protocol.stated);
  keys.refuse_others();
}

toml::table parse(std::string_view text, const std::string& source) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& e) {
    throw InvalidInput("{}:{}: not valid TOML: {}", source, e.source().begin.line, e.description());
  }
}

double largest_magnitude(const ProtocolStep& step) {
  struct Visitor {
    double operator()(const PulseTrainStep& s) const { return std::abs(s.voltage); }
    double operator()(const SweepStep& s) const {
      double most = 0;
      for (const double v : s.corners) most = std::max(most, std::abs(v));
      return most;
    }
    double operator()(const RetentionStep& s) const { return std::abs(s.voltage); }
    double operator()(const EnduranceStep& s) const { return std::max((*this)(s.up), (*this)(s.down)); }
    double operator()(const TemperatureStep&) const { return 0; }
  };
  return std::visit(Visitor{}, step.what);
}

}  // namespace

Protocol parse_protocol(std::string_view text, const std::string& source) {
  const toml::table root = parse(text, source);
  const auto version = root["protocol"].value_exact<std::int64_t>();
  if (!version)
    throw InvalidInput(
        "{}: not a protocol: it has no key 'protocol' with a whole number, its version, as protocol = {}", source,
        protocol_version);
  if (*version < 1 || *version > protocol_version)
    throw InvalidInput("{}: protocol of version {}; this ecram knows versions 1 to {}", source, *version,
                       protocol_version);

  Protocol protocol;
  protocol.source = source;
  Keys keys(source, root, "the protocol");
  keys.optional("protocol");
  keys.text_if("title", protocol.title);
  if (root["device"].is_table())
    device_of(source, *keys.table_if("device"), protocol);
  else
    keys.text_if("device", protocol.device);
  if (root["device"].is_string() && !protocol.device.empty())
    naming(keys.place(*root.get("device")), [&] { shipped_device(protocol.device); });
  if (const toml::table* table = keys.table_if("material")) {
    Keys inner(source, *table, "[material]");
    state_parameters(inner, MaterialConstants{}, protocol.stated);
    inner.refuse_others();
  }
  protocol.temperature = keys.quantity_of("temperature", "K", kelvin);
  keys.quantity_if("read_voltage", "V", read_voltage, protocol.read_voltage);
  keys.whole_if("seed", 0, std::numeric_limits<std::int64_t>::max(), protocol.seed);
  keys.flag_if("noise", protocol.noise);
  if (const toml::table* table = keys.table_if("population")) protocol.population = population_of(source, *table);
  const toml::node* steps = keys.optional("step");
  keys.refuse_others();
  if (steps == nullptr || !steps->is_array_of_tables() || steps->as_array()->empty())
    throw InvalidInput("{}: the protocol has no steps; expected [[step]] with a kind", source);
  for (const toml::node& item : *steps->as_array())
    protocol.steps.push_back(step_of(source, *item.as_table(), protocol.steps.size() + 1));
  return protocol;
}

Protocol read_protocol(const std::filesystem::path& path) {
  return parse_protocol(MappedFile(path).text(), path.string());
}

bool states_a_device(const Protocol& protocol) { return !protocol.stated.empty() || protocol.ambient; }

void apply_stated(const Protocol& protocol, MaterialConstants& constants, Device& device) {
  for (const StatedParameter& stated : protocol.stated)
    for (const auto& list : {parameters(constants), parameters(device)})
      for (const Parameter& p : list)
        if (p.name == stated.name) *p.value = stated.value;
  if (protocol.ambient) device.ambient = *protocol.ambient;
  naming(protocol.source, [&] { validate(constants, device); });
}

void check_gate_voltages(const Protocol& protocol, double breakdown_voltage) {
  for (const ProtocolStep& step : protocol.steps) {
    const double most = largest_magnitude(step);
    if (most > breakdown_voltage)
      throw InvalidInput("{}:{}: {} V on the gate is beyond the stack's breakdown, expected {:.3g} V at most",
                         protocol.source, step.line, most, breakdown_voltage);
  }
}

ProtocolLength length(const Protocol& protocol) {
  ProtocolLength total;
  const auto add_train = [&](const PulseTrainStep& s, double times) {
    total.pulses += times * static_cast<double>(s.count);
    total.seconds += times * static_cast<double>(s.count) * (s.width + s.rest);
  };
  for (const ProtocolStep& step : protocol.steps) {
    if (const auto* train = std::get_if<PulseTrainStep>(&step.what)) {
      add_train(*train, 1);
    } else if (const auto* cycles = std::get_if<EnduranceStep>(&step.what)) {
      add_train(cycles->up, static_cast<double>(cycles->cycles));
      add_train(cycles->down, static_cast<double>(cycles->cycles));
    } else if (const auto* s = std::get_if<SweepStep>(&step.what)) {
      for (std::size_t i = 1; i < s->corners.size(); ++i)
        total.seconds += std::abs(s->corners[i] - s->corners[i - 1]) / s->rate;
    } else if (const auto* retained = std::get_if<RetentionStep>(&step.what)) {
      total.seconds += retained->duration;
    } else if (const auto* stage = std::get_if<TemperatureStep>(&step.what)) {
      total.seconds += stage->duration;
    }
  }
  return total;
}

}  // namespace ecram::device
