// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/files.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "ecram/core/errors.h"
#include "support/temporary_folder.h"

namespace ecram {
namespace {
namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(WriteFile, ReplacesWholeAndLeavesNothingElse) {
  const TemporaryFolder folder;
  write_file(folder / "a.txt", "first");
  write_file(folder / "a.txt", "second");
  EXPECT_EQ(read(folder / "a.txt"), "second");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(WriteFile, RefusesAFolderThatIsNotThere) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_file(folder / "no" / "a.txt", "x"), InvalidInput);
  EXPECT_THROW(write_file(folder.path(), "x"), InvalidInput);
  EXPECT_EQ(entries(folder.path()), 0U);
}

// A limit on the size of files stands for the full disk: writing fails in the middle.
TEST(WriteFile, AFullDiskIsSaidAndKeepsTheOldFile) {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(write_file(folder / "a", std::string(2000, 'x')), InvalidInput);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(read(folder / "a"), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(MappedFile, GivesTheBytes) {
  const TemporaryFolder folder;
  write_file(folder / "a", std::string("x\0y", 3));
  EXPECT_EQ(MappedFile(folder / "a").text(), std::string_view("x\0y", 3));
  write_file(folder / "empty", "");
  EXPECT_TRUE(MappedFile(folder / "empty").text().empty());
  EXPECT_THROW(MappedFile(folder / "none"), InvalidInput);
  EXPECT_THROW(MappedFile(folder.path()), InvalidInput);
}

TEST(OutputFolder, AppearsWholeOrNotAtAll) {
  const TemporaryFolder folder;
  {
    const OutputFolder abandoned(folder / "out", false);
    write_file(abandoned.working_folder() / "a", "1");
  }
  EXPECT_EQ(entries(folder.path()), 0U);

  OutputFolder output(folder / "out", false);
  write_file(output.working_folder() / "a", "1");
  EXPECT_FALSE(fs::exists(folder / "out"));
  output.publish();
  EXPECT_EQ(read(folder / "out" / "a"), "1");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(OutputFolder, ParentsMadeInVainAreGone) {
  const TemporaryFolder folder;
  { const OutputFolder abandoned(folder / "a" / "b" / "out", false); }
  EXPECT_EQ(entries(folder.path()), 0U);
  fs::create_directory(folder / "a");
  { const OutputFolder abandoned(folder / "a" / "b" / "out", false); }
  EXPECT_TRUE(fs::exists(folder / "a"));
  EXPECT_EQ(entries(folder / "a"), 0U);
  OutputFolder kept(folder / "a" / "b" / "out", false);
  kept.publish();
  EXPECT_TRUE(fs::exists(folder / "a" / "b" / "out"));
}

TEST(OutputFolder, AnExistingFolderIsKeptUnlessForced) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "out");
  write_file(folder / "out" / "mine", "mine");
  write_file(folder / "out" / "a", "old");
  EXPECT_THROW(OutputFolder(folder / "out", false), InvalidInput);

  OutputFolder output(folder / "out", true);
  fs::create_directory(output.working_folder() / "sub");
  write_file(output.working_folder() / "a", "new");
  write_file(output.working_folder() / "sub" / "b", "b");
  output.publish();
  EXPECT_EQ(read(folder / "out" / "a"), "new");
  EXPECT_EQ(read(folder / "out" / "sub" / "b"), "b");
  EXPECT_EQ(read(folder / "out" / "mine"), "mine");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(OutputFolder, AFileInTheWayIsRefused) {
  const TemporaryFolder folder;
  write_file(folder / "out", "a file");
  EXPECT_THROW(OutputFolder(folder / "out", true), InvalidInput);
  EXPECT_EQ(read(folder / "out"), "a file");
}

}  // namespace
}  // namespace ecram
