// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ecram/crossbar/trials.h"

namespace ecram::crossbar {

/// The results as JSON, version 1 of docs/training.md: no times, so that the same seed gives the same bytes.
std::string results_json(const TrialOptions& options, const TrialResults& results, const Digits& digits);

/// The same with `us_per_sample` added, for a program that reads the standard output.
std::string results_json_with_time(const TrialOptions& options, const TrialResults& results, const Digits& digits);

/// The times alone: what `results_json` leaves out.
std::string timing_json(const TrialResults& results, const Digits& digits);

}  // namespace ecram::crossbar
