// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/idx.h"

#include <cstdlib>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "support/gzip_file.h"
#include "support/idx_bytes.h"
#include "support/temporary_folder.h"

namespace ecram::record {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

class Idx : public testing::Test {
 protected:
  std::string images = idx_bytes({2, 2, 3}, "\x00\x01\x02\x03\x04\x05\xfa\xfb\xfc\xfd\xfe\xff"s);
  std::string labels = idx_bytes({2}, "\x09\x00"s);

  LabelledImages read() {
    write_file(folder_ / "images", images);
    write_file(folder_ / "labels", labels);
    return read_idx(folder_ / "images", folder_ / "labels", 10);
  }

  void expect_refused(const std::string& text) {
    try {
      read();
      FAIL() << "accepted: " << text;
    } catch (const InvalidInput& e) {
      EXPECT_THAT(e.what(), HasSubstr(text));
      EXPECT_THAT(e.what(), HasSubstr(folder_.path().string())) << "does not name the file";
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    }
  }

  TemporaryFolder folder_;
};

TEST_F(Idx, ReadsPlainFiles) {
  const auto read_back = read();
  EXPECT_EQ(read_back.rows, 2U);
  EXPECT_EQ(read_back.columns, 3U);
  EXPECT_THAT(read_back.labels, testing::ElementsAre(9, 0));
  EXPECT_THAT(read_back.image(1), testing::ElementsAre(250, 251, 252, 253, 254, 255));
}

TEST_F(Idx, ReadsGzipWhateverItsName) {
  images = gzipped(images);
  labels = gzipped(labels);
  EXPECT_THAT(read().image(0), testing::ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(Idx, ReadsGzipOfSeveralMembers) {
  images = gzipped(images.substr(0, 9)) + gzipped(images.substr(9));
  EXPECT_THAT(read().image(1), testing::ElementsAre(250, 251, 252, 253, 254, 255));
}

TEST_F(Idx, RefusesAnotherMagicNumber) {
  images[2] = '\x0d';  // 32-bit floats
  expect_refused("begins with 0x00000d03, expected 0x00000803 (IDX, unsigned bytes, 3 dimensions)");
}

TEST_F(Idx, RefusesImagesAndLabelsExchanged) {
  std::swap(images, labels);
  expect_refused("begins with 0x00000801, expected 0x00000803");
}

TEST_F(Idx, RefusesWrongDimensions) {
  images = idx_bytes({2, 2, 4}, images.substr(16));
  expect_refused("12 bytes of data, expected 16 by its dimensions");
}

TEST_F(Idx, RefusesDimensionsOfNothing) {
  images = idx_bytes({2, 0, 3}, "");
  expect_refused("dimension 2 is 0");
}

TEST_F(Idx, RefusesDimensionsThatOverflow) {
  images = idx_bytes({0xffffffff, 0xffffffff, 0xffffffff}, "x");
  expect_refused("too large");
}

TEST_F(Idx, RefusesFilesCutOffAnywhere) {
  const std::string whole = images;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    images = whole.substr(0, size);
    EXPECT_THROW(read(), InvalidInput) << size << " bytes";
  }
}

TEST_F(Idx, RefusesWhatFollows) {
  images += "x";
  expect_refused("13 bytes of data, expected 12");
}

TEST_F(Idx, RefusesDamagedGzip) {
  images = gzipped(images);
  images[images.size() - 6] ^= 1;  // the check sum
  expect_refused("damaged gzip");
}

TEST_F(Idx, RefusesGzipCutOffAnywhere) {
  const std::string whole = gzipped(images);
  for (std::size_t size = 2; size < whole.size(); ++size) {
    images = whole.substr(0, size);
    EXPECT_THROW(read(), InvalidInput) << size << " bytes";
  }
}

TEST_F(Idx, RefusesGzipWithSomethingBehind) {
  images = gzipped(images) + "x";
  expect_refused("something that is not gzip follows");
}

TEST_F(Idx, RefusesLabelsOutOfRange) {
  labels.back() = 10;
  expect_refused("label 1 is 10, expected 0 to 9");
}

TEST_F(Idx, RefusesUnequalNumbers) {
  labels = idx_bytes({3}, "\x01\x02\x03"s);
  expect_refused("3 labels, but ");
}

TEST_F(Idx, RefusesWhatIsNotThere) {
  EXPECT_THROW(read_idx(folder_ / "none", folder_ / "none", 10), InvalidInput);
  EXPECT_THROW(read_idx(folder_.path(), folder_.path(), 10), InvalidInput);
}

}  // namespace
}  // namespace ecram::record
