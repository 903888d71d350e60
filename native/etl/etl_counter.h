// SPDX-License-Identifier: MIT
// Counts the events of a file by kind, in the order of the file: much quicker than reading them.
#pragma once

#include <memory>
#include <vector>

#include "etl/etl_file.h"
#include "etl/event_header.h"

namespace kernelwire::etl {

// Events that have all of this in common. lib/etl/counter.ts reads them.
struct EventCount {
  uint8_t guid[16];  // of kernel events the class's; zero: a group without a class
  uint16_t id;       // of a manifest event; the hook of a kernel event; else 0
  uint8_t opcode;
  uint8_t version;
  uint8_t header_type;
  uint8_t pointer_size;
  uint16_t provider;  // EtwProvider
  uint64_t events;
  uint64_t bytes;  // with their headers
};
static_assert(sizeof(EventCount) == 40, "EventCount");

class EtlCounter {
 public:
  enum class Status : uint8_t { kBusy, kWait, kEnd };

  explicit EtlCounter(std::unique_ptr<Input> input);

  EtlFile& file() { return file_; }

  // Goes on for some milliseconds. The file must be open.
  Status Step();

  // So far, in the order in which they came.
  const std::vector<EventCount>& counts() const { return counts_; }

  // Events of further kinds: a file cannot make us hold more than so many.
  static constexpr size_t kKindsMax = 65536;
  uint64_t events_of_more_kinds() const { return events_of_more_kinds_; }

 private:
  struct Key;

  void CountBuffer(const uint8_t* at, const uint8_t* end);
  void CountEvent(const Event& event);
  void Grow();

  EtlFile file_;
  std::vector<EventCount> counts_;
  std::vector<uint32_t> table_;  // open addressing: an index of counts_ plus 1
  std::vector<uint8_t> expanded_;
  uint64_t events_of_more_kinds_ = 0;
};

}  // namespace kernelwire::etl
