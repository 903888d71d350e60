// SPDX-License-Identifier: MIT
// The rows of the task iterator (bpf/task_snapshot.bpf.c): one for each process.
#pragma once

#include <string>
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

// The first row without its strings, in some microseconds.
bool ReadFirstRow(const BpfProgram& iterator, SnapshotRow* row);

}  // namespace kernelwire
