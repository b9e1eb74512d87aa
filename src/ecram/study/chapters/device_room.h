// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/study/chapter.h"

namespace ecram::study {

/// Switching at room temperature: the panels of Fig. 1d and 3 by the full device model.
Chapter device_room_chapter();

}  // namespace ecram::study
