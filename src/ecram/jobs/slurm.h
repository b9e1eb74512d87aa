// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ecram/jobs/job.h"

namespace ecram::jobs {

/// Jobs that can run side by side: one Slurm job array.
struct JobArray {
  std::vector<std::string> names;
  Resources resources;             ///< enough for the largest of them
  std::vector<std::size_t> after;  ///< indices of arrays that have to end well before
};

/// What is not done, split into arrays: jobs of one array wait for none of its own. Jobs that differ much in what
/// they take (more than a factor of 4 in memory or time, or in cores) get arrays of their own.
std::vector<JobArray> job_arrays(const std::filesystem::path& root);

struct SlurmOptions {
  std::string partition;            ///< empty: the cluster's default
  std::string account;              ///< empty: the user's default
  std::vector<std::string> runner;  ///< the command that runs one job; ROOT and NAME are put behind it
};

/// The batch script of an array. Slurm sends SIGTERM two minutes before the time is up, which the runner notes.
std::string sbatch_script(const std::filesystem::path& root, const JobArray& array, const SlurmOptions& options);

/// Writes the scripts into ROOT/slurm and submits them, each after those that it waits for.
/// @return the arrays' ids
/// @throws InvalidInput  if there is nothing to do, or no `sbatch` (the scripts are then not written)
/// @throws Failure       if the queue refuses one; those before it stay submitted, and the text says so
std::vector<std::string> submit(const std::filesystem::path& root, const SlurmOptions& options);

}  // namespace ecram::jobs
