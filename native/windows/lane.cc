// SPDX-License-Identifier: MIT
#include "windows/lane.h"

#include <cstring>

#include "windows/sensor_record.h"

namespace kernelwire {
namespace {

constexpr uint64_t kDiscard = 1u << 30;
constexpr size_t kHeaderBytes = 8;

constexpr size_t InRing(size_t bytes) { return (kHeaderBytes + bytes + 7) & ~size_t{7}; }

}  // namespace

Lane::Lane(uint8_t* memory, size_t size)
    : Ring(reinterpret_cast<const std::byte*>(memory), size, &produced_word_, &consumed_word_),
      memory_(memory) {}

size_t Lane::Used() const {
  return static_cast<size_t>(LoadAcquire(&produced_word_) - LoadAcquire(&consumed_word_));
}

uint8_t* Lane::Reserve(size_t bytes, uint64_t time) {
  uint8_t* place = lost_ > 0 && !TellLoss(time, bytes) ? nullptr : Place(bytes);
  if (place == nullptr) {
    if (lost_++ == 0) lost_from_ = latest_ != 0 ? latest_ : time;
    lost_bytes_ += bytes;
  } else {
    latest_ = time;
  }
  return place;
}

void Lane::Commit() { Publish(); }

bool Lane::TellLoss(uint64_t time, size_t bytes) {
  // With room for what might be skipped at the end.
  const size_t needed = 2 * (InRing(sizeof(SensorLossRecord)) + InRing(bytes));
  if (size() - Used() < needed) return false;
  uint8_t* place = Place(sizeof(SensorLossRecord));
  if (place == nullptr) return false;
  SensorLossRecord loss = NewSensorLoss(SENSOR_RING_FULL, time);
  loss.body.events = lost_;
  loss.body.bytes = lost_bytes_;
  loss.body.from = lost_from_;
  std::memcpy(place, &loss, sizeof(loss));
  Publish();
  lost_ = 0;
  lost_bytes_ = 0;
  return true;
}

uint8_t* Lane::Place(size_t bytes) {
  const size_t needed = InRing(bytes);
  const size_t offset = written_ & (size() - 1);
  const size_t before_end = size() - offset;
  const size_t skipped = needed <= before_end ? 0 : before_end;
  const uint64_t consumed = LoadAcquire(&consumed_word_);
  if (needed > size() || written_ + skipped + needed - consumed > size()) return nullptr;
  if (skipped > 0) {
    const uint64_t header = (skipped - kHeaderBytes) | kDiscard;
    std::memcpy(memory_ + offset, &header, kHeaderBytes);
    written_ += skipped;
  }
  uint8_t* const frame = memory_ + (written_ & (size() - 1));
  const uint64_t header = bytes;
  std::memcpy(frame, &header, kHeaderBytes);
  written_ += needed;
  return frame + kHeaderBytes;
}

// What Place() skipped counts as written with the record behind it.
void Lane::Publish() { StoreRelease(&produced_word_, written_); }

}  // namespace kernelwire
