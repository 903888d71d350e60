// SPDX-License-Identifier: MIT
#include "etl/record_writer.h"

#include <algorithm>

#include "etl/classes.h"

namespace kernelwire::etl {
namespace {

constexpr size_t kFrameBytes = 8;
constexpr uint16_t kExtended = 0x1;     // of EVENT_HEADER.Flags
constexpr size_t kItemHeaderBytes = 8;  // of an item in the file

// The version word of kernel events: what stands between header and payload.
constexpr uint16_t kPebsFlag = 0x8000;
constexpr unsigned kCountersShift = 8;
constexpr unsigned kCountersMask = 7;

// Items one after the other, from `to` on.
class ItemWriter {
 public:
  explicit ItemWriter(uint8_t* to) : start_(to), to_(to) {}

  void Write(uint16_t type, const uint8_t* data, size_t bytes) {
    const EtwItem item{static_cast<uint32_t>(bytes), type, 0};
    std::memcpy(to_, &item, sizeof(item));
    std::memcpy(to_ + sizeof(item), data, bytes);
    std::memset(to_ + sizeof(item) + bytes, 0, AlignUp(bytes) - bytes);
    to_ += sizeof(item) + AlignUp(bytes);
  }

  uint32_t bytes() const { return static_cast<uint32_t>(to_ - start_); }

 private:
  uint8_t* const start_;
  uint8_t* to_;
};

// Where the payload begins behind the items; null if they leave the event.
const uint8_t* BehindItems(const Event& event) {
  const uint8_t* at = event.at + event.header_bytes();
  const uint8_t* const end = event.at + event.size;
  for (bool more = true; more;) {
    const auto left = static_cast<size_t>(end - at);
    if (left < kItemHeaderBytes) return nullptr;
    const size_t bytes = Load<uint16_t>(at);
    if (bytes < kItemHeaderBytes || bytes > left) return nullptr;
    if (Load<uint16_t>(at + 6) > bytes - kItemHeaderBytes) return nullptr;
    more = Load<uint16_t>(at + 4) & 1;
    at += std::min(AlignUp(bytes), left);
  }
  return at;
}

// What stands between the header and the payload of a kernel event.
size_t PebsBytes(const Event& event) { return (Load<uint16_t>(event.at) & kPebsFlag) ? 8 : 0; }

size_t CounterBytes(const Event& event) {
  return ((Load<uint16_t>(event.at) >> kCountersShift) & kCountersMask) * size_t{8};
}

uint16_t FlagOfItem(uint16_t type) {
  if (type == ETW_ITEM_SID) return ETW_HAS_SID;
  if (type == ETW_ITEM_SCHEMA) return ETW_TRACE_LOGGING;
  return 0;
}

// They have been measured by BehindItems.
uint16_t CopyItems(const uint8_t* at, const uint8_t* end, ItemWriter& items) {
  uint16_t flags = 0;
  while (at < end) {
    const auto type = Load<uint16_t>(at + 2);
    items.Write(type, at + kItemHeaderBytes, Load<uint16_t>(at + 6));
    flags |= FlagOfItem(type);
    at += AlignUp(Load<uint16_t>(at));
  }
  return flags;
}

void FillKernel(const Event& event, EtwRecord& record) {
  const uint16_t hook = event.hook();
  std::memcpy(record.guid, KernelClassOf(hook).guid, sizeof(record.guid));
  record.id = hook;
  record.opcode = hook & 0xff;
  record.version = event.at[0];
  record.flags |= ETW_CLASSIC | ETW_KERNEL;
  if (event.kind == EventKind::kPerfInfo) {
    record.pid = record.tid = ~0u;
    record.flags |= ETW_NO_THREAD;
    return;
  }
  record.tid = Load<uint32_t>(event.at + 0x08);
  record.pid = Load<uint32_t>(event.at + 0x0c);
}

void FillClassic(const Event& event, EtwRecord& record) {
  std::memcpy(record.guid, event.at + 0x18, sizeof(record.guid));
  record.opcode = event.at[4];
  record.level = event.at[5];
  record.version = event.at[6];
  record.flags |= ETW_CLASSIC;
  record.tid = Load<uint32_t>(event.at + 0x08);
  record.pid = Load<uint32_t>(event.at + 0x0c);
}

void FillManifest(const Event& event, EtwRecord& record) {
  std::memcpy(record.guid, event.at + 0x18, sizeof(record.guid));
  record.id = Load<uint16_t>(event.at + 0x28);
  record.version = event.at[0x2a];
  record.channel = event.at[0x2b];
  record.level = event.at[0x2c];
  record.opcode = event.at[0x2d];
  record.task = Load<uint16_t>(event.at + 0x2e);
  record.keywords = Load<uint64_t>(event.at + 0x30);
  record.tid = Load<uint32_t>(event.at + 0x08);
  record.pid = Load<uint32_t>(event.at + 0x0c);
}

}  // namespace

const uint8_t* PayloadOf(const Event& event) {
  const uint8_t* const behind = event.at + event.header_bytes();
  if (event.kind == EventKind::kManifest) {
    return (Load<uint16_t>(event.at + 4) & kExtended) ? BehindItems(event) : behind;
  }
  if (!event.is_kernel()) return behind;
  const size_t items = PebsBytes(event) + CounterBytes(event);
  return items <= event.size - event.header_bytes() ? behind + items : nullptr;
}

bool RecordWriter::Write(const Event& event, EtwProvider provider, uint16_t cpu, const Clock& clock,
                         uint16_t flags, Defects& defects) {
  const uint8_t* const items = event.at + event.header_bytes();
  const uint8_t* const payload = PayloadOf(event);
  if (payload == nullptr) {
    Count(defects, Defect::kExtendedItems);
    return false;
  }

  EtwRecord record{};
  record.provider = provider;
  record.pointer_size = event.pointer_size();
  record.cpu = cpu;
  record.flags = flags;
  record.header_type = event.type;
  record.time = clock.FileTime(event.timestamp);
  record.payload_length = static_cast<uint32_t>(event.at + event.size - payload);
  if (event.is_kernel()) {
    FillKernel(event, record);
  } else if (event.kind == EventKind::kManifest) {
    FillManifest(event, record);
  } else {
    FillClassic(event, record);
  }

  uint8_t* const frame = memory_ + used_;
  uint8_t* const to = frame + kFrameBytes;
  std::memcpy(to + sizeof(record), payload, record.payload_length);
  const size_t behind = sizeof(record) + record.payload_length;
  std::memset(to + behind, 0, AlignUp(behind) - behind);
  ItemWriter writer(to + AlignUp(behind));
  if (event.kind == EventKind::kManifest) {
    if (payload != items) record.flags |= CopyItems(items, payload, writer);
  } else if (event.is_kernel()) {
    const size_t pebs = PebsBytes(event);
    const size_t counters = CounterBytes(event);
    if (pebs > 0) writer.Write(ETW_ITEM_PEBS, items, pebs);
    if (counters > 0) writer.Write(ETW_ITEM_COUNTERS, items + pebs, counters);
  } else if (event.kind == EventKind::kInstance) {
    writer.Write(ETW_ITEM_INSTANCE, event.at + 0x30, 24);
  }
  record.extended_length = writer.bytes();
  std::memcpy(to, &record, sizeof(record));

  const size_t bytes = AlignUp(behind) + record.extended_length;
  const uint64_t length = bytes;
  std::memcpy(frame, &length, kFrameBytes);
  offsets_[count_++] = static_cast<uint32_t>(base_ + used_ + kFrameBytes);
  used_ += kFrameBytes + bytes;
  return true;
}

}  // namespace kernelwire::etl
