// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/results.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ecram/core/version.h"
#include "ecram/report/format.h"
#include "ecram/report/json.h"
#include "ecram/report/text.h"

namespace ecram::study {
namespace {
using Json = nlohmann::ordered_json;

Json to_json(const PaperValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const double number = std::get<double>(value);
  if (number == std::floor(number) && std::abs(number) < 1e15) return static_cast<long long>(number);
  return number;
}

Json to_json(const std::variant<Estimate, std::string>& ours) {
  if (const auto* text = std::get_if<std::string>(&ours)) return report::clean_text(*text);
  return report::to_json(std::get<Estimate>(ours));
}

Json row_json(const Row& row) {
  Json json{{"id", row.target.id}, {"paper", to_json(row.target.value)}};
  if (row.finding) {
    json["ours"] = to_json(row.finding->ours);
    json["origin"] = name_of(row.finding->origin);
    json["note"] = report::clean_text(row.finding->note);
    json["chapter"] = row.finding->chapter;
  } else {
    json["ours"] = "not yet";
    json["origin"] = nullptr;
    json["note"] = "";
    json["chapter"] = nullptr;
  }
  return json;
}

std::string with_unit(std::string text, const std::string& unit) {
  return unit.empty() ? text : fmt::format("{}{}{}", text, unit == "°" ? "" : " ", unit);
}

}  // namespace

std::string_view name_of(Origin origin) {
  static constexpr std::array<std::string_view, 4> names{"calibrated", "predicted", "measured", "computed"};
  return names[static_cast<std::size_t>(origin)];
}

std::vector<Row> merge(std::span<const Target> targets, std::span<const Finding> findings) {
  std::map<std::string_view, const Finding*> by_id;
  for (const Finding& finding : findings)
    if (!by_id.emplace(finding.id, &finding).second)
      throw std::logic_error(fmt::format("two findings for '{}'", finding.id));
  std::vector<Row> rows;
  for (const Target& target : targets) {
    if (target.condition) continue;
    Row row{target, std::nullopt};
    if (const auto found = by_id.extract(target.id)) row.finding = *found.mapped();
    rows.push_back(std::move(row));
  }
  if (!by_id.empty()) throw std::logic_error(fmt::format("a finding for '{}', which is no row", by_id.begin()->first));
  return rows;
}

std::string results_json(std::span<const Target> targets, std::span<const Row> rows, const RunFacts& facts) {
  Json json{{"schema", "ecram-results"},
            {"version", 1},
            {"program", {{"name", "ecram"}, {"version", version()}, {"commit", commit()}}},
            {"effort", facts.effort},
            {"seed", facts.seed},
            {"chapters", facts.chapters}};
  json["rows"] = Json::array();
  for (const Row& row : rows) json["rows"].push_back(row_json(row));
  json["conditions"] = Json::array();
  for (const Target& target : targets)
    if (target.condition) json["conditions"].push_back({{"id", target.id}, {"paper", to_json(target.value)}});
  return json.dump(2) + "\n";
}

std::string paper_text(const Target& target) {
  const auto* number = std::get_if<double>(&target.value);
  std::string text = number != nullptr ? report::number(*number, 6) : std::get<std::string>(target.value);
  if (target.qualifier == "more than") text.insert(0, "> ");
  if (target.qualifier == "at most") text.insert(0, "≤ ");
  if (target.qualifier == "about") text.insert(0, "≈ ");
  return with_unit(std::move(text), target.unit);
}

std::string ours_text(const Row& row) {
  if (!row.finding) return "not yet";
  if (const auto* text = std::get_if<std::string>(&row.finding->ours)) return *text;
  return with_unit(report::with_uncertainty(std::get<Estimate>(row.finding->ours)), row.target.unit);
}

}  // namespace ecram::study
