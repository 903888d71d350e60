// SPDX-License-Identifier: MIT
// The header of a buffer (WMI_BUFFER_HEADER): a file is one buffer after the other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "etl/little_endian.h"

namespace kernelwire::etl {

constexpr size_t kBufferHeaderBytes = 0x48;
// The largest that a session can have, which is also the largest that we expand one to.
constexpr size_t kBufferBytesMax = size_t{16} << 20;

struct BufferHeader {
  static constexpr uint16_t kEventsLost = 0x02;
  static constexpr uint16_t kBufferLost = 0x04;
  static constexpr uint16_t kHasCpuIndex = 0x20;
  static constexpr uint16_t kCompressed = 0x40;
  static constexpr uint16_t kKnownFlags = 0x7f;
  static constexpr uint16_t kTypeHeader = 4;
  static constexpr uint16_t kTypes = 8;

  explicit BufferHeader(const uint8_t* at)
      : bytes(Load<uint32_t>(at)),
        saved_offset(Load<uint32_t>(at + 0x04)),
        flushed(Load<uint64_t>(at + 0x10)),
        sequence(Load<uint64_t>(at + 0x18)),
        cpu_field(Load<uint16_t>(at + 0x28)),
        state(Load<uint32_t>(at + 0x2c)),
        offset(Load<uint32_t>(at + 0x30)),
        flags(Load<uint16_t>(at + 0x34)),
        type(Load<uint16_t>(at + 0x36)) {}

  bool is_compressed() const { return flags & kCompressed; }

  // Windows 7 has the number in one byte and an alignment in the other.
  uint16_t cpu() const { return (flags & kHasCpuIndex) ? cpu_field & 0x7ff : cpu_field & 0xff; }

  // Where the events end, counted from the header, in the expanded buffer. Both numbers are the
  // same in all buffers but a file's first one, where the session puts more behind the first of
  // them.
  size_t end() const { return saved_offset != 0 ? saved_offset : offset; }
  bool HasOneEnd() const { return saved_offset == offset || saved_offset == 0; }

  // Whether the numbers that Windows writes go together.
  bool IsPlausible() const { return HasSizes() && (flags & ~kKnownFlags) == 0 && type < kTypes; }

  bool HasSizes() const {
    return bytes >= kBufferHeaderBytes && bytes <= kBufferBytesMax && end() <= kBufferBytesMax;
  }

  uint32_t bytes;  // in the file, with the header
  uint32_t saved_offset;
  uint64_t flushed;   // when
  uint64_t sequence;  // of the flush
  uint16_t cpu_field;
  uint32_t state;  // in a compressed file's first buffer: the format
  uint32_t offset;
  uint16_t flags;
  uint16_t type;
};

}  // namespace kernelwire::etl
