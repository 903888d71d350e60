// SPDX-License-Identifier: MIT
#include "windows/merged_lanes.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace kernelwire {

MergedLanes::MergedLanes(const std::vector<Source>& sources) {
  for (const Source& source : sources) {
    inputs_.emplace_back();
    inputs_.back().source = source;
  }
}

uint64_t MergedLanes::TimeOf(const Input& input) const {
  uint64_t time;
  std::memcpy(&time,
              input.source.lane->data() + input.offsets[input.next] + offsetof(EtwRecord, time),
              sizeof(time));
  return time;
}

size_t MergedLanes::Scan(const std::vector<uint64_t>& limits, uint32_t* offsets) {
  for (Input& input : inputs_) {
    input.count = input.source.lane->Scan(input.offsets.data());
    input.next = 0;
    input.is_partial = input.count == Ring::kScanCapacity;
  }
  count_ = 0;
  while (count_ < Ring::kScanCapacity) {
    size_t best = inputs_.size();
    uint64_t best_time = ~uint64_t{0};
    uint64_t limit = ~uint64_t{0};
    for (size_t i = 0; i < inputs_.size(); i++) {
      const Input& input = inputs_[i];
      if (input.next < input.count) {
        const uint64_t time = TimeOf(input);
        // With equal times the first lane's goes first.
        if (best == inputs_.size() || time < best_time) {
          best = i;
          best_time = time;
        }
      } else if (input.is_partial) {
        limit = 0;
      } else {
        limit = std::min(limit, limits[i]);
      }
    }
    if (best == inputs_.size() || best_time > limit) break;
    Input& input = inputs_[best];
    offsets[count_] = input.source.base + input.offsets[input.next++];
    order_[count_++] = static_cast<uint8_t>(best);
  }
  return count_;
}

void MergedLanes::Release(size_t count) {
  count = std::min(count, count_);
  std::vector<size_t> taken(inputs_.size(), 0);
  for (size_t i = 0; i < count; i++) taken[order_[i]]++;
  for (size_t i = 0; i < inputs_.size(); i++) {
    Input& input = inputs_[i];
    // Ring::Release gives up what was discarded behind the last record too, when all are taken.
    if (taken[i] > 0 || input.count == 0) input.source.lane->Release(taken[i]);
    input.count = input.next = 0;
  }
  count_ = 0;
}

bool MergedLanes::IsEmpty() const {
  return std::none_of(inputs_.begin(), inputs_.end(),
                      [](const Input& input) { return input.source.lane->HasData(); });
}

}  // namespace kernelwire
