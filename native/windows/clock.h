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
    LARGE_INTEGER frequency, counter;
    FILETIME now;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&counter);
    GetSystemTimePreciseAsFileTime(&now);
    frequency_ = frequency.QuadPart;
    counter_ = counter.QuadPart;
    file_time_ = static_cast<int64_t>(uint64_t{now.dwHighDateTime} << 32 | now.dwLowDateTime);
  }

  // 100 ns since 1601.
  uint64_t FileTime(int64_t counter) const {
    const int64_t ticks = counter - counter_;
    const int64_t whole = ticks / frequency_;
    const int64_t rest = ticks % frequency_;
    return static_cast<uint64_t>(file_time_ + whole * kPerSecond + rest * kPerSecond / frequency_);
  }

  uint64_t Now() const {
    LARGE_INTEGER counter;
    QueryPerformanceCounter(&counter);
    return FileTime(counter.QuadPart);
  }

 private:
  static constexpr int64_t kPerSecond = 10'000'000;

  int64_t frequency_;
  int64_t counter_;
  int64_t file_time_;
};

}  // namespace kernelwire
