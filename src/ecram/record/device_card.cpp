// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/device_card.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/nearest.h"
#include "ecram/core/sha256.h"

namespace ecram::record {
namespace {

constexpr std::string_view checksum_key = "checksum = ";

// The schema: every table and key of a card in the order in which it is written. Reading, writing and checking all
// walk it, so that they cannot differ. `visit` is called as visit(key, member).

template <class Card, class Visit>
void head_fields(Card& c, Visit visit) {
  visit("device", c.device);
  visit("program", c.program);
  visit("law", c.law);
  visit("conductance_unit", c.conductance_unit);
}

template <class Source, class Visit>
void source_fields(Source& s, Visit visit) {
  visit("file", s.file);
  visit("sha256", s.sha256);
  visit("layout", s.layout);
}

template <class Card, class Visit>
void window_fields(Card& c, Visit visit) {
  visit("gmin", c.gmin);
  visit("gmax", c.gmax);
  visit("on_off", c.on_off);
  visit("resolved_states", c.resolved_states);
  visit("asymmetry", c.asymmetry);
  visit("symmetry_point", c.symmetry_point);
  visit("handover_drop", c.handover_drop);
}

template <class Direction, class Visit>
void direction_fields(Direction& d, Visit visit) {
  visit("pulses", d.pulses);
  visit("runs", d.runs);
  visit("described", d.described);
  visit("noise_model", d.noise_model);
  visit("nonlinearity", d.nonlinearity);
  visit("A", d.a);
  visit("B", d.b);
  visit("low", d.low);
  visit("high", d.high);
  visit("mean_step", d.mean_step);
  visit("label_spread", d.label_spread);
  visit("energy_per_pulse_J", d.energy_per_pulse);
  visit("reading_noise", d.reading_noise);
  visit("step_noise", d.step_noise);
  visit("whiteness_p", d.whiteness_p);
  visit("shape_p", d.shape_p);
  visit("shape_misfit", d.shape_misfit);
}

template <class Card, class Visit>
void variation_fields(Card& c, Visit visit) {
  visit("cycles", c.cycles);
  visit("step_over_window", c.step_over_window);
  visit("raw_step_over_window", c.raw_step_over_window);
  visit("step_over_mean_step", c.step_over_mean_step);
  visit("raw_step_over_mean_step", c.raw_step_over_mean_step);
  visit("worst_spread_over_mean", c.worst_spread_over_mean);
}

template <class Card, class Visit>
void device_fields(Card& c, Visit visit) {
  visit("devices", c.devices);
  visit("worst_mean", c.device_worst_mean);
  visit("worst_spread", c.device_worst_spread);
}

template <class Warned, class Visit>
void warning_fields(Warned& w, Visit visit) {
  visit("code", w.code);
  visit("row", w.row);
  visit("text", w.text);
}

template <class Compact, class Visit>
void compact_fields(Compact& c, Visit visit) {
  visit("base", c.base);
  visit("reading_noise", c.reading_noise);
}

template <class Parameter, class Visit>
void parameter_fields(Parameter& p, Visit visit) {
  visit("name", p.name);
  visit("unit", p.unit);
  visit("fitted", p.fitted);
  visit("value", p.value);
}

template <class Correlation, class Visit>
void correlation_fields(Correlation& c, Visit visit) {
  visit("first", c.first);
  visit("second", c.second);
  visit("value", c.value);
}

template <class Text, class Visit>
void undetermined_fields(Text& text, Visit visit) {
  visit("text", text);
}

template <class Writing, class Visit>
void writing_fields(Writing& w, Visit visit) {
  visit("up_voltage_V", w.up_voltage);
  visit("down_voltage_V", w.down_voltage);
  visit("up_width_s", w.up_width);
  visit("down_width_s", w.down_width);
  visit("rest_s", w.rest);
  visit("down_rest_s", w.down_rest);
  visit("read_voltage_V", w.read_voltage);
  visit("temperature_K", w.temperature);
}

/// How many bytes the UTF-8 character at the beginning of the text has; 0 where there is none. Overlong forms and
/// surrogates count as none: TOML refuses them.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf0 && byte(1) < 0x90) ||
      (lead == 0xf4 && byte(1) > 0x8f))
    return 0;
  return length;
}

/// A basic string of TOML. Bytes that are not UTF-8 (in a file's name, say) become U+FFFD.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0, length = 1; at < text.size(); at += length) {
    const char c = text[at];
    length = utf8_length(text.substr(at));
    if (length != 1) {
      out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(at, length);
      length = std::max<std::size_t>(length, 1);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Control characters of either set, C0 and C1 (in UTF-8).
bool has_control_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0)) return true;
  }
  return false;
}

/// Shortest text that reads back as the same number, always with a point or an exponent (a TOML float).
std::string floating(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", x);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

struct Writer {
  std::string& out;

  void operator()(std::string_view key, const std::string& value) { line(key, toml_string(value)); }
  void operator()(std::string_view key, std::size_t value) { line(key, fmt::format("{}", value)); }
  void operator()(std::string_view key, bool value) { line(key, value ? "true" : "false"); }
  void operator()(std::string_view key, double value) { line(key, floating(value)); }
  void operator()(std::string_view key, const std::optional<double>& value) {
    if (value) line(key, floating(*value));
  }
  void operator()(std::string_view key, const Estimate& e) {
    if (e.known())
      line(key, fmt::format("{{ value = {}, se = {}, low = {}, high = {} }}", floating(e.value),
                            floating(e.standard_error), floating(e.low), floating(e.high)));
  }
  void line(std::string_view key, const std::string& value) { out += fmt::format("{} = {}\n", key, value); }
};

/// Where a node stands: "card.toml:12".
std::string place(const std::string& source, const toml::node& node) {
  return fmt::format("{}:{}", source, node.source().begin.line);
}

/// Reads the fields of one table, remembers which keys it saw, and refuses the others at the end.
class Reader {
 public:
  Reader(const std::string& source, const toml::table& table, std::string name)
      : source_(source), table_(table), name_(std::move(name)) {}

  void operator()(std::string_view key, std::string& value) { value = typed<std::string>(key, "a text in quotes"); }
  void operator()(std::string_view key, bool& value) { value = typed<bool>(key, "true or false"); }
  void operator()(std::string_view key, double& value) { value = number(required(key), key); }
  void operator()(std::string_view key, std::optional<double>& value) {
    known_.push_back(key);
    if (const toml::node* node = table_.get(key)) value = number(*node, key);
  }
  void operator()(std::string_view key, std::size_t& value) {
    const auto whole = typed<std::int64_t>(key, "a whole number");
    if (whole < 0) throw InvalidInput("{}: {} is {}, expected a number that is not negative", here(key), key, whole);
    value = static_cast<std::size_t>(whole);
  }
  void operator()(std::string_view key, Estimate& value) {
    known_.push_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    if (!node->is_table()) throw InvalidInput("{}: {} is no table {{ value, se, low, high }}", here(key), key);
    Reader inner(source_, *node->as_table(), std::string(key));
    inner("value", value.value);
    inner("se", value.standard_error);
    inner("low", value.low);
    inner("high", value.high);
    inner.refuse_others();
    if (value.standard_error < 0 || value.low > value.high)
      throw InvalidInput("{}: {} has a negative error or an interval that ends before it begins", here(key), key);
  }

  void knows(std::string_view key) { known_.push_back(key); }

  void refuse_others() const {
    for (const auto& [key, node] : table_) {
      const std::string_view word = key.str();
      if (std::ranges::find(known_, word) == known_.end())
        throw InvalidInput("{}: unknown key '{}' in {}{}", place(source_, node), word, name_,
                           did_you_mean(word, known_));
    }
  }

 private:
  std::string here(std::string_view key) const { return place(source_, *table_.get(key)); }

  const toml::node& required(std::string_view key) {
    known_.push_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) throw InvalidInput("{}: {} has no key '{}'", place(source_, table_), name_, key);
    return *node;
  }

  template <class T>
  T typed(std::string_view key, std::string_view expected) {
    const auto value = required(key).value_exact<T>();
    if (!value) throw InvalidInput("{}: {} is not {}", here(key), key, expected);
    return *value;
  }

  double number(const toml::node& node, std::string_view key) const {
    if (!node.is_number()) throw InvalidInput("{}: {} is not a number", here(key), key);
    return *node.value<double>();
  }

  const std::string& source_;
  const toml::table& table_;
  std::string name_;
  std::vector<std::string_view> known_;
};

/// The sub-table of that name, if there is one.
const toml::table* section(const std::string& source, const toml::table& root, std::string_view name) {
  const toml::node* node = root.get(name);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) throw InvalidInput("{}: {} is no table", place(source, *node), name);
  return node->as_table();
}

template <class Element, class Fields>
std::vector<Element> elements(const std::string& source, const toml::table& root, std::string_view name,
                              Fields fields) {
  std::vector<Element> result;
  const toml::node* node = root.get(name);
  if (node == nullptr) return result;
  if (!node->is_array_of_tables()) throw InvalidInput("{}: {} is no list of tables", place(source, *node), name);
  for (const toml::node& item : *node->as_array()) {
    Reader reader(source, *item.as_table(), std::string(name));
    fields(result.emplace_back(), reader);
    reader.refuse_others();
  }
  return result;
}

toml::table parse(std::string_view text, const std::string& source) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& e) {
    throw InvalidInput("{}:{}: not valid TOML: {}", source, e.source().begin.line, e.description());
  }
}

/// The checksum is over all that follows its line: the version before it is checked on its own.
void check_checksum(std::string_view text, const toml::table& root, const std::string& source) {
  const auto stated = root["checksum"].value<std::string>();
  if (!stated) throw InvalidInput("{}: the card has no checksum", source);
  const auto line = text.find(fmt::format("\n{}", checksum_key));
  const auto end = line == std::string_view::npos ? line : text.find('\n', line + 1);
  if (end == std::string_view::npos || sha256(text.substr(end + 1)) != *stated)
    throw InvalidInput(
        "{}: the card was changed after it was written: its checksum is another (a conversion of line ends is a "
        "change, too)",
        source);
}

}  // namespace

void check_device_name(std::string_view name) {
  if (has_control_characters(name))
    throw InvalidInput("the device's name {} has control characters; expected one line of text", toml_string(name));
}

std::string device_card_text(const DeviceCard& card) {
  check_device_name(card.device);
  std::string body = "\n";
  const Writer write{body};
  head_fields(card, write);
  for (const CardSource& source : card.sources) {
    body += "\n[[sources]]\n";
    source_fields(source, write);
  }
  body += "\n[window]\n";
  window_fields(card, write);
  for (const auto& [name, direction] :
       {std::pair{"potentiation", &card.potentiation}, {"depression", &card.depression}})
    if (*direction) {
      body += fmt::format("\n[{}]\n", name);
      direction_fields(**direction, write);
    }
  body += "\n[variation]\n";
  variation_fields(card, write);
  if (card.devices > 0) {
    body += "\n[device_to_device]\n";
    device_fields(card, write);
  }
  if (card.writing) {
    body += "\n[writing]\n";
    writing_fields(*card.writing, write);
  }
  if (card.compact) {
    body += "\n[compact]\n";
    compact_fields(*card.compact, write);
    for (const CardParameter& parameter : card.compact->parameters) {
      body += "\n[[parameters]]\n";
      parameter_fields(parameter, write);
    }
    for (const CardCorrelation& correlation : card.compact->correlations) {
      body += "\n[[correlations]]\n";
      correlation_fields(correlation, write);
    }
    for (const std::string& text : card.compact->undetermined) {
      body += "\n[[undetermined]]\n";
      undetermined_fields(text, write);
    }
  }
  for (const Warning& warning : card.warnings) {
    body += "\n[[warnings]]\n";
    warning_fields(warning, write);
  }
  return fmt::format("# ecramlab device card; docs/device-card.md explains each key.\ndevice_card = {}\n{}\"{}\"\n{}",
                     card.compact || card.writing ? 2 : 1, checksum_key, sha256(body), body);
}

DeviceCard parse_device_card(std::string_view text, const std::string& source) {
  const toml::table root = parse(text, source);
  const auto version = root["device_card"].value<std::int64_t>();
  if (!version) throw InvalidInput("{}: not a device card: it has no key 'device_card' with a version", source);
  if (*version > device_card_version)
    throw InvalidInput("{}: device card of version {}, made by a newer ecram; this one knows versions up to {}", source,
                       *version, device_card_version);
  if (*version < 1) throw InvalidInput("{}: device card of version {}; versions begin with 1", source, *version);

  DeviceCard card;
  Reader head(source, root, "the card");
  for (const auto* key : {"device_card", "checksum", "sources", "window", "potentiation", "depression", "variation",
                          "device_to_device", "warnings"})
    head.knows(key);
  if (*version >= 2)
    for (const auto* key : {"compact", "writing", "parameters", "correlations", "undetermined"}) head.knows(key);
  head_fields(card, std::ref(head));
  head.refuse_others();
  naming(place(source, *root.get("device")), [&] { check_device_name(card.device); });
  if (card.conductance_unit != "S" && card.conductance_unit != "arbitrary")
    throw InvalidInput("{}: conductance_unit is '{}', expected 'S' or 'arbitrary'", source, card.conductance_unit);
  if (card.law != "exponential") throw InvalidInput("{}: law is '{}', expected 'exponential'", source, card.law);

  const auto read_section = [&](std::string_view name, auto fields) {
    const toml::table* table = section(source, root, name);
    if (table == nullptr) return false;
    Reader reader(source, *table, fmt::format("[{}]", name));
    fields(std::ref(reader));
    reader.refuse_others();
    return true;
  };
  card.sources =
      elements<CardSource>(source, root, "sources", [](CardSource& s, Reader& r) { source_fields(s, std::ref(r)); });
  card.warnings =
      elements<Warning>(source, root, "warnings", [](Warning& w, Reader& r) { warning_fields(w, std::ref(r)); });
  if (!read_section("window", [&](auto r) { window_fields(card, r); }))
    throw InvalidInput("{}: the card has no table [window]", source);
  CardDirection direction;
  if (read_section("potentiation", [&](auto r) { direction_fields(direction, r); })) card.potentiation = direction;
  direction = {};
  if (read_section("depression", [&](auto r) { direction_fields(direction, r); })) card.depression = direction;
  if (!read_section("variation", [&](auto r) { variation_fields(card, r); }))
    throw InvalidInput("{}: the card has no table [variation]", source);
  read_section("device_to_device", [&](auto r) { device_fields(card, r); });
  CardWriting writing;
  if (read_section("writing", [&](auto r) { writing_fields(writing, r); })) card.writing = writing;
  CardCompact compact;
  if (read_section("compact", [&](auto r) { compact_fields(compact, r); })) {
    compact.parameters = elements<CardParameter>(source, root, "parameters",
                                                 [](CardParameter& p, Reader& r) { parameter_fields(p, std::ref(r)); });
    compact.correlations = elements<CardCorrelation>(
        source, root, "correlations", [](CardCorrelation& c, Reader& r) { correlation_fields(c, std::ref(r)); });
    compact.undetermined = elements<std::string>(
        source, root, "undetermined", [](std::string& t, Reader& r) { undetermined_fields(t, std::ref(r)); });
    card.compact = std::move(compact);
  }
  check_checksum(text, root, source);
  return card;
}

DeviceCard read_device_card(const std::filesystem::path& path) {
  return parse_device_card(MappedFile(path).text(), path.string());
}

}  // namespace ecram::record
