// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/vasprun.h"

#include <fstream>
#include <functional>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/bands.h"
#include "electronic/made_vasprun.h"
#include "support/temporary_folder.h"

namespace ecram::electronic {
namespace {
using constants::electron_volt;
using testing::HasSubstr;

VaspRun read(const std::string& text) {
  const TemporaryFolder folder;
  write_file(folder / "vasprun.xml", text);
  return read_vasprun(folder / "vasprun.xml");
}

std::string complaint_of_run(const std::string& text) {
  try {
    read(text);
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Vasprun, GivesBackWhatWasWritten) {
  for (const int spins : {1, 2}) {
    Made made;
    made.spins = spins;
    made.hybrid = spins == 2;
    const VaspRun run = read(vasprun(made));
    const Result& r = run.result;
    const Spectrum& s = r.spectrum;
    EXPECT_EQ(r.version, "6.3.0");
    EXPECT_NEAR(r.energy / electron_volt, -10,
                1e-12);  // of the last electronic step, not the (here wrong) block behind it
    EXPECT_EQ(r.crystal.atoms[1].element, "As");
    EXPECT_NEAR(volume(r.crystal) * 1e30, 5.65 * 5.65 * 5.65 / 4, 1e-9);
    EXPECT_NEAR(r.forces[0][2] / electron_volt * angstrom, -0.02, 1e-12);
    ASSERT_EQ(s.spins, static_cast<std::size_t>(spins));
    ASSERT_EQ(s.kpoints.size(), 2U);
    ASSERT_EQ(s.bands, 3U);
    EXPECT_EQ(s.weights[0], 0.5);
    EXPECT_EQ(s.kpoints[1][0], 0.5);
    EXPECT_NEAR(s.fermi_level / electron_volt, 1.5, 1e-12);
    for (int spin = 0; spin < spins; ++spin)
      for (int k = 0; k < 2; ++k)
        for (int n = 0; n < 3; ++n) {
          const std::size_t state =
              s.state(static_cast<std::size_t>(spin), static_cast<std::size_t>(k), static_cast<std::size_t>(n));
          EXPECT_NEAR(s.energies[state] / electron_volt, energy_of(spin, k, n), 1e-9);
          EXPECT_EQ(s.occupations[state], n < 2 ? 1 : 0);
          for (int a = 0; a < 2; ++a) {
            const auto p = [&](int o) { return projection_of(spin, k, n, a, o); };
            const std::size_t at = (state * 2 + static_cast<std::size_t>(a)) * 3;
            EXPECT_NEAR(s.projections[at], p(0), 1e-9);
            EXPECT_NEAR(s.projections[at + 1], p(1) + p(2) + p(3), 1e-9);
            EXPECT_NEAR(s.projections[at + 2], p(4) + p(5) + p(6) + p(7) + p(8), 1e-9);
          }
        }
    EXPECT_EQ(run.hybrid, spins == 2);
    EXPECT_EQ(run.exact_exchange, spins == 2 ? 0.28 : 0);
    EXPECT_EQ(run.electrons, 8);
    ASSERT_EQ(run.density_of_states.energies.size(), 2U);
    EXPECT_EQ(run.density_of_states.total.size(), static_cast<std::size_t>(2 * spins));
    EXPECT_NEAR(run.density_of_states.total[1] * electron_volt, 0.7, 1e-12);
  }
}

TEST(Vasprun, OfARelaxationIsItsLastStep) {
  Made made;
  made.moves = 20;
  made.calculations = 3;
  made.projections = false;
  const VaspRun run = read(vasprun(made));
  EXPECT_EQ(run.ionic_steps, 3);
  EXPECT_EQ(run.result.kind, "relax");
  EXPECT_NEAR(run.result.energy / electron_volt, -11, 1e-12);
  EXPECT_NEAR(std::cbrt(4 * volume(run.result.crystal)) / angstrom, 5.67, 1e-9);
  EXPECT_TRUE(run.result.spectrum.projections.empty());
  EXPECT_EQ(run.result.spectrum.energies.size(), 6U);
}

// Wherever a run is cut off, the file is refused as cut short, never read as a result.
TEST(Vasprun, CutShortAnywhereIsRefused) {
  const std::string whole = vasprun({});
  for (std::size_t length = 100; length + 13 < whole.size(); length += 97)
    EXPECT_THAT(complaint_of_run(whole.substr(0, length)), HasSubstr("cut short")) << length;
}

TEST(Vasprun, UnconvergedIsNoResult) {
  Made made;
  made.most_steps = made.electronic_steps = 2;
  EXPECT_THAT(complaint_of_run(vasprun(made)), HasSubstr("not converged: all 2 electronic steps used"));
  made = {};
  made.moves = made.calculations = 2;
  EXPECT_THAT(complaint_of_run(vasprun(made)), HasSubstr("not converged: all 2 ionic steps used"));
}

TEST(Vasprun, ForeignAndDamagedFilesAreNamed) {
  EXPECT_THAT(complaint_of_run("hello"), HasSubstr("vasprun.xml:1: no vasprun.xml"));
  EXPECT_THAT(complaint_of_run("<html><p></p></html>"), HasSubstr("the root is <html>"));
  std::string text = vasprun({});
  text.replace(text.find("  -5.0000"), 9, "*********");
  EXPECT_THAT(complaint_of_run(text), HasSubstr("is no number"));
  text = vasprun({});
  text.insert(text.find("<dos>"), "<x></y>");
  EXPECT_THAT(complaint_of_run(text), HasSubstr("damaged"));
  text = vasprun({});
  text.erase(text.find("<r>"), text.find("</r>") + 5 - text.find("<r>"));
  EXPECT_NE(complaint_of_run(text), "accepted");
  EXPECT_THROW(read_vasprun("/no/such/vasprun.xml"), InvalidInput);
}

}  // namespace
}  // namespace ecram::electronic
