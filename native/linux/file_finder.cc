// SPDX-License-Identifier: MIT
#include "linux/file_finder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "linux/proc_rows.h"

namespace kernelwire {
namespace {

// include/uapi/linux/magic.h, fs/xfs/libxfs/xfs_format.h
constexpr uint32_t kExt = 0xef53;
constexpr uint32_t kXfs = 0x58465342;
constexpr uint32_t kBtrfs = 0x9123683e;
constexpr uint32_t kOverlay = 0x794c7630;

// Mounts of one file system that are tried, and directories that a foreign path may begin with.
constexpr size_t kMountsTried = 8;
constexpr size_t kSuffixesTried = 16;

// Of a file that is known to be a regular one: nothing waits for a writer, nothing is changed.
FileDescriptor OpenToRead(const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  FileDescriptor file(open(path.c_str(), kFlags | O_NOATIME));
  if (!file && errno == EPERM) file = FileDescriptor(open(path.c_str(), kFlags));
  return file;
}

uint64_t Ns(const statx_timestamp& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000000000u + time.tv_nsec;
}

bool Status(const FileDescriptor& file, struct statx* status) {
  return statx(file.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, status) == 0 &&
         S_ISREG(status->stx_mode);
}

bool HasContent(const file_identity& identity, const struct statx& status) {
  // An overlay shows the number of the file below, which need not be that of its own inode.
  const bool has_inode = identity.magic == kOverlay || status.stx_ino == identity.inode;
  return has_inode && status.stx_size == identity.size && Ns(status.stx_mtime) == identity.mtime_ns;
}

bool IsSame(const file_identity& identity, const struct statx& status) {
  return HasContent(identity, status) && Ns(status.stx_ctime) == identity.ctime_ns;
}

// proc(5): field 22 of /proc/PID/stat, in ticks; the name before may hold any character.
bool StartedAt(uint32_t pid, uint64_t start_boot_ns) {
  const std::string stat = ReadProcFile("/proc/" + std::to_string(pid) + "/stat", 4096);
  const size_t after_name = stat.rfind(')');
  unsigned long long ticks;
  if (after_name == std::string::npos) return false;
  const int fields = sscanf(stat.c_str() + after_name + 1,
                            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                            "%*d %*d %llu",
                            &ticks);
  return fields == 1 &&
         ticks == start_boot_ns / (1000000000u / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
}

// The kernel's file handles, as name_to_handle_at(2) would have given them while the file had a
// name.
struct Handle {
  struct file_handle header = {};
  unsigned char bytes[24] = {};

  template <typename Value>
  void Add(Value value) {
    memcpy(bytes + header.handle_bytes, &value, sizeof(value));
    header.handle_bytes += sizeof(value);
  }
};

bool MakeHandle(const file_identity& identity, const Mount& mount, Handle* handle) {
  switch (identity.magic) {
    case kExt:  // fs/libfs.c, generic_encode_ino32_fh: FILEID_INO32_GEN
      if (identity.inode > UINT32_MAX) return false;
      handle->header.handle_type = 1;
      handle->Add(static_cast<uint32_t>(identity.inode));
      handle->Add(identity.generation);
      return true;
    case kXfs:  // fs/xfs/xfs_export.h: FILEID_INO32_GEN | XFS_FILEID_TYPE_64FLAG
      handle->header.handle_type = 0x81;
      handle->Add(identity.inode);
      handle->Add(identity.generation);
      return true;
    case kBtrfs:  // fs/btrfs/export.h: FILEID_BTRFS_WITHOUT_PARENT
      if (mount.subvolume == 0) return false;
      handle->header.handle_type = 0x4d;
      handle->Add(identity.inode);
      handle->Add(mount.subvolume);
      handle->Add(identity.generation);
      return true;
    default:  // tmpfs finds only what was asked for by name before; an overlay has none of its own
      return false;
  }
}

FileDescriptor OpenRoot(const std::string& path) {
  return FileDescriptor(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// Looks without opening: what is there by now may be a pipe or a device, where opening has effects.
FileDescriptor LookUp(const FileDescriptor& root, const char* path) {
  open_how how = {};
  how.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return FileDescriptor(
      static_cast<int>(syscall(SYS_openat2, root.get(), path, &how, sizeof(how))));
}

}  // namespace

// One wish: what came of it so far. Once it is settled, nothing more is tried.
struct FileFinder::Search {
  const FileWish& wish;
  FoundFile found;
  bool is_settled = false;

  explicit Search(const FileWish& wanted) : wish(wanted) {}

  void Settle(FileDescriptor file, const struct statx& status) {
    found.error = FileError::kNone;
    found.file = std::move(file);
    found.status = status;
    is_settled = true;
  }

  // Another file in its place says more than a refusal, a refusal more than nothing.
  void Fail(FileError error) {
    if (found.error == FileError::kNotFound || error == FileError::kChanged) found.error = error;
  }

  void FailWith(int error) {
    if (error == EACCES || error == EPERM)
      Fail(FileError::kDenied);
    else if (error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO)
      Fail(FileError::kReadFault);
  }

  // `is_its_place`: another file there has taken the place of this one.
  void TryPath(const FileDescriptor& root, const char* path, bool is_its_place) {
    struct statx status;
    const FileDescriptor place = LookUp(root, path);
    if (!place) {
      if (is_its_place) FailWith(errno);
      return;
    }
    if (!Status(place, &status) || !IsSame(wish.identity, status)) {
      if (is_its_place) Fail(FileError::kChanged);
      return;
    }
    FileDescriptor file = OpenToRead("/proc/self/fd/" + std::to_string(place.get()));
    if (file)
      Settle(std::move(file), status);
    else
      FailWith(errno);
  }
};

FoundFile FileFinder::Find(const FileWish& wish) {
  Search search(wish);
  ThroughProcess(&search);
  if (!search.is_settled) ByHandle(&search);
  if (!search.is_settled) ByPath(&search);
  if (search.is_settled && search.found.status.stx_size > limit_bytes_) {
    search.found.error = FileError::kTooLarge;
    search.found.file.Close();
  }
  return std::move(search.found);
}

void FileFinder::ThroughProcess(Search* search) {
  const FileWish& wish = search->wish;
  if (!has_initial_pids_) has_initial_pids_ = ProcHasInitialPids();
  if (!*has_initial_pids_ || wish.pid == 0 || wish.link.empty()) return;

  struct statx status;
  FileDescriptor file = OpenToRead("/proc/" + std::to_string(wish.pid) + "/" + wish.link);
  if (!file) return search->FailWith(errno);
  // The number may be another process's by now: asked after opening, that would show.
  if (!Status(file, &status) || !StartedAt(wish.pid, wish.start_boot_ns)) return;
  // While a program runs its file cannot be written to (ETXTBSY): to be removed or renamed, which
  // ctime tells too, has not changed it.
  const bool is_same =
      wish.link == "exe" ? HasContent(wish.identity, status) : IsSame(wish.identity, status);
  if (is_same) search->Settle(std::move(file), status);
}

void FileFinder::ByHandle(Search* search) {
  const file_identity& identity = search->wish.identity;
  if (!mounts_) mounts_ = ReadMounts("self");
  ByHandleBelow(search, "", *mounts_);
  if (search->is_settled || identity.mount_namespace == namespaces_.Own()) return;
  for (const pid_t pid : namespaces_.ProcessesIn(identity.mount_namespace)) {
    const std::string process = std::to_string(pid);
    ByHandleBelow(search, "/proc/" + process + "/root", ReadMounts(process));
    if (search->is_settled) return;
  }
}

void FileFinder::ByHandleBelow(Search* search, const std::string& root,
                               const std::vector<Mount>& mounts) {
  const file_identity& identity = search->wish.identity;
  size_t tried = 0;
  for (const Mount& mount : mounts) {
    Handle handle;
    if (mount.device != identity.device || !MakeHandle(identity, mount, &handle)) continue;
    if (tried++ == kMountsTried) return;
    const FileDescriptor point(
        open((root + mount.point).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
    if (!point) continue;

    constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    struct statx status;
    FileDescriptor file(open_by_handle_at(point.get(), &handle.header, kFlags | O_NOATIME));
    if (!file || !Status(file, &status)) continue;
    if (IsSame(identity, status)) return search->Settle(std::move(file), status);
    search->Fail(FileError::kChanged);
  }
}

void FileFinder::ByPath(Search* search) {
  const FileWish& wish = search->wish;
  const uint32_t mount_namespace = wish.identity.mount_namespace;
  if (wish.path.empty() || wish.path[0] != '/') return;
  if (mount_namespace == 0 || mount_namespace == namespaces_.Own())
    return search->TryPath(OpenRoot("/"), wish.path.c_str(), true);
  for (const pid_t pid : namespaces_.ProcessesIn(mount_namespace)) {
    // A process may have changed its root: what its path does not lead to there says nothing.
    search->TryPath(OpenRoot("/proc/" + std::to_string(pid) + "/root"), wish.path.c_str(), false);
    if (search->is_settled) return;
  }
  BySuffixes(search);
}

// No process lives there any more, but what was mounted there may be mounted here as well, as the
// root of a container is: the path, without the directories that led to the mount there.
void FileFinder::BySuffixes(Search* search) {
  const std::string& path = search->wish.path;
  if (!mounts_) mounts_ = ReadMounts("self");
  size_t tried = 0;
  for (const Mount& mount : *mounts_) {
    if (mount.device != search->wish.identity.device) continue;
    if (tried++ == kMountsTried) return;
    const FileDescriptor root = OpenRoot(mount.point);
    size_t at = 0;
    for (size_t cut = 0; root && cut < kSuffixesTried && at != std::string::npos; cut++) {
      search->TryPath(root, path.c_str() + at, false);
      if (search->is_settled) return;
      at = path.find('/', at + 1);
    }
  }
}

}  // namespace kernelwire
