// SPDX-License-Identifier: MIT
// Rows of a snapshot from /proc, for kernels that refuse the task iterator. Poorer: the start has
// 10 ms ticks, and which image of the process it is cannot be told (RECORD_COARSE_START).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "linux/kernel_types.h"

namespace kernelwire {

// Appends one framed image_record for each process. 0 or an errno.
int ReadProcRows(std::vector<std::byte>* rows);

// At most `limit` bytes; empty where the process is gone.
std::string ReadProcFile(const std::string& path, size_t limit);

}  // namespace kernelwire
