// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ecram::jobs {

/// What a job takes: an estimate for a queue, not a limit that is kept here.
struct Resources {
  int cores = 1;
  double memory = 0;  ///< bytes
  double time = 0;    ///< s, of wall time on these cores
};

/// A piece of work in a folder of its own: a program, the files it reads and the one file that says it is done.
///
/// Folder ROOT/NAME holds job.json (this), state.json (`JobState`), the inputs, engine.log and the result. The job is
/// known by its content: the SHA-256 over its command and all its inputs, results of jobs before it among them.
struct Job {
  std::string name;                  ///< also the folder's: letters, digits, '-', '_', '.'
  std::vector<std::string> command;  ///< program and arguments, started in the job's folder
  std::map<std::string, std::string> environment;
  std::vector<std::string> inputs;  ///< files by their path from the job's folder ("../relax/result.json" may be one)
  std::vector<std::string> after;   ///< names of jobs that have to be done before
  std::string result = "result.json";
  std::string program_hint;  ///< what to install if the program is missing: "package gpaw"
  Resources resources;
};

enum class Status { prepared, running, done, failed, needs_more };
std::string_view status_name(Status status);

/// How one go at a job went.
struct Attempt {
  std::string started;     ///< UTC, ISO 8601
  double wall_time = 0;    ///< s
  double peak_memory = 0;  ///< bytes
  std::string outcome;     ///< one sentence
};

struct JobState {
  Status status = Status::prepared;
  std::string inputs_sha256;  ///< of the inputs that the last attempt began with
  std::string reason;         ///< why it failed or needs more; empty otherwise
  Resources needs;            ///< at least this for the next attempt; fields are 0 where nothing more is asked
  std::string queue_id;       ///< of the queue that it was last given to, "1234_5"
  std::vector<Attempt> attempts;
};

/// Writes a job's folder: job.json and the files. Work that is there is kept: with the same content nothing changes.
///
/// @param files  name in the folder -> content
/// @param force  throw away the state of work whose content has changed
/// @throws InvalidInput  if work with other content is there and `force` is not given, or it is running
void prepare_job(const std::filesystem::path& root, const Job& job, const std::map<std::string, std::string>& files,
                 bool force);

/// @throws InvalidInput  if the folder holds no job, or its files are damaged
Job read_job(const std::filesystem::path& folder);

/// The job's state; a job that says it is running but whose runner is gone (killed, the machine off) is
/// `needs_more`, ready to go on. A done job whose inputs have changed since is `prepared`.
JobState read_state(const std::filesystem::path& folder);

/// All jobs below a root, each after those that it comes after; otherwise by name.
/// @throws InvalidInput  for a folder without jobs, an unknown name in `after`, a circle
std::vector<Job> read_jobs(const std::filesystem::path& root);

/// The SHA-256 over command and inputs. @throws InvalidInput  naming an input that is not there
std::string content_hash(const std::filesystem::path& folder, const Job& job);

struct RunOptions {
  double time_limit = 0;  ///< s for one job; 0: none
  /// Looks at a result that an engine has left; returns what is wrong with it (unconverged, cut short), or nothing.
  std::function<std::string(const std::filesystem::path& result)> fault_in_result;
};

/// Runs a job that is not done, from where it was left; a done one is not touched. What the engine needs to go on
/// lies in the folder, and is the engine's own affair.
///
/// @return the state afterwards, also in state.json: done, failed (bad input, a fault, no convergence) or needs_more
///         (killed, out of time or memory: the same call resumes)
/// @throws InvalidInput  if jobs before it are not done, its program is missing, or another runner has it
/// @throws Interrupted   if the user asks to stop; the state is then needs_more
JobState run_job(const std::filesystem::path& root, const std::string& name, const RunOptions& options);

/// Gives a job that is not done a result that was computed elsewhere from the same inputs: it is done then. The caller
/// vouches for the inputs.
///
/// @param whence  where the result comes from, for the list of attempts
/// @throws InvalidInput  if jobs before it are not done, or it is running
void adopt_result(const std::filesystem::path& root, const std::string& name, std::string_view result,
                  const std::string& whence);

/// The resources that the next attempt should get: the job's, raised to what the last attempt said it needs.
Resources next_resources(const Job& job, const JobState& state);

/// Notes that a queue has the job. @throws Failure  if it cannot be written
void note_queued(const std::filesystem::path& folder, const std::string& queue_id);

/// What a log's last lines say ended the work: memory, time, or neither.
enum class Shortage { none, memory, time };
struct Diagnosis {
  Shortage shortage = Shortage::none;
  std::string line;  ///< the line that says so
};
Diagnosis diagnose(std::string_view log);

}  // namespace ecram::jobs
