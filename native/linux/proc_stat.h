// SPDX-License-Identifier: MIT
// /proc/PID/stat, of a process or of one of its threads.
#pragma once

#include <cstdint>
#include <string>

namespace kernelwire {

struct ProcStat {
  char state = '?';
  uint32_t parent = 0;
  bool is_kernel_thread = false;
  uint32_t threads = 0;
  uint64_t start_boot_ns = 0;  // rounded down to a tick
  uint32_t resident_pages = 0;
  uint64_t arguments_start = 0;  // 0 where that may not be known, or there are none
  uint64_t arguments_end = 0;
};

uint64_t TickNs();

// `folder`: such as /proc/1 or /proc/1/task/7. False when it is gone.
bool ReadProcStat(const std::string& folder, ProcStat* stat);

// Whether it still has what makes a process, such as memory.
bool IsAlive(const ProcStat& stat);

// The number of a thread that is alive, of the first few in `folder`, such as /proc/1/task; 0 where
// there is none.
uint32_t LivingThread(const std::string& folder);

}  // namespace kernelwire
