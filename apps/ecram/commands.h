// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

/// The program's subcommands: each adds itself, with its options and help, to the program's command line. One file
/// each, named after the subcommand; what it computes lives in the rooms.
namespace ecram::commands {

void add_hall(CLI::App& app);
void add_magnet(CLI::App& app);
void add_simulate(CLI::App& app);
void add_transport(CLI::App& app);
void add_pulses(CLI::App& app);
void add_card(CLI::App& app);
void add_device(CLI::App& app);
void add_data(CLI::App& app);
void add_train(CLI::App& app);
void add_crystal(CLI::App& app);
void add_dft(CLI::App& app);
void add_dft_defect(CLI::App& dft);
void add_dft_spectrum(CLI::App& dft);
void add_study(CLI::App& app);

}  // namespace ecram::commands
