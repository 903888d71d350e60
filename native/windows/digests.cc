// SPDX-License-Identifier: MIT
#include "windows/digests.h"

namespace kernelwire {
namespace {

struct Algorithm {
  const wchar_t* name;
  size_t bytes;
};
constexpr Algorithm kAlgorithms[Digests::kKinds] = {
    {BCRYPT_SHA256_ALGORITHM, 32}, {BCRYPT_SHA1_ALGORITHM, 20}, {BCRYPT_MD5_ALGORITHM, 16}};
constexpr size_t kBytesMax = 32;

std::string Hex(const uint8_t* bytes, size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < count; i++) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

}  // namespace

Digests::Digests() {
  for (size_t i = 0; i < kKinds; i++) {
    Hash& hash = hashes_[i];
    is_good_ = is_good_ &&
               BCryptOpenAlgorithmProvider(&hash.algorithm, kAlgorithms[i].name, nullptr, 0) == 0 &&
               BCryptCreateHash(hash.algorithm, &hash.state, nullptr, 0, nullptr, 0, 0) == 0;
  }
}

Digests::~Digests() {
  for (const Hash& hash : hashes_) {
    if (hash.state != nullptr) BCryptDestroyHash(hash.state);
    if (hash.algorithm != nullptr) BCryptCloseAlgorithmProvider(hash.algorithm, 0);
  }
}

bool Digests::Add(const uint8_t* bytes, size_t count) {
  for (const Hash& hash : hashes_) {
    is_good_ = is_good_ && BCryptHashData(hash.state, const_cast<PUCHAR>(bytes),
                                          static_cast<ULONG>(count), 0) == 0;
  }
  return is_good_;
}

bool Digests::Finish(std::array<std::string, kKinds>& texts) {
  for (size_t i = 0; i < kKinds; i++) {
    uint8_t digest[kBytesMax];
    const size_t bytes = kAlgorithms[i].bytes;
    is_good_ =
        is_good_ && BCryptFinishHash(hashes_[i].state, digest, static_cast<ULONG>(bytes), 0) == 0;
    if (!is_good_) return false;
    texts[i] = Hex(digest, bytes);
  }
  return true;
}

}  // namespace kernelwire
