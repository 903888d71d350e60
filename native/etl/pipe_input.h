// SPDX-License-Identifier: MIT
// Bytes that somebody brings, in order: of a pipe, which can be read once only.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "etl/input.h"

namespace kernelwire::etl {

class PipeInput : public Input {
 public:
  void Push(const uint8_t* data, size_t bytes) {
    if (forgotten_ > bytes_.size() / 2) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(forgotten_));
      start_ += forgotten_;
      forgotten_ = 0;
    }
    bytes_.insert(bytes_.end(), data, data + bytes);
  }

  void End() { is_complete_ = true; }

  View Look(uint64_t offset, size_t bytes, size_t /*ahead*/) override {
    const uint64_t end = start_ + bytes_.size();
    if (offset < start_ || offset >= end) return {};
    const auto before = static_cast<size_t>(offset - start_);
    return {bytes_.data() + before, std::min(bytes, bytes_.size() - before)};
  }

  size_t Read(uint64_t offset, uint8_t* to, size_t bytes) override {
    const View view = Look(offset, bytes, 0);
    if (view.size > 0) std::memcpy(to, view.data, view.size);
    return view.size;
  }

  bool can_seek() const override { return false; }
  bool is_complete() const override { return is_complete_; }

  void Forget(uint64_t offset) override {
    if (offset > start_ + forgotten_) {
      forgotten_ = std::min(static_cast<size_t>(offset - start_), bytes_.size());
    }
  }

 private:
  std::vector<uint8_t> bytes_;  // from start_ on
  uint64_t start_ = 0;
  size_t forgotten_ = 0;  // of them
  bool is_complete_ = false;
};

}  // namespace kernelwire::etl
