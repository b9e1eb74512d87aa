// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/progress.h"

#include <cstdio>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace ecram {
namespace {

std::string clock_text(double seconds) {
  const auto s = static_cast<long>(seconds + 0.5);
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

}  // namespace

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)), total_(total), terminal_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

bool Progress::due() const {
  const auto now = Clock::now();
  return terminal_ && now - start_ >= std::chrono::milliseconds(500) &&
         !(shown_ && now - drawn_ < std::chrono::milliseconds(100));
}

void Progress::draw(const std::string& line) {
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  drawn_ = Clock::now();
  shown_ = true;
}

void Progress::update(std::size_t done) {
  if (total_ == 0 || !due()) return;
  const double share = static_cast<double>(done) / static_cast<double>(total_);
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  constexpr int width = 30;
  const int filled = static_cast<int>(share * width);
  const std::string left = share > 0 ? clock_text(elapsed * (1 - share) / share) + " left" : "";
  draw(fmt::format("\r{} [{:#<{}}{:.<{}}] {:3.0f} %  {}\033[K", what_, "", filled, "", width - filled, 100 * share,
                   left));
}

void Progress::update(std::string_view state) {
  if (due()) draw(fmt::format("\r{}: {}\033[K", what_, state));
}

}  // namespace ecram
