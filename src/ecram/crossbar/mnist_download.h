// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "ecram/crossbar/mnist.h"

namespace ecram::crossbar {

/// The addresses under which MNIST's compressed files lie today; the first that answers is used.
extern const std::vector<std::string> mnist_mirrors;

/// Puts the files, compressed, into `folder` (made if need be). A file that is there and right is left alone. What a
/// broken connection leaves behind (NAME.gz.partial) is gone on with, by the next try or the next call. The content's
/// SHA-256 is checked before a file gets its name.
///
/// @param mirrors  addresses without the file's name, tried in turn
/// @param files    which files; `mnist_files` for all four
/// @return how many files were downloaded
/// @throws InvalidInput  if what came, or what stands in the folder under one of the names, does not match its SHA-256;
///                       a download that does not match is not kept
/// @throws Failure       if no mirror delivers
/// @throws Interrupted   on Ctrl-C; what came so far is kept to go on with
std::size_t download_mnist(const std::filesystem::path& folder, std::span<const std::string> mirrors,
                           std::span<const MnistFile> files);

}  // namespace ecram::crossbar
