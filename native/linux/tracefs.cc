// SPDX-License-Identifier: MIT
#include "linux/tracefs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace kernelwire {
namespace {

// include/uapi/linux/mount.h, which clashes with <sys/mount.h> in some versions of the C library.
constexpr unsigned kFsopenCloexec = 1;
constexpr unsigned kFsmountCloexec = 1;
constexpr unsigned kCreate = 6;  // FSCONFIG_CMD_CREATE

FileDescriptor OpenMounted(const char* path) {
  FileDescriptor root(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct statfs status;
  if (!root || fstatfs(root.get(), &status) != 0) return FileDescriptor();
  // An empty directory of sysfs where nothing is mounted.
  if (status.f_type != TRACEFS_MAGIC) return FileDescriptor();
  return root;
}

FileDescriptor OpenUnmounted() {
  const FileDescriptor context(static_cast<int>(syscall(SYS_fsopen, "tracefs", kFsopenCloexec)));
  if (!context) return FileDescriptor();
  if (syscall(SYS_fsconfig, context.get(), kCreate, nullptr, nullptr, 0) != 0)
    return FileDescriptor();
  return FileDescriptor(static_cast<int>(syscall(SYS_fsmount, context.get(), kFsmountCloexec, 0)));
}

}  // namespace

// Whoever looks below /sys/kernel/debug/tracing mounts it there (fs/tracefs/inode.c), so that comes
// last.
Tracefs::Tracefs() {
  root_ = OpenMounted("/sys/kernel/tracing");
  if (!root_) root_ = OpenUnmounted();
  if (root_) return;
  error_ = errno;
  root_ = OpenMounted("/sys/kernel/debug/tracing");
}

int Tracefs::FindId(const std::string& tracepoint, uint64_t* id, std::string* why) const {
  if (!root_) {
    *why = std::string("tracefs is not mounted, and cannot be opened without: ") + strerror(error_);
    return error_;
  }
  const FileDescriptor file(
      openat(root_.get(), ("events/" + tracepoint + "/id").c_str(), O_RDONLY | O_CLOEXEC));
  char text[32] = {};
  if (!file || read(file.get(), text, sizeof(text) - 1) <= 0) {
    const int error = errno;
    *why = "tracefs events/" + tracepoint + "/id: " + strerror(error);
    return error;
  }
  *id = strtoull(text, nullptr, 10);
  return 0;
}

}  // namespace kernelwire
