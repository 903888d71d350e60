// SPDX-License-Identifier: MIT
// A queue of fixed size from one thread to one other. Neither ever waits for the other: a lock that
// is held by a thread of idle priority would stop the event loop for as long as others are busy.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace kernelwire {

template <typename Item, size_t kCapacity>
class SpscQueue {
  static_assert((kCapacity & (kCapacity - 1)) == 0, "a power of two");

 public:
  // By the one thread that writes. False: it is full.
  bool Push(const Item& item) {
    const size_t end = end_.load(std::memory_order_relaxed);
    if (end - begin_.load(std::memory_order_acquire) == kCapacity) return false;
    items_[end % kCapacity] = item;
    end_.store(end + 1, std::memory_order_release);
    return true;
  }

  // By the one thread that reads. False: it is empty.
  bool Pop(Item* item) {
    const size_t begin = begin_.load(std::memory_order_relaxed);
    if (begin == end_.load(std::memory_order_acquire)) return false;
    *item = items_[begin % kCapacity];
    begin_.store(begin + 1, std::memory_order_release);
    return true;
  }

 private:
  std::array<Item, kCapacity> items_;
  std::atomic<size_t> begin_{0};
  std::atomic<size_t> end_{0};
};

}  // namespace kernelwire
