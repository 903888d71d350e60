// SPDX-License-Identifier: MIT
#include "etl/etl_counter.h"

#include <algorithm>

#include "etl/classes.h"
#include "etl/record_writer.h"

namespace kernelwire::etl {
namespace {

// Large enough for few reads, small enough for the CPU's cache.
constexpr size_t kAhead = 256 << 10;
constexpr uint64_t kBytesInStep = 8 << 20;
constexpr unsigned kBuffersInStep = 4096;
constexpr size_t kTableStart = 1024;
// The provider follows from the rest.
constexpr uint64_t kNoProvider = 0x0000ffffffffffff;

uint64_t Name(uint16_t id, uint8_t opcode, uint8_t version, uint8_t type) {
  return id | uint64_t{opcode} << 16 | uint64_t{version} << 24 | uint64_t{type} << 32 |
         uint64_t{kEventLayout[type].pointer_size} << 40;
}

}  // namespace

// What names a kind, as the three words at the start of EventCount.
struct EtlCounter::Key {
  Key() = default;
  explicit Key(const Event& event) {
    const uint8_t* const at = event.at;
    if (event.is_kernel()) {
      const uint16_t hook = event.hook();
      std::memcpy(words, KernelClassOf(hook).guid, sizeof(KernelClass::guid));
      words[2] = Name(hook, hook & 0xff, at[0], event.type);
      return;
    }
    words[0] = Load<uint64_t>(at + 0x18);
    words[1] = Load<uint64_t>(at + 0x20);
    words[2] = event.kind == EventKind::kManifest
                   ? Name(Load<uint16_t>(at + 0x28), at[0x2d], at[0x2a], event.type)
                   : Name(0, at[4], at[6], event.type);
  }

  bool Is(const EventCount& count) const {
    uint64_t others[3];
    std::memcpy(others, &count, sizeof(others));
    return words[0] == others[0] && words[1] == others[1] && words[2] == (others[2] & kNoProvider);
  }

  size_t Hash() const {
    constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
    uint64_t hash = (words[2] ^ (words[0] + words[1] * kOdd)) * kOdd;
    return static_cast<size_t>(hash ^ (hash >> 32));
  }

  uint64_t words[3] = {};
};

EtlCounter::EtlCounter(std::unique_ptr<Input> input)
    : file_(std::move(input)), table_(kTableStart) {}

EtlCounter::Status EtlCounter::Step() {
  Input& input = file_.input();
  const uint64_t begin = file_.totals().position;
  for (unsigned i = 0; i < kBuffersInStep && file_.totals().position - begin < kBytesInStep; i++) {
    FoundBuffer found;
    switch (file_.NextBuffer(found, kAhead)) {
      case BufferFinder::Status::kFound:
        break;
      case BufferFinder::Status::kBusy:
        return Status::kBusy;
      case BufferFinder::Status::kWait:
        return Status::kWait;
      case BufferFinder::Status::kEnd:
        return Status::kEnd;
    }
    file_.CountBuffer(found);
    const View view = input.Look(found.offset, found.bytes, kAhead);
    if (view.size > kBufferHeaderBytes) {
      const uint8_t* const packed = view.data + kBufferHeaderBytes;
      const size_t bytes = view.size - kBufferHeaderBytes;
      if (found.is_compressed()) {
        bool is_whole;
        const size_t expanded = file_.Expand(found, packed, bytes, expanded_, is_whole);
        CountBuffer(expanded_.data(), expanded_.data() + expanded);
      } else {
        CountBuffer(packed, packed + file_.EventsEnd(found, packed, bytes));
      }
    }
    input.Forget(found.offset + found.bytes);
  }
  return Status::kBusy;
}

void EtlCounter::CountBuffer(const uint8_t* at, const uint8_t* end) {
  uint64_t events = 0;
  while (at < end) {
    Event event{};
    const EventStatus status = ReadEvent(at, end, event);
    if (status == EventStatus::kEvent) {
      if (file_.IsTimely(event)) {
        events++;
        CountEvent(event);
        if (PayloadOf(event) == nullptr) Count(file_.defects(), Defect::kExtendedItems);
      }
    } else {
      file_.CountOther(status, event.kind, static_cast<size_t>(end - at));
      if (status != EventStatus::kSkip) break;
    }
    at += std::min(AlignUp(event.size), static_cast<size_t>(end - at));
  }
  file_.totals().events += events;
}

void EtlCounter::CountEvent(const Event& event) {
  const Key key(event);
  const size_t mask = table_.size() - 1;
  size_t at = key.Hash() & mask;
  while (table_[at] != 0 && !key.Is(counts_[table_[at] - 1])) at = (at + 1) & mask;
  if (table_[at] == 0) {
    if (counts_.size() == kKindsMax) {
      events_of_more_kinds_++;
      return;
    }
    counts_.emplace_back();
    std::memcpy(&counts_.back(), key.words, sizeof(key.words));
    counts_.back().provider = ProviderOf(event);
    table_[at] = static_cast<uint32_t>(counts_.size());
    if (counts_.size() * 2 > table_.size()) Grow();
    counts_.back().events = 1;
    counts_.back().bytes = event.size;
    return;
  }
  EventCount& count = counts_[table_[at] - 1];
  count.events++;
  count.bytes += event.size;
}

void EtlCounter::Grow() {
  table_.assign(table_.size() * 2, 0);
  const size_t mask = table_.size() - 1;
  for (size_t index = 0; index < counts_.size(); index++) {
    Key key;
    std::memcpy(key.words, &counts_[index], sizeof(key.words));
    key.words[2] &= kNoProvider;
    size_t at = key.Hash() & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = static_cast<uint32_t>(index + 1);
  }
}

}  // namespace kernelwire::etl
