// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ecram {

inline constexpr unsigned most_threads = 256;

/// Threads that share out the indices of a loop. Make one and use it for all loops; a loop may not start another on
/// the same pool. Results do not depend on the number of threads if the work of an index depends on nothing but the
/// index (random numbers: a RandomStream of that index).
class ThreadPool {
 public:
  /// @param threads  how many work, the calling one among them; 0: as many as the machine has cores. Where the machine
  ///                 gives fewer, these do the work
  /// @throws InvalidInput  for more than `most_threads`
  explicit ThreadPool(unsigned threads = 0);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  unsigned size() const { return static_cast<unsigned>(threads_.size()) + 1; }

  /// Calls work(i) for each i in 0 ... count - 1, each once, in no stated order; returns when all are done.
  /// If a call throws, no new indices are started and the exception of the lowest index that threw is thrown here.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  void serve();
  void run_loop();

  std::mutex mutex_;
  std::condition_variable start_, finished_;
  const std::function<void(std::size_t)>* work_ = nullptr;
  std::size_t count_ = 0, next_ = 0, failed_index_ = 0;
  unsigned working_ = 0;
  std::uint64_t loop_ = 0;
  bool closing_ = false;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;  // last, so that they end before what they use
};

}  // namespace ecram
