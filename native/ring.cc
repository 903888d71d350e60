// SPDX-License-Identifier: MIT
#include "ring.h"

#include "atomic_word.h"

namespace kernelwire {
namespace {

// include/uapi/linux/bpf.h
constexpr uint32_t kBusy = 1u << 31;
constexpr uint32_t kDiscard = 1u << 30;
constexpr size_t kHeaderBytes = 8;
// Records in a row are often alike. So many ahead, the next header is fetched meanwhile: each is in
// the cache of the CPU that wrote it, and only the one before it tells where it is.
constexpr size_t kRecordsAhead = 12;

uint32_t LengthWord(const std::byte* header) {
  return LoadAcquire(reinterpret_cast<const uint32_t*>(header));
}

size_t BytesInRing(uint32_t length) {
  return (kHeaderBytes + (length & ~(kBusy | kDiscard)) + 7) & ~size_t{7};
}

}  // namespace

size_t Ring::Scan(uint32_t* offsets) {
  const uint64_t produced = LoadAcquire(produced_);
  uint64_t position = *consumed_;

  size_t count = 0;
  while (position < produced && count < kScanCapacity) {
    const size_t offset = position & (size_ - 1);
    const uint32_t length = LengthWord(data_ + offset);
    if (length & kBusy) break;
    const size_t bytes = BytesInRing(length);
    Prefetch(data_ + ((offset + kRecordsAhead * bytes) & (size_ - 1)));
    if (!(length & kDiscard)) {
      offsets[count] = static_cast<uint32_t>(offset + kHeaderBytes);
      starts_[count++] = position;
    }
    position += bytes;
  }
  count_ = count;
  end_ = position;
  return count;
}

void Ring::Release(size_t count) {
  const uint64_t position = count < count_ ? starts_[count] : end_;
  StoreRelease(consumed_, position);
  count_ = 0;
}

// Also called where another thread than the reader's waits (windows/merged_lanes.cc).
bool Ring::HasData() const { return LoadAcquire(produced_) != LoadAcquire<uint64_t>(consumed_); }

bool Ring::IsBusy() const {
  return HasData() && (LengthWord(data_ + (*consumed_ & (size_ - 1))) & kBusy);
}

}  // namespace kernelwire
