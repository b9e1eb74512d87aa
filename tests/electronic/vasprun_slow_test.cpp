// SPDX-License-Identifier: Apache-2.0
// A vasprun.xml of half a gigabyte: in 20 s and under 500 MB of memory.
#include <chrono>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ecram/core/constants.h"
#include "ecram/core/files.h"
#include "ecram/electronic/vasprun.h"
#include "electronic/made_vasprun.h"
#include "support/temporary_folder.h"

namespace ecram::electronic {
namespace {

/// Processor time and largest memory of this process, s and B.
std::pair<double, double> used() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime), 1024.0 * static_cast<double>(usage.ru_maxrss)};
}

TEST(VasprunSlow, HalfAGigabyteStreamsBy) {
  const TemporaryFolder folder;
  const auto file = folder / "vasprun.xml";
  Made made;
  made.kpoints = 4;  // their weights sum to 1
  made.bands = 400'000;
  const pid_t child = fork();  // the text's memory is not the reader's
  if (child == 0) {
    write_file(file, vasprun(made));
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  ASSERT_GT(std::filesystem::file_size(file), 300'000'000U);
  const double megabytes = static_cast<double>(std::filesystem::file_size(file)) / 1e6, before = used().first;
  const VaspRun run = read_vasprun(file);
  const auto [after, memory] = used();
  const Spectrum& s = run.result.spectrum;
  ASSERT_EQ(s.bands, 400'000U);
  EXPECT_NEAR(s.energies[s.state(0, 3, 399'999)] / constants::elementary_charge, energy_of(0, 3, 399'999), 1e-3);
  // Processor time: the machine may have other things to do.
  EXPECT_LT((after - before) * 500 / megabytes, 20);
  EXPECT_LT(memory, 500e6);
  RecordProperty("seconds", std::to_string(after - before));
  RecordProperty("megabytes", std::to_string(megabytes));
  RecordProperty("memory_MB", std::to_string(memory / 1e6));
}

}  // namespace
}  // namespace ecram::electronic
