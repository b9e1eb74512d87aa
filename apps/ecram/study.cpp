// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/study.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/thread_pool.h"
#include "option_rules.h"

namespace ecram::commands {
namespace {

struct StudyChoice {
  std::string out = "out/study";
  bool force = false, quick = false, full = false;
  std::vector<std::string> pulses, chapters;
  std::uint64_t seed = 1;
  unsigned threads = 0;
};

constexpr const char* study_examples =
    R"(Writes DIR/index.html, one page that needs nothing else; DIR/results.json, its numbers (docs/results-json.md);
and DIR/timing.json. Real data are looked for in the folder that ECRAM_DATA names; without it, in ../shared/data.

Examples:
  ecram study                                   the study into out/study
  ecram study --quick --out look --force        in under a minute, replacing the results in look/
  ecram study --pulses device1.csv device2.csv  with measurements of your own beside the paper's
  ecram study --chapter switching               one chapter only
  ECRAM_DATA=~/data ecram study --full          everything, with real data)";

void run(const StudyChoice& options) {
  study::StudyContext context;
  context.effort = options.quick ? study::Effort::quick : options.full ? study::Effort::full : study::Effort::normal;
  context.seed = options.seed;
  context.data = study::find_data();
  for (const std::string& file : options.pulses) {
    const MappedFile readable(file);  // a misspelt name is found now, not after the first chapters
    context.pulse_files.emplace_back(file);
  }
  const std::vector<study::Chapter> chapters = study::chosen_chapters(study::chapters(), options.chapters);
  OutputFolder folder(options.out, options.force);
  ThreadPool threads(options.threads);
  context.threads = &threads;

  const study::Study study = study::run_study(chapters, study::paper_targets(), context);
  write_file(folder.working_folder() / "index.html", study.page);
  write_file(folder.working_folder() / "results.json", study.results);
  write_file(folder.working_folder() / "timing.json", study::timing_json(study.timings, threads.size()));
  folder.publish();

  fmt::print("{}\nreport: {}\n", study::reached_rows_text(study.rows),
             (std::filesystem::path(options.out) / "index.html").string());
}

}  // namespace

void add_study(CLI::App& app) {
  auto options = std::make_shared<StudyChoice>();
  CLI::App* command = app.add_subcommand("study", "the paper number by number: paper | ours | how ours came about");
  command->add_option("--out", options->out, "folder of the report; must not exist yet")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_flag("--force", options->force, "replace the results in a folder that exists");
  CLI::Option* quick = command->add_flag("--quick", options->quick, "rougher, in under a minute");
  command->add_flag("--full", options->full, "everything, 40 minutes at most")->excludes(quick);
  command->add_option("--pulses", options->pulses, "measured pulses of your own (see 'ecram pulses --help')")
      ->type_name("FILE");
  command->add_option("--chapter", options->chapters, "only these chapters; the others' rows say \"not yet\"")
      ->type_name("NAME");
  command->add_option("--seed", options->seed, "seed of the random numbers")
      ->capture_default_str()
      ->check(whole_number());
  command->add_option("--threads", options->threads, "how many threads compute; 0: one for each core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->footer(study_examples);
  command->callback([options] { run(*options); });
}

}  // namespace ecram::commands
