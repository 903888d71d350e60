// SPDX-License-Identifier: MIT
#include "digest/md5.h"

namespace kernelwire {
namespace {

uint32_t LittleEndian(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[3]) << 24 | static_cast<uint32_t>(bytes[2]) << 16 |
         static_cast<uint32_t>(bytes[1]) << 8 | bytes[0];
}

// RFC 1321, 3.4. A choice written as a sum has one term that does not wait for the step before.
inline uint32_t F(uint32_t x, uint32_t y, uint32_t z) { return z ^ (x & (y ^ z)); }
inline uint32_t G(uint32_t x, uint32_t y, uint32_t z) { return (y & ~z) + (x & z); }
inline uint32_t H(uint32_t x, uint32_t y, uint32_t z) { return x ^ (y ^ z); }
inline uint32_t I(uint32_t x, uint32_t y, uint32_t z) { return y ^ (x | ~z); }

template <uint32_t (*kMix)(uint32_t, uint32_t, uint32_t), int kBits>
inline void Step(uint32_t& a, uint32_t b, uint32_t c, uint32_t d, uint32_t word,
                 uint32_t constant) {
  a = b + RotateLeft(a + (word + constant) + kMix(b, c, d), kBits);
}

}  // namespace

void Md5Algorithm::Blocks(uint32_t* state, const uint8_t* bytes, size_t count) {
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (; count > 0; count--, bytes += 64) {
    const uint32_t a_before = a, b_before = b, c_before = c, d_before = d;
    uint32_t x[16];
    for (int i = 0; i < 16; i++) x[i] = LittleEndian(bytes + 4 * i);

    Step<F, 7>(a, b, c, d, x[0], 0xd76aa478);
    Step<F, 12>(d, a, b, c, x[1], 0xe8c7b756);
    Step<F, 17>(c, d, a, b, x[2], 0x242070db);
    Step<F, 22>(b, c, d, a, x[3], 0xc1bdceee);
    Step<F, 7>(a, b, c, d, x[4], 0xf57c0faf);
    Step<F, 12>(d, a, b, c, x[5], 0x4787c62a);
    Step<F, 17>(c, d, a, b, x[6], 0xa8304613);
    Step<F, 22>(b, c, d, a, x[7], 0xfd469501);
    Step<F, 7>(a, b, c, d, x[8], 0x698098d8);
    Step<F, 12>(d, a, b, c, x[9], 0x8b44f7af);
    Step<F, 17>(c, d, a, b, x[10], 0xffff5bb1);
    Step<F, 22>(b, c, d, a, x[11], 0x895cd7be);
    Step<F, 7>(a, b, c, d, x[12], 0x6b901122);
    Step<F, 12>(d, a, b, c, x[13], 0xfd987193);
    Step<F, 17>(c, d, a, b, x[14], 0xa679438e);
    Step<F, 22>(b, c, d, a, x[15], 0x49b40821);

    Step<G, 5>(a, b, c, d, x[1], 0xf61e2562);
    Step<G, 9>(d, a, b, c, x[6], 0xc040b340);
    Step<G, 14>(c, d, a, b, x[11], 0x265e5a51);
    Step<G, 20>(b, c, d, a, x[0], 0xe9b6c7aa);
    Step<G, 5>(a, b, c, d, x[5], 0xd62f105d);
    Step<G, 9>(d, a, b, c, x[10], 0x02441453);
    Step<G, 14>(c, d, a, b, x[15], 0xd8a1e681);
    Step<G, 20>(b, c, d, a, x[4], 0xe7d3fbc8);
    Step<G, 5>(a, b, c, d, x[9], 0x21e1cde6);
    Step<G, 9>(d, a, b, c, x[14], 0xc33707d6);
    Step<G, 14>(c, d, a, b, x[3], 0xf4d50d87);
    Step<G, 20>(b, c, d, a, x[8], 0x455a14ed);
    Step<G, 5>(a, b, c, d, x[13], 0xa9e3e905);
    Step<G, 9>(d, a, b, c, x[2], 0xfcefa3f8);
    Step<G, 14>(c, d, a, b, x[7], 0x676f02d9);
    Step<G, 20>(b, c, d, a, x[12], 0x8d2a4c8a);

    Step<H, 4>(a, b, c, d, x[5], 0xfffa3942);
    Step<H, 11>(d, a, b, c, x[8], 0x8771f681);
    Step<H, 16>(c, d, a, b, x[11], 0x6d9d6122);
    Step<H, 23>(b, c, d, a, x[14], 0xfde5380c);
    Step<H, 4>(a, b, c, d, x[1], 0xa4beea44);
    Step<H, 11>(d, a, b, c, x[4], 0x4bdecfa9);
    Step<H, 16>(c, d, a, b, x[7], 0xf6bb4b60);
    Step<H, 23>(b, c, d, a, x[10], 0xbebfbc70);
    Step<H, 4>(a, b, c, d, x[13], 0x289b7ec6);
    Step<H, 11>(d, a, b, c, x[0], 0xeaa127fa);
    Step<H, 16>(c, d, a, b, x[3], 0xd4ef3085);
    Step<H, 23>(b, c, d, a, x[6], 0x04881d05);
    Step<H, 4>(a, b, c, d, x[9], 0xd9d4d039);
    Step<H, 11>(d, a, b, c, x[12], 0xe6db99e5);
    Step<H, 16>(c, d, a, b, x[15], 0x1fa27cf8);
    Step<H, 23>(b, c, d, a, x[2], 0xc4ac5665);

    Step<I, 6>(a, b, c, d, x[0], 0xf4292244);
    Step<I, 10>(d, a, b, c, x[7], 0x432aff97);
    Step<I, 15>(c, d, a, b, x[14], 0xab9423a7);
    Step<I, 21>(b, c, d, a, x[5], 0xfc93a039);
    Step<I, 6>(a, b, c, d, x[12], 0x655b59c3);
    Step<I, 10>(d, a, b, c, x[3], 0x8f0ccc92);
    Step<I, 15>(c, d, a, b, x[10], 0xffeff47d);
    Step<I, 21>(b, c, d, a, x[1], 0x85845dd1);
    Step<I, 6>(a, b, c, d, x[8], 0x6fa87e4f);
    Step<I, 10>(d, a, b, c, x[15], 0xfe2ce6e0);
    Step<I, 15>(c, d, a, b, x[6], 0xa3014314);
    Step<I, 21>(b, c, d, a, x[13], 0x4e0811a1);
    Step<I, 6>(a, b, c, d, x[4], 0xf7537e82);
    Step<I, 10>(d, a, b, c, x[11], 0xbd3af235);
    Step<I, 15>(c, d, a, b, x[2], 0x2ad7d2bb);
    Step<I, 21>(b, c, d, a, x[9], 0xeb86d391);

    a += a_before;
    b += b_before;
    c += c_before;
    d += d_before;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

}  // namespace kernelwire
