// SPDX-License-Identifier: MIT
// RFC 1321.
#pragma once

#include "digest/block_hash.h"

namespace kernelwire {

struct Md5Algorithm {
  static constexpr std::array<uint32_t, 4> kBegin = {0x67452301, 0xefcdab89, 0x98badcfe,
                                                     0x10325476};
  static constexpr size_t kDigestBytes = 16;
  static constexpr bool kIsBigEndian = false;
  static void Blocks(uint32_t* state, const uint8_t* bytes, size_t count);
};

using Md5 = BlockHash<Md5Algorithm>;

}  // namespace kernelwire
