// SPDX-License-Identifier: MIT
// Rows of a snapshot from /proc, for kernels that refuse the task iterator, and for processes that
// it leaves out. Poorer: the start has 10 ms ticks, and which image of the process it is cannot be
// told (RECORD_COARSE_START).
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "linux/snapshot_rows.h"

namespace kernelwire {

struct ProcRange {
  std::unordered_set<uint32_t> known;  // pids that are left out
  uint64_t started_before_boot_ns = UINT64_MAX;
};

// Appends one row for each process in `range`. Only where /proc has the numbers of the initial pid
// namespace (ProcNumbers::kInitial). 0 or an errno.
int ReadProcRows(const ProcRange& range, std::vector<SnapshotRow>* rows);

}  // namespace kernelwire
