// SPDX-License-Identifier: Apache-2.0
// The program itself: exit statuses, one line of complaint, nothing written on bad input.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "ecram/core/files.h"
#include "ecram/electronic/cif.h"
#include "ecram/electronic/crystal.h"
#include "ecram/electronic/poscar.h"
#include "support/run_program.h"
#include "support/temporary_folder.h"

namespace ecram::electronic {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

struct Answer {
  int status;
  std::string out, err;
};

/// Runs "ecram ARGUMENTS" in the folder.
Answer ecram(const TemporaryFolder& folder, const std::string& arguments) {
  const char* program = std::getenv("ECRAM_EXECUTABLE");
  if (program == nullptr) return {-1, "", "ECRAM_EXECUTABLE is not set"};
  const std::string command =
      "cd '" + folder.path().string() + "' && '" + program + "' " + arguments + " > .out 2> .err";
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c)
  return {WEXITSTATUS(status), read_whole(folder / ".out"), read_whole(folder / ".err")};
}

TEST(CrystalCommand, DescribesTheBuiltInCell) {
  const TemporaryFolder folder;
  const Answer a = ecram(folder, "crystal --json");
  ASSERT_EQ(a.status, 0) << a.err;
  const auto j = nlohmann::json::parse(a.out);
  EXPECT_EQ(j["format"], "ecram-crystal 1");
  EXPECT_EQ(j["space_group"]["symbol"], "P 1 21/n 1");
  EXPECT_EQ(j["classes"].size(), 8U);
  EXPECT_EQ(j["bonds"].size(), 48U);  // 8 W of six bonds
  EXPECT_EQ(j["odd_electrons"], false);
}

TEST(CrystalCommand, WritesWhatItReadsBack) {
  const TemporaryFolder folder;
  const Answer a =
      ecram(folder, "crystal --supercell 1 1 2 --vacancy s_z --charge 1 --poscar P --cif c.cif --svg s.svg --json");
  ASSERT_EQ(a.status, 0) << a.err;
  const auto j = nlohmann::json::parse(a.out);
  EXPECT_EQ(j["formula"], "WO2.938");
  EXPECT_EQ(j["odd_electrons"], true);
  EXPECT_EQ(formula(read_crystal(folder / "P")), "WO2.938");
  EXPECT_EQ(read_crystal(folder / "c.cif").atoms.size(), 63U);
  const std::string svg = read_whole(folder / "s.svg");
  EXPECT_THAT(svg, HasSubstr("<svg xmlns"));
  EXPECT_THAT(svg, HasSubstr("vacancy"));
  // A file that is there is not replaced unasked.
  const Answer again = ecram(folder, "crystal --poscar P");
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("P: exists; give --force"));
}

TEST(CrystalCommand, BadInputIsOneLineStatusTwoAndNoFile) {
  const TemporaryFolder folder;
  write_file(folder / "half.cif",
             "data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
             "_cell_angle_gamma 90\n_space_group_name_H-M_alt 'P 1'\nloop_\n_atom_site_label\n_atom_site_fract_x\n"
             "_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\nO1 0 0 0 0.5\n");
  write_file(folder / "close", "c\n4.0\n1 0 0\n0 1 0\n0 0 1\nNa\n2\nDirect\n0 0 0\n0 0 0.05\n");
  for (const char* arguments : {"none.cif", "half.cif", "close", "--vacancy s_q", "--vacancy O99", "--supercell 0 1 1",
                                "--tolerance -1", "--view d", "--svg no/such/folder/x.svg"}) {
    const Answer a = ecram(folder, std::string("crystal --poscar out ") + arguments);
    EXPECT_EQ(a.status, 2) << arguments << a.err;
    EXPECT_EQ(std::count(a.err.begin(), a.err.end(), '\n'), 1) << arguments << a.err;
    EXPECT_FALSE(fs::exists(folder / "out")) << arguments;
  }
}

TEST(DftCommand, PreparesShowsAndRefuses) {
  const TemporaryFolder folder;
  write_file(folder / "w.toml",
             "[[step]]\nname = \"a\"\nkind = \"relax\"\n[[step]]\nname = \"b\"\nkind = \"hybrid\"\nfrom = \"a\"\n");
  ASSERT_EQ(ecram(folder, "dft prepare w.toml work").status, 0);
  const Answer status = ecram(folder, "dft status work --json");
  ASSERT_EQ(status.status, 0) << status.err;
  const auto j = nlohmann::json::parse(status.out);
  EXPECT_EQ(j["steps"].size(), 2U);
  EXPECT_EQ(j["steps"][0]["status"], "prepared");
  EXPECT_EQ(ecram(folder, "dft collect work").status, 2);
  EXPECT_EQ(ecram(folder, "dft run work --only c").status, 2);
  EXPECT_EQ(ecram(folder, "dft run nowhere").status, 2);
  write_file(folder / "bad.toml", "[[step]]\nname = \"a\"\nkind = \"relax\"\ncutof_eV = 3\n");
  const Answer bad = ecram(folder, "dft prepare bad.toml other");
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.toml:4: unknown key 'cutof_eV'"));
  EXPECT_FALSE(fs::exists(folder / "other"));
  // Without the engine on the PATH: named, with its package, and nothing started.
  const Answer none = ecram(folder, "--version > /dev/null; PATH=/nowhere \"$ECRAM_EXECUTABLE\" dft run work --only a");
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("no program 'gpaw'; install GPAW (packages gpaw, gpaw-data)"));
}

}  // namespace
}  // namespace ecram::electronic
