// SPDX-License-Identifier: MIT
// Words that two threads, or the kernel and we, share: C++17 has no atomic view of a plain word.
#pragma once

#include <cstdint>

#ifdef _MSC_VER
#include <intrin.h>
#endif

namespace kernelwire {

template <typename Word>
Word LoadAcquire(const Word* word) {
#ifdef _MSC_VER
  // On x64 every load acquires; only the compiler must be kept from moving it.
  const Word value = *static_cast<const volatile Word*>(word);
  _ReadWriteBarrier();
  return value;
#else
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
#endif
}

template <typename Word>
void StoreRelease(Word* word, Word value) {
#ifdef _MSC_VER
  _ReadWriteBarrier();
  *static_cast<volatile Word*>(word) = value;
#else
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
#endif
}

// Brings what will be read soon into the cache.
inline void Prefetch(const void* memory) {
#ifdef _MSC_VER
  _mm_prefetch(static_cast<const char*>(memory), _MM_HINT_T0);
#else
  __builtin_prefetch(memory);
#endif
}

}  // namespace kernelwire
