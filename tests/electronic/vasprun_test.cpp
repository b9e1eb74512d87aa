// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/vasprun.h"

#include <fstream>
#include <functional>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/bands.h"
#include "support/temporary_folder.h"

namespace ecram::electronic {
namespace {
using testing::HasSubstr;
constexpr double eV = constants::elementary_charge;

/// What the file is made from; the reader must find these numbers again.
struct Made {
  int spins = 1, kpoints = 2, bands = 3, atoms = 2, moves = 0, electronic_steps = 2, most_steps = 60, calculations = 1;
  bool hybrid = false, projections = true;
};

double energy_of(int s, int k, int n) { return -5 + 2 * n + 0.25 * k + 0.5 * s; }
double projection_of(int s, int k, int n, int atom, int orbital) {
  return 0.001 * (1 + orbital) + 0.01 * atom + 0.02 * n + 0.1 * k + 0.05 * s;
}

std::string eigenvalues(const Made& m) {
  std::string t =
      "<eigenvalues>\n<array>\n<dimension "
      "dim=\"1\">band</dimension>\n<field>eigene</field>\n<field>occ</field>\n<set>\n";
  for (int s = 0; s < m.spins; ++s) {
    t += fmt::format("<set comment=\"spin {}\">\n", s + 1);
    for (int k = 0; k < m.kpoints; ++k) {
      t += fmt::format("<set comment=\"kpoint {}\">\n", k + 1);
      for (int n = 0; n < m.bands; ++n)
        t += fmt::format("<r> {:9.4f} {:9.4f} </r>\n", energy_of(s, k, n), n < 2 ? 1.0 : 0.0);
      t += "</set>\n";
    }
    t += "</set>\n";
  }
  return t + "</set>\n</array>\n</eigenvalues>\n";
}

std::string vasprun(const Made& m) {
  std::string t =
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<modeling>\n<generator>\n<i name=\"program\" "
      "type=\"string\">vasp </i>\n"
      "<i name=\"version\" type=\"string\">6.3.0  </i>\n</generator>\n<incar>\n<i name=\"ENCUT\">    "
      "520.0</i>\n</incar>\n"
      "<kpoints>\n<generation param=\"Gamma\">\n<v type=\"int\" name=\"divisions\">  2 1 1 "
      "</v>\n</generation>\n<varray name=\"kpointlist\" >\n";
  for (int k = 0; k < m.kpoints; ++k) t += fmt::format("<v>  {:.8f} 0.0 0.0 </v>\n", 0.5 * k);
  t += "</varray>\n<varray name=\"weights\" >\n";
  for (int k = 0; k < m.kpoints; ++k) t += "<v> 0.25000000 </v>\n";
  t += "</varray>\n</kpoints>\n<parameters>\n<separator name=\"electronic\" >\n";
  t += fmt::format("<i name=\"EDIFF\">0.00001</i>\n<i name=\"NELECT\">8.0</i>\n<i type=\"int\" name=\"NELM\">{}</i>\n",
                   m.most_steps);
  t += "</separator>\n<separator name=\"ionic\" >\n";
  t += fmt::format("<i type=\"int\" name=\"NSW\">{}</i>\n<i type=\"int\" name=\"IBRION\">{}</i>\n</separator>\n",
                   m.moves, m.moves > 0 ? 2 : -1);
  t += fmt::format(
      "<i type=\"logical\" name=\"LHFCALC\"> {} </i>\n<i name=\"AEXX\">0.28</i>\n<i type=\"string\" "
      "name=\"GGA\">PS</i>\n",
      m.hybrid ? "T" : "F");
  t += "</parameters>\n<atominfo>\n<atoms>2</atoms>\n<array name=\"atoms\" >\n<field "
       "type=\"string\">element</field>\n<set>\n"
       "<rc><c>Ga</c><c>   1</c></rc>\n<rc><c>As</c><c>   2</c></rc>\n</set>\n</array>\n<array name=\"atomtypes\" "
       ">\n<set>\n"
       "<rc><c>   1</c><c>Ga</c><c> 69.7</c><c> 3.0</c><c>PAW_PBE Ga</c></rc>\n<rc><c>   1</c><c>As</c><c> 74.9</c><c> "
       "5.0</c><c>PAW_PBE As</c></rc>\n"
       "</set>\n</array>\n</atominfo>\n";
  const auto structure = [](double a) {
    return fmt::format(
        "<structure>\n<crystal>\n<varray name=\"basis\" >\n<v> 0.0 {0} {0} </v>\n<v> {0} 0.0 {0} </v>\n<v> {0} {0} 0.0 "
        "</v>\n</varray>\n"
        "<varray name=\"rec_basis\" >\n<v> 9 9 9 </v>\n<v> 9 9 9 </v>\n<v> 9 9 9 </v>\n</varray>\n</crystal>\n"
        "<varray name=\"positions\" >\n<v> 0 0 0 </v>\n<v> 0.25 0.25 0.25 </v>\n</varray>\n</structure>\n",
        a / 2);
  };
  t += structure(5.6);
  for (int c = 0; c < m.calculations; ++c) {
    t += "<calculation>\n";
    for (int e = 0; e < m.electronic_steps; ++e)
      t += fmt::format(
          "<scstep>\n<time name=\"dav\"> 0.1 0.1</time>\n<energy>\n<i name=\"e_fr_energy\"> {0} </i>\n<i "
          "name=\"e_0_energy\"> {0} </i>\n</energy>\n</scstep>\n",
          -10.0 - 0.5 * c - (e == 0 ? 0.1 : 0.0));
    t += structure(5.65 + 0.01 * c);
    t += "<varray name=\"forces\" >\n<v> 0.01 0.0 -0.02 </v>\n<v> -0.01 0.0 0.02 </v>\n</varray>\n<varray "
         "name=\"stress\" >\n<v> 1 0 0 </v>\n<v> 0 1 0 </v>\n<v> 0 0 1 </v>\n</varray>\n";
    t += "<energy>\n<i name=\"e_fr_energy\"> -99 </i>\n<i name=\"e_0_energy\"> -99 </i>\n</energy>\n";
    t += eigenvalues(m);
    t += "<dos>\n<i name=\"efermi\">  1.5 "
         "</i>\n<total>\n<array>\n<field>energy</field>\n<field>total</field>\n<field>integrated</field>\n<set>\n";
    for (int s = 0; s < m.spins; ++s)
      t += fmt::format("<set comment=\"spin {}\">\n<r> -1.0 0.5 1.0 </r>\n<r> 0.0 0.7 2.0 </r>\n</set>\n", s + 1);
    t += "</set>\n</array>\n</total>\n<partial>\n<array>\n<field>energy</field>\n<field>s</field>\n<set>\n<set "
         "comment=\"ion 1\">\n<set comment=\"spin 1\">\n<r> 1 2 "
         "</r>\n</set>\n</set>\n</set>\n</array>\n</partial>\n</dos>\n";
    if (m.projections) {
      t += "<projected>\n" + eigenvalues(m) + "<array>\n<dimension dim=\"1\">ion</dimension>\n";
      for (const char* f : {"s", "py", "pz", "px", "dxy", "dyz", "dz2", "dxz", "x2-y2"})
        t += fmt::format("<field> {} </field>\n", f);
      t += "<set>\n";
      for (int s = 0; s < m.spins; ++s) {
        t += fmt::format("<set comment=\"spin{}\">\n", s + 1);
        for (int k = 0; k < m.kpoints; ++k) {
          t += "<set comment=\"kpoint 1\">\n";
          for (int n = 0; n < m.bands; ++n) {
            t += "<set comment=\"band 1\">\n";
            for (int a = 0; a < m.atoms; ++a) {
              t += "<r>";
              for (int o = 0; o < 9; ++o) t += fmt::format(" {:.4f}", projection_of(s, k, n, a, o));
              t += " </r>\n";
            }
            t += "</set>\n";
          }
          t += "</set>\n";
        }
        t += "</set>\n";
      }
      t += "</set>\n</array>\n</projected>\n";
    }
    t += "</calculation>\n";
  }
  return t + "<structure name=\"finalpos\" >\n" + structure(5.65 + 0.01 * (m.calculations - 1)).substr(12) +
         "</modeling>\n";
}

VaspRun read(const std::string& text) {
  const TemporaryFolder folder;
  write_file(folder / "vasprun.xml", text);
  return read_vasprun(folder / "vasprun.xml");
}

std::string complaint(const std::string& text) {
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
    EXPECT_NEAR(r.energy / eV, -10, 1e-12);  // of the last electronic step, not the (here wrong) block behind it
    EXPECT_EQ(r.crystal.atoms[1].element, "As");
    EXPECT_NEAR(volume(r.crystal) * 1e30, 5.65 * 5.65 * 5.65 / 4, 1e-9);
    EXPECT_NEAR(r.forces[0][2] / eV * angstrom, -0.02, 1e-12);
    ASSERT_EQ(s.spins, static_cast<std::size_t>(spins));
    ASSERT_EQ(s.kpoints.size(), 2U);
    ASSERT_EQ(s.bands, 3U);
    EXPECT_EQ(s.weights[0], 0.5);
    EXPECT_EQ(s.kpoints[1][0], 0.5);
    EXPECT_NEAR(s.fermi_level / eV, 1.5, 1e-12);
    for (int spin = 0; spin < spins; ++spin)
      for (int k = 0; k < 2; ++k)
        for (int n = 0; n < 3; ++n) {
          const std::size_t state =
              s.state(static_cast<std::size_t>(spin), static_cast<std::size_t>(k), static_cast<std::size_t>(n));
          EXPECT_NEAR(s.energies[state] / eV, energy_of(spin, k, n), 1e-9);
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
    EXPECT_NEAR(run.density_of_states.total[1] * eV, 0.7, 1e-12);
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
  EXPECT_NEAR(run.result.energy / eV, -11, 1e-12);
  EXPECT_NEAR(std::cbrt(4 * volume(run.result.crystal)) / angstrom, 5.67, 1e-9);
  EXPECT_TRUE(run.result.spectrum.projections.empty());
  EXPECT_EQ(run.result.spectrum.energies.size(), 6U);
}

// Wherever a run is cut off, the file is refused as cut short, never read as a result.
TEST(Vasprun, CutShortAnywhereIsRefused) {
  const std::string whole = vasprun({});
  for (std::size_t length = 100; length + 13 < whole.size(); length += 97)
    EXPECT_THAT(complaint(whole.substr(0, length)), HasSubstr("cut short")) << length;
}

TEST(Vasprun, UnconvergedIsNoResult) {
  Made made;
  made.most_steps = made.electronic_steps = 2;
  EXPECT_THAT(complaint(vasprun(made)), HasSubstr("not converged: all 2 electronic steps used"));
  made = {};
  made.moves = made.calculations = 2;
  EXPECT_THAT(complaint(vasprun(made)), HasSubstr("not converged: all 2 ionic steps used"));
}

TEST(Vasprun, ForeignAndDamagedFilesAreNamed) {
  EXPECT_THAT(complaint("hello"), HasSubstr("vasprun.xml:1: no vasprun.xml"));
  EXPECT_THAT(complaint("<html><p></p></html>"), HasSubstr("the root is <html>"));
  std::string text = vasprun({});
  text.replace(text.find("  -5.0000"), 9, "*********");
  EXPECT_THAT(complaint(text), HasSubstr("is no number"));
  text = vasprun({});
  text.insert(text.find("<dos>"), "<x></y>");
  EXPECT_THAT(complaint(text), HasSubstr("damaged"));
  text = vasprun({});
  text.erase(text.find("<r>"), text.find("</r>") + 5 - text.find("<r>"));
  EXPECT_NE(complaint(text), "accepted");
  EXPECT_THROW(read_vasprun("/no/such/vasprun.xml"), InvalidInput);
}

}  // namespace
}  // namespace ecram::electronic
