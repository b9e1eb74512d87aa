// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ecram::record {

/// Does it begin as gzip does (RFC 1952)?
bool is_gzip(std::string_view bytes);

/// What was compressed, all members of the file one after the other. Its check sums (RFC 1952) are verified.
///
/// @param limit  bytes; more than these are not unpacked
/// @throws InvalidInput  if the stream is damaged, cut off, followed by something else, or unpacks to more than `limit`
std::string gunzip(std::string_view bytes, std::size_t limit);

}  // namespace ecram::record
