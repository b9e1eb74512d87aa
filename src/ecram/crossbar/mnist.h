// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ecram/record/idx.h"

namespace ecram::crossbar {

/// One of the four files of MNIST, and the SHA-256 of its content (uncompressed: how it was compressed differs between
/// those who pass it on).
struct MnistFile {
  std::string_view name;  ///< "train-images-idx3-ubyte"; compressed, with ".gz" behind it
  std::string_view sha256;
  std::size_t size;  ///< bytes, uncompressed
};

/// Pictures and labels to train on, then those to test on.
extern const std::array<MnistFile, 4> mnist_files;

/// Pictures of digits to train on and to test on.
struct Digits {
  record::LabelledImages training, test;
  std::string name;  ///< "MNIST", "digits in FOLDER (not MNIST)" or "drawn digits (not MNIST)": goes into every output
  std::string source;  ///< the folder; empty for drawn ones
};

/// Where to look for MNIST's files when the user has named no folder, the first of these that holds any: `mnist` in the
/// folder that the environment variable ECRAM_DATA names, in ../shared/data, and where `ecram data fetch mnist` puts it
/// (`fetched_mnist_folder`). Nothing if none does.
std::optional<std::filesystem::path> find_mnist();

/// ecramlab/mnist in XDG_DATA_HOME, or in ~/.local/share.
/// @throws InvalidInput  if neither XDG_DATA_HOME nor HOME is set
std::filesystem::path fetched_mnist_folder();

/// Reads the four files, each plain or with ".gz", from `folder` or `folder`/mnist. They are MNIST if their content is.
/// @throws InvalidInput  if one is not there, or as `record::read_idx`, or if the sizes of pictures differ
Digits read_digits(const std::filesystem::path& folder);

/// 20,000 and 5,000 drawn digits (`synthetic::drawn_digits`), the same ones always.
Digits draw_digits();

/// The digits in `folder`; if it is empty, those that `find_mnist` finds; if it finds none, drawn ones.
/// @throws InvalidInput  as `read_digits`
Digits find_digits(const std::filesystem::path& folder);

}  // namespace ecram::crossbar
