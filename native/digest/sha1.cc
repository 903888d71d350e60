// SPDX-License-Identifier: MIT
#include "digest/sha1.h"

#include "digest/accelerated.h"

namespace kernelwire {
namespace {

// FIPS 180-4, 4.1.1 and 4.2.1.
inline uint32_t Choose(uint32_t x, uint32_t y, uint32_t z) { return z ^ (x & (y ^ z)); }
inline uint32_t Parity(uint32_t x, uint32_t y, uint32_t z) { return x ^ y ^ z; }
inline uint32_t Majority(uint32_t x, uint32_t y, uint32_t z) { return (x & y) | (z & (x | y)); }

struct Rounds {
  uint32_t a, b, c, d, e;
  uint32_t w[16];

  uint32_t Word(int i) {
    if (i < 16) return w[i];
    const uint32_t word =
        RotateLeft(w[(i + 13) & 15] ^ w[(i + 8) & 15] ^ w[(i + 2) & 15] ^ w[i & 15], 1);
    return w[i & 15] = word;
  }

  template <uint32_t (*kMix)(uint32_t, uint32_t, uint32_t)>
  void Twenty(int first, uint32_t constant) {
    for (int i = first; i < first + 20; i++) {
      const uint32_t next = RotateLeft(a, 5) + kMix(b, c, d) + e + constant + Word(i);
      e = d;
      d = c;
      c = RotateLeft(b, 30);
      b = a;
      a = next;
    }
  }
};

}  // namespace

void Sha1Algorithm::PortableBlocks(uint32_t* state, const uint8_t* bytes, size_t count) {
  for (; count > 0; count--, bytes += 64) {
    Rounds rounds = {state[0], state[1], state[2], state[3], state[4], {}};
    for (int i = 0; i < 16; i++) rounds.w[i] = BigEndian(bytes + 4 * i);
    rounds.Twenty<Choose>(0, 0x5a827999);
    rounds.Twenty<Parity>(20, 0x6ed9eba1);
    rounds.Twenty<Majority>(40, 0x8f1bbcdc);
    rounds.Twenty<Parity>(60, 0xca62c1d6);
    state[0] += rounds.a;
    state[1] += rounds.b;
    state[2] += rounds.c;
    state[3] += rounds.d;
    state[4] += rounds.e;
  }
}

void Sha1Algorithm::Blocks(uint32_t* state, const uint8_t* bytes, size_t count) {
  static const auto blocks = AcceleratedSha1() ? AcceleratedSha1() : PortableBlocks;
  blocks(state, bytes, count);
}

}  // namespace kernelwire
