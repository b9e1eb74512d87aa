// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/study/chapter.h"

namespace ecram::study {

/// Potentiation and depression: the drawn example beside Fig. 3b, the two real files where they are, the user's own.
Chapter switching_chapter();

}  // namespace ecram::study
