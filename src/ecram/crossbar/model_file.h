// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "ecram/crossbar/network.h"

namespace ecram::crossbar {

/// Writes networks into one HDF5 file, whole or not at all. For network t and layer l, counted from 1, the file holds
/// /training_t/layer_l/weights (inputs x outputs, 32-bit float) and /training_t/layer_l/biases (outputs); each
/// /training_t has the attribute `activation`, the file `format` and `version`. The same networks give the same bytes.
///
/// @throws InvalidInput, Failure  as `write_file`
void write_networks(const std::filesystem::path& path, std::span<const Network> networks);

/// Reads back what `write_networks` wrote.
/// @throws InvalidInput  if it is no such file, or its arrays do not fit together
std::vector<Network> read_networks(const std::filesystem::path& path);

}  // namespace ecram::crossbar
