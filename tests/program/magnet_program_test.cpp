// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "support/expect_refused.h"

namespace ecram {
namespace {

using testing::HasSubstr;

constexpr const char* paper = "magnet --radius '12.7 mm' --length '50.8 mm' --remanence '1.3 T' --gap '10 mm'";

nlohmann::json magnet_json(const std::string& arguments) {
  const auto outcome = run_program(arguments + " --json");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out);
}

// Reference numbers of the exact cylinders; turned by 30 degrees the field on the axis is cos(30 deg) of that at 0.
TEST(MagnetProgram, GivesTheReferenceField) {
  const auto j = magnet_json(std::string(paper) + " --angle '30 deg' --at 0,0,0.01");
  const auto field = j.at("field_T");
  ASSERT_EQ(field.size(), 3U);
  EXPECT_NEAR(field[0].get<double>(), 0.725394043598 * std::cos(std::numbers::pi / 6), 1e-11);
  EXPECT_NEAR(field[1].get<double>(), 0, 1e-14);
  EXPECT_NEAR(field[2].get<double>(), 0, 1e-14);
  EXPECT_NEAR(j.at("amplitude_T").get<double>(), 0.733856057787, 1e-11);
  EXPECT_NEAR(j.at("line_dipole_amplitude_T").get<double>(), 0.728588, 5e-7);
  EXPECT_EQ(j.at("gap_m"), 0.01);
  EXPECT_EQ(j.at("camelback").at("ratio"), 1);
}

TEST(MagnetProgram, FindsTheGapForAnAmplitude) {
  const double gap = magnet_json("magnet --amplitude '0.6 T'").at("gap_m");
  EXPECT_NEAR(magnet_json(fmt::format("magnet --gap '{:.15g} m'", gap)).at("amplitude_T").get<double>(), 0.6, 1e-12);
}

TEST(MagnetProgram, PointsLinesPlanesAnglesAndGapsAgree) {
  const double there = magnet_json("magnet --at 0.001,0.002,0.003 --angle '20 deg'").at("field_T")[1];
  const auto line = magnet_json("magnet --line 0,0,0 '2 mm,4 mm,6 mm' 3 --angle '20 deg'").at("points");
  ASSERT_EQ(line.size(), 3U);
  EXPECT_NEAR(line[1].at("field_T")[1].get<double>(), there, 1e-14);
  const auto plane =
      magnet_json("magnet --plane 0,0,0.003 0.002,0,0.003 0,0.004,0.003 3 --angle '20 deg'").at("points");
  ASSERT_EQ(plane.size(), 9U);
  EXPECT_NEAR(plane[4].at("field_T")[1].get<double>(), there, 1e-14);
  const auto angles = magnet_json("magnet --at 0.001,0.002,0.003 --angles '0 deg' '40 deg' 3").at("angles");
  ASSERT_EQ(angles.size(), 3U);
  EXPECT_NEAR(angles[1].at("field_T")[1].get<double>(), there, 1e-14);
  const auto gaps = magnet_json("magnet --gaps '5 mm' '15 mm' 3").at("gaps");
  EXPECT_NEAR(gaps[1].at("amplitude_T").get<double>(), 0.733856057787, 1e-11);
}

// One magnet after the other, by their sum.
TEST(MagnetProgram, AnyCylindersAddUp) {
  const std::string one = " --magnet='-0.0177,0,0,0.0127,0.0508,1.3,30 deg'";
  const std::string other = " --magnet='0.0177,0,0,0.0127,0.0508,1.3,-30 deg'";
  const double sum = magnet_json("magnet --at 0,0,0.01" + one + other).at("field_T")[0];
  EXPECT_NEAR(sum, 0.725394043598 * std::cos(std::numbers::pi / 6), 1e-11);
  EXPECT_NEAR(magnet_json("magnet --at 0,0,0.01" + one).at("field_T")[0].get<double>() +
                  magnet_json("magnet --at 0,0,0.01" + other).at("field_T")[0].get<double>(),
              sum, 1e-13);
}

TEST(MagnetProgram, WritesTableAndFigureWhole) {
  const TemporaryFolder folder;
  const std::string csv = (folder / "turn.csv").string(), svg = (folder / "pair.svg").string();
  ASSERT_EQ(run_program("magnet --turn --misangle '3 deg' --line 0,0,0 0,0.003,0 4 --csv " + csv).status, 0);
  const auto table = read_whole(csv);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 5);
  EXPECT_THAT(table, HasSubstr("x [m],y [m],z [m],major [T],minor [T]"));
  ASSERT_EQ(run_program("magnet --plot " + svg).status, 0);
  const auto figure = read_whole(svg);
  for (const char* title : {"against the angle", "against the gap", "camelback", "a turn, off centre"})
    EXPECT_THAT(figure, HasSubstr(title));
  expect_refused(run_program("magnet --plot " + svg), "exists already; --force replaces it");
  EXPECT_EQ(read_whole(svg), figure);
  EXPECT_EQ(run_program("magnet --force --line 0,0,-0.04 0,0,0.04 9 --plot " + svg).status, 0);
  EXPECT_EQ(entries(folder.path()), 2U);
}

TEST(MagnetProgram, DrawsAPlaneAsAMap) {
  const TemporaryFolder folder;
  const std::string svg = (folder / "map.svg").string(), png = (folder / "map.png").string();
  const std::string plane = "magnet --plane '-35 mm,-20 mm,0' '35 mm,-20 mm,0' '-35 mm,20 mm,0' 41 --plot ";
  ASSERT_EQ(run_program(plane + svg).status, 0);
  const auto figure = read_whole(svg);
  for (const char* text : {"<image", "|B| at z = 0 mm", ">x (mm)<", ">y (mm)<"}) EXPECT_THAT(figure, HasSubstr(text));
  EXPECT_EQ(run_program(plane + png + " --component y").status, 0);
  EXPECT_EQ(run_program(plane + svg + " --force --turn").status, 0);
  EXPECT_THAT(read_whole(svg), HasSubstr("amplitude of a turn"));
  EXPECT_EQ(entries(folder.path()), 2U);
}

TEST(MagnetProgram, DrawsTouchingMagnets) {
  const TemporaryFolder folder;
  EXPECT_EQ(run_program("magnet --gap '0 mm' --plot " + (folder / "pair.svg").string()).status, 0);
}

TEST(MagnetProgram, SaysThatAPointLiesInAMagnet) {
  const auto outcome = run_program("magnet --at '-20 mm,0,0' --json");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("inside a magnet"));
  EXPECT_EQ(nlohmann::json::parse(outcome.out).at("inside_magnet"), true);
  EXPECT_FALSE(magnet_json("magnet --at 0,0,0").contains("inside_magnet"));
  const auto angles = run_program("magnet --at '-20 mm,0,0' --angles '0 deg' '90 deg' 3 --json");
  EXPECT_THAT(angles.err, HasSubstr("1 of 1 points lie inside a magnet"));
  EXPECT_EQ(nlohmann::json::parse(angles.out).at("angles")[2].at("inside_magnet"), true);
  const auto plane = run_program("magnet --plane '-35 mm,0,0' '35 mm,0,0' '-35 mm,1 mm,0' 11 --json");
  EXPECT_THAT(plane.err, HasSubstr("of 121 points lie inside a magnet"));
}

// Far away two dipoles are left: Br R^2 L / a^3 = 6.8066e-10 T for a = 25.0127 m.
TEST(MagnetProgram, SmallFieldsKeepTheirDigits) {
  EXPECT_THAT(run_program("magnet --gap '50 m'").out, HasSubstr("midpoint   6.8066"));
}

TEST(MagnetProgram, RefusesAndWritesNothing) {
  const TemporaryFolder folder;
  const std::string csv = (folder / "a.csv").string();
  const std::pair<const char*, const char*> cases[] = {
      {"--at 0,0,0.02 --radius '-1 mm'", "radius"},
      {"--at 0,0,0.02 --gap '-1 mm'", "gap"},
      {"--at 0,0,0.02 --gap 10", "--gap: '10' has no unit"},
      {"--at 0,0,0.02 --remanence '1.3 m'", "--remanence"},
      {"--at 0,0,0.02 --amplitude '2 T'", "even touching"},
      {"--at 0,0,0.02 --amplitude '-0.1 T'", "amplitude"},
      {"--at 0,0", "three numbers x,y,z"},
      {"--at 0,0,bad", "--at '0,0,bad'"},
      {"--line 0,0,0 0,0,1 1", "2 to 100000"},
      {"--at 0,0,0.02 --magnet 0,0,0", "x,y,z,radius,length,remanence,angle"},
      {"--magnet 0,0,0,1,1,1,0 --turn --at 2,0,0", "for the pair"},
      {"--magnet 0,0,0,1,1,1,90 --at 2,0,0", "'90' has no unit"},
      {"--angles 0 360 5", "--angles: '0' has no unit"},
      {"--angles '0 deg' 360 5", "--angles: '360' has no unit"},
      {"--gaps 1 2 5", "--gaps: '1' has no unit"},
      {"--magnet 0,0,0,1,1,1,0 --at 2,0,0 --radius '1 mm'", "--radius: in vain beside --magnet: it is for the pair"},
      {"--magnet 0,0,0,1,1,1,0 --at 2,0,0 --gap '1 mm'", "--gap: in vain beside --magnet"},
      {"--magnet 0,0,0,1,1,1,0 --at 2,0,0 --angle '1 deg'", "--angle: in vain beside --magnet"},
      {"--magnet 0,0,0,1,1,1,0 --at 2,0,0 --misangle '1 deg'", "--misangle: in vain beside --magnet"},
      {"--amplitude '0.5 T' --gap '1 mm' --at 0,0,0", "--gap: in vain beside --amplitude: the gap follows"},
      {"--gaps '1 mm' '2 mm' 3 --gap '1 mm'", "--gap: in vain beside --gaps"},
      {"--gaps '1 mm' '2 mm' 3 --amplitude '0.5 T'", "--amplitude: in vain beside --gaps"},
      {"--gaps '1 mm' '2 mm' 3 --turn", "--turn: in vain beside --gaps"},
      {"--angles '0 deg' '90 deg' 3 --angle '5 deg'", "--angle: in vain beside --angles"},
      {"--turn", "--turn: in vain by itself; expected --at or --line or --plane with it"},
      {"--angle '5 deg'", "--angle: in vain by itself"},
      {"--angles 0 1 5 --turn --at 0,0,0", "--angles"},
      {"--gaps 0 1 5 --at 0,0,0", "--gaps"},
      {"--at '-5 mm,0,25.4 mm'", "edge"},
      {"--at 0,0,0 --remanence '0 T'", "a magnet without field"},
      {"--at 2,0,0 --magnet 0,0,0,1,1,0,0", "a magnet without field"},
      {"--at 9,0,0 --magnet 0,0,0,1,1,1,0 --magnet 1.5,0,0,1,1,1,0", "magnets 1 and 2 overlap"},
      {"--plane 0,0,0 0,0,0 0,1,0 5", "--plane: two of its corners are one point"},
      {"--plane 0,0,0 1,0,0 2,0,0 5", "on one line"},
      {"--at 0,0,0 --gap '1e300 m'", "expected 0 to 1000 m"},
      {"--at 0,0,0 --radius '1e160 m'", "magnet radius 1e+160 m; expected 1e-09 to 1000 m"},
      {"--plane 0,0,0 1,0,0 0,1,0 2001", "2000 at most"},
      {"--plane 0,0,0 1,0,0 0,1,0 2000 --json", "250000 at most"},
  };
  for (const auto& [options, because] : cases)
    expect_refused(run_program(fmt::format("magnet {} --csv {}", options, csv)), because);
  expect_refused(run_program("magnet --csv " + csv), "--csv: nothing to write");
  expect_refused(run_program("magnet --plot " + (folder / "p.jpg").string()), "p.jpg");
  const std::string svg = " --plot " + (folder / "p.svg").string();
  const std::pair<const char*, const char*> plots[] = {
      {"--at 0,0,0", "--plot"},
      {"--plane 0,0,0 1,0,0 1,1,0 5", "right angles"},
      {"--plane 0,0,0 1,0,0 0,1,0 5 --line 0,0,0 1,0,0 5", "--line or --plane"},
      {"--plane 0,0,0 1,0,0 0,1,0 5 --component w", "magnitude, x, y or z"},
      {"--line 0,0,0 1,0,0 5 --component x", "--component is for"},
  };
  for (const auto& [options, because] : plots)
    expect_refused(run_program(fmt::format("magnet {}{}", options, svg)), because);
  EXPECT_EQ(entries(folder.path()), 0U);
}

}  // namespace
}  // namespace ecram
