// SPDX-License-Identifier: MIT
// From an event as ProcessTrace gives it to a record (native/etw_record.h): the one copy.
#pragma once

#include "windows/clock.h"
#include "windows/etw.h"
#include "windows/lane.h"

namespace kernelwire {

// False where the lane is full, which the lane counts. Bits of `providers` (1 << EtwProvider) are
// those that are wanted; others are dropped unseen.
bool CopyRecord(const EVENT_RECORD& event, const TraceClock& clock, uint32_t providers, Lane& lane);

}  // namespace kernelwire
