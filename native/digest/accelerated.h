// SPDX-License-Identifier: MIT
// SHA-1 and SHA-256 by the processor's own instructions: SHA-NI of x86-64, asked for when the
// program runs, and the ARMv8 extension, where the compiler may use it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kernelwire {

using BlocksFunction = void (*)(uint32_t* state, const uint8_t* bytes, size_t count);

// Null where this processor has none.
BlocksFunction AcceleratedSha1();
BlocksFunction AcceleratedSha256();

extern const uint32_t kSha256Constants[64];

}  // namespace kernelwire
