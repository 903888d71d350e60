// SPDX-License-Identifier: MIT
// SHA-256, SHA-1 and MD5 in one pass. Of our own: what a program has of them around an addon is
// another thing in each host, and is taken down before the program's last thread has ended.
#pragma once

#include "digest/md5.h"
#include "digest/sha1.h"
#include "digest/sha256.h"

namespace kernelwire {

struct Digests {
  Sha256::Digest sha256;
  Sha1::Digest sha1;
  Md5::Digest md5;
};

class Digester {
 public:
  void Add(const uint8_t* bytes, size_t count) {
    sha256_.Add(bytes, count);
    sha1_.Add(bytes, count);
    md5_.Add(bytes, count);
  }

  // Nothing is added afterwards.
  Digests End() { return {sha256_.End(), sha1_.End(), md5_.End()}; }

 private:
  Sha256 sha256_;
  Sha1 sha1_;
  Md5 md5_;
};

}  // namespace kernelwire
