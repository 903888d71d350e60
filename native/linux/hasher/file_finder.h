// SPDX-License-Identifier: MIT
// The very file that a record names, opened for reading: through the process that runs it, by its
// inode, or by its path, and in each case only if it still is what the record says.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "linux/file_descriptor.h"
#include "linux/hasher/mounts.h"
#include "linux/hasher/protocol.h"

namespace kernelwire {

struct FoundFile {
  FileError error = FileError::kNotFound;
  // That it is the record's follows only from the process: it runs it, and nobody can write to the
  // file of a program that runs.
  bool is_of_image = false;
  FileDescriptor file;
  struct statx status = {};
};

// Whether what was found is the same now, when it was read to its end.
FileError IsStillTheFile(const HashRequest& request, const FoundFile& found);

// Whether the kernel lets nobody write to the file of a program that runs (ETXTBSY). Linux 6.11 and
// the first of 6.12 do.
bool ProtectsRunningFiles();

// What it learns of mounts and processes it does not ask again.
class FileFinder {
 public:
  // `entering`: called before each step that a file system may keep waiting, with the device on
  // which that is most likely.
  explicit FileFinder(std::function<void(uint32_t device)> entering)
      : entering_(std::move(entering)) {}

  FoundFile Find(const HashRequest& request);

 private:
  struct Search;
  using Mounts = std::vector<Mount>;

  void ThroughProcess(Search* search);
  void ByHandle(Search* search);
  void ByPath(Search* search);
  void ByHandleBelow(Search* search, const std::string& root, const Mounts& mounts);
  void BySuffixes(Search* search);
  void TryPath(Search* search, const std::string& root, const std::string& below,
               const std::string& path, const Mounts& mounts, bool is_its_place);
  // False: the way there leads through a file system that is left alone.
  bool MayWalk(const Search& search, const std::string& path, const Mounts& mounts);
  const Mounts& OwnMounts();

  const std::function<void(uint32_t device)> entering_;
  std::optional<bool> has_initial_pids_;
  std::optional<Mounts> mounts_;
  MountNamespaces namespaces_;
};

}  // namespace kernelwire
