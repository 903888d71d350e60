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
  bool is_behind_hole = false;  // something is missing before it, of whatever CPU

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

  // As the file's header says: the size of a buffer, and whether there are compressed ones.
  void Begin(uint32_t buffer_bytes, bool has_compressed) {
    buffer_bytes_ = buffer_bytes;
    has_compressed_ = has_compressed;
  }

  // `ahead`: how much of what follows the header will be read.
  Status Next(FoundBuffer& found, size_t ahead);

  // How far the file has been walked.
  uint64_t position() const { return position_; }

  // Bytes of zeros where a header should be: a file that was made larger than it was filled.
  uint64_t unwritten_bytes() const { return unwritten_bytes_; }

 private:
  Status Search();
  Status Unwritten();
  bool IsPlausible(const BufferHeader& header) const;
  void FindEnd(const BufferHeader& header, FoundBuffer& found);
  void CloseHole(FoundBuffer& found);
  size_t ZerosBefore(const View& view, size_t zeros) const;
  uint64_t NextStart(uint64_t from, uint64_t to);
  bool StartsBuffer(const uint8_t* at, size_t bytes) const;
  bool IsHeader(uint64_t offset);

  Input& input_;
  Defects& defects_;
  uint64_t position_ = 0;
  uint64_t unwritten_bytes_ = 0;
  uint64_t zeros_ = 0;  // right before position_
  uint32_t buffer_bytes_ = 0;
  bool has_compressed_ = false;
  bool has_hole_ = false;  // and no buffer says so yet
  bool is_searching_ = false;
};

}  // namespace kernelwire::etl
