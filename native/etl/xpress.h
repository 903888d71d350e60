// SPDX-License-Identifier: MIT
// Plain LZ77 XPRESS (MS-XCA 2.4), as Windows compresses the buffers of a merged file.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kernelwire::etl {

struct Expanded {
  size_t bytes;   // of output
  bool is_sound;  // false: the input makes no sense behind them
};

// Fills `output` from `input`. Stops at the end of either; sound only if that is the end of both.
// Reads and writes nothing outside of the two.
Expanded ExpandXpress(const uint8_t* input, size_t input_bytes, uint8_t* output,
                      size_t output_bytes);

}  // namespace kernelwire::etl
