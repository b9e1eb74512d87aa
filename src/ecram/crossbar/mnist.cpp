// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/mnist.h"

#include <cstdlib>
#include <system_error>

#include "ecram/core/errors.h"
#include "ecram/core/sha256.h"
#include "ecram/synthetic/digits.h"

namespace ecram::crossbar {
namespace fs = std::filesystem;

const std::array<MnistFile, 4> mnist_files{
    {{"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47040016},
     {"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60008},
     {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7840016},
     {"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10008}}};

namespace {

constexpr unsigned classes = 10;

// SHA-256 of the pixels followed by the labels, as `read_idx` returns them: to train on, to test on.
constexpr std::array<std::string_view, 2> mnist_pixels{
    "edc0d1098aa497be14ace79ddd5171e5a3dcf9c4d196c015389203eb3ba1f59b",
    "c3f9adf9c66efb572b1f9326c3a511b45910c7173b97be66ceceeeeaef6b802b"};

std::optional<fs::path> file_in(const fs::path& folder, std::string_view name) {
  std::error_code ignored;
  for (const char* ending : {"", ".gz"}) {
    fs::path path = folder / (std::string(name) + ending);
    if (fs::exists(path, ignored)) return path;
  }
  return {};
}

bool holds_any(const fs::path& folder) {
  for (const MnistFile& file : mnist_files)
    if (file_in(folder, file.name)) return true;
  return false;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here changes the environment
  return value != nullptr ? value : "";
}

std::string digest(const record::LabelledImages& images) {
  std::string bytes(images.pixels.begin(), images.pixels.end());
  bytes.append(images.labels.begin(), images.labels.end());
  return sha256(bytes);
}

}  // namespace

fs::path fetched_mnist_folder() {
  if (const std::string data = environment("XDG_DATA_HOME"); !data.empty()) return fs::path(data) / "ecramlab/mnist";
  if (const std::string home = environment("HOME"); !home.empty())
    return fs::path(home) / ".local/share/ecramlab/mnist";
  throw InvalidInput("neither XDG_DATA_HOME nor HOME is set; name the folder to use");
}

std::optional<fs::path> find_mnist() {
  std::vector<fs::path> folders;
  if (const std::string data = environment("ECRAM_DATA"); !data.empty()) folders.push_back(fs::path(data) / "mnist");
  folders.emplace_back("../shared/data/mnist");
  if (!environment("XDG_DATA_HOME").empty() || !environment("HOME").empty()) folders.push_back(fetched_mnist_folder());
  for (const fs::path& folder : folders)
    if (holds_any(folder)) return folder;
  return {};
}

Digits read_digits(const fs::path& given) {
  const fs::path folder = !holds_any(given) && holds_any(given / "mnist") ? given / "mnist" : given;
  std::array<fs::path, 4> paths;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto path = file_in(folder, mnist_files[i].name);
    if (!path) throw InvalidInput("{}: holds no {} (plain or .gz)", folder.string(), mnist_files[i].name);
    paths[i] = *path;
  }
  Digits digits{record::read_idx(paths[0], paths[1], classes), record::read_idx(paths[2], paths[3], classes), "",
                folder.string()};
  if (digits.test.rows != digits.training.rows || digits.test.columns != digits.training.columns)
    throw InvalidInput("{}: pictures of {} x {} pixels, but those to train on have {} x {}", paths[2].string(),
                       digits.test.rows, digits.test.columns, digits.training.rows, digits.training.columns);
  const bool mnist = digest(digits.training) == mnist_pixels[0] && digest(digits.test) == mnist_pixels[1];
  digits.name = mnist ? "MNIST" : "digits in " + folder.string() + " (not MNIST)";
  return digits;
}

Digits draw_digits() {
  constexpr std::uint64_t seed = 28;
  return {synthetic::drawn_digits(20000, seed, 0), synthetic::drawn_digits(5000, seed, 1), "drawn digits (not MNIST)",
          ""};
}

Digits find_digits(const fs::path& folder) {
  if (!folder.empty()) return read_digits(folder);
  const auto found = find_mnist();
  return found ? read_digits(*found) : draw_digits();
}

}  // namespace ecram::crossbar
