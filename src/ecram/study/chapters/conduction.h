// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/study/chapter.h"

namespace ecram::study {

/// Channel conduction: Fig. 2 from a simulated sweep of AC Hall records.
Chapter conduction_chapter();

}  // namespace ecram::study
