// SPDX-License-Identifier: MIT
// Writes events as records (native/etw_record.h) into memory that JavaScript reads, framed as in
// native/ring.h. Each filling begins at its start: no record wraps.
#pragma once

#include "etl/clock.h"
#include "etl/defects.h"
#include "etl/event_header.h"
#include "etw_record.h"

namespace kernelwire::etl {

// Where the payload of an event begins; null if what stands before it leaves the event.
const uint8_t* PayloadOf(const Event& event);

class RecordWriter {
 public:
  // A filling ends after so many records, or when the next one might not fit.
  static constexpr size_t kRecordsMax = 4096;
  static constexpr size_t kBytes = size_t{1} << 20;

  // `memory`: kBytes of them, aligned to 8. `offsets`: of the records in it, kRecordsMax of them.
  // They count from `base` on, where `memory` lies for who reads them.
  RecordWriter(uint8_t* memory, uint32_t* offsets, uint32_t base = 0)
      : memory_(memory), offsets_(offsets), base_(base) {}

  size_t count() const { return count_; }

  void Clear() { count_ = used_ = 0; }
  bool IsFull() const { return count_ == kRecordsMax || kBytes - used_ < kRecordBytesMax; }

  // False, and counted, if the event's extended items make no sense. Not to be called when full.
  bool Write(const Event& event, EtwProvider provider, uint16_t cpu, const Clock& clock,
             uint16_t flags, Defects& defects);

 private:
  // An event has less than 64 KiB; beside it there are the record, padding, and heads of items.
  static constexpr size_t kRecordBytesMax = 66 << 10;

  uint8_t* const memory_;
  uint32_t* const offsets_;
  const uint32_t base_;
  size_t count_ = 0;
  size_t used_ = 0;
};

}  // namespace kernelwire::etl
