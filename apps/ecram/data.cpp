// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.h"
#include "ecram/crossbar/mnist_download.h"

namespace ecram::commands {
namespace {

struct FetchOptions {
  std::string what, to;
  std::vector<std::string> mirrors;
};

void fetch(const FetchOptions& options) {
  const std::filesystem::path folder =
      options.to.empty() ? crossbar::fetched_mnist_folder() : std::filesystem::path(options.to);
  const auto& mirrors = options.mirrors.empty() ? crossbar::mnist_mirrors : options.mirrors;
  const std::size_t fetched = crossbar::download_mnist(folder, mirrors, crossbar::mnist_files);
  fmt::print("MNIST is in {} ({} of 4 files downloaded now, all checked by SHA-256)\n", folder.string(), fetched);
}

}  // namespace

void add_data(CLI::App& app) {
  auto options = std::make_shared<FetchOptions>();
  CLI::App* data = app.add_subcommand("data", "public data sets that the program works on");
  data->require_subcommand(1);
  CLI::App* command = data->add_subcommand("fetch", "download a data set and check it");
  command->add_option("set", options->what, "which one: mnist")->required()->check(CLI::IsMember({"mnist"}));
  command->add_option("--to", options->to,
                      "folder to put it into (default: ecramlab/mnist in XDG_DATA_HOME or ~/.local/share, where 'ecram "
                      "train' looks)");
  command->add_option("--mirror", options->mirrors,
                      "address that holds the four .gz files, instead of the known ones; may be repeated");
  command->footer(
      "A broken download is gone on with by the next call. Each file's content is checked by its SHA-256.\n\n"
      "Examples:\n"
      "  ecram data fetch mnist\n"
      "  ecram data fetch mnist --to data/mnist --mirror https://example.org/mnist");
  command->callback([options] { fetch(*options); });
}

}  // namespace ecram::commands
