// SPDX-License-Identifier: MIT
#include "linux/proc_file.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>

#include "linux/file_descriptor.h"

namespace kernelwire {

std::string ReadProcFile(const std::string& path, size_t limit) {
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[16384];
  while (file && text.size() < limit) {
    const ssize_t count = read(file.get(), buffer, std::min(sizeof(buffer), limit - text.size()));
    if (count <= 0) break;
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

std::string ReadLink(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof(target));
  return length > 0 ? std::string(target, static_cast<size_t>(length)) : std::string();
}

bool IsInInitialPidNamespace() {
  // include/linux/proc_ns.h, PROC_PID_INIT_INO
  return ReadLink("/proc/self/ns/pid") == "pid:[4026531836]";
}

bool ProcHasInitialPids() {
  return IsInInitialPidNamespace() && ReadLink("/proc/self") == std::to_string(getpid());
}

}  // namespace kernelwire
