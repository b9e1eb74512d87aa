// SPDX-License-Identifier: Apache-2.0
#include "outputs.h"

#include <filesystem>
#include <system_error>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"

namespace ecram::commands {

void check_outputs(std::span<const std::string> outputs, std::span<const std::string> inputs, bool force) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string& path = outputs[i];
    if (path.empty()) continue;
    check_writable(path);
    for (const std::string& input : inputs)
      if (fs::equivalent(path, input, error)) throw InvalidInput("{}: is an input itself; expected another name", path);
    for (const std::string& other : outputs.first(i))
      if (path == other || fs::equivalent(path, other, error))
        throw InvalidInput("{}: two outputs cannot be one file", path);
    if (fs::exists(path, error) && !force) throw InvalidInput("{}: exists already; --force replaces it", path);
  }
}

}  // namespace ecram::commands
