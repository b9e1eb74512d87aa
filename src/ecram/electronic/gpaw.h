// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "ecram/electronic/workflow.h"
#include "ecram/jobs/job.h"

namespace ecram::electronic {

/// A step as work for GPAW: run.py, a script that goes on from its own checkpoints, and calculation.json, what it is
/// to compute. The result is result.json ("ecram-electronic-result 1", docs/electronic.md).
struct PreparedStep {
  jobs::Job job;
  std::map<std::string, std::string> files;
};
PreparedStep gpaw_step(const Step& step);

/// Rough cores, memory and wall time of a step, for a queue: wall time scaled from measured runs of the 32-atom cell of
/// WO3 (see the source) with atoms^2.5 and cutoff^1.5, k-points counted after time reversal; good to a factor of 3.
jobs::Resources estimate_resources(const Step& step);

}  // namespace ecram::electronic
