// SPDX-License-Identifier: MIT
#include "linux/digester.h"

#include <dlfcn.h>

namespace kernelwire {

// Of openssl/evp.h, the same in 1.1 and 3. Declared here because its headers are not installed
// everywhere, and looked up because not every program that loads addons exports it.
struct Digester::OpenSsl {
  void* (*context_new)();
  void (*context_free)(void*);
  int (*begin)(void* context, const void* algorithm, void* engine);
  int (*add)(void* context, const void* bytes, size_t count);
  int (*end)(void* context, unsigned char* digest, unsigned int* bytes);
  const void* (*sha256)();
  const void* (*sha1)();
  const void* (*md5)();
  bool is_complete;

  OpenSsl() {
    is_complete = Find("EVP_MD_CTX_new", &context_new) && Find("EVP_MD_CTX_free", &context_free) &&
                  Find("EVP_DigestInit_ex", &begin) && Find("EVP_DigestUpdate", &add) &&
                  Find("EVP_DigestFinal_ex", &end) && Find("EVP_sha256", &sha256) &&
                  Find("EVP_sha1", &sha1) && Find("EVP_md5", &md5);
  }

 private:
  template <typename Function>
  static bool Find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
    return *function != nullptr;
  }
};

std::unique_ptr<Digester> Digester::Create() {
  static const OpenSsl openssl;
  if (!openssl.is_complete) return nullptr;
  std::unique_ptr<Digester> digester(new Digester(openssl));
  // A FIPS configuration has no MD5.
  return digester->Begin() ? std::move(digester) : nullptr;
}

Digester::Digester(const OpenSsl& openssl)
    : openssl_(openssl),
      algorithms_{openssl.sha256(), openssl.sha1(), openssl.md5()},
      contexts_{Context(openssl.context_new(), openssl.context_free),
                Context(openssl.context_new(), openssl.context_free),
                Context(openssl.context_new(), openssl.context_free)} {}

bool Digester::Begin() {
  for (size_t i = 0; i < contexts_.size(); i++)
    if (!contexts_[i] || openssl_.begin(contexts_[i].get(), algorithms_[i], nullptr) != 1)
      return false;
  return true;
}

bool Digester::Add(const void* bytes, size_t count) {
  for (const Context& context : contexts_)
    if (openssl_.add(context.get(), bytes, count) != 1) return false;
  return true;
}

bool Digester::End(Digests* digests) {
  return End(0, &digests->sha256) && End(1, &digests->sha1) && End(2, &digests->md5);
}

template <size_t kBytes>
bool Digester::End(size_t index, std::array<uint8_t, kBytes>* digest) {
  unsigned int bytes = 0;
  return openssl_.end(contexts_[index].get(), digest->data(), &bytes) == 1 && bytes == kBytes;
}

}  // namespace kernelwire
