// SPDX-License-Identifier: MIT
// FIPS 180-4, by the processor's own instructions where it has them.
#pragma once

#include "digest/block_hash.h"

namespace kernelwire {

struct Sha1Algorithm {
  static constexpr std::array<uint32_t, 5> kBegin = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                                     0xc3d2e1f0};
  static constexpr size_t kDigestBytes = 20;
  static constexpr bool kIsBigEndian = true;
  static void Blocks(uint32_t* state, const uint8_t* bytes, size_t count);
  // What Blocks() is where the processor has no instructions for it.
  static void PortableBlocks(uint32_t* state, const uint8_t* bytes, size_t count);
};

using Sha1 = BlockHash<Sha1Algorithm>;

}  // namespace kernelwire
