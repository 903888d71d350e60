// SPDX-License-Identifier: MIT
// Where a program is attached, as its section names it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kernelwire {

enum class HookKind {
  kNone,
  kBtfTracepoint,  // tp_btf/NAME
  kFunction,       // fentry/NAME and fexit/NAME: by a trampoline
  kIterator,       // iter/NAME
  kTracepoint,     // tp/CATEGORY/NAME
};

struct Hook {
  HookKind kind = HookKind::kNone;
  std::string text;    // the whole: what coverage calls it
  std::string target;  // what the kernel calls it: the name of a type or function in its BTF; below
                       // tracefs' events/ for a tracepoint
  uint32_t program_type = 0;
  uint32_t attach_type = 0;
};

// libbpf leaves the sections with this name in front to us: native/linux/bpf/core.h, HOOK().
constexpr std::string_view kHookSection = "kernelwire";

// Of a section; of the kind kNone where it names no hook.
Hook ParseHook(std::string_view section);

}  // namespace kernelwire
