// SPDX-License-Identifier: Apache-2.0
#include "ecram/jobs/job.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/jobs/process.h"
#include "ecram/jobs/slurm.h"
#include "support/temporary_folder.h"

namespace ecram::jobs {
namespace {
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An engine that is a shell script.
Job shell_job(const std::string& name) {
  Job job;
  job.name = name;
  job.command = {"sh", "run.sh"};
  job.inputs = {"run.sh"};
  job.resources = {1, 1e9, 60};
  return job;
}

void prepare(const fs::path& root, const Job& job, const std::string& script, bool force = false) {
  prepare_job(root, job, {{"run.sh", script}}, force);
}

bool wait_for_file(const fs::path& path) {
  for (int i = 0; i < 500 && !fs::exists(path); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return fs::exists(path);
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no error";
}

TEST(Job, DoneWorkIsNotDoneAgain) {
  const TemporaryFolder root;
  prepare(root.path(), shell_job("a"), "echo ran >> ../count; echo 1 > result.json");
  EXPECT_EQ(read_state(root / "a").status, Status::prepared);
  EXPECT_EQ(run_job(root.path(), "a", {}).status, Status::done);
  EXPECT_EQ(run_job(root.path(), "a", {}).status, Status::done);
  EXPECT_EQ(read(root / "count"), "ran\n");
  EXPECT_EQ(read_state(root / "a").attempts.size(), 1U);

  // Preparing the same again keeps it; other content needs force, and is then new work.
  prepare(root.path(), shell_job("a"), "echo ran >> ../count; echo 1 > result.json");
  EXPECT_EQ(read_state(root / "a").status, Status::done);
  EXPECT_THAT(message_of([&] { prepare(root.path(), shell_job("a"), "echo 2 > result.json"); }), HasSubstr("--force"));
  EXPECT_EQ(read_state(root / "a").status, Status::done);
  prepare(root.path(), shell_job("a"), "echo 2 > result.json", true);
  EXPECT_EQ(read_state(root / "a").status, Status::prepared);
  EXPECT_FALSE(fs::exists(root / "a" / "result.json"));
  EXPECT_EQ(run_job(root.path(), "a", {}).status, Status::done);
  EXPECT_EQ(read(root / "a" / "result.json"), "2\n");
}

TEST(Job, ANewResultBeforeItMakesItPreparedAgain) {
  const TemporaryFolder root;
  prepare(root.path(), shell_job("a"), "echo 1 > result.json");
  Job later = shell_job("b");
  later.after = {"a"};
  later.inputs.push_back("../a/result.json");
  prepare(root.path(), later, "cp ../a/result.json result.json");
  EXPECT_THAT(message_of([&] { run_job(root.path(), "b", {}); }), HasSubstr("waits for 'a', which is prepared"));
  run_job(root.path(), "a", {});
  EXPECT_EQ(run_job(root.path(), "b", {}).status, Status::done);
  write_file(root / "a" / "result.json", "other");
  EXPECT_EQ(read_state(root / "b").status, Status::prepared);
  EXPECT_EQ(run_job(root.path(), "b", {}).status, Status::done);
  EXPECT_EQ(read(root / "b" / "result.json"), "other");
}

TEST(Job, AFailureSaysTheEnginesLastWord) {
  const TemporaryFolder root;
  prepare(root.path(), shell_job("a"), "echo 'no such k-point' >&2; exit 4");
  const JobState state = run_job(root.path(), "a", {});
  EXPECT_EQ(state.status, Status::failed);
  EXPECT_EQ(state.reason, "exit status 4: no such k-point");
  prepare(root.path(), shell_job("quiet"), "exit 0");
  EXPECT_THAT(run_job(root.path(), "quiet", {}).reason, HasSubstr("left no result.json"));
}

TEST(Job, AResultWithAFaultIsNoResult) {
  const TemporaryFolder root;
  prepare(root.path(), shell_job("a"), "echo unconverged > result.json");
  RunOptions options;
  options.fault_in_result = [](const fs::path& path) { return read(path) == "fine\n" ? "" : "not converged"; };
  EXPECT_EQ(run_job(root.path(), "a", options).status, Status::failed);
  EXPECT_EQ(read_state(root / "a").reason, "not converged");
}

TEST(Job, KilledByTimeItResumes) {
  const TemporaryFolder root;
  // An engine that checkpoints its steps: two a go, done at the third go.
  prepare(root.path(), shell_job("a"),
          "echo step >> checkpoint\n"
          "[ $(wc -l < checkpoint) -ge 3 ] && { echo done > result.json; exit 0; }\n"
          "sleep 30\n");
  RunOptions options;
  options.time_limit = 0.3;
  for (int go = 0; go < 2; ++go) {
    const JobState state = run_job(root.path(), "a", options);
    EXPECT_EQ(state.status, Status::needs_more);
    EXPECT_THAT(state.reason, HasSubstr("time limit"));
    EXPECT_GE(state.needs.time, 2 * 60.0);
    EXPECT_LT(state.attempts.back().wall_time, 5);
  }
  EXPECT_EQ(run_job(root.path(), "a", options).status, Status::done);
  EXPECT_EQ(read_state(root / "a").attempts.size(), 3U);
}

TEST(Job, OutOfMemoryIsRecognisedAndRaisesTheNextRequest) {
  const TemporaryFolder root;
  prepare(root.path(), shell_job("a"), "echo 'numpy.core._exceptions.MemoryError: Unable to allocate 40 GiB'; exit 1");
  JobState state = run_job(root.path(), "a", {});
  EXPECT_EQ(state.status, Status::needs_more);
  EXPECT_EQ(next_resources(read_job(root / "a"), state).memory, 2e9);
  EXPECT_EQ(next_resources(read_job(root / "a"), state).time, 60);
  state = run_job(root.path(), "a", {});  // again: twice as much again
  EXPECT_EQ(next_resources(read_job(root / "a"), state).memory, 4e9);

  prepare(root.path(), shell_job("silent"), "kill -9 $$");
  state = run_job(root.path(), "silent", {});
  EXPECT_EQ(state.status, Status::needs_more);
  EXPECT_GT(state.needs.memory, 0);
}

TEST(Job, OldComplaintsInTheLogDoNotCount) {
  const TemporaryFolder root;
  prepare(root.path(), shell_job("a"), "[ -e again ] && exit 7; touch again; echo 'Out of memory'; exit 1");
  EXPECT_EQ(run_job(root.path(), "a", {}).status, Status::needs_more);
  EXPECT_EQ(run_job(root.path(), "a", {}).status, Status::failed);
}

// The runner itself is killed with SIGKILL while the engine works: the engine must not live on, the state must say so,
// and the next run must finish the work.
TEST(Job, AKilledRunnerLeavesNoEngineAndIsResumed) {
  const TemporaryFolder root;
  prepare(root.path(), shell_job("a"),
          "[ -e checkpoint ] && { echo 1 > result.json; exit 0; }\n"
          "touch checkpoint; echo $$ > pid.part; mv pid.part pid; sleep 60\n");
  const pid_t runner = ::fork();
  ASSERT_GE(runner, 0);
  if (runner == 0) {
    run_job(root.path(), "a", {});
    ::_exit(0);
  }
  ASSERT_TRUE(wait_for_file(root / "a" / "pid"));
  EXPECT_EQ(read_state(root / "a").status, Status::running);
  EXPECT_THAT(message_of([&] { run_job(root.path(), "a", {}); }), HasSubstr("is running already"));
  ::kill(runner, SIGKILL);
  ::waitpid(runner, nullptr, 0);
  const pid_t engine = static_cast<pid_t>(std::stol(read(root / "a" / "pid")));
  const auto gone = [&] {
    const std::string status = read("/proc/" + std::to_string(engine) + "/stat");
    return status.empty() || status.find(") Z") != std::string::npos;  // a zombie waits for its reaper only
  };
  for (int i = 0; i < 300 && !gone(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(gone());
  EXPECT_EQ(read_state(root / "a").status, Status::needs_more);
  EXPECT_EQ(run_job(root.path(), "a", {}).status, Status::done);
}

TEST(Job, AMissingEngineIsNamedWithItsPackage) {
  const TemporaryFolder root;
  Job job = shell_job("a");
  job.command = {"no-such-engine"};
  job.program_hint = "package engine";
  prepare(root.path(), job, "");
  EXPECT_EQ(message_of([&] { run_job(root.path(), "a", {}); }), "no program 'no-such-engine'; install package engine");
  EXPECT_EQ(read_state(root / "a").status, Status::prepared);
}

TEST(Job, AMissingInputIsNamed) {
  const TemporaryFolder root;
  Job job = shell_job("a");
  job.inputs.push_back("wave.functions");
  prepare(root.path(), job, "echo 1 > result.json");
  EXPECT_THAT(message_of([&] { run_job(root.path(), "a", {}); }), HasSubstr("wave.functions"));
}

TEST(Jobs, ComeInTheOrderOfTheirNeeds) {
  const TemporaryFolder root;
  Job c = shell_job("a-last"), b = shell_job("b-middle");
  c.after = {"b-middle", "c-first"};
  b.after = {"c-first"};
  prepare(root.path(), c, "");
  prepare(root.path(), b, "");
  prepare(root.path(), shell_job("c-first"), "");
  std::vector<std::string> names;
  for (const Job& job : read_jobs(root.path())) names.push_back(job.name);
  EXPECT_THAT(names, ElementsAre("c-first", "b-middle", "a-last"));

  Job circle = shell_job("c-first");
  circle.after = {"a-last"};
  prepare(root.path(), circle, "");
  EXPECT_THAT(message_of([&] { read_jobs(root.path()); }), HasSubstr("circle"));
  circle.after = {"nobody"};
  prepare(root.path(), circle, "");
  EXPECT_THAT(message_of([&] { read_jobs(root.path()); }), HasSubstr("'nobody', which is not there"));
}

TEST(Jobs, BadFoldersAreNamed) {
  const TemporaryFolder root;
  EXPECT_THROW(read_jobs(root.path()), InvalidInput);
  EXPECT_THROW(read_jobs(root / "none"), InvalidInput);
  fs::create_directory(root / "a");
  write_file(root / "a" / "job.json", "{\"format\": \"ecram-job 1\", \"name\": 3}");
  EXPECT_THAT(message_of([&] { read_jobs(root.path()); }), HasSubstr("job.json: damaged"));
  write_file(root / "a" / "job.json", "{\"format\": \"ecram-job 9\"}");
  EXPECT_THAT(message_of([&] { read_jobs(root.path()); }), HasSubstr("format is 'ecram-job 9'"));
  EXPECT_THAT(message_of([&] { prepare(root.path(), shell_job("../out"), ""); }), HasSubstr("a name has letters"));
}

TEST(Diagnosis, KnowsTheWordsOfQueuesAndLanguages) {
  EXPECT_EQ(
      diagnose("slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2024-01-01T00:00:00 DUE TO TIME LIMIT ***\n").shortage,
      Shortage::time);
  EXPECT_EQ(diagnose("slurmstepd: error: Detected 1 oom_kill event in StepId=12.batch.\nbye\n").shortage,
            Shortage::memory);
  EXPECT_EQ(diagnose("terminate called after throwing an instance of 'std::bad_alloc'").shortage, Shortage::memory);
  EXPECT_EQ(diagnose("Convergence reached").shortage, Shortage::none);
  EXPECT_EQ(diagnose("").shortage, Shortage::none);
}

/// A folder with a fake program in front of PATH.
class FakeProgram {
 public:
  FakeProgram(const fs::path& folder, const std::string& name, const std::string& script)
      : before_(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH")) {
    fs::create_directories(folder);
    write_file(folder / name, script);
    ::chmod((folder / name).c_str(), 0755);
    ::setenv("PATH", (folder.string() + ":" + before_).c_str(), 1);
  }
  FakeProgram(const FakeProgram&) = delete;
  FakeProgram& operator=(const FakeProgram&) = delete;
  ~FakeProgram() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

void prepare_tree(const fs::path& root) {
  prepare(root, shell_job("relax"), "echo 1 > result.json");
  for (const char* name : {"gap-a", "gap-b"}) {
    Job job = shell_job(name);
    job.after = {"relax"};
    prepare(root, job, "echo 1 > result.json");
  }
  Job big = shell_job("hybrid");
  big.after = {"relax"};
  big.resources = {16, 6e10, 90000};
  prepare(root, big, "echo 1 > result.json");
}

// The fake queue hands out ids, keeps what it was told, and runs the array at once, as the cluster would.
TEST(Slurm, SubmitsArraysInOrderAndTheScriptsRunTheJobs) {
  const TemporaryFolder root;
  const fs::path work = root / "work it's";
  fs::create_directory(work);
  prepare_tree(work);
  const FakeProgram runner(root / "bin", "runner", "#!/bin/sh\necho \"$1|$2|$3\" >> " + (root / "ran").string() + "\n");
  const FakeProgram sbatch(root / "bin", "sbatch",
                           "#!/bin/bash\necho \"$@\" >> " + (root / "calls").string() + "\necho $((100 + $(wc -l < " +
                               (root / "calls").string() +
                               ")))\nfor i in 0 1; do SLURM_ARRAY_TASK_ID=$i bash \"${@: -1}\"; done >/dev/null\n");
  const auto arrays = job_arrays(work);
  ASSERT_EQ(arrays.size(), 3U);
  EXPECT_THAT(arrays[0].names, ElementsAre("relax"));
  EXPECT_THAT(arrays[1].names, ElementsAre("gap-a", "gap-b"));
  EXPECT_THAT(arrays[2].names, ElementsAre("hybrid"));
  EXPECT_THAT(submit(work, {"long", "", {"runner"}}), ElementsAre("101", "102", "103"));
  const std::string calls = read(root / "calls");
  EXPECT_THAT(calls, HasSubstr("--parsable --dependency=afterok:101"));
  const std::string ran = read(root / "ran");
  EXPECT_THAT(ran, HasSubstr(work.string() + "|--only|gap-b\n"));
  EXPECT_EQ(read_state(work / "gap-b").queue_id, "102_1");

  const std::string script = read(work / "slurm" / "array-3.sh");
  for (const char* line : {"#SBATCH --array=0-0\n", "#SBATCH --ntasks=16\n", "#SBATCH --mem=57221M\n",
                           "#SBATCH --time=1-01:00:00\n", "#SBATCH --partition=long\n"})
    EXPECT_THAT(script, HasSubstr(line));
}

TEST(Slurm, WhatIsDoneIsNotSubmitted) {
  const TemporaryFolder root;
  prepare_tree(root.path());
  run_job(root.path(), "relax", {});
  run_job(root.path(), "hybrid", {});
  const auto arrays = job_arrays(root.path());
  ASSERT_EQ(arrays.size(), 1U);
  EXPECT_THAT(arrays[0].names, ElementsAre("gap-a", "gap-b"));
  EXPECT_TRUE(arrays[0].after.empty());
}

TEST(Slurm, ARefusalSaysWhatWasSubmitted) {
  const TemporaryFolder root;
  prepare_tree(root.path());
  const FakeProgram sbatch(
      root / "bin", "sbatch",
      "#!/bin/sh\ncase \"$*\" in *depend*) echo 'sbatch: error: QOSMaxSubmitJob' >&2; exit 1;; esac\n"
      "echo 7\n");
  const std::string message = message_of([&] { submit(root.path(), {"", "", {"ecram"}}); });
  EXPECT_THAT(message, HasSubstr("QOSMaxSubmitJob"));
  EXPECT_THAT(message, HasSubstr("submitted before it: 7"));
}

TEST(Slurm, WithoutSbatchNothingIsWritten) {
  const TemporaryFolder root;
  prepare_tree(root.path());
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", root.path().c_str(), 1);
  EXPECT_THAT(message_of([&] { submit(root.path(), {"", "", {"ecram"}}); }), HasSubstr("no program 'sbatch'"));
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_FALSE(fs::exists(root / "slurm"));
}

TEST(Process, GivesOutputOrTheComplaint) {
  EXPECT_EQ(output_of({"sh", "-c", "echo \"two words\""}), "two words");
  EXPECT_EQ(message_of([] { output_of({"sh", "-c", "echo wrong; exit 3"}); }), "'sh' failed: wrong");
  EXPECT_FALSE(find_program("no-such-program"));
}

}  // namespace
}  // namespace ecram::jobs
