// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/vacancy.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "ecram/core/errors.h"
#include "ecram/electronic/element.h"

namespace ecram::electronic {
namespace {

constexpr double distance_tolerance = 0.3 * angstrom;

std::string known_sites(std::span<const BridgeSite> sites) {
  std::set<std::string> names;
  for (const BridgeSite& site : sites) names.insert(site.name);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "there are no bridging atoms here" : text;
}

/// Atoms that the site's name covers, in the order of the crystal.
std::vector<std::size_t> candidates(const Crystal& crystal, std::span<const BridgeSite> sites,
                                    const std::string& name) {
  if (name.starts_with("s_")) {
    const std::string full = name.size() == 3 ? name + "1" : name;
    std::vector<std::size_t> atoms;
    for (const BridgeSite& site : sites)
      if (site.name == full) atoms.push_back(site.atom);
    if (atoms.empty()) throw InvalidInput("vacancy '{}': no such site; known: {}", name, known_sites(sites));
    return atoms;
  }
  const std::size_t digits = name.find_first_of("0123456789");
  const std::string element = name.substr(0, digits);
  std::size_t number = 0;
  std::from_chars(name.data() + digits, name.data() + name.size(), number);
  if (number < 1 || number > crystal.atoms.size())
    throw InvalidInput("vacancy '{}': atom {}, but there are {}", name, number, crystal.atoms.size());
  if (crystal.atoms[number - 1].element != element)
    throw InvalidInput("vacancy '{}': atom {} is {}", name, number, crystal.atoms[number - 1].element);
  return {number - 1};
}

}  // namespace

VacancyRequest parse_vacancy(std::string_view text) {
  VacancyRequest request;
  const std::size_t at = text.find('@');
  request.site = std::string(text.substr(0, at));
  if (at != std::string_view::npos) {
    const std::string_view number = text.substr(at + 1);
    double distance = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), distance);
    if (error != std::errc{} || end != number.data() + number.size() || !(distance > 0))
      throw InvalidInput("vacancy '{}': distance '{}'; expected a positive number of angstrom", text, number);
    request.distance = distance * angstrom;
  }
  const std::string& site = request.site;
  const std::size_t digits = site.find_first_of("0123456789");
  const bool numbered =
      digits != std::string::npos && site.find_first_not_of("0123456789", digits) == std::string::npos;
  const bool axis = site.size() >= 3 && site.starts_with("s_") && site[2] >= 'x' && site[2] <= 'z' &&
                    (site.size() == 3 || (numbered && digits == 3));
  if (!axis && !(numbered && is_element(site.substr(0, digits))))
    throw InvalidInput("vacancy '{}'; expected a site (s_x, s_y, s_z2), an atom (O17), perhaps with '@' and a distance",
                       text);
  return request;
}

std::vector<std::size_t> vacancy_atoms(const Crystal& crystal, std::span<const BridgeSite> sites,
                                       std::span<const VacancyRequest> requests) {
  std::vector<std::size_t> taken;
  for (const VacancyRequest& request : requests) {
    std::vector<std::size_t> free = candidates(crystal, sites, request.site);
    std::erase_if(free, [&](std::size_t atom) { return std::ranges::find(taken, atom) != taken.end(); });
    if (free.empty()) throw InvalidInput("vacancy '{}': all its atoms are taken out already", request.site);
    if (!request.distance) {
      taken.push_back(free.front());
      continue;
    }
    if (taken.empty())
      throw InvalidInput("vacancy '{}': the first one has nothing to be at a distance from", request.site);
    const auto distance = [&](std::size_t atom) {
      return nearest_image(crystal.lattice, crystal.atoms[taken.back()].position, crystal.atoms[atom].position).norm();
    };
    const auto miss = [&](std::size_t atom) { return std::abs(distance(atom) - *request.distance); };
    const std::size_t best = *std::ranges::min_element(free, {}, miss);
    if (miss(best) > distance_tolerance)
      throw InvalidInput("vacancy '{}': none at {:.3f} angstrom; the nearest to that is at {:.3f}", request.site,
                         *request.distance / angstrom, distance(best) / angstrom);
    taken.push_back(best);
  }
  return taken;
}

Matching match_atoms(const Crystal& bulk, const Crystal& defect, double farthest) {
  for (int i = 0; i < 3; ++i)
    if ((defect.lattice.row(i) - bulk.lattice.row(i)).norm() > 0.01 * bulk.lattice.row(i).norm())
      throw InvalidInput(
          "the two cells have different lattices: vector {} is {:.3f} angstrom long in one and {:.3f} in "
          "the other",
          i + 1, bulk.lattice.row(i).norm() / angstrom, defect.lattice.row(i).norm() / angstrom);
  Matching matching;
  std::vector<bool> taken(bulk.atoms.size(), false);
  for (std::size_t i = 0; i < defect.atoms.size(); ++i) {
    const Atom& atom = defect.atoms[i];
    double nearest = farthest;
    std::size_t best = bulk.atoms.size();
    for (std::size_t j = 0; j < bulk.atoms.size(); ++j) {
      if (taken[j] || bulk.atoms[j].element != atom.element) continue;
      const double distance = nearest_image(bulk.lattice, bulk.atoms[j].position, atom.position).norm();
      if (distance <= nearest) {
        nearest = distance;
        best = j;
      }
    }
    if (best == bulk.atoms.size())
      throw InvalidInput("atom {} ({}) of the defect cell has no place in the bulk cell within {:g} angstrom", i + 1,
                         atom.element, farthest / angstrom);
    taken[best] = true;
    matching.partner.push_back(best);
  }
  for (std::size_t j = 0; j < taken.size(); ++j)
    if (!taken[j]) matching.vacancies.push_back(j);
  return matching;
}

bool odd_electrons(const Crystal& crystal, int charge) {
  int electrons = -charge;
  for (const Atom& atom : crystal.atoms) electrons += atomic_number(atom.element);
  return electrons % 2 != 0;
}

}  // namespace ecram::electronic
