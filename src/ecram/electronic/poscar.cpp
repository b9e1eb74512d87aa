// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/poscar.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

#include <Eigen/LU>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/electronic/element.h"

namespace ecram::electronic {
namespace {

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    found.push_back(line.substr(at, end - at));
    at = end;
  }
  return found;
}

template <class Number>
std::optional<Number> number(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// "W_pv", "O/3a1c" (a POTCAR's hash), as some programs write them, are W and O.
std::string element_of(std::string_view word) { return std::string(word.substr(0, word.find_first_of("_/."))); }

/// The text line by line, with its place for errors.
class Lines {
 public:
  Lines(std::string_view text, const std::string& source) : rest_(text), source_(source) {}

  /// @throws InvalidInput  if the text has ended
  std::string_view next(std::string_view expected) {
    ++line_;
    if (rest_.empty()) throw InvalidInput("{}:{}: the file ends; expected {}", source_, line_, expected);
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }

  [[noreturn]] void fail(std::string_view found, std::string_view expected) const {
    throw InvalidInput("{}:{}: '{}'; expected {}", source_, line_, found, expected);
  }

  Eigen::Vector3d vector(std::string_view line, std::string_view expected) const {
    const auto parts = words(line);
    if (parts.size() < 3) fail(line, expected);
    Eigen::Vector3d v;
    for (int i = 0; i < 3; ++i) {
      const auto x = number<double>(parts[static_cast<std::size_t>(i)]);
      if (!x || !std::isfinite(*x)) fail(parts[static_cast<std::size_t>(i)], expected);
      v[i] = *x;
    }
    return v;
  }

 private:
  std::string_view rest_;
  std::string source_;
  std::size_t line_ = 0;
};

/// Lattice as written -> metres, and the factors for Cartesian positions.
Eigen::Vector3d scale_factors(const Lines& lines, std::string_view line, const Eigen::Matrix3d& lattice) {
  const auto parts = words(line);
  if (parts.size() >= 3 && number<double>(parts[1]) && number<double>(parts[2])) {
    const Eigen::Vector3d factors = lines.vector(line, "three positive scale factors");
    if (!(factors.minCoeff() > 0)) lines.fail(line, "three positive scale factors");
    return factors;
  }
  const auto scale = parts.empty() ? std::nullopt : number<double>(parts[0]);
  if (!scale || !std::isfinite(*scale) || *scale == 0) lines.fail(line, "the scale, a number other than 0");
  if (*scale > 0) return Eigen::Vector3d::Constant(*scale);
  return Eigen::Vector3d::Constant(std::cbrt(-*scale / std::abs(lattice.determinant())));
}

std::vector<std::string> elements_in(const std::vector<std::string_view>& parts) {
  std::vector<std::string> elements;
  for (const auto& part : parts) elements.push_back(element_of(part));
  return elements;
}

bool all_elements(const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (!is_element(name)) return false;
  return !names.empty();
}

}  // namespace

Crystal parse_poscar(std::string_view text, const std::string& source) {
  Lines lines(text, source);
  Crystal crystal;
  const std::string_view comment = lines.next("a comment");
  crystal.name = std::string(comment.substr(0, comment.find_last_not_of(" \t\r") + 1));
  const std::string_view scale_line = lines.next("the scale");
  // The scale is checked before the lattice is read, so that its line is the one named; its size may need the lattice.
  scale_factors(lines, scale_line, Eigen::Matrix3d::Identity());
  for (int i = 0; i < 3; ++i) {
    constexpr std::string_view expected = "a lattice vector: three numbers";
    crystal.lattice.row(i) = lines.vector(lines.next(expected), expected);
  }
  const Eigen::Vector3d factors = scale_factors(lines, scale_line, crystal.lattice);
  crystal.lattice = crystal.lattice * factors.asDiagonal() * angstrom;

  std::string_view line = lines.next("the elements or their counts");
  auto parts = words(line);
  std::vector<std::string> elements;
  if (parts.empty()) lines.fail(line, "the elements or their counts");
  if (!number<int>(parts[0])) {
    elements = elements_in(parts);
    for (std::size_t i = 0; i < elements.size(); ++i)
      if (!is_element(elements[i])) lines.fail(parts[i], "a chemical element's symbol");
    line = lines.next("the number of atoms of each element");
    parts = words(line);
  } else {
    elements = elements_in(words(comment));
    elements.resize(std::min(elements.size(), parts.size()));
    if (elements.size() < parts.size() || !all_elements(elements))
      lines.fail(line, "a line with the elements before the counts (VASP 5), or the elements in the first line");
  }
  std::vector<std::size_t> counts;
  for (const auto& part : parts) {
    const auto count = number<int>(part);
    if (!count && counts.size() >= elements.size()) break;
    if (!count || *count < 1) lines.fail(part, "a number of atoms, 1 or more");
    counts.push_back(static_cast<std::size_t>(*count));
  }
  if (counts.size() != elements.size())
    lines.fail(line, fmt::format("{} counts, one for each element", elements.size()));

  line = lines.next("'Direct' or 'Cartesian'");
  parts = words(line);
  if (!parts.empty() && (parts[0][0] == 'S' || parts[0][0] == 's')) {
    line = lines.next("'Direct' or 'Cartesian'");
    parts = words(line);
  }
  const char mode = parts.empty() ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(parts[0][0])));
  if (mode != 'd' && mode != 'c' && mode != 'k') lines.fail(line, "'Direct' or 'Cartesian'");
  const Eigen::Matrix3d inverse = crystal.lattice.inverse();
  for (std::size_t kind = 0; kind < elements.size(); ++kind)
    for (std::size_t i = 0; i < counts[kind]; ++i) {
      constexpr std::string_view expected = "a position: three numbers";
      Eigen::Vector3d position = lines.vector(lines.next(expected), expected);
      if (mode != 'd') position = inverse.transpose() * (position.cwiseProduct(factors) * angstrom);
      crystal.atoms.push_back({elements[kind], position});
    }
  naming(source, [&] { check_crystal(crystal); });
  return crystal;
}

Crystal read_poscar(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_poscar(file.text(), path.string());
}

std::string poscar_text(const Crystal& crystal) {
  const Crystal sorted = grouped_by_element(crystal);
  std::string text = fmt::format("{}\n1.0\n", crystal.name.empty() ? formula(crystal) : crystal.name);
  for (int i = 0; i < 3; ++i)
    text += fmt::format("  {:16.10f} {:16.10f} {:16.10f}\n", sorted.lattice(i, 0) / angstrom,
                        sorted.lattice(i, 1) / angstrom, sorted.lattice(i, 2) / angstrom);
  std::string elements, counts;
  for (const auto& [element, count] : composition(sorted)) {
    elements += fmt::format(" {:>4}", element);
    counts += fmt::format(" {:>4}", count);
  }
  text += elements + "\n" + counts + "\nDirect\n";
  for (const Atom& atom : sorted.atoms)
    text += fmt::format("  {:16.12f} {:16.12f} {:16.12f}\n", atom.position[0], atom.position[1], atom.position[2]);
  return text;
}

}  // namespace ecram::electronic
