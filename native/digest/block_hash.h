// SPDX-License-Identifier: MIT
// What MD5, SHA-1 and SHA-256 have in common: blocks of 64 bytes, and how the last ones are filled.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kernelwire {

// `Algorithm` has kBegin (the state before the first block), kDigestBytes, kIsBigEndian, and
// Blocks(state, bytes, count), which takes `count` blocks in.
template <typename Algorithm>
class BlockHash {
 public:
  using Digest = std::array<uint8_t, Algorithm::kDigestBytes>;

  void Add(const uint8_t* bytes, size_t count) {
    bytes_ += count;
    if (held_ > 0) {
      const size_t taken = std::min(count, kBlock - held_);
      memcpy(block_ + held_, bytes, taken);
      held_ += taken;
      bytes += taken;
      count -= taken;
      if (held_ < kBlock) return;
      Algorithm::Blocks(state_.data(), block_, 1);
      held_ = 0;
    }
    const size_t whole = count / kBlock;
    if (whole > 0) Algorithm::Blocks(state_.data(), bytes, whole);
    held_ = count % kBlock;
    memcpy(block_, bytes + whole * kBlock, held_);
  }

  // Nothing is added afterwards.
  Digest End() {
    const uint64_t bits = bytes_ * 8;
    block_[held_++] = 0x80;
    if (held_ > kBlock - sizeof(bits)) {
      memset(block_ + held_, 0, kBlock - held_);
      Algorithm::Blocks(state_.data(), block_, 1);
      held_ = 0;
    }
    memset(block_ + held_, 0, kBlock - sizeof(bits) - held_);
    Put(bits, block_ + kBlock - sizeof(bits));
    Algorithm::Blocks(state_.data(), block_, 1);
    Digest digest;
    for (size_t i = 0; i < digest.size() / sizeof(uint32_t); i++)
      Put(state_[i], digest.data() + i * sizeof(uint32_t));
    return digest;
  }

 private:
  static constexpr size_t kBlock = 64;

  template <typename Value>
  static void Put(Value value, uint8_t* bytes) {
    for (size_t i = 0; i < sizeof(value); i++) {
      const size_t byte = Algorithm::kIsBigEndian ? sizeof(value) - 1 - i : i;
      bytes[i] = static_cast<uint8_t>(value >> (8 * byte));
    }
  }

  std::array<uint32_t, Algorithm::kBegin.size()> state_ = Algorithm::kBegin;
  uint64_t bytes_ = 0;
  size_t held_ = 0;
  uint8_t block_[kBlock];
};

inline uint32_t RotateLeft(uint32_t value, int bits) {
  return value << bits | value >> (32 - bits);
}

inline uint32_t BigEndian(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

}  // namespace kernelwire
