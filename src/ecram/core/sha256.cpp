// SPDX-License-Identifier: Apache-2.0
#include "ecram/core/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "ecram/core/errors.h"

namespace ecram {

std::string sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1)
    throw Failure("libcrypto could not compute a SHA-256");
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace ecram
