// SPDX-License-Identifier: MIT
// One clock for all sessions: their events carry the performance counter, and all are turned into
// time of day by the same pair of readings, so that they can be merged and no step of the clock
// comes between them.
#pragma once

#include <cstdint>

#include "windows/etw.h"

namespace kernelwire {

class TraceClock {
 public:
  TraceClock() {
    LARGE_INTEGER frequency;
    QueryPerformanceFrequency(&frequency);
    frequency_ = frequency.QuadPart;
    // A thread that is interrupted between the two readings has a pair that is wrong by that long,
    // and with it all times: so the closest of some pairs is taken.
    int64_t closest = INT64_MAX;
    for (int i = 0; i < kPairs; i++) {
      const int64_t before = Counter();
      FILETIME now;
      GetSystemTimePreciseAsFileTime(&now);
      const int64_t took = Counter() - before;
      if (took >= closest) continue;
      closest = took;
      counter_ = before;
      file_time_ = static_cast<int64_t>(uint64_t{now.dwHighDateTime} << 32 | now.dwLowDateTime);
    }
  }

  // 100 ns since 1601.
  uint64_t FileTime(int64_t counter) const {
    const int64_t ticks = counter - counter_;
    const int64_t whole = ticks / frequency_;
    const int64_t rest = ticks % frequency_;
    return static_cast<uint64_t>(file_time_ + whole * kPerSecond + rest * kPerSecond / frequency_);
  }

  uint64_t Now() const { return FileTime(Counter()); }

 private:
  static constexpr int64_t kPerSecond = 10'000'000;
  static constexpr int kPairs = 16;

  static int64_t Counter() {
    LARGE_INTEGER counter;
    QueryPerformanceCounter(&counter);
    return counter.QuadPart;
  }

  int64_t frequency_;
  int64_t counter_ = 0;
  int64_t file_time_ = 0;
};

}  // namespace kernelwire
