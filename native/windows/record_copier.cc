// SPDX-License-Identifier: MIT
#include "windows/record_copier.h"

#include <cstring>

#include "etl/classes.h"

namespace kernelwire {
namespace {

constexpr size_t AlignUp(size_t bytes) { return (bytes + 7) & ~size_t{7}; }

size_t ItemBytes(const EVENT_RECORD& event) {
  size_t bytes = 0;
  for (USHORT i = 0; i < event.ExtendedDataCount; i++) {
    bytes += sizeof(EtwItem) + AlignUp(event.ExtendedData[i].DataSize);
  }
  return bytes;
}

uint16_t WriteItems(const EVENT_RECORD& event, uint8_t* to) {
  uint16_t flags = 0;
  for (USHORT i = 0; i < event.ExtendedDataCount; i++) {
    const EVENT_HEADER_EXTENDED_DATA_ITEM& item = event.ExtendedData[i];
    const EtwItem head{item.DataSize, item.ExtType, 0};
    std::memcpy(to, &head, sizeof(head));
    to += sizeof(head);
    std::memcpy(to, reinterpret_cast<const void*>(static_cast<uintptr_t>(item.DataPtr)),
                item.DataSize);
    std::memset(to + item.DataSize, 0, AlignUp(item.DataSize) - item.DataSize);
    to += AlignUp(item.DataSize);
    if (item.ExtType == ETW_ITEM_SID) flags |= ETW_HAS_SID;
    if (item.ExtType == ETW_ITEM_SCHEMA) flags |= ETW_TRACE_LOGGING;
  }
  return flags;
}

}  // namespace

bool CopyRecord(const EVENT_RECORD& event, const TraceClock& clock, uint32_t providers,
                Lane& lane) {
  const EVENT_HEADER& header = event.EventHeader;
  uint8_t guid[16];
  std::memcpy(guid, &header.ProviderId, sizeof(guid));
  const EtwProvider provider = etl::ProviderOf(guid);
  if (!(providers & (1u << provider))) return true;

  const uint64_t time = clock.FileTime(header.TimeStamp.QuadPart);
  const size_t payload_end = sizeof(EtwRecord) + event.UserDataLength;
  const size_t item_bytes = ItemBytes(event);
  uint8_t* const place = lane.Reserve(AlignUp(payload_end) + item_bytes, time);
  if (place == nullptr) return false;

  EtwRecord record{};
  record.provider = provider;
  record.opcode = header.EventDescriptor.Opcode;
  record.version = header.EventDescriptor.Version;
  record.level = header.EventDescriptor.Level;
  record.pointer_size = (header.Flags & EVENT_HEADER_FLAG_32_BIT_HEADER) ? 4 : 8;
  record.cpu = event.BufferContext.ProcessorNumber;
  record.pid = header.ProcessId;
  record.tid = header.ThreadId;
  if (header.ProcessId == ~0u) record.flags |= ETW_NO_THREAD;
  record.payload_length = event.UserDataLength;
  record.time = time;
  std::memcpy(record.guid, guid, sizeof(guid));
  if (header.Flags & EVENT_HEADER_FLAG_CLASSIC_HEADER) {
    record.flags |= ETW_CLASSIC;
  } else {
    record.id = header.EventDescriptor.Id;
    record.task = header.EventDescriptor.Task;
    record.channel = header.EventDescriptor.Channel;
    record.keywords = header.EventDescriptor.Keyword;
  }
  std::memcpy(place + sizeof(record), event.UserData, event.UserDataLength);
  std::memset(place + payload_end, 0, AlignUp(payload_end) - payload_end);
  record.flags |= WriteItems(event, place + AlignUp(payload_end));
  record.extended_length = static_cast<uint32_t>(item_bytes);
  std::memcpy(place, &record, sizeof(record));
  lane.Commit();
  return true;
}

}  // namespace kernelwire
