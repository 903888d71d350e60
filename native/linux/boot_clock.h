// SPDX-License-Identifier: MIT
#pragma once

#include <time.h>

#include <cstdint>

namespace kernelwire {

inline uint64_t ClockNs(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

// The records' clock: bpf_ktime_get_boot_ns().
inline uint64_t BootNs() { return ClockNs(CLOCK_BOOTTIME); }

}  // namespace kernelwire
