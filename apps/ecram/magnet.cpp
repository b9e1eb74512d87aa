// SPDX-License-Identifier: Apache-2.0
#include "ecram/physics/magnet.h"

#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/units.h"

namespace ecram::commands {
namespace {

using physics::Vector;
constexpr double degree = std::numbers::pi / 180;

struct MagnetOptions {
  std::string radius = "12.7 mm", length = "50.8 mm", remanence = "1.3 T", gap = "10 mm", angle = "0 deg",
              misangle = "0 deg", amplitude, csv;
  std::vector<std::string> at, line, plane, magnets;
  bool turn = false, json = false;
};

double number_or_quantity(const std::string& text, const char* si, const std::string& where) {
  return naming(where, [&] {
    const auto last = text.find_last_not_of(" \t");
    const bool bare =
        last != std::string::npos && (std::isdigit(static_cast<unsigned char>(text[last])) != 0 || text[last] == '.');
    return quantity(bare ? text + " " + si : text, si);
  });
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (true) {
    const auto to = text.find(separator, from);
    parts.push_back(text.substr(from, to - from));
    if (to == std::string::npos) return parts;
    from = to + 1;
  }
}

Vector point(const std::string& text, const std::string& option) {
  const auto parts = split(text, ',');
  if (parts.size() != 3) throw InvalidInput("{} '{}': expected three numbers x,y,z in metres", option, text);
  Vector p;
  for (int i = 0; i < 3; ++i) p[i] = number_or_quantity(parts[i], "m", fmt::format("{} '{}'", option, text));
  return p;
}

int count(const std::string& text, const std::string& option) {
  char* end = nullptr;
  const long n = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || n < 2 || n > 100000)
    throw InvalidInput("{}: '{}' points; expected 2 to 100000", option, text);
  return static_cast<int>(n);
}

std::vector<Vector> points(const MagnetOptions& options) {
  std::vector<Vector> all;
  for (const auto& text : options.at) all.push_back(point(text, "--at"));
  const auto between = [](const Vector& a, const Vector& b, double share) {
    return Vector{a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])};
  };
  if (!options.line.empty()) {
    const Vector from = point(options.line[0], "--line"), to = point(options.line[1], "--line");
    const int n = count(options.line[2], "--line");
    for (int i = 0; i < n; ++i) all.push_back(between(from, to, double(i) / (n - 1)));
  }
  if (!options.plane.empty()) {
    const Vector corner = point(options.plane[0], "--plane"), first = point(options.plane[1], "--plane"),
                 second = point(options.plane[2], "--plane");
    const int n = count(options.plane[3], "--plane");
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        const Vector along = between(corner, first, double(i) / (n - 1)),
                     across = between(corner, second, double(j) / (n - 1));
        all.push_back(
            {along[0] + across[0] - corner[0], along[1] + across[1] - corner[1], along[2] + across[2] - corner[2]});
      }
  }
  return all;
}

physics::CylinderMagnet cylinder(const std::string& text) {
  const auto parts = split(text, ',');
  if (parts.size() != 7)
    throw InvalidInput("--magnet '{}': expected x,y,z,radius,length,remanence,angle (m, T, rad, or with units)", text);
  double v[7];
  const char* units[] = {"m", "m", "m", "m", "m", "T", "rad"};
  for (int i = 0; i < 7; ++i) v[i] = number_or_quantity(parts[i], units[i], "--magnet '" + text + "'");
  return {{v[0], v[1], v[2]}, v[3], v[4], v[5], v[6]};
}

/// Where on z the field on the axis of the pair is largest, and how much it exceeds that at the centre.
struct Camelback {
  double z = 0, ratio = 1;
};

Camelback camelback(const physics::DipoleLinePair& pair) {
  const auto magnets = physics::magnets(pair, 0);
  const double centre = physics::field(magnets, {0, 0, 0})[0];
  Camelback hump;
  constexpr int steps = 2000;
  for (int i = 1; i <= steps; ++i) {
    const double z = pair.length * i / steps;
    const double ratio = physics::field(magnets, {0, 0, z})[0] / centre;
    if (ratio > hump.ratio) hump = {z, ratio};
  }
  return hump;
}

void print_pair(const physics::DipoleLinePair& pair) {
  const auto turn = physics::rotating_field(pair, {0, 0, 0});
  const Camelback hump = camelback(pair);
  fmt::print("Parallel dipole line: R {:.4g} mm, L {:.4g} mm, Br {:.4g} T, gap {:.6g} mm, misangle {:.3g} deg\n",
             pair.radius * 1e3, pair.length * 1e3, pair.remanence, pair.gap * 1e3, pair.misangle / degree);
  fmt::print("  amplitude at the midpoint   {:.6f} T (line dipoles: {:.6f} T)\n", turn.major,
             physics::line_dipole_amplitude(pair));
  if (hump.z > 0)
    fmt::print("  camelback                   maxima at z = -+{:.3g} mm, {:.3g} % above the centre\n", hump.z * 1e3,
               100 * (hump.ratio - 1));
  else
    fmt::print("  camelback                   none: the field falls from the centre outwards\n");
  fmt::print("\n  {:<22} {:>12} {:>12} {:>14}\n", "a turn, off centre by", "major T", "minor/major", "axis from x deg");
  const std::pair<const char*, Vector> places[] = {{"0", {0, 0, 0}},
                                                   {"1 mm in x", {1e-3, 0, 0}},
                                                   {"1 mm in y", {0, 1e-3, 0}},
                                                   {"1 mm in z", {0, 0, 1e-3}},
                                                   {"2 mm in x and y", {2e-3, 2e-3, 0}}};
  for (const auto& [name, place] : places) {
    const auto t = physics::rotating_field(pair, place);
    fmt::print("  {:<22} {:>12.6f} {:>12.2e} {:>14.4f}\n", name, t.major, t.minor / t.major,
               std::acos(std::min(1.0, std::abs(t.axis[0]))) / degree);
  }
  fmt::print(
      "Every component has the one harmonic of the rotation, wherever; off centre the field leaves the single axis.\n");
}

void run(const MagnetOptions& options) {
  physics::DipoleLinePair pair{naming("--radius", [&] { return quantity(options.radius, "m"); }),
                               naming("--length", [&] { return quantity(options.length, "m"); }),
                               naming("--remanence", [&] { return quantity(options.remanence, "T"); }),
                               naming("--gap", [&] { return quantity(options.gap, "m"); }),
                               naming("--misangle", [&] { return quantity(options.misangle, "rad"); })};
  if (!options.amplitude.empty())
    pair.gap =
        naming("--amplitude", [&] { return physics::gap_for_amplitude(pair, quantity(options.amplitude, "T")); });
  const double angle = naming("--angle", [&] { return quantity(options.angle, "rad"); });
  const auto both = physics::magnets(pair, angle);
  std::vector<physics::CylinderMagnet> cylinders(both.begin(), both.end());
  if (!options.magnets.empty()) {
    if (!options.amplitude.empty() || options.turn)
      throw InvalidInput("--magnet: --amplitude and --turn are for the pair; expected one or the other");
    cylinders.clear();
    for (const auto& text : options.magnets) cylinders.push_back(cylinder(text));
  }
  const std::vector<Vector> where = points(options);

  std::string table = options.turn ? "x [m],y [m],z [m],major [T],minor [T],axis_x,axis_y,axis_z\n"
                                   : "x [m],y [m],z [m],Bx [T],By [T],Bz [T]\n";
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Vector& p : where) {
    if (options.turn) {
      const auto t = physics::rotating_field(pair, p);
      table +=
          fmt::format("{},{},{},{},{},{},{},{}\n", p[0], p[1], p[2], t.major, t.minor, t.axis[0], t.axis[1], t.axis[2]);
      list.push_back({{"at_m", p},
                      {"major_T", t.major},
                      {"minor_T", t.minor},
                      {"axis", t.axis},
                      {"in_phase_T", t.in_phase},
                      {"quadrature_T", t.quadrature}});
    } else {
      const Vector b = physics::field(cylinders, p);
      table += fmt::format("{},{},{},{},{},{}\n", p[0], p[1], p[2], b[0], b[1], b[2]);
      list.push_back({{"at_m", p}, {"field_T", b}});
    }
  }
  if (!options.csv.empty()) {
    if (where.empty()) throw InvalidInput("--csv: nothing to write; expected --at, --line or --plane");
    write_file(options.csv, table);
  }
  if (options.json) {
    nlohmann::ordered_json json;
    if (where.size() == 1) json = list[0];
    if (where.size() > 1) json["points"] = list;
    if (options.magnets.empty()) {
      const Camelback hump = camelback(pair);
      json["amplitude_T"] = physics::rotating_field(pair, {0, 0, 0}).major;
      json["line_dipole_amplitude_T"] = physics::line_dipole_amplitude(pair);
      json["gap_m"] = pair.gap;
      json["camelback"] = {{"z_m", hump.z}, {"ratio", hump.ratio}};
    }
    fmt::print("{}\n", json.dump(2));
  } else if (where.empty() && options.magnets.empty()) {
    print_pair(pair);
  } else if (options.csv.empty()) {
    fmt::print("{}", table);
  }
}

}  // namespace

void add_magnet(CLI::App& app) {
  auto options = std::make_shared<MagnetOptions>();
  CLI::App* command = app.add_subcommand("magnet", "field of a rotating parallel dipole line, or of any cylinders");
  command->add_option("--radius", options->radius, "radius of a cylinder")->capture_default_str();
  command->add_option("--length", options->length, "length of a cylinder")->capture_default_str();
  command->add_option("--remanence", options->remanence, "remanence")->capture_default_str();
  command->add_option("--gap", options->gap, "gap between the mantles")->capture_default_str();
  command->add_option("--angle", options->angle, "magnet at -x turned by +angle, at +x by -angle")
      ->capture_default_str();
  command->add_option("--misangle", options->misangle, "by how much the magnet at +x stands wrong")
      ->capture_default_str();
  command->add_option("--amplitude", options->amplitude, "choose the gap that gives this field at the midpoint");
  command->add_option("--at", options->at, "point x,y,z in metres (or each with its unit); repeat for more")
      ->allow_extra_args(false);
  command->add_option("--line", options->line, "FROM TO COUNT: points along a line")->expected(3);
  command->add_option("--plane", options->plane, "CORNER FIRST SECOND COUNT: COUNT x COUNT points of a parallelogram")
      ->expected(4);
  command
      ->add_option("--magnet", options->magnets,
                   "instead of the pair: x,y,z,radius,length,remanence,angle; repeat for more")
      ->allow_extra_args(false);
  command->add_flag("--turn", options->turn, "per point the ellipse of a full turn instead of the field at --angle");
  command->add_option("--csv", options->csv, "write the points' table here");
  command->add_flag("--json", options->json, "print JSON (docs/magnet.md)");
  command->footer(
      "x runs from one magnet's centre to the other's, z along the cylinders, origin midway.\n\n"
      "  ecram magnet                                   the paper's magnet\n"
      "  ecram magnet --amplitude \"0.6 T\"               the gap for 0.6 T\n"
      "  ecram magnet --angle \"30 deg\" --at 0,0,0.01 --json\n"
      "  ecram magnet --line 0,0,-0.04 0,0,0.04 81      the camelback profile\n"
      "  ecram magnet --misangle \"3 deg\" --turn --plane \"-5 mm,-3 mm,0\" \"5 mm,-3 mm,0\" \"-5 mm,3 mm,0\" 21 --csv "
      "plane.csv");
  command->callback([options] { run(*options); });
}

}  // namespace ecram::commands
