// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace ecram {

/// From now on Ctrl-C (SIGINT), SIGTERM and SIGHUP do not end the program: they are noted, and long work, which asks
/// `interrupt_requested` at every point where it could stop, stops there and keeps what it has. A second one ends the
/// program at once.
void watch_for_interrupt();

/// Has the user asked to stop?
bool interrupt_requested();

/// The work has stopped; from here on nobody is asked to. For whoever then writes what there is: what writes (a figure
/// being drawn) stops for an interruption too. A further Ctrl-C counts anew.
void acknowledge_interrupt();

/// @throws Interrupted  if the user asked to stop
void stop_if_interrupted();

}  // namespace ecram
