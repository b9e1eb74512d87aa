// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ecram/study/chapter.h"

namespace ecram::study {

/// "Impact on AI computation": the paper's perceptron trained on MNIST and evaluated under the device's variation.
/// Three trainings, ten with full effort; with quick effort one of three epochs. Where there is no MNIST it trains on
/// drawn digits, says so, and finds none of the paper's numbers.
Chapter training_chapter();

}  // namespace ecram::study
