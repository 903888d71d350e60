// SPDX-License-Identifier: MIT
// Numbers of a file: little-endian, at any address.
#pragma once

#include <cstdint>
#include <cstring>

namespace kernelwire::etl {

// The machines that we build for are little-endian, so a copy is all it takes.
template <typename T>
inline T Load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

constexpr size_t AlignUp(size_t bytes) { return (bytes + 7) & ~size_t{7}; }

}  // namespace kernelwire::etl
