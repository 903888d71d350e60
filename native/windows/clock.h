// SPDX-License-Identifier: MIT
// One clock for all sessions: their events carry the performance counter, and all are turned into
// time of day in the same way, so that they can be merged. That follows the time of day where it
// runs at another rate, and does not where somebody sets it.
#pragma once

#include <atomic>
#include <cstdint>

#include "windows/etw.h"

namespace kernelwire {

class TraceClock {
 public:
  TraceClock() {
    LARGE_INTEGER frequency;
    QueryPerformanceFrequency(&frequency);
    frequency_ = frequency.QuadPart;
    const Pair pair = Read();
    counter_ = pair.counter;
    file_time_ = pair.file_time;
  }

  // 100 ns since 1601.
  uint64_t FileTime(int64_t counter) const {
    const int64_t ticks = counter - counter_;
    const int64_t whole = ticks / frequency_;
    const int64_t rest = ticks % frequency_;
    const int64_t since = whole * kPerSecond + rest * kPerSecond / frequency_;
    return static_cast<uint64_t>(file_time_ + since + drift_.load(std::memory_order_relaxed));
  }

  uint64_t Now() const { return FileTime(Counter()); }

  // What has to be taken from a time of day that was read just now, for the time that we call it.
  int64_t TimeOfDayAhead() const {
    const Pair pair = Read();
    return pair.file_time - static_cast<int64_t>(FileTime(pair.counter));
  }

  // Every few seconds, by one thread.
  void Follow() {
    const int64_t change = TimeOfDayAhead() - steps_;
    if (change > kStep || change < -kStep) {
      steps_ += change;
    } else {
      drift_.fetch_add(change, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr int64_t kPerSecond = 10'000'000;
  static constexpr int kPairs = 16;
  // Nobody's clock is so much slower or quicker within some seconds.
  static constexpr int64_t kStep = kPerSecond / 100;

  struct Pair {
    int64_t counter;
    int64_t file_time;
  };

  static int64_t Counter() {
    LARGE_INTEGER counter;
    QueryPerformanceCounter(&counter);
    return counter.QuadPart;
  }

  // A thread that is interrupted between the two readings has a pair that is wrong by that long,
  // and with it all times: so the closest of some pairs is taken.
  static Pair Read() {
    Pair pair{};
    int64_t closest = INT64_MAX;
    for (int i = 0; i < kPairs; i++) {
      const int64_t before = Counter();
      FILETIME now;
      GetSystemTimePreciseAsFileTime(&now);
      const int64_t took = Counter() - before;
      if (took >= closest) continue;
      closest = took;
      pair.counter = before;
      pair.file_time = static_cast<int64_t>(uint64_t{now.dwHighDateTime} << 32 | now.dwLowDateTime);
    }
    return pair;
  }

  int64_t frequency_;
  int64_t counter_;
  int64_t file_time_;
  std::atomic<int64_t> drift_{0};
  // How much the time of day was set on, in all.
  int64_t steps_ = 0;
};

}  // namespace kernelwire
