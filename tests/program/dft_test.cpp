// SPDX-License-Identifier: Apache-2.0
// `ecram crystal` and `ecram dft` as a user meets them, with engines that misbehave: small scripts in GPAW's place.
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/expect_refused.h"
#include "support/run_program.h"
#include "support/temporary_folder.h"

namespace ecram {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

const std::string result = R"({"format": "ecram-electronic-result 1", "engine": {"name": "gpaw", "version": "22.8.0"},
"kind": "ground_state", "task": {"functional": "PBE"}, "converged": true, "wall_time_s": 1, "structure": {"lattice_A":
[[4,0,0],[0,4,0],[0,0,4]], "elements": ["Na"], "positions": [[0,0,0]]}, "charge": 0, "energy_eV": -2, "fermi_level_eV":
0.5, "kpoints": [[0,0,0]], "kpoint_weights": [1], "eigenvalues_eV": [[[0, 1]]], "occupations": [[[1, 0]]]})";

/// A folder with a workflow of one step, prepared, and an engine of this script's making first on the PATH.
struct Lab {
  TemporaryFolder folder;
  explicit Lab(const std::string& engine) {
    write(folder / "na.poscar", "Na\n4.0\n1 0 0\n0 1 0\n0 0 1\nNa\n2\nDirect\n0 0 0\n0.5 0.5 0.5\n");
    write(folder / "w.toml", "[crystal]\nfile = \"na.poscar\"\n[[step]]\nname = \"a\"\nkind = \"ground_state\"\n");
    write(folder / "ok.json", result);
    fs::create_directories(folder / "bin");
    write(folder / "bin" / "gpaw", "#!/bin/sh\n" + engine);
    fs::permissions(folder / "bin" / "gpaw", fs::perms::owner_all);
    EXPECT_EQ(program("prepare " + (folder / "w.toml").string() + " " + root()).status, 0);
  }
  std::string root() const { return (folder / "work").string(); }
  ProgramRun program(const std::string& arguments) const {
    return run_program("dft " + arguments, fmt::format("PATH={}:$PATH", (folder / "bin").string()));
  }
  json state() const { return json::parse(program("status " + root() + " --json").out)["steps"][0]; }
};

TEST(CrystalProgram, RefusesWhatIsNoWholeCrystal) {
  const TemporaryFolder folder;
  const std::string cell =
      "data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
      "_cell_angle_gamma 90\n";
  const std::string atoms =
      "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n";
  write(folder / "bare.cif", cell + atoms + "O1 0 0 0 1\n");
  write(folder / "half.cif", cell + "_space_group_name_H-M_alt 'P 1'\n" + atoms + "O1 0 0 0 0.5\n");
  write(folder / "close", "c\n4.0\n1 0 0\n0 1 0\n0 0 1\nNa\n2\nDirect\n0 0 0\n0 0 0.05\n");
  expect_refused(run_program("crystal " + (folder / "bare.cif").string()), "bare.cif");
  expect_refused(run_program("crystal " + (folder / "half.cif").string()), "occupancy");
  expect_refused(run_program("crystal " + (folder / "close").string()), "close");
}

TEST(DftProgram, AnOddElectronWithoutSpinIsRefused) {
  const TemporaryFolder folder;
  write(folder / "w.toml",
        "[[step]]\nname = \"a\"\nkind = \"relax\"\nvacancies = [\"s_z\"]\ncharge = 1\nspin = false\n");
  expect_refused(run_program("dft prepare " + (folder / "w.toml").string() + " " + (folder / "work").string()),
                 "w.toml:6: spin in [[step]]; expected true: charge +1 leaves an odd number of electrons");
  EXPECT_FALSE(fs::exists(folder / "work"));
}

TEST(DftProgram, RunsCollectsAndKeeps) {
  const Lab lab("cp ../../ok.json result.json\n");
  ASSERT_EQ(lab.program("run " + lab.root()).status, 0);
  EXPECT_EQ(lab.state()["status"], "done");
  const auto collected = lab.program("collect " + lab.root() + " --json");
  ASSERT_EQ(collected.status, 0) << collected.err;
  EXPECT_NEAR(json::parse(collected.out)["results"][0]["band_gap"]["gap_eV"].get<double>(), 1, 1e-9);
  const std::string workflow = (lab.folder / "w.toml").string(), kept = (lab.folder / "kept").string();
  ASSERT_EQ(lab.program("keep " + workflow + " " + lab.root() + " " + kept).status, 0);
  EXPECT_TRUE(fs::exists(lab.folder / "kept" / "a.json"));
  EXPECT_TRUE(fs::exists(lab.folder / "kept" / "workflow.toml"));
  expect_refused(lab.program("keep " + workflow + " " + lab.root() + " " + kept), "exists; give --force");
  // What was kept is computed again and found the same; another energy is told apart.
  write(lab.folder / "kept" / "na.poscar", "Na\n4.0\n1 0 0\n0 1 0\n0 0 1\nNa\n2\nDirect\n0 0 0\n0.5 0.5 0.5\n");
  const std::string again = " --work " + (lab.folder / "again").string();
  const auto same = lab.program("verify " + kept + again);
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("the same"));
  json other = json::parse(result);
  other["energy_eV"] = -2.1;
  write(lab.folder / "kept" / "a.json", other.dump());
  const auto differs = lab.program("verify " + kept + again);
  EXPECT_EQ(differs.status, 3);
  EXPECT_THAT(differs.out, HasSubstr("differs: energy by 100.00 meV an atom"));
}

TEST(DftProgram, KeptResultsAreTakenWhereTheTaskIsTheSame) {
  const TemporaryFolder folder;
  const fs::path kept = fs::path(std::getenv("ECRAM_SOURCE")) / "data" / "electronic" / "wo3-vacancies";
  const std::string root = (folder / "work").string();
  const auto prepare = [&](const std::string& workflow, const std::string& into) {
    const auto run = run_program(fmt::format("dft prepare {} {} --kept {}", workflow, into, kept.string()));
    EXPECT_EQ(run.status, 0) << run.err;
    return run.out;
  };
  const auto done = [&](const std::string& into) {
    std::set<std::string> names;
    const json status = json::parse(run_program("dft status " + into + " --json").out);
    for (const auto& step : status["steps"])
      if (step["status"] == "done") names.insert(step["step"]);
    return names;
  };
  std::set<std::string> all;
  for (const auto& entry : fs::directory_iterator(kept))
    if (entry.path().extension() == ".json") all.insert(entry.path().stem().string());
  EXPECT_THAT(prepare((kept / "workflow.toml").string(), root), HasSubstr("s_z: done, taken from"));
  EXPECT_EQ(done(root), all);
  EXPECT_EQ(read_whole(folder / "work" / "bulk" / "result.json"), read_whole(kept / "bulk.json"));
  EXPECT_EQ(run_program(fmt::format("dft run {} --only bulk", root)).out, "bulk: done already\n");

  // Another force tolerance for the bulk: it is another task, and what builds on it has other atoms.
  std::string text = read_whole(kept / "workflow.toml");
  const std::string tolerance = "force_eV_per_A = 0.05";
  text.replace(text.find(tolerance), tolerance.size(), "force_eV_per_A = 0.06");
  write(folder / "w.toml", text);
  fs::copy_file(kept / "start.poscar", folder / "start.poscar");
  const std::string other = (folder / "other").string();
  EXPECT_THAT(prepare((folder / "w.toml").string(), other), testing::Not(HasSubstr("taken")));
  EXPECT_TRUE(done(other).empty());

  fs::create_directories(folder / "empty");
  expect_refused(run_program(fmt::format("dft prepare {} {} --kept {}", (folder / "w.toml").string(), other,
                                         (folder / "empty").string())),
                 "no kept result");
}

TEST(DftProgram, AnUnconvergedCalculationIsNoResult) {
  const Lab lab("echo 'not converged: did not converge in 300 iterations'; exit 4\n");
  const auto run = lab.program("run " + lab.root());
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(lab.state()["status"], "failed");
  EXPECT_THAT(lab.state()["reason"].get<std::string>(), HasSubstr("not converged"));
  EXPECT_EQ(lab.program("collect " + lab.root()).status, 2);
  // Nor is a file that says so itself, or one that was cut short, whatever the engine's status.
  for (const char* engine : {"sed 's/\"converged\": true/\"converged\": false/' ../../ok.json > result.json\n",
                             "head -c 300 ../../ok.json > result.json\n", "echo '<modeling>' > result.json\n"}) {
    const Lab other(engine);
    EXPECT_EQ(other.program("run " + other.root()).status, 3) << engine;
    EXPECT_EQ(other.state()["status"], "failed") << engine;
    EXPECT_EQ(other.program("collect " + other.root()).status, 2) << engine;
  }
}

TEST(DftProgram, MemoryAndTimeAreRecognisedAndAskedForAgain) {
  // The first attempt dies, the second finds what it needs: a file that the first one left.
  const std::string resumed = "if [ -e left ]; then cp ../../ok.json result.json; exit 0; fi; touch left\n";
  const Lab memory(resumed + "echo 'numpy.core._exceptions._ArrayMemoryError: Unable to allocate 40 GiB'; exit 1\n");
  const double had = memory.state()["next"]["memory_B"];
  EXPECT_EQ(memory.program("run " + memory.root()).status, 3);
  EXPECT_EQ(memory.state()["status"], "needs_more");
  EXPECT_GE(memory.state()["next"]["memory_B"].get<double>(), 1.9 * had);
  EXPECT_EQ(memory.program("run " + memory.root()).status, 0);
  EXPECT_EQ(memory.state()["status"], "done");

  const Lab killed(resumed + "kill -9 $$\n");
  EXPECT_EQ(killed.program("run " + killed.root()).status, 3);
  EXPECT_EQ(killed.state()["status"], "needs_more");

  const Lab slow(resumed + "exec sleep 60\n");
  EXPECT_EQ(slow.program("run " + slow.root() + " --time-limit 1").status, 3);
  EXPECT_EQ(slow.state()["status"], "needs_more");
  EXPECT_EQ(slow.program("run " + slow.root() + " --time-limit 60").status, 0);
}

// Twelve electrons' worth of states: the kept hybrid of MgO has three filled and three empty bands at one k-point.
TEST(DftProgram, SpectrumIntegratesToItsStates) {
  const TemporaryFolder folder;
  const std::string kept = (fs::path(std::getenv("ECRAM_SOURCE")) / "data/electronic/mgo-check/mgo.json").string();
  const std::string csv = (folder / "dos.csv").string(), svg = (folder / "dos.svg").string();
  const auto run = run_program("dft spectrum " + kept + " --json --csv " + csv + " --plot " + svg);
  ASSERT_EQ(run.status, 0) << run.err;
  const auto j = json::parse(run.out);
  EXPECT_TRUE(j["electron_mass"].is_null());  // one k-point makes no mass
  std::istringstream text(read_whole(csv));
  std::string line;
  std::getline(text, line);
  EXPECT_THAT(line, testing::StartsWith("energy [eV],total [1/eV],Mg s [1/eV]"));
  double before = 0, states = 0, filled = 0;
  bool first = true;
  while (std::getline(text, line)) {
    const double energy = std::stod(line), density = std::stod(line.substr(line.find(',') + 1));
    if (!first) states += density * (energy - before);
    if (!first && energy < j["gap_eV"].get<double>() / 2) filled += density * (energy - before);
    before = energy;
    first = false;
  }
  EXPECT_NEAR(states, 12, 0.01);
  EXPECT_NEAR(filled, 6, 0.01);
  EXPECT_THAT(read_whole(svg), HasSubstr("<svg"));
  expect_refused(run_program("dft spectrum " + kept + " --csv " + csv), "exists; give --force");
  // Without exact exchange the gap is that of the orbitals.
  const auto base = run_program("dft spectrum " + kept + " --json --exact-exchange 0");
  const auto kept_result = json::parse(read_whole(kept));
  const auto& e = kept_result["base_eigenvalues_eV"][0][0];
  EXPECT_NEAR(json::parse(base.out)["gap_eV"].get<double>(), e[3].get<double>() - e[2].get<double>(), 1e-6);
}

TEST(DftProgram, DefectRefusesWhatDoesNotBelongTogether) {
  const TemporaryFolder folder;
  write(folder / "ok.json", result);
  write(folder / "cut.json", result.substr(0, 200));
  const std::string ok = (folder / "ok.json").string(), cut = (folder / "cut.json").string();
  expect_refused(run_program("dft defect " + ok + " " + ok), "no atom of the bulk cell is missing");
  expect_refused(run_program("dft defect " + ok + " " + cut), "cut.json: damaged or cut short");
  expect_refused(run_program("dft defect " + ok + " " + (folder / "none.json").string()), "none.json");
  expect_refused(run_program("dft defect " + ok), "DEFECT");
}

}  // namespace
}  // namespace ecram
