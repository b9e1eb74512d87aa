// SPDX-License-Identifier: Apache-2.0
#include "ecram/synthetic/digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "ecram/core/random.h"

namespace ecram::synthetic {
namespace {

constexpr std::size_t side = 28;

/// In a square of -1 ... 1, y downwards.
struct Point {
  double x, y;
};
using Stroke = std::vector<Point>;

/// Part of an ellipse, angles in degrees from the right, clockwise on the picture.
Stroke arc(Point centre, double width, double height, double from, double to) {
  constexpr int pieces = 16;
  Stroke stroke;
  for (int i = 0; i <= pieces; ++i) {
    const double angle = (from + (to - from) * i / pieces) * std::numbers::pi / 180;
    stroke.push_back({centre.x + width * std::cos(angle), centre.y + height * std::sin(angle)});
  }
  return stroke;
}

std::vector<Stroke> strokes_of(unsigned digit) {
  switch (digit) {
    case 0:
      return {arc({0, 0}, 0.6, 1, 0, 360)};
    case 1:
      return {{{-0.3, -0.7}, {0.05, -1}, {0.05, 1}}};
    case 2:
      return {arc({0, -0.5}, 0.55, 0.5, 180, 400), {{0.42, -0.18}, {-0.6, 1}, {0.65, 1}}};
    case 3:
      return {arc({0, -0.5}, 0.5, 0.5, 200, 450), arc({0, 0.5}, 0.6, 0.5, 270, 520)};
    case 4:
      return {{{0.2, -1}, {-0.65, 0.3}, {0.7, 0.3}}, {{0.3, -0.3}, {0.3, 1}}};
    case 5:
      return {{{0.55, -1}, {-0.45, -1}, {-0.5, -0.1}}, arc({-0.05, 0.4}, 0.6, 0.6, 220, 500)};
    case 6:
      return {arc({0.5, 0.1}, 1.05, 1.1, 180, 265), arc({0, 0.45}, 0.55, 0.55, 0, 360)};
    case 7:
      return {{{-0.6, -1}, {0.6, -1}, {-0.1, 1}}};
    case 8:
      return {arc({0, -0.5}, 0.45, 0.48, 0, 360), arc({0, 0.5}, 0.55, 0.5, 0, 360)};
    default:
      return {arc({0, -0.45}, 0.55, 0.55, 0, 360), {{0.55, -0.45}, {0.45, 0.4}, {0.15, 1}}};
  }
}

double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double along = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy + 1e-12), 0.0, 1.0);
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

/// Darkest where the pen's line is nearest, with an edge one pixel wide.
void draw(const Stroke& stroke, double thickness, std::array<double, side * side>& ink) {
  for (std::size_t i = 0; i + 1 < stroke.size(); ++i) {
    const Point a = stroke[i], b = stroke[i + 1];
    const auto reach = thickness / 2 + 1;
    const auto low = [&](double v) { return static_cast<std::size_t>(std::clamp(v - reach, 0.0, side - 1.0)); };
    const auto high = [&](double v) { return static_cast<std::size_t>(std::clamp(v + reach + 1, 0.0, side - 1.0)); };
    for (std::size_t y = low(std::min(a.y, b.y)); y <= high(std::max(a.y, b.y)); ++y)
      for (std::size_t x = low(std::min(a.x, b.x)); x <= high(std::max(a.x, b.x)); ++x) {
        const double away = distance({static_cast<double>(x), static_cast<double>(y)}, a, b);
        const double covered = std::clamp(thickness / 2 + 0.5 - away, 0.0, 1.0);
        ink[y * side + x] = std::max(ink[y * side + x], covered);
      }
  }
}

void draw_digit(unsigned digit, RandomStream random, std::uint8_t* pixels) {
  const auto between = [&](double low, double high) { return low + (high - low) * random.uniform(); };
  const double turn = 0.12 * random.normal(), slant = 0.2 * random.normal();
  const double width = between(5, 8.5), height = between(7.5, 10);
  const Point centre{13.5 + 1.2 * random.normal(), 13.5 + 1.2 * random.normal()};
  const double thickness = between(1.4, 3.4), darkness = between(0.75, 1), wobble = 0.09;

  std::array<double, side * side> ink{};
  for (Stroke stroke : strokes_of(digit)) {
    // A slow wave along the stroke, so that no two are the same curve.
    const double phase_x = between(0, 2 * std::numbers::pi), phase_y = between(0, 2 * std::numbers::pi);
    for (std::size_t i = 0; i < stroke.size(); ++i) {
      const double along = 4 * static_cast<double>(i) / static_cast<double>(stroke.size());
      const double x = stroke[i].x + wobble * std::sin(along + phase_x) - slant * stroke[i].y;
      const double y = stroke[i].y + wobble * std::sin(along + phase_y);
      stroke[i] = {centre.x + width * x * std::cos(turn) - height * y * std::sin(turn),
                   centre.y + width * x * std::sin(turn) + height * y * std::cos(turn)};
    }
    draw(stroke, thickness, ink);
  }
  for (std::size_t p = 0; p < ink.size(); ++p) {
    // Noise on the ink only: paper is white, as in scanned and thresholded handwriting.
    const double grey = ink[p] > 0 ? 255 * (darkness * ink[p] + 0.06 * random.normal()) : 0;
    pixels[p] = static_cast<std::uint8_t>(std::clamp(std::lround(grey), 0L, 255L));
  }
}

}  // namespace

record::LabelledImages drawn_digits(std::size_t count, std::uint64_t seed, std::uint64_t index) {
  record::LabelledImages images{side, side, std::vector<std::uint8_t>(count * side * side), {}};
  for (std::size_t i = 0; i < count; ++i) {
    const auto digit = static_cast<unsigned>(i % 10);
    draw_digit(digit, RandomStream(seed, "drawn digit", index << 32 | i), images.pixels.data() + i * side * side);
    images.labels.push_back(static_cast<std::uint8_t>(digit));
  }
  return images;
}

}  // namespace ecram::synthetic
