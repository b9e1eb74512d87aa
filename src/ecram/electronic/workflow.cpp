// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/workflow.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <toml++/toml.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/nearest.h"
#include "ecram/electronic/bonds.h"
#include "ecram/electronic/cif.h"
#include "ecram/electronic/element.h"
#include "ecram/electronic/symmetry.h"
#include "ecram/electronic/vacancy.h"

namespace ecram::electronic {
namespace {

using constants::electron_volt;
constexpr std::array<std::string_view, 4> kinds{"relax", "ground_state", "hybrid", "bands"};
constexpr std::array<std::string_view, 4> bases{"plane_waves", "sz", "szp", "dzp"};

/// A table whose keys are known; errors name the file, the line and the key.
class Section {
 public:
  Section(const toml::table& table, std::string name, const std::string& source, std::vector<std::string_view> known)
      : table_(table), name_(std::move(name)), source_(source) {
    for (const auto& [key, node] : table)
      if (std::ranges::find(known, key.str()) == known.end())
        throw InvalidInput("{}:{}: unknown key '{}' in {}{}", source_, node.source().begin.line, key.str(), name_,
                           did_you_mean(key.str(), known));
  }

  bool has(std::string_view key) const { return table_.contains(key); }

  [[noreturn]] void fail(std::string_view key, const std::string& expected) const {
    const toml::node* node = table_.get(key);
    const auto line = node == nullptr ? table_.source().begin.line : node->source().begin.line;
    throw InvalidInput("{}:{}: {} in {}; expected {}", source_, line, key, name_, expected);
  }

  double number(std::string_view key, double otherwise, double low, double high) const {
    if (!has(key)) return otherwise;
    const auto value = table_.get(key)->value<double>();
    if (!value || !(*value >= low) || !(*value <= high))
      fail(key, fmt::format("a number from {:g} to {:g}", low, high));
    return *value;
  }

  int whole(std::string_view key, int otherwise, int low, int high) const {
    if (!has(key)) return otherwise;
    const auto value = table_.get(key)->value_exact<std::int64_t>();
    if (!value || *value < low || *value > high) fail(key, fmt::format("a whole number from {} to {}", low, high));
    return static_cast<int>(*value);
  }

  bool flag(std::string_view key, bool otherwise) const {
    if (!has(key)) return otherwise;
    const auto value = table_.get(key)->value_exact<bool>();
    if (!value) fail(key, "true or false");
    return *value;
  }

  std::string text(std::string_view key, const std::string& otherwise) const {
    if (!has(key)) return otherwise;
    const auto value = table_.get(key)->value_exact<std::string>();
    if (!value || value->empty()) fail(key, "a text");
    return *value;
  }

  std::array<int, 3> three(std::string_view key, std::array<int, 3> otherwise) const {
    if (!has(key)) return otherwise;
    const toml::array* list = table_.get(key)->as_array();
    if (list == nullptr || list->size() != 3) fail(key, "three whole numbers from 1 to 100");
    for (std::size_t i = 0; i < 3; ++i) {
      const auto value = list->get(i)->value_exact<std::int64_t>();
      if (!value || *value < 1 || *value > 100) fail(key, "three whole numbers from 1 to 100");
      otherwise[i] = static_cast<int>(*value);
    }
    return otherwise;
  }

  std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> all;
    if (!has(key)) return all;
    const toml::array* list = table_.get(key)->as_array();
    if (list == nullptr) fail(key, "a list of texts");
    for (const toml::node& node : *list) {
      const auto value = node.value_exact<std::string>();
      if (!value) fail(key, "a list of texts");
      all.push_back(*value);
    }
    return all;
  }

  /// Lists of `count` numbers from `low` to `high`, one or more of them.
  std::vector<std::vector<double>> number_lists(std::string_view key, std::size_t count, double low, double high,
                                                const std::string& expected) const {
    std::vector<std::vector<double>> all;
    if (!has(key)) return all;
    const toml::array* lists = table_.get(key)->as_array();
    if (lists == nullptr || lists->empty()) fail(key, expected);
    for (const toml::node& node : *lists) {
      const toml::array* list = node.as_array();
      if (list == nullptr || list->size() != count) fail(key, expected);
      all.emplace_back();
      for (const toml::node& number : *list) {
        const auto value = number.value<double>();
        if (!value || !(*value >= low) || !(*value <= high)) fail(key, expected);
        all.back().push_back(*value);
      }
    }
    return all;
  }

  const toml::table& table() const { return table_; }
  const std::string& source() const { return source_; }

 private:
  const toml::table& table_;
  std::string name_, source_;
};

const std::vector<std::string_view> setting_keys{
    "preset",         "functional",        "cutoff_eV",      "kpoints",    "gamma",
    "smearing_eV",    "energy_eV",         "force_eV_per_A", "stress_GPa", "largest_steps",
    "exact_exchange", "empty_bands",       "band_points",    "cores",      "basis",
    "grid_A",         "density_tolerance", "states_eV2",     "mixing",     "hybrid_bands",
    "hybrid_kpoints", "special_point"};

std::vector<std::string_view> with_settings(std::vector<std::string_view> keys) {
  keys.insert(keys.end(), setting_keys.begin(), setting_keys.end());
  return keys;
}

/// What the keys of a section change in the settings.
Settings changed(Settings s, const Section& section) {
  if (const std::string preset = section.text("preset", ""); preset == "paper") {
    s.cutoff = 520 * electron_volt;
    s.kpoints = {4, 4, 4};
    s.gamma = false;
    s.energy_tolerance = 1e-6 * electron_volt;
    s.force_tolerance = 0.01 * electron_volt / angstrom;
    s.exact_exchange = 0.28;
  } else if (!preset.empty()) {
    section.fail("preset", "\"paper\"");
  }
  const auto scaled = [&](std::string_view key, double& value, double unit, double low, double high) {
    value = section.number(key, value / unit, low, high) * unit;
  };
  s.functional = section.text("functional", s.functional);
  scaled("cutoff_eV", s.cutoff, electron_volt, 100, 3000);
  s.kpoints = section.three("kpoints", s.kpoints);
  s.gamma = section.flag("gamma", s.gamma);
  if (section.has("special_point")) {
    constexpr auto expected = "three numbers from -1 to 1";
    const toml::array* list = section.table().get("special_point")->as_array();
    if (list == nullptr || list->size() != 3) section.fail("special_point", expected);
    s.special_point.emplace();
    for (std::size_t i = 0; i < 3; ++i) {
      const auto value = list->get(i)->value<double>();
      if (!value || !(std::abs(*value) <= 1)) section.fail("special_point", expected);
      (*s.special_point)[i] = *value;
    }
  }
  s.basis = section.text("basis", s.basis);
  if (std::ranges::find(bases, s.basis) == bases.end())
    section.fail("basis", fmt::format("one of {}", fmt::join(bases, ", ")));
  scaled("grid_A", s.grid, angstrom, 0.05, 0.5);
  s.mixing = section.number("mixing", s.mixing, 0, 1);
  scaled("states_eV2", s.state_tolerance, electron_volt * electron_volt, 1e-12, 1e-2);
  s.density_tolerance = section.number("density_tolerance", s.density_tolerance, 1e-9, 1e-2);
  if (section.has("hybrid_bands")) {
    const toml::array* pair = section.table().get("hybrid_bands")->as_array();
    std::vector<int> counts;
    if (pair != nullptr)
      for (const toml::node& node : *pair)
        if (const auto count = node.value_exact<std::int64_t>(); count && *count >= 1 && *count <= 10000)
          counts.push_back(static_cast<int>(*count));
    if (pair == nullptr || pair->size() != 2 || counts.size() != 2)
      section.fail("hybrid_bands", "two whole numbers from 1 to 10000: bands below and above the gap");
    s.hybrid_bands = {counts[0], counts[1]};
  }
  if (section.has("hybrid_kpoints")) {
    s.hybrid_kpoints.clear();
    for (const auto& k :
         section.number_lists("hybrid_kpoints", 3, -1, 1, "a list of k-points of three numbers from -1 to 1"))
      s.hybrid_kpoints.push_back({k[0], k[1], k[2]});
  }
  scaled("smearing_eV", s.smearing, electron_volt, 1e-4, 1);
  scaled("energy_eV", s.energy_tolerance, electron_volt, 1e-12, 1e-2);
  scaled("force_eV_per_A", s.force_tolerance, electron_volt / angstrom, 1e-5, 1);
  scaled("stress_GPa", s.stress_tolerance, 1e9, 1e-4, 10);
  s.largest_steps = section.whole("largest_steps", s.largest_steps, 1, 10000);
  s.exact_exchange = section.number("exact_exchange", s.exact_exchange, 0, 1);
  s.empty_bands = section.whole("empty_bands", s.empty_bands, 0, 10000);
  s.band_points = section.whole("band_points", s.band_points, 2, 5000);
  s.cores = section.whole("cores", s.cores, 1, 100000);
  return s;
}

Settings defaults() {
  Settings s;
  s.cutoff = 600 * electron_volt;
  s.kpoints = {2, 2, 2};
  s.smearing = 0.01 * electron_volt;
  s.energy_tolerance = 1e-6 * electron_volt;
  s.force_tolerance = 0.01 * electron_volt / angstrom;
  s.stress_tolerance = 0.05e9;
  s.largest_steps = 200;
  s.grid = 0.18 * angstrom;
  s.density_tolerance = 1e-5;
  s.state_tolerance = 4e-8 * electron_volt * electron_volt;
  s.empty_bands = 16;
  s.band_points = 60;
  return s;
}

const toml::table& table_of(const toml::table& root, std::string_view key, const std::string& source) {
  static const toml::table nothing;
  const toml::node* node = root.get(key);
  if (node == nullptr) return nothing;
  if (!node->is_table())
    throw InvalidInput("{}:{}: {}; expected a section [{}]", source, node->source().begin.line, key, key);
  return *node->as_table();
}

/// The atoms that a step starts with: those before it, repeated, without its vacancies.
void arrange_atoms(Step& step, const Crystal& before, const Section& section) {
  const Crystal whole = supercell(before, step.supercell);
  const auto texts = section.texts("vacancies");
  std::vector<VacancyRequest> requests;
  std::vector<BridgeSite> sites;
  try {
    for (const std::string& text : texts) requests.push_back(parse_vacancy(text));
    if (!requests.empty()) sites = bridge_sites(whole, find_symmetry(whole).equivalent_to);
    step.removed = vacancy_atoms(whole, sites, requests);
  } catch (const InvalidInput& e) {
    section.fail("vacancies", e.what());
  }
  for (const std::size_t atom : step.removed) {
    std::string name = fmt::format("{}{}", whole.atoms[atom].element, atom + 1);
    for (const BridgeSite& site : sites)
      if (site.atom == atom) name = site.name;
    step.vacancy_names.push_back(name);
  }
  step.crystal = without_atoms(whole, step.removed);
}

Step parse_step(const toml::table& table, const std::string& source, const Settings& common, const Crystal& crystal,
                const std::vector<Step>& earlier, Engine engine) {
  const Section section(table, "[[step]]", source,
                        with_settings({"name", "kind", "from", "supercell", "vacancies", "charge", "spin", "cell"}));
  Step step;
  step.name = section.text("name", "");
  const bool plain = !step.name.empty() && std::ranges::all_of(step.name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  if (!plain || step.name == "setups" || step.name == "slurm")
    section.fail("name", "a name of letters, digits, '-' and '_' ('setups' and 'slurm' are taken)");
  for (const Step& other : earlier)
    if (other.name == step.name)
      section.fail("name", fmt::format("another name: there is a step '{}' already", step.name));
  const auto kind = std::ranges::find(kinds, section.text("kind", ""));
  if (kind == kinds.end())
    section.fail("kind", fmt::format("one of {}, {}, {}, {}", kinds[0], kinds[1], kinds[2], kinds[3]));
  step.kind = static_cast<Kind>(kind - kinds.begin());

  step.from = section.text("from", "");
  const Crystal* before = &crystal;
  if (!step.from.empty()) {
    const auto at = std::ranges::find(earlier, step.from, &Step::name);
    if (at == earlier.end() || at->kind != Kind::relax)
      section.fail("from", "the name of a step of kind relax above this one");
    before = &at->crystal;
  }
  step.supercell = section.three("supercell", {1, 1, 1});
  arrange_atoms(step, *before, section);

  step.charge = section.whole("charge", 0, -20, 20);
  const bool odd = odd_electrons(step.crystal, step.charge);
  step.spin = section.flag("spin", odd);
  if (odd && !step.spin)
    section.fail("spin", fmt::format("true: charge {:+d} leaves an odd number of electrons", step.charge));
  step.relax_cell = section.flag("cell", step.kind == Kind::relax && step.charge == 0 && step.removed.empty());
  if (step.relax_cell && step.kind != Kind::relax)
    section.fail("cell", "no such key: only a step of kind relax moves atoms");

  step.settings = changed(common, section);
  if (engine == Engine::vasp)
    for (const char* key :
         {"basis", "grid_A", "density_tolerance", "states_eV2", "mixing", "hybrid_bands", "hybrid_kpoints"})
      if (section.has(key)) section.fail(key, "no such key: it is GPAW's");
  if (step.settings.basis != "plane_waves") {
    if (step.kind == Kind::hybrid) section.fail("basis", "\"plane_waves\": hybrids need them");
    if (step.relax_cell) section.fail("basis", "\"plane_waves\", or cell = false: orbitals give no stress");
  }
  if (step.kind == Kind::hybrid && step.settings.hybrid_bands &&
      step.settings.hybrid_bands->at(1) > step.settings.empty_bands)
    section.fail("hybrid_bands", fmt::format("no more than the {} empty bands", step.settings.empty_bands));
  if (!section.has("kpoints"))  // those of the whole workflow are for its unit cell
    for (std::size_t i = 0; i < 3; ++i) {
      const double ratio =
          step.crystal.lattice.row(static_cast<int>(i)).norm() / crystal.lattice.row(static_cast<int>(i)).norm();
      step.settings.kpoints[i] = std::max(1, static_cast<int>(std::ceil(common.kpoints[i] / ratio - 1e-6)));
    }
  if (step.kind == Kind::hybrid || step.kind == Kind::bands) {
    if (section.has("special_point")) section.fail("special_point", "to be used in relaxations and ground states");
    step.settings.special_point.reset();
  }
  if (step.settings.functional.empty()) step.settings.functional = step.kind == Kind::hybrid ? "PBE" : "PBEsol";
  if (step.kind == Kind::hybrid && step.settings.functional != "PBE")
    section.fail("functional", "\"PBE\" or nothing: HSE06 is built on PBE orbitals");
  return step;
}

}  // namespace

std::string_view kind_name(Kind kind) { return kinds[static_cast<std::size_t>(kind)]; }

Workflow parse_workflow(std::string_view text, const std::string& source, const std::filesystem::path& folder) {
  toml::table root;
  try {
    root = toml::parse(text, source);
  } catch (const toml::parse_error& e) {
    throw InvalidInput("{}:{}: {}", source, e.source().begin.line, e.description());
  }
  const Section top(root, "the workflow", source, {"name", "engine", "crystal", "settings", "vasp", "step"});
  Workflow workflow;
  workflow.name = top.text("name", "workflow");
  const std::string engine = top.text("engine", "gpaw");
  if (engine != "gpaw" && engine != "vasp") top.fail("engine", "\"gpaw\" or \"vasp\"");
  workflow.engine = engine == "vasp" ? Engine::vasp : Engine::gpaw;

  const Section crystal_section(table_of(root, "crystal", source), "[crystal]", source, {"file", "supercell"});
  const std::string file = crystal_section.text("file", "");
  const Crystal cell = file.empty() ? monoclinic_wo3() : read_crystal(folder / file);
  const Crystal crystal = grouped_by_element(supercell(cell, crystal_section.three("supercell", {1, 1, 1})));

  const Settings common =
      changed(defaults(), Section(table_of(root, "settings", source), "[settings]", source, setting_keys));
  const Section vasp(table_of(root, "vasp", source), "[vasp]", source, {"potcar", "valence"});
  for (const auto& [key, node] : table_of(vasp.table(), "potcar", source)) {
    const auto name = node.value_exact<std::string>();
    if (!is_element(std::string(key.str())) || !name)
      vasp.fail("potcar", "elements with the names of their POTCARs: { W = \"W_sv\" }");
    workflow.potcar[std::string(key.str())] = *name;
  }
  for (const auto& [key, node] : table_of(vasp.table(), "valence", source)) {
    const auto count = node.value_exact<std::int64_t>();
    if (!is_element(std::string(key.str())) || !count || *count < 1 || *count > 100)
      vasp.fail("valence", "elements with their number of valence electrons: { W = 14 }");
    workflow.valence[std::string(key.str())] = static_cast<int>(*count);
  }

  const toml::array* steps = root.contains("step") ? root.get("step")->as_array() : nullptr;
  if (steps == nullptr || steps->empty()) top.fail("step", "one or more sections [[step]]");
  for (const toml::node& node : *steps) {
    if (!node.is_table()) top.fail("step", "sections [[step]]");
    workflow.steps.push_back(parse_step(*node.as_table(), source, common, crystal, workflow.steps, workflow.engine));
  }
  return workflow;
}

Workflow read_workflow(const std::filesystem::path& path) {
  const MappedFile file(path);
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  return parse_workflow(file.text(), path.string(), folder);
}

}  // namespace ecram::electronic
