// SPDX-License-Identifier: MIT
// The ring over memory of our own, mapped as the kernel maps its ring, with a producer that follows
// the kernel's protocol (kernel/bpf/ringbuf.c). Compiled and run by ring.test.ts; says what failed.
#include "ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>

namespace {

constexpr uint32_t kBusy = 1u << 31;
constexpr uint32_t kDiscard = 1u << 30;

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

std::byte* MapTwice(size_t size) {
  const int fd = memfd_create("ring", 0);
  CHECK(fd >= 0 && ftruncate(fd, static_cast<off_t>(size)) == 0);
  void* place = mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t half = 0; half < 2; half++) {
    void* at = static_cast<std::byte*>(place) + half * size;
    CHECK(mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == at);
  }
  close(fd);
  return static_cast<std::byte*>(place);
}

class TestRing : public kernelwire::Ring {
 public:
  explicit TestRing(size_t size) : TestRing(MapTwice(size), size) {}
  ~TestRing() override { munmap(memory_, 2 * size()); }

  // Null when there is no space.
  uint32_t* Reserve(uint32_t length) {
    const uint64_t bytes = (8 + length + 7) & ~7ull;
    const uint64_t consumed = __atomic_load_n(&consumed_position_, __ATOMIC_ACQUIRE);
    if (produced_position_ + bytes - consumed > size()) return nullptr;
    auto* header = reinterpret_cast<uint32_t*>(memory_ + (produced_position_ & (size() - 1)));
    __atomic_store_n(header, length | kBusy, __ATOMIC_RELAXED);
    __atomic_store_n(&produced_position_, produced_position_ + bytes, __ATOMIC_RELEASE);
    return header;
  }

  void Commit(uint32_t* header, uint32_t flags = 0) {
    __atomic_store_n(header, (*header & ~kBusy) | flags, __ATOMIC_RELEASE);
  }

  void Write(uint32_t length, uint32_t value) {
    uint32_t* header = Reserve(length);
    CHECK(header);
    header[2] = value;
    Commit(header);
  }

  uint32_t ValueAt(uint32_t offset) const {
    uint32_t value;
    memcpy(&value, data() + offset, sizeof(value));
    return value;
  }

 private:
  TestRing(std::byte* memory, size_t size)
      : Ring(memory, size, &produced_position_, &consumed_position_), memory_(memory) {}

  std::byte* const memory_;
  alignas(64) uint64_t produced_position_ = 0;
  alignas(64) uint64_t consumed_position_ = 0;
};

uint32_t offsets[kernelwire::Ring::kScanCapacity];

void AnEmptyRingHasNothing() {
  TestRing ring(4096);
  CHECK(ring.Scan(offsets) == 0 && !ring.HasData() && !ring.IsBusy());
  ring.Release(0);
}

void ARecordThatIsStillHeldStopsTheScan() {
  TestRing ring(4096);
  ring.Write(16, 1);
  uint32_t* held = ring.Reserve(16);
  ring.Write(16, 3);
  CHECK(ring.Scan(offsets) == 1);
  ring.Release(1);
  CHECK(ring.IsBusy() && ring.Scan(offsets) == 0);
  ring.Release(0);
  held[2] = 2;
  ring.Commit(held);
  CHECK(!ring.IsBusy() && ring.Scan(offsets) == 2 && ring.ValueAt(offsets[0]) == 2);
  ring.Release(2);
  CHECK(!ring.HasData());
}

void ADiscardedRecordIsSkippedAndItsSpaceComesBack() {
  TestRing ring(4096);
  for (int round = 0; round < 100; round++) {
    ring.Commit(ring.Reserve(1000), kDiscard);
    ring.Write(1000, 7);
    CHECK(ring.Scan(offsets) == 1 && ring.ValueAt(offsets[0]) == 7);
    ring.Release(1);
  }
}

void WhatWasNotReleasedIsFoundAgain() {
  TestRing ring(4096);
  for (uint32_t value = 0; value < 10; value++) ring.Write(8, value);
  CHECK(ring.Scan(offsets) == 10);
  ring.Release(4);
  CHECK(ring.Scan(offsets) == 6 && ring.ValueAt(offsets[0]) == 4);
  ring.Release(0);
  CHECK(ring.Scan(offsets) == 6);
  ring.Release(6);
}

void AScanHasAnEnd() {
  TestRing ring(1 << 20);
  const size_t capacity = kernelwire::Ring::kScanCapacity;
  for (uint32_t value = 0; value < capacity + 5; value++) ring.Write(8, value);
  CHECK(ring.Scan(offsets) == capacity);
  ring.Release(capacity);
  CHECK(ring.Scan(offsets) == 5 && ring.ValueAt(offsets[0]) == capacity);
  ring.Release(5);
}

void AFullRingHasRoomAgainForWhatWasReleased() {
  TestRing ring(4096);
  uint32_t written = 0;
  for (; written < 4; written++) ring.Write(1016, written);
  CHECK(ring.Reserve(8) == nullptr && ring.Scan(offsets) == 4);
  ring.Release(1);
  ring.Write(1016, written);
  CHECK(ring.Reserve(8) == nullptr && ring.Scan(offsets) == 4 && ring.ValueAt(offsets[3]) == 4);
  ring.Release(4);
  CHECK(!ring.HasData());
}

void ARecordOverTheEndOfTheRingIsInOnePiece() {
  TestRing ring(4096);
  ring.Write(4000, 0);
  CHECK(ring.Scan(offsets) == 1);
  ring.Release(1);
  uint32_t* header = ring.Reserve(2000);
  CHECK(header);
  memset(header + 2, 0x5a, 2000);
  ring.Commit(header);
  CHECK(ring.Scan(offsets) == 1 && offsets[0] + 2000 > ring.size());
  for (size_t i = 0; i < 2000; i++) CHECK(ring.data()[offsets[0] + i] == std::byte{0x5a});
  ring.Release(1);
}

// Two CPUs reserve one after the other, and the second one is done first.
void RecordsKeepTheOrderInWhichTheyWereReserved() {
  TestRing ring(4096);
  uint32_t* first = ring.Reserve(8);
  uint32_t* second = ring.Reserve(8);
  second[2] = 2;
  ring.Commit(second);
  CHECK(ring.Scan(offsets) == 0);
  first[2] = 1;
  ring.Commit(first);
  CHECK(ring.Scan(offsets) == 2);
  CHECK(ring.ValueAt(offsets[0]) == 1 && ring.ValueAt(offsets[1]) == 2);
  ring.Release(2);
}

void OnlyDiscardedRecordsAreGivenBackToo() {
  TestRing ring(4096);
  ring.Commit(ring.Reserve(4000), kDiscard);
  CHECK(ring.HasData() && ring.Scan(offsets) == 0);
  ring.Release(0);
  CHECK(!ring.HasData() && ring.Reserve(4000));
}

// Sizes that do not divide the ring: records begin everywhere and wrap again and again. Some are
// discarded, and the consumer does not always take all that it found.
void EveryRecordArrivesOnceInOrderWhileAnotherThreadWrites() {
  constexpr uint32_t kRecords = 300000;
  TestRing ring(8192);
  std::thread producer([&ring] {
    std::minstd_rand dice;
    for (uint32_t value = 0; value < kRecords;) {
      uint32_t* header = ring.Reserve(8 + value % 700);
      if (!header) {
        std::this_thread::yield();
        continue;
      }
      if (dice() % 8 == 0) {
        ring.Commit(header, kDiscard);
        continue;
      }
      header[2] = value++;
      ring.Commit(header);
    }
  });
  std::minstd_rand dice(7);
  for (uint32_t next = 0; next < kRecords;) {
    const size_t found = ring.Scan(offsets);
    const size_t count = dice() % 4 == 0 ? found / 2 : found;
    for (size_t i = 0; i < count; i++) CHECK(ring.ValueAt(offsets[i]) == next++);
    ring.Release(count);
    if (count == 0) std::this_thread::yield();
  }
  producer.join();
  CHECK(ring.Scan(offsets) == 0);
  ring.Release(0);
  CHECK(!ring.HasData());
}

}  // namespace

int main() {
  AnEmptyRingHasNothing();
  ARecordThatIsStillHeldStopsTheScan();
  ADiscardedRecordIsSkippedAndItsSpaceComesBack();
  WhatWasNotReleasedIsFoundAgain();
  AScanHasAnEnd();
  AFullRingHasRoomAgainForWhatWasReleased();
  ARecordOverTheEndOfTheRingIsInOnePiece();
  RecordsKeepTheOrderInWhichTheyWereReserved();
  OnlyDiscardedRecordsAreGivenBackToo();
  EveryRecordArrivesOnceInOrderWhileAnotherThreadWrites();
  return 0;
}
