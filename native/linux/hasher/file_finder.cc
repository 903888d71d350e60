// SPDX-License-Identifier: MIT
#include "linux/hasher/file_finder.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "linux/hasher/file_version.h"
#include "linux/proc_file.h"

namespace kernelwire {
namespace {

// include/uapi/linux/magic.h, fs/xfs/libxfs/xfs_format.h
constexpr uint32_t kExt = 0xef53;
constexpr uint32_t kXfs = 0x58465342;
constexpr uint32_t kBtrfs = 0x9123683e;
constexpr uint32_t kOverlay = 0x794c7630;
constexpr uint32_t kTmpfs = 0x01021994;
constexpr uint32_t kRamfs = 0x858458f6;
constexpr uint32_t kHugetlbfs = 0x958458f6;

// Mounts of one file system that are tried, and directories that a foreign path may begin with.
constexpr size_t kMountsTried = 8;
constexpr size_t kSuffixesTried = 16;

// The file behind a descriptor that was only looked at; it is known to be a regular one, so nothing
// waits for a writer, and nothing is changed.
FileDescriptor OpenToRead(const FileDescriptor& place) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const std::string path = "/proc/self/fd/" + std::to_string(place.get());
  FileDescriptor file(open(path.c_str(), kFlags | O_NOATIME));
  if (!file && errno == EPERM) file = FileDescriptor(open(path.c_str(), kFlags));
  return file;
}

uint64_t Ns(const statx_timestamp& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000000000u + time.tv_nsec;
}

bool Status(const FileDescriptor& file, struct statx* status) {
  constexpr unsigned kAsked = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;
  return statx(file.get(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, kAsked, status) == 0 &&
         S_ISREG(status->stx_mode);
}

// Whether it lies on the record's device. Nothing is asked of a file system that may not answer.
bool IsOnDevice(const file_identity& identity, const struct statx& status,
                const std::vector<Mount>& mounts) {
  if ((status.stx_dev_major << 20 | status.stx_dev_minor) == identity.device) return true;
  // They show other devices than they are mounted with: of a layer, of a subvolume.
  if (identity.magic != kOverlay && identity.magic != kBtrfs) return false;
  return std::any_of(mounts.begin(), mounts.end(), [&](const Mount& mount) {
    return mount.id == status.stx_mnt_id && mount.device == identity.device;
  });
}

bool HasContent(const file_identity& identity, const struct statx& status) {
  // An overlay shows the number of the file below, which need not be that of its own inode.
  const bool has_inode = identity.magic == kOverlay || status.stx_ino == identity.inode;
  return has_inode && status.stx_size == identity.size && Ns(status.stx_mtime) == identity.mtime_ns;
}

bool IsSame(const file_identity& identity, const struct statx& status) {
  return HasContent(identity, status) && Ns(status.stx_ctime) == identity.ctime_ns;
}

// Such a file system never makes a page of a mapping read-only again, and so does not see what is
// written through one: the times stay (mm/mmap.c, vma_wants_writenotify).
bool IsInMemory(const file_identity& identity) {
  return identity.magic == kTmpfs || identity.magic == kRamfs || identity.magic == kHugetlbfs;
}

bool IsRootsAlone(const struct statx& status) {
  return status.stx_uid == 0 && (status.stx_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// Two files that had one inode number after the other differ in it.
bool IsOfGeneration(const file_identity& identity, const FileDescriptor& file) {
  if (identity.magic != kExt && identity.magic != kXfs && identity.magic != kBtrfs) return true;
  // The kernel writes an int, whatever the request's name says (fs/ext4/ioctl.c).
  uint32_t generation;
  return ioctl(file.get(), FS_IOC_GETVERSION, &generation) != 0 ||
         generation == identity.generation;
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

bool IsBelow(const std::string& path, const std::string& point) {
  if (point == "/" || path.size() == point.size()) return point == "/" || path == point;
  return path.size() > point.size() && path[point.size()] == '/' && path.rfind(point, 0) == 0;
}

FileDescriptor LookAtProgram(const HashRequest& request) {
  const std::string link = "/proc/" + std::to_string(request.pid) + "/exe";
  return FileDescriptor(open(link.c_str(), O_PATH | O_CLOEXEC));
}

bool StillRuns(const HashRequest& request, const FoundFile& found) {
  struct statx status;
  const FileDescriptor place = LookAtProgram(request);
  return place && Status(place, &status) && StartedAt(request.pid, request.start_boot_ns) &&
         status.stx_ino == found.status.stx_ino &&
         status.stx_dev_major == found.status.stx_dev_major &&
         status.stx_dev_minor == found.status.stx_dev_minor;
}

}  // namespace

bool ProtectsRunningFiles() {
  static const bool protects = [] {
    const FileDescriptor own(open("/proc/self/exe", O_WRONLY | O_CLOEXEC));
    if (own) return false;
    if (errno == ETXTBSY) return true;
    // A file system that nobody can write to says nothing of others.
    utsname system;
    return uname(&system) == 0 && strncmp(system.release, "6.11.", 5) != 0 &&
           strncmp(system.release, "6.12.", 5) != 0;
  }();
  return protects;
}

FileError IsStillTheFile(const HashRequest& request, const FoundFile& found) {
  struct statx status;
  if (!Status(found.file, &status)) return FileError::kReadFault;
  if (found.is_of_image && !StillRuns(request, found)) return FileError::kChanged;
  return VersionOf(status) == VersionOf(found.status) ? FileError::kNone : FileError::kChanged;
}

// One request: what came of it so far. Once it is settled, nothing more is tried.
struct FileFinder::Search {
  const HashRequest& request;
  const file_identity& identity;
  const std::string path;
  FoundFile found;
  bool is_settled = false;

  explicit Search(const HashRequest& wanted)
      : request(wanted),
        identity(wanted.identity),
        path(wanted.path, std::min<size_t>(wanted.path_length, sizeof(wanted.path))) {}

  // What `place` shows is the record's file: opens it.
  void Open(const FileDescriptor& place, const struct statx& status, bool is_of_image) {
    const bool is_sure = !request.is_doubtful && (!IsInMemory(identity) || IsRootsAlone(status));
    if (!is_sure && !is_of_image) return Fail(FileError::kChanged);
    if (status.stx_size > request.limit_bytes) return Settle(FileError::kTooLarge, status);
    FileDescriptor file = OpenToRead(place);
    if (!file) return FailWith(errno);
    if (!IsOfGeneration(identity, file)) return Fail(FileError::kChanged);
    found.file = std::move(file);
    found.is_of_image = is_of_image;
    Settle(FileError::kNone, status);
  }

  void Settle(FileError error, const struct statx& status) {
    found.error = error;
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
    else if (error == EMFILE || error == ENFILE || error == ENOMEM)
      Fail(FileError::kNoResources);
    else if (error == EIO)
      Fail(FileError::kReadFault);
  }
};

FoundFile FileFinder::Find(const HashRequest& request) {
  Search search(request);
  if (!request.allows_remote && IsRemote(request.identity.magic)) {
    search.found.error = FileError::kElsewhere;
    return std::move(search.found);
  }
  ThroughProcess(&search);
  if (!search.is_settled) ByHandle(&search);
  if (!search.is_settled) ByPath(&search);
  return std::move(search.found);
}

const FileFinder::Mounts& FileFinder::OwnMounts() {
  if (!mounts_) mounts_ = ReadMounts("self");
  return *mounts_;
}

void FileFinder::ThroughProcess(Search* search) {
  const HashRequest& request = search->request;
  if (!has_initial_pids_) has_initial_pids_ = ProcHasInitialPids();
  if (!*has_initial_pids_ || request.pid == 0 || !request.is_executed) return;

  struct statx status;
  const std::string process = std::to_string(request.pid);
  entering_(search->identity.device);
  const FileDescriptor place = LookAtProgram(request);
  if (!place) return search->FailWith(errno);
  // The number may be another process's by now: asked after opening, that would show.
  if (!Status(place, &status) || !StartedAt(request.pid, request.start_boot_ns)) return;
  if (!HasContent(search->identity, status) ||
      !IsOnDevice(search->identity, status, ReadMounts(process)))
    return;
  // While a program runs its file cannot be written to (ETXTBSY): to be removed or renamed, which
  // ctime tells too, has not changed it.
  const bool is_of_image = request.is_doubtful || !IsSame(search->identity, status) ||
                           (IsInMemory(search->identity) && !IsRootsAlone(status));
  if (is_of_image && !ProtectsRunningFiles()) return search->Fail(FileError::kChanged);
  search->Open(place, status, is_of_image);
}

void FileFinder::ByHandle(Search* search) {
  const uint32_t mount_namespace = search->identity.mount_namespace;
  ByHandleBelow(search, "", OwnMounts());
  if (search->is_settled || mount_namespace == namespaces_.Own()) return;
  for (const pid_t pid : namespaces_.ProcessesIn(mount_namespace)) {
    const std::string process = std::to_string(pid);
    ByHandleBelow(search, "/proc/" + process + "/root", ReadMounts(process));
    if (search->is_settled) return;
  }
}

void FileFinder::ByHandleBelow(Search* search, const std::string& root, const Mounts& mounts) {
  const file_identity& identity = search->identity;
  size_t tried = 0;
  for (const Mount& mount : mounts) {
    Handle handle;
    if (mount.device != identity.device || !MakeHandle(identity, mount, &handle)) continue;
    if (tried++ == kMountsTried) return;
    if (!MayWalk(*search, mount.point, mounts)) continue;
    const FileDescriptor point(
        open((root + mount.point).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
    if (!point) continue;

    struct statx status;
    entering_(identity.device);
    const FileDescriptor place(open_by_handle_at(point.get(), &handle.header, O_PATH | O_CLOEXEC));
    if (!place || !Status(place, &status) || !IsOnDevice(identity, status, mounts)) continue;
    if (IsSame(identity, status)) return search->Open(place, status, false);
    search->Fail(FileError::kChanged);
  }
}

void FileFinder::ByPath(Search* search) {
  const std::string& path = search->path;
  const uint32_t mount_namespace = search->identity.mount_namespace;
  if (path.empty() || path[0] != '/') return;
  if (mount_namespace == 0 || mount_namespace == namespaces_.Own())
    return TryPath(search, "/", "", path, OwnMounts(), true);
  for (const pid_t pid : namespaces_.ProcessesIn(mount_namespace)) {
    const std::string process = std::to_string(pid);
    // A process may have changed its root: what its path does not lead to there says nothing.
    TryPath(search, "/proc/" + process + "/root", "", path, ReadMounts(process), false);
    if (search->is_settled) return;
  }
  BySuffixes(search);
}

// No process lives there any more, but what was mounted there may be mounted here as well, as the
// root of a container is: the path, without the directories that led to the mount there.
void FileFinder::BySuffixes(Search* search) {
  const std::string& path = search->path;
  size_t tried = 0;
  for (const Mount& mount : OwnMounts()) {
    if (mount.device != search->identity.device) continue;
    if (tried++ == kMountsTried) return;
    size_t at = 0;
    for (size_t cut = 0; cut < kSuffixesTried && at != std::string::npos; cut++) {
      TryPath(search, mount.point, mount.point, path.substr(at), OwnMounts(), false);
      if (search->is_settled) return;
      at = path.find('/', at + 1);
    }
  }
}

// `below`: where `root` is among `mounts`. `is_its_place`: another file there has taken the place
// of this one.
void FileFinder::TryPath(Search* search, const std::string& root, const std::string& below,
                         const std::string& path, const Mounts& mounts, bool is_its_place) {
  if (!MayWalk(*search, below + path, mounts)) return search->Fail(FileError::kElsewhere);
  struct statx status;
  const FileDescriptor place = LookUp(OpenRoot(root), path.c_str());
  if (!place) {
    if (is_its_place) search->FailWith(errno);
    return;
  }
  entering_(search->identity.device);
  if (Status(place, &status) && IsSame(search->identity, status) &&
      IsOnDevice(search->identity, status, mounts))
    return search->Open(place, status, false);
  if (is_its_place) search->Fail(FileError::kChanged);
}

bool FileFinder::MayWalk(const Search& search, const std::string& path, const Mounts& mounts) {
  uint32_t likely = search.identity.device;
  for (const Mount& mount : mounts) {
    if (!IsBelow(path, mount.point)) continue;
    const bool is_remote = IsRemote(mount.type);
    if (is_remote && !search.request.allows_remote) return false;
    // An overlay's layers may lie on one that is.
    if (is_remote || mount.type == "overlay") likely = mount.device;
  }
  entering_(likely);
  return true;
}

}  // namespace kernelwire
