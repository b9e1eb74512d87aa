// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/chapters/conduction.h"
#include "ecram/study/chapters/device_room.h"
#include "ecram/study/chapters/device_temperature.h"
#include "ecram/study/chapters/switching.h"
#include "ecram/study/chapters/training.h"
#include "ecram/study/study.h"

namespace ecram::study {

std::vector<Chapter> chapters() {
  return {conduction_chapter(), switching_chapter(), device_room_chapter(), device_temperature_chapter(),
          training_chapter()};
}

}  // namespace ecram::study
