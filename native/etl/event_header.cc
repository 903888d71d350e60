// SPDX-License-Identifier: MIT
#include "etl/event_header.h"

namespace kernelwire::etl {
namespace {

constexpr EventLayout kUnknown{EventKind::kNone, 0, 0, 0, 0};

constexpr EventLayout System(uint8_t pointer) {
  return {EventKind::kSystem, pointer, 0x20, 4, 0x10};
}
constexpr EventLayout Compact(uint8_t pointer) {
  return {EventKind::kCompact, pointer, 0x18, 4, 0x10};
}
constexpr EventLayout PerfInfo(uint8_t pointer) {
  return {EventKind::kPerfInfo, pointer, 0x10, 4, 8};
}
constexpr EventLayout Full(uint8_t pointer) { return {EventKind::kFull, pointer, 0x30, 0, 0x10}; }
constexpr EventLayout Instance(uint8_t pointer) {
  return {EventKind::kInstance, pointer, 0x48, 0, 0x10};
}
constexpr EventLayout Manifest(uint8_t pointer) {
  return {EventKind::kManifest, pointer, 0x50, 0, 0x10};
}
constexpr EventLayout Skipped() { return {EventKind::kSkipped, 0, 8, 0, 0}; }

}  // namespace

const EventLayout kEventLayout[kEventLayouts] = {
    kUnknown,    System(4),   System(8), Compact(4),  Compact(8),  kUnknown,
    kUnknown,    kUnknown,    kUnknown,  kUnknown,    Full(4),     Instance(4),
    Skipped(),   Skipped(),   Skipped(), Skipped(),   PerfInfo(4), PerfInfo(8),
    Manifest(4), Manifest(8), Full(8),   Instance(8),
};

}  // namespace kernelwire::etl
