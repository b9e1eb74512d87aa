// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/workflow.h"

#include <functional>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/dft.h"
#include "ecram/electronic/gpaw.h"
#include "ecram/electronic/poscar.h"
#include "ecram/electronic/vasp.h"
#include "ecram/jobs/job.h"
#include "support/temporary_folder.h"

namespace ecram::electronic {
namespace {
using constants::electron_volt;
using testing::ElementsAre;
using testing::HasSubstr;

Workflow parse(const std::string& text) { return parse_workflow(text, "w.toml", "."); }

std::string complaint_of_workflow(const std::string& text) {
  try {
    parse(text);
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "accepted";
}

constexpr const char* paper = R"(
engine = "vasp"
[settings]
preset = "paper"
[[step]]
name = "relax"
kind = "relax"
[[step]]
name = "gap"
kind = "hybrid"
from = "relax"
[[step]]
name = "low"
kind = "relax"
from = "relax"
supercell = [1, 1, 2]
vacancies = ["s_z"]
charge = 2
[[step]]
name = "low-gap"
kind = "hybrid"
from = "low"
charge = 2
)";

TEST(Workflow, ThePapersSettings) {
  const Workflow w = parse(paper);
  ASSERT_EQ(w.steps.size(), 4U);
  const Step &relax = w.steps[0], &gap = w.steps[1], &low = w.steps[2], &low_gap = w.steps[3];
  EXPECT_NEAR(relax.settings.cutoff / electron_volt, 520, 1e-9);
  EXPECT_TRUE(relax.relax_cell);
  EXPECT_EQ(relax.settings.functional, "PBEsol");
  EXPECT_THAT(relax.settings.kpoints, ElementsAre(4, 4, 4));
  EXPECT_EQ(gap.settings.functional, "PBE");
  EXPECT_EQ(gap.settings.exact_exchange, 0.28);
  EXPECT_THAT(low.settings.kpoints, ElementsAre(4, 4, 2));  // the supercell's own, as in the paper
  EXPECT_FALSE(low.relax_cell);
  EXPECT_EQ(formula(low.crystal), "WO2.938");
  EXPECT_THAT(low.vacancy_names, ElementsAre("s_z1"));
  EXPECT_EQ(low_gap.crystal.atoms.size(), 63U);
  EXPECT_FALSE(low.spin);
}

TEST(Workflow, MistakesAreNamedWithTheirLine) {
  const std::string step = "[[step]]\nname = \"a\"\nkind = \"relax\"\n";
  EXPECT_EQ(complaint_of_workflow(step), "accepted");
  EXPECT_THAT(complaint_of_workflow("engin = \"gpaw\"\n" + step),
              HasSubstr("w.toml:1: unknown key 'engin' in the workflow (did you mean 'engine'?)"));
  EXPECT_THAT(complaint_of_workflow(step + "cutof_eV = 500\n"),
              HasSubstr("w.toml:4: unknown key 'cutof_eV' in [[step]] (did you mean 'cutoff_eV'?)"));
  EXPECT_THAT(complaint_of_workflow(step + "cutoff_eV = 5\n"),
              HasSubstr("w.toml:4: cutoff_eV in [[step]]; expected a number from 100 to 3000"));
  EXPECT_THAT(complaint_of_workflow(step + "kpoints = [2, 2]\n"),
              HasSubstr("kpoints in [[step]]; expected three whole numbers"));
  EXPECT_THAT(complaint_of_workflow("[[step]]\nname = \"a\"\nkind = \"relaxation\"\n"),
              HasSubstr("expected one of relax, ground_state, hybrid, bands"));
  EXPECT_THAT(complaint_of_workflow(step + step), HasSubstr("there is a step 'a' already"));
  EXPECT_THAT(complaint_of_workflow(step + "from = \"b\"\n"),
              HasSubstr("expected the name of a step of kind relax above"));
  EXPECT_THAT(complaint_of_workflow("[[step]]\nname = \"a/b\"\nkind = \"relax\"\n"), HasSubstr("a name of letters"));
  EXPECT_THAT(complaint_of_workflow(step + "vacancies = [\"s_q\"]\n"),
              HasSubstr("w.toml:4: vacancies in [[step]]; expected vacancy 's_q'"));
  EXPECT_THAT(complaint_of_workflow(""), HasSubstr("expected one or more sections [[step]]"));
  EXPECT_THAT(complaint_of_workflow("a = = 1\n"), HasSubstr("w.toml:1:"));
  EXPECT_THAT(complaint_of_workflow("[crystal]\nfile = \"none.cif\"\n" + step), HasSubstr("none.cif"));
  EXPECT_THAT(complaint_of_workflow("[[step]]\nname = \"a\"\nkind = \"hybrid\"\nfunctional = \"PBEsol\"\n"),
              HasSubstr("HSE06 is built on PBE"));
}

TEST(Workflow, OrbitalsAndPartsOfAHybrid) {
  const std::string gap = "[[step]]\nname = \"a\"\nkind = \"hybrid\"\n";
  const Workflow w = parse(gap + "hybrid_bands = [8, 4]\nhybrid_kpoints = [[0, 0, 0], [0.5, 0, 0]]\n");
  const auto task = nlohmann::json::parse(gpaw_step(w.steps[0]).files.at("calculation.json"));
  EXPECT_EQ(task["hybrid_bands"], nlohmann::json::parse("[8, 4]"));
  EXPECT_EQ(task["hybrid_kpoints"].size(), 2U);
  EXPECT_EQ(task["settings"]["basis"], "plane_waves");
  EXPECT_THAT(complaint_of_workflow(gap + "hybrid_bands = [8]\n"),
              HasSubstr("w.toml:4: hybrid_bands in [[step]]; expected two"));
  EXPECT_THAT(complaint_of_workflow(gap + "hybrid_bands = [8, 400]\n"), HasSubstr("no more than the 16 empty bands"));
  EXPECT_THAT(complaint_of_workflow(gap + "hybrid_kpoints = [[0, 0]]\n"),
              HasSubstr("hybrid_kpoints in [[step]]; expected a list"));
  EXPECT_THAT(complaint_of_workflow(gap + "hybrid_kpoints = [[0, 0, 7]]\n"), HasSubstr("three numbers from -1 to 1"));
  EXPECT_THAT(complaint_of_workflow(gap + "basis = \"dzp\"\n"), HasSubstr("hybrids need them"));

  const std::string relax = "[[step]]\nname = \"a\"\nkind = \"relax\"\nbasis = \"dzp\"\n";
  EXPECT_THAT(complaint_of_workflow(relax), HasSubstr("cell = false: orbitals give no stress"));
  EXPECT_EQ(complaint_of_workflow(relax + "cell = false\n"), "accepted");
  EXPECT_THAT(complaint_of_workflow(relax + "basis_set = 1\n"), HasSubstr("unknown key 'basis_set'"));
  EXPECT_THAT(complaint_of_workflow("[[step]]\nname = \"a\"\nkind = \"relax\"\nbasis = \"tzp\"\n"),
              HasSubstr("expected one of plane_waves, sz, szp, dzp"));
  EXPECT_THAT(complaint_of_workflow("engine = \"vasp\"\n" + gap + "hybrid_bands = [8, 4]\n"),
              HasSubstr("it is GPAW's"));
}

TEST(Workflow, AnOddElectronNeedsSpin) {
  const std::string step = "[[step]]\nname = \"a\"\nkind = \"relax\"\nvacancies = [\"s_z\"]\ncharge = 1\n";
  EXPECT_TRUE(parse(step).steps[0].spin);
  EXPECT_THAT(complaint_of_workflow(step + "spin = false\n"), HasSubstr("charge +1 leaves an odd number of electrons"));
}

TEST(Gpaw, TheTaskSaysEverything) {
  const Workflow w = parse(
      "[[step]]\nname = \"r\"\nkind = \"relax\"\n[[step]]\nname = \"v\"\nkind = \"ground_state\"\nfrom = \"r\"\n"
      "supercell = [1, 1, 2]\nvacancies = [\"s_z\", \"s_z@7.69\"]\ncharge = 4\ncores = 2\n");
  const PreparedStep first = gpaw_step(w.steps[0]), second = gpaw_step(w.steps[1]);
  const auto task = nlohmann::json::parse(second.files.at("calculation.json"));
  EXPECT_EQ(task["structure"]["from"], "../r/result.json");
  EXPECT_EQ(task["structure"]["remove"].size(), 2U);
  EXPECT_EQ(task["charge"], 4);
  EXPECT_EQ(task["settings"]["cutoff_eV"], 600);
  EXPECT_THAT(second.job.command, ElementsAre("mpirun", "-np", "2", "gpaw", "python", "run.py"));
  EXPECT_THAT(second.job.after, ElementsAre("r"));
  EXPECT_EQ(nlohmann::json::parse(first.files.at("calculation.json"))["structure"]["atoms"]["elements"].size(), 32U);
  EXPECT_GT(second.job.resources.memory, first.job.resources.memory);
}

TEST(Vasp, InputOfThePapersSteps) {
  const Workflow w = parse(paper);
  const PreparedStep gap = vasp_step(w.steps[1], w.steps[1].crystal, w),
                     low = vasp_step(w.steps[2], w.steps[2].crystal, w);
  const std::string& incar = gap.files.at("INCAR");
  for (const char* line : {"ENCUT = 520\n", "EDIFF = 1.0E-06\n", "LHFCALC = .TRUE.\n", "AEXX = 0.28\n",
                           "HFSCREEN = 0.2\n", "GGA = PE\n", "LORBIT = 11\n"})
    EXPECT_THAT(incar, HasSubstr(line));
  const std::string& relax = low.files.at("INCAR");
  // 16 W of 14 and 47 O of 6 electrons, less the two of the vacancy: 504.
  for (const char* line : {"NELECT = 504\n", "EDIFFG = -0.01\n", "ISIF = 2\n", "IBRION = 2\n", "GGA = PS\n"})
    EXPECT_THAT(relax, HasSubstr(line));
  EXPECT_THAT(low.files.at("KPOINTS"), HasSubstr("Monkhorst-Pack\n4 4 2\n"));
  EXPECT_THAT(low.files.at("POTCAR.txt"), HasSubstr("cat \"$VASP_PP/W_sv/POTCAR\" \"$VASP_PP/O/POTCAR\" > POTCAR"));
  EXPECT_EQ(parse_poscar(low.files.at("POSCAR"), "POSCAR").atoms.size(), 63U);

  Workflow other = w;
  other.potcar["W"] = "W_pv";
  EXPECT_THROW(vasp_step(w.steps[2], w.steps[2].crystal, other), InvalidInput);
  other.valence["W"] = 12;
  EXPECT_THAT(vasp_step(w.steps[2], w.steps[2].crystal, other).files.at("INCAR"), HasSubstr("NELECT = 472\n"));
}

// One run makes the density on the grid and has the path's bands with weight zero: the VASP manual's recipe, the only
// one that works for hybrids.
TEST(Vasp, BandsAreAListOfKpoints) {
  const Workflow w =
      parse("engine = \"vasp\"\n[[step]]\nname = \"b\"\nkind = \"bands\"\nkpoints = [2, 2, 2]\nband_points = 30\n");
  const PreparedStep bands = vasp_step(w.steps[0], w.steps[0].crystal, w);
  EXPECT_THAT(bands.files.at("INCAR"), HasSubstr("ISYM = 0\n"));
  std::istringstream text(bands.files.at("KPOINTS"));
  std::string line, word;
  std::getline(text, line);
  EXPECT_THAT(line, HasSubstr("Γ-Z-D-B-Γ"));
  std::size_t count = 0;
  text >> count >> word;
  EXPECT_EQ(word, "Reciprocal");
  double x = 0, y = 0, z = 0, weight = 0, sum = 0;
  std::size_t lines = 0, of_path = 0;
  while (text >> x >> y >> z >> weight) {
    ++lines;
    sum += weight;
    of_path += weight == 0 ? 1 : 0;
  }
  EXPECT_EQ(lines, count);
  EXPECT_EQ(sum, 8);
  EXPECT_EQ(of_path, count - 8);
  EXPECT_GE(of_path, 31U);
}

TEST(Vasp, StepsAfterARelaxationArePreparedWhenItIsDone) {
  const TemporaryFolder root;
  const auto report = prepare_workflow(parse(paper), root.path(), false);
  ASSERT_EQ(report.size(), 4U);
  EXPECT_EQ(report[0].waits_for, "");
  EXPECT_EQ(report[1].waits_for, "relax");
  EXPECT_FALSE(std::filesystem::exists(root / "gap"));
  // Without the user's POTCAR it does not start.
  try {
    jobs::run_job(root.path(), "relax", {});
    FAIL();
  } catch (const InvalidInput& e) {
    EXPECT_THAT(e.what(), HasSubstr("POTCAR"));
  }
}

std::string result_text(const std::string& converged) {
  return R"({"format": "ecram-electronic-result 1", "engine": {"name": "gpaw", "version": "22.8.0"}, "kind": "ground_state",
"task": {"functional": "PBE"}, "converged": )" +
         converged + R"(, "wall_time_s": 1, "structure": {"lattice_A": [[4,0,0],[0,4,0],[0,0,4]],
"elements": ["Na"], "positions": [[0,0,0]]}, "charge": 0, "energy_eV": -2, "site_potentials_eV": [-30.5], "fermi_level_eV": 0.5, "kpoints": [[0,0,0]],
"kpoint_weights": [1], "eigenvalues_eV": [[[0, 1]]], "occupations": [[[1, 0]]]})";
}

TEST(ResultFile, IsReadWholeOrRefused) {
  const Result r = parse_result(result_text("true"), "r.json");
  EXPECT_NEAR(r.energy / electron_volt, -2, 1e-12);
  EXPECT_EQ(r.spectrum.bands, 2U);
  EXPECT_EQ(r.site_potentials[0], 30.5);  // an electron is bound at a nucleus, where the potential is positive
  const auto says = [](const std::string& text) {
    try {
      parse_result(text, "r.json");
    } catch (const InvalidInput& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(says(result_text("false")), HasSubstr("r.json: the calculation did not converge"));
  const std::string whole = result_text("true");
  for (std::size_t n = 0; n < whole.size(); n += 11) EXPECT_THAT(says(whole.substr(0, n)), HasSubstr("cut short"));
  EXPECT_THAT(says("{\"format\": \"other\"}"), HasSubstr("format is 'other'"));
  std::string two = whole;
  two.replace(two.find("[[[1, 0]]]"), 10, "[[[1]]]");
  EXPECT_THAT(says(two), HasSubstr("occupations has 1 bands; expected 2"));
}

// On fixed orbitals the gap is linear in the share: 1 eV without, 2 eV with 28 %, so 1.892857... with 25 %.
TEST(ResultFile, AHybridKnowsItsOrbitals) {
  auto j = nlohmann::json::parse(result_text("true"));
  j["kind"] = "hybrid";
  j["task"]["exact_exchange"] = 0.28;
  j["eigenvalues_eV"] = {{{-0.5, 1.5}}};
  j["base_eigenvalues_eV"] = {{{0.0, 1.0}}};
  j["first_band"] = 12;
  const Result r = parse_result(j.dump(), "r.json");
  EXPECT_EQ(r.first_band, 11U);
  const auto gap = [&](double share) {
    const Spectrum s = with_exact_exchange(r, share);
    return (s.energies[1] - s.energies[0]) / electron_volt;
  };
  EXPECT_NEAR(gap(0), 1, 1e-12);
  EXPECT_NEAR(gap(0.25), 1 + 25.0 / 28, 1e-12);
  EXPECT_NEAR(gap(0.28), 2, 1e-12);
  EXPECT_THROW(with_exact_exchange(r, 1.5), InvalidInput);
  EXPECT_THROW(with_exact_exchange(parse_result(result_text("true"), "r.json"), 0.25), InvalidInput);
}

TEST(ResultFile, IsKeptSmall) {
  auto j = nlohmann::json::parse(result_text("true"));
  j["projections"] = {{{{{0.12345, 0, 0}}, {{0, 0.98765, 0}}}}};
  const Result kept = parse_result(kept_text(j.dump(), "r.json"), "kept");
  EXPECT_THAT(kept.spectrum.projections, ElementsAre(0.123, 0, 0, 0, 0.988, 0));
  EXPECT_NEAR(kept.energy / electron_volt, -2, 1e-12);
  j["kind"] = "relax";
  EXPECT_TRUE(parse_result(kept_text(j.dump(), "r.json"), "kept").spectrum.projections.empty());
  EXPECT_THROW(kept_text(result_text("false"), "r.json"), InvalidInput);
}

TEST(Comparison, ToleratesConvergenceAndNamesMore) {
  const Result kept = parse_result(result_text("true"), "r.json");
  Result again = kept;
  again.energy += 1e-3 * electron_volt;
  EXPECT_EQ(compare(kept, again).differs, "");
  again.energy += 4e-3 * electron_volt;
  again.spectrum.energies[1] += 0.1 * electron_volt;
  again.crystal.lattice *= 1.01;
  EXPECT_EQ(compare(kept, again).differs, "energy by 5.00 meV an atom; gap by 100.0 meV; cell by 1.00 %");
}

}  // namespace
}  // namespace ecram::electronic
