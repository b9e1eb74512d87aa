// SPDX-License-Identifier: Apache-2.0
#include "ecram/study/chapters/switching.h"

#include <cmath>
#include <filesystem>
#include <string>

#include "ecram/analysis/switching/pulse_record.h"
#include "ecram/analysis/switching/switching.h"
#include "ecram/report/switching.h"
#include "ecram/study/embedded.h"

namespace ecram::study {
namespace {

namespace fs = std::filesystem;

struct RealFile {
  const char *file, *title, *text;
};

constexpr RealFile real_files[] = {
    {"ag_asi_jo2010.csv", "Measured: Ag:a-Si",
     "A device of Jo et al., Nano Lett. 10, 1297 (2010), read off a plot: pulse numbers are not whole and not evenly "
     "spaced, and depression counts its pulses backwards."},
    {"reram_gong2018.csv", "Measured: ReRAM",
     "A device of Gong et al., Nat. Commun. 9, 2102 (2018): 1,000 pulses up and 1,000 down, in arbitrary units."}};

/// Heading, text, figure and tables of one file.
analysis::Switching add_file(ChapterText& text, const analysis::PulseRecord& record, const StudyContext& context,
                             const std::string& title, const std::string& about, const std::string& caption) {
  auto found = analysis::analyse_switching(record, {.bootstrap_draws = 0, .seed = context.seed}, *context.threads);
  text.blocks.emplace_back(report::Heading{title});
  if (!about.empty()) text.blocks.emplace_back(report::Paragraph(about));
  for (auto& block : report::switching_blocks(found, caption)) text.blocks.push_back(std::move(block));
  return found;
}

void add_drawn(ChapterText& text, const StudyContext& context) {
  const auto record = analysis::parse_pulses(embedded::pulses_drawn_csv, "pulses_drawn.csv (drawn)");
  add_file(
      text, record, context, "Drawn: a device after Fig. 3b",
      "This device was drawn, not measured: the exponential law with the two labels of Fig. 3b, eight cycles of 300 + "
      "300 readings with the spread of Fig. 3f. Finding the labels again tests the analysis, not a device: the "
      "table's rows come from the device model.",
      "The drawn device: data (mean of its cycles), law, residuals, and the step against conductance.");
}

ChapterText write_switching(const StudyContext& context) {
  ChapterText text;
  text.blocks.emplace_back(report::Paragraph(
      "How evenly a device steps decides whether a network can be trained on it. Each file of pulses below is cut into "
      "runs, the exponential law is fitted with the noise that the data show (of single readings, or of steps that "
      "accumulate), and the nonlinearity label follows by its exact definition, max |G − p| / (0.07·√2) on normalised "
      "axes. Ranges in brackets are 95 % intervals."));
  add_drawn(text, context);
  bool real = false;
  if (context.data)
    for (const RealFile& file : real_files) {
      const fs::path path = *context.data / "pulses" / file.file;
      if (!fs::exists(path)) continue;
      real = true;
      auto record = analysis::read_pulses(path);
      record.source = file.file;  // where the folder lies is no business of the report's
      add_file(text, record, context, file.title, file.text,
               std::string(file.file) + ": data, law, residuals, and the step against conductance.");
    }
  if (!real)
    text.blocks.emplace_back(report::Note{
        .kind = report::Note::Kind::remark,
        .title = "No real data here",
        .text = {report::Paragraph("ECRAM_DATA names no folder with pulses/, and ../shared/data is not there: only the "
                                   "drawn device is shown. Your own files go in with --pulses FILE...")}});
  for (const fs::path& path : context.pulse_files)
    add_file(text, analysis::read_pulses(path), context, "Yours: " + path.filename().string(), "",
             path.filename().string() + ": data, law, residuals, and the step against conductance.");
  return text;
}

}  // namespace

Chapter switching_chapter() { return {"switching", "Potentiation and depression", write_switching}; }

}  // namespace ecram::study
