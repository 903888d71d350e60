// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>

#include "linux/file_descriptor.h"

namespace kernelwire {

struct HasherProcess {
  FileDescriptor socket;  // what it speaks: linux/hasher/protocol.h
  pid_t pid = 0;
  std::string failure;  // why there is none
};

// Starts the program that finds and hashes files. It ends when the socket is closed. Blocks for as
// long as a program takes to start.
HasherProcess StartHasher();

// Its socket is closed: takes note of its end, so that no zombie stays. One that a file system
// keeps from ending is left alone after so many milliseconds, to whoever inherits this process's
// children.
void AwaitHasher(pid_t pid, int limit_ms);

}  // namespace kernelwire
