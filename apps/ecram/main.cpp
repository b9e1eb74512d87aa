// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.h"
#include "ecram/core/errors.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/nearest.h"
#include "ecram/core/version.h"

namespace {

enum ExitStatus { bad_input = 2, failed = 3, interrupted = 130 };

int complain(const std::string& what, int status) {
  // One line, whatever a library put into its text.
  std::string line = what.substr(0, what.find_last_not_of('\n') + 1);
  for (char& c : line)
    if (c == '\n') c = ' ';
  // Not fmt::print: it throws where standard error is closed.
  std::fputs(fmt::format("ecram: {}\n", line).c_str(), stderr);
  return status;
}

/// Results that did not reach standard output are lost: that is no success.
int finish() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  return complain(fmt::format("standard output cannot be written: {}", std::strerror(errno)), bad_input);
}

/// CLI11 only says that a subcommand is missing.
void refuse_unknown_subcommand(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string_view> known;
  const CLI::App* next = nullptr;
  // A group of options is a subcommand without a name to CLI11.
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* c) { return !c->get_name().empty(); })) {
    known.push_back(command->get_name());
    if (command->get_name() == argv[1]) next = command;
  }
  if (known.empty()) return;
  if (next == nullptr) throw ecram::InvalidInput("no subcommand '{}'{}", argv[1], ecram::did_you_mean(argv[1], known));
  refuse_unknown_subcommand(*next, argc - 1, argv + 1);
}

/// CLI11's text, where it has one that helps: it neither names the option nearest to a misspelt one nor puts a limit
/// that is no limit into words.
std::string explained(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  std::string help = app.get_name();
  for (const CLI::App* part = command; part != &app; part = part->get_parent())
    help.insert(app.get_name().size(), " " + part->get_name());
  std::string text = error.what();
  if (const auto endless = text.find(" not in range "); endless != std::string::npos && text.size() > endless + 200)
    text = text.substr(0, endless) + " is out of range: negative, or zero where there must be some";
  if (const auto dash = text.find(" -"); text.starts_with("The following argument") && dash != std::string::npos) {
    const std::string extra = text.substr(dash + 1, text.find(' ', dash + 1) - dash - 1);
    std::vector<std::string> names;
    const auto add = [&](const CLI::App& part) {
      for (const CLI::Option* option : part.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    };
    add(*command);
    // A group of options is a subcommand without a name to CLI11.
    for (const CLI::App* group :
         command->get_subcommands([](const CLI::App* part) { return part->get_name().empty(); }))
      add(*group);
    const std::vector<std::string_view> known(names.begin(), names.end());
    text = fmt::format("no option '{}'{}", extra, ecram::did_you_mean(extra, known));
  }
  return fmt::format("{} ('{} --help' lists what there is)", text, help);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"ecramlab: electrochemical memory, from the Hall bar to the trained network", "ecram"};
  app.set_version_flag("--version", fmt::format("ecram {} (commit {})", ecram::version(), ecram::commit()));
  app.require_subcommand(1);
  app.footer("Exit status: 0 done, 2 bad input, 3 an instrument, an engine or the machine failed, 130 interrupted.");

  ecram::commands::add_hall(app);
  ecram::commands::add_magnet(app);
  ecram::commands::add_simulate(app);
  ecram::commands::add_transport(app);
  ecram::commands::add_pulses(app);
  ecram::commands::add_card(app);
  ecram::commands::add_device(app);
  ecram::commands::add_train(app);
  ecram::commands::add_data(app);
  ecram::commands::add_crystal(app);
  ecram::commands::add_dft(app);
  ecram::commands::add_study(app);

  try {
    refuse_unknown_subcommand(app, argc, argv);
    ecram::watch_for_interrupt();
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    app.exit(e);
  } catch (const CLI::CallForAllHelp& e) {
    app.exit(e);
  } catch (const CLI::CallForVersion& e) {
    app.exit(e);
  } catch (const CLI::ParseError& e) {
    return complain(explained(app, e), bad_input);
  } catch (const ecram::InvalidInput& e) {
    return complain(e.what(), bad_input);
  } catch (const ecram::Interrupted&) {
    return complain("interrupted", interrupted);
  } catch (const ecram::Failure& e) {
    return complain(e.what(), failed);
  } catch (const std::bad_alloc&) {
    return complain("out of memory", failed);
  } catch (const std::system_error& e) {
    if (e.code().value() == EPIPE) return 0;  // the reader has seen enough
    if (std::ferror(stdout) != 0)
      return complain(fmt::format("standard output cannot be written: {}", e.code().message()), bad_input);
    return complain(fmt::format("the system refused: {}", e.code().message()), failed);
  } catch (const std::exception& e) {
    return complain(fmt::format("a fault in ecram itself, please report it: {}", e.what()), failed);
  }
  return finish();
}
