// SPDX-License-Identifier: Apache-2.0
#include "ecram/crossbar/mnist_download.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include <curl/curl.h>

#include "ecram/core/errors.h"
#include "ecram/core/files.h"
#include "ecram/core/interrupt.h"
#include "ecram/core/progress.h"
#include "ecram/core/sha256.h"
#include "ecram/record/gzip.h"

namespace ecram::crossbar {
namespace fs = std::filesystem;

const std::vector<std::string> mnist_mirrors{"https://ossci-datasets.s3.amazonaws.com/mnist",
                                             "https://storage.googleapis.com/cvdf-datasets/mnist"};

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct CloseConnection {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw Failure("libcurl could not be started");
}

// On a progress bar: bytes of this try come on top of those from before.
struct Watch {
  Progress bar;
  std::size_t before;
};

int look(void* watch, curl_off_t, curl_off_t now, curl_off_t, curl_off_t) {
  auto& w = *static_cast<Watch*>(watch);
  w.bar.update(w.before + static_cast<std::size_t>(now));
  return interrupt_requested() ? 1 : 0;  // not 0 ends the transfer
}

std::size_t size_of(const fs::path& path) {
  std::error_code missing;
  const auto size = fs::file_size(path, missing);
  return missing ? 0 : static_cast<std::size_t>(size);
}

/// Goes on with `partial` from `url`. @return why it did not come whole, empty if it did
std::string transfer(const std::string& url, const fs::path& partial, std::size_t about) {
  start_curl();
  const std::unique_ptr<CURL, CloseConnection> curl(curl_easy_init());
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(partial.c_str(), "ab"));
  if (!curl) throw Failure("libcurl could not be started");
  if (!file) throw InvalidInput("{}: cannot be written", partial.string());
  const std::size_t before = size_of(partial);
  Watch watch{Progress(fs::path(partial).stem().string(), std::max(about, before + 1)), before};

  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 15L);
  // A connection that stalls is a broken one.
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, 100L);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, 30L);
  curl_easy_setopt(curl.get(), CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(before));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, file.get());
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, look);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &watch);
  const CURLcode code = curl_easy_perform(curl.get());
  const bool flushed = std::fflush(file.get()) == 0;
  stop_if_interrupted();
  if (!flushed || code == CURLE_WRITE_ERROR) throw Failure("{}: cannot write, is the disk full?", partial.string());
  if (code == CURLE_OK) return "";
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (before > 0 && (code == CURLE_RANGE_ERROR || status == 416)) {
    // The server cannot go on where we stand: from the start, then.
    std::error_code ignored;
    fs::resize_file(partial, 0, ignored);
  }
  return status >= 400 ? fmt::format("the server answers {}", status) : curl_easy_strerror(code);
}

/// What stands in the way of the compressed bytes being this file; empty if nothing does.
std::string mismatch(std::string_view compressed, const MnistFile& file) {
  try {
    const std::string found = sha256(record::gunzip(compressed, file.size));
    return found == file.sha256 ? "" : fmt::format("its content has the SHA-256 {}, expected {}", found, file.sha256);
  } catch (const InvalidInput& e) {
    return e.what();
  }
}

enum class Outcome { done, broken, wrong };

/// One mirror, up to a few broken connections. `trouble` says what is the matter if it is not `done`.
Outcome fetch(const MnistFile& file, const fs::path& path, const std::string& mirror, std::string& trouble) {
  constexpr int tries = 5;
  const fs::path partial = path.string() + ".partial";
  const std::string url = fmt::format("{}/{}.gz", mirror, file.name);
  bool resumed = size_of(partial) > 0;
  for (int attempt = 0; attempt < tries; ++attempt) {
    const std::size_t before = size_of(partial);
    if (const std::string reason = transfer(url, partial, file.size / 5); !reason.empty()) {
      trouble = fmt::format("{}: {}", url, reason);
      // Nothing new came and nothing was thrown away: trying again at once would do no better.
      if (size_of(partial) == before) return Outcome::broken;
      continue;
    }
    {
      const MappedFile whole(partial);
      const std::string reason = mismatch(whole.text(), file);
      if (reason.empty()) {
        write_file(path, whole.text());
        fs::remove(partial);
        return Outcome::done;
      }
      trouble = fmt::format("{}: {}", url, reason);
    }
    fs::remove(partial);
    // The beginning may have come from elsewhere; the whole from here deserves one more try.
    if (!resumed) return Outcome::wrong;
    resumed = false;
  }
  return Outcome::broken;
}

}  // namespace

std::size_t download_mnist(const fs::path& folder, std::span<const std::string> mirrors,
                           std::span<const MnistFile> files) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw InvalidInput("{}: cannot be made: {}", folder.string(), error.message());
  std::size_t downloaded = 0;
  for (const MnistFile& file : files) {
    const fs::path path = folder / (std::string(file.name) + ".gz");
    if (fs::exists(path)) {
      const std::string reason = mismatch(MappedFile(path).text(), file);
      if (!reason.empty()) throw InvalidInput("{}: is not MNIST's: {}; move it away", path.string(), reason);
      continue;
    }
    Outcome outcome = Outcome::broken;
    std::string trouble = "no mirror is named", wrong;
    for (const std::string& mirror : mirrors) {
      outcome = fetch(file, path, mirror, trouble);
      if (outcome == Outcome::done) break;
      if (outcome == Outcome::wrong) wrong = trouble;
    }
    if (outcome == Outcome::done) {
      ++downloaded;
    } else if (!wrong.empty()) {
      throw InvalidInput("{}", wrong);
    } else {
      throw Failure("{}", trouble);
    }
  }
  return downloaded;
}

}  // namespace ecram::crossbar
