// SPDX-License-Identifier: MIT
// The rows of the task iterator (bpf/task_snapshot.bpf.c): one for each process.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "linux/bpf_program.h"
#include "linux/kernel_types.h"

namespace kernelwire {

struct SnapshotRow {
  snapshot_row place = {};
  image_record record = {};
  std::string strings;  // what follows the record
};

// 0 or an errno, with what there is in `rows`.
int ReadRows(const BpfProgram& iterator, std::vector<SnapshotRow>* rows);

// Which image each process runs: by its number, and nothing of those that the iterator did not come
// to.
std::unordered_map<uint32_t, record_header> ReadHeaders(const BpfProgram& iterator);

// The first row without its strings, in some microseconds.
bool ReadFirstRow(const BpfProgram& iterator, SnapshotRow* row);

}  // namespace kernelwire
