// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

/// Tells the tests where things lie, unless the caller has said so: the program, the sources, the data of others.
int main(int argc, char** argv) {
  ::setenv("ECRAM_EXECUTABLE", ECRAM_TEST_EXECUTABLE, 0);
  ::setenv("ECRAM_SOURCE", ECRAM_TEST_SOURCE, 0);
  constexpr const char* data = ECRAM_TEST_SOURCE "/../shared/data";
  ::setenv("ECRAM_DATA", std::filesystem::is_directory(data) ? data : "", 0);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
