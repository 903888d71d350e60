// SPDX-License-Identifier: MIT
// A program on its hook, as long as this lives.
#pragma once

#include <cstdint>
#include <vector>

#include "linux/file_descriptor.h"
#include "linux/hook.h"

namespace kernelwire {

class BpfLink {
 public:
  BpfLink() = default;

  // `tracepoint`: its number, where the hook is one. 0 or an errno.
  static int Attach(int program, const Hook& hook, uint64_t tracepoint, BpfLink* link);

  // Takes the program off its hook. Blocks where the hook is a tracepoint: for a grace period
  // (kernel/ trace/bpf_trace.c, perf_event_detach_bpf_prog), which links that are closed at once
  // share. What is left then is an event that nobody looks at; before 5.15 the program hangs on it
  // until it is closed.
  FileDescriptor Detach();
  bool detaches_at_once() const { return static_cast<bool>(fd_); }

  explicit operator bool() const { return fd_ || event_; }
  int fd() const { return fd_.get(); }
  // Whether the kernel still says that it is the link of this program; true where it cannot be
  // asked.
  bool IsOf(int program) const;

 private:
  int AttachTracepoint(int program, uint64_t tracepoint);

  FileDescriptor event_;  // of a tracepoint
  FileDescriptor fd_;     // none for a tracepoint before 5.15, which has no link of its own
};

// Of all at once. What is left is to be closed: no program hangs on it any more.
std::vector<FileDescriptor> DetachAll(std::vector<BpfLink> links);

}  // namespace kernelwire
