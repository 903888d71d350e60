// SPDX-License-Identifier: MIT
// Whether Windows accepts the signature of a file: its own, or that of a catalog which lists it.
// Nothing is asked of the network: no revocation, no certificates that are not here.
#pragma once

#include <string>

#include "windows/etw.h"

namespace kernelwire {

// CERT_CHAIN_STATUS of the document.
enum class ChainStatus : int {
  kNotLookedAt = 0,
  kVerified = 121,
  kNotVerified = 122,  // offline it cannot be
  kError = 123,
  kUntrusted = 124,
  kRevoked = 125,
  kNotTimeValid = 126,
  kSelfSigned = 127,
};

struct Signature {
  bool is_signed = false;
  ChainStatus chain = ChainStatus::kNotLookedAt;
  std::u16string issuer;  // of the certificate that signed; empty where there is none
  std::u16string subject;

  bool is_verified() const { return chain == ChainStatus::kVerified; }
};

// Blocks: the whole file is hashed. `file` is open for reading, `path` is where it is.
Signature CheckSignature(HANDLE file, const std::wstring& path);

}  // namespace kernelwire
