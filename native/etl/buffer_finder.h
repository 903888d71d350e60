// SPDX-License-Identifier: MIT
// Walks the buffers of a file, and finds the next one where one makes no sense.
#pragma once

#include "etl/buffer_header.h"
#include "etl/defects.h"
#include "etl/file_header.h"
#include "etl/input.h"

namespace kernelwire::etl {

struct FoundBuffer {
  uint64_t offset = 0;
  uint64_t sequence = 0;
  uint32_t bytes = 0;  // in the file
  uint32_t end = 0;    // of the events, from the header on, once expanded
  uint16_t cpu = 0;
  uint16_t flags = 0;

  bool is_compressed() const { return flags & BufferHeader::kCompressed; }
  bool is_behind_loss() const {
    return flags & (BufferHeader::kEventsLost | BufferHeader::kBufferLost);
  }
};

class BufferFinder {
 public:
  enum class Status : uint8_t {
    kFound,
    kBusy,  // call again: a part of the file was searched in vain
    kWait,  // the input has not arrived yet
    kEnd,
  };

  BufferFinder(Input& input, Defects& defects) : input_(input), defects_(defects) {}

  // `buffer_bytes`: as the file's header says.
  void Begin(uint32_t buffer_bytes) { buffer_bytes_ = buffer_bytes; }

  // `ahead`: how much of what follows the header will be read.
  Status Next(FoundBuffer& found, size_t ahead);

  // How far the file has been walked.
  uint64_t position() const { return position_; }

  // Bytes of zeros where a header should be: a file that was made larger than it was filled.
  uint64_t unwritten_bytes() const { return unwritten_bytes_; }

 private:
  Status Search();
  Status Unwritten();
  uint64_t NextStart(uint64_t from, uint64_t to);
  bool StartsBuffer(const uint8_t* at, size_t bytes) const;
  bool IsHeader(uint64_t offset);

  Input& input_;
  Defects& defects_;
  uint64_t position_ = 0;
  uint64_t unwritten_bytes_ = 0;
  uint32_t buffer_bytes_ = 0;
  bool is_searching_ = false;
};

}  // namespace kernelwire::etl
