// SPDX-License-Identifier: MIT
// Several lanes as one, in the order of their records' times. A record is held back as long as an
// earlier one may still come by another lane, and no longer than that makes sense.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "windows/lane.h"

namespace kernelwire {

class MergedLanes {
 public:
  struct Source {
    Lane* lane;
    uint32_t base;  // of the lane's memory, where JavaScript sees it
  };

  explicit MergedLanes(const std::vector<Source>& sources);

  // Writes the offsets of at most Ring::kScanCapacity records and returns how many. `limits`: for
  // each source, records up to this time need not wait for it when it is empty.
  size_t Scan(const std::vector<uint64_t>& limits, uint32_t* offsets);
  // Gives the first `count` of the last scan back.
  void Release(size_t count);
  bool IsEmpty() const;

 private:
  struct Input {
    Source source;
    std::array<uint32_t, Ring::kScanCapacity> offsets;
    size_t count = 0;
    size_t next = 0;
    // The lane's scan ended before its records did.
    bool is_partial = false;
  };

  uint64_t TimeOf(const Input& input) const;

  std::vector<Input> inputs_;
  std::array<uint8_t, Ring::kScanCapacity> order_;  // which input each record of a scan is of
  size_t count_ = 0;
};

}  // namespace kernelwire
