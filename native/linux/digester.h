// SPDX-License-Identifier: MIT
// SHA-256, SHA-1 and MD5 in one pass, by the OpenSSL that Node has in it and exports to addons.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace kernelwire {

struct Digests {
  std::array<uint8_t, 32> sha256;
  std::array<uint8_t, 20> sha1;
  std::array<uint8_t, 16> md5;
};

class Digester {
 public:
  // Null where the program around the addon exports no OpenSSL, or one that refuses a digest.
  static std::unique_ptr<Digester> Create();

  // All three are false when OpenSSL fails.
  bool Begin();
  bool Add(const void* bytes, size_t count);
  bool End(Digests* digests);

 private:
  struct OpenSsl;
  using Context = std::unique_ptr<void, void (*)(void*)>;

  explicit Digester(const OpenSsl& openssl);
  template <size_t kBytes>
  bool End(size_t index, std::array<uint8_t, kBytes>* digest);

  const OpenSsl& openssl_;
  const std::array<const void*, 3> algorithms_;
  const std::array<Context, 3> contexts_;
};

}  // namespace kernelwire
