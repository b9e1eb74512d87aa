// SPDX-License-Identifier: Apache-2.0
#include "ecram/record/gzip.h"

#include <algorithm>
#include <limits>

#include <zlib.h>

#include "ecram/core/errors.h"

namespace ecram::record {
namespace {

/// zlib's state, freed with the object.
class Inflater {
 public:
  Inflater() {
    constexpr int gzip_with_largest_window = 15 + 16;
    if (inflateInit2(&stream, gzip_with_largest_window) != Z_OK) throw Failure("zlib could not be started");
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }

  z_stream stream{};
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view bytes, std::size_t limit) {
  Inflater inflater;
  z_stream& z = inflater.stream;
  std::string unpacked;
  std::string piece(std::size_t{1} << 18, '\0');
  int status = Z_OK;
  std::size_t used = 0;
  while (used < bytes.size()) {
    if (status == Z_STREAM_END) {
      if (!is_gzip(bytes.substr(used))) throw InvalidInput("something that is not gzip follows at byte {}", used);
      inflateReset(&z);
    }
    const auto given = static_cast<uInt>(std::min<std::size_t>(bytes.size() - used, std::numeric_limits<uInt>::max()));
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + used));
    z.avail_in = given;
    z.next_out = reinterpret_cast<Bytef*>(piece.data());
    z.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&z, Z_NO_FLUSH);
    used += given - z.avail_in;
    unpacked.append(piece, 0, piece.size() - z.avail_out);
    if (status != Z_OK && status != Z_STREAM_END)
      throw InvalidInput("damaged gzip at byte {}: {}", used, z.msg != nullptr ? z.msg : "the stream breaks off");
    if (unpacked.size() > limit) throw InvalidInput("unpacks to more than {} bytes", limit);
  }
  // What is left in zlib's window when all input is used comes out now.
  while (status == Z_OK) {
    z.next_out = reinterpret_cast<Bytef*>(piece.data());
    z.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&z, Z_NO_FLUSH);
    unpacked.append(piece, 0, piece.size() - z.avail_out);
    if (unpacked.size() > limit) throw InvalidInput("unpacks to more than {} bytes", limit);
  }
  if (status != Z_STREAM_END) throw InvalidInput("gzip breaks off after {} bytes", bytes.size());
  return unpacked;
}

}  // namespace ecram::record
