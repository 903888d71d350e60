// SPDX-License-Identifier: MIT
#include "etl/classes.h"

#include <cstring>

namespace kernelwire::etl {
namespace {

// The kernel logs the load of an image in the group of processes.
constexpr uint16_t kImageLoadHook = 0x030a;

constexpr uint8_t Byte(uint64_t value, int index) { return (value >> (8 * index)) & 0xff; }

// {d1-d2-d3-d4}, with the last two groups of digits as one number, as it lies in a file.
constexpr KernelClass Class(EtwProvider provider, uint32_t d1, uint16_t d2, uint16_t d3,
                            uint64_t d4) {
  return {provider,
          {Byte(d1, 0), Byte(d1, 1), Byte(d1, 2), Byte(d1, 3), Byte(d2, 0), Byte(d2, 1),
           Byte(d3, 0), Byte(d3, 1), Byte(d4, 7), Byte(d4, 6), Byte(d4, 5), Byte(d4, 4),
           Byte(d4, 3), Byte(d4, 2), Byte(d4, 1), Byte(d4, 0)}};
}

constexpr KernelClass kNone{ETW_OTHER, {}};
constexpr KernelClass kProcess = Class(ETW_PROCESS, 0x3d6fa8d0, 0xfe05, 0x11d0, 0x9dda00c04fd7ba7c);
constexpr KernelClass kThread = Class(ETW_THREAD, 0x3d6fa8d1, 0xfe05, 0x11d0, 0x9dda00c04fd7ba7c);
constexpr KernelClass kImage = Class(ETW_IMAGE, 0x2cb15d1d, 0x5fc1, 0x11d2, 0xabe100a0c911f518);
constexpr KernelClass kObject = Class(ETW_OBJECT, 0x89497f50, 0xeffe, 0x4440, 0x8cf2ce6b1cdcaca7);
constexpr KernelClass kFileIo = Class(ETW_FILE_IO, 0x90cbdc39, 0x4a3e, 0x11d1, 0x84f40000f80464e3);
constexpr KernelClass kEventTrace =
    Class(ETW_EVENT_TRACE, 0x68fdd900, 0x4a3e, 0x11d1, 0x84f40000f80464e3);

// By group: EVENT_TRACE_GROUP_*, with the class GUIDs of the MOF schema.
constexpr KernelClass kByGroup[] = {
    /* 00 */ kEventTrace,
    /* 01 disk */ Class(ETW_OTHER, 0x3d6fa8d4, 0xfe05, 0x11d0, 0x9dda00c04fd7ba7c),
    /* 02 memory */ Class(ETW_OTHER, 0x3d6fa8d3, 0xfe05, 0x11d0, 0x9dda00c04fd7ba7c),
    /* 03 */ kProcess,
    /* 04 */ kFileIo,
    /* 05 */ kThread,
    /* 06 TCP/IP */ Class(ETW_OTHER, 0x9a280ac0, 0xc8e0, 0x11d1, 0x84e200c04fb998a2),
    /* 07 job */ Class(ETW_OTHER, 0x3282fc76, 0xfeed, 0x498e, 0x8aa7e70f459d430e),
    /* 08 UDP/IP */ Class(ETW_OTHER, 0xbf3a50c5, 0xa9c9, 0x4988, 0xa0052df0b7c80f80),
    /* 09 registry */ Class(ETW_OTHER, 0xae53722e, 0xc863, 0x11d2, 0x865900c04fa321a1),
    /* 0a */ kNone,
    /* 0b configuration */ Class(ETW_OTHER, 0x01853a65, 0x418f, 0x4f36, 0xaefcdc0f1d2fd235),
    /* 0c */ kNone,
    /* 0d */ kNone,
    /* 0e pool */ Class(ETW_OTHER, 0x0268a8b6, 0x74fd, 0x4302, 0x9dd06e8f1795c0cf),
    /* 0f performance */ Class(ETW_OTHER, 0xce1dbfb4, 0x137e, 0x4da6, 0x87b03f59aa102cbc),
    /* 10 heap */ Class(ETW_OTHER, 0x222962ab, 0x6180, 0x4b88, 0xa825346b75f2a24a),
    /* 11 */ kObject,
    /* 12 power */ Class(ETW_OTHER, 0xe43445e0, 0x0903, 0x48c3, 0xb878ff0fccebdd04),
    /* 13 */ kNone,
    /* 14 */ kImage,
    /* 15 */ kNone,
    /* 16 */ kNone,
    /* 17 critical section */ Class(ETW_OTHER, 0x3ac66736, 0xcc59, 0x4cff, 0x81158df50e39816b),
    /* 18 stack */ Class(ETW_OTHER, 0xdef2fe46, 0x7bd6, 0x4b80, 0xbd94f57fe20d0ce3),
    /* 19 */ kNone,
    /* 1a ALPC */ Class(ETW_OTHER, 0x45d8cccd, 0x539f, 0x4b72, 0xa8b75c683142609a),
    /* 1b split I/O */ Class(ETW_OTHER, 0xd837ca92, 0x12b9, 0x44a5, 0xad6a3a65b3578aa8),
    /* 1c thread pool */ Class(ETW_OTHER, 0xc861d0e2, 0xa2c1, 0x4d36, 0x9f9c970bab943a12),
};
constexpr size_t kGroups = sizeof(kByGroup) / sizeof(kByGroup[0]);

constexpr KernelClass kByGuid[] = {
    kProcess,
    kThread,
    kImage,
    kObject,
    kFileIo,
    kEventTrace,
    Class(ETW_KERNEL_PROCESS, 0x22fb2cd6, 0x0e7b, 0x422b, 0xa0c72fad1fd0e716),
    Class(ETW_KERNEL_AUDIT, 0xe02a841c, 0x75a3, 0x4fa7, 0xafc8ae09cf9b7f23),
    Class(ETW_KERNEL_FILE, 0xedd08927, 0x9cc4, 0x4e65, 0xb970c2560fb5c289),
    Class(ETW_SYSTEM_CONFIG, 0x9b79ee91, 0xb5fd, 0x41c0, 0xa2434248e266e9d0),
    Class(ETW_LOST, 0x6a399ae0, 0x4bc6, 0x4de9, 0x870b3657f8947e7e),
};

}  // namespace

const KernelClass& KernelClassOf(uint16_t hook) {
  if (hook == kImageLoadHook) return kImage;
  const size_t group = hook >> 8;
  return group < kGroups ? kByGroup[group] : kNone;
}

EtwProvider ProviderOf(const uint8_t* guid) {
  for (const KernelClass& known : kByGuid) {
    if (Load<uint32_t>(known.guid) == Load<uint32_t>(guid) &&
        std::memcmp(known.guid, guid, 16) == 0) {
      return known.provider;
    }
  }
  return ETW_OTHER;
}

EtwProvider ProviderOf(const Event& event) {
  return event.is_kernel() ? KernelClassOf(event.hook()).provider : ProviderOf(event.at + 0x18);
}

}  // namespace kernelwire::etl
