// SPDX-License-Identifier: MIT
#include "etl/etl_reader.h"

#include <algorithm>
#include <utility>

#include "etl/classes.h"

namespace kernelwire::etl {
namespace {

constexpr size_t kLookAheadBuffers = size_t{1} << 20;
// What open buffers may take: 256 CPUs with buffers of 1 MiB.
constexpr size_t kOpenBytesMax = size_t{256} << 20;
// Events and headers in one call: some milliseconds.
constexpr size_t kWork = 65536;
// What reading or expanding so many bytes costs, in events.
constexpr size_t kBytesPerWork = 256;
// So many places behind its own a buffer may stand, once events were delivered.
constexpr size_t kMovedMax = 64;
// Two CPUs that write into one buffer are not further apart: then the clock was set back. In 100
// ns.
constexpr uint64_t kSetBack = 2'500'000;

// At the same time the start of a process comes before its thread, that before its image.
int RankOf(const Event& event) {
  switch (ProviderOf(event)) {
    case ETW_PROCESS:
      return 0;
    case ETW_THREAD:
      return 1;
    case ETW_IMAGE:
      return 2;
    case ETW_KERNEL_PROCESS: {
      const auto id = Load<uint16_t>(event.at + 0x28);
      return id <= 2 ? 0 : id <= 4 ? 1 : 2;
    }
    default:
      return 3;
  }
}

}  // namespace

// A buffer that was found and not read yet.
struct EtlReader::Waiting {
  FoundBuffer found;
  std::unique_ptr<uint8_t[]> held;  // its bytes, if they cannot be read again
};

struct EtlReader::Placed {
  uint64_t key;
  uint32_t at;
};

// The buffers of one CPU.
struct EtlReader::Stream {
  explicit Stream(uint16_t number) : cpu(number) {}

  bool IsBefore(const Stream& other) const {
    if (key != other.key) return key < other.key;
    const int rank = RankOf(head);
    const int other_rank = RankOf(other.head);
    return rank != other_rank ? rank < other_rank : cpu < other.cpu;
  }

  // What it holds in memory, of an open buffer.
  size_t bytes() const { return events.size() + sorted.capacity() * sizeof(Placed); }

  const uint16_t cpu;
  bool is_listed = false;       // in one of the three lists
  bool is_behind_loss = false;  // and no record says so yet
  bool is_behind_damage = false;
  std::deque<Waiting> waiting;
  std::vector<uint8_t> events;  // of the open buffer
  // Where they lie, by time, if that is not their order.
  std::vector<Placed> sorted;
  size_t next_sorted = 0;
  const uint8_t* next = nullptr;
  const uint8_t* end = nullptr;
  Event head{};
  uint64_t key = 0;  // of head: its timestamp, and how far the clock was set back
  uint64_t set_back = 0;
  uint64_t highest = 0;         // timestamp since then
  uint64_t second_highest = 0;  // before that
};

EtlReader::EtlReader(std::unique_ptr<Input> input, const RecordWriter& records)
    : file_(std::move(input)), records_(records) {}

EtlReader::~EtlReader() = default;

EtlReader::Status EtlReader::Fill(uint32_t providers) {
  records_.Clear();
  work_ = kWork;
  Status status = LookAhead();
  if (status == Status::kRecords && !has_begun_) Begin();

  while (status == Status::kRecords && !records_.IsFull() && work_ > 0) {
    if (!OpenStreams() || heap_.empty()) break;
    Stream& first = *heap_.front();
    Deliver(first, providers);
    work_--;
    if (NextInBuffer(first)) {
      SiftDown();
      continue;
    }
    LeaveHeap();
    // Its place among what is known ahead is free again.
    status = LookAhead();
  }
  if (records_.count() > 0) return Status::kRecords;
  if (status != Status::kRecords) return status;
  const bool is_done = is_at_end_ && waiting_buffers_ == 0 && heap_.empty();
  return is_done ? Status::kEnd : Status::kBusy;
}

// Until enough is known ahead, or all: kRecords then.
EtlReader::Status EtlReader::LookAhead() {
  const bool can_seek = file_.input().can_seek();
  while (!is_at_end_) {
    if (can_seek ? waiting_buffers_ >= kLookAheadBuffers : held_bytes_ >= held_most_) break;
    if (work_ == 0) return Status::kBusy;
    work_--;
    FoundBuffer found;
    switch (file_.NextBuffer(found, 0)) {
      case BufferFinder::Status::kFound:
        Add(found);
        break;
      case BufferFinder::Status::kBusy:
        return Status::kBusy;
      case BufferFinder::Status::kWait:
        return Status::kWait;
      case BufferFinder::Status::kEnd:
        is_at_end_ = true;
        break;
    }
  }
  return Status::kRecords;
}

void EtlReader::Add(const FoundBuffer& found) {
  file_.CountBuffer(found);
  Waiting waiting{found, nullptr};
  if (!file_.input().can_seek()) {
    waiting.held.reset(new uint8_t[found.bytes]);
    file_.input().Read(found.offset, waiting.held.get(), found.bytes);
    file_.input().Forget(found.offset + found.bytes);
    held_bytes_ += found.bytes;
  }
  if (streams_.size() <= found.cpu) streams_.resize(found.cpu + 1u);
  auto& stream = streams_[found.cpu];
  if (!stream) stream = std::make_unique<Stream>(found.cpu);
  auto place = stream->waiting.end();
  for (size_t i = 0; has_begun_ && i < kMovedMax; i++) {
    if (place == stream->waiting.begin() || !IsBefore(waiting, *std::prev(place))) break;
    --place;
  }
  stream->waiting.insert(place, std::move(waiting));
  waiting_buffers_++;
  if (!has_begun_ || stream->is_listed) return;
  stream->is_listed = true;
  unopened_.push_back(stream.get());
}

void EtlReader::Begin() {
  has_begun_ = true;
  for (auto& stream : streams_) {
    if (!stream) continue;
    stream->is_listed = true;
    unopened_.push_back(stream.get());
    // A circular file that is full goes on at its start: its oldest buffer is somewhere within.
    auto& waiting = stream->waiting;
    if (std::is_sorted(waiting.begin(), waiting.end(), IsBefore)) continue;
    std::stable_sort(waiting.begin(), waiting.end(), IsBefore);
  }
}

// A CPU's buffers are numbered as they were flushed; the file's first one stays the first.
bool EtlReader::IsBefore(const Waiting& one, const Waiting& other) {
  if (other.found.offset == 0) return false;
  return one.found.offset == 0 || one.found.sequence < other.found.sequence;
}

// False: the work of this call is done before all are open.
bool EtlReader::OpenStreams() {
  if (unopened_.empty() && heap_.empty()) unopened_.swap(deferred_);
  while (!unopened_.empty()) {
    if (work_ == 0) return false;
    OpenNext(*unopened_.back());
  }
  return true;
}

// The next buffer of the last unopened stream, which leaves that list unless this one was empty.
void EtlReader::OpenNext(Stream& stream) {
  if (stream.waiting.empty()) {
    unopened_.pop_back();
    Free(stream);
    return;
  }
  Waiting& waiting = stream.waiting.front();
  const size_t bytes_of_others = open_bytes_ - stream.bytes();
  if (bytes_of_others + waiting.found.end > kOpenBytesMax && bytes_of_others > 0) {
    Count(file_.defects(), Defect::kMemory);
    unopened_.pop_back();
    Free(stream);
    stream.is_listed = true;
    deferred_.push_back(&stream);
    return;
  }
  const size_t bytes = Load(stream, waiting);
  work_ -= std::min(work_, 1 + bytes / kBytesPerWork);
  if (waiting.found.is_behind_loss()) stream.is_behind_loss = true;
  if (waiting.found.is_behind_hole) stream.is_behind_damage = true;
  stream.waiting.pop_front();
  waiting_buffers_--;
  stream.next = stream.events.data();
  stream.end = stream.next + bytes;
  stream.sorted.clear();
  if (!IsInOrder(stream)) Sort(stream);
  open_bytes_ = bytes_of_others + stream.bytes();
  if (!NextInBuffer(stream)) return;
  unopened_.pop_back();
  heap_.push_back(&stream);
  SiftUp(heap_.size() - 1);
}

// Brings the events of a buffer into memory and returns how many bytes they have.
size_t EtlReader::Load(Stream& stream, Waiting& waiting) {
  const FoundBuffer& found = waiting.found;
  const size_t wanted = found.bytes - std::min<size_t>(found.bytes, kBufferHeaderBytes);
  auto& to = found.is_compressed() ? compressed_ : stream.events;
  if (to.size() < wanted) to.resize(wanted);

  size_t bytes = wanted;
  if (waiting.held) {
    if (wanted > 0) std::memcpy(to.data(), waiting.held.get() + kBufferHeaderBytes, wanted);
    held_bytes_ -= found.bytes;
  } else {
    bytes = file_.input().Read(found.offset + kBufferHeaderBytes, to.data(), wanted);
  }
  if (!found.is_compressed()) return file_.EventsEnd(found, stream.events.data(), bytes);
  bool is_whole;
  const size_t expanded = file_.Expand(found, compressed_.data(), bytes, stream.events, is_whole);
  if (!is_whole) stream.is_behind_damage = true;
  return expanded;
}

bool EtlReader::IsInOrder(const Stream& stream) {
  uint64_t latest = 0;
  Event event{};
  for (const uint8_t* at = stream.next; at < stream.end;) {
    const EventStatus status = ReadEvent(at, stream.end, event);
    if (status != EventStatus::kEvent && status != EventStatus::kSkip) return true;
    if (status == EventStatus::kEvent) {
      if (event.timestamp < latest) return false;
      latest = event.timestamp;
    }
    at += std::min(AlignUp(event.size), static_cast<size_t>(stream.end - at));
  }
  return true;
}

// Where all CPUs write into one buffer, two that come at once may stand in it the wrong way round.
void EtlReader::Sort(Stream& stream) {
  auto& sorted = stream.sorted;
  while (Walk(stream)) {
    const auto at = static_cast<uint32_t>(stream.head.at - stream.events.data());
    sorted.push_back({stream.key, at});
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Placed& one, const Placed& other) { return one.key < other.key; });
  stream.next_sorted = 0;
  work_ -= std::min(work_, sorted.size());
}

// False when the buffer has no more events.
bool EtlReader::NextInBuffer(Stream& stream) {
  if (stream.sorted.empty()) return Walk(stream);
  if (stream.next_sorted == stream.sorted.size()) return false;
  const Placed& placed = stream.sorted[stream.next_sorted++];
  stream.key = placed.key;
  return ReadEvent(stream.events.data() + placed.at, stream.end, stream.head) ==
         EventStatus::kEvent;
}

// To the next event as they lie.
bool EtlReader::Walk(Stream& stream) {
  while (stream.next < stream.end) {
    const auto left = static_cast<size_t>(stream.end - stream.next);
    const EventStatus status = ReadEvent(stream.next, stream.end, stream.head);
    if (status != EventStatus::kEvent && !file_.CountOther(status, stream.head.kind, left)) {
      stream.is_behind_damage = true;
    }
    if (status != EventStatus::kEvent && status != EventStatus::kSkip) return false;
    stream.next += std::min(AlignUp(stream.head.size), left);
    if (status != EventStatus::kEvent) continue;
    if (file_.IsTimely(stream.head)) {
      Place(stream);
      return true;
    }
    stream.is_behind_damage = true;
  }
  return false;
}

// A counter never goes back: what stands behind a later event was only written later. The time of
// day does when somebody sets it: then the order in which events lie is that in which they
// happened. One time that is far ahead of its neighbours is only wrong.
void EtlReader::Place(Stream& stream) {
  const uint64_t timestamp = stream.head.timestamp;
  if (timestamp >= stream.highest) {
    stream.second_highest = stream.highest == 0 ? timestamp : stream.highest;
    stream.highest = timestamp;
  } else if (file_.clock().can_go_back() && timestamp + kSetBack < stream.highest) {
    const bool is_set_back = timestamp + kSetBack < stream.second_highest;
    if (is_set_back) stream.set_back += stream.highest - timestamp;
    stream.highest = is_set_back ? timestamp : std::max(timestamp, stream.second_highest);
    stream.second_highest = is_set_back ? timestamp : stream.highest;
  }
  stream.key = timestamp + stream.set_back;
}

void EtlReader::Deliver(Stream& stream, uint32_t providers) {
  const Event& event = stream.head;
  file_.totals().events++;
  const bool is_late = stream.key < latest_;
  if (!is_late) latest_ = stream.key;
  const EtwProvider provider = ProviderOf(event);
  if (!(providers >> provider & 1)) {
    if (PayloadOf(event) == nullptr) Count(file_.defects(), Defect::kExtendedItems);
    return;
  }
  uint16_t flags = is_late ? ETW_LATE : 0;
  if (stream.is_behind_loss) flags |= ETW_BEHIND_LOSS;
  if (stream.is_behind_damage) flags |= ETW_BEHIND_DAMAGE;
  if (!records_.Write(event, provider, stream.cpu, file_.clock(), flags, file_.defects())) {
    stream.is_behind_damage = true;
    return;
  }
  stream.is_behind_loss = stream.is_behind_damage = false;
  file_.totals().delivered++;
  if (is_late) file_.totals().late++;
}

// The first stream's buffer is at its end.
void EtlReader::LeaveHeap() {
  Stream& first = *heap_.front();
  heap_.front() = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) SiftDown();
  if (!first.waiting.empty()) {
    unopened_.push_back(&first);
    return;
  }
  Free(first);
  unopened_.insert(unopened_.end(), deferred_.begin(), deferred_.end());
  deferred_.clear();
}

void EtlReader::Free(Stream& stream) {
  open_bytes_ -= stream.bytes();
  std::vector<uint8_t>().swap(stream.events);
  std::vector<Placed>().swap(stream.sorted);
  stream.next = stream.end = nullptr;
  stream.is_listed = false;
}

void EtlReader::SiftUp(size_t at) {
  while (at > 0) {
    const size_t parent = (at - 1) / 2;
    if (!heap_[at]->IsBefore(*heap_[parent])) return;
    std::swap(heap_[at], heap_[parent]);
    at = parent;
  }
}

void EtlReader::SiftDown() {
  size_t at = 0;
  for (;;) {
    size_t least = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_.size(); child++) {
      if (heap_[child]->IsBefore(*heap_[least])) least = child;
    }
    if (least == at) return;
    std::swap(heap_[at], heap_[least]);
    at = least;
  }
}

}  // namespace kernelwire::etl
