// SPDX-License-Identifier: MIT
// libFuzzer over XPRESS: two bytes say how large the output is to be, the rest is the input. What
// it makes is compared with what the specification says, written down byte by byte.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "etl/little_endian.h"
#include "etl/xpress.h"

using namespace kernelwire::etl;

namespace {

// Flags of matches that never came.
constexpr size_t kRestBytes = 4;

// MS-XCA 2.4, up to where the input makes no sense. Returns whether the output is full and the input
// at its end.
bool Expand(const uint8_t* in, size_t in_bytes, std::vector<uint8_t>& out, size_t out_bytes) {
  size_t at = 0;
  size_t nibble = 0;  // where a half is left, plus 1
  const auto has = [&](size_t bytes) { return in_bytes - at >= bytes; };
  while (out.size() < out_bytes) {
    if (!has(4)) return false;
    const auto flags = Load<uint32_t>(in + at);
    at += 4;
    for (int bit = 31; bit >= 0 && out.size() < out_bytes; bit--) {
      if ((flags >> bit & 1) == 0) {
        if (!has(1)) return false;
        out.push_back(in[at++]);
        continue;
      }
      if (!has(2)) return false;
      const auto match = Load<uint16_t>(in + at);
      at += 2;
      size_t length = match % 8;
      const size_t offset = match / 8 + 1;
      if (length == 7) {
        if (nibble == 0) {
          if (!has(1)) return false;
          length = in[at] % 16;
          nibble = ++at;
        } else {
          length = in[nibble - 1] / 16;
          nibble = 0;
        }
        if (length == 15) {
          if (!has(1)) return false;
          length = in[at++];
          if (length == 255) {
            if (!has(2)) return false;
            length = Load<uint16_t>(in + at);
            at += 2;
            if (length == 0) {
              if (!has(4)) return false;
              length = Load<uint32_t>(in + at);
              at += 4;
            }
            if (length < 15 + 7) return false;
            length -= 15 + 7;
          }
          length += 15;
        }
        length += 7;
      }
      length += 3;
      if (offset > out.size() || length > out_bytes - out.size()) return false;
      for (size_t i = 0; i < length; i++) out.push_back(out[out.size() - offset]);
    }
  }
  return in_bytes - at <= kRestBytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  // Exactly as large, so that a byte more is found.
  const std::vector<uint8_t> input(data + 2, data + size);
  std::vector<uint8_t> output(Load<uint16_t>(data));
  const Expanded expanded =
      ExpandXpress(input.data(), input.size(), output.data(), output.size());
  std::vector<uint8_t> expected;
  const bool is_sound = Expand(input.data(), input.size(), expected, output.size());
  if (expanded.is_sound != is_sound || expanded.bytes != expected.size()) abort();
  if (!expected.empty() && std::memcmp(output.data(), expected.data(), expected.size()) != 0) {
    abort();
  }
  return 0;
}
