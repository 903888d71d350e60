// SPDX-License-Identifier: MIT
// Reads /proc/PID/cmdline of many processes, none of which can keep the caller waiting.
//
// The kernel reads no page there that a file server would have to bring (fs/proc/base.c,
// FOLL_ANON), but it waits for the lock of the address space, and a process can have it held for
// ever: by mapping a file of a FUSE server that does not answer. That wait ends with the process or
// with ours only. So the reads happen in threads of their own, of which one that is kept is left
// behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kernelwire {

struct ArgumentRead {
  std::string process;  // its folder, such as /proc/1
  uint32_t thread = 0;  // its number there: the first that is asked
  size_t limit = 0;     // bytes
  uint64_t payer = 0;   // see struct snapshot_row: what one keeps waiting does not keep others
};

// The bytes of each, in their order; empty where there are none, or they could not be had in time.
// Blocks for five seconds at most.
std::vector<std::string> ReadArguments(std::vector<ArgumentRead> reads);

}  // namespace kernelwire
