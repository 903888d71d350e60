// SPDX-License-Identifier: MIT
// What JavaScript sees of the reader, the same through Node-API and through WebAssembly.
#pragma once

#include <memory>

#include "etl/etl_counter.h"
#include "etl/etl_reader.h"
#include "etl/pipe_input.h"

namespace kernelwire::etl {

// One file, either read as records or counted.
class Face {
 public:
  // What Step() returns instead of a number of records. lib/etl/core.ts has the same numbers.
  static constexpr int kBusy = 0;
  static constexpr int kWait = -1;
  static constexpr int kEnd = -2;

  static constexpr size_t kFacts = 19;
  static constexpr size_t kTotals = 14 + static_cast<size_t>(Defect::kCount);

  // Without `input` a pipe, whose bytes are pushed. Without `records` the events are counted.
  Face(std::unique_ptr<Input> input, const RecordWriter* records);

  OpenStatus Open() { return file().Open(); }
  const char* refusal() { return file().refusal(); }

  // Records, or one of the above. When counting, never records.
  int Step(uint32_t providers);

  void Push(const uint8_t* data, size_t bytes) { pipe_->Push(data, bytes); }
  void End() { pipe_->End(); }

  // See EtlReader. A counter holds nothing.
  void HoldAtMost(size_t bytes) {
    if (reader_) reader_->HoldAtMost(bytes);
  }

  // What the file says of itself: lib/etl/facts.ts.
  void WriteFacts(double* facts);
  const std::u16string& session_name() { return file().header().session_name; }
  const std::u16string& file_name() { return file().header().file_name; }

  // What has been found so far: lib/etl/totals.ts.
  void WriteTotals(double* totals);

  const EventCount* counts() const { return counter_->counts().data(); }
  size_t kinds() const { return counter_ ? counter_->counts().size() : 0; }

 private:
  EtlFile& file() { return counter_ ? counter_->file() : reader_->file(); }

  std::unique_ptr<EtlReader> reader_;
  std::unique_ptr<EtlCounter> counter_;
  PipeInput* pipe_ = nullptr;
};

}  // namespace kernelwire::etl
