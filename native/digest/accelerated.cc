// SPDX-License-Identifier: MIT
#include "digest/accelerated.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__ARM_FEATURE_SHA2) || defined(__ARM_FEATURE_CRYPTO)
#include <arm_neon.h>
#define KERNELWIRE_ARM_SHA
#endif

namespace kernelwire {

#if defined(__x86_64__)
namespace {

#define KERNELWIRE_SHA_NI __attribute__((target("sha,sse4.1,ssse3")))

// Intel SDM, CPUID leaf 7: SHA is bit 29 of EBX; leaf 1: SSSE3 and SSE4.1 are bits 9 and 19 of ECX.
bool HasShaNi() {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 9) || !(ecx & 1u << 19))
    return false;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && ebx & 1u << 29;
}

KERNELWIRE_SHA_NI inline __m128i Load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

// Four rounds each, w: the sixteen latest words of the schedule, four in each.
KERNELWIRE_SHA_NI void Sha256Ni(uint32_t* state, const uint8_t* bytes, size_t count) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  // The instructions want the state as ABEF and CDGH.
  const __m128i badc = _mm_shuffle_epi32(Load(state), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(Load(state + 4), 0x1b);
  __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
  __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

  for (; count > 0; count--, bytes += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      __m128i& now = w[i % 4];
      if (i < 4) {
        now = _mm_shuffle_epi8(Load(bytes + 16 * i), swap);
      } else {
        const __m128i last = w[(i + 3) % 4];
        const __m128i nine = _mm_alignr_epi8(last, w[(i + 2) % 4], 4);
        now = _mm_sha256msg1_epu32(now, w[(i + 1) % 4]);
        now = _mm_sha256msg2_epu32(_mm_add_epi32(now, nine), last);
      }
      const __m128i sum = _mm_add_epi32(now, Load(kSha256Constants + 4 * i));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

KERNELWIRE_SHA_NI inline __m128i FourRounds(__m128i abcd, __m128i e, int twenty) {
  switch (twenty) {
    case 0:
      return _mm_sha1rnds4_epu32(abcd, e, 0);
    case 1:
      return _mm_sha1rnds4_epu32(abcd, e, 1);
    case 2:
      return _mm_sha1rnds4_epu32(abcd, e, 2);
    default:
      return _mm_sha1rnds4_epu32(abcd, e, 3);
  }
}

KERNELWIRE_SHA_NI void Sha1Ni(uint32_t* state, const uint8_t* bytes, size_t count) {
  const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  __m128i abcd = _mm_shuffle_epi32(Load(state), 0x1b);
  __m128i e = _mm_set_epi32(static_cast<int>(state[4]), 0, 0, 0);

  for (; count > 0; count--, bytes += 64) {
    const __m128i abcd_begin = abcd, e_begin = e;
    __m128i w[4], before = abcd;
#pragma GCC unroll 20
    for (int i = 0; i < 20; i++) {
      __m128i& now = w[i % 4];
      if (i < 4) {
        now = _mm_shuffle_epi8(Load(bytes + 16 * i), swap);
      } else {
        now = _mm_sha1msg1_epu32(now, w[(i + 1) % 4]);
        now = _mm_sha1msg2_epu32(_mm_xor_si128(now, w[(i + 2) % 4]), w[(i + 3) % 4]);
      }
      // E of all rounds but the first four comes out of A four rounds before.
      const __m128i sum = i == 0 ? _mm_add_epi32(e, now) : _mm_sha1nexte_epu32(before, now);
      before = abcd;
      abcd = FourRounds(abcd, sum, i / 5);
    }
    e = _mm_sha1nexte_epu32(before, e_begin);
    abcd = _mm_add_epi32(abcd, abcd_begin);
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_shuffle_epi32(abcd, 0x1b));
  state[4] = static_cast<uint32_t>(_mm_extract_epi32(e, 3));
}

}  // namespace

BlocksFunction AcceleratedSha1() { return HasShaNi() ? Sha1Ni : nullptr; }
BlocksFunction AcceleratedSha256() { return HasShaNi() ? Sha256Ni : nullptr; }

#elif defined(KERNELWIRE_ARM_SHA)
namespace {

uint32x4_t LoadSwapped(const uint8_t* bytes) {
  return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(bytes)));
}

void Sha256Arm(uint32_t* state, const uint8_t* bytes, size_t count) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  for (; count > 0; count--, bytes += 64) {
    const uint32x4_t abcd_begin = abcd, efgh_begin = efgh;
    uint32x4_t w[4];
    for (int i = 0; i < 16; i++) {
      uint32x4_t& now = w[i % 4];
      if (i < 4)
        now = LoadSwapped(bytes + 16 * i);
      else
        now = vsha256su1q_u32(vsha256su0q_u32(now, w[(i + 1) % 4]), w[(i + 2) % 4], w[(i + 3) % 4]);
      const uint32x4_t sum = vaddq_u32(now, vld1q_u32(kSha256Constants + 4 * i));
      const uint32x4_t before = abcd;
      abcd = vsha256hq_u32(abcd, efgh, sum);
      efgh = vsha256h2q_u32(efgh, before, sum);
    }
    abcd = vaddq_u32(abcd, abcd_begin);
    efgh = vaddq_u32(efgh, efgh_begin);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

void Sha1Arm(uint32_t* state, const uint8_t* bytes, size_t count) {
  constexpr uint32_t kConstants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  uint32x4_t abcd = vld1q_u32(state);
  uint32_t e = state[4];
  for (; count > 0; count--, bytes += 64) {
    const uint32x4_t abcd_begin = abcd;
    const uint32_t e_begin = e;
    uint32x4_t w[4];
    for (int i = 0; i < 20; i++) {
      uint32x4_t& now = w[i % 4];
      if (i < 4)
        now = LoadSwapped(bytes + 16 * i);
      else
        now = vsha1su1q_u32(vsha1su0q_u32(now, w[(i + 1) % 4], w[(i + 2) % 4]), w[(i + 3) % 4]);
      const uint32x4_t sum = vaddq_u32(now, vdupq_n_u32(kConstants[i / 5]));
      const uint32_t next = vsha1h_u32(vgetq_lane_u32(abcd, 0));
      if (i < 5)
        abcd = vsha1cq_u32(abcd, e, sum);
      else if (i < 10 || i >= 15)
        abcd = vsha1pq_u32(abcd, e, sum);
      else
        abcd = vsha1mq_u32(abcd, e, sum);
      e = next;
    }
    abcd = vaddq_u32(abcd, abcd_begin);
    e += e_begin;
  }
  vst1q_u32(state, abcd);
  state[4] = e;
}

}  // namespace

BlocksFunction AcceleratedSha1() { return Sha1Arm; }
BlocksFunction AcceleratedSha256() { return Sha256Arm; }

#else

BlocksFunction AcceleratedSha1() { return nullptr; }
BlocksFunction AcceleratedSha256() { return nullptr; }

#endif

}  // namespace kernelwire
