// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace ecram {

/// Writes a file whole or not at all: to a temporary name beside it, synced, then renamed over `path`. Whoever reads
/// `path` sees the old content or the new, also if the program is killed at any moment.
///
/// @throws InvalidInput  if it cannot be written there: no such folder, no rights, no room
/// @throws Failure       if the disk breaks; `path` is then as it was
void write_file(const std::filesystem::path& path, std::string_view content);

/// Could `path` be written? For a look before long work.
/// @throws InvalidInput  if its folder is not there or cannot be written, or something that is no plain file has its
/// name
void check_writable(const std::filesystem::path& path);

/// A file's bytes, mapped into memory for reading; gone with the object. An empty file gives an empty view.
class MappedFile {
 public:
  /// @throws InvalidInput  if there is no such file, it is a folder, or it cannot be read
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view text() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A folder of results that appears whole. Files are put into a temporary folder beside the wanted one; `publish`
/// moves them to their place. Destroyed without `publish` (an error, an interruption), it leaves nothing behind.
class OutputFolder {
 public:
  /// @param force  allow a folder that exists: its files of the same names are replaced, each in one step; other
  ///               files in it are left alone
  /// @throws InvalidInput  if the folder exists and `force` is not given, or it cannot be made
  OutputFolder(std::filesystem::path folder, bool force);
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder();

  /// Where to write until `publish`.
  const std::filesystem::path& working_folder() const { return working_; }

  /// Moves everything to its final place. @throws Failure  if the disk does not let it
  void publish();

 private:
  std::filesystem::path folder_, working_;
  std::filesystem::path made_;  ///< the topmost parent that had to be made; empty: none
  bool replace_ = false, published_ = false;
};

}  // namespace ecram
