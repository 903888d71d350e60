// SPDX-License-Identifier: MIT
// A part of a file in memory, for those who look at it piece by piece.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "etl/input.h"

namespace kernelwire::etl {

class Block {
 public:
  // As Input::Look, by means of input.Read().
  View Look(Input& input, uint64_t offset, size_t bytes, size_t ahead) {
    const uint64_t size = input.size();
    if (offset >= size) return {};
    bytes = static_cast<size_t>(std::min<uint64_t>(bytes, size - offset));
    if (offset < offset_ || offset + bytes > offset_ + bytes_) {
      const uint64_t left = size - offset;
      Move(input, offset, static_cast<size_t>(std::min<uint64_t>(std::max(bytes, ahead), left)));
    }
    const auto before = static_cast<size_t>(offset - offset_);
    return {memory_.data() + before, std::min(bytes, bytes_ - before)};
  }

 private:
  // What of it is there already stays, the rest is read.
  void Move(Input& input, uint64_t offset, size_t wanted) {
    size_t kept = 0;
    if (memory_.size() < wanted) memory_.resize(wanted);
    if (offset >= offset_ && offset < offset_ + bytes_) {
      const auto before = static_cast<size_t>(offset - offset_);
      kept = std::min(bytes_ - before, wanted);
      std::memmove(memory_.data(), memory_.data() + before, kept);
    }
    offset_ = offset;
    bytes_ = kept + input.Read(offset + kept, memory_.data() + kept, wanted - kept);
  }

  std::vector<uint8_t> memory_;
  uint64_t offset_ = 0;
  size_t bytes_ = 0;
};

}  // namespace kernelwire::etl
