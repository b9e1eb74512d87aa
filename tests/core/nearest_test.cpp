// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/nearest.h"

#include <array>

#include <gtest/gtest.h>

#include "ecram/core/sha256.h"

namespace ecram {
namespace {

TEST(Nearest, FindsTheWordMeant) {
  constexpr std::array<std::string_view, 3> known{"potentiation", "depression", "window"};
  EXPECT_EQ(nearest("potentation", known), "potentiation");
  EXPECT_EQ(nearest("Depresion", known), "depression");
  EXPECT_EQ(nearest("widnow", known), "window");
  EXPECT_EQ(nearest("temperature", known), "");
  EXPECT_EQ(did_you_mean("windo", known), " (did you mean 'window'?)");
}

// FIPS 180-2, appendix B.
TEST(Sha256, PublishedExamples) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace ecram
