// SPDX-License-Identifier: MIT
#include "linux/hasher/mounts.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <sstream>

#include "linux/proc_file.h"

namespace kernelwire {
namespace {

constexpr size_t kMountinfoLimit = 4 << 20;
constexpr size_t kProcessesOfNamespace = 4;

struct RemoteKind {
  const char* type;  // the beginning of its name in mountinfo
  uint32_t magic;
};

// include/uapi/linux/magic.h, and the modules' own headers. Cluster file systems wait for others
// too.
constexpr RemoteKind kRemoteKinds[] = {
    {"fuse", 0x65735546},  {"virtiofs", 0x65735546}, {"nfs", 0x6969},
    {"cifs", 0xff534d42},  {"smb", 0xfe534d42},      {"smb", 0x517b},
    {"9p", 0x01021997},    {"afs", 0x5346414f},      {"afs", 0x6b414653},
    {"ceph", 0x00c36400},  {"coda", 0x73757245},     {"ncpfs", 0x564c},
    {"ocfs2", 0x7461636f}, {"gfs2", 0x01161970},     {"lustre", 0x0bd00bd0},
    {"gpfs", 0x47504653},  {"beegfs", 0x19830326},   {"orangefs", 0x20030528},
    {"panfs", 0xaad7aaea}, {"vboxsf", 0x786f4256},   {"vmhgfs", 0xbacbacbc},
    {"autofs", 0x0187},
};

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};

// Space, tab, newline and backslash are written \ooo.
std::string Unescape(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\' || i + 3 >= text.size()) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(strtol(text.substr(i + 1, 3).c_str(), nullptr, 8));
    i += 3;
  }
  return plain;
}

bool ParseMount(const std::string& line, Mount* mount) {
  std::istringstream fields(line);
  std::string id, parent, device, root, point, word;
  unsigned major, minor;
  if (!(fields >> id >> parent >> device >> root >> point)) return false;
  if (sscanf(device.c_str(), "%u:%u", &major, &minor) != 2) return false;
  mount->id = strtoull(id.c_str(), nullptr, 10);
  mount->device = major << 20 | minor;
  mount->point = Unescape(point);
  // Some optional fields, and a hyphen behind the last of them.
  while (fields >> word && word != "-") continue;
  fields >> mount->type;
  const size_t subvolume = line.rfind("subvolid=");
  if (subvolume != std::string::npos)
    mount->subvolume = strtoull(line.c_str() + subvolume + strlen("subvolid="), nullptr, 10);
  return true;
}

uint32_t NamespaceOf(const std::string& process) {
  struct stat status;
  // A namespace's number is the inode's (fs/nsfs.c).
  if (stat(("/proc/" + process + "/ns/mnt").c_str(), &status) != 0) return 0;
  return static_cast<uint32_t>(status.st_ino);
}

}  // namespace

bool IsRemote(const std::string& type) {
  return std::any_of(std::begin(kRemoteKinds), std::end(kRemoteKinds),
                     [&type](const RemoteKind& kind) { return type.rfind(kind.type, 0) == 0; });
}

bool IsRemote(uint32_t magic) {
  return std::any_of(std::begin(kRemoteKinds), std::end(kRemoteKinds),
                     [magic](const RemoteKind& kind) { return kind.magic == magic; });
}

std::vector<Mount> ReadMounts(const std::string& process) {
  return ParseMounts(ReadProcFile("/proc/" + process + "/mountinfo", kMountinfoLimit));
}

std::vector<Mount> ParseMounts(const std::string& mountinfo) {
  std::vector<Mount> mounts;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    Mount mount;
    if (ParseMount(line, &mount)) mounts.push_back(std::move(mount));
  }
  return mounts;
}

uint32_t MountNamespaces::Own() {
  if (!own_) own_ = NamespaceOf("self");
  return *own_;
}

std::vector<pid_t> MountNamespaces::ProcessesIn(uint32_t mount_namespace) {
  if (!processes_) {
    processes_.emplace();
    std::unique_ptr<DIR, DirectoryCloser> directory(opendir("/proc"));
    while (const dirent* entry = directory ? readdir(directory.get()) : nullptr) {
      const auto pid = static_cast<pid_t>(strtol(entry->d_name, nullptr, 10));
      if (pid <= 0) continue;
      std::vector<pid_t>& processes = (*processes_)[NamespaceOf(entry->d_name)];
      if (processes.size() < kProcessesOfNamespace) processes.push_back(pid);
    }
  }
  const auto found = processes_->find(mount_namespace);
  return found == processes_->end() ? std::vector<pid_t>() : found->second;
}

}  // namespace kernelwire
