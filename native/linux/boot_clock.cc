// SPDX-License-Identifier: MIT
#include "linux/boot_clock.h"

#include <atomic>
#include <cstdio>
#include <string>

#include "linux/proc_file.h"
#include "linux/snapshot_rows.h"

namespace kernelwire {
namespace {

std::atomic<int64_t> boot_offset_ns{0};

constexpr int kReadings = 5;
// Below that it is the reading that took time, or the kernel's clock for programs that lags behind
// (kernel/time/timekeeping.c, ktime_get_boot_fast_ns).
constexpr int64_t kPrecisionNs = 5000000;

// A row of the iterator has the kernel's clock: the best of a few, since each takes some time.
bool OffsetByIterator(const BpfProgram& iterator, int64_t* offset) {
  uint64_t shortest = UINT64_MAX;
  for (int i = 0; i < kReadings; i++) {
    SnapshotRow row;
    const uint64_t before = ClockNs(CLOCK_BOOTTIME);
    if (!ReadFirstRow(iterator, &row)) return false;
    const uint64_t took = ClockNs(CLOCK_BOOTTIME) - before;
    if (took >= shortest) continue;
    shortest = took;
    *offset = static_cast<int64_t>(row.record.header.boot_ns - before - took / 2);
  }
  return true;
}

bool IsAbout(int64_t a, int64_t b) { return a - b > -kPrecisionNs && a - b < kPrecisionNs; }

// The offsets are those of the namespace in which children will be, mostly the process's own too.
bool OffsetByProc(int64_t* offset) {
  if (ReadLink("/proc/self/ns/time") != ReadLink("/proc/self/ns/time_for_children")) return false;
  const std::string offsets = ReadProcFile("/proc/self/timens_offsets", 4096);
  const size_t at = offsets.find("boottime");
  long long seconds;
  long nanoseconds;
  if (at == std::string::npos) return false;
  if (sscanf(offsets.c_str() + at, "boottime %lld %ld", &seconds, &nanoseconds) != 2) return false;
  *offset = -(seconds * 1000000000 + nanoseconds);
  return true;
}

}  // namespace

uint64_t BootNs() { return ClockNs(CLOCK_BOOTTIME) + static_cast<uint64_t>(boot_offset_ns.load()); }

int64_t BootOffsetNs() { return boot_offset_ns.load(); }

void CompareBootClocks(const BpfProgram* iterator) {
  int64_t measured = 0, told = 0;
  const bool is_measured = iterator && OffsetByIterator(*iterator, &measured);
  // What /proc tells is exact, where it is about this process.
  const bool is_told = OffsetByProc(&told) && (!is_measured || IsAbout(measured, told));
  if (is_told)
    boot_offset_ns.store(told);
  else if (is_measured)
    boot_offset_ns.store(IsAbout(measured, 0) ? 0 : measured);
}

}  // namespace kernelwire
