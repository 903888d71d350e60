// SPDX-License-Identifier: MIT
// A program on its hook, as long as this lives.
#pragma once

#include <cstdint>

#include "linux/file_descriptor.h"
#include "linux/hook.h"

namespace kernelwire {

class BpfLink {
 public:
  BpfLink() = default;

  // `tracepoint`: its number, where the hook is one. 0 or an errno.
  static int Attach(int program, const Hook& hook, uint64_t tracepoint, BpfLink* link);

  // Takes the program off its hook, where the kernel has links. Whoever closes what is left waits
  // for the kernel: a tracepoint's event goes when no CPU can be in it any more (kernel/trace/
  // trace_event_perf.c, perf_trace_event_unreg), one after the other.
  FileDescriptor Detach();

  int fd() const { return fd_.get(); }
  // Whether the kernel still says that it is the link of this program; true where it cannot be
  // asked.
  bool IsOf(int program) const;

 private:
  int AttachTracepoint(int program, uint64_t tracepoint);

  FileDescriptor event_;  // of a tracepoint
  FileDescriptor fd_;     // none for a tracepoint before 5.15, which has no link of its own
};

}  // namespace kernelwire
