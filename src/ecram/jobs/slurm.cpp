// SPDX-License-Identifier: Apache-2.0
#include "ecram/jobs/slurm.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/jobs/process.h"

namespace ecram::jobs {
namespace fs = std::filesystem;
namespace {

constexpr double unlike = 4;

bool alike(const Resources& one, const Resources& other) {
  const auto close = [](double a, double b) { return std::max(a, b) <= unlike * std::min(a, b); };
  return one.cores == other.cores && close(one.memory, other.memory) && close(one.time, other.time);
}

std::string slurm_time(double seconds) {
  const long minutes = std::max(1L, std::lround(std::ceil(seconds / 60)));
  return fmt::format("{}-{:02}:{:02}:00", minutes / 1440, minutes / 60 % 24, minutes % 60);
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) {
    if (c == '\'')
      text += "'\\''";
    else
      text += c;
  }
  text += '\'';
  return text;
}

}  // namespace

std::vector<JobArray> job_arrays(const fs::path& root) {
  std::vector<JobArray> arrays;
  std::map<std::string, std::size_t> place;  // the array of each job that is not done
  std::map<std::string, std::size_t> level;
  std::vector<std::size_t> array_level;
  for (const Job& job : read_jobs(root)) {
    const JobState state = read_state(root / job.name);
    if (state.status == Status::done || state.status == Status::running) continue;
    std::size_t height = 0;
    std::vector<std::size_t> waits;
    for (const std::string& before : job.after)
      if (const auto at = place.find(before); at != place.end()) {
        height = std::max(height, level[before] + 1);
        waits.push_back(at->second);
      }
    const Resources wanted = next_resources(job, state);
    std::size_t index = 0;
    while (index < arrays.size() && (array_level[index] != height || !alike(arrays[index].resources, wanted))) ++index;
    if (index == arrays.size()) {
      arrays.push_back({{}, wanted, {}});
      array_level.push_back(height);
    }
    JobArray& array = arrays[index];
    array.names.push_back(job.name);
    array.resources.memory = std::max(array.resources.memory, wanted.memory);
    array.resources.time = std::max(array.resources.time, wanted.time);
    for (const std::size_t wait : waits)
      if (std::ranges::find(array.after, wait) == array.after.end()) array.after.push_back(wait);
    place[job.name] = index;
    level[job.name] = height;
  }
  return arrays;
}

std::string sbatch_script(const fs::path& root, const JobArray& array, const SlurmOptions& options) {
  const std::string place = fs::absolute(root).lexically_normal().string();
  std::string text = "#!/bin/bash\n";
  text += fmt::format("#SBATCH --job-name=ecram-{}\n#SBATCH --array=0-{}\n#SBATCH --ntasks={}\n", array.names.front(),
                      array.names.size() - 1, array.resources.cores);
  if (array.resources.memory > 0)
    text += fmt::format("#SBATCH --mem={}M\n", std::lround(std::ceil(array.resources.memory / 1048576)));
  if (array.resources.time > 0) text += fmt::format("#SBATCH --time={}\n", slurm_time(array.resources.time));
  if (!options.partition.empty()) text += fmt::format("#SBATCH --partition={}\n", options.partition);
  if (!options.account.empty()) text += fmt::format("#SBATCH --account={}\n", options.account);
  text += fmt::format("#SBATCH --signal=B:TERM@120\n#SBATCH --output={}/slurm/%A_%a.out\n", place);
  text += "names=(";
  text += fmt::format("{})\nexec", fmt::join(array.names, " "));
  for (const std::string& word : options.runner) text += fmt::format(" {}", quoted(word));
  text += fmt::format(" {} --only \"${{names[$SLURM_ARRAY_TASK_ID]}}\"\n", quoted(place));
  return text;
}

std::vector<std::string> submit(const fs::path& root, const SlurmOptions& options) {
  const std::vector<JobArray> arrays = job_arrays(root);
  if (arrays.empty()) throw InvalidInput("{}: nothing to submit; all jobs are done or running", root.string());
  if (!find_program("sbatch"))
    throw InvalidInput("no program 'sbatch'; this machine has no Slurm (run without --slurm)");
  std::error_code error;
  fs::create_directories(root / "slurm", error);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const fs::path script = root / "slurm" / fmt::format("array-{}.sh", i + 1);
    write_file(script, sbatch_script(root, arrays[i], options));
    std::vector<std::string> command{"sbatch", "--parsable"};
    if (!arrays[i].after.empty()) {
      std::string dependency = "--dependency=afterok";
      for (const std::size_t before : arrays[i].after) dependency += ":" + ids[before];
      command.push_back(dependency);
    }
    command.push_back(script.string());
    try {
      const std::string answer = output_of(command);
      ids.push_back(answer.substr(0, answer.find(';')));  // "id;cluster" on a federation
    } catch (const Failure& e) {
      std::string done;
      for (const std::string& id : ids) done += " " + id;
      throw Failure("{}: {}{}{}", script.string(), e.what(), done.empty() ? "" : "; submitted before it:", done);
    }
    for (std::size_t k = 0; k < arrays[i].names.size(); ++k)
      note_queued(root / arrays[i].names[k], fmt::format("{}_{}", ids.back(), k));
  }
  return ids;
}

}  // namespace ecram::jobs
