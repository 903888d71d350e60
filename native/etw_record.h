// SPDX-License-Identifier: MIT
// An event of Event Tracing for Windows, from an .etl file or from a live session: what crosses to
// JavaScript, byte for byte. lib/decode/etw/layout.ts holds the same offsets and a test compares
// the two. Framed and aligned as in native/ring.h, little-endian.
//
// The payload follows the fixed part; the extended items (EtwItem) follow the payload, from the
// next multiple of 8 on. Both are as they were logged: hostile until checked.
#pragma once

#include <cstdint>

namespace kernelwire {

// Whose payloads somebody here reads; all others are known by their GUID only.
enum EtwProvider : uint16_t {
  ETW_OTHER = 0,
  ETW_PROCESS = 1,  // classic, {3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c}
  ETW_THREAD = 2,   // classic, {3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c}
  ETW_IMAGE = 3,    // classic, {2cb15d1d-5fc1-11d2-abe1-00a0c911f518}; hook 0x030a is its opcode 10
  ETW_OBJECT = 4,   // classic ObTrace, {89497f50-effe-4440-8cf2-ce6b1cdcaca7}
  ETW_FILE_IO = 5,  // classic, {90cbdc39-4a3e-11d1-84f4-0000f80464e3}
  ETW_KERNEL_PROCESS =
      6,  // Microsoft-Windows-Kernel-Process, {22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716}
  ETW_KERNEL_AUDIT =
      7,  // Microsoft-Windows-Kernel-Audit-API-Calls, {e02a841c-75a3-4fa7-afc8-ae09cf9b7f23}
  ETW_KERNEL_FILE = 8,  // Microsoft-Windows-Kernel-File, {edd08927-9cc4-4e65-b970-c2560fb5c289}
  ETW_EVENT_TRACE =
      9,  // classic, {68fdd900-4a3e-11d1-84f4-0000f80464e3}; opcode 0 is a file's header
  ETW_SYSTEM_CONFIG =
      10,  // KernelTraceControl, {9b79ee91-b5fd-41c0-a243-4248e266e9d0}; opcode 35 maps a volume
  ETW_LOST = 11,       // RT_LostEvent, {6a399ae0-4bc6-4de9-870b-3657f8947e7e}
  ETW_SENSOR = 12,     // our own, of a live session: native/windows/sensor_record.h
  ETW_PROVIDERS = 16,  // size of tables by provider
};

enum EtwFlag : uint16_t {
  ETW_CLASSIC = 1 << 0,  // known by GUID and opcode; else by GUID and id
  ETW_KERNEL =
      1 << 1,  // of the system logger: `id` is its hook (group << 8 | opcode), `guid` its class
  ETW_NO_THREAD = 1 << 2,      // its header has neither pid nor tid: both are ~0 here
  ETW_HAS_SID = 1 << 3,        // there is an ETW_ITEM_SID
  ETW_TRACE_LOGGING = 1 << 4,  // there is an ETW_ITEM_SCHEMA: the event describes itself
  ETW_LATE = 1 << 5,           // an event with a later time came before it
  ETW_BEHIND_LOSS = 1 << 6,    // the session lost events of this CPU before it, or before its like
  ETW_BEHIND_DAMAGE = 1 << 7,  // the file has a hole before it, or before its like
};

struct EtwRecord {
  uint16_t provider;  // EtwProvider
  uint16_t id;        // of a manifest event; the hook of a kernel event; else 0
  uint8_t opcode;
  uint8_t version;  // of the payload's layout
  uint8_t level;
  uint8_t pointer_size;  // 4 or 8: of the pointers in this payload
  uint16_t flags;        // EtwFlag
  uint16_t cpu;
  uint32_t pid;  // of the thread that logged it
  uint32_t tid;
  uint32_t payload_length;
  uint64_t time;  // 100 ns since 1601, UTC (FILETIME)
  uint64_t keywords;
  uint8_t guid[16];  // as Windows stores it; zero for a kernel group whose class is not known
  uint32_t extended_length;  // bytes of all items with their padding
  uint16_t task;
  uint8_t header_type;  // how a file holds it: byte 2 of its header there
  uint8_t channel;
};
static_assert(sizeof(EtwRecord) == 64, "EtwRecord");

// One extended item. Its data follow, padded to a multiple of 8.
struct EtwItem {
  uint32_t length;  // of the data, without padding
  uint16_t type;    // EtwItemType, and whatever else Windows logged
  uint16_t reserved;
};
static_assert(sizeof(EtwItem) == 8, "EtwItem");

// EVENT_HEADER_EXT_TYPE_* of evntcons.h.
enum EtwItemType : uint16_t {
  ETW_ITEM_RELATED_ACTIVITY = 1,  // a GUID
  ETW_ITEM_SID = 2,
  ETW_ITEM_SESSION = 3,   // u32: terminal session
  ETW_ITEM_INSTANCE = 4,  // u32 instance, u32 parent's instance, GUID of the parent's class
  ETW_ITEM_STACK32 = 5,   // u64 match id, then addresses
  ETW_ITEM_STACK64 = 6,
  ETW_ITEM_PEBS = 7,      // u64 index
  ETW_ITEM_COUNTERS = 8,  // u64 for each performance counter
  ETW_ITEM_SCHEMA = 11,   // of TraceLogging
  ETW_ITEM_PROVIDER_TRAITS = 12,
  ETW_ITEM_PROCESS_START_KEY = 13,  // u64
};

}  // namespace kernelwire
