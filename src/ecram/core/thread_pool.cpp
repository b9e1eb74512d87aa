// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/thread_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "ecram/core/errors.h"

namespace ecram {

ThreadPool::ThreadPool(unsigned threads) {
  if (threads > most_threads) throw InvalidInput("{} threads; at most {} make sense", threads, most_threads);
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  threads_.reserve(threads - 1);
  try {
    for (unsigned i = 1; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  } catch (const std::system_error&) {
    // The system gives no more threads; those there are do the work, with the same result.
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  start_.notify_all();
}

void ThreadPool::for_each(std::size_t count, const std::function<void(std::size_t)>& work) {
  {
    const std::lock_guard lock(mutex_);
    work_ = &work;
    count_ = count;
    next_ = 0;
    failure_ = nullptr;
    working_ = size();
    ++loop_;
  }
  start_.notify_all();
  run_loop();
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return working_ == 0; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::serve() {
  std::uint64_t served = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      start_.wait(lock, [&] { return closing_ || loop_ != served; });
      if (closing_) return;
      served = loop_;
    }
    run_loop();
  }
}

void ThreadPool::run_loop() {
  std::unique_lock lock(mutex_);
  while (next_ < count_) {
    const std::size_t index = next_++;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      (*work_)(index);
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    if (thrown) {
      if (!failure_ || index < failed_index_) {
        failure_ = thrown;
        failed_index_ = index;
      }
      next_ = count_;
    }
  }
  if (--working_ == 0) finished_.notify_all();
}

}  // namespace ecram
