// SPDX-License-Identifier: MIT
// What the sensor itself puts among the events of a live session: provider ETW_SENSOR, told apart
// by the opcode. lib/decode/etw/layout.ts holds the same offsets and a test compares the two.
#pragma once

#include <cstdint>

#include "etw_record.h"

namespace kernelwire {

enum SensorOpcode : uint8_t {
  SENSOR_PROCESS = 1,       // SensorProcess: what was read from a process that has just started
  SENSOR_EXISTING = 3,      // SensorProcess: a process of the snapshot
  SENSOR_SNAPSHOT_END = 4,  // no payload: all of a snapshot have been told
  SENSOR_LOSS = 5,          // SensorLoss
};

enum SensorLossReason : uint32_t {
  SENSOR_RING_FULL = 1,        // we were too slow
  SENSOR_SESSION_FULL = 2,     // Windows had no free buffer
  SENSOR_SESSION_STOPPED = 3,  // somebody stopped the session: nobody counted what was lost
  SENSOR_LOOKUP_FULL = 4,      // too many processes waited to be looked at
};

struct SensorLoss {
  uint32_t reason;
  uint32_t events;
  uint32_t buffers;
  uint32_t reserved;
  uint64_t bytes;
  uint64_t from;  // FILETIME; the record's own time is the end
};

enum SensorProcessFlag : uint32_t {
  SENSOR_WOW64 = 1 << 0,
  SENSOR_ENVIRONMENT_CUT = 1 << 1,
};

// Texts follow, UTF-16 with a NUL each: path, command line, user name, and as many bytes of
// environment, each variable with its NUL. Then the SID. 0 or empty: not known.
struct SensorProcess {
  uint32_t pid;
  uint32_t parent_pid;
  uint64_t created;  // FILETIME
  uint64_t working_set;
  uint64_t image_base;
  uint32_t threads;
  uint32_t session;
  uint32_t flags;
  uint32_t sid_length;
  uint32_t environment_length;  // bytes
  uint32_t reserved;
};
static_assert(sizeof(SensorProcess) == 56, "SensorProcess");

struct SensorLossRecord {
  EtwRecord head;
  SensorLoss body;
};
static_assert(sizeof(SensorLossRecord) == 64 + 32, "SensorLossRecord");

inline EtwRecord NewSensorRecord(SensorOpcode opcode, uint64_t time, uint32_t payload_length) {
  EtwRecord record{};
  record.provider = ETW_SENSOR;
  record.opcode = opcode;
  record.pointer_size = 8;
  record.pid = record.tid = ~0u;
  record.flags = ETW_NO_THREAD;
  record.payload_length = payload_length;
  record.time = time;
  return record;
}

inline SensorLossRecord NewSensorLoss(SensorLossReason reason, uint64_t time) {
  SensorLossRecord record{};
  record.head = NewSensorRecord(SENSOR_LOSS, time, sizeof(SensorLoss));
  record.body.reason = reason;
  return record;
}

}  // namespace kernelwire
