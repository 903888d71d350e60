// SPDX-License-Identifier: MIT
#include "etl/xpress.h"

#include <cstring>

#include "etl/little_endian.h"

namespace kernelwire::etl {
namespace {

constexpr size_t kFlags = 32;
// Those of matches that never came may follow the last one.
constexpr size_t kFlagsBytes = 4;
constexpr size_t kWord = 8;
constexpr unsigned kShortLength = 7;
constexpr unsigned kNibbleLength = 15;
constexpr unsigned kByteLength = 255;
constexpr size_t kShortestMatch = 3;

struct Reader {
  const uint8_t* at;
  const uint8_t* const end;
  const uint8_t* nibble = nullptr;  // its high half is still to be used

  size_t left() const { return static_cast<size_t>(end - at); }

  template <typename T>
  bool Take(T& value) {
    if (left() < sizeof(T)) return false;
    value = Load<T>(at);
    at += sizeof(T);
    return true;
  }

  // Two matches share a byte.
  bool TakeNibble(unsigned& value) {
    if (nibble != nullptr) {
      value = *nibble >> 4;
      nibble = nullptr;
      return true;
    }
    if (at == end) return false;
    nibble = at++;
    value = *nibble & 15;
    return true;
  }

  // The length of a match whose three bits are all set.
  bool TakeLength(size_t& length) {
    unsigned nibble_value;
    if (!TakeNibble(nibble_value)) return false;
    length = kShortLength + nibble_value;
    if (nibble_value < kNibbleLength) return true;
    uint8_t byte;
    if (!Take(byte)) return false;
    length = kShortLength + kNibbleLength + byte;
    if (byte < kByteLength) return true;
    uint16_t half;
    if (!Take(half)) return false;
    length = half;
    if (half == 0) {
      uint32_t word;
      if (!Take(word)) return false;
      length = word;
    }
    // It counts from zero here, but a shorter one would have been written shorter.
    return length >= kShortLength + kNibbleLength;
  }
};

// `output` has kWord bytes to spare behind the match.
void CopyMatchFast(uint8_t* output, size_t offset, size_t length) {
  const uint8_t* from = output - offset;
  if (offset >= kWord) {
    for (size_t done = 0; done < length; done += kWord)
      std::memcpy(output + done, from + done, kWord);
  } else if (offset == 1) {
    std::memset(output, *from, length);
  } else {
    for (size_t i = 0; i < length; i++) output[i] = from[i];
  }
}

void CopyMatch(uint8_t* output, size_t offset, size_t length) {
  const uint8_t* from = output - offset;
  for (size_t i = 0; i < length; i++) output[i] = from[i];
}

}  // namespace

Expanded ExpandXpress(const uint8_t* input, size_t input_bytes, uint8_t* output,
                      size_t output_bytes) {
  Reader reader{input, input + input_bytes};
  uint8_t* const start = output;
  uint8_t* const end = output + output_bytes;

  while (output < end) {
    uint32_t flags;
    if (!reader.Take(flags)) break;
    for (size_t bit = 0; bit < kFlags && output < end; bit++, flags <<= 1) {
      if (!(flags & 0x80000000u)) {
        if (reader.at == reader.end) return {static_cast<size_t>(output - start), false};
        *output++ = *reader.at++;
        continue;
      }
      uint16_t match;
      if (!reader.Take(match)) return {static_cast<size_t>(output - start), false};
      const size_t offset = (match >> 3) + 1u;
      size_t length = match & 7u;
      if (length == kShortLength && !reader.TakeLength(length)) {
        return {static_cast<size_t>(output - start), false};
      }
      length += kShortestMatch;
      const size_t space = static_cast<size_t>(end - output);
      if (offset > static_cast<size_t>(output - start) || length > space) {
        return {static_cast<size_t>(output - start), false};
      }
      if (length + kWord <= space) {
        CopyMatchFast(output, offset, length);
      } else {
        CopyMatch(output, offset, length);
      }
      output += length;
    }
  }
  return {static_cast<size_t>(output - start), output == end && reader.left() <= kFlagsBytes};
}

}  // namespace kernelwire::etl
