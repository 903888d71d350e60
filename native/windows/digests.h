// SPDX-License-Identifier: MIT
// SHA-256, SHA-1 and MD5 of the same bytes, by Windows' own BCrypt.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "windows/etw.h"
// After it.
#include <bcrypt.h>

namespace kernelwire {

class Digests {
 public:
  Digests();
  ~Digests();
  Digests(const Digests&) = delete;
  Digests& operator=(const Digests&) = delete;

  // False where Windows cannot: then there is nothing to finish.
  bool Add(const uint8_t* bytes, size_t count);

  enum Kind : size_t { kSha256, kSha1, kMd5, kKinds };
  // Lower-case hex digits, once.
  bool Finish(std::array<std::string, kKinds>& texts);

 private:
  struct Hash {
    BCRYPT_ALG_HANDLE algorithm = nullptr;
    BCRYPT_HASH_HANDLE state = nullptr;
  };
  std::array<Hash, kKinds> hashes_;
  bool is_good_ = true;
};

}  // namespace kernelwire
