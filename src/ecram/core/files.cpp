// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ecram/core/errors.h"

namespace ecram {
namespace fs = std::filesystem;
namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string reason() { return std::strerror(errno); }

/// A place without room for the result is the user's to change (InvalidInput); anything else is the machine's fault.
[[noreturn]] void throw_write_error(const fs::path& path, int error) {
  const std::string why = std::strerror(error);
  if (error == ENOSPC || error == EDQUOT || error == EFBIG || error == EROFS || error == EACCES ||
      error == ENAMETOOLONG)
    throw InvalidInput("{}: cannot be written: {}", path.string(), why);
  throw Failure("{}: cannot be written: {}", path.string(), why);
}

/// The folder that holds `path`, "." where the name has none.
fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_write_error(path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Makes a rename durable. A file system that cannot sync folders has no more to give.
void sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());
}

}  // namespace

void check_writable(const fs::path& path) {
  if (path.empty()) throw InvalidInput("an empty name of a file to write");
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw InvalidInput("{}: exists and is not a plain file", path.string());
  const fs::path folder = folder_of(path);
  if (!fs::is_directory(folder, error)) throw InvalidInput("{}: no such folder", folder.string());
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw InvalidInput("{}: cannot be written: {}", folder.string(), reason());
  // Room for the ending of the temporary name.
  if (path.filename().string().size() > 240) throw InvalidInput("{}: the name is too long", path.string());
}

void write_file(const fs::path& path, std::string_view content) {
  check_writable(path);
  std::string temporary = path.string() + ".partial-XXXXXX";
  Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (fd.get() < 0) throw InvalidInput("{}: cannot be written: {}", path.string(), reason());
  try {
    write_all(fd.get(), content, path);
    // mkostemp made it private to this user; give it the usual rights.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(fd.get(), 0666 & ~mask) != 0 || ::fsync(fd.get()) != 0 || ::close(fd.release()) != 0 ||
        ::rename(temporary.c_str(), path.c_str()) != 0)
      throw_write_error(path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(folder_of(path));
}

MappedFile::MappedFile(const fs::path& path) {
  // Non-blocking: a pipe that nobody writes to would otherwise be waited for, for ever.
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) throw InvalidInput("{}: cannot be read: {}", path.string(), reason());
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw InvalidInput("{}: cannot be read: {}", path.string(), reason());
  if (S_ISDIR(status.st_mode)) throw InvalidInput("{}: is a folder, not a file", path.string());
  if (!S_ISREG(status.st_mode)) throw InvalidInput("{}: is not a plain file", path.string());
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (mapped == MAP_FAILED) throw Failure("{}: cannot be mapped into memory: {}", path.string(), reason());
  data_ = static_cast<const char*>(mapped);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

OutputFolder::OutputFolder(fs::path folder, bool force) : folder_(std::move(folder)) {
  if (folder_.empty()) throw InvalidInput("an empty name of a folder to write");
  if (!folder_.has_filename()) folder_ = folder_.parent_path();  // "out/" is "out"
  std::error_code error;
  const bool exists = fs::exists(fs::symlink_status(folder_, error));
  if (exists && !fs::is_directory(folder_, error))
    throw InvalidInput("{}: exists and is not a folder", folder_.string());
  if (exists && !force) throw InvalidInput("{}: exists already; --force replaces its results", folder_.string());
  if (exists && ::access(folder_.c_str(), W_OK | X_OK) != 0)
    throw InvalidInput("{}: cannot be written: {}", folder_.string(), reason());

  replace_ = exists;

  const fs::path parent = folder_of(folder_);
  for (fs::path missing = parent; !fs::exists(missing, error); missing = folder_of(missing)) made_ = missing;
  fs::create_directories(parent, error);
  if (error) throw InvalidInput("{}: cannot be made: {}", parent.string(), error.message());
  // Beside the final place, so that moving is a rename and not a copy.
  std::string temporary = folder_.string() + ".partial-XXXXXX";
  if (::mkdtemp(temporary.data()) == nullptr) throw InvalidInput("{}: cannot be made: {}", folder_.string(), reason());
  working_ = temporary;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::chmod(working_.c_str(), 0777 & ~mask);
}

OutputFolder::~OutputFolder() {
  if (published_) return;
  std::error_code ignored;
  fs::remove_all(working_, ignored);
  // Parents that were made for it go too, as long as nothing else has come to lie in them.
  if (made_.empty()) return;
  for (fs::path parent = folder_of(folder_); fs::remove(parent, ignored) && parent != made_;
       parent = folder_of(parent)) {
  }
}

void OutputFolder::publish() {
  std::error_code error;
  if (!replace_) {
    // Not over one that has come to be there meanwhile.
    if (::renameat2(AT_FDCWD, working_.c_str(), AT_FDCWD, folder_.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST) throw InvalidInput("{}: exists already; --force replaces its results", folder_.string());
      throw_write_error(folder_, errno);
    }
  } else {
    for (const auto& entry : fs::directory_iterator(working_))
      if (const fs::path target = folder_ / entry.path().filename();
          fs::is_directory(target, error) != entry.is_directory() && fs::exists(fs::symlink_status(target, error)))
        throw InvalidInput("{}: is in the way of a result of that name", target.string());
    for (auto entry = fs::recursive_directory_iterator(working_, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      const fs::path target = folder_ / fs::relative(entry->path(), working_);
      if (entry->is_directory()) {
        fs::create_directories(target, error);
      } else {
        fs::rename(entry->path(), target, error);
      }
      if (error) break;
    }
    if (!error) fs::remove_all(working_, error);
  }
  if (error) throw_write_error(folder_, error.value());
  sync_folder(folder_of(folder_));
  published_ = true;
}

}  // namespace ecram
