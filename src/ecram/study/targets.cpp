// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/targets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "ecram/core/errors.h"
#include "ecram/study/embedded.h"

namespace ecram::study {
namespace {

/// Words of keys that say what the authors set. Whatever lies below such a key is a condition too.
constexpr std::array<std::string_view, 28> condition_keys{"geometry",
                                                          "hall_setup",
                                                          "pulses",
                                                          "volts",
                                                          "width_s",
                                                          "read_V",
                                                          "gate_sweep_V",
                                                          "drain_source_V",
                                                          "pulses_shown",
                                                          "duration_s",
                                                          "states",
                                                          "criterion",
                                                          "devices",
                                                          "pulse_width_s",
                                                          "write_V",
                                                          "temperatures_K",
                                                          "retention_check_s",
                                                          "retention_start_nS",
                                                          "plane_wave_cutoff_eV",
                                                          "kpoints",
                                                          "relaxed_to",
                                                          "charge",
                                                          "sites",
                                                          "layers",
                                                          "learning_rate",
                                                          "batch_size",
                                                          "epochs",
                                                          "field_amplitude_T"};

/// Units as the keys spell them and as people write them. "A" is the ångström: the paper's numbers hold no ampere.
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> unit_words{
    {{"nm", "nm"},   {"um", "µm"}, {"mm", "mm"},       {"A", "Å"},       {"T", "T"},     {"rpm", "rpm"}, {"V", "V"},
     {"volts", "V"}, {"K", "K"},   {"mTorr", "mTorr"}, {"s", "s"},       {"eV", "eV"},   {"meV", "meV"}, {"uS", "µS"},
     {"nS", "nS"},   {"fJ", "fJ"}, {"deg", "°"},       {"percent", "%"}, {"cm2", "cm²"}, {"Vs", "(V s)"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> qualifiers{
    {{"_more_than", "more than"}, {"_at_most", "at most"}, {"_about", "about"}}};

std::string_view unit_word(std::string_view word) {
  for (const auto& [key, unit] : unit_words)
    if (key == word) return unit;
  return {};
}

std::vector<std::string_view> words_of(std::string_view key) {
  std::vector<std::string_view> words;
  while (!key.empty()) {
    const std::size_t end = std::min(key.find('_'), key.size());
    words.push_back(key.substr(0, end));
    key.remove_prefix(std::min(end + 1, key.size()));
  }
  return words;
}

/// A key taken apart: "mean_uS_at_worst" is "mean at worst" in "µS".
struct Key {
  std::string label, unit, qualifier;
};

Key take_apart(std::string_view text) {
  Key key;
  for (const auto& [ending, qualifier] : qualifiers)
    if (text.ends_with(ending)) {
      key.qualifier = qualifier;
      text.remove_suffix(ending.size());
    }
  const auto words = words_of(text);
  std::vector<std::string_view> rest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view unit = key.unit.empty() ? unit_word(words[i]) : std::string_view();
    if (unit.empty()) {
      rest.push_back(words[i]);
    } else if (i + 2 < words.size() && words[i + 1] == "per") {
      key.unit = fmt::format("{}/{}", unit, unit_word(words[i + 2]));
      i += 2;
    } else {
      key.unit = unit;
    }
  }
  key.label = rest.empty() ? std::string(text) : fmt::format("{}", fmt::join(rest, " "));
  return key;
}

/// The unit nearest to the number: that of its own key, or of a key that holds it ("sweep_K.from").
std::string unit_of(const std::vector<std::string>& path) {
  for (std::size_t i = path.size(); i-- > 1;) {
    std::string unit = take_apart(path[i]).unit;
    if (!unit.empty()) return unit;
  }
  return {};
}

std::string label_of(const std::vector<std::string>& path) {
  std::vector<std::string> labels;
  for (std::size_t i = 1; i < path.size(); ++i) labels.push_back(take_apart(path[i]).label);
  return fmt::format("{}", fmt::join(labels, ", "));
}

bool is_condition(const std::vector<std::string>& path) {
  return std::any_of(path.begin(), path.end(), [](const std::string& key) {
    return std::find(condition_keys.begin(), condition_keys.end(), key) != condition_keys.end();
  });
}

std::string text_of(const toml::node& node) {
  if (const auto* array = node.as_array()) {
    std::vector<std::string> items;
    for (const toml::node& item : *array) items.push_back(text_of(item));
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  if (const auto number = node.value<double>()) return fmt::format("{}", *number);
  return node.value<std::string>().value_or("");
}

/// A table's entries in the order of the file, which toml++ forgets.
std::vector<std::pair<std::string, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<std::string, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(std::string(key.str()), &node);
  const auto position = [](const toml::node& node) {
    return std::pair(node.source().begin.line, node.source().begin.column);
  };
  std::sort(entries.begin(), entries.end(),
            [&](const auto& a, const auto& b) { return position(*a.second) < position(*b.second); });
  return entries;
}

void collect(const toml::table& table, const std::vector<std::string>& above, std::vector<Target>& targets) {
  for (const auto& [key, node] : in_file_order(table)) {
    std::vector<std::string> path = above;
    path.push_back(key);
    if (const auto* inner = node->as_table()) {
      collect(*inner, path, targets);
      continue;
    }
    Target target;
    target.id = fmt::format("{}", fmt::join(path, "."));
    if (const auto number = node->value<double>(); number && !node->is_array()) {
      target.value = *number;
    } else {
      target.value = text_of(*node);
    }
    if (std::holds_alternative<double>(target.value) || node->is_array()) target.unit = unit_of(path);
    target.qualifier = take_apart(key).qualifier;
    target.label = label_of(path);
    target.condition = is_condition(path);
    target.path = std::move(path);
    targets.push_back(std::move(target));
  }
}

}  // namespace

std::vector<Target> read_targets(std::string_view toml) {
  std::vector<Target> targets;
  try {
    collect(toml::parse(toml), {}, targets);
  } catch (const toml::parse_error& e) {
    throw InvalidInput("targets: line {}: {}", e.source().begin.line, e.description());
  }
  return targets;
}

const std::vector<Target>& paper_targets() {
  static const std::vector<Target> targets = read_targets(embedded::targets_toml);
  return targets;
}

std::string chapter_title(std::string_view chapter) {
  if (chapter == "fig3cd") return "Fig. 3c, d";
  if (chapter.starts_with("fig") && chapter.size() > 3) return fmt::format("Fig. {}", chapter.substr(3));
  std::string title(chapter);
  std::replace(title.begin(), title.end(), '_', ' ');
  if (!title.empty()) title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return title;
}

}  // namespace ecram::study
