// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/study.h"

namespace ecram::study {

std::vector<Chapter> chapters() { return {}; }

}  // namespace ecram::study
