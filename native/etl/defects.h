// SPDX-License-Identifier: MIT
// What made no sense in a file, counted: the reader goes on behind it.
#pragma once

#include <array>
#include <cstdint>

namespace kernelwire::etl {

// lib/etl/defects.ts holds the same list in the same order.
enum class Defect : uint8_t {
  kBufferHeader,    // a buffer's header is none; the next one is looked for
  kBufferSize,      // its size is not the file's; the file's was taken
  kBufferEnd,       // it says wrongly where its data end
  kBufferCut,       // the file ends inside it
  kBufferZero,      // there are zeros where it was, and more buffers behind them
  kBufferMissing,   // the file's header counted it, and it is not there
  kBufferRepeated,  // it was there before; it is left out
  kCompression,     // compressed in a way that we cannot read
  kCompressedData,  // its compressed data are broken
  kExpansion,       // the file would grow beyond all measure
  kEventHeader,     // an event has a header of no known kind; the buffer's rest is left out
  kEventSize,       // its size is too small or leaves the buffer; the rest likewise
  kEventGap,        // a buffer has nothing where events must be; the rest likewise
  kEventTime,       // it happened at no time that makes sense; it is left out
  kExtendedItems,   // its extended items leave it; it is left out
  kMemory,          // more CPUs at a time than may be held: events come out of order
  kCount,
};

using Defects = std::array<uint64_t, static_cast<size_t>(Defect::kCount)>;

inline void Count(Defects& defects, Defect defect) { defects[static_cast<size_t>(defect)]++; }

}  // namespace kernelwire::etl
