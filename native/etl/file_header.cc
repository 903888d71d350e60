// SPDX-License-Identifier: MIT
#include "etl/file_header.h"

#include "etl/buffer_header.h"
#include "etl/event_header.h"
#include "etl/little_endian.h"

namespace kernelwire::etl {
namespace {

// What comes before the two pointers, and the time zone between them and the rest.
constexpr size_t kBeforePointers = 0x38;
constexpr size_t kTimeZoneBytes = 172;
constexpr size_t kAfterTimeZone = 32;
constexpr uint64_t kFrequencyMax = uint64_t{1} << 40;
constexpr uint64_t kFileTimeFrequency = 10'000'000;

// Up to the terminating zero, or to the end; moves `at` behind it.
std::u16string TakeString(const uint8_t*& at, const uint8_t* end) {
  std::u16string text;
  while (end - at >= 2) {
    const auto unit = Load<uint16_t>(at);
    at += 2;
    if (unit == 0) break;
    text.push_back(static_cast<char16_t>(unit));
  }
  return text;
}

}  // namespace

bool FileHeader::Parse(const uint8_t* buffer, size_t bytes, FileHeader& header, const char*& why) {
  if (bytes < kBufferHeaderBytes + 8) {
    why = "it is too short to hold a header";
    return false;
  }
  const BufferHeader outer(buffer);
  Event event;
  const size_t end = outer.bytes < bytes ? outer.bytes : bytes;
  if (outer.bytes < kBufferHeaderBytes || outer.is_compressed() ||
      ReadEvent(buffer + kBufferHeaderBytes, buffer + end, event) != EventStatus::kEvent ||
      event.kind != EventKind::kSystem || event.hook() != 0) {
    why = "it does not begin with the header of a recording of Windows events";
    return false;
  }

  const uint8_t* const payload = event.at + event.header_bytes();
  const uint8_t* const payload_end = event.at + event.size;
  const auto size = static_cast<size_t>(payload_end - payload);
  if (size < kBeforePointers) {
    why = "its header is cut short";
    return false;
  }
  header.buffer_bytes = Load<uint32_t>(payload);
  header.version = Load<uint32_t>(payload + 0x04);
  header.os_build = Load<uint32_t>(payload + 0x08);
  header.cpus = Load<uint32_t>(payload + 0x0c);
  header.end_time = Load<uint64_t>(payload + 0x10);
  header.most_mebibytes = Load<uint32_t>(payload + 0x1c);
  header.mode = Load<uint32_t>(payload + 0x20);
  header.buffers_written = Load<uint32_t>(payload + 0x24);
  header.pointer_bytes = Load<uint32_t>(payload + 0x2c);
  header.events_lost = Load<uint32_t>(payload + 0x30);
  header.cpu_mhz = Load<uint32_t>(payload + 0x34);
  header.compression = outer.state & 0xffff;
  header.start_timestamp = event.timestamp;

  if (header.pointer_bytes != 4 && header.pointer_bytes != 8) {
    why = "its header has pointers of neither 4 nor 8 bytes";
    return false;
  }
  const size_t time_zone = kBeforePointers + 2 * header.pointer_bytes;
  const size_t rest = AlignUp(time_zone + kTimeZoneBytes);
  if (size < rest + kAfterTimeZone) {
    why = "its header is cut short";
    return false;
  }
  header.bias_minutes = Load<int32_t>(payload + time_zone);
  header.boot_time = Load<uint64_t>(payload + rest);
  header.frequency = Load<uint64_t>(payload + rest + 8);
  header.start_time = Load<uint64_t>(payload + rest + 16);
  header.clock = static_cast<ClockType>(Load<uint32_t>(payload + rest + 24));
  header.buffers_lost = Load<uint32_t>(payload + rest + 28);
  const uint8_t* at = payload + rest + kAfterTimeZone;
  header.session_name = TakeString(at, payload_end);
  header.file_name = TakeString(at, payload_end);

  switch (header.clock) {
    case ClockType::kPerformanceCounter:
      break;
    case ClockType::kSystemTime:
      header.frequency = kFileTimeFrequency;
      break;
    case ClockType::kCpuCycle:
      if (header.cpu_mhz != 0) header.frequency = header.cpu_mhz * uint64_t{1'000'000};
      break;
    case ClockType::kDefault:
      header.clock = ClockType::kPerformanceCounter;
      break;
    default:
      why = "its header names no clock that we know";
      return false;
  }
  if (header.frequency == 0 || header.frequency > kFrequencyMax) {
    why = "the clock in its header has no sensible frequency";
    return false;
  }
  return true;
}

}  // namespace kernelwire::etl
