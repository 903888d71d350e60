// SPDX-License-Identifier: MIT
// From the timestamps of a file to FILETIME, to the last 100 ns.
#pragma once

#include <limits>

#include "etl/file_header.h"

namespace kernelwire::etl {

class Clock {
 public:
  // Where the times begin: lib/etl/facts.ts has the same numbers.
  enum class Base : uint8_t {
    kStart,    // at the StartTime of the header
    kBoot,     // at its BootTime, which is off by up to half a second
    kEnd,      // at its EndTime, which is off by as long as the session was
    kUnknown,  // in 1970: only durations are right
  };

  Clock() = default;
  explicit Clock(const FileHeader& header)
      : frequency_(header.frequency), is_file_time_(header.clock == ClockType::kSystemTime) {
    if (is_file_time_) {
      earliest_ = kEpoch;
      latest_ = kLatest - 1;
      start_time_ = IsTime(header.start_time) ? header.start_time : header.start_timestamp;
      return;
    }
    FindBase(header);
    const uint64_t behind = Timestamps(start_time_ - kEpoch);
    const uint64_t ahead = Timestamps(kLatest - start_time_);
    earliest_ = start_timestamp_ - (behind < start_timestamp_ ? behind : start_timestamp_);
    const uint64_t room = std::numeric_limits<uint64_t>::max() - start_timestamp_;
    latest_ = start_timestamp_ + (ahead < room ? ahead : room);
  }

  uint64_t FileTime(uint64_t timestamp) const {
    if (is_file_time_) return timestamp;
    if (timestamp >= start_timestamp_) return start_time_ + Ticks(timestamp - start_timestamp_);
    return start_time_ - Ticks(start_timestamp_ - timestamp);
  }

  // From 1970 to 2200: what is beyond was never a time.
  bool IsSensible(uint64_t timestamp) const {
    return timestamp >= earliest_ && timestamp <= latest_;
  }

  Base base() const { return base_; }

  // Of the FILETIME; 0 where nothing is known of it.
  uint64_t start_time() const { return base_ == Base::kUnknown ? 0 : start_time_; }

  // Somebody may set the clock back, which no counter is ever.
  bool can_go_back() const { return is_file_time_; }

 private:
  static constexpr uint64_t kTicksPerSecond = 10'000'000;
  static constexpr uint64_t kEpoch = 116'444'736'000'000'000;   // 1970
  static constexpr uint64_t kLatest = 189'025'920'000'000'000;  // 2200

  static bool IsTime(uint64_t time) { return time >= kEpoch && time < kLatest; }

  void FindBase(const FileHeader& header) {
    start_timestamp_ = header.start_timestamp;
    if (IsTime(header.start_time)) {
      start_time_ = header.start_time;
    } else if (IsTime(header.boot_time) && IsTime(header.boot_time + Ticks(start_timestamp_))) {
      base_ = Base::kBoot;
      start_time_ = header.boot_time + Ticks(start_timestamp_);
    } else if (IsTime(header.end_time)) {
      base_ = Base::kEnd;
      start_time_ = header.end_time;
    } else {
      base_ = Base::kUnknown;
      start_time_ = kEpoch;
    }
  }

  // Whole seconds apart from the rest, so that nothing overflows.
  uint64_t Ticks(uint64_t duration) const {
    if (frequency_ == kTicksPerSecond) return duration;
    const uint64_t seconds = duration / frequency_;
    const uint64_t rest = duration % frequency_;
    return seconds * kTicksPerSecond + rest * kTicksPerSecond / frequency_;
  }

  uint64_t Timestamps(uint64_t ticks) const {
    const uint64_t seconds = ticks / kTicksPerSecond;
    if (seconds >= std::numeric_limits<uint64_t>::max() / frequency_ - 1) {
      return std::numeric_limits<uint64_t>::max();
    }
    return seconds * frequency_ + ticks % kTicksPerSecond * frequency_ / kTicksPerSecond;
  }

  uint64_t frequency_ = kTicksPerSecond;
  uint64_t start_time_ = 0;
  uint64_t start_timestamp_ = 0;
  uint64_t earliest_ = 0;
  uint64_t latest_ = 0;
  Base base_ = Base::kStart;
  bool is_file_time_ = true;
};

}  // namespace kernelwire::etl
