// SPDX-License-Identifier: MIT
// The headers that an event can have in a buffer. Byte 2 says which, byte 3 marks it as one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "etl/little_endian.h"

namespace kernelwire::etl {

enum class EventKind : uint8_t {
  kNone,
  kSystem,    // SYSTEM_TRACE_HEADER
  kCompact,   // the same without CPU times
  kPerfInfo,  // PERFINFO_TRACE_HEADER: without pid and tid; counters may follow
  kFull,      // EVENT_TRACE_HEADER: classic providers
  kInstance,  // EVENT_INSTANCE_GUID_HEADER
  kManifest,  // EVENT_HEADER: manifests and TraceLogging; extended items may follow
  kSkipped,   // TIMED, ERROR, WNODE, MESSAGE: nothing that names an event
  kMessage,   // WPP
};

// How a kind is laid out. Sizes are u16.
struct EventLayout {
  EventKind kind;
  uint8_t pointer_size;
  uint8_t header_bytes;
  uint8_t size_at;
  uint8_t timestamp_at;
};

constexpr size_t kEventLayouts = 0x16;
extern const EventLayout kEventLayout[kEventLayouts];

struct Event {
  const uint8_t* at;
  uint32_t size;
  EventKind kind;
  uint8_t type;  // byte 2
  uint64_t timestamp;

  size_t header_bytes() const { return kEventLayout[type].header_bytes; }
  uint8_t pointer_size() const { return kEventLayout[type].pointer_size; }
  // Of kernel events: group << 8 | opcode.
  uint16_t hook() const { return Load<uint16_t>(at + 6); }
  bool is_kernel() const { return kind >= EventKind::kSystem && kind <= EventKind::kPerfInfo; }
};

enum class EventStatus : uint8_t {
  kEvent,
  kSkip,       // a message, or a kind that names no event: step over `size`
  kEnd,        // nothing more in this buffer
  kBadHeader,  // no header that we know
  kBadSize,    // it leaves the buffer, or is smaller than its header
};

// The event at `at`, in a buffer whose events end at `end`. Step over it with AlignUp(size).
inline EventStatus ReadEvent(const uint8_t* at, const uint8_t* end, Event& event) {
  const auto left = static_cast<size_t>(end - at);
  if (left < 8) return EventStatus::kEnd;
  const auto marker = Load<uint32_t>(at);
  if (marker == 0 || marker == 0xffffffff) return EventStatus::kEnd;

  event.at = at;
  const uint8_t flags = marker >> 24;
  const uint8_t type = (marker >> 16) & 0xff;
  if ((flags & 0xd0) == 0x90) {
    event.kind = EventKind::kMessage;
    event.size = marker & 0xffff;
    return event.size >= 8 && event.size <= left ? EventStatus::kSkip : EventStatus::kBadSize;
  }
  if ((flags & 0x80) == 0 || type >= kEventLayouts) return EventStatus::kBadHeader;
  const EventLayout& layout = kEventLayout[type];
  if (layout.kind == EventKind::kNone) return EventStatus::kBadHeader;
  event.type = type;
  event.kind = layout.kind;
  event.size = Load<uint16_t>(at + layout.size_at);
  if (event.size < layout.header_bytes || event.size > left) return EventStatus::kBadSize;
  if (layout.kind == EventKind::kSkipped) return EventStatus::kSkip;
  event.timestamp = Load<uint64_t>(at + layout.timestamp_at);
  return EventStatus::kEvent;
}

}  // namespace kernelwire::etl
