// SPDX-License-Identifier: MIT
// The processes that are there, as records framed like the ring's: what the task iterator wrote,
// completed from /proc by what that does not show, and by arguments. Where there is no iterator,
// all from /proc.
#pragma once

#include <cstdint>
#include <vector>

#include "linux/bpf_program.h"

namespace kernelwire {

struct Snapshot {
  std::vector<std::byte> records;
  uint64_t begun_boot_ns = 0;
  uint64_t ended_boot_ns = 0;
  bool is_partial = false;  // processes may be missing that are there
  int error = 0;            // errno; 0 with what there is in `records`
};

// Blocks for milliseconds, at most for some seconds: not for the event loop. `iterator` may be
// null.
Snapshot TakeSnapshot(const BpfProgram* iterator);

}  // namespace kernelwire
