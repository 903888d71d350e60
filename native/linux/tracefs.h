// SPDX-License-Identifier: MIT
// The numbers of tracepoints, which only tracefs tells.
#pragma once

#include <cstdint>
#include <string>

#include "linux/file_descriptor.h"

namespace kernelwire {

// The machine's own where it is mounted. Else one that is mounted nowhere (fsopen, Linux 5.2),
// which goes with this object and leaves nothing behind.
class Tracefs {
 public:
  Tracefs();

  // `tracepoint`: CATEGORY/NAME. 0 or an errno; `why` has the sentence to it.
  int FindId(const std::string& tracepoint, uint64_t* id, std::string* why) const;

 private:
  FileDescriptor root_;
  int error_ = 0;  // why there is none
};

}  // namespace kernelwire
