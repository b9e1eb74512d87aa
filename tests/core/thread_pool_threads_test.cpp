// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <numeric>
#include <stdexcept>

#include <gtest/gtest.h>

#include "ecram/core/errors.h"
#include "ecram/core/thread_pool.h"

namespace ecram {
namespace {

TEST(ThreadPool, EachIndexOnce) {
  ThreadPool pool(4);
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<int> calls(1000);
    pool.for_each(calls.size(), [&](std::size_t i) { ++calls[i]; });
    EXPECT_EQ(calls, std::vector<int>(1000, 1));
  }
  pool.for_each(0, [](std::size_t) { FAIL(); });
}

TEST(ThreadPool, RefusesAHundredThousandThreads) { EXPECT_THROW(ThreadPool(100000), InvalidInput); }

TEST(ThreadPool, TheLowestIndexThatThrewIsThrown) {
  for (const unsigned threads : {1U, 4U}) {
    ThreadPool pool(threads);
    try {
      pool.for_each(100, [](std::size_t i) {
        if (i >= 10) throw std::runtime_error(std::to_string(i));
      });
      FAIL();
    } catch (const std::runtime_error& e) {
      EXPECT_GE(std::stoi(e.what()), 10);
      EXPECT_LT(std::stoi(e.what()), 14);
    }
    std::atomic<int> calls = 0;
    pool.for_each(10, [&](std::size_t) { ++calls; });  // still of use
    EXPECT_EQ(calls, 10);
  }
}

}  // namespace
}  // namespace ecram
