// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/study/chapter.h"

namespace ecram::study {

/// Switching against temperature: the panels of Fig. 4 by the full device model.
Chapter device_temperature_chapter();

}  // namespace ecram::study
