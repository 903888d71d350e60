// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "digest/digester.h"
#include "linux/hasher/file_finder.h"
#include "linux/hasher/protocol.h"

namespace kernelwire {

// A file on its way to its digests. One thread at a time has it.
struct Job {
  HashRequest request = {};
  FoundFile found;
  Digester digester;
  uint64_t position = 0;
  int tries = 0;
  // Once: by who has it, or by who gives up waiting for that one.
  std::atomic<bool> is_answered{false};
};

}  // namespace kernelwire
