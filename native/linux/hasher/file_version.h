// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <array>
#include <cinttypes>
#include <cstdio>

namespace kernelwire {

// Three numbers of at most 20 characters, the blanks between them, and the end.
using FileVersion = std::array<char, 64>;

// Size and times of a file as a text: another one means that the file has changed.
inline FileVersion VersionOf(const struct statx& status) {
  const auto ns = [](const statx_timestamp& time) {
    return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
  };
  FileVersion version = {};
  snprintf(version.data(), version.size(), "%" PRIu64 " %" PRId64 " %" PRId64,
           static_cast<uint64_t>(status.stx_size), ns(status.stx_mtime), ns(status.stx_ctime));
  return version;
}

}  // namespace kernelwire
