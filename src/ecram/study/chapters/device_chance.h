// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/study/chapter.h"

namespace ecram::study {

/// The part of the chapter on switching at room temperature that is a matter of chance and of wear, by the compact
/// model: Fig. 3c and d, the spread of Fig. 3f, Fig. 3g. Adds its blocks and findings to the chapter's.
void write_chance(const StudyContext& context, ChapterText& text);

}  // namespace ecram::study
