// SPDX-License-Identifier: MIT
#include "linux/hook.h"

#include <linux/bpf.h>

namespace kernelwire {
namespace {

struct Form {
  std::string_view prefix;
  HookKind kind;
  uint32_t program_type;
  uint32_t attach_type;
  std::string_view target_prefix;
};

// The typedef behind a BTF tracepoint: include/trace/bpf_probe.h; an iterator's function:
// include/linux/bpf.h, BPF_ITER_FUNC_PREFIX.
constexpr Form kForms[] = {
    {"tp_btf/", HookKind::kBtfTracepoint, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_"},
    {"fentry/", HookKind::kFunction, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, ""},
    {"fexit/", HookKind::kFunction, BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, ""},
    {"iter/", HookKind::kIterator, BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_"},
    {"tp/", HookKind::kTracepoint, BPF_PROG_TYPE_TRACEPOINT, 0, ""},
};

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

Hook ParseHook(std::string_view section) {
  if (!StartsWith(section, kHookSection) || section.size() <= kHookSection.size()) return {};
  const std::string_view text = section.substr(kHookSection.size() + 1);
  for (const Form& form : kForms) {
    if (!StartsWith(text, form.prefix)) continue;
    Hook hook;
    hook.kind = form.kind;
    hook.text = text;
    hook.target = std::string(form.target_prefix) + std::string(text.substr(form.prefix.size()));
    hook.program_type = form.program_type;
    hook.attach_type = form.attach_type;
    return hook;
  }
  return {};
}

}  // namespace kernelwire
