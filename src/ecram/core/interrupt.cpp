// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/interrupt.h"

#include <csignal>

#include "ecram/core/errors.h"

namespace ecram {
namespace {

volatile std::sig_atomic_t requested = 0;

void note(int signal) {
  if (requested != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  requested = 1;
}

}  // namespace

void watch_for_interrupt() {
  std::signal(SIGINT, note);
  std::signal(SIGTERM, note);
  std::signal(SIGHUP, note);
}

bool interrupt_requested() { return requested != 0; }

void acknowledge_interrupt() { requested = 0; }

void stop_if_interrupted() {
  if (interrupt_requested()) throw Interrupted();
}

}  // namespace ecram
