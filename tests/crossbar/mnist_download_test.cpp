// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/mnist_download.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/sha256.h"
#include "support/file_server.h"
#include "support/gzip_file.h"
#include "support/run_program.h"
#include "support/temporary_folder.h"

namespace ecram::crossbar {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string mixed_bytes(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * i * 2654435761U >> 13);
  return bytes;
}

/// A server with one file of the kind that MNIST's are.
class Download : public testing::Test {
 protected:
  Download() { server_.offer("numbers.gz", packed_); }

  std::size_t download(const std::vector<std::string>& mirrors) {
    return download_mnist(into(), mirrors, std::vector<MnistFile>{{"numbers", digest_, content_.size()}});
  }
  std::size_t download() { return download({server_.address()}); }

  fs::path into() const { return folder_ / "mnist"; }
  fs::path file() const { return into() / "numbers.gz"; }
  fs::path partial() const { return into() / "numbers.gz.partial"; }

  std::string content_ = mixed_bytes(20000), packed_ = gzipped(content_), digest_ = sha256(content_);
  TemporaryFolder folder_;
  FileServer server_;
};

TEST_F(Download, PutsTheFileIntoTheFolder) {
  EXPECT_EQ(download(), 1U);
  EXPECT_EQ(read_whole(file()), packed_);
  EXPECT_FALSE(fs::exists(partial()));
  EXPECT_EQ(download(), 0U) << "downloaded again what was there";
  EXPECT_THAT(server_.requested(), ElementsAre(0));
}

TEST_F(Download, GoesOnWhereAConnectionBroke) {
  server_.break_off_after({5000, 1, 3000});
  EXPECT_EQ(download(), 1U);
  EXPECT_EQ(read_whole(file()), packed_);
  EXPECT_THAT(server_.requested(), ElementsAre(0, 5000, 5001, 8001));
}

TEST_F(Download, GoesOnWithWhatAnEarlierCallLeft) {
  fs::create_directories(into());
  write_file(partial(), packed_.substr(0, 7000));
  EXPECT_EQ(download(), 1U);
  EXPECT_EQ(read_whole(file()), packed_);
  EXPECT_THAT(server_.requested(), ElementsAre(7000));
}

TEST_F(Download, BeginsAgainWhereTheServerCannotGoOn) {
  server_.ignore_ranges();
  server_.break_off_after({5000});
  EXPECT_EQ(download(), 1U);
  EXPECT_EQ(read_whole(file()), packed_);
}

TEST_F(Download, BeginsAgainWhereTheBeginningWasAnothers) {
  fs::create_directories(into());
  write_file(partial(), std::string(7000, 'x'));
  EXPECT_EQ(download(), 1U);
  EXPECT_EQ(read_whole(file()), packed_);
}

TEST_F(Download, BeginsAgainWhereMoreIsThereThanThereIs) {
  fs::create_directories(into());
  write_file(partial(), packed_ + "more");
  EXPECT_EQ(download(), 1U);
  EXPECT_EQ(read_whole(file()), packed_);
}

TEST_F(Download, DoesNotKeepWhatDoesNotMatch) {
  server_.offer("numbers.gz", gzipped(mixed_bytes(19999)));
  try {
    download();
    FAIL() << "kept it";
  } catch (const InvalidInput& e) {
    EXPECT_THAT(e.what(), HasSubstr("its content has the SHA-256 "));
    EXPECT_THAT(e.what(), HasSubstr(digest_));
  }
  EXPECT_TRUE(fs::is_empty(into()));
}

TEST_F(Download, DoesNotUnpackWithoutEnd) {
  server_.offer("numbers.gz", gzipped(std::string(1000000, '\0')));
  EXPECT_THROW(download(), InvalidInput);
  EXPECT_TRUE(fs::is_empty(into()));
}

TEST_F(Download, TakesTheNextMirror) {
  FileServer empty, wrong;
  wrong.offer("numbers.gz", "no gzip at all");
  EXPECT_EQ(download({"http://127.0.0.1:1", empty.address(), wrong.address(), server_.address()}), 1U);
  EXPECT_EQ(read_whole(file()), packed_);
}

TEST_F(Download, FailsWhereNoMirrorDelivers) {
  FileServer empty;
  try {
    download({empty.address()});
    FAIL() << "got it from nowhere";
  } catch (const Failure& e) {
    EXPECT_THAT(e.what(), HasSubstr("numbers.gz: the server answers 404"));
  }
  EXPECT_THROW(download({"http://127.0.0.1:1"}), Failure);
  EXPECT_THROW(download({"file:///etc"}), Failure) << "takes other protocols than http";
}

TEST_F(Download, LeavesAFileOfAnotherContentAlone) {
  fs::create_directories(into());
  write_file(file(), "mine");
  EXPECT_THROW(download(), InvalidInput);
  EXPECT_EQ(read_whole(file()), "mine");
}

TEST(DataCommand, SaysWhatIsTheMatter) {
  FileServer server;
  for (const MnistFile& file : mnist_files) server.offer(std::string(file.name) + ".gz", gzipped("not MNIST"));
  const TemporaryFolder folder;
  const std::string to = " --to " + (folder / "mnist").string();
  const ProgramRun wrong = run_program("data fetch mnist --mirror " + server.address() + to);
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("its content has the SHA-256"));
  EXPECT_EQ(std::ranges::count(wrong.err, '\n'), 1) << wrong.err;
  EXPECT_TRUE(fs::is_empty(folder / "mnist"));
  EXPECT_EQ(run_program("data fetch mnist --mirror http://127.0.0.1:1" + to).status, 3);
  EXPECT_EQ(run_program("data fetch cifar" + to).status, 2);
}

}  // namespace
}  // namespace ecram::crossbar
