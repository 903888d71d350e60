// SPDX-License-Identifier: MIT
// Whether the kernel has a hook, and lets programs have hooks of its kind: asked before a program
// is loaded for it, which takes a thousand times as long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "linux/hook.h"
#include "linux/kernel_btf.h"
#include "linux/tracefs.h"

namespace kernelwire {

// Why a program did not load or attach.
struct ProgramError {
  int error = 0;    // errno
  std::string log;  // libbpf's and the verifier's words, also where it did load
};

// One of them, by the hook's kind.
struct HookTarget {
  uint32_t btf_id = 0;
  uint64_t tracepoint = 0;
};

class ProgramHooks {
 public:
  // False and the reason where no program can be attached to it.
  bool Find(const Hook& hook, HookTarget* target, ProgramError* error);

  // Null without BTF.
  const KernelBtf* btf();

 private:
  bool FindTracepoint(const Hook& hook, HookTarget* target, ProgramError* error);
  bool AllowsTrampolines(const Hook& hook, uint32_t btf_id, ProgramError* error);

  const KernelBtf* btf_ = nullptr;
  std::optional<Tracefs> tracefs_;
  std::optional<ProgramError> trampolines_;  // what the kernel said to the first one
};

}  // namespace kernelwire
