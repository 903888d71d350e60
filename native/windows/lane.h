// SPDX-License-Identifier: MIT
// A ring of our own with one producer: where a session's thread leaves its records.
//
// The framing is that of native/ring.h, but the memory is not mapped twice: a record that does not
// fit before the end begins at the start, and the rest is a record that was discarded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "atomic_word.h"
#include "etw_record.h"
#include "ring.h"

namespace kernelwire {

class Lane : public Ring {
 public:
  // `memory`: `size` bytes, a power of two, aligned to 8; they outlive the lane.
  Lane(uint8_t* memory, size_t size);

  // The producer's. Memory for a record of so many bytes, until Commit(); null when the lane is
  // full, which is counted. `time` is the record's.
  uint8_t* Reserve(size_t bytes, uint64_t time);
  void Commit();

  // Whether a quarter is in use.
  bool IsFilling() const { return Used() >= size() / 4; }
  // Bytes that were not released.
  size_t Used() const;

 private:
  // Says that records before `time` did not fit; false if there is no room for that and for the
  // record of so many bytes behind it.
  bool TellLoss(uint64_t time, size_t bytes);
  uint8_t* Place(size_t bytes);
  void Publish();

  uint8_t* const memory_;
  uint64_t written_ = 0;  // ours; produced_word_ is what the consumer sees of it
  alignas(64) uint64_t produced_word_ = 0;
  alignas(64) uint64_t consumed_word_ = 0;

  uint32_t lost_ = 0;
  uint64_t lost_bytes_ = 0;
  uint64_t lost_from_ = 0;
  uint64_t latest_ = 0;  // time of the latest record
};

}  // namespace kernelwire
