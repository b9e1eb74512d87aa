// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/study.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/version.h"
#include "ecram/report/text.h"

namespace ecram::study {
namespace fs = std::filesystem;
namespace {

using report::Badge;
using report::Cell;
using report::Paragraph;
using report::Run;
using report::TableRow;

/// A chapter and what it said.
struct Written {
  const Chapter* chapter;
  ChapterText text;
};

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string_view name_of(Effort effort) {
  static constexpr std::array<std::string_view, 3> names{"quick", "normal", "full"};
  return names[static_cast<std::size_t>(effort)];
}

Badge badge(Origin origin) {
  static constexpr std::array<Badge::Tone, 4> tones{Badge::Tone::orange, Badge::Tone::blue, Badge::Tone::green,
                                                    Badge::Tone::purple};
  return {std::string(name_of(origin)), tones[static_cast<std::size_t>(origin)]};
}

Cell ours_cell(const Row& row) {
  Cell cell(ours_text(row));
  cell.together = row.finding && std::holds_alternative<Estimate>(row.finding->ours);
  if (row.finding && !row.finding->chapter.empty()) cell.text[0].link = "#" + row.finding->chapter;
  return cell;
}

Cell origin_cell(const Row& row) {
  if (!row.finding) return {};
  Cell cell(badge(row.finding->origin));
  if (!row.finding->note.empty()) cell.text = {{row.finding->note}};
  return cell;
}

report::Table comparison_table(std::span<const Row> rows) {
  report::Table table;
  table.header = {"quantity", "paper", "ours", "how ours came about"};
  std::string_view heading;
  for (const Row& row : rows) {
    if (row.target.chapter() != heading) {
      heading = row.target.chapter();
      TableRow title({Cell(chapter_title(heading))});
      title.heading = true;
      table.rows.push_back(std::move(title));
    }
    TableRow line({Cell(row.target.label), Cell(paper_text(row.target)), ours_cell(row), origin_cell(row)});
    line.faint = !row.finding;
    table.rows.push_back(std::move(line));
  }
  return table;
}

report::Table conditions_table(std::span<const Target> targets) {
  report::Table table;
  table.header = {"condition", "paper"};
  std::string_view heading;
  for (const Target& target : targets) {
    if (!target.condition) continue;
    if (target.chapter() != heading) {
      heading = target.chapter();
      TableRow title({Cell(chapter_title(heading))});
      title.heading = true;
      table.rows.push_back(std::move(title));
    }
    table.rows.push_back(TableRow({Cell(target.label), Cell(paper_text(target))}));
  }
  return table;
}

std::vector<report::Block> opening(std::span<const Row> rows, const StudyContext& context) {
  const auto reached = std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.finding.has_value(); });
  std::vector<report::Block> blocks;
  blocks.emplace_back(Paragraph({
      {"This report walks through Kwak et al., Nat. Commun. 16, 2715 (2025), "},
      {"doi:10.1038/s41467-025-58004-0", Run::Style::plain, "https://doi.org/10.1038/s41467-025-58004-0"},
      {fmt::format(", an electrochemical memory of tungsten oxide, number by number: what the paper found beside what "
                   "ecramlab finds. {} of {} rows have been reached so far; the others stand here as “not yet”.",
                   reached, rows.size())},
  }));
  if (!context.data)
    blocks.emplace_back(
        report::Note{report::Note::Kind::remark,
                     "No folder of measured data",
                     {Paragraph({{"Neither "},
                                 {"ECRAM_DATA", Run::Style::code},
                                 {" nor "},
                                 {"../shared/data", Run::Style::code},
                                 {" is a folder, so chapters that need one use what the program carries "
                                  "with it, and say so."}})}});
  return blocks;
}

/// The table, and below it what its last column means.
std::vector<report::Block> comparison(std::span<const Row> rows) {
  report::List origins;
  const auto explain = [&](Origin origin, std::string_view meaning) {
    origins.items.push_back(
        Paragraph({{std::string(name_of(origin)), Run::Style::strong}, {fmt::format(": {}", meaning)}}));
  };
  explain(Origin::calibrated, "a model was fitted to this very number");
  explain(Origin::predicted, "a model gave it that was not fitted to it");
  explain(Origin::measured, "it comes from a file of measured data");
  explain(Origin::computed, "from first principles, or by training a network");
  return {comparison_table(rows), Paragraph("A number of ours came about in one of four ways:"), origins};
}

report::Section chapter_section(Written& written) {
  report::Section section{written.chapter->id, written.chapter->title, {}};
  if (!written.text.warnings.empty()) {
    report::Note note{report::Note::Kind::warning, "Mind these", {}};
    for (const Warning& warning : written.text.warnings) {
      const std::string where = warning.row == 0 ? "" : fmt::format("line {}: ", warning.row);
      note.text.push_back(Paragraph({{warning.code, Run::Style::code}, {fmt::format(" {}{}", where, warning.text)}}));
    }
    section.blocks.emplace_back(std::move(note));
  }
  std::move(written.text.blocks.begin(), written.text.blocks.end(), std::back_inserter(section.blocks));
  return section;
}

std::string page_of(std::vector<Written>& written, std::span<const Row> rows, std::span<const Target> targets,
                    const StudyContext& context) {
  report::Page page;
  page.title = "From the Hall bar to the trained network";
  page.opening = opening(rows, context);
  page.sections.push_back({"paper-and-ours", "Paper and ours", comparison(rows)});
  for (Written& chapter : written) page.sections.push_back(chapter_section(chapter));
  page.sections.push_back({"conditions",
                           "What the authors set",
                           {Paragraph("Conditions of the paper's experiments, for reference. They are inputs, so they "
                                      "have no counterpart of ours."),
                            conditions_table(targets)}});
  page.footer = fmt::format("Written by ecram {} (commit {}), {} study, seed {}. The numbers are in results.json.",
                            version(), commit(), name_of(context.effort), context.seed);
  return report::html(page);
}

}  // namespace

std::optional<fs::path> find_data() {
  std::error_code error;
  if (const char* named = std::getenv("ECRAM_DATA"); named != nullptr && *named != '\0') {
    if (!fs::is_directory(named, error)) throw InvalidInput("ECRAM_DATA names {}, which is no folder", named);
    return fs::path(named);
  }
  const fs::path beside = "../shared/data";
  if (fs::is_directory(beside, error)) return beside;
  return std::nullopt;
}

std::vector<Chapter> chosen_chapters(std::span<const Chapter> all, std::span<const std::string> ids) {
  std::vector<std::string_view> known;
  for (const Chapter& chapter : all) known.push_back(chapter.id);
  for (const std::string& id : ids)
    if (std::find(known.begin(), known.end(), id) == known.end())
      throw InvalidInput("--chapter: there is no chapter '{}'; there are {}", id, fmt::join(known, ", "));
  std::vector<Chapter> chosen;
  for (const Chapter& chapter : all)
    if (ids.empty() || std::find(ids.begin(), ids.end(), chapter.id) != ids.end()) chosen.push_back(chapter);
  return chosen;
}

Study run_study(std::span<const Chapter> chapters, std::span<const Target> targets, const StudyContext& context) {
  Study study;
  std::vector<Written> written;
  std::vector<Finding> findings;
  RunFacts facts{std::string(name_of(context.effort)), context.seed, {}};
  for (const Chapter& chapter : chapters) {
    stop_if_interrupted();
    const Stopwatch watch;
    written.push_back({&chapter, chapter.write(context)});
    for (Finding& finding : written.back().text.findings) {
      finding.chapter = chapter.id;
      findings.push_back(finding);
    }
    facts.chapters.push_back(chapter.id);
    study.timings.push_back({chapter.id, watch.seconds()});
  }
  const Stopwatch watch;
  study.rows = merge(targets, findings);
  study.results = results_json(targets, study.rows, facts);
  study.page = page_of(written, study.rows, targets, context);
  study.timings.push_back({"report", watch.seconds()});
  return study;
}

std::string timing_json(std::span<const Timing> timings, unsigned threads) {
  nlohmann::ordered_json json{{"schema", "ecram-timing"}, {"version", 1}, {"threads", threads}};
  double total = 0;
  json["chapters"] = nlohmann::ordered_json::array();
  for (const Timing& timing : timings) {
    total += timing.seconds;
    json["chapters"].push_back({{"id", timing.chapter}, {"seconds", std::round(timing.seconds * 1e3) / 1e3}});
  }
  json["seconds"] = std::round(total * 1e3) / 1e3;
  return json.dump(2) + "\n";
}

std::string reached_rows_text(std::span<const Row> rows) {
  std::array<std::size_t, 3> width{5, 5, 4};
  std::vector<std::array<std::string, 4>> lines{{"quantity", "paper", "ours", "how ours came about"}};
  for (const Row& row : rows)
    if (row.finding)
      lines.push_back(
          {row.target.id, paper_text(row.target), ours_text(row), std::string(name_of(row.finding->origin))});
  if (lines.size() == 1) return fmt::format("No chapter has reached any of the paper's {} rows yet.\n", rows.size());
  for (const auto& line : lines)
    for (std::size_t c = 0; c < width.size(); ++c) width[c] = std::max(width[c], report::characters(line[c]));
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t c = 0; c < width.size(); ++c)
      text += line[c] + std::string(width[c] - report::characters(line[c]) + 2, ' ');
    text += line[3] + "\n";
  }
  text += fmt::format("{} of {} rows of the paper; the others are not reached yet.\n", lines.size() - 1, rows.size());
  return text;
}

}  // namespace ecram::study
