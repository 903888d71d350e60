// SPDX-License-Identifier: MIT
// Reads a file's events in the order of their time, as records.
//
// Windows has a buffer for each CPU and writes it when it is full, so the file is in order for one
// CPU only. The reader holds one open buffer of each CPU and merges their events. Which buffers a
// CPU has is known ahead: of a file on disk for the next million buffers, of a pipe for the next
// 64 MiB, or as HoldAtMost() says. A buffer that comes from further away is late; its events are
// marked.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "etl/etl_file.h"
#include "etl/event_header.h"
#include "etl/record_writer.h"

namespace kernelwire::etl {

class EtlReader {
 public:
  enum class Status : uint8_t {
    kRecords,  // there are some
    kBusy,     // call again: there was work to do, and nothing came of it yet
    kWait,     // the input has not arrived yet
    kEnd,
  };

  EtlReader(std::unique_ptr<Input> input, const RecordWriter& records);
  ~EtlReader();

  EtlFile& file() { return file_; }
  RecordWriter& records() { return records_; }

  // How many bytes of a pipe may wait: less than by default where several are read at a time.
  void HoldAtMost(size_t bytes) { held_most_ = bytes; }

  // Replaces the records by the next ones, of the providers whose bits are set (1 << EtwProvider).
  // Takes some milliseconds at most. The file must be open.
  Status Fill(uint32_t providers);

 private:
  struct Waiting;
  struct Stream;
  struct Placed;

  Status LookAhead();
  void Add(const FoundBuffer& found);
  void Begin();
  static bool IsBefore(const Waiting& one, const Waiting& other);
  bool OpenStreams();
  void OpenNext(Stream& stream);
  size_t Load(Stream& stream, Waiting& waiting);
  static bool IsInOrder(const Stream& stream);
  void Sort(Stream& stream);
  void Place(Stream& stream);
  bool NextInBuffer(Stream& stream);
  bool Walk(Stream& stream);
  void Deliver(Stream& stream, uint32_t providers);
  void LeaveHeap();
  void Free(Stream& stream);
  void SiftUp(size_t at);
  void SiftDown();

  EtlFile file_;
  RecordWriter records_;
  std::vector<std::unique_ptr<Stream>> streams_;  // by CPU
  std::vector<Stream*> heap_;                     // with an open buffer; the earliest event first
  std::vector<Stream*>
      unopened_;  // whose next buffer is to be opened before any event is delivered
  std::vector<Stream*> deferred_;  // likewise, as soon as memory suffices
  std::vector<uint8_t> compressed_;
  size_t waiting_buffers_ = 0;
  size_t held_bytes_ = 0;  // of waiting buffers of a pipe
  size_t held_most_ = size_t{64} << 20;
  size_t open_bytes_ = 0;   // of open buffers
  uint64_t latest_ = 0;     // key that was delivered
  size_t work_ = 0;         // what the present call may still do
  bool is_at_end_ = false;  // all buffers are known
  bool has_begun_ = false;
};

}  // namespace kernelwire::etl
