// SPDX-License-Identifier: Apache-2.0
#include <cmath>
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
#include "ecram/calibration/device_fit.h"
#include "ecram/calibration/exports.h"
#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/thread_pool.h"
#include "ecram/core/units.h"
#include "ecram/device/run_output.h"
#include "ecram/report/device_run.h"
#include "ecram/report/format.h"
#include "ecram/report/json.h"
#include "option_rules.h"

namespace ecram::commands {
namespace {

struct RunChoice {
  std::string protocol, out, model = "compact", device, card;
  std::optional<std::uint64_t> seed;
  unsigned threads = 0;
  bool force = false, json = false, average = false;
};

void run(const RunChoice& choice) {
  if (choice.model != "compact" && choice.model != "full")
    throw InvalidInput("--model '{}'; expected compact or full", choice.model);
  report::DeviceRun run;
  run.protocol = device::read_protocol(choice.protocol);
  if (choice.seed) run.protocol.seed = *choice.seed;
  run.device = !choice.device.empty() ? choice.device : run.protocol.device.empty() ? "fig3b" : run.protocol.device;
  run.model = choice.model;
  if (choice.average && choice.model != "full") throw InvalidInput("--average is for --model full");
  device::RunOptions options;
  const bool own = device::states_a_device(run.protocol);
  if (own && !(choice.card.empty() && choice.device.empty()))
    throw InvalidInput("{}: [device] and [material] state a device, and {} names another; expected one of them",
                       choice.protocol, choice.card.empty() ? "--device" : "--card");
  if (!choice.card.empty()) {
    if (!choice.device.empty()) throw InvalidInput("--device and --card say two devices; expected one of them");
    const auto card = record::read_device_card(choice.card);
    naming(choice.card, [&] { calibration::compact_of(card, options.constants, options.device); });
    if (card.compact) options.chance.reading_noise = card.compact->reading_noise;
    run.device = card.device;
  } else {
    options.device = naming(choice.device.empty() ? choice.protocol : "--device",
                            [&] { return device::shipped_device(run.device); });
    if (own) {
      device::apply_stated(run.protocol, options.constants, options.device);
      run.device = fmt::format("like {}, changed by the protocol", run.device);
    }
  }
  run.ambient = device::name(options.device.ambient);
  device::check_gate_voltages(run.protocol, device::breakdown_voltage(options.constants, options.device));
  options.average = choice.average;
  std::optional<OutputFolder> folder;
  if (!choice.out.empty()) folder.emplace(choice.out, choice.force);

  ThreadPool threads(choice.threads);
  run.result = choice.model == "full" ? device::run_full(run.protocol, options)
                                      : device::run_compact(run.protocol, options, threads);
  if (choice.model == "compact") run.shares = device::cycle_shares(run.protocol, options, run.result, threads);
  // What is complete is kept when the shares, which come after, are not.
  const bool stopped = run.result.interrupted || interrupt_requested();
  if (stopped) acknowledge_interrupt();
  if (folder && !run.result.readings.empty()) {
    const auto& into = folder->working_folder();
    write_file(into / "readings.csv", device::readings_csv(run.protocol, run.result));
    device::write_run_file(into / "run.h5", run.protocol, run.result, run.device, run.model);
    write_file(into / "results.json", report::text_of(report::run_json(run)) + "\n");
    try {
      write_file(into / "figure.svg", render(report::run_figure(run), report::Format::svg));
    } catch (const InvalidInput& e) {  // the readings are what counts
      fmt::print(stderr, "ecram: warning: figure.svg was not drawn: {}\n", e.what());
    }
    folder->publish();
  }
  if (choice.json) {
    fmt::print("{}\n", report::text_of(report::run_json(run)));
  } else {
    fmt::print("{}", report::run_text(run));
  }
  if (stopped) throw Interrupted();
}

struct ExportChoice {
  std::string card, to, out;
  std::string up_voltage, down_voltage, up_width, down_width, read_voltage, temperature;
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
  given(choice.temperature, "--temperature", "K", conditions.temperature);
  calibration::check_conditions(simulator, conditions);
  const auto card = record::read_device_card(choice.card);
  ThreadPool threads(0);
  const std::string text =
      naming(choice.card, [&] { return calibration::export_text(card, simulator, conditions, choice.card, threads); });
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

struct FitChoice {
  std::vector<std::string> data, parameters;
  std::string card, name, base;
  unsigned threads = 0;
  bool force = false, json = false;
};

void print_fit(const calibration::DeviceFit& fit) {
  fmt::print("{} readings, scatter {:.3g} % about the fit{}\n\n", fit.readings, 100 * fit.scatter,
             fit.converged ? "" : "; the fit did not converge");
  for (const auto& p : fit.parameters)
    fmt::print("  {:<24} {} {}{}\n", p.name, report::with_uncertainty(p.value), p.unit,
               p.at_bound ? "   (at the end of its range: check units and protocol)" : "");
  for (std::size_t i = 0; i < fit.parameters.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (std::abs(fit.correlation[i][j]) > 0.9)
        fmt::print("  {} and {} are correlated by {:.3f}\n", fit.parameters[j].name, fit.parameters[i].name,
                   fit.correlation[i][j]);
  if (fit.open.empty()) fmt::print("  the data determine every one of them\n");
  for (const auto& open : fit.open) fmt::print("  {}\n", calibration::sentence(fit, open));
  for (const Warning& warning : calibration::warnings_of(fit)) fmt::print("  warning: {}\n", warning.text);
}

void print_fit_json(const calibration::DeviceFit& fit) {
  using nlohmann::ordered_json;
  const auto number = [](double x) { return std::isfinite(x) ? ordered_json(x) : ordered_json(nullptr); };
  ordered_json json{{"schema", "ecram-device-fit"},
                    {"version", 1},
                    {"readings", fit.readings},
                    {"scatter", number(fit.scatter)},
                    {"converged", fit.converged}};
  for (const auto& p : fit.parameters)
    json["parameters"][p.name] = {{"unit", p.unit},
                                  {"start", number(p.start)},
                                  {"value", number(p.value.value)},
                                  {"se", number(p.value.standard_error)},
                                  {"low", number(p.value.low)},
                                  {"high", number(p.value.high)},
                                  {"at_bound", p.at_bound}};
  json["correlation"] = fit.correlation;
  json["undetermined"] = ordered_json::array();
  for (const auto& open : fit.open) json["undetermined"].push_back(calibration::sentence(fit, open));
  json["warnings"] = ordered_json::array();
  for (const Warning& warning : calibration::warnings_of(fit))
    json["warnings"].push_back({{"code", warning.code}, {"text", warning.text}});
  fmt::print("{}\n", report::text_of(json));
}

void fit(const FitChoice& choice) {
  std::error_code error;
  if (!choice.card.empty()) {
    check_writable(choice.card);
    if (std::filesystem::exists(choice.card, error) && !choice.force)
      throw InvalidInput("{}: exists already; --force replaces it", choice.card);
  }
  ThreadPool threads(choice.threads);
  std::vector<calibration::Measurement> measurements;
  for (const std::string& argument : choice.data) {
    measurements.push_back(calibration::read_measurement(argument, threads));
    for (const std::string& input : {measurements.back().file, measurements.back().protocol.source})
      if (!choice.card.empty() && std::filesystem::equivalent(choice.card, input, error))
        throw InvalidInput("{}: is an input itself", choice.card);
  }
  const std::string name =
      choice.name.empty() ? std::filesystem::path(measurements.front().file).stem().string() : choice.name;
  naming("--name", [&] { record::check_device_name(name); });
  const std::string& stated = measurements.front().protocol.device;
  const std::string base = !choice.base.empty() ? choice.base : !stated.empty() ? stated : "fig3b";
  const auto found = calibration::fit_device(measurements, {.base = base, .parameters = choice.parameters}, threads);
  // Printed first: a fit that is no card is still what the user waited for.
  if (choice.json)
    print_fit_json(found);
  else
    print_fit(found);
  if (choice.card.empty()) return;
  const std::string text = naming(choice.card + ": not written", [&] {
    return record::device_card_text(calibration::card_of(found, measurements, base, name, threads));
  });
  write_file(choice.card, text);
}

void add_fit(CLI::App& device) {
  auto choice = std::make_shared<FitChoice>();
  auto* command =
      device.add_subcommand("fit", "the compact model fitted to measured pulses, retention, transfer curves");
  command->add_option("data", choice->data, "what was done and what was read: PROTOCOL.toml=READINGS.csv")
      ->required()
      ->type_name("DATA");
  command->add_option("--card", choice->card, "write the device card here (TOML)")->type_name("FILE");
  command->add_option("--name", choice->name, "the device's name on the card (the file's name otherwise)");
  command->add_option("--base", choice->base, "shipped device to begin with (the first protocol's, or fig3b)");
  command->add_option("--parameters", choice->parameters, "to fit, by name (docs/device.md); the rest is kept")
      ->delimiter(',');
  command->add_flag("--json", choice->json, "print the fit as JSON");
  command->add_option("--threads", choice->threads, "0: as many as the machine has cores")->capture_default_str();
  command->add_flag("--force", choice->force, "replace a card that exists");
  command->footer(
      "The readings are a CSV file with a column of conductances ('conductance_S', 'G [uS]') and a row for each "
      "reading of\n"
      "the protocol, as 'ecram device run' writes them; an empty cell is a reading that is missing. All protocols are "
      "of one\n"
      "device. No card is written of a fit that did not converge or about which the readings scatter by more than 50 "
      "%.\n\n"
      "Examples:\n"
      "  ecram device fit pulses.toml=pulses.csv --card device.toml\n"
      "  ecram device fit warm.toml=warm.csv cold.toml=cold.csv retention.toml=retention.csv --card device.toml");
  command->callback([choice] { fit(*choice); });
}

void add_run(CLI::App& device) {
  auto choice = std::make_shared<RunChoice>();
  auto* command = device.add_subcommand("run", "give a device, or a population, what a protocol says");
  command->add_option("protocol", choice->protocol, "TOML; docs/device-run.md")->required()->type_name("PROTOCOL");
  command->add_option("--model", choice->model, "compact, or full: slow, without chance, one device")
      ->capture_default_str();
  command->add_flag("--average", choice->average,
                    "full model: integrate few of an endurance's cycles, and tell the error");
  command->add_option("--device", choice->device, "a shipped device (the protocol's, or fig3b)")->type_name("NAME");
  command->add_option("--card", choice->card, "a device card with a compact model (ecram device fit)")
      ->type_name("CARD");
  command->add_option("--out", choice->out, "folder for readings.csv, run.h5, results.json and figure.svg")
      ->type_name("FOLDER");
  command->add_flag("--force", choice->force, "replace the results in a folder that exists");
  command->add_flag("--json", choice->json, "print the results as JSON");
  command->add_option("--seed", choice->seed, "of all chance (the protocol's)")->check(whole_number());
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
  command->add_option("--up-voltage", choice->up_voltage,
                      "of the pulses, \"1.5 V\", where the card does not know it (neurosim)");
  command->add_option("--down-voltage", choice->down_voltage, "\"-0.8 V\", below 0 (neurosim)");
  command->add_option("--up-width", choice->up_width, "\"0.5 s\" (neurosim)");
  command->add_option("--down-width", choice->down_width, "\"0.5 s\" (neurosim)");
  command->add_option("--read-voltage", choice->read_voltage, "\"0.1 V\" (neurosim, crosssim)");
  command->add_option("--temperature", choice->temperature, "\"300 K\", from 180 to 2000 K (ngspice; the card's)");
  command->add_flag("--force", choice->force, "replace a file that exists");
  command->footer(
      "docs/device-run.md says what becomes of each number. What a simulator's law cannot express is refused, and\n"
      "so is an option that the export has no place for.\n\n"
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
  add_fit(*command);
  add_export(*command);
}

}  // namespace ecram::commands
