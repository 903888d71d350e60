// SPDX-License-Identifier: MIT
// What a file says of itself: the payload of its first event (TRACE_LOGFILE_HEADER).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kernelwire::etl {

enum class ClockType : uint32_t {
  kDefault = 0,
  kPerformanceCounter = 1,
  kSystemTime = 2,
  kCpuCycle = 3,
};

struct FileHeader {
  // From the file's first buffer. On failure `why` says what makes no sense.
  static bool Parse(const uint8_t* buffer, size_t bytes, FileHeader& header, const char*& why);

  static constexpr uint32_t kCircular = 0x2;
  static constexpr uint32_t kCompressed = 0x04000000;

  uint32_t buffer_bytes = 0;
  uint32_t version = 0;  // of the format: major, minor, subversion, subminor
  uint32_t os_build = 0;
  uint32_t cpus = 0;
  uint32_t mode = 0;
  uint32_t most_mebibytes = 0;  // that the file may have; 0: as many as it takes
  uint32_t buffers_written = 0;
  uint32_t pointer_bytes = 0;  // of the logger; events have their own
  uint32_t events_lost = 0;
  uint32_t buffers_lost = 0;
  uint32_t cpu_mhz = 0;
  int32_t bias_minutes = 0;  // west of UTC
  uint64_t start_time = 0;   // FILETIME
  uint64_t end_time = 0;     // FILETIME; 0: the session was not closed
  uint64_t boot_time = 0;
  uint64_t frequency = 0;        // of the clock, in Hz
  uint64_t start_timestamp = 0;  // what the clock showed at start_time
  ClockType clock = ClockType::kPerformanceCounter;
  uint32_t compression = 0;  // format, if compressed
  std::u16string session_name;
  std::u16string file_name;
};

}  // namespace kernelwire::etl
