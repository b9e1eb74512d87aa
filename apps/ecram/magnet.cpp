// SPDX-License-Identifier: Apache-2.0
#include "ecram/physics/magnet.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/units.h"
#include "ecram/report/figure.h"
#include "ecram/report/json.h"
#include "option_rules.h"
#include "outputs.h"

namespace ecram::commands {
namespace {

using constants::degree;
using nlohmann::ordered_json;
using physics::DipoleLinePair;
using physics::Vector;

struct MagnetOptions {
  std::string radius = "12.7 mm", length = "50.8 mm", remanence = "1.3 T", gap = "10 mm", angle = "0 deg",
              misangle = "0 deg", amplitude, csv, plot, component;
  std::vector<std::string> at, line, plane, angles, gaps, magnets;
  bool turn = false, json = false, force = false;
};

/// A number with a unit, or a bare one that is taken in `si`.
double number_or_quantity(const std::string& text, const char* si, const std::string& where) {
  return naming(where, [&] {
    const auto last = text.find_last_not_of(" \t");
    const bool bare =
        last != std::string::npos && (std::isdigit(static_cast<unsigned char>(text[last])) != 0 || text[last] == '.');
    return quantity(bare ? text + " " + si : text, si);
  });
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (true) {
    const auto to = text.find(',', from);
    parts.push_back(text.substr(from, to - from));
    if (to == std::string::npos) return parts;
    from = to + 1;
  }
}

Vector point(const std::string& text, const std::string& option) {
  const auto parts = split(text);
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

/// FROM TO COUNT of an option, evenly spaced.
std::vector<double> evenly(const std::vector<std::string>& range, const char* si, const std::string& option) {
  std::vector<double> values;
  if (range.empty()) return values;
  const auto end = [&](const std::string& text) { return naming(option, [&] { return quantity(text, si); }); };
  const double from = end(range[0]), to = end(range[1]);
  const int n = count(range[2], option);
  for (int i = 0; i < n; ++i) values.push_back(from + (to - from) * i / (n - 1));
  return values;
}

std::vector<Vector> points(const MagnetOptions& options) {
  std::vector<Vector> all;
  all.reserve(options.at.size());
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
    if (corner == first || corner == second || first == second)
      throw InvalidInput("--plane: two of its corners are one point; expected three different ones");
    Vector a, b;
    for (int i = 0; i < 3; ++i) a[i] = first[i] - corner[i], b[i] = second[i] - corner[i];
    const double area = std::hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
    if (!(area > 1e-9 * std::hypot(a[0], a[1], a[2]) * std::hypot(b[0], b[1], b[2])))
      throw InvalidInput("--plane: its three corners lie on one line; expected a parallelogram");
    if (n > 2000) throw InvalidInput("--plane: {} points a side; expected 2000 at most", n);
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
  const auto parts = split(text);
  if (parts.size() != 7)
    throw InvalidInput(
        "--magnet '{}': expected x,y,z,radius,length,remanence,angle (m and T, or with units; the angle with its unit)",
        text);
  std::array<double, 7> v{};
  constexpr std::array units{"m", "m", "m", "m", "m", "T"};
  const std::string where = "--magnet '" + text + "'";
  for (std::size_t i = 0; i < units.size(); ++i) v[i] = number_or_quantity(parts[i], units[i], where);
  // Degrees or radians? Only of 0 it does not matter.
  if (parts.back() != "0") v.back() = naming(where, [&] { return quantity(parts.back(), "rad"); });
  return {{v[0], v[1], v[2]}, v[3], v[4], v[5], v[6]};
}

DipoleLinePair with_gap(DipoleLinePair pair, double gap) {
  pair.gap = gap;
  return pair;
}

/// What was asked for, as a table of numbers and as JSON.
struct FieldAnswer {
  std::string header;
  std::vector<std::vector<double>> rows;
  ordered_json json;       ///< only where asked for: it takes a kilobyte a point
  std::size_t inside = 0;  ///< points in a magnet's body
};

bool inside_any(std::span<const physics::CylinderMagnet> cylinders, const Vector& p) {
  return std::any_of(cylinders.begin(), cylinders.end(), [&](const auto& c) { return physics::inside(c, p); });
}

FieldAnswer answer_points(const std::vector<Vector>& where, const std::vector<physics::CylinderMagnet>& cylinders,
                          bool json) {
  FieldAnswer a{"x [m],y [m],z [m],Bx [T],By [T],Bz [T]", {}, ordered_json::array()};
  for (const Vector& p : where) {
    stop_if_interrupted();
    const Vector b = physics::field(cylinders, p);
    const bool within = inside_any(cylinders, p);
    a.inside += within ? 1 : 0;
    a.rows.push_back({p[0], p[1], p[2], b[0], b[1], b[2]});
    if (!json) continue;
    a.json.push_back({{"at_m", p}, {"field_T", b}});
    if (within) a.json.back()["inside_magnet"] = true;
  }
  return a;
}

FieldAnswer answer_turns(const std::vector<Vector>& where, const DipoleLinePair& pair, bool json) {
  FieldAnswer a{"x [m],y [m],z [m],major [T],minor [T],axis_x,axis_y,axis_z", {}, ordered_json::array()};
  const auto both = physics::magnets(pair, 0);
  for (const Vector& p : where) {
    stop_if_interrupted();
    const auto t = physics::rotating_field(pair, p);
    const bool within = inside_any(both, p);
    a.inside += within ? 1 : 0;
    a.rows.push_back({p[0], p[1], p[2], t.major, t.minor, t.axis[0], t.axis[1], t.axis[2]});
    if (!json) continue;
    a.json.push_back({{"at_m", p},
                      {"major_T", t.major},
                      {"minor_T", t.minor},
                      {"axis", t.axis},
                      {"in_phase_T", t.in_phase},
                      {"quadrature_T", t.quadrature}});
    if (within) a.json.back()["inside_magnet"] = true;
  }
  return a;
}

FieldAnswer answer_angles(const std::vector<double>& angles, const Vector& where, const DipoleLinePair& pair) {
  FieldAnswer a{"angle [rad],Bx [T],By [T],Bz [T]", {}, ordered_json::array()};
  for (double angle : angles) {
    stop_if_interrupted();
    const auto both = physics::magnets(pair, angle);
    const Vector b = physics::field(both, where);
    const bool within = inside_any(both, where);
    a.inside += within ? 1 : 0;
    a.rows.push_back({angle, b[0], b[1], b[2]});
    a.json.push_back({{"angle_rad", angle}, {"at_m", where}, {"field_T", b}});
    if (within) a.json.back()["inside_magnet"] = true;
  }
  return a;
}

FieldAnswer answer_gaps(const std::vector<double>& gaps, const DipoleLinePair& pair) {
  FieldAnswer a{"gap [m],amplitude [T],line_dipole_amplitude [T]", {}, ordered_json::array()};
  for (double gap : gaps) {
    stop_if_interrupted();
    const DipoleLinePair other = with_gap(pair, gap);
    const double exact = physics::rotating_field(other, {0, 0, 0}).major, line = physics::line_dipole_amplitude(other);
    a.rows.push_back({gap, exact, line});
    a.json.push_back({{"gap_m", gap}, {"amplitude_T", exact}, {"line_dipole_amplitude_T", line}});
  }
  return a;
}

std::string csv(const FieldAnswer& answer) {
  std::string text = answer.header + "\n";
  for (const auto& row : answer.rows) text += fmt::format("{}\n", fmt::join(row, ","));
  return text;
}

void print_pair(const DipoleLinePair& pair) {
  const auto turn = physics::rotating_field(pair, {0, 0, 0});
  const auto hump = physics::camelback(pair);
  fmt::print("Parallel dipole line: R {:.4g} mm, L {:.4g} mm, Br {:.4g} T, gap {:.6g} mm, misangle {:.3g} deg\n",
             pair.radius * 1e3, pair.length * 1e3, pair.remanence, pair.gap * 1e3, pair.misangle / degree);
  fmt::print("  amplitude at the midpoint   {:.6g} T (line dipoles: {:.6g} T)\n", turn.major,
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
    fmt::print("  {:<22} {:>12.6g} {:>12.2e} {:>14.4f}\n", name, t.major, t.minor / t.major,
               std::acos(std::min(1.0, std::abs(t.axis[0]))) / degree);
  }
  fmt::print(
      "Every component has the one harmonic of the rotation, wherever; off centre the field leaves the single axis.\n");
}

/// The pair against angle, gap, the place along the cylinders and the distance from the midpoint.
report::Figure pair_figure(const DipoleLinePair& pair) {
  using namespace report;
  constexpr int steps = 120;
  const double off = 0.2 * (pair.radius + pair.gap / 2);
  Series centre{.name = "Bx, midpoint", .draw = Draw::line},
      away_x{.name = fmt::format("Bx, {:.2g} mm off in x and y", 1e3 * off), .draw = Draw::line},
      away_y{.name = "By there", .draw = Draw::line, .dashed = true};
  for (int i = 0; i <= steps; ++i) {
    const double angle = 360.0 * i / steps;
    const auto both = physics::magnets(pair, angle * degree);
    const Vector b = physics::field(both, {off, off, 0});
    centre.y.push_back(physics::field(both, {0, 0, 0})[0]);
    away_x.y.push_back(b[0]);
    away_y.y.push_back(b[1]);
    for (Series* s : {&centre, &away_x, &away_y}) s->x.push_back(angle);
  }

  Series exact{.name = "cylinders", .draw = Draw::line},
      dipoles{.name = "line dipoles", .draw = Draw::line, .dashed = true};
  for (int i = 0; i <= steps; ++i) {
    const double gap = 4 * std::max(pair.radius, pair.gap) * i / steps;
    exact.x.push_back(1e3 * gap);
    exact.y.push_back(physics::rotating_field(with_gap(pair, gap), {0, 0, 0}).major);
    dipoles.y.push_back(physics::line_dipole_amplitude(with_gap(pair, gap)));
  }
  dipoles.x = exact.x;

  Panel profile{.title = "camelback: along the cylinders",
                .x = {.label = "z", .unit = "mm"},
                .y = {.label = "field over that at the midpoint"}};
  for (double share : {0.5, 1.0, 2.0}) {
    const DipoleLinePair other = with_gap(pair, share * pair.gap);
    const auto both = physics::magnets(other, 0);
    const double middle = physics::field(both, {0, 0, 0})[0];
    Series s{.name = fmt::format("gap {:.3g} mm", 1e3 * other.gap), .draw = Draw::line};
    for (int i = -steps; i <= steps; ++i) {
      const double z = 0.75 * pair.length * i / steps;
      s.x.push_back(1e3 * z);
      // Where touching magnets end, their edges meet on the axis: the field is infinite there.
      const bool edge = other.gap == 0 && std::abs(std::abs(z) - pair.length / 2) < 1e-9 * pair.length;
      s.y.push_back(edge ? std::numeric_limits<double>::quiet_NaN() : physics::field(both, {0, 0, z})[0] / middle);
    }
    profile.series.push_back(std::move(s));
    if (pair.gap == 0) break;
  }

  Panel ellipse{.title = "a turn, off centre",
                .x = {.label = "distance", .unit = "mm"},
                .y = {.label = "short over long axis of the ellipse"}};
  const std::pair<const char*, Vector> directions[] = {
      {"along x", {1, 0, 0}},
      {"along y", {0, 1, 0}},
      {"between x and y", {std::numbers::sqrt2 / 2, std::numbers::sqrt2 / 2, 0}}};
  for (const auto& [name, d] : directions) {
    Series s{.name = name, .draw = Draw::line};
    for (int i = 0; i <= steps; ++i) {
      const double r = 0.4 * pair.gap * i / steps;
      const auto turn = physics::rotating_field(pair, {r * d[0], r * d[1], 0});
      s.x.push_back(1e3 * r);
      s.y.push_back(turn.minor / turn.major);
    }
    ellipse.series.push_back(std::move(s));
  }

  Figure f{.columns = 2, .height = 660};
  f.panels.push_back({.title = "against the angle",
                      .x = {.label = "angle", .unit = "deg"},
                      .y = {.label = "field", .unit = "T"},
                      .series = {centre, away_x, away_y}});
  f.panels.push_back({.title = "against the gap",
                      .x = {.label = "gap", .unit = "mm"},
                      .y = {.label = "amplitude at the midpoint", .unit = "T"},
                      .series = {exact, dipoles},
                      .rules = {{Rule::At::x, 1e3 * pair.gap, "this pair"}}});
  f.panels.push_back(std::move(profile));
  f.panels.push_back(std::move(ellipse));
  return f;
}

/// Every column of the answer after the first `coordinates` against the distance from the first point, or against
/// the first column where there is only one coordinate.
report::Figure answer_figure(const FieldAnswer& answer, std::size_t coordinates) {
  const auto names = split(answer.header);
  report::Panel panel{.y = {.label = "field", .unit = "T"}};
  double scale = 1;
  if (coordinates == 3) {
    panel.x = {.label = "distance along the line", .unit = "m", .prefix = true};
  } else if (names[0] == "angle [rad]") {
    panel.x = {.label = "angle", .unit = "deg"};
    scale = 1 / degree;
  } else {
    panel.x = {.label = "gap", .unit = "m", .prefix = true};
  }
  for (std::size_t c = coordinates; c < std::min(names.size(), coordinates + 3); ++c) {
    if (names[c].find('[') == std::string::npos) continue;  // the axis of an ellipse has no unit
    report::Series s{.name = names[c].substr(0, names[c].find(' ')), .draw = report::Draw::line};
    for (const auto& row : answer.rows) {
      const auto& first = answer.rows.front();
      s.x.push_back(coordinates == 3 ? std::hypot(row[0] - first[0], row[1] - first[1], row[2] - first[2])
                                     : scale * row[0]);
      s.y.push_back(row[c]);
    }
    panel.series.push_back(std::move(s));
  }
  return {.panels = {panel}};
}

/// The axis that a vector lies along: 0, 1, 2; 3 for none.
std::size_t axis_of(const Vector& v) {
  const double length = std::hypot(v[0], v[1], v[2]);
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(v[i]) > (1 - 1e-12) * length) return i;
  return 3;
}

/// The magnets' outlines where a plane along two of the axes cuts them.
void add_outlines(report::Panel& panel, const std::vector<physics::CylinderMagnet>& cylinders, const Vector& corner,
                  std::size_t across, std::size_t up) {
  const std::size_t normal = 3 - across - up;
  for (const auto& c : cylinders) {
    const double away = std::abs(corner[normal] - c.centre[normal]);
    report::Series s{.draw = report::Draw::line, .colour = report::Colour::black};
    const auto add = [&](const Vector& p) {
      s.x.push_back(p[across]);
      s.y.push_back(p[up]);
    };
    if (normal == 2) {
      if (away >= c.length / 2) continue;
      for (int i = 0; i <= 180; ++i)
        add({c.centre[0] + c.radius * std::cos(2 * i * degree), c.centre[1] + c.radius * std::sin(2 * i * degree), 0});
    } else {
      if (away >= c.radius) continue;
      const double half = std::sqrt(c.radius * c.radius - away * away), end = c.length / 2;
      for (const auto& [side, along] : {std::pair{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}}) {
        Vector p = c.centre;
        p[1 - normal] += side * half;
        p[2] += along * end;
        add(p);
      }
    }
    panel.series.push_back(std::move(s));
  }
}

/// A plane as a map: of the long axis of a turn's ellipse, of the field's magnitude, or of one of its components.
report::Figure plane_figure(const MagnetOptions& options, const FieldAnswer& answer,
                            const std::vector<physics::CylinderMagnet>& cylinders) {
  using namespace report;
  const Vector corner = point(options.plane[0], "--plane"), first = point(options.plane[1], "--plane"),
               second = point(options.plane[2], "--plane");
  const auto n = static_cast<std::size_t>(count(options.plane[3], "--plane"));
  Vector across, up;
  for (int i = 0; i < 3; ++i) across[i] = first[i] - corner[i], up[i] = second[i] - corner[i];
  const double width = std::hypot(across[0], across[1], across[2]), height = std::hypot(up[0], up[1], up[2]);
  if (std::abs(across[0] * up[0] + across[1] * up[1] + across[2] * up[2]) > 1e-6 * width * height)
    throw InvalidInput("--plot: the sides of --plane are not at right angles; expected a rectangle");
  const std::size_t x_axis = axis_of(across), y_axis = axis_of(up);
  const auto places = [&](const Vector& side, std::size_t axis, double length) {
    std::vector<double> at;
    for (std::size_t i = 0; i < n; ++i) {
      const double share = double(i) / double(n - 1);
      at.push_back(axis < 3 ? corner[axis] + share * side[axis] : share * length);
    }
    return at;
  };
  Map map{.x = places(across, x_axis, width), .y = places(up, y_axis, height)};
  const bool one_component = !options.turn && !options.component.empty() && options.component != "magnitude";
  const std::size_t column = one_component ? 3 + static_cast<std::size_t>(options.component[0] - 'x') : 3;
  for (const auto& row : answer.rows)
    map.values.push_back(options.turn || one_component ? row[column] : std::hypot(row[3], row[4], row[5]));
  const std::string name = options.turn ? "amplitude of a turn" : one_component ? "B" + options.component : "|B|";
  map.scale = {.label = name, .unit = "T", .prefix = true};
  map.two_signed = one_component;
  // A side may run downwards: the map's axes rise.
  if (map.x.back() < map.x.front()) {
    std::reverse(map.x.begin(), map.x.end());
    std::vector<double> turned;
    turned.reserve(map.values.size());
    for (std::size_t i = n; i-- > 0;)
      turned.insert(turned.end(), map.values.begin() + std::ptrdiff_t(i * n),
                    map.values.begin() + std::ptrdiff_t((i + 1) * n));
    map.values = std::move(turned);
  }
  if (map.y.back() < map.y.front()) {
    std::reverse(map.y.begin(), map.y.end());
    for (std::size_t i = 0; i < n; ++i)
      std::reverse(map.values.begin() + std::ptrdiff_t(i * n), map.values.begin() + std::ptrdiff_t((i + 1) * n));
  }

  constexpr std::array names{"x", "y", "z"};
  const auto axis = [&](const std::vector<double>& at, std::size_t which, const char* side) {
    const double half = (at.back() - at.front()) / (2 * double(n - 1));
    return Axis{.label = which < 3 ? names[which] : fmt::format("distance along the {} side", side),
                .unit = "m",
                .prefix = true,
                .low = at.front() - half,
                .high = at.back() + half};
  };
  Panel panel{.x = axis(map.x, x_axis, "first"), .y = axis(map.y, y_axis, "second")};
  panel.title = name;
  if (x_axis < 3 && y_axis < 3) {
    const std::size_t normal = 3 - x_axis - y_axis;
    panel.title += fmt::format(" at {} = {:.4g} mm", names[normal], 1e3 * corner[normal]);
    add_outlines(panel, cylinders, corner, x_axis, y_axis);
  }
  if (options.magnets.empty() && !options.turn) panel.title += fmt::format(", angle {}", options.angle);
  panel.map = std::move(map);
  // One metre is as long in both directions, as far as the figure's shape bears it.
  constexpr double room = 560, titles = 84;
  return {.panels = {panel}, .height = static_cast<int>(titles + std::clamp(room * height / width, 180.0, 900.0))};
}

constexpr const char* for_pair = "it is for the pair; expected one or the other";
constexpr Excluded magnet_excluded[] = {
    {"--radius", "--magnet", for_pair},
    {"--length", "--magnet", for_pair},
    {"--remanence", "--magnet", for_pair},
    {"--gap", "--magnet", for_pair},
    {"--angle", "--magnet", for_pair},
    {"--misangle", "--magnet", for_pair},
    {"--amplitude", "--magnet", for_pair},
    {"--turn", "--magnet", for_pair},
    {"--angles", "--magnet", for_pair},
    {"--gaps", "--magnet", for_pair},
    {"--gap", "--amplitude", "the gap follows from it"},
    {"--gap", "--gaps", "it takes gaps of its own"},
    {"--amplitude", "--gaps", "it takes gaps of its own"},
    {"--turn", "--gaps", "it gives the amplitude of a turn"},
    {"--angle", "--gaps", "it gives the amplitude of a turn"},
    {"--angle", "--angles", "it takes angles of its own"},
    {"--angle", "--turn", "a turn goes through all angles"},
};

void check(const MagnetOptions& o, const CLI::App& command) {
  const Needed needed[] = {{"--turn", {"--at", "--line", "--plane"}}, {"--angle", {"--at", "--line", "--plane"}}};
  refuse_options_in_vain(command, magnet_excluded, needed);
  const bool places = !o.at.empty() || !o.line.empty() || !o.plane.empty();
  if (!o.gaps.empty() && (places || !o.angles.empty()))
    throw InvalidInput("--gaps is for the midpoint; expected neither points nor --angles beside it");
  if (!o.angles.empty() && (o.at.size() > 1 || !o.line.empty() || !o.plane.empty() || o.turn))
    throw InvalidInput("--angles is for one point; expected one --at at most, and neither --line, --plane nor --turn");
  if (!o.csv.empty() && !places && o.angles.empty() && o.gaps.empty())
    throw InvalidInput("--csv: nothing to write; expected --at, --line, --plane, --angles or --gaps");
  if (!o.plot.empty()) {
    report::format_of(o.plot);
    if (o.angles.empty() && !o.at.empty())
      throw InvalidInput("--plot draws the pair, --line, --plane, --angles or --gaps; expected no --at");
    if (!o.line.empty() && !o.plane.empty())
      throw InvalidInput("--plot draws one thing; expected --line or --plane, not both");
    if (!o.magnets.empty() && o.line.empty() && o.plane.empty())
      throw InvalidInput("--plot of --magnet: expected a --line or a --plane to draw");
  }
  if (!o.component.empty()) {
    if (o.component != "magnitude" && o.component != "x" && o.component != "y" && o.component != "z")
      throw InvalidInput("--component '{}': expected magnitude, x, y or z", o.component);
    if (o.plot.empty() || o.plane.empty() || o.turn)
      throw InvalidInput("--component is for the --plot of a --plane without --turn");
  }
  check_outputs(std::array{o.csv, o.plot}, {}, o.force);
}

void run(const MagnetOptions& options, const CLI::App& command) {
  check(options, command);
  DipoleLinePair pair{naming("--radius", [&] { return quantity(options.radius, "m"); }),
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
    cylinders.clear();
    for (const auto& text : options.magnets) cylinders.push_back(cylinder(text));
  }
  for (const auto& c : cylinders)
    if (c.remanence == 0)
      throw InvalidInput("{}: remanence 0 T, a magnet without field; expected another",
                         options.magnets.empty() ? "--remanence" : "--magnet");
  naming(options.magnets.empty() ? "--gap" : "--magnet", [&] { physics::check_apart(cylinders); });
  if (options.magnets.empty())
    if (const double amplitude = physics::rotating_field(pair, {0, 0, 0}).major; !(amplitude > 0))
      throw InvalidInput("--radius, --length, --gap: a field of {} T at the midpoint; expected magnets that give one",
                         amplitude);
  const std::vector<Vector> where = points(options);
  const std::vector<double> angles = evenly(options.angles, "rad", "--angles"),
                            gaps = evenly(options.gaps, "m", "--gaps");

  if (!options.magnets.empty() && where.empty() && gaps.empty() && angles.empty())
    throw InvalidInput("--magnet: no point to compute the field at; expected --at, --line or --plane");

  constexpr std::size_t most_json = 250000;
  if (options.json && where.size() > most_json)
    throw InvalidInput("--json of {} points; expected {} at most: --csv writes more", where.size(), most_json);
  const FieldAnswer answer = !gaps.empty()     ? answer_gaps(gaps, pair)
                             : !angles.empty() ? answer_angles(angles, where.empty() ? Vector{} : where[0], pair)
                             : options.turn    ? answer_turns(where, pair, options.json)
                                               : answer_points(where, cylinders, options.json);
  ordered_json json;
  if (options.json) {
    if (!gaps.empty())
      json["gaps"] = answer.json;
    else if (!angles.empty())
      json["angles"] = answer.json;
    else if (where.size() == 1)
      json = answer.json[0];
    else if (where.size() > 1)
      json["points"] = answer.json;
    if (options.magnets.empty()) {
      const auto hump = physics::camelback(pair);
      json["amplitude_T"] = physics::rotating_field(pair, {0, 0, 0}).major;
      json["line_dipole_amplitude_T"] = physics::line_dipole_amplitude(pair);
      json["gap_m"] = pair.gap;
      json["camelback"] = {{"z_m", hump.z}, {"ratio", hump.ratio}};
    }
  }

  std::string plot;  // drawn before anything is written
  if (!options.plot.empty())
    plot = report::render(answer.rows.empty()      ? pair_figure(pair)
                          : !options.plane.empty() ? plane_figure(options, answer, cylinders)
                                                   : answer_figure(answer, where.size() > 1 ? 3 : 1),
                          report::format_of(options.plot));
  if (!options.csv.empty()) write_file(options.csv, csv(answer));
  if (!options.plot.empty()) write_file(options.plot, plot);
  if (answer.inside > 0)
    fmt::print(stderr, "ecram: warning: {} of {} points lie inside a magnet: the field is that in its material\n",
               angles.empty() ? answer.inside : 1, where.size());
  if (options.json)
    fmt::print("{}\n", report::text_of(json));
  else if (answer.rows.empty() && options.magnets.empty())
    print_pair(pair);
  else if (options.csv.empty() && options.plot.empty())
    fmt::print("{}", csv(answer));
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
  command->add_option("--angles", options->angles, "FROM TO COUNT: the field at one point (the midpoint) against angle")
      ->expected(3);
  command->add_option("--gaps", options->gaps, "FROM TO COUNT: the amplitude at the midpoint against the gap")
      ->expected(3);
  command
      ->add_option("--magnet", options->magnets,
                   "instead of the pair: x,y,z,radius,length,remanence,angle; repeat for more")
      ->allow_extra_args(false);
  command->add_flag("--turn", options->turn, "per point the ellipse of a full turn instead of the field at --angle");
  command->add_option("--csv", options->csv, "write the table here");
  command->add_option("--plot", options->plot,
                      "draw the pair, or what --line, --plane, --angles or --gaps asked for (.svg or .png)");
  command->add_option("--component", options->component, "what a plane's plot shows: magnitude (default), x, y or z");
  command->add_flag("--json", options->json, "print JSON (docs/magnet.md)");
  command->add_flag("--force", options->force, "replace files that exist");
  command->footer(
      "x runs from one magnet's centre to the other's, z along the cylinders, origin midway.\n\n"
      "Examples:\n"
      "  ecram magnet --plot magnet.svg                 the paper's magnet\n"
      "  ecram magnet --amplitude \"0.6 T\"               the gap for 0.6 T\n"
      "  ecram magnet --angle \"30 deg\" --at 0,0,0.01 --json\n"
      "  ecram magnet --line 0,0,-0.04 0,0,0.04 81      the camelback profile\n"
      "  ecram magnet --angles \"0 deg\" \"360 deg\" 73 --at 0,0,0.01 --csv turn.csv\n"
      "  ecram magnet --gaps \"1 mm\" \"30 mm\" 30\n"
      "  ecram magnet --plane \"-35 mm,-20 mm,0\" \"35 mm,-20 mm,0\" \"-35 mm,20 mm,0\" 200 --plot map.png\n"
      "  ecram magnet --misangle \"3 deg\" --turn --plane \"-5 mm,-3 mm,0\" \"5 mm,-3 mm,0\" \"-5 mm,3 mm,0\" 21 --csv "
      "plane.csv");
  command->callback([options, command] { run(*options, *command); });
}

}  // namespace ecram::commands
