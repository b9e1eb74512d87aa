// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/study.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ecram/core/errors.h"
#include "support/markup.h"
#include "support/temporary_folder.h"

namespace ecram::study {
namespace {

constexpr const char* small_paper = R"([fig3b]
up = { pulses = 300, nonlinearity = 0.122 }
[fig5]
gap_eV = { "WO3" = 2.60, "WO2.938" = 2.40 }
law = "Mott"
)";

Chapter chapter_with(std::vector<Finding> findings) {
  return {"switching", "Potentiation <and> depression", [findings](const StudyContext&) {
            ChapterText text;
            text.blocks = {report::Paragraph("A paragraph.")};
            text.findings = findings;
            text.warnings = {{"few_pulses", 3, "only <12> pulses"}};
            return text;
          }};
}

Study study_of(const std::vector<Finding>& findings) {
  ThreadPool threads(1);
  StudyContext context;
  context.threads = &threads;
  const std::vector<Chapter> all{chapter_with(findings)};
  const std::vector<Target> targets = read_targets(small_paper);
  return run_study(all, targets, context);
}

const std::vector<Finding> found{{"fig3b.up.nonlinearity", normal_estimate(0.13, 0.01), Origin::measured, "one cycle"},
                                 {"fig5.law", std::string("Mott"), Origin::computed}};

// The contract of docs/results-json.md, word by word.
TEST(ResultsJson, KeepsItsContract) {
  const auto json = nlohmann::json::parse(study_of(found).results);
  EXPECT_EQ(json["schema"], "ecram-results");
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["program"]["name"], "ecram");
  const auto& rows = json["rows"];
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0]["id"], "fig3b.up.nonlinearity");
  EXPECT_EQ(rows[0]["paper"], 0.122);
  EXPECT_EQ(rows[0]["ours"]["value"], 0.13);
  EXPECT_EQ(rows[0]["ours"]["se"], 0.01);
  EXPECT_NEAR(rows[0]["ours"]["low"].get<double>(), 0.1104, 1e-6);
  EXPECT_EQ(rows[0]["origin"], "measured");
  EXPECT_EQ(rows[0]["note"], "one cycle");
  EXPECT_EQ(rows[0]["chapter"], "switching");
  EXPECT_EQ(rows[2]["id"], "fig5.gap_eV.WO2.938");
  EXPECT_EQ(rows[2]["ours"], "not yet");
  EXPECT_TRUE(rows[2]["origin"].is_null());
  EXPECT_EQ(rows[3]["ours"], "Mott");
  EXPECT_EQ(rows[3]["origin"], "computed");
  ASSERT_EQ(json["conditions"].size(), 1U);
  EXPECT_EQ(json["conditions"][0]["id"], "fig3b.up.pulses");
  EXPECT_EQ(json["conditions"][0]["paper"], 300);
}

TEST(ResultsJson, HoldsNoTimesAndIsTheSameEachTime) {
  const Study one = study_of(found), other = study_of(found);
  EXPECT_EQ(one.results, other.results);
  EXPECT_EQ(one.page, other.page);
  EXPECT_EQ(one.results.find("seconds"), std::string::npos);
  const auto timing = nlohmann::json::parse(timing_json(one.timings, 3));
  EXPECT_EQ(timing["threads"], 3);
  EXPECT_EQ(timing["chapters"][0]["id"], "switching");
  EXPECT_GE(timing["seconds"].get<double>(), 0);
}

TEST(Study, ThePageIsWholeAndLinksRowsToChapters) {
  const std::string page = study_of(found).page;
  EXPECT_EQ(markup_fault(page, {"meta"}), "");
  EXPECT_NE(page.find("<a href=\"#switching\">0.130 ± 0.010</a>"), std::string::npos);
  EXPECT_NE(page.find("id=\"switching\""), std::string::npos);
  EXPECT_NE(page.find("not yet"), std::string::npos);
  EXPECT_NE(page.find("Potentiation &lt;and&gt; depression"), std::string::npos);
  EXPECT_NE(page.find("line 3: only &lt;12&gt; pulses"), std::string::npos);
}

TEST(Study, AFindingForNoRowIsAFaultOfTheChapter) {
  EXPECT_THROW(study_of({{"fig3b.up.nonlinearty", normal_estimate(1, 1), Origin::measured}}), std::logic_error);
  EXPECT_THROW(study_of({{"fig3b.up.pulses", normal_estimate(1, 1), Origin::measured}}), std::logic_error);
  EXPECT_THROW(study_of({found[0], found[0]}), std::logic_error);
}

TEST(Study, RunsWithoutChapters) {
  ThreadPool threads(1);
  StudyContext context;
  context.threads = &threads;
  const Study study = run_study({}, paper_targets(), context);
  EXPECT_EQ(markup_fault(study.page, {"meta"}), "");
  EXPECT_EQ(reached_rows_text(study.rows).find("No chapter"), 0U);
  const nlohmann::json results = nlohmann::json::parse(study.results);
  for (const auto& row : results["rows"]) EXPECT_EQ(row["ours"], "not yet");
}

TEST(Study, FindsDataWhereTheUserSaysItIs) {
  const TemporaryFolder folder;
  const char* before = std::getenv("ECRAM_DATA");
  const std::string kept = before == nullptr ? "" : before;
  const auto here = std::filesystem::current_path();
  std::filesystem::create_directories(folder / "lab" / "here");
  std::filesystem::current_path(folder / "lab" / "here");
  setenv("ECRAM_DATA", folder.path().c_str(), 1);
  EXPECT_EQ(find_data(), folder.path());
  setenv("ECRAM_DATA", (folder / "none").c_str(), 1);
  EXPECT_THROW(find_data(), InvalidInput);
  setenv("ECRAM_DATA", "", 1);
  EXPECT_EQ(find_data(), std::nullopt);
  std::filesystem::create_directories(folder / "lab" / "shared" / "data");
  EXPECT_EQ(find_data(), std::filesystem::path("../shared/data"));
  std::filesystem::current_path(here);
  setenv("ECRAM_DATA", kept.c_str(), 1);
}

TEST(Texts, OfPaperAndOurs) {
  const auto targets = read_targets("[t]\na_percent_more_than = 97.8\nb_uS = 7.22\nc = 'n'\nd_deg = 90.2\n");
  EXPECT_EQ(paper_text(targets[0]), "> 97.8 %");
  EXPECT_EQ(paper_text(targets[1]), "7.22 µS");
  EXPECT_EQ(paper_text(targets[2]), "n");
  EXPECT_EQ(paper_text(targets[3]), "90.2°");
  EXPECT_EQ(ours_text({targets[1], Finding{"t.b_uS", normal_estimate(7.1, 0.2), Origin::measured}}), "7.10 ± 0.20 µS");
  EXPECT_EQ(ours_text({targets[1], std::nullopt}), "not yet");
}

}  // namespace
}  // namespace ecram::study
