// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/targets.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"

namespace ecram::study {
namespace {

const Target& target(const std::string& id) {
  const auto& all = paper_targets();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Target& t) { return t.id == id; });
  if (found == all.end()) throw std::out_of_range("no target " + id);
  return *found;
}

double value(const std::string& id) { return std::get<double>(target(id).value); }

// Numbers read off the paper's text.
TEST(Targets, CarryThePapersNumbers) {
  EXPECT_EQ(value("fig3b.up.nonlinearity"), 0.122);
  EXPECT_EQ(value("fig3b.down.nonlinearity"), 0.206);
  EXPECT_EQ(value("fig5.gap_eV.WO2.938"), 2.40);
  EXPECT_EQ(value("training.accuracy_percent.2.5"), 97.8);
  EXPECT_EQ(value("fig4.hall_ratio_on_off.K300.mobility"), 18.9);
  EXPECT_EQ(value("fig3e.lowest_state_extrapolated_s_more_than"), 1e9);
  EXPECT_EQ(std::get<std::string>(target("fig2.carrier_type").value), "n");
  EXPECT_EQ(std::get<std::string>(target("fig3a.gate_sweep_V").value), "[0, 3, -3, 0]");
}

TEST(Targets, UnitsAndQualifiersComeFromTheKeys) {
  EXPECT_EQ(target("fig2.mobility_cm2_per_Vs").unit, "cm²/(V s)");
  EXPECT_EQ(target("fig2.donor_activation_meV").unit, "meV");
  EXPECT_EQ(target("fig3f.mean_uS_at_worst").unit, "µS");
  EXPECT_EQ(target("fig3f.mean_uS_at_worst").label, "mean at worst");
  EXPECT_EQ(target("fig3h.up.energy_fJ").unit, "fJ");
  EXPECT_EQ(target("fig5.gap_eV.WO2.938").unit, "eV");
  EXPECT_EQ(target("fig5.gap_eV.WO2.938").label, "gap, WO2.938");
  EXPECT_EQ(target("fig5.lattice.a_A").unit, "Å");
  EXPECT_EQ(target("fig5.lattice.beta_deg").unit, "°");
  EXPECT_EQ(target("fig5.relaxed_to.force_eV_per_A").unit, "eV/Å");
  EXPECT_EQ(target("hall_setup.sweep_K.from").unit, "K");
  EXPECT_EQ(target("training.accuracy_percent.0").unit, "%");
  EXPECT_EQ(target("fig4.on_off.K300").unit, "");
  EXPECT_EQ(target("fig4.hall_ratio_on_off.K300.mobility").unit, "");
  EXPECT_EQ(target("fig2.carrier_type").unit, "");
  EXPECT_EQ(target("fig3e.lowest_state_extrapolated_s_more_than").unit, "s");
  EXPECT_EQ(target("fig3e.lowest_state_extrapolated_s_more_than").qualifier, "more than");
  EXPECT_EQ(target("fig4.gate_current_over_drain_current_about").qualifier, "about");
}

TEST(Targets, ConditionsAreWhatTheAuthorsSet) {
  for (const char* id : {"geometry.channel_thickness_nm", "hall_setup.rotation_rpm", "fig3b.up.pulses",
                         "fig3b.up.volts", "fig3b.up.width_s", "fig3g.devices", "fig4.temperatures_K.step",
                         "fig5.kpoints.unit_cell", "training.layers", "training.epochs"})
    EXPECT_TRUE(target(id).condition) << id;
  for (const char* id : {"fig2.mobility_cm2_per_Vs", "fig3a.hysteresis", "fig3b.up.nonlinearity", "fig3f.worst_pulse",
                         "fig3h.down.energy_fJ", "fig4.on_off.K260", "fig5.vacancy.lowest_site", "fig5.gap_eV.WO3",
                         "training.accuracy_percent.10", "training.device_cycle_to_cycle_percent"})
    EXPECT_FALSE(target(id).condition) << id;
}

TEST(Targets, StandInTheOrderOfTheFileAndOnceEach) {
  std::set<std::string> ids;
  std::vector<std::string> chapters;
  for (const Target& t : paper_targets()) {
    EXPECT_TRUE(ids.insert(t.id).second) << t.id;
    if (chapters.empty() || chapters.back() != t.chapter()) chapters.push_back(t.chapter());
  }
  EXPECT_EQ(chapters, (std::vector<std::string>{"geometry", "hall_setup", "fig1d", "fig2", "fig3a", "fig3b", "fig3cd",
                                                "fig3e", "fig3f", "fig3g", "fig3h", "fig4", "fig5", "training"}));
  EXPECT_EQ(read_targets("[b]\nz = 1\na = 2\n[a]\nx = { q = 1, b = 2 }\n").back().id, "a.x.b");
}

// The program's copy is the file in data/, byte for byte: counted without TOML, by its keys' equal signs.
TEST(Targets, EachNumberOfTheFileIsThere) {
  const MappedFile file(std::filesystem::path(std::getenv("ECRAM_SOURCE")) / "data" / "targets.toml");
  std::size_t keys = 0;
  bool quoted = false, comment = false;
  for (std::size_t i = 0; i < file.text().size(); ++i) {
    const char c = file.text()[i];
    if (c == '\n') comment = false;
    if (c == '"' && !comment) quoted = !quoted;
    if (c == '#' && !quoted) comment = true;
    // A key that holds a table is none itself.
    if (c == '=' && !quoted && !comment && file.text().substr(i + 1).find_first_not_of(' ') != std::string_view::npos)
      keys += file.text()[file.text().find_first_not_of(' ', i + 1)] != '{';
  }
  EXPECT_EQ(paper_targets().size(), keys);
}

TEST(Targets, WhatIsNoTomlIsRefusedWithItsLine) {
  try {
    read_targets("[a]\nx = \n");
    FAIL() << "accepted";
  } catch (const InvalidInput& e) {
    EXPECT_NE(std::string(e.what()).find("line 2"), std::string::npos) << e.what();
  }
}

TEST(Targets, ChaptersHaveTheirFiguresNames) {
  EXPECT_EQ(chapter_title("fig3b"), "Fig. 3b");
  EXPECT_EQ(chapter_title("fig3cd"), "Fig. 3c, d");
  EXPECT_EQ(chapter_title("hall_setup"), "Hall setup");
}

}  // namespace
}  // namespace ecram::study
