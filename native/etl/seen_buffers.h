// SPDX-License-Identifier: MIT
// The latest buffers of a file, so that one that is there twice is read once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "etl/buffer_finder.h"
#include "etl/little_endian.h"

namespace kernelwire::etl {

class SeenBuffers {
 public:
  // `view`: the start of the buffer: its header has when and as which one it was flushed, its first
  // event has a time of its own. False: one like it was added before.
  bool Add(const View& view) {
    const uint64_t key = Hash(view);
    if (slots_.empty()) slots_.resize(kSlots);
    // Some places for each: the one that was there the longest makes room.
    uint64_t* const places = &slots_[(key >> 32) % (kSlots / kPlaces) * kPlaces];
    if (std::find(places, places + kPlaces, key) != places + kPlaces) return false;
    std::copy_backward(places, places + kPlaces - 1, places + kPlaces);
    places[0] = key;
    return true;
  }

  // How much of a buffer tells it from all others.
  static constexpr size_t kBytes = kBufferHeaderBytes + 128;

 private:
  static constexpr size_t kSlots = size_t{1} << 17;
  static constexpr size_t kPlaces = 8;

  static uint64_t Hash(const View& view) {
    constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
    const size_t bytes = std::min(view.size, kBytes);
    uint64_t hash = bytes;
    for (size_t at = 0; at + 8 <= bytes; at += 8) {
      hash = (hash ^ Load<uint64_t>(view.data + at)) * kOdd;
      hash ^= hash >> 29;
    }
    // 0 is an empty place.
    return hash | 1;
  }

  std::vector<uint64_t> slots_;
};

}  // namespace kernelwire::etl
