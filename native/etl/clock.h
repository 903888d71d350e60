// SPDX-License-Identifier: MIT
// From the timestamps of a file to FILETIME, to the last 100 ns.
#pragma once

#include "etl/file_header.h"

namespace kernelwire::etl {

class Clock {
 public:
  Clock() = default;
  explicit Clock(const FileHeader& header)
      : frequency_(header.frequency),
        start_time_(header.start_time),
        start_timestamp_(header.start_timestamp),
        is_file_time_(header.clock == ClockType::kSystemTime) {}

  // The header's BootTime is not used: it is off by up to half a second.
  uint64_t FileTime(uint64_t timestamp) const {
    if (is_file_time_) return timestamp;
    if (timestamp >= start_timestamp_) return start_time_ + Ticks(timestamp - start_timestamp_);
    return start_time_ - Ticks(start_timestamp_ - timestamp);
  }

 private:
  static constexpr uint64_t kTicksPerSecond = 10'000'000;

  // Whole seconds apart from the rest, so that nothing overflows.
  uint64_t Ticks(uint64_t duration) const {
    if (frequency_ == kTicksPerSecond) return duration;
    const uint64_t seconds = duration / frequency_;
    const uint64_t rest = duration % frequency_;
    return seconds * kTicksPerSecond + rest * kTicksPerSecond / frequency_;
  }

  uint64_t frequency_ = kTicksPerSecond;
  uint64_t start_time_ = 0;
  uint64_t start_timestamp_ = 0;
  bool is_file_time_ = true;
};

}  // namespace kernelwire::etl
