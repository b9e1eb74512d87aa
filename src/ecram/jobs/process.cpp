// SPDX-License-Identifier: Apache-2.0
#include "ecram/jobs/process.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"

namespace ecram::jobs {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

bool runnable(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What the new process does between fork and exec; only calls that are safe there.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, const char* folder,
                         int log, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (::chdir(folder) == 0) ::execve(program, arguments, environment);
  const char* why = std::strerror(errno);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, why, std::strlen(why));
  ::_exit(127);
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& more) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!more.contains(text.substr(0, text.find('=')))) merged.push_back(text);
  }
  for (const auto& [name, value] : more) merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// Waits for the process, ending its group when its time is up or the user asks to stop.
ProcessEnd wait_for(pid_t pid, const ProcessOptions& options) {
  ProcessEnd end;
  const auto start = Clock::now();
  double asked_at = -1;
  auto pause = std::chrono::milliseconds(2);
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t done = ::wait4(pid, &status, WNOHANG, &usage);
    if (done == pid) {
      ::kill(-pid, SIGKILL);  // whatever it left running
      if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
      if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
      end.peak_memory = 1024.0 * static_cast<double>(usage.ru_maxrss);
      end.wall_time = seconds_since(start);
      return end;
    }
    if (done < 0 && errno != EINTR) throw Failure("cannot wait for process {}: {}", pid, std::strerror(errno));
    const double now = seconds_since(start);
    if (asked_at < 0) {
      end.timed_out = options.time_limit > 0 && now > options.time_limit;
      end.interrupted = !end.timed_out && interrupt_requested();
      if (end.timed_out || end.interrupted) {
        ::kill(-pid, SIGTERM);
        asked_at = now;
      }
    } else if (now > asked_at + options.grace) {
      ::kill(-pid, SIGKILL);
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(100));
  }
}

}  // namespace

std::optional<fs::path> find_program(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string::npos) return runnable(name) ? std::optional(fs::absolute(name)) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name; runnable(candidate))
      return fs::absolute(candidate);
  return std::nullopt;
}

ProcessEnd run_process(const std::vector<std::string>& command, const ProcessOptions& options) {
  if (command.empty()) throw InvalidInput("no program to run");
  const auto program = find_program(command.front());
  if (!program) throw InvalidInput("no program '{}'", command.front());
  const int log =
      ::open(options.log.empty() ? "/dev/null" : options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (log < 0) throw InvalidInput("{}: cannot be written: {}", options.log.string(), std::strerror(errno));
  std::vector<std::string> arguments = command, environment = merged_environment(options.environment);
  const std::vector<char*> argument_pointers = pointers(arguments), environment_pointers = pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0)
    become(program->c_str(), argument_pointers.data(), environment_pointers.data(), options.folder.c_str(), log,
           parent);
  ::close(log);
  if (pid < 0) throw Failure("cannot start '{}': {}", command.front(), std::strerror(errno));
  ::setpgid(pid, pid);  // also here: whichever of us comes first
  return wait_for(pid, options);
}

std::string output_of(const std::vector<std::string>& command, const fs::path& folder) {
  std::string name = (fs::temp_directory_path() / "ecram-output-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) throw Failure("{}: {}", name, std::strerror(errno));
  ::close(fd);
  struct Removal {
    fs::path file;
    ~Removal() {
      std::error_code ignored;
      fs::remove(file, ignored);
    }
  } const removal{name};
  const ProcessEnd end = run_process(command, {.folder = folder, .log = name, .environment = {}});
  std::ifstream file(name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (end.exit_code != 0) throw Failure("'{}' failed: {}", command.front(), text.empty() ? "it says nothing" : text);
  return text;
}

}  // namespace ecram::jobs
