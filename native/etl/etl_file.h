// SPDX-License-Identifier: MIT
// One file, and what was found out about it while it was read.
#pragma once

#include <memory>
#include <vector>

#include "etl/buffer_finder.h"
#include "etl/clock.h"
#include "etl/event_header.h"
#include "etl/file_header.h"
#include "etl/input.h"
#include "etl/seen_buffers.h"

namespace kernelwire::etl {

// lib/etl/totals.ts reads them in this order.
struct Totals {
  uint64_t buffers = 0;
  uint64_t events = 0;     // that have a header that names them
  uint64_t messages = 0;   // of WPP: their meaning is in the program's symbols only
  uint64_t skipped = 0;    // of kinds that name no event
  uint64_t delivered = 0;  // as records
  uint64_t late = 0;       // of them, behind a later one
  uint64_t buffers_after_event_loss = 0;
  uint64_t buffers_after_buffer_loss = 0;
  uint64_t skipped_bytes = 0;  // of buffers, behind something that made no sense
  uint64_t unwritten_bytes = 0;
  uint64_t overwritten_buffers = 0;  // of a circular file, at its end
  uint64_t position = 0;             // how far the file has been read
};

enum class OpenStatus : uint8_t { kOpen, kWait, kRefused };

class EtlFile {
 public:
  explicit EtlFile(std::unique_ptr<Input> input)
      : input_(std::move(input)), finder_(*input_, defects_) {}

  // Reads the header. To be called again when it waits for the input.
  OpenStatus Open();

  // Why it was refused: the end of a sentence.
  const char* refusal() const { return refusal_; }

  const FileHeader& header() const { return header_; }
  const Clock& clock() const { return clock_; }
  Input& input() { return *input_; }
  Totals& totals() { return totals_; }
  Defects& defects() { return defects_; }

  // The next buffer that is whole enough to have events in it.
  BufferFinder::Status NextBuffer(FoundBuffer& found, size_t ahead);

  // How many of the `bytes` bytes behind the header of a plain buffer have events: its header may
  // say too little, as that of a file's first one does.
  size_t EventsEnd(const FoundBuffer& found, const uint8_t* events, size_t bytes);

  // Expands the `bytes` bytes of a compressed buffer behind its header into `events`, and returns
  // how many there are; what is broken is counted, and `is_whole` is false then.
  size_t Expand(const FoundBuffer& found, const uint8_t* data, size_t bytes,
                std::vector<uint8_t>& events, bool& is_whole);

  // Counts the buffer's own marks.
  void CountBuffer(const FoundBuffer& found);

  // Whether it has a time that makes sense; one that has none is counted.
  bool IsTimely(const Event& event) {
    if (clock_.IsSensible(event.timestamp)) return true;
    Count(defects_, Defect::kEventTime);
    return false;
  }

  // An event that names nothing, or that is none and ends its buffer with `left` bytes to go.
  // False: these should have been events.
  bool CountOther(EventStatus status, EventKind kind, size_t left);

 private:
  void CompareWithHeader();

  const std::unique_ptr<Input> input_;
  Defects defects_{};
  Totals totals_;
  FileHeader header_;
  Clock clock_;
  BufferFinder finder_;
  SeenBuffers seen_;
  uint64_t compressed_bytes_ = 0;
  uint64_t expanded_bytes_ = 0;
  uint64_t highest_sequence_ = 0;
  bool is_compared_ = false;
  const char* refusal_ = "";
};

}  // namespace kernelwire::etl
