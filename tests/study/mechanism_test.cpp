// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/chapters/mechanism.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ecram/study/study.h"

namespace ecram::study {
namespace {
namespace fs = std::filesystem;
using nlohmann::json;

fs::path kept_folder() { return fs::path(std::getenv("ECRAM_SOURCE")) / "data" / "electronic"; }

json read(const fs::path& path) {
  std::ifstream file(path);
  return json::parse(file);
}

ChapterText written() {
  ThreadPool threads(1);
  StudyContext context;
  context.threads = &threads;
  return mechanism_chapter().write(context);
}

const Finding* finding(const ChapterText& text, const std::string& id) {
  for (const Finding& f : text.findings)
    if (f.id == id) return &f;
  return nullptr;
}

/// Lowest empty minus highest filled eigenvalue, from the file itself.
double gap_in(const json& result) {
  double filled = -INFINITY, empty = INFINITY;
  const json &energies = result["eigenvalues_eV"], &occupations = result["occupations"];
  for (std::size_t s = 0; s < energies.size(); ++s)
    for (std::size_t k = 0; k < energies[s].size(); ++k)
      for (std::size_t n = 0; n < energies[s][k].size(); ++n) {
        const double e = energies[s][k][n];
        if (occupations[s][k][n].get<double>() > 0.5)
          filled = std::max(filled, e);
        else
          empty = std::min(empty, e);
      }
  return empty - filled;
}

// Each row is what the kept file says, read here without the program's own reader; without the file there is no row.
TEST(MechanismChapter, ItsGapsAreThoseOfTheKeptFiles) {
  const ChapterText text = written();
  const auto check = [&](const char* id, const fs::path& file) {
    const Finding* f = finding(text, id);
    ASSERT_EQ(f != nullptr, fs::exists(file)) << id;
    if (f == nullptr) return;
    const json kept = read(file);
    EXPECT_EQ(kept["task"]["exact_exchange"], 0.28);
    EXPECT_NEAR(std::get<Estimate>(f->ours).value, gap_in(kept), 1e-6) << id;
    EXPECT_EQ(f->origin, Origin::computed);
  };
  const fs::path folder = kept_folder() / "wo3-vacancies";
  check("fig5.gap_eV.WO3", folder / "gap-bulk.json");  // the single cell: its two k-points are Gamma of the double one
  check("fig5.gap_eV.WO2.938", folder / "gap-s_z.json");
  check("fig5.gap_eV.WO2.875", folder / "gap-two.json");
}

TEST(MechanismChapter, TheLowestSiteIsTheOneOfLowestEnergy) {
  const ChapterText text = written();
  const Finding* f = finding(text, "fig5.vacancy.lowest_site");
  const fs::path folder = kept_folder() / "wo3-vacancies";
  const std::vector<std::pair<std::string, fs::path>> sites{
      {"s_x", folder / "s_x.json"}, {"s_y", folder / "s_y.json"}, {"s_z", folder / "s_z.json"}};
  std::string lowest;
  double least = INFINITY;
  bool all = true;
  for (const auto& [name, file] : sites) {
    all = all && fs::exists(file);
    if (!fs::exists(file)) continue;
    const json kept = read(file);
    EXPECT_EQ(kept["charge"], 2);
    EXPECT_EQ(kept["structure"]["elements"].size(), 63U);
    if (kept["energy_eV"].get<double>() < least) {
      least = kept["energy_eV"];
      lowest = name;
    }
  }
  ASSERT_EQ(f != nullptr, all);
  if (f == nullptr) return;
  EXPECT_EQ(std::get<std::string>(f->ours), lowest);
}

// Fig. 5a: the cell with each of the three sites named once, in a picture that can stand on a page with others.
TEST(MechanismChapter, DrawsTheCrystalWithItsSites) {
  const ChapterText text = written();
  const report::Picture* picture = nullptr;
  for (const report::Block& block : text.blocks)
    if (picture == nullptr) picture = std::get_if<report::Picture>(&block);
  ASSERT_NE(picture, nullptr);
  EXPECT_TRUE(picture->svg.starts_with("<svg"));
  EXPECT_EQ(picture->svg.find("id="), std::string::npos);
  for (const char* site : {">s_x<", ">s_y<", ">s_z<"}) {
    const std::size_t at = picture->svg.find(site);
    EXPECT_NE(at, std::string::npos) << site;
    EXPECT_EQ(picture->svg.find(site, at + 1), std::string::npos) << site;
  }
}

}  // namespace
}  // namespace ecram::study
