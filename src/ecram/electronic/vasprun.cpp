// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/vasprun.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <expat.h>
#include <fmt/format.h>

#include "ecram/core/constants.h"
#include "ecram/core/errors.h"

namespace ecram::electronic {
namespace {

using constants::electron_volt;
constexpr std::size_t not_kept = Spectrum::momenta;  ///< f orbitals

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

std::string_view attribute(const char** attributes, const char* name) {
  for (; *attributes != nullptr; attributes += 2)
    if (std::strcmp(attributes[0], name) == 0) return attributes[1];
  return {};
}

/// s, p, d of an orbital's column: "s", "py", "dxy", "x2-y2".
std::size_t momentum_of(std::string_view field) {
  field = trimmed(field);
  if (field.starts_with('s')) return 0;
  if (field.starts_with('p')) return 1;
  if (field.starts_with('d') || field.starts_with('x')) return 2;
  return not_kept;
}

/// Collects what the parser meets. An exception may not pass through expat: the first one is kept and thrown later.
class Reader {
 public:
  explicit Reader(std::string source)
      : source_(std::move(source)), parser_(XML_ParserCreate(nullptr), &XML_ParserFree) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(
        parser_.get(),
        [](void* self, const char* name, const char** attributes) {
          static_cast<Reader*>(self)->guarded([&](Reader& r) { r.open(name, attributes); });
        },
        [](void* self, const char*) { static_cast<Reader*>(self)->guarded([](Reader& r) { r.close(); }); });
    XML_SetCharacterDataHandler(parser_.get(), [](void* self, const char* text, int size) {
      Reader& reader = *static_cast<Reader*>(self);
      if (reader.keeps_text_) reader.text_.append(text, static_cast<std::size_t>(size));
    });
  }

  void read(std::istream& file) {
    constexpr int chunk = 1 << 20;
    for (bool last = false; !last;) {
      void* buffer = XML_GetBuffer(parser_.get(), chunk);
      if (buffer == nullptr) throw std::bad_alloc();
      file.read(static_cast<char*>(buffer), chunk);
      last = file.gcount() < chunk;
      const XML_Status status = XML_ParseBuffer(parser_.get(), static_cast<int>(file.gcount()), last ? 1 : 0);
      if (failure_) std::rethrow_exception(failure_);
      if (status != XML_STATUS_OK) fail_on_xml();
    }
  }

  VaspRun finished();

 private:
  struct Element {
    std::string tag, name;  ///< `name`: its attribute of that name
  };

  template <class Work>
  void guarded(Work&& work) {
    if (failure_) return;
    try {
      work(*this);
    } catch (...) {
      failure_ = std::current_exception();
      XML_StopParser(parser_.get(), XML_FALSE);
    }
  }

  std::size_t line() const { return XML_GetCurrentLineNumber(parser_.get()); }

  [[noreturn]] void fail_on_xml() const {
    const XML_Error code = XML_GetErrorCode(parser_.get());
    if (!seen_root_) throw InvalidInput("{}:{}: no vasprun.xml ({})", source_, line(), XML_ErrorString(code));
    if (code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN || code == XML_ERROR_PARTIAL_CHAR)
      throw InvalidInput("{}:{}: cut short: the run is not over, or was killed", source_, line());
    throw InvalidInput("{}:{}: damaged: {}", source_, line(), XML_ErrorString(code));
  }

  [[noreturn]] void fail(const std::string& what) const { throw InvalidInput("{}:{}: {}", source_, line(), what); }

  void open(std::string_view tag, const char** attributes);
  void close();

  bool inside(std::string_view tag) const {
    return std::ranges::any_of(path_, [&](const Element& e) { return e.tag == tag; });
  }
  /// The element `up` levels above the current one; an empty one above the root.
  const Element& above(std::size_t up) const {
    static const Element none;
    return up < path_.size() ? path_[path_.size() - 1 - up] : none;
  }

  std::span<const double> numbers();
  double number() {
    const auto values = numbers();
    if (values.size() != 1) fail(fmt::format("'{}'; expected one number", trimmed(text_)));
    return values[0];
  }

  void close_value(const Element& element);
  void close_vector(const Element& list);
  void close_row();
  void close_cell();

  std::string source_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser_;
  std::exception_ptr failure_;
  std::vector<Element> path_;
  std::string text_;
  bool keeps_text_ = false, seen_root_ = false;
  std::vector<double> row_;

  // Where we are.
  bool in_calculation_ = false, in_step_ = false, in_projected_ = false, in_eigenvalues_ = false, in_total_dos_ = false;
  bool in_repeated_eigenvalues_ = false;  ///< the projections come with the eigenvalues once more
  std::size_t set_depth_ = 0, spin_set_ = 0;
  std::vector<std::size_t> momentum_;  ///< of each column of the projections

  // What was found.
  std::map<std::string, std::string> settings_;
  std::string version_;
  std::vector<std::string> elements_, cells_;
  std::vector<Eigen::Vector3d> kpoints_, basis_, positions_, forces_;
  std::vector<double> weights_, eigenvalues_, occupations_, projections_, step_energies_;
  std::size_t spins_ = 0, bands_ = 0;
  std::vector<double> dos_energies_, dos_total_, dos_integrated_;
  std::optional<double> fermi_, final_energy_, step_energy_;
  int electronic_steps_ = 0;
  double last_change_ = INFINITY;
};

void Reader::open(std::string_view tag, const char** attributes) {
  if (path_.empty()) {
    if (tag != "modeling") fail(fmt::format("no vasprun.xml: the root is <{}>; expected <modeling>", tag));
    seen_root_ = true;
  }
  path_.push_back({std::string(tag), std::string(attribute(attributes, "name"))});
  keeps_text_ = tag == "i" || tag == "v" || tag == "r" || tag == "c" || tag == "field";
  text_.clear();
  if (tag == "calculation") {
    in_calculation_ = true;
    eigenvalues_.clear();
    occupations_.clear();
    projections_.clear();
    dos_energies_.clear();
    dos_total_.clear();
    dos_integrated_.clear();
    spins_ = bands_ = 0;
    electronic_steps_ = 0;
    last_change_ = INFINITY;
    step_energy_.reset();
    final_energy_.reset();
  } else if (tag == "scstep") {
    in_step_ = true;
    ++electronic_steps_;
  } else if (tag == "projected") {
    in_projected_ = true;
    projections_.reserve(eigenvalues_.size() * elements_.size() * Spectrum::momenta);
  } else if (tag == "eigenvalues" && in_calculation_) {
    (in_projected_ ? in_repeated_eigenvalues_ : in_eigenvalues_) = true;
  } else if (tag == "array" && in_projected_) {
    momentum_.clear();
  } else if (tag == "total" && above(1).tag == "dos") {
    in_total_dos_ = true;
  } else if (tag == "set") {
    ++set_depth_;
    // Outermost set, then one for each spin.
    if (set_depth_ == 1) spin_set_ = 0;
    if (set_depth_ == 2) ++spin_set_;
  } else if (tag == "rc") {
    cells_.clear();
  } else if (tag == "varray") {
    const std::string& name = path_.back().name;
    if (name == "basis") basis_.clear();
    if (name == "positions") positions_.clear();
    if (name == "forces") forces_.clear();
  }
}

std::span<const double> Reader::numbers() {
  row_.clear();
  const char* at = text_.data();
  const char* const end = at + text_.size();
  for (;;) {
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) ++at;
    if (at == end) return row_;
    if (*at == '+') ++at;
    double value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || !std::isfinite(value) ||
        (next != end && *next != ' ' && *next != '\n' && *next != '\t' && *next != '\r'))
      fail(fmt::format("'{}' is no number", trimmed(text_)));
    row_.push_back(value);
    at = next;
  }
}

void Reader::close_value(const Element& element) {
  const std::string& name = element.name;
  if (in_calculation_) {
    const std::string& parent = above(1).tag;
    if (name == "e_0_energy" && parent == "energy") {
      const double energy = number();
      if (in_step_) {
        if (step_energy_) last_change_ = std::abs(energy - *step_energy_);
        step_energy_ = energy;
      } else {
        final_energy_ = energy;
      }
    } else if (name == "efermi" && parent == "dos") {
      fermi_ = number();
    }
    return;
  }
  if (above(1).tag == "generator" && name == "version") version_ = trimmed(text_);
  if (inside("parameters") || inside("incar")) settings_[name] = trimmed(text_);
}

void Reader::close_vector(const Element& list) {
  const bool kpoints = list.name == "kpointlist" && inside("kpoints"),
             weights = list.name == "weights" && inside("kpoints");
  const bool vectors = list.name == "basis" || list.name == "positions" || list.name == "forces";
  if (!kpoints && !weights && !vectors) return;
  const auto values = numbers();
  if (weights) {
    if (values.size() != 1) fail(fmt::format("'{}'; expected a weight", trimmed(text_)));
    weights_.push_back(values[0]);
    return;
  }
  if (values.size() != 3) fail(fmt::format("'{}'; expected three numbers", trimmed(text_)));
  const Eigen::Vector3d v(values[0], values[1], values[2]);
  if (kpoints) kpoints_.push_back(v);
  if (list.name == "basis") basis_.push_back(v);
  if (list.name == "positions") positions_.push_back(v);
  if (list.name == "forces") forces_.push_back(v);
}

void Reader::close_row() {
  if (in_eigenvalues_) {
    const auto values = numbers();
    if (values.size() != 2) fail(fmt::format("'{}'; expected an energy and an occupation", trimmed(text_)));
    eigenvalues_.push_back(values[0]);
    occupations_.push_back(values[1]);
    spins_ = std::max(spins_, spin_set_);
  } else if (in_projected_ && !in_repeated_eigenvalues_) {
    if (spin_set_ > spins_) fail("the run is non-collinear, which is not read");
    const auto values = numbers();
    if (values.size() != momentum_.size())
      fail(fmt::format("{} projections; expected {}", values.size(), momentum_.size()));
    double sums[Spectrum::momenta + 1] = {};
    for (std::size_t i = 0; i < values.size(); ++i) sums[momentum_[i]] += values[i];
    projections_.insert(projections_.end(), sums, sums + Spectrum::momenta);
  } else if (in_total_dos_) {
    const auto values = numbers();
    if (values.size() != 3) fail(fmt::format("'{}'; expected energy, total, integrated", trimmed(text_)));
    if (spin_set_ == 1) dos_energies_.push_back(values[0]);
    dos_total_.push_back(values[1]);
    dos_integrated_.push_back(values[2]);
  }
}

void Reader::close_cell() {
  if (above(1).tag == "rc" && inside("atominfo")) cells_.emplace_back(trimmed(text_));
}

void Reader::close() {
  const Element element = std::move(path_.back());
  path_.pop_back();
  const std::string& tag = element.tag;
  // Text handlers look at what is above the element that ends: put it back for them.
  if (keeps_text_) {
    path_.push_back(element);
    if (tag == "i") close_value(element);
    if (tag == "v" && path_.size() > 1) close_vector(above(1));
    if (tag == "r") close_row();
    if (tag == "c") close_cell();
    if (tag == "field" && in_projected_ && above(1).tag == "array") momentum_.push_back(momentum_of(text_));
    path_.pop_back();
  }
  keeps_text_ = false;
  text_.clear();
  if (tag == "calculation") {
    in_calculation_ = false;
    const auto energy = step_energy_ ? step_energy_ : final_energy_;
    if (!energy) fail("an ionic step without an energy");
    step_energies_.push_back(*energy);
  } else if (tag == "scstep") {
    in_step_ = false;
  } else if (tag == "projected") {
    in_projected_ = false;
  } else if (tag == "eigenvalues") {
    in_eigenvalues_ = in_repeated_eigenvalues_ = false;
  } else if (tag == "total") {
    in_total_dos_ = false;
  } else if (tag == "set") {
    --set_depth_;
  } else if (tag == "rc") {
    bool of_atoms = false;
    for (const Element& e : path_) of_atoms = of_atoms || (e.tag == "array" && e.name == "atoms");
    if (of_atoms && !cells_.empty()) elements_.push_back(cells_[0]);
  }
}

VaspRun Reader::finished() {
  const auto setting = [&](const std::string& name, double otherwise) {
    const auto at = settings_.find(name);
    if (at == settings_.end()) return otherwise;
    double value = otherwise;
    std::from_chars(at->second.data(), at->second.data() + at->second.size(), value);
    return value;
  };
  const auto on = [&](const std::string& name) {
    return settings_.contains(name) && settings_.at(name).starts_with('T');
  };
  if (step_energies_.empty()) throw InvalidInput("{}: no ionic step was finished", source_);
  if (on("LNONCOLLINEAR")) throw InvalidInput("{}: the run is non-collinear, which is not read", source_);
  const int most = static_cast<int>(setting("NELM", 60));
  if (electronic_steps_ >= most && !(last_change_ <= setting("EDIFF", 1e-4)))
    throw InvalidInput("{}: not converged: all {} electronic steps used, the energy still changing by {:.2g} eV",
                       source_, most, last_change_);
  const int moves = static_cast<int>(setting("NSW", 0)), algorithm = static_cast<int>(setting("IBRION", -1));
  if (moves > 1 && algorithm >= 1 && algorithm <= 3 && static_cast<int>(step_energies_.size()) >= moves)
    throw InvalidInput("{}: not converged: all {} ionic steps used", source_, moves);

  VaspRun run;
  Result& result = run.result;
  result.engine = "vasp";
  result.version = version_;
  result.kind = moves > 1 && algorithm >= 1 && algorithm <= 3 ? "relax" : "ground_state";
  if (basis_.size() != 3 || positions_.empty() || positions_.size() != elements_.size())
    throw InvalidInput("{}: {} lattice vectors, {} positions, {} atoms", source_, basis_.size(), positions_.size(),
                       elements_.size());
  for (int i = 0; i < 3; ++i) result.crystal.lattice.row(i) = basis_[static_cast<std::size_t>(i)] * angstrom;
  for (std::size_t i = 0; i < elements_.size(); ++i) result.crystal.atoms.push_back({elements_[i], positions_[i]});
  naming(source_, [&] { check_crystal(result.crystal); });
  for (const auto& force : forces_) result.forces.push_back(force * (electron_volt / angstrom));
  run.ionic_steps = static_cast<int>(step_energies_.size());
  for (const double energy : step_energies_) run.step_energies.push_back(energy * electron_volt);
  result.energy = run.step_energies.back();
  run.electrons = setting("NELECT", 0);
  run.hybrid = on("LHFCALC");
  run.exact_exchange = run.hybrid ? setting("AEXX", 0.25) : 0;
  result.functional = run.hybrid ? fmt::format("hybrid with {:g} % exact exchange", 100 * run.exact_exchange)
                                 : (settings_.contains("GGA") ? settings_.at("GGA") : "");

  Spectrum& spectrum = result.spectrum;
  spectrum.kpoints = kpoints_;
  spectrum.spins = spins_;
  double sum = 0;
  for (const double weight : weights_) sum += weight;
  if (weights_.size() != kpoints_.size())
    throw InvalidInput("{}: {} k-points but {} weights", source_, kpoints_.size(), weights_.size());
  for (const double weight : weights_) spectrum.weights.push_back(weight / sum);
  if (!eigenvalues_.empty()) {
    spectrum.bands = eigenvalues_.size() / std::max<std::size_t>(1, spins_ * kpoints_.size());
    if (spectrum.bands * spins_ * kpoints_.size() != eigenvalues_.size())
      throw InvalidInput("{}: {} eigenvalues do not divide among {} spins and {} k-points", source_,
                         eigenvalues_.size(), spins_, kpoints_.size());
    if (!projections_.empty() && projections_.size() != eigenvalues_.size() * elements_.size() * Spectrum::momenta)
      throw InvalidInput("{}: {} projections for {} states and {} atoms", source_,
                         projections_.size() / Spectrum::momenta, eigenvalues_.size(), elements_.size());
    for (double& energy : eigenvalues_) energy *= electron_volt;
    spectrum.energies = std::move(eigenvalues_);
    spectrum.occupations = std::move(occupations_);
    spectrum.projections = std::move(projections_);
  }
  spectrum.fermi_level = fermi_.value_or(NAN) * electron_volt;
  auto& dos = run.density_of_states;
  for (const double energy : dos_energies_) dos.energies.push_back(energy * electron_volt);
  for (const double value : dos_total_) dos.total.push_back(value / electron_volt);
  dos.integrated = dos_integrated_;
  return run;
}

}  // namespace

VaspRun read_vasprun(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  if (!file || std::filesystem::is_directory(path, error)) throw InvalidInput("{}: cannot be read", path.string());
  Reader reader(path.string());
  reader.read(file);
  return reader.finished();
}

}  // namespace ecram::electronic
