// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/drawing.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <Eigen/Geometry>
#include <fmt/format.h>

#include "ecram/core/errors.h"
#include "ecram/electronic/bonds.h"
#include "ecram/electronic/element.h"

namespace ecram::electronic {
namespace {

constexpr double pixels_per_angstrom = 40, margin = 55, legend_width = 100;
constexpr double face = 0.02;  ///< an atom this close to a face (fraction of the cell) is drawn on the opposite one too

/// Rows: right, up, towards the viewer.
Eigen::Matrix3d screen_axes(const Eigen::Matrix3d& lattice, const View& view) {
  const Eigen::Vector3d towards = lattice.row(view.along).normalized();
  const Eigen::Vector3d hint = lattice.row((view.along + 2) % 3);
  const Eigen::Vector3d up = (hint - hint.dot(towards) * towards).normalized();
  Eigen::Matrix3d axes;
  axes << up.cross(towards).transpose(), up.transpose(), towards.transpose();
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(-view.tilt, Eigen::Vector3d::UnitX()).toRotationMatrix() *
                               Eigen::AngleAxisd(view.turn, Eigen::Vector3d::UnitY()).toRotationMatrix();
  return turn.inverse() * axes;
}

/// A line or a circle with its depth: what is farther is drawn first.
struct Shape {
  double depth;
  std::string svg;
};

/// An atom drawn, in screen coordinates (m).
struct Ball {
  std::size_t atom;
  Eigen::Vector3d fractional, screen;
};

/// All copies of the atoms that lie in the cell or on its faces.
std::vector<Ball> balls(const Crystal& crystal, const Eigen::Matrix3d& axes) {
  std::vector<Ball> all;
  for (std::size_t i = 0; i < crystal.atoms.size(); ++i)
    for (int n = 0; n < 27; ++n) {
      const Eigen::Vector3d p = crystal.atoms[i].position + Eigen::Vector3d(n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1);
      if (p.minCoeff() >= -face && p.maxCoeff() <= 1 + face)
        all.push_back({i, p, axes * crystal.lattice.transpose() * p});
    }
  return all;
}

class Canvas {
 public:
  Canvas(const Crystal& crystal, const Eigen::Matrix3d& axes) {
    for (int n = 0; n < 8; ++n) {
      corners_[static_cast<std::size_t>(n)] =
          axes * crystal.lattice.transpose() * Eigen::Vector3d(n & 1, n >> 1 & 1, n >> 2 & 1);
      low_ = low_.cwiseMin(corners_[static_cast<std::size_t>(n)]);
      high_ = high_.cwiseMax(corners_[static_cast<std::size_t>(n)]);
    }
  }
  double x(const Eigen::Vector3d& p) const { return margin + pixels(p[0] - low_[0]); }
  double y(const Eigen::Vector3d& p) const { return margin + pixels(high_[1] - p[1]); }
  double width() const { return 2 * margin + pixels(high_[0] - low_[0]) + legend_width; }
  double height() const { return 2 * margin + pixels(high_[1] - low_[1]); }
  const Eigen::Vector3d& corner(int n) const { return corners_[static_cast<std::size_t>(n)]; }
  static double pixels(double length) { return length / angstrom * pixels_per_angstrom; }

 private:
  std::array<Eigen::Vector3d, 8> corners_;
  Eigen::Vector3d low_ = Eigen::Vector3d::Constant(1e9), high_ = Eigen::Vector3d::Constant(-1e9);
};

std::string line(const Canvas& canvas, const Eigen::Vector3d& from, const Eigen::Vector3d& to,
                 const std::string& colour, double width) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{}\"/>\n",
      canvas.x(from), canvas.y(from), canvas.x(to), canvas.y(to), colour, width);
}

double drawn_radius(const std::string& element) { return Canvas::pixels(0.18 * covalent_radius(element)) + 4; }

std::string circle(double x, double y, double radius, const std::string& style) {
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" {}/>\n", x, y, radius, style);
}

std::string filled(const std::string& element) {
  return fmt::format("fill=\"{}\" stroke=\"#333\" stroke-width=\"1\"", element_colour(element));
}

constexpr const char* vacancy_style = "fill=\"none\" stroke=\"#111\" stroke-width=\"2\" stroke-dasharray=\"4 3\"";

}  // namespace

std::string crystal_svg(const Crystal& crystal, std::span<const Eigen::Vector3d> vacancies, const View& view,
                        std::span<const Label> labels) {
  if (view.along < 0 || view.along > 2)
    throw InvalidInput("view along lattice vector {}; expected 0, 1 or 2", view.along);
  const Eigen::Matrix3d axes = screen_axes(crystal.lattice, view);
  const Canvas canvas(crystal, axes);
  std::vector<Shape> shapes;

  for (int n = 0; n < 8; ++n)
    for (const int bit : {1, 2, 4})
      if ((n & bit) == 0) shapes.push_back({-1e9, line(canvas, canvas.corner(n), canvas.corner(n | bit), "#999", 1)});

  const auto bonded = bonded_neighbours(crystal);
  for (const Ball& ball : balls(crystal, axes)) {
    const std::string& element = crystal.atoms[ball.atom].element;
    shapes.push_back(
        {ball.screen[2], circle(canvas.x(ball.screen), canvas.y(ball.screen), drawn_radius(element), filled(element))});
    // Half a bond from each end, in its atom's colour; bonds that leave the cell end in the middle.
    for (const Neighbour& neighbour : bonded[ball.atom]) {
      const Eigen::Vector3d middle = ball.screen + 0.5 * axes * neighbour.separation;
      shapes.push_back(
          {(ball.screen[2] + middle[2]) / 2 - 1e-12, line(canvas, ball.screen, middle, element_colour(element), 4)});
    }
  }
  for (const Eigen::Vector3d& vacancy : vacancies) {
    const Eigen::Vector3d at = axes * crystal.lattice.transpose() * vacancy;
    shapes.push_back({at[2], circle(canvas.x(at), canvas.y(at), 10, vacancy_style)});
  }
  std::ranges::stable_sort(shapes, {}, &Shape::depth);

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      canvas.width(), canvas.height());
  for (const Shape& shape : shapes) svg += shape.svg;
  for (const Label& label : labels) {  // over everything, on a rim of the ground's colour
    const Eigen::Vector3d at = axes * crystal.lattice.transpose() * label.position;
    svg += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" font-weight=\"bold\" fill=\"#111\" stroke=\"#fff\" "
        "stroke-width=\"4\" paint-order=\"stroke\">{}</text>\n",
        canvas.x(at) + 9, canvas.y(at) - 9, label.text);
  }

  double y = margin;
  const double x = canvas.width() - legend_width + 10;
  const auto entry = [&](const std::string& symbol, const std::string& text) {
    svg += symbol + fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + 20, y + 5, text);
    y += 24;
  };
  for (const auto& [element, count] : composition(crystal))
    entry(circle(x, y, drawn_radius(element), filled(element)), element);
  if (!vacancies.empty()) entry(circle(x, y, 8, vacancy_style), "vacancy");
  for (int i = 0; i < 3; ++i)
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-style=\"italic\">{}</text>\n",
                       canvas.x(canvas.corner(1 << i)) + 8, canvas.y(canvas.corner(1 << i)) - 8, "abc"[i]);
  return svg + "</svg>\n";
}

}  // namespace ecram::electronic
