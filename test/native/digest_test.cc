// SPDX-License-Identifier: MIT
// digest_test PART: the digests of what comes on standard input, added in pieces of PART bytes, in hex;
// "portable" or "accelerated" where the blocks of the SHAs were taken in by that alone.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "digest/accelerated.h"
#include "digest/digester.h"

namespace {

using namespace kernelwire;

struct PortableSha1 : Sha1Algorithm {
  static void Blocks(uint32_t* state, const uint8_t* bytes, size_t count) {
    PortableBlocks(state, bytes, count);
  }
};

struct PortableSha256 : Sha256Algorithm {
  static void Blocks(uint32_t* state, const uint8_t* bytes, size_t count) {
    PortableBlocks(state, bytes, count);
  }
};

template <typename Hash>
void Print(const char* name, const std::vector<uint8_t>& bytes, size_t part) {
  Hash hash;
  for (size_t at = 0; at < bytes.size(); at += part)
    hash.Add(bytes.data() + at, std::min(part, bytes.size() - at));
  printf("%s ", name);
  for (const uint8_t byte : hash.End()) printf("%02x", byte);
  printf("\n");
}

}  // namespace

int main(int, char** arguments) {
  const size_t part = strtoul(arguments[1], nullptr, 10);
  std::vector<uint8_t> bytes;
  for (int byte; (byte = getchar()) != EOF;) bytes.push_back(static_cast<uint8_t>(byte));
  Print<Sha256>("sha256", bytes, part);
  Print<BlockHash<PortableSha256>>("sha256", bytes, part);
  Print<Sha1>("sha1", bytes, part);
  Print<BlockHash<PortableSha1>>("sha1", bytes, part);
  Print<Md5>("md5", bytes, part);
  fprintf(stderr, "%s\n", AcceleratedSha256() ? "accelerated" : "portable");
}
