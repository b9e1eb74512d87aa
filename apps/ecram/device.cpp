// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ecram/calibration/exports.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/thread_pool.h"
#include "ecram/core/units.h"
#include "ecram/device/run_output.h"
#include "ecram/report/device_run.h"

namespace ecram::commands {
namespace {

struct RunChoice {
  std::string protocol, out, model = "compact", device;
  std::optional<std::uint64_t> seed;
  unsigned threads = 0;
  bool force = false, json = false;
};

void run(const RunChoice& choice) {
  if (choice.model != "compact" && choice.model != "full")
    throw InvalidInput("--model '{}'; expected compact or full", choice.model);
  report::DeviceRun run;
  run.protocol = device::read_protocol(choice.protocol);
  if (choice.seed) run.protocol.seed = *choice.seed;
  run.device = !choice.device.empty() ? choice.device : run.protocol.device.empty() ? "fig3b" : run.protocol.device;
  run.model = choice.model;
  device::RunOptions options;
  options.device =
      naming(choice.device.empty() ? choice.protocol : "--device", [&] { return device::shipped_device(run.device); });
  run.ambient = device::name(options.device.ambient);
  device::check_gate_voltages(run.protocol, device::breakdown_voltage(options.constants, options.device));
  std::optional<OutputFolder> folder;
  if (!choice.out.empty()) folder.emplace(choice.out, choice.force);

  ThreadPool threads(choice.threads);
  run.result = choice.model == "full" ? device::run_full(run.protocol, options)
                                      : device::run_compact(run.protocol, options, threads);
  if (choice.model == "compact") run.shares = device::cycle_shares(run.protocol, options, run.result, threads);
  if (run.result.interrupted) acknowledge_interrupt();
  if (folder && !run.result.readings.empty()) {
    const auto& into = folder->working_folder();
    write_file(into / "readings.csv", device::readings_csv(run.protocol, run.result));
    device::write_run_file(into / "run.h5", run.protocol, run.result, run.device, run.model);
    write_file(into / "results.json", report::run_json(run).dump(2) + "\n");
    write_file(into / "figure.svg", render(report::run_figure(run), report::Format::svg));
    folder->publish();
  }
  if (choice.json) {
    fmt::print("{}\n", report::run_json(run).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", report::run_text(run));
  }
  if (run.result.interrupted) throw Interrupted();
}

struct ExportChoice {
  std::string card, to, out;
  std::string up_voltage, down_voltage, up_width, down_width, read_voltage;
  bool force = false;
};

void export_card(const ExportChoice& choice) {
  const auto simulator = naming("--to", [&] { return calibration::simulator_named(choice.to); });
  calibration::WriteConditions conditions;
  const auto given = [](const std::string& text, const char* option, const char* unit, std::optional<double>& value) {
    if (!text.empty()) value = naming(option, [&] { return quantity(text, unit); });
  };
  given(choice.up_voltage, "--up-voltage", "V", conditions.up_voltage);
  given(choice.down_voltage, "--down-voltage", "V", conditions.down_voltage);
  given(choice.up_width, "--up-width", "s", conditions.up_width);
  given(choice.down_width, "--down-width", "s", conditions.down_width);
  given(choice.read_voltage, "--read-voltage", "V", conditions.read_voltage);
  for (const auto& [width, option] : {std::pair{conditions.up_width, "--up-width"},
                                      {conditions.down_width, "--down-width"},
                                      {conditions.read_voltage, "--read-voltage"}})
    if (width && !(*width > 0)) throw InvalidInput("{}: {:g}, expected above 0", option, *width);
  const auto card = record::read_device_card(choice.card);
  const std::string text =
      naming(choice.card, [&] { return calibration::export_text(card, simulator, conditions, choice.card); });
  if (choice.out.empty()) {
    fmt::print("{}", text);
    return;
  }
  std::error_code error;
  if (std::filesystem::equivalent(choice.out, choice.card, error))
    throw InvalidInput("{}: is the card itself", choice.out);
  if (std::filesystem::exists(choice.out, error) && !choice.force)
    throw InvalidInput("{}: exists already; --force replaces it", choice.out);
  write_file(choice.out, text);
}

void add_run(CLI::App& device) {
  auto choice = std::make_shared<RunChoice>();
  auto* command = device.add_subcommand("run", "give a device, or a population, what a protocol says");
  command->add_option("protocol", choice->protocol, "TOML; docs/device-run.md")->required()->type_name("PROTOCOL");
  command->add_option("--model", choice->model, "compact, or full: slow, without chance, one device")
      ->capture_default_str();
  command->add_option("--device", choice->device, "a shipped device (the protocol's, or fig3b)")->type_name("NAME");
  command->add_option("--out", choice->out, "folder for readings.csv, run.h5, results.json and figure.svg")
      ->type_name("FOLDER");
  command->add_flag("--force", choice->force, "replace the results in a folder that exists");
  command->add_flag("--json", choice->json, "print the results as JSON");
  command->add_option("--seed", choice->seed, "of all chance (the protocol's)");
  command->add_option("--threads", choice->threads, "0: as many as the machine has cores")->capture_default_str();
  command->footer(
      "Ctrl-C stops the run and keeps what there is.\n\n"
      "Examples:\n"
      "  ecram device run recipes/fig3b.toml --out out/fig3b\n"
      "  ecram device run recipes/fig4b.toml --device fig4 --json\n"
      "  ecram device run pulses.toml --model full");
  command->callback([choice] { run(*choice); });
}

void add_export(CLI::App& device) {
  auto choice = std::make_shared<ExportChoice>();
  auto* command = device.add_subcommand("export", "a device card as another simulator wants it");
  command->add_option("card", choice->card, "a device card (ecram pulses --card, ecram device fit)")
      ->required()
      ->type_name("CARD");
  command->add_option("--to", choice->to, "aihwkit, neurosim, crosssim or ngspice")->required()->type_name("SIMULATOR");
  command->add_option("--out", choice->out, "write it here and not to standard output")->type_name("FILE");
  command->add_option("--up-voltage", choice->up_voltage, "of the pulses, \"1.5 V\", where the card does not know it");
  command->add_option("--down-voltage", choice->down_voltage, "\"-0.8 V\"");
  command->add_option("--up-width", choice->up_width, "\"0.5 s\"");
  command->add_option("--down-width", choice->down_width, "\"0.5 s\"");
  command->add_option("--read-voltage", choice->read_voltage, "\"0.1 V\"");
  command->add_flag("--force", choice->force, "replace a file that exists");
  command->footer(
      "docs/device-export.md says what becomes of each number. What a simulator's law cannot express is refused.\n\n"
      "Examples:\n"
      "  ecram device export device.toml --to aihwkit\n"
      "  ecram device export device.toml --to neurosim --up-voltage \"1.5 V\" --down-voltage \"-0.8 V\" --up-width "
      "\"0.5 s\" --down-width \"0.5 s\" --read-voltage \"0.1 V\"");
  command->callback([choice] { export_card(*choice); });
}

}  // namespace

void add_device(CLI::App& app) {
  auto* command = app.add_subcommand("device", "the ECRAM as a model: run protocols on it, fit it, export it");
  command->require_subcommand(1);
  add_run(*command);
  add_export(*command);
}

}  // namespace ecram::commands
