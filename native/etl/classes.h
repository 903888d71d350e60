// SPDX-License-Identifier: MIT
// Which provider an event is of: by GUID, or by the group of a kernel event.
#pragma once

#include <cstdint>

#include "etl/event_header.h"
#include "etw_record.h"

namespace kernelwire::etl {

struct KernelClass {
  EtwProvider provider;
  uint8_t guid[16];  // zero: a group that no documented class stands for
};

// By the hook of a kernel event: group << 8 | opcode.
const KernelClass& KernelClassOf(uint16_t hook);

// By the 16 bytes of a GUID as it lies in a file.
EtwProvider ProviderOf(const uint8_t* guid);

EtwProvider ProviderOf(const Event& event);

}  // namespace kernelwire::etl
