// SPDX-License-Identifier: MIT
// What the addon and the program that hashes for it say to each other, on a SOCK_SEQPACKET pair:
// one message for each file, and one for each answer. Both are of one build.
#pragma once

#include <cstddef>
#include <cstdint>

#include "digest/digester.h"
#include "linux/kernel_types.h"

namespace kernelwire {

// The numbers of the ERROR field (docs/events.md).
enum class FileError : uint32_t {
  kNone = 0,
  kNotFound = 2,
  kDenied = 5,
  kReadFault = 30,
  kElsewhere = 65,
  kTooLarge = 223,
  kChanged = 1006,
  kNoResources = 1450,
  kTimeout = 1460,
};

struct HashRequest {
  uint32_t id;
  uint32_t uid;  // on whose behalf: users take turns
  file_identity identity;
  uint64_t start_boot_ns;
  uint64_t limit_bytes;
  uint64_t bytes_per_second;  // of each user
  uint32_t pid;
  uint8_t is_executed;    // by `pid`, else mapped
  uint8_t allows_remote;  // file systems of other machines and of programs too
  uint8_t is_doubtful;    // it may have changed since, and its times would not tell
  uint8_t reserved;
  uint16_t path_length;
  char path[PATH_LIMIT];  // in the mount namespace of the identity; empty: not known exactly

  static const size_t kFixedBytes;
};
inline constexpr size_t HashRequest::kFixedBytes = offsetof(HashRequest, path);

struct HashAnswer {
  uint32_t id;
  FileError error;
  uint8_t has_status;  // the four below
  uint8_t has_creation;
  uint8_t has_digests;
  uint8_t is_of_image;  // it is the right file only if the process still ran the same image
  uint8_t reserved[4];
  uint64_t size;
  int64_t creation_ms;  // since 1970
  int64_t modification_ms;
  int64_t access_ms;
  Digests digests;
};

// The descriptor of its end that the program finds when it starts.
constexpr int kHasherSocket = 0;
// Files that may be asked for and not answered yet.
constexpr size_t kHasherCapacity = 128;

}  // namespace kernelwire
