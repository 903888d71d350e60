// SPDX-License-Identifier: MIT
// FIPS 180-4, by the processor's own instructions where it has them.
#pragma once

#include "digest/block_hash.h"

namespace kernelwire {

struct Sha256Algorithm {
  static constexpr std::array<uint32_t, 8> kBegin = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                                     0xa54ff53a, 0x510e527f, 0x9b05688c,
                                                     0x1f83d9ab, 0x5be0cd19};
  static constexpr size_t kDigestBytes = 32;
  static constexpr bool kIsBigEndian = true;
  static void Blocks(uint32_t* state, const uint8_t* bytes, size_t count);
  // What Blocks() is where the processor has no instructions for it.
  static void PortableBlocks(uint32_t* state, const uint8_t* bytes, size_t count);
};

using Sha256 = BlockHash<Sha256Algorithm>;

}  // namespace kernelwire
