// SPDX-License-Identifier: Apache-2.0
#include "ecram/electronic/dft.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/core/constants.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/electronic/bands.h"
#include "ecram/jobs/job.h"
#include "ecram/jobs/slurm.h"
#include "ecram/report/json.h"

namespace ecram::commands {
namespace {
namespace fs = std::filesystem;
using namespace electronic;
using nlohmann::ordered_json;

using constants::electron_volt;

struct DftOptions {
  std::string workflow, root, only, out, kept, into, partition, account;
  double time_limit = 0;
  bool force = false, json = false, slurm = false;
};

constexpr const char* dft_examples =
    R"(A workflow is a TOML file (docs/electronic.md); each step of it becomes a folder below ROOT with its inputs, its log
and its state. The engine runs as a process of its own: GPAW (packages gpaw, gpaw-data), or VASP where you have it.

Examples:
  ecram dft prepare wo3.toml work       makes work/STEP for each step
  ecram dft prepare wo3.toml work --kept kept
                                        the same, with what was computed before taken from there
  ecram dft run work                    runs what is not done, each step after those it needs; call it again to go on
  ecram dft run work --only relax       one step
  ecram dft run work --slurm            submits Slurm job arrays instead
  ecram dft status work                 how far each step is, and why one stopped
  ecram dft collect work --json         energies, cells, gaps of what is done
  ecram dft keep wo3.toml work kept     copies results and workflow, small enough to keep
  ecram dft spectrum --help             gap, density of states, effective masses of one result
  ecram dft defect --help               gaps, defect states, formation energies of vacancies
  ecram dft verify data/electronic/wo3-gap --only gamma-400
                                        computes a kept result again and compares)";

ordered_json gap_json(const Spectrum& spectrum) {
  if (spectrum.energies.empty()) return nullptr;
  const auto gap = band_gap(spectrum);
  if (!gap) return nullptr;
  const auto edge = [&](const BandEdge& e) {
    const auto& k = spectrum.kpoints[e.kpoint];
    return ordered_json{{"energy_eV", e.energy / electron_volt},
                        {"kpoint", {k[0], k[1], k[2]}},
                        {"band", e.band + 1},
                        {"spin", e.spin + 1}};
  };
  return {{"gap_eV", gap->gap / electron_volt},
          {"direct_gap_eV", gap->direct_gap / electron_volt},
          {"direct", gap->direct},
          {"valence", edge(gap->valence)},
          {"conduction", edge(gap->conduction)}};
}

ordered_json result_json(const std::string& name, const Result& r) {
  const CellParameters p = cell_parameters(r.crystal.lattice);
  using constants::degree;
  double force = 0;
  for (const auto& f : r.forces) force = std::max(force, f.norm());
  return {
      {"step", name},
      {"kind", r.kind},
      {"engine", r.engine + " " + r.version},
      {"functional", r.functional},
      {"formula", formula(r.crystal)},
      {"atoms", r.crystal.atoms.size()},
      {"charge", r.charge},
      {"energy_eV", r.energy / electron_volt},
      {"largest_force_eV_per_A", r.forces.empty() ? ordered_json() : ordered_json(force / electron_volt * angstrom)},
      {"cell",
       {{"a_A", p.a / angstrom},
        {"b_A", p.b / angstrom},
        {"c_A", p.c / angstrom},
        {"alpha_deg", p.alpha / degree},
        {"beta_deg", p.beta / degree},
        {"gamma_deg", p.gamma / degree},
        {"volume_A3", volume(r.crystal) * 1e30}}},
      {"band_gap", gap_json(r.spectrum)},
      {"wall_time_s", r.wall_time > 0 ? ordered_json(r.wall_time) : ordered_json()}};
}

void prepare(const DftOptions& options) {
  const Workflow workflow = read_workflow(options.workflow);
  if (!options.kept.empty()) kept_steps(workflow, options.kept);  // says what is wrong with it before anything is made
  for (const Preparation& step : prepare_workflow(workflow, options.root, options.force)) {
    const fs::path folder = fs::path(options.root) / step.step;
    if (step.waits_for.empty())
      fmt::print("{}: ready\n", folder.string());
    else
      fmt::print("{}: waits for the atoms of '{}'; prepare again when that is done\n", folder.string(), step.waits_for);
  }
  if (!options.kept.empty())
    for (const std::string& step : adopt_kept(workflow, options.root, options.kept))
      fmt::print("{}: done, taken from {}\n", (fs::path(options.root) / step).string(), options.kept);
  if (workflow.engine == Engine::vasp) fmt::print("put a POTCAR into each folder first: its POTCAR.txt says which\n");
}

/// Runs one job and says how it went. @return whether it is done
bool run_one(const fs::path& root, const std::string& name, const DftOptions& options) {
  if (jobs::read_state(root / name).status == jobs::Status::done) {
    fmt::print("{}: done already\n", name);
    return true;
  }
  fmt::print("{}: running\n", name);
  std::fflush(stdout);
  const jobs::JobState state = jobs::run_job(root, name, {options.time_limit, fault_in_result});
  fmt::print("{}: {}{}{}\n", name, jobs::status_name(state.status), state.reason.empty() ? "" : ": ", state.reason);
  return state.status == jobs::Status::done;
}

void run(const DftOptions& options) {
  const fs::path root = options.root;
  if (options.slurm) {
    const fs::path self = fs::read_symlink("/proc/self/exe");
    for (const std::string& id :
         jobs::submit(root, {options.partition, options.account, {self.string(), "dft", "run"}}))
      fmt::print("submitted {}\n", id);
    return;
  }
  std::size_t open = 0;
  if (!options.only.empty()) jobs::read_job(root / options.only);  // says so if there is no such step
  for (const jobs::Job& job : jobs::read_jobs(root)) {
    if (!options.only.empty() && job.name != options.only) continue;
    stop_if_interrupted();
    std::string missing;
    for (const std::string& before : job.after)
      if (jobs::read_state(root / before).status != jobs::Status::done) missing = before;
    if (!missing.empty() && options.only.empty()) {
      fmt::print("{}: waits for '{}'\n", job.name, missing);
      ++open;
    } else if (!run_one(root, job.name, options)) {
      ++open;
    }
  }
  if (open > 0)
    throw Failure("{}: {} not done ('ecram dft status' says why; run again to go on)", root.string(),
                  open == 1 ? "one step is" : fmt::format("{} steps are", open));
}

void status(const DftOptions& options) {
  const fs::path root = options.root;
  ordered_json list = ordered_json::array();
  for (const jobs::Job& job : jobs::read_jobs(root)) {
    const jobs::JobState state = jobs::read_state(root / job.name);
    const jobs::Resources next = jobs::next_resources(job, state);
    double spent = 0;
    for (const auto& attempt : state.attempts) spent += attempt.wall_time;
    list.push_back({{"step", job.name},
                    {"status", jobs::status_name(state.status)},
                    {"reason", state.reason},
                    {"after", job.after},
                    {"attempts", state.attempts.size()},
                    {"wall_time_s", spent},
                    {"queue_id", state.queue_id},
                    {"next", {{"cores", next.cores}, {"memory_B", next.memory}, {"time_s", next.time}}}});
    if (!options.json)
      fmt::print("{:<20} {:<10} {:>2} attempts {:>8.0f} s   next: {} cores, {:.1f} GB, {:.1f} h{}{}\n", job.name,
                 jobs::status_name(state.status), state.attempts.size(), spent, next.cores, next.memory / 1e9,
                 next.time / 3600, state.reason.empty() ? "" : "   ", state.reason);
  }
  if (options.json)
    fmt::print("{}\n", report::text_of(ordered_json{{"format", "ecram-dft-status 1"}, {"steps", list}}));
}

void collect(const DftOptions& options) {
  const fs::path root = options.root;
  std::error_code error;
  if (!options.out.empty() && !options.force && fs::exists(options.out, error))
    throw InvalidInput("{}: exists; give --force to replace it", options.out);
  ordered_json list = ordered_json::array();
  std::string table =
      fmt::format("{:<16} {:<13} {:<10} {:>6} {:>14} {:>10} {:>10} {:>8} {:>8} {:>8} {:>8}\n", "step", "kind",
                  "formula", "charge", "energy (eV)", "gap (eV)", "direct", "a (A)", "b (A)", "c (A)", "beta");
  const auto cell = [](const ordered_json& j, const char* form) {
    return j.is_null() ? std::string("-") : fmt::format(fmt::runtime(form), j.get<double>());
  };
  for (const jobs::Job& job : jobs::read_jobs(root)) {
    if (jobs::read_state(root / job.name).status != jobs::Status::done) continue;
    list.push_back(result_json(job.name, load_result(root / job.name / job.result)));
    const ordered_json &j = list.back(), &gap = j["band_gap"], &c = j["cell"];
    table +=
        fmt::format("{:<16} {:<13} {:<10} {:>6} {:>14.5f} {:>10} {:>10} {:>8.4f} {:>8.4f} {:>8.4f} {:>8.3f}\n",
                    job.name, j["kind"].get<std::string>(), j["formula"].get<std::string>(), j["charge"].get<int>(),
                    j["energy_eV"].get<double>(), gap.is_null() ? "-" : cell(gap["gap_eV"], "{:.4f}"),
                    gap.is_null() ? "-" : cell(gap["direct_gap_eV"], "{:.4f}"), c["a_A"].get<double>(),
                    c["b_A"].get<double>(), c["c_A"].get<double>(), c["beta_deg"].get<double>());
  }
  if (list.empty()) throw InvalidInput("{}: no step is done yet", root.string());
  const std::string text = report::text_of(ordered_json{{"format", "ecram-dft-results 1"}, {"results", list}}) + "\n";
  if (!options.out.empty()) write_file(options.out, text);
  fmt::print("{}", options.json ? text : table);
}

void keep(const DftOptions& options) {
  const Workflow workflow = read_workflow(options.workflow);
  const fs::path root = options.root, into = options.into;
  std::vector<std::pair<fs::path, std::string>> texts;
  for (const jobs::Job& job : jobs::read_jobs(root)) {
    if (std::ranges::find(workflow.steps, job.name, &Step::name) == workflow.steps.end()) continue;
    if (jobs::read_state(root / job.name).status != jobs::Status::done) continue;
    const fs::path from = root / job.name / job.result;
    if (from.extension() != ".json") throw InvalidInput("{}: only GPAW's results can be kept", from.string());
    const MappedFile file(from);
    texts.emplace_back(into / (job.name + ".json"), kept_text(file.text(), from.string()));
  }
  if (texts.empty()) throw InvalidInput("{}: no step of {} is done yet", root.string(), options.workflow);
  const MappedFile workflow_file(options.workflow);
  std::error_code error;
  if (!fs::equivalent(options.workflow, into / "workflow.toml", error))
    texts.emplace_back(into / "workflow.toml", std::string(workflow_file.text()));
  for (const auto& [path, text] : texts)
    if (!options.force && fs::exists(path, error))
      throw InvalidInput("{}: exists; give --force to replace it", path.string());
  fs::create_directories(into, error);
  for (const auto& [path, text] : texts) {
    write_file(path, text);
    fmt::print("{}: {:.0f} kB\n", path.string(), static_cast<double>(text.size()) / 1e3);
  }
}

void verify(const DftOptions& options) {
  const fs::path kept = options.kept;
  const Workflow workflow = read_workflow(kept / "workflow.toml");
  prepare_workflow(workflow, options.root, options.force);
  bool same = true;
  std::size_t compared = 0;
  for (const Step& step : workflow.steps) {
    if (!options.only.empty() && step.name != options.only) continue;
    std::error_code error;
    const fs::path file = kept / (step.name + ".json");
    if (!fs::exists(file, error)) continue;
    const Result before = read_result(file);
    for (std::string needed = step.from; !needed.empty(); needed = "")
      if (!run_one(options.root, needed, options))
        throw Failure("{}: cannot be compared, '{}' is not done", step.name, needed);
    if (!run_one(options.root, step.name, options)) throw Failure("{}: cannot be compared, it is not done", step.name);
    const Result again = load_result(fs::path(options.root) / step.name /
                                     (workflow.engine == Engine::vasp ? "vasprun.xml" : "result.json"));
    const Comparison c = compare(before, again);
    ++compared;
    same = same && c.differs.empty();
    fmt::print("{}: energy {:+.3f} meV an atom, gap {:+.1f} meV, cell {:.3f} %: {}\n", step.name,
               c.energy_per_atom / electron_volt * 1e3, c.gap / electron_volt * 1e3, c.cell * 100,
               c.differs.empty() ? "the same" : "differs: " + c.differs);
  }
  if (compared == 0)
    throw InvalidInput("{}: no kept result to compare{}", kept.string(),
                       options.only.empty() ? "" : fmt::format(" named '{}.json'", options.only));
  if (!same) throw Failure("{}: the kept results are not reproduced", kept.string());
}

}  // namespace

void add_dft(CLI::App& app) {
  auto options = std::make_shared<DftOptions>();
  CLI::App* dft = app.add_subcommand("dft", "first principles: prepare, run, watch, collect, verify calculations");
  dft->require_subcommand(1);
  dft->footer(dft_examples);
  const auto sub = [&](const char* name, const char* what, void (*work)(const DftOptions&)) {
    CLI::App* command = dft->add_subcommand(name, what);
    command->callback([options, work] { work(*options); });
    return command;
  };
  const auto root = [&](CLI::App* command) {
    command->add_option("ROOT", options->root, "folder of the calculations")->required();
  };

  CLI::App* command = sub("prepare", "make a folder for each step of a workflow", prepare);
  command->add_option("WORKFLOW", options->workflow, "TOML file (docs/electronic.md)")->required();
  root(command);
  command->add_option("--kept", options->kept, "folder of kept results: what they answer is not computed again")
      ->type_name("FOLDER");
  command->add_flag("--force", options->force, "throw away work whose inputs have changed");

  command = sub("run", "run what is not done", run);
  root(command);
  command->add_option("--only", options->only, "one step")->type_name("STEP");
  command->add_option("--time-limit", options->time_limit, "seconds for a step; it goes on from there next time")
      ->check(CLI::PositiveNumber);
  CLI::Option* slurm = command->add_flag("--slurm", options->slurm, "submit Slurm job arrays");
  command->add_option("--partition", options->partition, "of the cluster")->needs(slurm);
  command->add_option("--account", options->account, "to be charged")->needs(slurm);

  command = sub("status", "how far each step is", status);
  root(command);
  command->add_flag("--json", options->json, "print JSON");

  command = sub("collect", "energies, cells and gaps of what is done", collect);
  root(command);
  command->add_option("--out", options->out, "write the JSON to a file")->type_name("FILE");
  command->add_flag("--json", options->json, "print JSON");
  command->add_flag("--force", options->force, "replace a file that exists");

  command = sub("keep", "copy what is done into a folder that verify can compute again", keep);
  command->add_option("WORKFLOW", options->workflow, "TOML file that ROOT was prepared from")->required();
  root(command);
  command->add_option("KEPT", options->into, "folder for workflow.toml and STEP.json")->required();
  command->add_flag("--force", options->force, "replace files that exist");

  add_dft_spectrum(*dft);
  add_dft_defect(*dft);

  command = sub("verify", "compute kept results again and compare", verify);
  command->add_option("KEPT", options->kept, "folder with workflow.toml and STEP.json")->required();
  command->add_option("--work", options->root, "folder to compute in")->default_val("out/verify");
  command->add_option("--only", options->only, "one step")->type_name("STEP");
  command->add_flag("--force", options->force, "throw away work whose inputs have changed");
}

}  // namespace ecram::commands
