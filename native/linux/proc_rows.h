// SPDX-License-Identifier: MIT
// Rows of a snapshot from /proc, for kernels that refuse the task iterator, and for processes that
// it leaves out. Poorer: the start has 10 ms ticks, and which image of the process it is cannot be
// told (RECORD_COARSE_START).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "linux/kernel_types.h"

namespace kernelwire {

struct ProcRange {
  std::unordered_set<uint32_t> known;  // pids that are left out
  uint64_t started_before_boot_ns = UINT64_MAX;
};

// Appends one framed image_record for each process in `range`; none where /proc numbers them
// otherwise. 0 or an errno.
int ReadProcRows(const ProcRange& range, std::vector<std::byte>* rows);

// Whether the pids in /proc are those of the initial pid namespace, as the records' are. In a
// container with a namespace of its own they are not, and would name other processes.
bool ProcHasInitialPids();

// At most `limit` bytes; empty where the process is gone.
std::string ReadProcFile(const std::string& path, size_t limit);

}  // namespace kernelwire
