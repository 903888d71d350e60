// SPDX-License-Identifier: MIT
// kernelwire-hasher: finds and hashes files for a sensor, in a process of its own.
//
// Whatever a file system does to whoever opens or reads there, it does to this process: it may wait
// for ever, and cannot be killed while it does. The sensor's process does not notice. It ends when
// the sensor closes its end of the socket, or ends itself, however that happens.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "linux/hasher/server.h"

namespace {

void CloseInherited() {
  constexpr unsigned kFirst = 3;
#ifdef SYS_close_range
  if (syscall(SYS_close_range, kFirst, ~0u, 0) == 0) return;
#endif
  for (int fd = kFirst; fd < 65536; fd++) close(fd);
}

void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main() {
  // A terminal's Ctrl-C is for the sensor, which may still want the answers; and nothing here keeps
  // a file system from being unmounted.
  setsid();
  if (chdir("/") != 0) return 1;
  CloseInherited();
  RaiseDescriptorLimit();
  signal(SIGPIPE, SIG_IGN);
  kernelwire::Server server;
  server.Run();
  // No thread is waited for: one may never come back.
  _exit(0);
}
