// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/analysis/switching/pulse_record.h"
#include "ecram/analysis/switching/switching.h"
#include "ecram/analysis/switching/switching_card.h"
#include "ecram/analysis/variation/device_to_device.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/progress.h"
#include "ecram/core/thread_pool.h"
#include "ecram/core/units.h"
#include "ecram/core/version.h"
#include "ecram/report/json.h"
#include "ecram/report/switching.h"
#include "option_rules.h"
#include "outputs.h"

namespace ecram::commands {
namespace {

struct PulsesOptions {
  std::vector<std::string> files;
  std::string read_voltage, card, plot, name;
  bool json = false, force = false;
  int bootstrap = 0;
  std::uint64_t seed = 1;
  unsigned threads = 0;
};

constexpr const char* pulses_examples =
    R"(A file has two columns (up, down), or direction, pulse and conductance, or is a trace in time with a pulse
voltage and a conductance; docs/pulse-files.md shows all three. Units stand in the header: G [uS], conductance_S,
current_A with --read-voltage. docs/pulses.md defines every number.

Examples:
  ecram pulses device.csv
  ecram pulses device.csv --card device.toml --plot device.svg
  ecram pulses trace.tsv --read-voltage "0.1 V" --json
  ecram pulses device1.csv device2.csv device3.csv     device-to-device variation too)";

/// The spread over the devices that can be compared with the first one; a warning at each of the others.
std::optional<analysis::DeviceToDevice> compare(std::vector<analysis::Switching>& devices) {
  if (devices.size() < 3) return std::nullopt;
  std::vector<analysis::DeviceCycle> cycles;
  const bool up = devices[0].potentiation.has_value(), down = devices[0].depression.has_value();
  for (auto& s : devices) {
    analysis::DeviceCycle cycle;
    if (s.potentiation) cycle.potentiation = s.potentiation->mean_curve;
    if (s.depression) cycle.depression = s.depression->mean_curve;
    const auto same = [&](const analysis::Switching& other) { return &other != &s && other.sha256 == s.sha256; };
    if (std::ranges::any_of(devices, same))
      s.warnings.push_back({"same_file", 0, "the same file stands among the devices twice: their spread is too small"});
    if (analysis::comparable(cycle, up, down)) {
      cycles.push_back(std::move(cycle));
    } else {
      s.warnings.push_back({"not_compared", 0,
                            "left out of the spread between devices: it has other directions than the first file, or "
                            "no window"});
    }
  }
  if (cycles.size() < 3) return std::nullopt;
  return analysis::device_to_device(cycles);
}

void print_json(const std::vector<analysis::Switching>& devices,
                const std::optional<analysis::DeviceToDevice>& spread) {
  nlohmann::ordered_json json{
      {"schema", "ecram-pulses"}, {"version", 1}, {"program", fmt::format("ecram {} ({})", version(), commit())}};
  if (devices.size() == 1) {
    json.update(report::switching_json(devices[0]));
  } else {
    json["files"] = nlohmann::ordered_json::array();
    for (const auto& s : devices) json["files"].push_back(report::switching_json(s));
    json["device_to_device"] = spread ? report::device_to_device_json(*spread) : nlohmann::ordered_json(nullptr);
  }
  fmt::print("{}\n", report::text_of(json));
}

void run(const PulsesOptions& options) {
  if (!options.plot.empty()) report::format_of(options.plot);
  check_outputs(std::array{options.card, options.plot}, options.files, options.force);
  analysis::PulseReadOptions reading;
  reading.threads = options.threads;
  if (!options.read_voltage.empty())
    reading.read_voltage = naming("--read-voltage", [&] { return quantity(options.read_voltage, "V"); });
  ThreadPool threads(options.threads);
  std::vector<analysis::Switching> devices;
  {
    Progress progress("analysing", options.files.size());
    for (const std::string& file : options.files) {
      const auto record = analysis::read_pulses(file, reading);
      devices.push_back(naming(file, [&] {
        return analysis::analyse_switching(record, {options.bootstrap, options.seed}, threads);
      }));
      progress.update(devices.size());
    }
  }
  const auto spread = compare(devices);

  std::string plot;  // drawn before anything is written
  if (!options.plot.empty())
    plot = report::render(report::switching_figure(devices[0]), report::format_of(options.plot));
  if (!options.card.empty()) {
    const std::string name =
        options.name.empty() ? std::filesystem::path(options.files[0]).stem().string() : options.name;
    write_file(options.card, record::device_card_text(analysis::card_of(devices, spread, name)));
  }
  if (!options.plot.empty()) write_file(options.plot, plot);
  if (options.json) {
    print_json(devices, spread);
    return;
  }
  for (const auto& s : devices) fmt::print("{}\n", report::switching_text(s));
  if (spread) fmt::print("{}", report::device_to_device_text(*spread));
  if (devices.size() > 1 && !spread) fmt::print("the spread between devices needs at least 3 that can be compared\n");
}

}  // namespace

void add_pulses(CLI::App& app) {
  auto options = std::make_shared<PulsesOptions>();
  auto* command = app.add_subcommand("pulses", "measured potentiation and depression: labels, window, variation, card");
  command->add_option("file", options->files, "CSV or TSV files, one a device")->required()->type_name("FILE");
  command->add_option("--read-voltage", options->read_voltage, "turns currents into conductances, \"0.1 V\"");
  command->add_option("--card", options->card, "write the device card here (TOML)")->type_name("FILE");
  command->add_option("--name", options->name, "the device's name on the card (the file's name otherwise)");
  command->add_option("--plot", options->plot, "draw data, fit, residuals and steps of the first file (.svg or .png)")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "print everything as JSON");
  command->add_option("--bootstrap", options->bootstrap, "95 % intervals from so many bootstrap fits")
      ->check(CLI::Range(40, 1000000))
      ->type_name("N");
  command->add_option("--seed", options->seed, "of all random numbers")->capture_default_str()->check(whole_number());
  command->add_option("--threads", options->threads, "0: as many as the machine has cores")->capture_default_str();
  command->add_flag("--force", options->force, "replace files that exist");
  command->footer(pulses_examples);
  command->callback([options] { run(*options); });
}

}  // namespace ecram::commands
