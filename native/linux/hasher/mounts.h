// SPDX-License-Identifier: MIT
// What is mounted where, and which processes see it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kernelwire {

// A line of mountinfo, proc(5).
struct Mount {
  uint64_t id = 0;      // as statx(2) has it: STATX_MNT_ID
  uint32_t device = 0;  // as in file_identity
  std::string point;
  std::string type;        // of the file system
  uint64_t subvolume = 0;  // btrfs: the id of its root tree
};

// Whether another machine, or a program, answers for such a file system: it may not answer at all,
// and may say something else each time.
bool IsRemote(const std::string& type);
// The same by statfs(2)'s f_type.
bool IsRemote(uint32_t magic);

// `process`: "self" or a pid. Directories only: a mount on a file is no way to other files.
std::vector<Mount> ReadMounts(const std::string& process);

// The mounts of one mountinfo text; lines that make no sense are left out.
std::vector<Mount> ParseMounts(const std::string& mountinfo);

// Which processes live in which mount namespace, as of the first question.
class MountNamespaces {
 public:
  // The number of this process's own; 0 when it cannot be told.
  uint32_t Own();

  // A few processes that live there now.
  std::vector<pid_t> ProcessesIn(uint32_t mount_namespace);

 private:
  std::optional<uint32_t> own_;
  std::optional<std::map<uint32_t, std::vector<pid_t>>> processes_;
};

}  // namespace kernelwire
