// SPDX-License-Identifier: MIT
// A ring of records, read in place.
//
// The framing is the kernel's (kernel/bpf/ringbuf.c): an 8-byte header whose first
// word holds the length and the busy and discard bits, records aligned to 8, and
// the data mapped twice in a row so that no record wraps. One consumer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kernelwire {

class Ring {
 public:
  // So few that a record is still in the processor's cache when it is read after the scan.
  static constexpr size_t kScanCapacity = 512;

  virtual ~Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // The data area, mapped twice: 2 * size() bytes, read-only for us. A write faults.
  const std::byte* data() const { return data_; }
  size_t size() const { return size_; }

  // Writes the offsets of at most kScanCapacity committed records to `offsets` and returns how
  // many. Stops at the first record that a producer still holds, so order is kept.
  size_t Scan(uint32_t* offsets);

  // Gives the first `count` records of the last scan, and what was discarded before and
  // between them, back to the producers; all of them where `count` is their number.
  void Release(size_t count);

  // Whether a producer has reserved anything that was not released.
  bool HasData() const;

  // Whether a producer holds a record that it has not committed.
  bool IsBusy() const;

 protected:
  Ring(const std::byte* data, size_t size, const uint64_t* produced, uint64_t* consumed)
      : data_(data), size_(size), produced_(produced), consumed_(consumed) {}

 private:
  const std::byte* const data_;
  const size_t size_;
  const uint64_t* const produced_;              // in the producers' page: acquire loads only
  uint64_t* const consumed_;                    // in our page: release stores only
  std::array<uint64_t, kScanCapacity> starts_;  // positions of the records of the last scan
  size_t count_ = 0;                            // how many there were
  uint64_t end_ = 0;                            // position behind the last scan
};

}  // namespace kernelwire
