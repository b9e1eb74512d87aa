// SPDX-License-Identifier: Apache-2.0
#include "ecram/jobs/job.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/sha256.h"
#include "ecram/jobs/process.h"

namespace ecram::jobs {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

constexpr std::array<std::string_view, 5> status_names{"prepared", "running", "done", "failed", "needs_more"};
constexpr std::string_view job_format = "ecram-job 1", state_format = "ecram-job-state 1";

/// Held by whoever runs a job; the kernel lets go of it when that process ends, however it ends.
class RunLock {
 public:
  explicit RunLock(const fs::path& folder)
      : fd_(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (fd_ < 0) throw InvalidInput("{}: cannot be written: {}", folder.string(), std::strerror(errno));
    held_ = ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
  }
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  ~RunLock() { ::close(fd_); }
  bool held() const { return held_; }

 private:
  int fd_;
  bool held_ = false;
};

std::string now() {
  const std::time_t time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

json resources_json(const Resources& r) { return {{"cores", r.cores}, {"memory_B", r.memory}, {"time_s", r.time}}; }

Resources resources_from(const json& j) { return {j.at("cores"), j.at("memory_B"), j.at("time_s")}; }

std::string job_text(const Job& job) {
  return json{{"format", job_format},
              {"name", job.name},
              {"command", job.command},
              {"environment", job.environment},
              {"inputs", job.inputs},
              {"after", job.after},
              {"result", job.result},
              {"program_hint", job.program_hint},
              {"resources", resources_json(job.resources)}}
             .dump(2) +
         "\n";
}

void write_state(const fs::path& folder, const JobState& state) {
  json attempts = json::array();
  for (const Attempt& attempt : state.attempts)
    attempts.push_back({{"started", attempt.started},
                        {"wall_time_s", attempt.wall_time},
                        {"peak_memory_B", attempt.peak_memory},
                        {"outcome", attempt.outcome}});
  write_file(folder / "state.json", json{{"format", state_format},
                                         {"status", status_name(state.status)},
                                         {"inputs_sha256", state.inputs_sha256},
                                         {"reason", state.reason},
                                         {"needs", resources_json(state.needs)},
                                         {"queue_id", state.queue_id},
                                         {"attempts", attempts}}
                                            .dump(2) +
                                        "\n");
}

/// Reads a JSON file of ours with `get`; what does not fit becomes one line that names the file.
template <class Get>
auto from_json_file(const fs::path& path, std::string_view format, Get&& get) {
  const MappedFile file(path);
  try {
    const json content = json::parse(file.text());
    if (const std::string found = content.at("format"); found != format)
      throw InvalidInput("{}: format is '{}'; expected '{}'", path.string(), found, format);
    return get(content);
  } catch (const json::exception& e) {
    throw InvalidInput("{}: damaged: {}", path.string(), e.what());
  }
}

JobState state_as_written(const fs::path& folder) {
  const fs::path path = folder / "state.json";
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  return from_json_file(path, state_format, [&](const json& j) {
    JobState state;
    const std::string name = j.at("status");
    const auto at = std::ranges::find(status_names, name);
    if (at == status_names.end()) throw InvalidInput("{}: status '{}'", path.string(), name);
    state.status = static_cast<Status>(at - status_names.begin());
    state.inputs_sha256 = j.at("inputs_sha256");
    state.reason = j.at("reason");
    state.needs = resources_from(j.at("needs"));
    state.queue_id = j.at("queue_id");
    for (const json& a : j.at("attempts"))
      state.attempts.push_back({a.at("started"), a.at("wall_time_s"), a.at("peak_memory_B"), a.at("outcome")});
    return state;
  });
}

void check_name(const std::string& name) {
  const bool plain = !name.empty() && name[0] != '.' && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (!plain) throw InvalidInput("job '{}': a name has letters, digits, '-', '_' and '.' only", name);
}

/// Results of jobs before it may not be there yet; whatever else is missing is an error.
std::string content_hash_so_far(const fs::path& folder, const Job& job, bool complete) {
  std::string all;
  for (const std::string& word : job.command) all += word + '\0';
  for (const auto& [name, value] : job.environment) all += name + '=' + value + '\0';
  for (const std::string& input : job.inputs) {
    const fs::path path = folder / input;
    std::error_code error;
    if (!complete && !fs::exists(path, error)) continue;
    all += input + '\0' + sha256(MappedFile(path).text());
  }
  return sha256(all);
}

std::string tail(const fs::path& log, std::size_t from) {
  std::error_code error;
  if (!fs::exists(log, error)) return "";
  const MappedFile file(log);
  std::string_view text = file.text();
  text.remove_prefix(std::min(from, text.size()));
  constexpr std::size_t enough = 20000;
  if (text.size() > enough) text.remove_prefix(text.size() - enough);
  return std::string(text);
}

void require_done_before(const fs::path& root, const Job& job) {
  for (const std::string& before : job.after)
    if (const JobState state = read_state(root / before); state.status != Status::done)
      throw InvalidInput("{}: waits for '{}', which is {}", (root / job.name).string(), before,
                         status_name(state.status));
}

/// The last line with something in it.
std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "";
  const std::size_t start = text.find_last_of('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1,
                     end - (start == std::string::npos ? 0 : start + 1) + 1);
}

/// Status, reason and needs after an attempt.
void judge(JobState& state, const Job& job, const fs::path& folder, const ProcessEnd& end, const std::string& said,
           const RunOptions& options) {
  const Resources had = next_resources(job, state);
  const auto needs_more = [&](std::string why, bool memory, bool time) {
    state.status = Status::needs_more;
    state.reason = std::move(why);
    if (memory) state.needs.memory = 2 * std::max(had.memory, end.peak_memory);
    if (time) state.needs.time = 2 * std::max(had.time, end.wall_time);
  };
  const auto failed = [&](std::string why) {
    state.status = Status::failed;
    state.reason = std::move(why);
  };
  const Diagnosis diagnosis = diagnose(said);
  std::error_code error;
  if (end.interrupted) return needs_more("stopped by the user", false, false);
  if (end.timed_out) return needs_more(fmt::format("time limit of {:.0f} s reached", options.time_limit), false, true);
  if (end.exit_code == 0) {
    if (!fs::is_regular_file(folder / job.result, error))
      return failed(fmt::format("the program ended well but left no {}", job.result));
    const std::string fault = options.fault_in_result ? options.fault_in_result(folder / job.result) : "";
    if (!fault.empty()) return failed(fault);
    state.status = Status::done;
    state.reason.clear();
    state.needs = {0, 0, 0};
    return;
  }
  if (diagnosis.shortage == Shortage::memory) return needs_more("out of memory: " + diagnosis.line, true, false);
  if (diagnosis.shortage == Shortage::time) return needs_more("out of time: " + diagnosis.line, false, true);
  if (end.signal == SIGKILL || end.exit_code == 128 + SIGKILL)
    return needs_more("killed (signal 9) without a word, as the kernel does when memory runs out", true, false);
  if (end.signal == SIGTERM || end.exit_code == 128 + SIGTERM)
    return needs_more("ended from outside (SIGTERM)", false, false);
  const std::string word = last_line(said);
  failed(end.signal != 0 ? fmt::format("died of signal {}: {}", end.signal, word)
                         : fmt::format("exit status {}: {}", end.exit_code, word.empty() ? "no output" : word));
}

}  // namespace

std::string_view status_name(Status status) { return status_names[static_cast<std::size_t>(status)]; }

std::string content_hash(const fs::path& folder, const Job& job) { return content_hash_so_far(folder, job, true); }

void prepare_job(const fs::path& root, const Job& job, const std::map<std::string, std::string>& files, bool force) {
  check_name(job.name);
  const fs::path folder = root / job.name;
  std::error_code error;
  const bool there = fs::exists(folder / "job.json", error);
  if (there) {
    const RunLock lock(folder);
    if (!lock.held()) throw InvalidInput("{}: is running; stop it first", folder.string());
    bool same = MappedFile(folder / "job.json").text() == job_text(job);
    for (const auto& [name, content] : files)
      same = same && fs::exists(folder / name, error) && MappedFile(folder / name).text() == content;
    if (same) return;
    const JobState state = state_as_written(folder);
    if (state.status != Status::prepared || !state.attempts.empty()) {
      if (!force)
        throw InvalidInput("{}: holds work with other inputs ({}); give --force to prepare it anew, or another folder",
                           folder.string(), status_name(state.status));
      // Everything of the old content goes: an engine must not go on from another calculation's checkpoint.
      for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().filename() != "lock") fs::remove_all(entry.path());
    }
  }
  fs::create_directories(folder, error);
  if (error) throw InvalidInput("{}: cannot be made: {}", folder.string(), error.message());
  for (const auto& [name, content] : files) write_file(folder / name, content);
  write_file(folder / "job.json", job_text(job));
  write_state(folder, {});
}

Job read_job(const fs::path& folder) {
  const fs::path path = folder / "job.json";
  std::error_code error;
  if (!fs::exists(path, error)) throw InvalidInput("{}: holds no job (no job.json)", folder.string());
  return from_json_file(path, job_format, [](const json& j) {
    return Job{j.at("name"),  j.at("command"), j.at("environment"),  j.at("inputs"),
               j.at("after"), j.at("result"),  j.at("program_hint"), resources_from(j.at("resources"))};
  });
}

JobState read_state(const fs::path& folder) {
  JobState state = state_as_written(folder);
  if (state.status == Status::running && RunLock(folder).held()) {
    state.status = Status::needs_more;
    state.reason = "its runner was killed";
  }
  if (state.status == Status::done) {
    const Job job = read_job(folder);
    if (state.inputs_sha256 != content_hash_so_far(folder, job, false)) {
      state.status = Status::prepared;
      state.reason = "its inputs have changed since it was done";
    }
  }
  return state;
}

std::vector<Job> read_jobs(const fs::path& root) {
  std::error_code error;
  std::map<std::string, Job> all;
  if (!fs::is_directory(root, error)) throw InvalidInput("{}: no such folder", root.string());
  for (const auto& entry : fs::directory_iterator(root))
    if (fs::exists(entry.path() / "job.json", error)) {
      Job job = read_job(entry.path());
      if (job.name != entry.path().filename())
        throw InvalidInput("{}: is the job '{}'; the folder must have its name", entry.path().string(), job.name);
      all.emplace(job.name, std::move(job));
    }
  if (all.empty()) throw InvalidInput("{}: holds no jobs", root.string());
  for (const auto& [name, job] : all)
    for (const std::string& before : job.after)
      if (!all.contains(before))
        throw InvalidInput("{}: comes after '{}', which is not there", (root / name).string(), before);
  std::vector<Job> ordered;
  while (ordered.size() < all.size()) {
    const std::size_t had = ordered.size();
    const auto placed = [&](const std::string& name) {
      return std::ranges::find(ordered, name, &Job::name) != ordered.end();
    };
    for (const auto& [name, job] : all)
      if (!placed(name) && std::ranges::all_of(job.after, placed)) ordered.push_back(job);
    if (ordered.size() == had) throw InvalidInput("{}: its jobs wait for each other in a circle", root.string());
  }
  return ordered;
}

Resources next_resources(const Job& job, const JobState& state) {
  return {std::max(job.resources.cores, state.needs.cores), std::max(job.resources.memory, state.needs.memory),
          std::max(job.resources.time, state.needs.time)};
}

void note_queued(const fs::path& folder, const std::string& queue_id) {
  JobState state = state_as_written(folder);
  state.queue_id = queue_id;
  write_state(folder, state);
}

void adopt_result(const fs::path& root, const std::string& name, std::string_view result, const std::string& whence) {
  const fs::path folder = root / name;
  const Job job = read_job(folder);
  require_done_before(root, job);
  const RunLock lock(folder);
  if (!lock.held()) throw InvalidInput("{}: is running; stop it first", folder.string());
  JobState state = state_as_written(folder);
  write_file(folder / job.result, std::string(result));
  state.inputs_sha256 = content_hash(folder, job);
  state.status = Status::done;
  state.reason.clear();
  state.needs = {0, 0, 0};
  state.attempts.push_back({now(), 0, 0, "taken from " + whence});
  write_state(folder, state);
}

JobState run_job(const fs::path& root, const std::string& name, const RunOptions& options) {
  const fs::path folder = root / name;
  const Job job = read_job(folder);
  require_done_before(root, job);
  const RunLock lock(folder);
  if (!lock.held()) throw InvalidInput("{}: is running already", folder.string());
  const std::string hash = content_hash(folder, job);
  JobState state = state_as_written(folder);
  std::error_code error;
  if (state.status == Status::done && state.inputs_sha256 == hash && fs::exists(folder / job.result, error))
    return state;
  if (!find_program(job.command.at(0)))
    throw InvalidInput("no program '{}'{}{}", job.command[0], job.program_hint.empty() ? "" : "; install ",
                       job.program_hint);

  if (state.inputs_sha256 != hash) state.needs = {0, 0, 0};
  state.inputs_sha256 = hash;
  state.status = Status::running;
  state.reason.clear();
  fs::remove(folder / job.result, error);  // an old result must not pass for the new one
  state.attempts.push_back({now(), 0, 0, "running"});
  write_state(folder, state);

  const fs::path log = folder / "engine.log";
  const std::size_t before = fs::exists(log, error) ? fs::file_size(log, error) : 0;
  const ProcessEnd end = run_process(
      job.command, {.folder = folder, .log = log, .environment = job.environment, .time_limit = options.time_limit});
  judge(state, job, folder, end, tail(log, before), options);
  state.attempts.back().wall_time = end.wall_time;
  state.attempts.back().peak_memory = end.peak_memory;
  state.attempts.back().outcome = state.reason.empty() ? std::string(status_name(state.status)) : state.reason;
  write_state(folder, state);
  if (end.interrupted) throw Interrupted();
  return state;
}

}  // namespace ecram::jobs
