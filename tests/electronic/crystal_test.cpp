// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/crystal.h"

#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include <Eigen/LU>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/bonds.h"
#include "ecram/electronic/cif.h"
#include "ecram/electronic/poscar.h"
#include "ecram/electronic/symmetry.h"
#include "ecram/electronic/vacancy.h"
#include "support/temporary_folder.h"

namespace ecram::electronic {
namespace {
using constants::degree;
using testing::HasSubstr;

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const InvalidInput& e) {
    return e.what();
  }
  return "accepted";
}

Crystal rock_salt() {
  const double a = 5.6402 * angstrom;
  Crystal crystal{"NaCl", Eigen::Matrix3d::Identity() * a, {}};
  for (const Eigen::Vector3d& p :
       {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(0, .5, .5), Eigen::Vector3d(.5, 0, .5), Eigen::Vector3d(.5, .5, 0)}) {
    crystal.atoms.push_back({"Na", p});
    crystal.atoms.push_back({"Cl", p + Eigen::Vector3d(.5, 0, 0)});
  }
  return wrapped(crystal);
}

// a b c sin(beta) is the volume of a monoclinic cell.
TEST(Crystal, CellParametersAndVolume) {
  const Crystal wo3 = monoclinic_wo3();
  const CellParameters p = cell_parameters(wo3.lattice);
  EXPECT_NEAR(p.a / angstrom, 7.306, 1e-12);
  EXPECT_NEAR(p.b / angstrom, 7.540, 1e-12);
  EXPECT_NEAR(p.c / angstrom, 7.692, 1e-12);
  EXPECT_NEAR(p.beta / degree, 90.881, 1e-10);
  EXPECT_NEAR(volume(wo3) * 1e30, 7.306 * 7.540 * 7.692 * std::sin(90.881 * degree), 1e-9);
  // Density of WO3: 7.27 g/cm^3 for this cell (231.84 g/mol, 8 in the cell; handbook: 7.16 to 7.3).
  EXPECT_NEAR(8 * 231.84 / 6.02214076e23 / (volume(wo3) * 1e6), 7.27, 0.01);
  const Eigen::Matrix3d product = wo3.lattice * reciprocal_lattice(wo3.lattice).transpose();
  EXPECT_TRUE(product.isApprox(2 * std::numbers::pi * Eigen::Matrix3d::Identity(), 1e-12));

  const CellParameters triclinic{5e-10, 6e-10, 7e-10, 80 * degree, 95 * degree, 100 * degree};
  const CellParameters back = cell_parameters(lattice_of(triclinic));
  EXPECT_NEAR(back.alpha, triclinic.alpha, 1e-12);
  EXPECT_NEAR(back.gamma, triclinic.gamma, 1e-12);
  EXPECT_THROW(lattice_of({5e-10, 6e-10, 7e-10, 20 * degree, 20 * degree, 90 * degree}), InvalidInput);
  EXPECT_THROW(lattice_of({-5e-10, 6e-10, 7e-10, 90 * degree, 90 * degree, 90 * degree}), InvalidInput);
}

TEST(Crystal, FormulaOfWholeAndReducedCells) {
  const Crystal cell = supercell(monoclinic_wo3(), {1, 1, 2});
  EXPECT_EQ(cell.atoms.size(), 64U);
  EXPECT_EQ(formula(cell), "WO3");
  const std::vector<std::size_t> one{20}, two{20, 21}, twice{3, 3}, outside{64};
  EXPECT_EQ(formula(without_atoms(cell, one)), "WO2.938");
  EXPECT_EQ(formula(without_atoms(cell, two)), "WO2.875");
  EXPECT_THROW(without_atoms(cell, twice), InvalidInput);
  EXPECT_THROW(without_atoms(cell, outside), InvalidInput);
  EXPECT_THROW(supercell(cell, {0, 1, 1}), InvalidInput);
}

// In rock salt an atom has 6, 12, 8, 6 neighbours at a/2 times 1, sqrt 2, sqrt 3, 2.
TEST(Crystal, NeighbourShellsOfRockSalt) {
  const double a = 5.6402 * angstrom;
  const auto found = neighbours(rock_salt(), 0, 1.01 * a);
  ASSERT_EQ(found.size(), 6U + 12U + 8U + 6U);
  EXPECT_NEAR(found[5].distance, a / 2, 1e-20);
  EXPECT_NEAR(found[17].distance, a / 2 * std::sqrt(2.0), 1e-20);
  EXPECT_NEAR(found[25].distance, a / 2 * std::sqrt(3.0), 1e-20);
  EXPECT_NEAR(found[31].distance, a, 1e-20);
  // The same crystal in a very oblique cell has the same shells.
  Crystal oblique = rock_salt();
  Eigen::Matrix3d shear;
  shear << 1, 0, 0, 3, 1, 0, -2, 2, 1;
  oblique.lattice = shear * oblique.lattice;
  const Eigen::Matrix3d back = shear.transpose().cast<double>().inverse();
  for (Atom& atom : oblique.atoms) atom.position = back * atom.position;
  EXPECT_EQ(neighbours(wrapped(oblique), 0, 1.01 * a).size(), 32U);
}

TEST(Symmetry, OfTheLoopstraRietveldCell) {
  const Crystal wo3 = monoclinic_wo3();
  const Symmetry symmetry = find_symmetry(wo3);
  EXPECT_EQ(symmetry.number, 14);
  EXPECT_EQ(symmetry.symbol, "P 1 21/n 1");
  EXPECT_EQ(symmetry.point_group, "2/m");
  EXPECT_EQ(symmetry.operations.size(), 4U);
  const std::set<std::size_t> classes(symmetry.equivalent_to.begin(), symmetry.equivalent_to.end());
  EXPECT_EQ(classes.size(), 8U);  // 2 W and 6 O, each on a general position
  for (const std::string& wyckoff : symmetry.wyckoff) EXPECT_EQ(wyckoff, "4e");
  // Doubling the cell changes neither the group nor the classes.
  const Symmetry doubled = find_symmetry(supercell(wo3, {1, 1, 2}));
  EXPECT_EQ(doubled.number, 14);
  EXPECT_EQ(std::set<std::size_t>(doubled.equivalent_to.begin(), doubled.equivalent_to.end()).size(), 8U);
  EXPECT_EQ(doubled.wyckoff[0], "4e");
}

TEST(Symmetry, OfRockSalt) {
  const Symmetry symmetry = find_symmetry(rock_salt());
  EXPECT_EQ(symmetry.number, 225);
  EXPECT_EQ(symmetry.symbol, "F m -3 m");
  EXPECT_EQ(symmetry.operations.size(), 192U);
  EXPECT_EQ(symmetry.wyckoff[0].substr(0, 1), "4");
}

// Loopstra and Rietveld's own bond lengths: each W has six O between 1.72 and 2.16 angstrom.
TEST(Bonds, OfMonoclinicWo3) {
  const Crystal wo3 = monoclinic_wo3();
  const auto bonded = bonded_neighbours(wo3);
  for (std::size_t i = 0; i < wo3.atoms.size(); ++i) {
    EXPECT_EQ(bonded[i].size(), wo3.atoms[i].element == "W" ? 6U : 2U);
    EXPECT_GT(bonded[i].front().distance / angstrom, 1.70);
    EXPECT_LT(bonded[i].back().distance / angstrom, 2.20);
  }
  const auto sites = bridge_sites(wo3, find_symmetry(wo3).equivalent_to);
  ASSERT_EQ(sites.size(), 24U);
  std::map<std::string, int> counts;
  for (const BridgeSite& site : sites) ++counts[site.name];
  for (const char* name : {"s_x1", "s_x2", "s_y1", "s_y2", "s_z1", "s_z2"}) EXPECT_EQ(counts[name], 4) << name;
  // The site in the list of the paper of the crystal: O(z1) and O(z2) are the last two of the six oxygens.
  EXPECT_EQ(sites[16].axis, 'z');
  EXPECT_EQ(sites[0].axis, 'x');
  EXPECT_EQ(sites[8].axis, 'y');
}

TEST(Vacancy, IsChosenBySiteAtomOrDistance) {
  const Crystal cell = supercell(monoclinic_wo3(), {1, 1, 2});
  const auto sites = bridge_sites(cell, find_symmetry(cell).equivalent_to);
  const auto atoms = [&](std::vector<std::string> texts) {
    std::vector<VacancyRequest> requests;
    for (const std::string& text : texts) requests.push_back(parse_vacancy(text));
    return vacancy_atoms(cell, sites, requests);
  };
  const auto z = atoms({"s_z"});
  ASSERT_EQ(z.size(), 1U);
  EXPECT_EQ(cell.atoms[z[0]].element, "O");
  // Aligned along z, one primitive cell's height apart: the same atom of the other half.
  const auto pair = atoms({"s_z", "s_z@7.692"});
  const Eigen::Vector3d between =
      nearest_image(cell.lattice, cell.atoms[pair[0]].position, cell.atoms[pair[1]].position);
  EXPECT_NEAR(between.norm() / angstrom, 7.692, 1e-9);
  EXPECT_EQ(atoms({"O17"}), std::vector<std::size_t>{16});

  EXPECT_THAT(message_of([&] { atoms({"W17"}); }), HasSubstr("atom 17 is O"));
  EXPECT_THAT(message_of([&] { atoms({"O65"}); }), HasSubstr("there are 64"));
  EXPECT_THAT(message_of([&] { atoms({"s_z3"}); }), HasSubstr("known: s_x1, s_x2, s_y1"));
  EXPECT_THAT(message_of([&] { atoms({"s_z", "s_z@1.0"}); }), HasSubstr("none at 1.000 angstrom"));
  EXPECT_THAT(message_of([&] { atoms({"s_z@3"}); }), HasSubstr("nothing to be at a distance from"));
  EXPECT_THAT(message_of([&] { atoms({"O17", "O17"}); }), HasSubstr("taken out already"));
  for (const char* bad : {"", "s_", "s_w", "z", "17", "O", "Oo3", "s_z@", "s_z@-1", "s_z@x"})
    EXPECT_NE(message_of([&] { parse_vacancy(bad); }), "accepted") << bad;
}

TEST(Vacancy, ParityOfElectrons) {
  const Crystal wo3 = monoclinic_wo3();
  EXPECT_FALSE(odd_electrons(wo3, 0));
  EXPECT_FALSE(odd_electrons(wo3, 2));
  EXPECT_TRUE(odd_electrons(wo3, 1));
}

TEST(Poscar, RoundTrip) {
  const Crystal wo3 = monoclinic_wo3();
  const Crystal back = parse_poscar(poscar_text(wo3), "POSCAR");
  EXPECT_TRUE(back.lattice.isApprox(wo3.lattice, 1e-10));
  ASSERT_EQ(back.atoms.size(), 32U);
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(back.atoms[i].element, wo3.atoms[i].element);
    EXPECT_LT((back.atoms[i].position - wo3.atoms[i].position).norm(), 1e-11);
  }
}

// The same rock salt cell in every way that the format allows.
TEST(Poscar, AllWaysToWriteIt) {
  const std::string half = "0 0 0\n.5 .5 .5\n";
  for (const std::string& text :
       {"NaCl\n4.0\n1 0 0\n0 1 0\n0 0 1\nNa Cl\n1 1\nDirect\n" + half,
        "NaCl\n-64.0\n1 0 0\n0 1 0\n0 0 1\nNa Cl\n1 1\nDirect\n" + half,
        "NaCl\n4 2 1\n1 0 0\n0 2 0\n0 0 4\nNa Cl\n1 1\nDirect\n" + half,
        "Na Cl\n1.0\n4 0 0\n0 4 0\n0 0 4\n1 1\nDirect\n" + half,
        std::string("NaCl\n4.0\n1 0 0\n0 1 0\n0 0 1\nNa_pv Cl/8c1f\n1 1\nSelective dynamics\nCartesian\n"
                    "0 0 0 T T F\n0.5 0.5 0.5 F F F\n\n0 0 0\n0 0 0\n"),
        std::string("NaCl\r\n4.0\r\n1 0 0\r\n0 1 0\r\n0 0 1\r\nNa Cl\r\n1 1 ! counts\r\nK\r\n0 0 0\r\n.5 .5 .5\r\n")}) {
    const Crystal crystal = parse_poscar(text, "POSCAR");
    EXPECT_NEAR(volume(crystal) * 1e30, 64, 1e-9) << text;
    ASSERT_EQ(crystal.atoms.size(), 2U);
    EXPECT_EQ(crystal.atoms[0].element, "Na");
    EXPECT_NEAR((cartesian(crystal, 1) - cartesian(crystal, 0)).norm() / angstrom, 2 * std::sqrt(3.0), 1e-9) << text;
  }
}

TEST(Poscar, NamesWhatIsWrong) {
  const std::string head = "c\n4.0\n1 0 0\n0 1 0\n0 0 1\n";
  const auto says = [](const std::string& text) { return message_of([&] { parse_poscar(text, "P"); }); };
  EXPECT_THAT(says(""), HasSubstr("P:1: the file ends"));
  EXPECT_THAT(says("c\nzero\n1 0 0\n"), HasSubstr("P:2: 'zero'; expected the scale"));
  EXPECT_THAT(says("c\n0\n1 0 0\n"), HasSubstr("P:2"));
  EXPECT_THAT(says("c\n1\n1 0\n"), HasSubstr("P:3: '1 0'; expected a lattice vector"));
  EXPECT_THAT(says(head + "Qq\n1\nDirect\n0 0 0\n"), HasSubstr("P:6: 'Qq'; expected a chemical element"));
  EXPECT_THAT(says(head + "1 1\nDirect\n0 0 0\n"), HasSubstr("P:6: '1 1'; expected a line with the elements"));
  EXPECT_THAT(says(head + "Na Cl\n1\nDirect\n0 0 0\n"), HasSubstr("P:7: '1'; expected 2 counts"));
  EXPECT_THAT(says(head + "Na Cl\n1 -1\nDirect\n0 0 0\n"), HasSubstr("P:7: '-1'"));
  EXPECT_THAT(says(head + "Na Cl\n1 1\nFractional\n0 0 0\n"), HasSubstr("P:8: 'Fractional'; expected 'Direct'"));
  EXPECT_THAT(says(head + "Na Cl\n1 1\nDirect\n0 0 0\n"), HasSubstr("P:10: the file ends"));
  EXPECT_THAT(says(head + "Na Cl\n1 1\nDirect\n0 0 0\n0 0 nan\n"), HasSubstr("P:10: 'nan'"));
  EXPECT_THAT(says(head + "Na Cl\n1 1\nDirect\n0 0 0\n0 0 0.1\n"),
              HasSubstr("P: atoms 1 (Na) and 2 (Cl) overlap: 0.400 angstrom"));
  EXPECT_THAT(says("c\n4.0\n1 0 0\n0 1 0\n1 1 0\nNa\n1\nDirect\n0 0 0\n"), HasSubstr("no volume"));
}

constexpr std::string_view wo3_cif = R"(
data_WO3
_cell_length_a 7.306(1)
_cell_length_b 7.540(1)
_cell_length_c 7.692(1)
_cell_angle_alpha 90
_cell_angle_beta 90.881(5)
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 21/n'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
W1 W6+ 0.2528 0.0260 0.2855 1
W2 W6+ 0.2497 0.0344 0.7805 1
O1 O2- 0.0003(7) 0.0337 0.2122 1.0
O2 O2- 0.9991 0.4638 0.2164 1
O3 O2- 0.2843 0.2605 0.2852 1
O4 O2- 0.2080 0.2588 0.7332 1
O5 O2- 0.2856 0.0383 0.0046 1
O6 O2- 0.2841 0.4844 0.9944 1
)";

/// Are these the same atoms, whatever their order?
bool same_atoms(const Crystal& one, const Crystal& other) {
  if (one.atoms.size() != other.atoms.size()) return false;
  for (const Atom& atom : one.atoms) {
    bool found = false;
    for (const Atom& candidate : other.atoms)
      found = found || (candidate.element == atom.element &&
                        nearest_image(one.lattice, atom.position, candidate.position).norm() < 1e-6 * angstrom);
    if (!found) return false;
  }
  return true;
}

TEST(Cif, ReadsTheCellWithItsSymmetryNamedOrListed) {
  const Crystal built_in = monoclinic_wo3();
  const Crystal named = parse_cif(wo3_cif, "a.cif");
  EXPECT_TRUE(named.lattice.isApprox(built_in.lattice, 1e-12));
  EXPECT_TRUE(same_atoms(built_in, named));
  std::string listed(wo3_cif);
  const std::string name = "_symmetry_space_group_name_H-M 'P 21/n'\n";
  listed.replace(listed.find(name), name.size(),
                 "loop_\n_space_group_symop_operation_xyz\n'x,y,z'\n'-x,-y,-z'\n'-x+1/2,y+1/2,-z+1/2'\n"
                 "'x+1/2,-y+1/2,z+1/2'\n");
  EXPECT_TRUE(same_atoms(built_in, parse_cif(listed, "b.cif")));
}

TEST(Cif, RoundTripOfAllAtoms) {
  const Crystal wo3 = monoclinic_wo3();
  const Crystal back = parse_cif(cif_text(wo3), "x");
  EXPECT_TRUE(same_atoms(wo3, back));
  EXPECT_EQ(find_symmetry(back).symbol, "P 1 21/n 1");
}

TEST(Cif, AnAtomOnASpecialPositionIsOne) {
  const Crystal salt = parse_cif(
      "data_NaCl\n_cell_length_a 5.6402\n_cell_length_b 5.6402\n_cell_length_c 5.6402\n_cell_angle_alpha 90\n"
      "_cell_angle_beta 90\n_cell_angle_gamma 90\n_space_group_IT_number 225\nloop_\n_atom_site_label\n"
      "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNa1 0 0 0\nCl1 .5 .5 .5\n",
      "salt.cif");
  EXPECT_TRUE(same_atoms(rock_salt(), salt));
}

TEST(Cif, RefusesPartialOccupancyOverlapsAndForeignText) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text(wo3_cif);
    const std::size_t at = text.find(from);
    if (at == std::string::npos) return std::string("the text to replace is not there");
    text.replace(at, from.size(), to);
    return message_of([&] { parse_cif(text, "a.cif"); });
  };
  EXPECT_THAT(with("_symmetry_space_group_name_H-M 'P 21/n'", ""), HasSubstr("a.cif: data_WO3: no symmetry"));
  EXPECT_THAT(with("'P 21/n'", "'P 99/q'"), HasSubstr("'P 99/q' is no space group"));
  EXPECT_THAT(with("0.2855 1\n", "0.2855 0.5\n"), HasSubstr("atom 'W1' has occupancy 0.5; expected 1"));
  EXPECT_THAT(with("0.0383 0.0046", "0.0260 0.2800"), HasSubstr("overlap"));
  EXPECT_THAT(with("7.306(1)", "?"), HasSubstr("_cell_length_a is '?'"));
  EXPECT_THAT(with("W1 W6+", "W1 Qx"), HasSubstr("'Qx' is of no known element"));
  EXPECT_THAT(with("0.0003(7)", "zero"), HasSubstr("atom 'O1': coordinate x is 'zero'"));
  EXPECT_THAT(message_of([] { parse_cif("hello\nworld\n", "h.cif"); }), HasSubstr("h.cif:1"));
  EXPECT_THAT(message_of([] { parse_cif("data_x\n_a 1\n", "h.cif"); }), HasSubstr("no data block with a cell"));
}

TEST(ReadCrystal, KnowsTheFormatByNameAndContent) {
  const TemporaryFolder folder;
  write_file(folder / "POSCAR", poscar_text(monoclinic_wo3()));
  write_file(folder / "a.cif", wo3_cif);
  write_file(folder / "noname", wo3_cif);
  for (const char* name : {"POSCAR", "a.cif", "noname"})
    EXPECT_TRUE(same_atoms(monoclinic_wo3(), read_crystal(folder / name))) << name;
  EXPECT_THROW(read_crystal(folder / "none"), InvalidInput);
}

}  // namespace
}  // namespace ecram::electronic
