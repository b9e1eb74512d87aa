// SPDX-License-Identifier: Apache-2.0
#include "ecram/report/gnuplot.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"

namespace ecram::report {
namespace {

/// A file in memory without a name. The process reads and writes such files, so no pipe can fill up and nothing has to
/// be pumped.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("ecram-gnuplot", MFD_CLOEXEC)) {
    if (fd_ < 0) throw Failure("gnuplot: no memory for its files: {}", std::strerror(errno));
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }

  int descriptor() const { return fd_; }

  void fill(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = ::write(fd_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw Failure("gnuplot: its script cannot be kept: {}", std::strerror(errno));
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    ::lseek(fd_, 0, SEEK_SET);
  }

  std::string content() const {
    struct stat status {};
    ::fstat(fd_, &status);
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t got = 0;
    while (got < bytes.size()) {
      const ssize_t n = ::pread(fd_, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) throw Failure("gnuplot: its output cannot be read back");
      got += static_cast<std::size_t>(n);
    }
    return bytes;
  }

 private:
  int fd_;
};

/// Our environment, with nothing in it that would change what gnuplot draws.
std::vector<char*> plain_environment() {
  static std::array<char, 15> locale{"LC_ALL=C.UTF-8"};
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("LC_") && !text.starts_with("LANG") && !text.starts_with("GNUTERM") &&
        !text.starts_with("GNUPLOT"))
      variables.push_back(*variable);
  }
  variables.push_back(locale.data());
  variables.push_back(nullptr);
  return variables;
}

/// The line that says what is wrong, without the marks around it.
std::string first_complaint(const std::string& output) {
  std::string first;
  for (std::size_t from = 0; from < output.size();) {
    const std::size_t end = std::min(output.find('\n', from), output.size());
    std::string line = output.substr(from, end - from);
    from = end + 1;
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.empty() || line == "^" || line.starts_with("gnuplot>")) continue;
    if (line.find("line ") != std::string::npos) return line;
    if (first.empty()) first = line;
  }
  return first.empty() ? "it gave no reason" : first;
}

}  // namespace

std::string run_gnuplot(std::string_view script) {
  const MemoryFile input, output, complaints;
  input.fill(script);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, complaints.descriptor(), STDERR_FILENO);
  std::array<char, 8> program{"gnuplot"};
  std::array<char, 3> no_startup_files{"-d"};
  std::array<char*, 3> arguments{program.data(), no_startup_files.data(), nullptr};
  std::vector<char*> environment = plain_environment();
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, program.data(), &files, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&files);
  if (error == ENOENT) throw Failure("gnuplot is not there; it draws the figures: install the package gnuplot-nox");
  if (error != 0) throw Failure("gnuplot cannot be started: {}", std::strerror(error));

  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw Failure("gnuplot: lost sight of it: {}", std::strerror(errno));
  // Ctrl-C in a terminal reaches gnuplot too.
  stop_if_interrupted();
  if (WIFSIGNALED(status)) throw Failure("gnuplot was ended by signal {}", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) throw Failure("gnuplot failed: {}", first_complaint(complaints.content()));
  return output.content();
}

}  // namespace ecram::report
