// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.h"
#include "ecram/record/device_card.h"
#include "ecram/report/format.h"

namespace ecram::commands {
namespace {

constexpr const char* card_examples = R"(docs/device-card.md explains each key of a card.

Examples:
  ecram pulses device.csv --card device.toml
  ecram card show device.toml
  ecram card check device.toml      exit status 2 and one line if it cannot be used)";

std::string text(const Estimate& e, const std::string& unit = {}) {
  if (!e.known()) return std::string(report::not_there);
  return unit == "S" ? report::with_prefix(e, unit) : report::with_uncertainty(e);
}

void show(const std::string& path) {
  const record::DeviceCard card = record::read_device_card(path);
  const std::string unit = card.conductance_unit == "S" ? "S" : "";
  fmt::print("{}   {} law, conductance in {}\nmade by {}\n", card.device, card.law,
             unit.empty() ? "arbitrary units" : "siemens", card.program);
  for (const auto& source : card.sources)
    fmt::print("from {} ({}, SHA-256 {}...)\n", source.file, source.layout, source.sha256.substr(0, 12));
  fmt::print("\n  window            {} to {}, on/off {}\n", text(card.gmin, unit), text(card.gmax, unit),
             text(card.on_off));
  for (const auto& [name, d] : {std::pair{"potentiation", &card.potentiation}, {"depression", &card.depression}})
    if (*d)
      fmt::print("  {:<17} label {}, A {}, {} pulses, {} noise{}\n", name, text((*d)->nonlinearity), text((*d)->a),
                 (*d)->pulses, (*d)->noise_model, (*d)->described ? "" : "; the law does not hold");
  fmt::print("  asymmetry         {}\n  symmetry point    {}\n", text(card.asymmetry), text(card.symmetry_point, unit));
  fmt::print("  cycle to cycle    {} of the window a step, {} of the mean step ({} cycles)\n",
             text(card.step_over_window), text(card.step_over_mean_step), card.cycles);
  if (card.devices > 0)
    fmt::print("  device to device  {} at a mean of {} ({} devices)\n", text(card.device_worst_spread),
               text(card.device_worst_mean), card.devices);
  for (const auto& w : card.warnings) fmt::print("  warning {}: {}\n", w.code, w.text);
}

}  // namespace

void add_card(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  auto* command = app.add_subcommand("card", "device cards: show one, or check that it can be used");
  command->require_subcommand(1);
  command->footer(card_examples);
  auto* show_command = command->add_subcommand("show", "what the card says");
  show_command->add_option("card", *path, "a device card")->required()->type_name("CARD");
  show_command->footer("Example:\n  ecram card show device.toml");
  show_command->callback([path] { show(*path); });
  auto* check_command =
      command->add_subcommand("check", "is it whole, unchanged and of a version that this ecram knows?");
  check_command->add_option("card", *path, "a device card")->required()->type_name("CARD");
  check_command->footer("Example:\n  ecram card check device.toml");
  check_command->callback([path] {
    record::read_device_card(*path);
    fmt::print("{}: a device card of version {}, whole and unchanged\n", *path, record::device_card_version);
  });
}

}  // namespace ecram::commands
