// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/result.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"

namespace ecram::electronic {
namespace {
using nlohmann::json;

using constants::electron_volt;
constexpr std::string_view format = "ecram-electronic-result 1";

Eigen::Vector3d vector_of(const json& j) {
  if (j.size() != 3) throw InvalidInput("a vector has {} components", j.size());
  return {j.at(0).get<double>(), j.at(1).get<double>(), j.at(2).get<double>()};
}

/// A nested list [spin][k-point][band], flattened and checked for its shape.
std::vector<double> states_of(const json& j, std::string_view key, const Spectrum& spectrum, double unit) {
  std::vector<double> flat;
  const json& spins = j.at(key);
  if (spins.size() != spectrum.spins)
    throw InvalidInput("{} has {} spins; expected {}", key, spins.size(), spectrum.spins);
  for (const json& points : spins) {
    if (points.size() != spectrum.kpoints.size())
      throw InvalidInput("{} has {} k-points; expected {}", key, points.size(), spectrum.kpoints.size());
    for (const json& bands : points) {
      if (bands.size() != spectrum.bands)
        throw InvalidInput("{} has {} bands; expected {}", key, bands.size(), spectrum.bands);
      for (const json& value : bands) flat.push_back(value.get<double>() * unit);
    }
  }
  return flat;
}

std::vector<double> projections_of(const json& j, const Spectrum& spectrum, std::size_t atoms) {
  std::vector<double> flat;
  for (const json& points : j)
    for (const json& bands : points)
      for (const json& band : bands)
        for (const json& atom : band)
          for (const json& weight : atom) flat.push_back(weight.get<double>());
  if (flat.size() != spectrum.energies.size() * atoms * 3)
    throw InvalidInput("projections has {} numbers; expected {}", flat.size(), spectrum.energies.size() * atoms * 3);
  return flat;
}

Crystal crystal_of(const json& j) {
  Crystal crystal;
  for (int i = 0; i < 3; ++i)
    crystal.lattice.row(i) = vector_of(j.at("lattice_A").at(static_cast<std::size_t>(i))) * angstrom;
  const json &elements = j.at("elements"), &positions = j.at("positions");
  if (elements.size() != positions.size())
    throw InvalidInput("{} elements but {} positions", elements.size(), positions.size());
  for (std::size_t i = 0; i < elements.size(); ++i)
    crystal.atoms.push_back({elements[i].get<std::string>(), vector_of(positions[i])});
  check_crystal(crystal);
  return crystal;
}

Result result_of(const json& j) {
  if (const std::string found = j.at("format"); found != format)
    throw InvalidInput("format is '{}'; expected '{}'", found, format);
  if (!j.at("converged").get<bool>()) throw InvalidInput("the calculation did not converge, so it has no result");
  Result result;
  result.engine = j.at("engine").at("name");
  result.version = j.at("engine").at("version");
  result.kind = j.at("kind");
  const json& task = j.at("task");
  result.functional = task.at("functional");
  if (result.kind == "hybrid") {
    result.exact_exchange = task.at("exact_exchange");
    result.functional =
        fmt::format("HSE06 with {:g} % exact exchange on {} orbitals", 100 * result.exact_exchange, result.functional);
  }
  result.crystal = crystal_of(j.at("structure"));
  result.charge = j.at("charge");
  result.energy = j.at("energy_eV").get<double>() * electron_volt;
  result.wall_time = j.at("wall_time_s");
  if (j.contains("forces_eV_per_A"))
    for (const json& force : j.at("forces_eV_per_A"))
      result.forces.push_back(vector_of(force) * (electron_volt / angstrom));
  if (j.contains("site_potentials_eV"))  // the energy of an electron there: minus the potential
    for (const json& value : j.at("site_potentials_eV")) result.site_potentials.push_back(-value.get<double>());

  Spectrum& spectrum = result.spectrum;
  for (const json& k : j.at("kpoints")) spectrum.kpoints.push_back(vector_of(k));
  double sum = 0;
  for (const json& weight : j.at("kpoint_weights")) {
    spectrum.weights.push_back(weight);
    sum += spectrum.weights.back();
  }
  if (spectrum.weights.size() != spectrum.kpoints.size() || !(std::abs(sum - 1) < 1e-6))
    throw InvalidInput("the k-points' weights sum to {:g}; expected 1", sum);
  const json& energies = j.at("eigenvalues_eV");
  spectrum.spins = energies.size();
  if (spectrum.spins < 1 || spectrum.spins > 2) throw InvalidInput("{} spins", spectrum.spins);
  spectrum.bands = energies.at(0).at(0).size();
  spectrum.energies = states_of(j, "eigenvalues_eV", spectrum, electron_volt);
  spectrum.occupations = states_of(j, "occupations", spectrum, 1);
  spectrum.fermi_level = j.at("fermi_level_eV").get<double>() * electron_volt;
  if (j.contains("base_eigenvalues_eV"))
    result.base_energies = states_of(j, "base_eigenvalues_eV", spectrum, electron_volt);
  if (j.contains("first_band")) result.first_band = j.at("first_band").get<std::size_t>() - 1;
  if (j.contains("projections"))
    spectrum.projections = projections_of(j.at("projections"), spectrum, result.crystal.atoms.size());
  return result;
}

}  // namespace

Result parse_result(std::string_view text, const std::string& source) {
  try {
    return naming(source, [&] { return result_of(json::parse(text)); });
  } catch (const json::exception& e) {
    throw InvalidInput("{}: damaged or cut short: {}", source, e.what());
  }
}

std::string kept_text(std::string_view text, const std::string& source) {
  parse_result(text, source);
  auto j = nlohmann::ordered_json::parse(text);
  if (j["kind"] != "hybrid" && j["kind"] != "ground_state") j.erase("projections");
  if (j.contains("projections")) {
    auto flat = j["projections"].flatten();
    for (auto& weight : flat)
      if (weight.is_number()) weight = std::round(weight.get<double>() * 1e3) / 1e3;
    j["projections"] = flat.unflatten();
  }
  return j.dump() + "\n";
}

bool same_task(std::string_view result, std::string_view calculation) {
  try {
    return json::parse(result).at("task") == json::parse(calculation);
  } catch (const json::exception& e) {
    throw InvalidInput("damaged: {}", e.what());
  }
}

Spectrum with_exact_exchange(const Result& result, double share) {
  if (!(share >= 0 && share <= 1)) throw InvalidInput("a share of {:g} of exact exchange; expected 0 to 1", share);
  if (result.base_energies.empty() || !(result.exact_exchange > 0))
    throw InvalidInput("no hybrid on fixed orbitals: its eigenvalues do not say what another share would give");
  Spectrum spectrum = result.spectrum;
  for (std::size_t i = 0; i < spectrum.energies.size(); ++i)
    spectrum.energies[i] = result.base_energies[i] +
                           share / result.exact_exchange * (result.spectrum.energies[i] - result.base_energies[i]);
  return spectrum;
}

Result read_result(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_result(file.text(), path.string());
}

}  // namespace ecram::electronic
