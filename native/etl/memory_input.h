// SPDX-License-Identifier: MIT
// A file that is in memory as a whole.
#pragma once

#include <algorithm>
#include <cstring>

#include "etl/input.h"

namespace kernelwire::etl {

class MemoryInput : public Input {
 public:
  // `data` must outlive this.
  MemoryInput(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  View Look(uint64_t offset, size_t bytes, size_t /*ahead*/) override {
    if (offset >= size_) return {};
    const auto at = static_cast<size_t>(offset);
    return {data_ + at, std::min(bytes, size_ - at)};
  }

  size_t Read(uint64_t offset, uint8_t* to, size_t bytes) override {
    const View view = Look(offset, bytes, 0);
    if (view.size > 0) std::memcpy(to, view.data, view.size);
    return view.size;
  }

  bool can_seek() const override { return true; }
  uint64_t size() const override { return size_; }

 private:
  const uint8_t* const data_;
  const size_t size_;
};

}  // namespace kernelwire::etl
