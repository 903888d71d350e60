// SPDX-License-Identifier: MIT
// The records' clock: CLOCK_BOOTTIME as the kernel itself has it. In a time namespace that of a
// process is another one (time_namespaces(7)).
#pragma once

#include <time.h>

#include <cstdint>

namespace kernelwire {

class BpfProgram;

inline uint64_t ClockNs(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

// bpf_ktime_get_boot_ns(), as far as the two clocks were compared.
uint64_t BootNs();

// What to add to this process's CLOCK_BOOTTIME, and to the starts in its /proc, for BootNs().
int64_t BootOffsetNs();

// Compares the clocks, for the whole process. `iterator` may be null: /proc has to say it then.
void CompareBootClocks(const BpfProgram* iterator);

}  // namespace kernelwire
