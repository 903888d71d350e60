// SPDX-License-Identifier: MIT
#include "linux/hasher_process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "linux/hasher/protocol.h"

namespace kernelwire {
namespace {

// Beside the addon.
std::string HasherPath() {
  Dl_info addon;
  if (dladdr(reinterpret_cast<const void*>(&StartHasher), &addon) == 0) return "";
  const std::string path = addon.dli_fname;
  return path.substr(0, path.rfind('/') + 1) + "kernelwire-hasher";
}

// Where the sensor is no root, but has capabilities: those for other processes' files go on to the
// program that this thread starts. Undone afterwards.
class LentCapabilities {
 public:
  LentCapabilities() {
    if (geteuid() == 0 || syscall(SYS_capget, &header_, before_) != 0) return;
    __user_cap_data_struct lending[2] = {before_[0], before_[1]};
    lending[0].inheritable |= kLent & before_[0].permitted;
    if (syscall(SYS_capset, &header_, lending) != 0) return;
    is_lending_ = true;
    for (const int capability : {CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE})
      prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
  }
  ~LentCapabilities() {
    // What is not inheritable is not ambient either.
    if (is_lending_) syscall(SYS_capset, &header_, before_);
  }

 private:
  static constexpr uint32_t kLent = 1u << CAP_DAC_READ_SEARCH | 1u << CAP_SYS_PTRACE;

  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2] = {};
  bool is_lending_ = false;
};

class Spawn {
 public:
  Spawn() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Spawn() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  // An errno or 0. It has no environment: what the host's makes of a program is not for this one.
  int Run(const std::string& path, int socket, pid_t* child) {
    char name[] = "kernelwire-hasher";
    char* arguments[] = {name, nullptr};
    char* environment[] = {nullptr};
    posix_spawn_file_actions_adddup2(&actions_, socket, kHasherSocket);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const LentCapabilities capabilities;
    return posix_spawn(child, path.c_str(), &actions_, &attributes_, arguments, environment);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

HasherProcess StartHasher() {
  HasherProcess process;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    process.failure = std::string("socketpair: ") + strerror(errno);
    return process;
  }
  FileDescriptor ours(ends[0]), its(ends[1]);
  const std::string path = HasherPath();
  if (const int error = Spawn().Run(path, its.get(), &process.pid)) {
    process.failure = path + ": " + strerror(error);
    return process;
  }
  process.socket = std::move(ours);
  return process;
}

void AwaitHasher(pid_t pid, int limit_ms) {
  if (pid <= 0) return;
  const FileDescriptor child(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd end = {child.get(), POLLIN, 0};
  if (child) poll(&end, 1, limit_ms);
  waitpid(pid, nullptr, WNOHANG);
}

}  // namespace kernelwire
