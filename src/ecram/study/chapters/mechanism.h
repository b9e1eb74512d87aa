// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/study/chapter.h"

namespace ecram::study {

/// "Channel modulation mechanism": Fig. 5 from the kept first-principles results (data/electronic). What is not kept
/// there has no row.
Chapter mechanism_chapter();

}  // namespace ecram::study
