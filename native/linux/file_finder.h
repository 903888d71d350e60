// SPDX-License-Identifier: MIT
// The very file that a record names, opened for reading: through the process that runs it, by its
// inode, or by its path, and in each case only if it still is what the record says.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linux/file_descriptor.h"
#include "linux/kernel_types.h"
#include "linux/mounts.h"

namespace kernelwire {

// The numbers of the ERROR field (docs/events.md).
enum class FileError {
  kNone = 0,
  kNotFound = 2,
  kDenied = 5,
  kReadFault = 30,
  kTooLarge = 223,
  kChanged = 1006,
};

struct FileWish {
  file_identity identity = {};
  uint32_t pid = 0;  // who has it open, with `link`
  uint64_t start_boot_ns = 0;
  std::string link;  // below /proc/PID, "exe"; empty: none
  std::string path;  // in the mount namespace of the identity; empty: not known exactly
};

struct FoundFile {
  FileError error = FileError::kNotFound;
  FileDescriptor file;
  struct statx status = {};
};

// For the wishes of one moment: what it learns of mounts and processes it does not ask again.
class FileFinder {
 public:
  explicit FileFinder(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  FoundFile Find(const FileWish& wish);

 private:
  struct Search;

  void ThroughProcess(Search* search);
  void ByHandle(Search* search);
  void ByPath(Search* search);
  void ByHandleBelow(Search* search, const std::string& root, const std::vector<Mount>& mounts);
  void BySuffixes(Search* search);

  const uint64_t limit_bytes_;
  std::optional<bool> has_initial_pids_;
  std::optional<std::vector<Mount>> mounts_;
  MountNamespaces namespaces_;
};

}  // namespace kernelwire
